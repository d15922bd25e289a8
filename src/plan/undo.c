/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "plan/files.h"
#include "plan/shelter.h"
#include "plan/undo.h"
#include "probe/facts.h"

/* Does such a run set up what lasts? */
static bool is_set_up(enum run_kind kind)
{
	return kind == RUN_SETUP || kind == RUN_TAKE_OVER;
}

static bool has_set_up(const struct records *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		if (rs->v[i].chosen && is_set_up(rs->v[i].kind))
			return true;
	return false;
}

/* A set-up and an undo of it that was cut short: what is left of the first goes, and the
 * second said nothing else. */
void undo_edit(const struct records *rs, struct edit *ret)
{
	bool setups = has_set_up(rs);

	for (size_t i = rs->n; i-- > 0;) {
		struct edit inverse = { 0 };

		if (!rs->v[i].chosen || (setups && !is_set_up(rs->v[i].kind)) ||
		    rs->v[i].kind == RUN_TRIAL)
			continue;
		edit_inverse(&rs->v[i].edit, &inverse);
		for (size_t k = 0; k < inverse.n; k++)
			edit_append(ret, inverse.v[k].op, inverse.v[k].param,
				    inverse.v[k].to);
		edit_done(&inverse);
	}
}

bool undo_edit_of(const struct records *rs, const char *path, struct edit *ret)
{
	bool any = false;

	for (size_t i = rs->n; i-- > 0;) {
		const struct record *r = &rs->v[i];

		for (size_t k = r->n; r->chosen && r->kind != RUN_UNDO && k-- > 0;) {
			CLEANUP(edit_done) struct edit inverse = { 0 };

			if (!r->steps[k].has_edit || !str_eq(r->steps[k].path, path))
				continue;
			any = true;
			edit_inverse(&r->steps[k].edit, &inverse);
			for (size_t n = 0; n < inverse.n; n++)
				edit_append(ret, inverse.v[n].op, inverse.v[n].param,
					    inverse.v[n].to);
		}
	}
	return any;
}

void undo_kernels(const struct records *rs, struct strv *ret)
{
	for (size_t i = 0; i < rs->n; i++)
		for (size_t k = 0; rs->v[i].chosen && k < rs->v[i].n; k++)
			if (rs->v[i].steps[k].kernel)
				strv_add_unique(ret, rs->v[i].steps[k].kernel);
}

/* ---- programs of runs that did not come to their end
 * ------------------------------------------- */

/* An undo that was cut short, and is now to be finished, not itself taken back. */
static bool is_undo_to_finish(const struct record *r, bool recover)
{
	return r->kind == RUN_UNDO && !recover;
}

static int undo_program(const struct host *h, const struct records *rs,
			const struct record_step *s, bool tokens, struct plan *ret,
			struct error *e)
{
	const char *const *argv = (const char *const *)s->argv.v;
	const char *why = "was interrupted: regenerates its files";
	CLEANUP(str_done) struct str now = { 0 };
	bool exact = false, exists;
	int err = 0;

	if (s->makes_one_shot)
		return 0;
	if (s->undo.n) {
		plan_run(ret, (const char *const *)s->undo.v, 0,
			 "was interrupted: undoes what it may have done");
		return 0;
	}
	if (s->kernel && !kernel_is_installed(h, s->kernel))
		return 0;
	if (!s->path) {
		plan_run_for(ret, s->kernel, argv, 0, why);
		return 0;
	}
	/* What was made from files with parameters taken out is made anew. */
	if (!tokens)
		err = undo_made(h, rs, s->path, ret, &exact, e);
	if (err >= 0 && !exact)
		err = read_now(h, s->path, &exists, &now, e);
	if (err >= 0 && !exact)
		plan_make(ret, argv, (const char *const *)s->argv_aside.v, s->path,
			  exists, &now, why);
	return err;
}

/* Taking a run back: each step up to and including the first that is not noted as done,
 * which may have begun. Finishing an undo: each that is not done, and each that sets
 * something even if it is done: an attempt to take this undo back may have reversed it,
 * and could not note that (a disk that can't be written any more). */
static bool is_due(const struct record *r, size_t k, bool recover)
{
	if (is_undo_to_finish(r, recover))
		return !r->steps[k].done || r->steps[k].undo.n;
	for (size_t i = 0; i < k; i++)
		if (!r->steps[i].done)
			return false;
	return true;
}

int undo_programs(const struct host *h, const struct records *rs, bool tokens,
		  bool recover, struct plan *ret, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < rs->n; i++) {
		const struct record *r = &rs->v[i];

		if (!r->chosen || !record_is_unfinished(r))
			continue;
		for (size_t k = 0; k < r->n && err >= 0; k++) {
			const struct record_step *s = &r->steps[k];

			if (s->kind != STEP_RUN || s->of_trial || !is_due(r, k, recover))
				continue;
			if (s->undo.n && is_undo_to_finish(r, recover))
				plan_run_with_undo(ret, (const char *const *)s->argv.v,
						   (const char *const *)s->undo.v, 0,
						   "the interrupted undo goes on: this "
						   "is set again");
			else
				err = undo_program(h, rs, s, tokens, ret, e);
		}
	}
	return err;
}

int undo_run_again(const struct host *h, const struct records *rs, struct plan *ret,
		   struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < rs->n; i++)
		for (size_t k = 0; rs->v[i].chosen && k < rs->v[i].n && err >= 0; k++) {
			const struct record_step *s = &rs->v[i].steps[k];

			if (s->kind == STEP_RUN && !s->of_trial && !s->undo.n)
				err = undo_program(h, rs, s, true, ret, e);
		}
	return err;
}

bool undo_lost_one_shot(const struct records *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		const struct record *r = &rs->v[i];

		if (!r->chosen || !record_is_unfinished(r))
			continue;
		for (size_t k = 0; k < r->n; k++) {
			const struct record_step *s = &r->steps[k];

			if (((s->undo.n && s->existed) || s->makes_one_shot) &&
			    is_due(r, k, true))
				return true;
		}
	}
	return false;
}

bool undo_needs_shelter(const struct host *h, const struct record *r)
{
	return record_is_unfinished(r) && !host_is_live(h) &&
	       shelter_is_up(h, &r->shelter);
}

int undo_finish(const struct host *h, struct records *rs, struct error *e)
{
	struct error why = { 0 };
	int err = 0;

	for (size_t i = rs->n; i-- > 0 && err >= 0;) {
		if (!rs->v[i].chosen || undo_needs_shelter(h, &rs->v[i]))
			continue;
		if (record_is_unfinished(&rs->v[i]) && rs->v[i].shelter.dir)
			err = shelter_down(h, &rs->v[i].shelter, &rs->v[i].stuck, e);
		if (err == -EINPROGRESS && journal_save(h, &rs->v[i], &why) < 0)
			error_prefix(e, "the journal does not have what hangs (%s)",
				     why.what);
		if (err < 0)
			return err;
		rs->v[i].state =
			record_is_unfinished(&rs->v[i]) ? RUN_ROLLED_BACK : RUN_UNDONE;
		err = journal_save(h, &rs->v[i], e);
	}
	return err;
}
