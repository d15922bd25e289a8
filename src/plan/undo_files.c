/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/files.h"
#include "plan/undo.h"

#include <errno.h>

static bool is_file(const struct record_step *s)
{
	return s->kind == STEP_REPLACE || s->kind == STEP_REMOVE;
}

void undo_paths(const struct records *rs, struct strv *ret)
{
	for (size_t i = 0; i < rs->n; i++)
		for (size_t k = 0; rs->v[i].chosen && k < rs->v[i].n; k++)
			if (is_file(&rs->v[i].steps[k]) && !rs->v[i].steps[k].of_trial)
				strv_add_unique(ret, rs->v[i].steps[k].path);
}

/* A file's state while walking back through the runs. */
struct state {
	bool exists;
	mode_t mode; /* of one that has to be made anew */
	const struct str *text;
};

static bool same(const struct state *s, bool exists, const struct str *text)
{
	return s->exists == exists && (!exists || str_same(s->text, text));
}

/* One run's step on that file, if it is the one that made the present state. false: it is
 * not, and the state is not the one from before it either. */
static bool step_back(const struct record_step *s, struct state *now)
{
	if ((s->has_after && same(now, s->kind != STEP_REMOVE, &s->after)) ||
	    (s->for_programs.len && same(now, true, &s->for_programs))) {
		now->exists = s->existed;
		now->text = &s->before;
		now->mode = s->mode;
		return true;
	}
	return same(now, s->existed, &s->before);
}

/* Walks back to before the first run. false: somebody else changed the file in between.
 */
static bool walk_all_back(const struct records *rs, const char *path, bool of_trial,
			  struct state *now)
{
	for (size_t i = rs->n; i-- > 0;) {
		const struct record *r = &rs->v[i];

		for (size_t k = r->n; r->chosen && k-- > 0;)
			if (str_eq(r->steps[k].path, path) &&
			    (of_trial || !r->steps[k].of_trial) &&
			    !step_back(&r->steps[k], now))
				return false;
	}
	return true;
}

static bool walk_back(const struct records *rs, const char *path, struct state *now)
{
	return walk_all_back(rs, path, false, now);
}

static const struct step *step_of(const struct plan *p, const char *path)
{
	for (size_t i = 0; p && i < p->n; i++)
		if (p->v[i].path && str_eq(p->v[i].path, path))
			return &p->v[i];
	return NULL;
}

static void add_tokens(const struct step *s, struct plan *ret)
{
	if (s->kind == STEP_REMOVE)
		plan_remove(ret, s->path, &s->before, s->why);
	else
		plan_replace(ret, s->path, s->existed, &s->before, &s->after, s->mode,
			     s->why);
}

/* What slicer added is taken out of the file as it is now: where that can be done. */
static void undo_tokens(const struct plan *tokens, const char *path, struct plan *ret,
			char **need_tokens, bool *used_tokens)
{
	if (!tokens) {
		if (!*need_tokens)
			*need_tokens = xstrdup(path);
		return;
	}
	*used_tokens = true;
	if (step_of(tokens, path))
		add_tokens(step_of(tokens, path), ret);
}

/* The loader can't plan: of a file that is as slicer left it, the command line is known.
 */
static void undo_own(const struct records *rs, const char *path, const struct str *text,
		     struct plan *ret)
{
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str line = { 0 }, then = { 0 };

	undo_edit(rs, &ed);
	str_set(&line, str_c(text), text->len);
	str_rtrim(&line);
	edit_apply(&ed, str_c(&line), line.len, true, &then);
	str_addc(&then, '\n');
	plan_replace(ret, path, true, text, &then, 0, "without slicer's parameters");
}

