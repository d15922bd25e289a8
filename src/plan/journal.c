/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/journal_names.h"

#include <errno.h>
#include <jansson.h>
#include <time.h>

const char *const journal_states[] = { "started", "applied", "rolled-back",
				       "failed",  "undone",  NULL };
const char *const journal_kinds[] = { "setup", "undo",	    "trial", "end",
				      "bind",  "take-over", NULL };
const char *const journal_edits[] = { "add", "remove", "replace", NULL };

const char *run_state_name(enum run_state s)
{
	return journal_states[s];
}

const char *run_kind_name(enum run_kind k)
{
	return journal_kinds[k];
}

bool record_counts(const struct record *r)
{
	return (r->kind == RUN_SETUP || r->kind == RUN_TAKE_OVER) &&
	       (r->state == RUN_STARTED || r->state == RUN_APPLIED ||
		r->state == RUN_FAILED);
}

bool record_is_unfinished(const struct record *r)
{
	return r->state == RUN_STARTED || r->state == RUN_FAILED;
}

bool records_interrupted_a_bind(const struct records *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		if (record_is_unfinished(&rs->v[i]))
			return rs->v[i].kind == RUN_BIND ||
			       rs->v[i].kind == RUN_TAKE_OVER;
	return false;
}

size_t records_choose(struct records *rs, bool (*which)(const struct record *r))
{
	size_t n = 0;

	for (size_t i = 0; i < rs->n; i++) {
		rs->v[i].chosen = which(&rs->v[i]);
		n += rs->v[i].chosen;
	}
	return n;
}

void record_done(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->steps[i].path);
		free(r->steps[i].kernel);
		strv_done(&r->steps[i].argv);
		strv_done(&r->steps[i].undo);
		strv_done(&r->steps[i].argv_aside);
		edit_done(&r->steps[i].edit);
		str_done(&r->steps[i].before);
		str_done(&r->steps[i].after);
		str_done(&r->steps[i].for_programs);
	}
	free(r->steps);
	shelter_done(&r->shelter);
	free(r->id);
	free(r->bootloader);
	strv_done(&r->dirs);
	strv_done(&r->stuck);
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

/* ---- writing ----------------------------------------------------------------------- */

/* What does not fit into JSON (it is not valid UTF-8) is seen here alone: jansson leaves
 * it out. */
static void put(json_t *o, const char *key, json_t *value, bool *fits)
{
	*fits &= json_object_set_new(o, key, value) == 0;
}

static void put_text(json_t *o, const char *key, const char *text, bool *fits)
{
	if (text)
		put(o, key, json_string(text), fits);
}

static void put_texts(json_t *o, const char *key, const struct strv *v, bool *fits)
{
	json_t *a = json_array();

	for (size_t i = 0; i < v->n; i++)
		*fits &= json_array_append_new(a, json_string(v->v[i])) == 0;
	put(o, key, a, fits);
}

static void put_edit(json_t *o, const char *key, const struct edit *ed, bool *fits)
{
	json_t *a = json_array();

	for (size_t i = 0; i < ed->n; i++) {
		json_t *item = json_object();

		put_text(item, "op", journal_edits[ed->v[i].op], fits);
		put_text(item, "param", ed->v[i].param, fits);
		put_text(item, "to", ed->v[i].to, fits);
		json_array_append_new(a, item);
	}
	put(o, key, a, fits);
}

static json_t *step_to_json(const struct record_step *s, bool *fits)
{
	json_t *o = json_object();

	put_text(o, "kind", step_kind_name(s->kind), fits);
	put_text(o, "path", s->path, fits);
	put_text(o, "kernel", s->kernel, fits);
	if (s->kind == STEP_RUN)
		put_texts(o, "argv", &s->argv, fits);
	if (s->undo.n)
		put_texts(o, "undo", &s->undo, fits);
	if (s->argv_aside.n)
		put_texts(o, "argv_aside", &s->argv_aside, fits);
	if (s->has_edit)
		put_edit(o, "edit", &s->edit, fits);
	if (s->of_trial)
		put(o, "of_trial", json_true(), fits);
	if (s->makes_one_shot)
		put(o, "makes_one_shot", json_true(), fits);
	put(o, "existed", json_boolean(s->existed), fits);
	if (s->path)
		put(o, "mode", json_integer(s->mode), fits);
	put(o, "done", json_boolean(s->done), fits);
	return o;
}

