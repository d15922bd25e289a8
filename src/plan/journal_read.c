/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the journal. */
#include "plan/files.h"
#include "plan/journal_names.h"

#include <errno.h>
#include <jansson.h>

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

static int name_index(const char *const *names, const char *name)
{
	for (size_t i = 0; names[i]; i++)
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
		int op = name_index(journal_edits,
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
	s->kernel = xstrdup_null(json_string_value(json_object_get(o, "kernel")));
	s->of_trial = json_is_true(json_object_get(o, "of_trial"));
	s->makes_one_shot = json_is_true(json_object_get(o, "makes_one_shot"));
	s->existed = json_is_true(json_object_get(o, "existed"));
	s->mode = (mode_t)json_integer_value(json_object_get(o, "mode")) & 07777;
	s->done = json_is_true(json_object_get(o, "done"));
	s->has_edit = json_object_get(o, "edit") != NULL;
	if (!edit_from_json(json_object_get(o, "edit"), &s->edit))
		return false;
	if (!texts_from_json(json_object_get(o, "argv"), &s->argv) ||
	    !texts_from_json(json_object_get(o, "argv_aside"), &s->argv_aside) ||
	    !texts_from_json(json_object_get(o, "undo"), &s->undo))
		return false;
	return s->kind == STEP_RUN ? s->argv.n > 0 : s->path != NULL;
}

static bool shelter_from_json(const json_t *o, struct shelter *s)
{
	s->dir = xstrdup_null(json_string_value(json_object_get(o, "dir")));
	s->entry = xstrdup_null(json_string_value(json_object_get(o, "entry")));
	s->conf = xstrdup_null(json_string_value(json_object_get(o, "conf")));
	s->conf_existed = json_is_true(json_object_get(o, "conf_existed"));
	return !o ||
	       (s->dir && s->entry && texts_from_json(json_object_get(o, "to"), &s->to) &&
		texts_from_json(json_object_get(o, "argv_down"), &s->argv_down));
}

static bool record_from_json(const json_t *doc, struct record *r)
{
	const json_t *steps = json_object_get(doc, "steps");
	const char *loader = json_string_value(json_object_get(doc, "bootloader"));
	int state = name_index(journal_states,
			       json_string_value(json_object_get(doc, "state")));
	int kind = name_index(journal_kinds,
			      json_string_value(json_object_get(doc, "kind")));
	size_t n = json_array_size(steps);

	if (!str_eq(json_string_value(json_object_get(doc, "schema")), JOURNAL_SCHEMA) ||
	    state < 0 || kind < 0 || !loader || !json_is_array(steps))
		return false;
	r->state = (enum run_state)state;
	r->bootloader = xstrdup(loader);
	r->kind = (enum run_kind)kind;
	r->steps = xcalloc(n, sizeof(*r->steps));
	r->n = n;
	for (size_t i = 0; i < n; i++)
		if (!step_from_json(json_array_get(steps, i), &r->steps[i]))
			return false;
	return shelter_from_json(json_object_get(doc, "shelter"), &r->shelter) &&
	       texts_from_json(json_object_get(doc, "directories"), &r->dirs) &&
	       texts_from_json(json_object_get(doc, "stuck"), &r->stuck) &&
	       edit_from_json(json_object_get(doc, "edit"), &r->edit);
}

static int read_shelter(const struct host *h, struct record *r, struct error *e)
{
	CLEANUP(free_char)
	char *before = xasprintf(JOURNAL_DIR "/%s/shelter.before", r->id);
	CLEANUP(free_char)
	char *after = xasprintf(JOURNAL_DIR "/%s/shelter.after", r->id);
	int err;

	if (!r->shelter.conf)
		return 0;
	err = host_read(h, before, MAX_CONTENTS, &r->shelter.conf_before, e);
	if (err >= 0)
		err = host_read(h, after, MAX_CONTENTS, &r->shelter.conf_after, e);
	if (err < 0 ||
	    (r->shelter.conf_after.len > r->shelter.conf_before.len &&
	     str_starts(str_c(&r->shelter.conf_after), str_c(&r->shelter.conf_before))))
		return err;
	error_set(e, EINVAL, "is not what slicer writes there");
	error_at(e, after, 0);
	return -EINVAL;
}

/* Most steps have none. */
static int read_for_programs(const struct host *h, const char *id, size_t i,
			     struct str *ret, struct error *e)
{
	CLEANUP(free_char)
	char *path = xasprintf(JOURNAL_DIR "/%s/%zu.for-programs", id, i);
	bool exists;

	return read_now(h, path, &exists, ret, e);
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

		if (!s->path || s->kind == STEP_SYSFS)
			continue;
		err = host_read(h, before, MAX_CONTENTS, &s->before, e);
		if (err < 0)
			return err;
		err = host_read(h, after, MAX_CONTENTS, &s->after, e);
		s->has_after = err >= 0;
		/* A program's result is kept when it is there. */
		if (err < 0 && (s->kind != STEP_RUN || err != -ENOENT))
			return err;
		if (err < 0 && e)
			*e = (struct error){ 0 };
		err = read_for_programs(h, r->id, i, &s->for_programs, e);
		if (err < 0)
			return err;
	}
	return read_shelter(h, r, e);
}

static int read_record(const struct host *h, const char *id, bool contents,
		       struct record *r, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/manifest.json", id);
	CLEANUP(str_done) struct str text = { 0 };
	json_error_t je;
	json_t *doc;
	bool fits;
	int err = host_read(h, path, MAX_CONTENTS, &text, e);

	if (err < 0)
		return err;
	doc = json_loadb(str_c(&text), text.len, JSON_REJECT_DUPLICATES, &je);
	fits = doc && record_from_json(doc, r);
	json_decref(doc);
	r->id = xstrdup(id);
	if (fits) {
		err = contents ? read_contents(h, r, e) : 0;
		/* A file that is lost; without a manifest there was no run. What is over
		 * needs none. */
		if (err < 0 && !record_counts(r) && !record_is_unfinished(r))
			return 0;
		return err == -ENOENT ? -EIO : err;
	}
	error_set(e, EINVAL, "is not a journal that this slicer understands");
	error_at(e, path, 0);
	return -EINVAL;
}

static int read_records(const struct host *h, bool contents, struct records *ret,
			struct error *e)
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

		err = read_record(h, names.v[i], contents, &r, &why);
		if (err == -ENOENT) { /* no manifest: that run never began */
			err = 0;
			record_done(&r);
			continue;
		}
		if (err == -EACCES || err == -EPERM) {
			if (e)
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

int journal_list(const struct host *h, struct records *ret, struct error *e)
{
	return read_records(h, true, ret, e);
}

int journal_scan(const struct host *h, struct records *ret, struct error *e)
{
	return read_records(h, false, ret, e);
}
