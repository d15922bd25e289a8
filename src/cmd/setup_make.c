/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: what is wanted, and the plan for it. */
#include <errno.h>

#include "cmd/setup.h"
#include "policy/params.h"

/* Keeps of params what every normal entry has, too: where entries are edited one by one,
 * a parameter that one of them lacks is not set. */
static void intersect(struct strv *params, const struct boot_config *boot)
{
	for (size_t k = 0; k < boot->n; k++) {
		CLEANUP(strv_done) struct strv entry = { 0 };
		CLEANUP(strv_done) struct strv both = { 0 };

		if (!boot_entry_is_normal(&boot->v[k]) || !boot->v[k].options)
			continue;
		cmdline_split(boot->v[k].options, strlen(boot->v[k].options), &entry);
		for (size_t i = 0; i < params->n; i++)
			if (cmdline_has(&entry, params->v[i]))
				strv_add(&both, params->v[i]);
		strv_done(params);
		*params = both;
		both = (struct strv){ 0 };
	}
}

/* What one of them says against what is wanted has to be seen, though: it is added back.
 */
static void add_contradictions(struct strv *params, const struct boot_config *boot,
			       enum cpu_vendor vendor)
{
	for (size_t k = 0; k < boot->n; k++) {
		CLEANUP(strv_done) struct strv entry = { 0 };
		const char *off;

		if (!boot_entry_is_normal(&boot->v[k]) || !boot->v[k].options)
			continue;
		cmdline_split(boot->v[k].options, strlen(boot->v[k].options), &entry);
		off = cmdline_blocks(&entry, vendor);
		if (off && !cmdline_has(params, off))
			strv_add(params, off);
	}
}

/* So has what is to be taken away, where only some entries have it. */
static void add_removed(struct strv *params, const struct boot_config *boot,
			const struct strv *removals)
{
	for (size_t k = 0; k < boot->n; k++) {
		CLEANUP(strv_done) struct strv entry = { 0 };

		if (!boot_entry_is_normal(&boot->v[k]) || !boot->v[k].options)
			continue;
		cmdline_split(boot->v[k].options, strlen(boot->v[k].options), &entry);
		for (size_t i = 0; i < entry.n; i++)
			for (size_t r = 0; r < removals->n; r++)
				if (is_named_by(entry.v[i], removals->v[r]) &&
				    !cmdline_has(params, entry.v[i]))
					strv_add(params, entry.v[i]);
	}
}

static int current_params(const struct setup *s, struct strv *ret, struct error *e)
{
	const struct boot_config *boot = &s->boot;
	const char *now;

	if (!boot->configured && !boot->can_append) {
		if (e && boot->configured_error.code)
			*e = boot->configured_error;
		else
			error_set(e, ENODATA,
				  "%s has no configured command line that could be "
				  "edited",
				  s->loader->title);
		return -ENODATA;
	}
	/* Of what can't be known only slicer's own part counts as set: the loader looks
	 * for the rest. */
	now = boot->configured ? boot->configured : boot->appended;
	if (now)
		cmdline_split(now, strlen(now), ret);
	if (!boot->has_generator)
		intersect(ret, boot);
	if (!boot->has_generator || !boot->configured) {
		add_contradictions(ret, boot, s->wish.vendor);
		add_removed(ret, boot, &s->o->remove_params);
	}
	return 0;
}

/* What an entry has beside the configured parameters: the loader's, root=. */
static size_t beside(const struct boot_entry *entry, const struct strv *configured)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	size_t n = entry->added;

	cmdline_split(entry->options, strlen(entry->options), &params);
	for (size_t i = 0; i < params.n; i++)
		if (!cmdline_has(configured, params.v[i]))
			n += strlen(params.v[i]) + 1;
	return n;
}

static int check_one(const struct setup *s, const char *now, size_t added,
		     struct error *e)
{
	CLEANUP(str_done) struct str then = { 0 };

	edit_apply(&s->wanted.edit, now, strlen(now), true, &then);
	return refuse_length(str_c(&then), added, e);
}

/* The longest command line that the edit would make: of the entries as they are, and of
 * those that the generator makes from what is configured. */
static int check_length(const struct setup *s, struct error *e)
{
	CLEANUP(strv_done) struct strv configured = { 0 };
	const char *text = s->boot.configured ? s->boot.configured : "";
	size_t most = 0;
	int err = 0;

	cmdline_split(text, strlen(text), &configured);
	for (size_t i = 0; i < s->boot.n && err >= 0; i++) {
		const struct boot_entry *entry = &s->boot.v[i];
		size_t n;

		if (!entry->options)
			continue;
		err = check_one(s, entry->options, entry->added, e);
		n = boot_entry_is_normal(entry) ? beside(entry, &configured) : 0;
		most = n > most ? n : most;
	}
	return err < 0 ? err : check_one(s, text, s->boot.has_generator ? most : 0, e);
}

/* A vfio-pci that is built into every kernel of the menu is there before any module: the
 * parameter alone is enough. */