/* The contents of conf are in files of their own. */
static json_t *shelter_to_json(const struct shelter *s, bool *fits)
{
	json_t *o = json_object();

	put_text(o, "dir", s->dir, fits);
	put_texts(o, "to", &s->to, fits);
	put_text(o, "entry", s->entry, fits);
	put_text(o, "conf", s->conf, fits);
	put(o, "conf_existed", json_boolean(s->conf_existed), fits);
	put_texts(o, "argv_down", &s->argv_down, fits);
	return o;
}

static json_t *record_to_json(const struct record *r, bool *fits)
{
	json_t *doc = json_object(), *steps = json_array();

	put_text(doc, "schema", JOURNAL_SCHEMA, fits);
	put_text(doc, "version", SLICER_VERSION, fits);
	put_text(doc, "id", r->id, fits);
	put_text(doc, "state", journal_states[r->state], fits);
	put_text(doc, "kind", journal_kinds[r->kind], fits);
	put_text(doc, "bootloader", r->bootloader, fits);
	put_texts(doc, "directories", &r->dirs, fits);
	put_edit(doc, "edit", &r->edit, fits);
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(steps, step_to_json(&r->steps[i], fits));
	put(doc, "steps", steps, fits);
	if (r->stuck.n)
		put_texts(doc, "stuck", &r->stuck, fits);
	if (r->shelter.dir)
		put(doc, "shelter", shelter_to_json(&r->shelter, fits), fits);
	return doc;
}

int journal_save(const struct host *h, const struct record *r, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/manifest.json", r->id);
	bool fits = true;
	json_t *doc = record_to_json(r, &fits);
	CLEANUP(free_char)
	char *text = fits ? json_dumps(doc, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;

	json_decref(doc);
	if (text)
		return host_replace(h, path, text, strlen(text), 0600, e);
	error_set(e, EINVAL,
		  "the journal can't hold this plan: a path or parameter is not valid "
		  "UTF-8");
	error_hint(e, "without a journal there is no way back: give it another name, or "
		      "change it by hand");
	return -EINVAL;
}

static int write_text(const struct host *h, const struct record *r, const char *name,
		      const struct str *text, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/%s", r->id, name);

	return host_replace(h, path, str_c(text), text->len, 0600, e);
}

static int write_contents(const struct host *h, const struct record *r, size_t i,
			  const char *kind, const struct str *text, struct error *e)
{
	CLEANUP(free_char) char *name = xasprintf("%zu.%s", i, kind);

	return write_text(h, r, name, text, e);
}

static int write_shelter(const struct host *h, const struct record *r, struct error *e)
{
	int err = 0;

	if (r->shelter.conf)
		err = write_text(h, r, "shelter.before", &r->shelter.conf_before, e);
	if (r->shelter.conf && err >= 0)
		err = write_text(h, r, "shelter.after", &r->shelter.conf_after, e);
	return err;
}

/* Of a name: its time, and the counter behind it. */
#define STAMP_LEN 16

/* Names sort by age. Where the clock went back, the newest run's time goes on. */
static unsigned choose_stamp(const struct host *h, char *stamp, size_t size)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	time_t t = time(NULL);
	unsigned next = 0;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(stamp, size, "%Y%m%dT%H%M%SZ", &tm);
	if (host_list(h, JOURNAL_DIR, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];
		unsigned n;

		if (strlen(name) < STAMP_LEN + 4 || name[STAMP_LEN] != '-' ||
		    strspn(name + STAMP_LEN + 1, "0123456789") !=
			    strlen(name + STAMP_LEN + 1) ||
		    strncmp(name, stamp, STAMP_LEN) < 0)
			continue;
		n = (unsigned)strtoul(name + STAMP_LEN + 1, NULL, 10) + 1;
		if (strncmp(name, stamp, STAMP_LEN) > 0 || n > next)
			next = n;
		memcpy(stamp, name, STAMP_LEN);
	}
	return next;
}

