/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --undo: a plan built from the journal. */
#include <errno.h>

#include "cmd/setup_kernel_cmdline.h"
#include "cmd/setup_trial.h"
#include "devices/persist.h"
#include "devices/take_over.h"
#include "plan/shelter.h"

static bool is_left(const struct record *r)
{
	return record_counts(r) || record_is_unfinished(r);
}

/* The kernels that the menu can start now, and those for which the runs made something:
 * it may name others by now. What is gone can't be made anew. */
static void choose_kernels(const struct setup *s, const struct undo *u, struct strv *ret)
{
	CLEANUP(strv_done) struct strv all = { 0 };

	boot_config_versions(&s->boot, &all);
	undo_kernels(&u->records, &all);
	for (size_t i = 0; i < all.n; i++)
		if (kernel_is_installed(s->c->host, all.v[i]))
			strv_add(ret, all.v[i]);
}

/* Own files of the initramfs that a run wrote: then its images are made anew without
 * them. */
static int plan_own_files(struct setup *s, const struct undo *u, const struct strv *paths,
			  struct strv *own, struct plan *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv versions = { 0 }, rebuilt = { 0 };
	bool any = false;
	int err;

	choose_kernels(s, u, &versions);
	undo_kernels(&u->records, &rebuilt);
	err = setup_choose_initramfs(s, &versions, e);
	if (err < 0)
		return err;
	initramfs_expect(&s->initramfs, &rebuilt);
	for (size_t i = 0; i < s->initramfs.n_own; i++) {
		const struct initramfs_own_file *f = &s->initramfs.own[i];

		strv_add(own, f->path);
		any |= !f->binds && strv_has(paths, f->path);
		/* The interrupted run's programs are run again by themselves. */
		s->rebuilds |= f->binds && strv_has(paths, f->path);
	}
	for (size_t i = 0; i < paths->n; i++) {
		bool is_taken = take_over_is_ours(paths->v[i]);

		if (is_taken || str_starts(paths->v[i], PERSIST_DIR "/"))
			strv_add_unique(own, paths->v[i]);
		any |= is_taken;
	}
	if (!any || !s->initramfs.generator || s->o->no_initramfs)
		return 0;
	s->initramfs_wish.remove = true;
	s->initramfs_wish.rebuild = true;
	s->rebuilds = true;
	return s->initramfs.generator->plan(&s->initramfs, &s->initramfs_wish, ret, e);
}

/* Was the file there before slicer? */
static bool was_made(const struct records *rs, const char *path)
{
	for (size_t i = 0; i < rs->n; i++)
		for (size_t k = 0; rs->v[i].chosen && k < rs->v[i].n; k++)
			if (str_eq(rs->v[i].steps[k].path, path))
				return !rs->v[i].steps[k].existed;
	return false;
}

/* The plan that takes the parameters out of the files as they are now; each file with a
 * command line of its own loses what was done to that. */
static int plan_tokens(struct setup *s, struct undo *u, const struct strv *paths,
		       struct plan *ret, struct error *e)
{
	int err = s->loader->plan(&s->boot, &u->edit, ret, e);

	for (size_t i = 0; i < paths->n && err >= 0; i++) {
		CLEANUP(edit_done) struct edit own = { 0 };
		CLEANUP(plan_done) struct plan one = { 0 };

		if (!undo_edit_of(&u->records, paths->v[i], &own))
			continue;
		err = s->loader->plan(&s->boot, &own, &one, e);
		plan_take_file(ret, &one, paths->v[i]);
	}
	return err;
}

/* A take-over made devices bound at boot: without the last file the unit has no use. */
static int plan_unit(struct setup *s, struct error *e)
{
	const struct strv none = { 0 };

	for (size_t i = 0; i < s->plan.n; i++)
		if (s->plan.v[i].kind == STEP_REMOVE &&
		    str_starts(s->plan.v[i].path, PERSIST_DIR "/"))
			return persist_plan_removal(s->c->host, &none, &s->plan, e);
	return 0;
}

static bool has_shelter(const struct setup *s, const struct undo *u)
{
	for (size_t i = 0; i < u->records.n; i++)
		if (u->records.v[i].chosen && record_is_unfinished(&u->records.v[i]) &&
		    shelter_is_up(s->c->host, &u->records.v[i].shelter))
			return true;
	return false;
}

/* Does the menu still have what is to be taken back? */
static bool is_in_menu(const struct setup *s, const struct undo *u)
{
	CLEANUP(strv_done) struct strv shortfalls = { 0 };

	boot_config_verify(&s->boot, &u->edit, &shortfalls);
	return shortfalls.n > 0;
}

/* tokens NULL: the loader can't plan with the files as they are; the runs' own programs
 * are known. */
static int add_programs(struct setup *s, struct undo *u, const struct plan *images,
			const struct plan *tokens, bool made_anew, bool recover,
			struct error *e)
{
	int err;

	/* As in setting up: images first, for what copies them. */
	if (made_anew && !plan_is_empty(&s->plan))
		plan_add_programs(&s->plan, images);
	err = undo_programs(s->c->host, &u->records, made_anew, recover, &s->plan, e);
	if (made_anew && tokens)
		plan_add_programs(&s->plan, tokens);
	else if (made_anew && err >= 0 && (!plan_is_empty(&s->plan) || is_in_menu(s, u)))
		err = undo_run_again(s->c->host, &u->records, &s->plan, e);
	plan_order(&s->plan);
	/* An interrupted run's still stands, and what it was copied from may be broken.
	 */
	if (err >= 0 && !has_shelter(s, u))
		err = setup_choose_shelter(s, e);
	return err;
}

