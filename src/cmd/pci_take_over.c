/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pci_take_over.h"

#include <errno.h>

#include "cmd/old_view.h"
#include "devices/take_over.h"

/* ---- the command line -------------------------------------------------------------- */

/* The parameters of one command line that lose something. */
static void add_tokens(const struct move *m, const char *line, struct strv *ret)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	cmdline_split(line, strlen(line), &tokens);
	for (size_t i = 0; i < tokens.n; i++) {
		CLEANUP(free_char)
		char *then = take_over_param(&m->request, tokens.v[i]);

		if (then)
			strv_add_unique(ret, tokens.v[i]);
	}
}

/* Is the parameter the only one of its name, and in every entry that is edited itself? */
static bool is_everywhere(const struct setup *s, const struct strv *tokens,
			  const char *token)
{
	for (size_t i = 0; i < tokens->n; i++)
		if (param_name_same(tokens->v[i], token) &&
		    strcmp(tokens->v[i], token) != 0)
			return false;
	for (size_t i = 0; i < s->boot.n && !s->boot.has_generator; i++) {
		const struct boot_entry *entry = &s->boot.v[i];
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!boot_entry_is_normal(entry) || !entry->options)
			continue;
		cmdline_split(entry->options, strlen(entry->options), &params);
		if (!cmdline_has(&params, token))
			return false;
	}
	return true;
}

/* An edit that leaves a part of a parameter would add that part where the parameter is
 * missing, or another one. */
static int refuse_different(const char *token, struct error *e)
{
	error_set(e, EOPNOTSUPP,
		  "the boot entries differ in their ids: taking some out of %.200s would "
		  "change others",
		  token);
	error_hint(e, "make them the same first, or take the ids out by hand");
	return -EOPNOTSUPP;
}

static int make_edit(const struct setup *s, const struct move *m, struct edit *ret,
		     struct error *e)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (s->boot.configured)
		add_tokens(m, s->boot.configured, &tokens);
	for (size_t i = 0; i < s->boot.n; i++)
		if (boot_entry_is_normal(&s->boot.v[i]) && s->boot.v[i].options)
			add_tokens(m, s->boot.v[i].options, &tokens);
	for (size_t i = 0; i < tokens.n; i++) {
		CLEANUP(free_char)
		char *then = take_over_param(&m->request, tokens.v[i]);

		if (*then && !is_everywhere(s, &tokens, tokens.v[i]))
			return refuse_different(tokens.v[i], e);
		if (*then)
			edit_push(ret, EDIT_REPLACE, tokens.v[i], then);
		else
			edit_push(ret, EDIT_REMOVE, tokens.v[i], NULL);
	}
	return 0;
}

/* ---- warnings ---------------------------------------------------------------------- */

static bool has_own_driver(const struct pci_device *d)
{
	for (size_t i = 0; i < d->modules.n; i++)
		if (!driver_is_vfio(d->modules.v[i]))
			return true;
	return false;
}

/* What named a device had it before its own driver, if the module was there in time. */
static void warn_late(const struct old_setup *old, struct move *m)
{
	CLEANUP(strv_done) struct strv list = { 0 };
	CLEANUP(free_char) char *text = NULL;

	for (size_t i = 0; i < m->request.n && !m->request.early; i++) {
		const struct pci_device *d = m->request.v[i].d;
		bool was_given = false;

		for (size_t k = 0; k < old->n; k++)
			was_given |= old_statement_gives(&old->v[k]) &&
				     old_statement_takes(&old->v[k], d);
		if (was_given && has_own_driver(d))
			strv_add(&list, d->address);
	}
	text = strv_join(&list, ", ");
	if (list.n)
		plan_warn(&m->drivers,
			  "%s: --persist binds after other drivers may have had them; "
			  "--persist=initramfs, where it can be had, binds before",
			  text);
}

/* ---- the plan ---------------------------------------------------------------------- */

/* modprobe.d, and some rules of udev, are copied into every image. */
static int rebuild_images(struct setup *s, struct error *e)
{
	const struct initramfs_generator *g = s->initramfs.generator;

	s->initramfs_wish.rebuild = true;
	if (g && g->supported)
		return g->plan(&s->initramfs, &s->initramfs_wish, &s->plan, e);
	if (g) {
		plan_next(&s->plan,
			  "the images that %s made may have copies of what is changed "
			  "here, and go by these until they are rebuilt: sudo %s",
			  g->name, s->initramfs.rebuild_command);
		return 0;
	}
	plan_next(&s->plan,
		  "no initramfs generator was recognised: if this host's images "
		  "have copies of modprobe.d, rebuild them");
	return 0;
}

int take_over_make(struct setup *s, const struct pci_devices *all, struct move *m,
		   struct edit *ret, struct error *e)
{
	CLEANUP(old_view_done) struct old_view old = { 0 };
	size_t before = s->plan.n;
	int err;

	old_view_load(s->c, all, &s->boot, &old);
	warn_late(&old.setup, m);
	err = take_over_plan(&old.query, &old.setup, &m->request, &s->plan, &m->drivers,
			     e);
	if (err >= 0)
		err = make_edit(s, m, ret, e);
	if (err < 0 || (s->plan.n == before && !ret->n))
		return err;
	s->kind = RUN_TAKE_OVER;
	err = rebuild_images(s, e);
	if (err >= 0 && ret->n)
		err = s->loader->plan(&s->boot, ret, &s->plan, e);
	return err < 0 ? err : 1;
}