static bool vfio_is_builtin(const struct setup *s)
{
	for (size_t k = 0; k < s->initramfs.versions.n; k++)
		if (module_state_of(s->c->host, s->initramfs.versions.v[k], "vfio-pci") !=
		    MODULE_BUILTIN)
			return false;
	return s->initramfs.versions.n > 0;
}

/* Softdeps only steer modules: a built-in driver is there first whatever they say. */
static void warn_builtin(struct setup *s)
{
	for (size_t k = 0; s->initramfs_wish.early_bind && k < s->initramfs.versions.n;
	     k++) {
		const char *v = s->initramfs.versions.v[k];

		for (size_t i = 0; i < s->initramfs_wish.drivers.n; i++) {
			const char *driver = s->initramfs_wish.drivers.v[i];

			if (module_state_of(s->c->host, v, driver) == MODULE_BUILTIN)
				plan_warn(&s->plan,
					  "%s is built into kernel %s and may take the "
					  "device before "
					  "vfio-pci: bind it after the boot with 'slicer "
					  "pci bind'",
					  driver, v);
		}
	}
}

int setup_choose_initramfs(struct setup *s, const struct strv *versions, struct error *e)
{
	return initramfs_choose(s->c->host, &s->facts, s->o->initramfs, versions,
				&s->initramfs, e);
}

static int plan_initramfs(struct setup *s, struct error *e)
{
	CLEANUP(strv_done) struct strv versions = { 0 };
	struct initramfs_wish *w = &s->initramfs_wish;
	size_t programs = 0;
	int err;

	if (s->o->no_initramfs) {
		if (w->early_bind)
			plan_next(&s->plan,
				  "--no-initramfs left the initramfs alone: "
				  "vfio-pci.ids= only takes "
				  "devices whose driver is not loaded before vfio-pci");
		return 0;
	}
	boot_config_versions(&s->boot, &versions);
	err = setup_choose_initramfs(s, &versions, e);
	if (err < 0 || (!w->rebuild && !w->early_bind))
		return err;
	if (!s->initramfs.generator) {
		plan_next(&s->plan,
			  "no initramfs generator was recognised: nothing was rebuilt");
		return 0;
	}
	warn_builtin(s);
	if (vfio_is_builtin(s))
		w->early_bind = false;
	if (!w->rebuild && !w->early_bind)
		return 0;
	err = s->initramfs.generator->plan(&s->initramfs, w, &s->plan, e);
	for (size_t i = 0; err >= 0 && i < s->plan.n; i++)
		programs += s->plan.v[i].kind == STEP_RUN;
	s->rebuilds = programs > 0;
	return err;
}

static bool has_file_step(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind != STEP_RUN)
			return true;
	return false;
}

void setup_warn_acs(struct setup *s)
{
	if (!s->wish.acs_override)
		return;
	plan_warn(
		&s->plan,
		"pcie_acs_override weakens the isolation between devices: a VM may reach "
		"the memory of others");
	plan_warn(
		&s->plan,
		"pcie_acs_override needs a patched kernel; a mainline kernel ignores it "
		"('slicer doctor' says so after the reboot)");
}

int setup_choose_shelter(struct setup *s, struct error *e)
{
	if (!s->loader->shelter || !host_is_live(s->c->host) ||
	    !plan_has_programs(&s->plan))
		return 0;
	return s->loader->shelter(&s->boot, &s->plan.shelter, e);
}

int setup_want(struct setup *s, struct error *e)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	int err = current_params(s, &tokens, e);

	s->wish.no_pt = s->o->no_pt;
	s->wish.acs_override = xstrdup_null(s->o->acs_override);
	strv_copy(&s->wish.params, &s->o->params);
	strv_copy(&s->wish.remove_params, &s->o->remove_params);
	if (err >= 0)
		err = wanted_make(&s->wish, &tokens, &s->wanted, e);
	return err < 0 ? err : check_length(s, e);
}

int setup_make(struct setup *s, struct error *e)
{
	struct plan first = { 0 };
	struct error why = { 0 };
	int err = boot_config_find_lookalike(&s->boot, &why);

	if (err < 0 && !s->o->force) {
		*e = why;
		return err;
	}
	if (err < 0)
		plan_warn(&s->plan, "--force: %s", why.what);
	/* The loader's plan tells whether the command line changes; the initramfs hangs
	 * on that, and its programs come first (kernel-install copies the image that they
	 * make). */
	err = s->loader->plan(&s->boot, &s->wanted.edit, &first, e);
	s->initramfs_wish.rebuild = has_file_step(&first);
	plan_done(&first);
	if (err >= 0)
		err = plan_initramfs(s, e);
	if (err >= 0)
		err = s->loader->plan(&s->boot, &s->wanted.edit, &s->plan, e);
	if (err < 0)
		return err;
	setup_warn_acs(s);
	plan_order(&s->plan);
	err = setup_choose_shelter(s, e);
	if (err < 0)
		return err;
	s->edit = &s->wanted.edit;
	return 0;
}