int setup_plan_undo(struct setup *s, struct undo *u, bool recover, struct error *e)
{
	CLEANUP(strv_done) struct strv paths = { 0 };
	CLEANUP(strv_done) struct strv own = { 0 };
	CLEANUP(free_char) char *need = NULL;
	CLEANUP(plan_done) struct plan tokens = { 0 };
	CLEANUP(plan_done) struct plan images = { 0 };
	struct error why = { 0 };
	const char *keep;
	bool has_tokens, used_tokens;
	int err;

	undo_edit(&u->records, &u->edit);
	undo_paths(&u->records, &paths);
	keep = kernel_cmdline_to_keep(s, u);
	if (keep && !was_made(&u->records, keep))
		keep = NULL;
	has_tokens = plan_tokens(s, u, &paths, &tokens, &why) >= 0;
	err = plan_own_files(s, u, &paths, &own, &images, e);
	if (err >= 0)
		err = undo_files(s->c->host, &u->records, has_tokens ? &tokens : NULL,
				 &own, keep, &s->plan, &need, &used_tokens, e);
	if (err >= 0 && s->loader->one_shot_anew && s->boot.one_shot_gone &&
	    undo_lost_one_shot(&u->records))
		s->loader->one_shot_anew(&s->plan);
	if (err >= 0 && !recover)
		err = plan_unit(s, e);
	if (err >= 0 && recover)
		err = undo_trial_files(s->c->host, &u->records, &s->plan, e);
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
	err = add_programs(s, u, &images, has_tokens ? &tokens : NULL,
			   !recover || used_tokens, recover, e);
	kernel_cmdline_add(s, u);
	return err;
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

int setup_check_journal(struct setup *s, const struct records *rs, struct error *e)
{
	int err = records_check_stuck(s->c->host, rs, e);

	if (err < 0)
		return err;
	for (size_t i = 0; i < rs->broken.n; i++)
		plan_warn(&s->plan, "the journal %s", rs->broken.v[i]);
	if (!rs->broken.n || s->o->force)
		return 0;
	error_set(e, EINVAL, "the journal %s: what that run changed can't be undone",
		  rs->broken.v[0]);
	error_hint(e,
		   "what it found is in " JOURNAL_DIR
		   ": if you know that nothing is left of that run, move its directory "
		   "away; --force leaves it alone, and goes by the others");
	return -EINVAL;
}

static void tell_unfinished(struct setup *s, const struct record *r)
{
	if (record_is_unfinished(r))
		plan_warn(&s->plan, "the run %s was interrupted", r->id);
	if (undo_needs_shelter(s->c->host, r))
		plan_warn(&s->plan,
			  "%s stays what boots: run the deferred programs, boot, and "
			  "'slicer setup-iommu --undo' there takes it away",
			  r->shelter.entry);
}

/* With --root nobody knows whether they were run meanwhile. */
static void tell_deferred(struct setup *s, const struct records *rs)
{
	const struct record *last = rs->n ? &rs->v[rs->n - 1] : NULL;

	if (!last || last->kind != RUN_UNDO || last->state != RUN_APPLIED)
		return;
	for (size_t i = 0; i < last->n; i++) {
		CLEANUP(free_char) char *text = NULL;

		if (last->steps[i].kind != STEP_RUN || last->steps[i].done)
			continue;
		text = strv_join(&last->steps[i].argv, " ");
		plan_next(
			&s->plan,
			"left by the last undo, to be run inside the root if it was not "
			"since: %s",
			text);
	}
}

static bool is_removed(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_REMOVE && str_eq(p->v[i].path, path))
			return true;
	return false;
}

/* They are configuration, and not what set-up did; without an IOMMU they fail. Those of
 * an interrupted run go with it. */
static void tell_bound_at_boot(struct setup *s)
{
	CLEANUP(persisted_done) struct persisted_list l = { 0 };
	CLEANUP(str_done) struct str list = { 0 };
	char address[PCI_ADDRESS_MAX];

	if (persist_load(s->c->host, &l, NULL) < 0 || !l.n)
		return;
	for (size_t i = 0; i < l.n; i++)
		if (!is_removed(&s->plan, l.v[i].path))
			str_addf(&list, " %s",
				 pci_address_format(l.v[i].file.address, address));
	if (!list.len)
		return;
	plan_next(&s->plan,
		  "these devices stay bound at every boot:%s; sudo slicer pci unbind%s "
		  "--persist ends that",
		  str_c(&list), str_c(&list));
}

int setup_undo(struct setup *s, int *ret_status, struct error *e)
{
	struct undo u = { 0 };
	int err = journal_list(s->c->host, &u.records, e);
	bool any = records_choose(&u.records, is_left) > 0;

	if (err >= 0)
		err = setup_check_journal(s, &u.records, e);
	for (size_t i = 0; i < u.records.n; i++)
		tell_unfinished(s, &u.records.v[i]);
	s->kind = RUN_UNDO;
	if (err >= 0 && !any) {
		tell_deferred(s, &u.records);
		kernel_cmdline_plan_kept(s, &u);
	}
	if (err >= 0 && any)
		err = setup_plan_undo(s, &u, false, e);
	tell_bound_at_boot(s);
	if (err >= 0)
		err = setup_end_trial(s, e);
	s->edit = &u.edit;
	s->undo = &u;
	if (err >= 0)
		err = setup_carry_out(s, any ? finish : NULL, ret_status, e);
	s->undo = NULL;
	s->edit = NULL;
	edit_done(&u.edit);
	records_done(&u.records);
	return err;
}
