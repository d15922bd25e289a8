/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/journal.h"

#include <errno.h>
#include <jansson.h>
#include <time.h>

#define SCHEMA "slicer.journal/1"
/* The largest file slicer edits is a configuration file. */
#define MAX_CONTENTS HOST_MAX_CONFIG

static const char *const state_names[] = { "started", "applied", "rolled-back", "failed",
					   "undone" };
static const char *const edit_names[] = { "add", "remove", "replace" };

const char *run_state_name(enum run_state s)
{
	return state_names[s];
}

bool record_counts(const struct record *r)
{
	return !r->undo && (r->state == RUN_STARTED || r->state == RUN_APPLIED ||
			    r->state == RUN_FAILED);
}

void record_done(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->steps[i].path);
		strv_done(&r->steps[i].argv);
		strv_done(&r->steps[i].undo);
		str_done(&r->steps[i].before);
		str_done(&r->steps[i].after);
	}
	free(r->steps);
	free(r->id);
	free(r->bootloader);
	strv_done(&r->dirs);
	edit_done(&r->edit);
	*r = (struct record){ 0 };
}

void records_done(struct records *r)
{
	for (size_t i = 0; i < r->n; i++)
		record_done(&r->v[i]);
	free(r->v);
	strv_done(&r->broken);
	*r = (struct records){ 0 };
}

/* ---- writing
 * ------------------------------------------------------------------------------ */

static json_t *edit_to_json(const struct edit *ed)
{
	json_t *a = json_array();

	for (size_t i = 0; i < ed->n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "op", json_string(edit_names[ed->v[i].op]));
		json_object_set_new(o, "param", json_string(ed->v[i].param));
		if (ed->v[i].to)
			json_object_set_new(o, "to", json_string(ed->v[i].to));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *texts_to_json(const struct strv *v)
{
	json_t *a = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(a, json_string(v->v[i]));
	return a;
}

static bool texts_from_json(const json_t *a, struct strv *ret)
{
	size_t i;
	json_t *o;

	json_array_foreach(a, i, o) {
		if (!json_is_string(o))
			return false;
		strv_add(ret, json_string_value(o));
	}
	return true;
}

static json_t *step_to_json(const struct record_step *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(step_kind_name(s->kind)));
	if (s->path)
		json_object_set_new(o, "path", json_string(s->path));
	if (s->kind == STEP_RUN)
		json_object_set_new(o, "argv", texts_to_json(&s->argv));
	if (s->undo.n)
		json_object_set_new(o, "undo", texts_to_json(&s->undo));
	json_object_set_new(o, "existed", json_boolean(s->existed));
	json_object_set_new(o, "done", json_boolean(s->done));
	return o;
}

int journal_save(const struct host *h, const struct record *r, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/manifest.json", r->id);
	json_t *doc = json_object(), *steps = json_array();
	char *text;
	int err;

	json_object_set_new(doc, "schema", json_string(SCHEMA));
	json_object_set_new(doc, "version", json_string(SLICER_VERSION));
	json_object_set_new(doc, "id", json_string(r->id));
	json_object_set_new(doc, "state", json_string(state_names[r->state]));
	json_object_set_new(doc, "undo", json_boolean(r->undo));
	json_object_set_new(doc, "bootloader", json_string(r->bootloader));
	json_object_set_new(doc, "directories", texts_to_json(&r->dirs));
	json_object_set_new(doc, "edit", edit_to_json(&r->edit));
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(steps, step_to_json(&r->steps[i]));
	json_object_set_new(doc, "steps", steps);
	text = json_dumps(doc, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	json_decref(doc);
	if (!text)
		return error_set(e, EINVAL,
				 "the journal can't hold this plan: a path or "
				 "parameter is not valid UTF-8");
	err = host_replace(h, path, text, strlen(text), 0600, e);
	free(text);
	return err;
}

static int write_contents(const struct host *h, const struct record *r, size_t i,
			  const char *kind, const struct str *text, struct error *e)
{
	CLEANUP(free_char)
	char *path = xasprintf(JOURNAL_DIR "/%s/%zu.%s", r->id, i, kind);

	return host_replace(h, path, str_c(text), text->len, 0600, e);
}

/* A name that no other run has: the time, and a counter for runs within one second or
 * with a clock that went back. */
static int make_directory(const struct host *h, struct record *r, struct error *e)
{
	char stamp[32];
	time_t t = time(NULL);
	struct tm tm;
	int err = host_mkdirs(h, "/var/lib/slicer", 0700, e);

	if (err >= 0)
		err = host_mkdirs(h, JOURNAL_DIR, 0700, e);
	if (err < 0)
		return err;
	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned i = 0;; i++) {
		CLEANUP(free_char) char *id = xasprintf("%s-%03u", stamp, i);
		CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s", id);

		if (host_exists(h, path))
			continue;
		r->id = take(id);
		return host_mkdirs(h, path, 0700, e);
	}
}

static void steps_from_plan(struct record *r, const struct plan *p)
{
	r->steps = xcalloc(p->n, sizeof(*r->steps));
	r->n = p->n;
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];

		r->steps[i].kind = s->kind;
		r->steps[i].path = xstrdup_null(s->path);
		r->steps[i].existed = s->existed;
		strv_copy(&r->steps[i].argv, &s->argv);
		strv_copy(&r->steps[i].undo, &s->undo);
		str_set(&r->steps[i].before, str_c(&s->before), s->before.len);
		str_set(&r->steps[i].after, str_c(&s->after), s->after.len);
	}
}

