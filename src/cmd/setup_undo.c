/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --undo: a plan built from the journal. */
#include <errno.h>

#include "cmd/setup.h"
#include "plan/undo.h"

struct undo {
	struct records records;
	struct edit edit;
};
static bool any_counts(const struct records *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		if (record_counts(&rs->v[i]))
			return true;
	return false;
}

static void copy_programs(const struct plan *from, struct plan *to)
{
	for (size_t i = 0; i < from->n; i++)
		if (from->v[i].kind == STEP_RUN)
			plan_run(to, (const char *const *)from->v[i].argv.v,
				 from->v[i].timeout_s, from->v[i].why);
	for (size_t i = 0; i < from->warnings.n; i++)
		plan_warn(to, "%s", from->warnings.v[i]);
	for (size_t i = 0; i < from->next.n; i++)
		plan_next(to, "%s", from->next.v[i]);
}

/* Own files of the initramfs that a run wrote: then its images are made anew without
 * them. */
static int plan_own_files(struct setup *s, const struct strv *paths, struct strv *own,
			  struct plan *ret, struct error *e)
{
	int err = setup_choose_initramfs(s, e);
	bool any = false;

	if (err < 0)
		return err;
	for (size_t i = 0; i < s->initramfs.n_own; i++) {
		strv_add(own, s->initramfs.own[i].path);
		any |= strv_has(paths, s->initramfs.own[i].path);
	}
	if (!any || !s->initramfs.generator || s->o->no_initramfs)
		return 0;
	s->initramfs_wish.remove = true;
	s->initramfs_wish.rebuild = true;
	s->rebuilds = true;
	return s->initramfs.generator->plan(&s->initramfs, &s->initramfs_wish, ret, e);
}

static int make_plan(struct setup *s, struct undo *u, struct error *e)
{
	CLEANUP(strv_done) struct strv paths = { 0 };
	CLEANUP(strv_done) struct strv own = { 0 };
	CLEANUP(free_char) char *need = NULL;
	CLEANUP(plan_done) struct plan tokens = { 0 };
	CLEANUP(plan_done) struct plan images = { 0 };
	struct error why = { 0 };
	bool has_tokens;
	int err;

	undo_edit(&u->records, &u->edit);
	undo_paths(&u->records, &paths);
	has_tokens = s->loader->plan(&s->boot, &u->edit, &tokens, &why) >= 0;
	err = plan_own_files(s, &paths, &own, &images, e);
	if (err >= 0)
		err = undo_files(s->c->host, &u->records, has_tokens ? &tokens : NULL,
				 &own, &s->plan, &need, e);
	if (err < 0)
		return err;
	if (need) {
		*e = why;
		error_prefix(
			e,
			"%s was changed since, and slicer's parameters can't be taken "
			"out of it by themselves",
			need);
		return -EINVAL;
	}
	/* As in setting up: images first, for what copies them. */
	if (!plan_is_empty(&s->plan))
		copy_programs(&images, &s->plan);
	copy_programs(&tokens, &s->plan);
	plan_order(&s->plan);
	return 0;
}

static int finish(struct setup *s, struct error *e)
{
	struct undo *u = s->undo;
	int err = undo_finish(s->c->host, &u->records, e);

	/* The commands for after the set-up's reboot mean nothing any more. */
	if (err >= 0 && host_exists(s->c->host, NEXT_STEPS_PATH))
		err = host_remove(s->c->host, NEXT_STEPS_PATH, e);
	return err;
}

int setup_undo(struct setup *s, int *ret_status, struct error *e)
{
	struct undo u = { 0 };
	int err = journal_list(s->c->host, &u.records, e);

	for (size_t i = 0; i < u.records.broken.n; i++)
		plan_warn(&s->plan, "the journal %s", u.records.broken.v[i]);
	if (err >= 0 && any_counts(&u.records))
		err = make_plan(s, &u, e);
	s->edit = &u.edit;
	s->undo = &u;
	if (err >= 0)
		err = setup_carry_out(s, true, any_counts(&u.records) ? finish : NULL,
				      ret_status, e);
	s->undo = NULL;
	s->edit = NULL;
	edit_done(&u.edit);
	records_done(&u.records);
	return err;
}
