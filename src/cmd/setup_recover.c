/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a power cut or a kill left of an earlier run is taken back first. */
#include <errno.h>

#include "cmd/setup.h"

static void name_runs(const struct undo *u, struct strv *ret)
{
	for (size_t i = 0; i < u->records.n; i++)
		if (u->records.v[i].chosen)
			strv_add(ret, u->records.v[i].id);
}

static int take_back(struct setup *s, struct undo *u, struct error *e)
{
	struct outcome o = { 0 };
	int err = setup_execute(s, &o, e);

	if (err >= 0 && o.deferred && !s->c->out.json)
		setup_print_deferred(s);
	if (err >= 0)
		err = undo_finish(s->c->host, &u->records, e);
	return err;
}

static int recover(struct setup *s, struct undo *u, struct error *e)
{
	CLEANUP(strv_done) struct strv ids = { 0 };
	CLEANUP(free_char) char *names = NULL;
	int err;

	name_runs(u, &ids);
	names = strv_join(&ids, ", ");
	for (size_t i = 0; i < u->records.n; i++) {
		if (!undo_needs_shelter(s->c->host, &u->records.v[i]))
			continue;
		error_set(e, EPERM,
			  "the run %s was interrupted while programs wrote on the EFI "
			  "system partition: they have to run before anything is set up",
			  u->records.v[i].id);
		error_hint(e, "slicer setup-iommu --undo says which, to be run inside "
			      "the root");
		return -EPERM;
	}
	plan_warn(&s->plan, "the run %s was interrupted: it is undone first", names);
	s->kind = RUN_UNDO;
	s->undo = u;
	s->edit = &u->edit;
	err = setup_plan_undo(s, u, true, e);
	if (err < 0) {
		error_prefix(e, "undoing the interrupted run %s", names);
		return err;
	}
	if (s->o->dry_run || s->o->check) {
		plan_next(&s->plan,
			  "then slicer looks at everything again and makes a new plan");
		return 1;
	}
	err = setup_present(s, e);
	if (err >= 0)
		err = take_back(s, u, e);
	if (err < 0) {
		error_prefix(e, "undoing the interrupted run %s", names);
		return err;
	}
	strv_copy(&s->recovered, &ids);
	return 1;
}

int setup_recover(struct setup *s, struct error *e)
{
	struct undo u = { 0 };
	int err = journal_list(s->c->host, &u.records, e);

	if (err >= 0)
		err = setup_check_journal(s, &u.records, e);
	if (err >= 0 && records_choose(&u.records, record_is_unfinished))
		err = recover(s, &u, e);
	s->undo = NULL;
	s->edit = NULL;
	edit_done(&u.edit);
	records_done(&u.records);
	return err;
}

int setup_recover_binds(const struct context *c, bool force, struct strv *ret,
			struct error *e)
{
	const struct setup_options o = { .yes = true, .force = force };
	struct setup s = { .c = c, .o = &o, .lock = -1 };
	struct undo u = { 0 };
	int err;

	journal_sweep(c->host);
	err = journal_list(c->host, &u.records, e);
	if (err >= 0 && records_interrupted_a_bind(&u.records)) {
		records_choose(&u.records, record_is_unfinished);
		err = setup_check_journal(&s, &u.records, e);
		if (err >= 0)
			err = setup_look(&s, e);
		if (err >= 0)
			err = recover(&s, &u, e);
		strv_copy(ret, &s.recovered);
	} else if (err >= 0) {
		warn_of_unfinished(c, &u.records);
	}
	s.undo = NULL;
	s.edit = NULL;
	setup_done(&s);
	edit_done(&u.edit);
	records_done(&u.records);
	return err < 0 ? err : 0;
}

void setup_tell_recovered(const struct strv *recovered, struct error *e)
{
	if (recovered->n && e->code == ERROR_REFUSED)
		error_prefix(e, "the interrupted run %s was undone; then",
			     recovered->v[0]);
}