static int undo_file(const struct host *h, const struct records *rs,
		     const struct plan *tokens, const struct strv *own, const char *keep,
		     const char *path, struct plan *ret, char **need_tokens,
		     bool *used_tokens, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct state now = { .exists = true, .text = &text };
	int err = host_read(h, path, HOST_MAX_CONFIG, &text, e);

	if (err == -ENOENT)
		now.exists = false;
	else if (err < 0)
		return err;
	if (str_eq(keep, path) && err >= 0) {
		struct state was = now;

		if (!tokens && walk_back(rs, path, &was))
			undo_own(rs, path, &text, ret);
		else
			undo_tokens(tokens, path, ret, need_tokens, used_tokens);
		plan_warn(ret,
			  "%s stays, without slicer's parameters: kernel-install would "
			  "take the running command line in its place, which is another "
			  "one; after a boot with what it says, slicer setup-iommu "
			  "--undo removes it",
			  path);
		return 0;
	}
	if (walk_back(rs, path, &now)) {
		if (now.exists)
			plan_replace(ret, path, err >= 0, &text, now.text, now.mode,
				     "as it was before slicer");
		else if (err >= 0)
			plan_remove(ret, path, &text, "slicer made it");
		return 0;
	}
	if (strv_has(own, path)) {
		plan_warn(ret, "%s was changed by somebody else since: it is left alone",
			  path);
	} else {
		undo_tokens(tokens, path, ret, need_tokens, used_tokens);
	}
	return 0;
}

int undo_files(const struct host *h, const struct records *rs, const struct plan *tokens,
	       const struct strv *own, const char *keep, struct plan *ret,
	       char **ret_need_tokens, bool *ret_used_tokens, struct error *e)
{
	CLEANUP(strv_done) struct strv paths = { 0 };
	int err = 0;

	for (size_t i = rs->n; i-- > 0;)
		for (size_t k = rs->v[i].dirs.n; rs->v[i].chosen && k-- > 0;)
			if (host_is_dir(h, rs->v[i].dirs.v[k]))
				strv_add_unique(&ret->dirs, rs->v[i].dirs.v[k]);
	*ret_need_tokens = NULL;
	*ret_used_tokens = false;
	undo_paths(rs, &paths);
	for (size_t i = 0; i < paths.n && err >= 0; i++)
		err = undo_file(h, rs, tokens, own, keep, paths.v[i], ret,
				ret_need_tokens, ret_used_tokens, e);
	if (err == -ENOENT)
		err = 0;
	return err;
}

/* ---- a trial boot that an interrupted run was about to end
 * ------------------------------------- */

static int undo_trial_file(const struct host *h, const struct records *rs,
			   const struct record_step *step, struct plan *ret,
			   struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct state now = { .text = &text };
	bool exists;
	int err = read_now(h, step->path, &exists, &text, e);

	now.exists = exists;
	/* What somebody else has changed since is theirs. */
	if (err >= 0 && walk_all_back(rs, step->path, true, &now) && now.exists)
		plan_replace(ret, step->path, exists, &text, now.text,
			     now.mode ? now.mode : 0644, "as it was before slicer");
	return err;
}

int undo_trial_files(const struct host *h, const struct records *rs, struct plan *ret,
		     struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < rs->n; i++) {
		const struct record *r = &rs->v[i];

		if (!r->chosen || !record_is_unfinished(r) ||
		    (r->kind != RUN_SETUP && r->kind != RUN_END))
			continue;
		for (size_t k = 0; k < r->n && err >= 0; k++)
			if (r->steps[k].of_trial && is_file(&r->steps[k]))
				err = undo_trial_file(h, rs, &r->steps[k], ret, e);
	}
	return err;
}

int undo_made(const struct host *h, const struct records *rs, const char *path,
	      struct plan *ret, bool *ret_exact, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct state now = { .text = &text };
	bool exists;
	int err = read_now(h, path, &exists, &text, e);

	now.exists = exists;
	/* One that was empty or absent started nothing: made anew, it does. */
	*ret_exact = err >= 0 && walk_back(rs, path, &now) && now.exists && now.text->len;
	if (*ret_exact)
		plan_replace(ret, path, exists, &text, now.text, 0600,
			     "as it was before slicer");
	return err;
}
