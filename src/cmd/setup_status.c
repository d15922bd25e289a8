/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --status: what the journal says, changing nothing. */
#include "cmd/setup_trial.h"

/*
 * A trial's run has ended when what it set up is not there any more: it was confirmed or
 * taken away, or a later trial took its place. Where the host can't be looked at, nobody
 * knows.
 */
static bool is_ended_trial(const struct setup *s, const struct records *rs, size_t i)
{
	const struct record *r = &rs->v[i];

	if (r->kind != RUN_TRIAL || r->state != RUN_APPLIED || !s->boot.loader)
		return false;
	for (size_t k = i + 1; k < rs->n; k++)
		if (rs->v[k].kind == RUN_TRIAL && rs->v[k].state == RUN_APPLIED)
			return true;
	return !s->boot.trial;
}

static const char *state_of(const struct setup *s, const struct records *rs, size_t i,
			    bool held)
{
	const struct record *r = &rs->v[i];

	if (is_ended_trial(s, rs, i))
		return "ended";
	if (r->state != RUN_STARTED)
		return run_state_name(r->state);
	return held ? "running" : "interrupted";
}

/* "+iommu=pt", "-quiet", "intel_iommu=off->intel_iommu=on" */
static void describe_edit(const struct edit *ed, struct strv *ret)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op == EDIT_REPLACE)
			strv_addf(ret, "%s->%s", it->param, it->to);
		else
			strv_addf(ret, "%c%s", it->op == EDIT_ADD ? '+' : '-', it->param);
	}
}

/* A program of a run that is done was left to the person: its root was not "/". */
static bool was_deferred(const struct record *r, const struct record_step *s)
{
	return (r->state == RUN_APPLIED || r->state == RUN_UNDONE) &&
	       s->kind == STEP_RUN && !s->done;
}

/* What is there of a trial boot; NULL: nothing, or it can't be told. */
static const char *trial_of(const struct setup *s)
{
	static const char *const names[] = {
		[TRIAL_PENDING] = "pending",
		[TRIAL_RUNNING] = "running",
		[TRIAL_OVER] = "over",
		[TRIAL_IDLE] = "idle",
	};

	if (!s->boot.loader)
		return NULL;
	return names[trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id)];
}

static const char *explain_trial(const char *state)
{
	if (strcmp(state, "pending") == 0)
		return "the next boot is it";
	if (strcmp(state, "running") == 0)
		return "this boot is it: --confirm makes it permanent";
	if (strcmp(state, "over") == 0)
		return "it failed, or was not confirmed: --confirm takes it away";
	return "its entry is there, but nothing starts it: --undo takes it away";
}

/* ---- JSON -------------------------------------------------------------------------- */

static json_t *run_json(const struct record *r, const char *state)
{
	CLEANUP(strv_done) struct strv edit = { 0 };
	CLEANUP(strv_done) struct strv files = { 0 };
	json_t *o = json_object(), *deferred = json_array();

	describe_edit(&r->edit, &edit);
	for (size_t i = 0; i < r->n; i++) {
		const struct record_step *s = &r->steps[i];

		if (s->path)
			strv_add_unique(&files, s->path);
		if (r->state == RUN_APPLIED && was_deferred(r, s))
			json_array_append_new(deferred, json_texts(&s->argv));
	}
	json_object_set_new(o, "id", json_string(r->id));
	json_object_set_new(o, "kind", json_string(run_kind_name(r->kind)));
	json_object_set_new(o, "state", json_string(state));
	json_object_set_new(o, "bootloader", json_string(r->bootloader));
	json_object_set_new(o, "parameters", json_texts(&edit));
	json_object_set_new(o, "files", json_texts(&files));
	json_object_set_new(o, "deferred", deferred);
	return o;
}

static json_t *trial_json(const char *state)
{
	json_t *o = state ? json_object() : json_null();

	if (state)
		json_object_set_new(o, "state", json_string(state));
	return o;
}

static int print_json(struct setup *s, const struct records *rs, bool held,
		      struct error *e)
{
	json_t *doc = json_document(STATUS_SCHEMA), *runs = json_array();

	for (size_t i = 0; i < rs->n; i++)
		json_array_append_new(runs,
				      run_json(&rs->v[i], state_of(s, rs, i, held)));
	json_object_set_new(doc, "runs", runs);
	json_object_set_new(doc, "trial", trial_json(trial_of(s)));
	json_object_set_new(doc, "unreadable", json_texts(&rs->broken));
	return json_print(&s->c->out, doc, e);
}

/* ---- text -------------------------------------------------------------------------- */

static void print_run(FILE *f, const struct record *r, const char *state)
{
	CLEANUP(strv_done) struct strv edit = { 0 };
	CLEANUP(free_char) char *params = NULL;
	CLEANUP(str_done) struct str out = { 0 };

	describe_edit(&r->edit, &edit);
	params = strv_join(&edit, " ");
	str_addf(&out, "%s  %-5s  %-11s  ", r->id, run_kind_name(r->kind), state);
	str_add_printable(&out, params, strlen(params));
	str_rtrim(&out);
	for (size_t i = 0; i < r->n; i++) {
		const struct record_step *s = &r->steps[i];
		CLEANUP(free_char) char *argv = strv_join(&s->argv, " ");
		const char *what = s->kind == STEP_RUN ? argv : s->path;

		str_addf(&out, "\n    %-8s ",
			 was_deferred(r, s) ? "deferred"
			 : s->done	    ? "done"
					    : "not done");
		str_add_printable(&out, what, strlen(what));
	}
	fprintf(f, "%s\n", str_c(&out));
}

static void print_text(struct setup *s, const struct records *rs, bool held)
{
	FILE *f = s->c->out.out;
	const char *trial = trial_of(s);

	if (!rs->n && !rs->broken.n)
		fprintf(f, "slicer has changed nothing on this host.\n");
	for (size_t i = 0; i < rs->n; i++)
		print_run(f, &rs->v[i], state_of(s, rs, i, held));
	for (size_t i = 0; i < rs->broken.n; i++)
		fprintf(f, "can't be read: %s\n", rs->broken.v[i]);
	if (trial)
		fprintf(f, "trial boot: %s, %s\n", trial, explain_trial(trial));
}

int setup_status(struct setup *s, int *ret_status, struct error *e)
{
	struct records rs = { 0 };
	bool held = host_lock_is_held(s->c->host);
	int err = journal_scan(s->c->host, &rs, e);

	/* A host that can't be looked at has a journal all the same. */
	setup_look(s, NULL);

	/* Of a run that can't be read nobody knows whether it came to its end. */
	if (rs.broken.n)
		*ret_status = 1;
	for (size_t i = 0; i < rs.n; i++)
		if (record_is_unfinished(&rs.v[i]) && !held)
			*ret_status = 1;
	if (err >= 0 && s->c->out.json)
		err = print_json(s, &rs, held, e);
	else if (err >= 0)
		print_text(s, &rs, held);
	records_done(&rs);
	return err;
}