int journal_begin(const struct host *h, const struct plan *p, const struct edit *ed,
		  const char *bootloader, bool undo, struct record *ret, struct error *e)
{
	int err;

	*ret = (struct record){ .undo = undo, .bootloader = xstrdup(bootloader) };
	edit_copy(&ret->edit, ed);
	steps_from_plan(ret, p);
	err = make_directory(h, ret, e);
	for (size_t i = 0; i < p->n && err >= 0; i++) {
		if (p->v[i].kind != STEP_REPLACE && p->v[i].kind != STEP_REMOVE)
			continue;
		err = write_contents(h, ret, i, "before", &p->v[i].before, e);
		if (err >= 0)
			err = write_contents(h, ret, i, "after", &p->v[i].after, e);
	}
	/* The manifest comes last: a run without one never began. */
	if (err >= 0)
		err = journal_save(h, ret, e);
	if (err < 0) {
		error_prefix(e, "the journal, without which nothing is changed");
		record_done(ret);
	}
	return err;
}

int journal_open_log(const struct host *h, const struct record *r, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/log", r->id);

	return host_open_log(h, path, e);
}

/* ---- reading
 * ------------------------------------------------------------------------------ */

static int name_index(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return (int)i;
	return -1;
}

static bool edit_from_json(const json_t *a, struct edit *ret)
{
	size_t i;
	json_t *o;

	json_array_foreach(a, i, o) {
		const char *param = json_string_value(json_object_get(o, "param"));
		int op = name_index(edit_names, ARRAY_SIZE(edit_names),
				    json_string_value(json_object_get(o, "op")));

		if (op < 0 || !param)
			return false;
		edit_push(ret, (enum edit_op)op, param,
			  json_string_value(json_object_get(o, "to")));
	}
	return true;
}

static bool step_from_json(const json_t *o, struct record_step *s)
{
	const char *kind = json_string_value(json_object_get(o, "kind"));

	for (s->kind = STEP_REPLACE; s->kind <= STEP_SYSFS; s->kind++)
		if (str_eq(kind, step_kind_name(s->kind)))
			break;
	if (s->kind > STEP_SYSFS)
		return false;
	s->path = xstrdup_null(json_string_value(json_object_get(o, "path")));
	s->existed = json_is_true(json_object_get(o, "existed"));
	s->done = json_is_true(json_object_get(o, "done"));
	if (!texts_from_json(json_object_get(o, "argv"), &s->argv) ||
	    !texts_from_json(json_object_get(o, "undo"), &s->undo))
		return false;
	return s->kind == STEP_RUN ? s->argv.n > 0 : s->path != NULL;
}

static bool record_from_json(const json_t *doc, struct record *r)
{
	const json_t *steps = json_object_get(doc, "steps");
	const char *loader = json_string_value(json_object_get(doc, "bootloader"));
	int state = name_index(state_names, ARRAY_SIZE(state_names),
			       json_string_value(json_object_get(doc, "state")));
	size_t n = json_array_size(steps);

	if (!str_eq(json_string_value(json_object_get(doc, "schema")), SCHEMA) ||
	    state < 0 || !loader || !json_is_array(steps))
		return false;
	r->state = (enum run_state)state;
	r->bootloader = xstrdup(loader);
	r->undo = json_is_true(json_object_get(doc, "undo"));
	r->steps = xcalloc(n, sizeof(*r->steps));
	r->n = n;
	for (size_t i = 0; i < n; i++)
		if (!step_from_json(json_array_get(steps, i), &r->steps[i]))
			return false;
	return texts_from_json(json_object_get(doc, "directories"), &r->dirs) &&
	       edit_from_json(json_object_get(doc, "edit"), &r->edit);
}

static int read_contents(const struct host *h, struct record *r, struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		struct record_step *s = &r->steps[i];
		CLEANUP(free_char)
		char *before = xasprintf(JOURNAL_DIR "/%s/%zu.before", r->id, i);
		CLEANUP(free_char)
		char *after = xasprintf(JOURNAL_DIR "/%s/%zu.after", r->id, i);
		int err;

		if (s->kind != STEP_REPLACE && s->kind != STEP_REMOVE)
			continue;
		err = host_read(h, before, MAX_CONTENTS, &s->before, e);
		if (err >= 0)
			err = host_read(h, after, MAX_CONTENTS, &s->after, e);
		if (err < 0)
			return err;
	}
	return 0;
}

static int read_record(const struct host *h, const char *id, struct record *r,
		       struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/manifest.json", id);
	CLEANUP(str_done) struct str text = { 0 };
	json_error_t je;
	json_t *doc;
	bool fits;
	int err = host_read(h, path, MAX_CONTENTS * 4, &text, e);

	if (err < 0)
		return err;
	doc = json_loadb(str_c(&text), text.len, JSON_REJECT_DUPLICATES, &je);
	fits = doc && record_from_json(doc, r);
	json_decref(doc);
	r->id = xstrdup(id);
	if (fits)
		return read_contents(h, r, e);
	error_set(e, EINVAL, "is not a journal that this slicer understands");
	error_at(e, path, 0);
	return -EINVAL;
}

int journal_list(const struct host *h, struct records *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int err;

	*ret = (struct records){ 0 };
	err = host_list(h, JOURNAL_DIR, &names, e);
	if (err == -ENOENT) {
		if (e)
			*e = (struct error){ 0 };
		return 0;
	}
	for (size_t i = 0; i < names.n && err >= 0; i++) {
		struct error why = { 0 };
		struct record r = { 0 };

		err = read_record(h, names.v[i], &r, &why);
		if (err == -ENOENT) { /* no manifest: that run never began */
			err = 0;
			record_done(&r);
			continue;
		}
		if (err == -EACCES || err == -EPERM) {
			*e = why;
			record_done(&r);
			return err;
		}
		if (err < 0) {
			strv_addf(&ret->broken, "%s: %s", why.path, why.what);
			record_done(&r);
			err = 0;
			continue;
		}
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = r;
	}
	return err;
}