static int make_directory(const struct host *h, struct record *r, struct error *e)
{
	char stamp[32];
	int err = host_mkdirs(h, "/var/lib/slicer", 0700, e);

	if (err >= 0)
		err = host_mkdirs(h, JOURNAL_DIR, 0700, e);
	if (err < 0)
		return err;
	for (unsigned i = choose_stamp(h, stamp, sizeof(stamp));; i++) {
		CLEANUP(free_char) char *id = xasprintf("%s-%03u", stamp, i);
		CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s", id);

		if (host_exists(h, path))
			continue;
		r->id = take(id);
		return host_mkdirs(h, path, 0700, e);
	}
}

/* The directories that a file's step is going to make. */
static void note_dirs(const struct host *h, const char *path, struct strv *dirs)
{
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		CLEANUP(free_char) char *dir = xstrndup(path, (size_t)(p - path));

		if (!host_is_dir(h, dir))
			strv_add_unique(dirs, dir);
	}
}

static void note_file(const struct host *h, const struct step *s, struct record *r,
		      struct record_step *ret)
{
	const char *path = step_file(s);
	struct stat st;

	if (!path)
		return;
	ret->mode = s->mode;
	if (s->existed && host_stat(h, path, &st) == 0)
		ret->mode = st.st_mode & 07777;
	note_dirs(h, path, &r->dirs);
}

static void steps_from_plan(const struct host *h, struct record *r, const struct plan *p)
{
	r->steps = xcalloc(p->n, sizeof(*r->steps));
	r->n = p->n;
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];

		r->steps[i].kind = s->kind;
		r->steps[i].path = xstrdup_null(s->kind == STEP_RUN ? s->makes : s->path);
		r->steps[i].kernel = xstrdup_null(s->kernel);
		r->steps[i].existed = s->existed;
		note_file(h, s, r, &r->steps[i]);
		strv_copy(&r->steps[i].argv, &s->argv);
		strv_copy(&r->steps[i].undo, &s->undo);
		strv_copy(&r->steps[i].argv_aside, &s->argv_aside);
		r->steps[i].has_after = s->kind != STEP_RUN;
		r->steps[i].of_trial = s->of_trial;
		r->steps[i].makes_one_shot = s->makes_one_shot;
		r->steps[i].has_edit = s->has_edit;
		edit_copy(&r->steps[i].edit, &s->edit);
		str_set(&r->steps[i].before, str_c(&s->before), s->before.len);
		str_set(&r->steps[i].after, str_c(&s->after), s->after.len);
		str_set(&r->steps[i].for_programs, str_c(&s->for_programs),
			s->for_programs.len);
	}
}

int journal_begin(const struct host *h, const struct plan *p, const struct edit *ed,
		  const char *bootloader, enum run_kind kind, struct record *ret,
		  struct error *e)
{
	int err;

	*ret = (struct record){ .kind = kind, .bootloader = xstrdup(bootloader) };
	edit_copy(&ret->edit, ed);
	steps_from_plan(h, ret, p);
	shelter_copy(&ret->shelter, &p->shelter);
	err = make_directory(h, ret, e);
	for (size_t i = 0; i < p->n && err >= 0; i++) {
		if (!step_file(&p->v[i]))
			continue;
		err = write_contents(h, ret, i, "before", &p->v[i].before, e);
		if (err >= 0 && p->v[i].kind != STEP_RUN)
			err = write_contents(h, ret, i, "after", &p->v[i].after, e);
		if (err >= 0 && p->v[i].for_programs.len)
			err = write_contents(h, ret, i, "for-programs",
					     &p->v[i].for_programs, e);
	}
	if (err >= 0)
		err = write_shelter(h, ret, e);
	/* The manifest comes last: a run without one never began. */
	if (err >= 0)
		err = journal_save(h, ret, e);
	if (err < 0) {
		error_prefix(e, "the journal, without which nothing is changed");
		record_done(ret);
	}
	return err;
}

int journal_made(const struct host *h, struct record *r, size_t i, const struct str *text,
		 struct error *e)
{
	str_set(&r->steps[i].after, str_c(text), text->len);
	r->steps[i].has_after = true;
	return write_contents(h, r, i, "after", text, e);
}

int journal_open_log(const struct host *h, const struct record *r, struct error *e)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/log", r->id);

	return host_open_log(h, path, e);
}
