/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps/steps.h"

#include <stdarg.h>

#define DEFAULT_TIMEOUT_S 1800

static void step_done(struct step *s)
{
	free(s->why);
	free(s->path);
	str_done(&s->before);
	str_done(&s->after);
	str_done(&s->for_programs);
	strv_done(&s->argv);
	strv_done(&s->undo);
	free(s->kernel);
	free(s->makes);
	edit_done(&s->edit);
	strv_done(&s->argv_aside);
}

void shelter_done(struct shelter *s)
{
	free(s->dir);
	strv_done(&s->from);
	strv_done(&s->to);
	free(s->entry);
	str_done(&s->entry_text);
	free(s->conf);
	str_done(&s->conf_before);
	str_done(&s->conf_after);
	str_done(&s->conf_found);
	strv_done(&s->argv_up);
	strv_done(&s->argv_down);
	*s = (struct shelter){ 0 };
}

void shelter_copy(struct shelter *dst, const struct shelter *src)
{
	shelter_done(dst);
	dst->dir = xstrdup_null(src->dir);
	strv_copy(&dst->from, &src->from);
	strv_copy(&dst->to, &src->to);
	dst->entry = xstrdup_null(src->entry);
	str_set(&dst->entry_text, str_c(&src->entry_text), src->entry_text.len);
	dst->conf = xstrdup_null(src->conf);
	dst->conf_existed = src->conf_existed;
	str_set(&dst->conf_before, str_c(&src->conf_before), src->conf_before.len);
	str_set(&dst->conf_after, str_c(&src->conf_after), src->conf_after.len);
	str_set(&dst->conf_found, str_c(&src->conf_found), src->conf_found.len);
	strv_copy(&dst->argv_up, &src->argv_up);
	strv_copy(&dst->argv_down, &src->argv_down);
}

void plan_done(struct plan *p)
{
	shelter_done(&p->shelter);
	strv_done(&p->dirs);
	for (size_t i = 0; i < p->n; i++)
		step_done(&p->v[i]);
	for (size_t i = 0; i < p->n_proofs; i++) {
		strv_done(&p->proofs[i].argv);
		str_done(&p->proofs[i].script);
		str_done(&p->proofs[i].expect);
		free(p->proofs[i].what);
		free(p->proofs[i].path);
		free(p->proofs[i].hint);
		free(p->proofs[i].otherwise);
	}
	free(p->v);
	free(p->proofs);
	strv_done(&p->warnings);
	strv_done(&p->next);
	*p = (struct plan){ 0 };
}

bool plan_is_empty(const struct plan *p)
{
	return p->n == 0 && p->dirs.n == 0;
}

bool plan_has_programs(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_RUN)
			return true;
	return false;
}

static struct step *add(struct plan *p, enum step_kind kind, const char *path,
			const char *why)
{
	struct step *s;

	p->v = xgrow(p->v, p->n, &p->cap, sizeof(*p->v));
	s = &p->v[p->n++];
	*s = (struct step){ .kind = kind,
			    .path = xstrdup_null(path),
			    .why = xstrdup(why) };
	return s;
}

static struct step *find_file(struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if ((p->v[i].kind == STEP_REPLACE || p->v[i].kind == STEP_REMOVE) &&
		    str_eq(p->v[i].path, path))
			return &p->v[i];
	return NULL;
}

void plan_replace(struct plan *p, const char *path, bool existed,
		  const struct str *before, const struct str *after, mode_t mode,
		  const char *why)
{
	struct step *s = find_file(p, path);

	if (s) {
		s->kind = STEP_REPLACE;
		str_set(&s->after, str_c(after), after->len);
		return;
	}
	if (existed && str_same(before, after))
		return;
	s = add(p, STEP_REPLACE, path, why);
	s->existed = existed;
	if (existed)
		str_set(&s->before, str_c(before), before->len);
	str_set(&s->after, str_c(after), after->len);
	s->mode = mode;
}

void plan_edit_was(struct plan *p, const char *path, const struct edit *ed)
{
	struct step *s = find_file(p, path);

	if (!s)
		return;
	s->has_edit = true;
	edit_done(&s->edit);
	edit_copy(&s->edit, ed);
}

void plan_meanwhile(struct plan *p, const char *path, const struct str *text)
{
	struct step *s = find_file(p, path);

	if (s && s->kind == STEP_REPLACE && !s->existed)
		str_set(&s->for_programs, str_c(text), text->len);
}

void plan_take_file(struct plan *p, const struct plan *from, const char *path)
{
	struct step *old = find_file(p, path);

	if (old) {
		size_t i = (size_t)(old - p->v);

		step_done(old);
		memmove(old, old + 1, (p->n - i - 1) * sizeof(*old));
		p->n--;
	}
	for (size_t i = 0; i < from->n; i++)
		if (from->v[i].kind == STEP_REPLACE && str_eq(from->v[i].path, path))
			plan_replace(p, path, from->v[i].existed, &from->v[i].before,
				     &from->v[i].after, from->v[i].mode, from->v[i].why);
}

void plan_remove(struct plan *p, const char *path, const struct str *before,
		 const char *why)
{
	struct step *s = find_file(p, path);

	if (!s) {
		s = add(p, STEP_REMOVE, path, why);
		str_set(&s->before, str_c(before), before->len);
	}
	s->kind = STEP_REMOVE;
	s->existed = true;
	str_clear(&s->after);
}

static bool same_argv(const struct strv *a, const char *const *argv)
{
	size_t i;

	for (i = 0; i < a->n && argv[i]; i++)
		if (strcmp(a->v[i], argv[i]))
			return false;
	return i == a->n && !argv[i];
}

/* The new step, NULL if the same program is there already. */
static struct step *add_program(struct plan *p, const char *const *argv,
				unsigned timeout_s, const char *why)
{
	struct step *s;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_RUN && same_argv(&p->v[i].argv, argv))
			return NULL;
	s = add(p, STEP_RUN, NULL, why);
	for (; *argv; argv++)
		strv_add(&s->argv, *argv);
	s->timeout_s = timeout_s ? timeout_s : DEFAULT_TIMEOUT_S;
	return s;
}

void plan_run(struct plan *p, const char *const *argv, unsigned timeout_s,
	      const char *why)
{
	plan_run_for(p, NULL, argv, timeout_s, why);
}

void plan_run_for(struct plan *p, const char *kernel, const char *const *argv,
		  unsigned timeout_s, const char *why)
{
	struct step *s = add_program(p, argv, timeout_s, why);

	if (s)
		s->kernel = xstrdup_null(kernel);
}

void plan_make(struct plan *p, const char *const *argv, const char *const *argv_aside,
	       const char *makes, bool existed, const struct str *before, const char *why)
{
	struct step *s = add_program(p, argv, 0, why);

	if (!s)
		return;
	for (; argv_aside && *argv_aside; argv_aside++)
		strv_add(&s->argv_aside, *argv_aside);
	s->makes = xstrdup(makes);
	s->existed = existed;
	if (existed)
		str_set(&s->before, str_c(before), before->len);
}

void plan_add_programs(struct plan *p, const struct plan *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct step *s = &from->v[i];
		const char *const *argv = (const char *const *)s->argv.v;

		if (s->kind != STEP_RUN)
			continue;
		if (s->makes)
			plan_make(p, argv, (const char *const *)s->argv_aside.v, s->makes,
				  s->existed, &s->before, s->why);
		else if (s->undo.n)
			plan_run_with_undo(p, argv, (const char *const *)s->undo.v,
					   s->timeout_s, s->why);
		else
			plan_run_for(p, s->kernel, argv, s->timeout_s, s->why);
	}
	for (size_t i = 0; i < from->warnings.n; i++)
		plan_warn(p, "%s", from->warnings.v[i]);
	for (size_t i = 0; i < from->next.n; i++)
		plan_next(p, "%s", from->next.v[i]);
}

const char *step_file(const struct step *s)
{
	if (s->kind == STEP_REPLACE || s->kind == STEP_REMOVE)
		return s->path;
	return s->kind == STEP_RUN ? s->makes : NULL;
}

bool step_runs_again(const struct step *s)
{
	return s->kind == STEP_RUN && !s->undo.n && !s->makes && !s->makes_one_shot;
}

bool plan_runs_again(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (step_runs_again(&p->v[i]))
			return true;
	return false;
}

void plan_run_with_undo(struct plan *p, const char *const *argv, const char *const *undo,
			unsigned timeout_s, const char *why)
{
	size_t n = p->n;

	plan_run(p, argv, timeout_s, why);
	for (; p->n > n && *undo; undo++)
		strv_add(&p->v[n].undo, *undo);
}

void plan_sysfs(struct plan *p, const char *path, const char *before, const char *after,
		const char *why)
{
	struct step *s = add(p, STEP_SYSFS, path, why);

	if (before) {
		s->existed = true;
		str_add(&s->before, before);
	}
	str_add(&s->after, after);
}

void plan_prove(struct plan *p, const char *const *argv, const struct str *script,
		const struct str *expect, const char *path, const char *what,
		const char *hint, const char *otherwise)
{
	struct proof *f;

	p->proofs = xgrow(p->proofs, p->n_proofs, &p->proofs_cap, sizeof(*p->proofs));
	f = &p->proofs[p->n_proofs++];
	*f = (struct proof){
		.what = xstrdup(what),
		.path = xstrdup(path),
		.hint = xstrdup(hint),
		.otherwise = xstrdup_null(otherwise),
	};
	for (; *argv; argv++)
		strv_add(&f->argv, *argv);
	str_set(&f->script, str_c(script), script->len);
	str_set(&f->expect, str_c(expect), expect->len);
}

PRINTF(2, 0)
static void add_text(struct strv *v, const char *fmt, va_list ap)
{
	char *text = xvasprintf(fmt, ap);

	if (strv_has(v, text))
		free(text);
	else
		strv_take(v, text);
}

void plan_warn(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(&p->warnings, fmt, ap);
	va_end(ap);
}

void plan_next(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_text(&p->next, fmt, ap);
	va_end(ap);
}

void plan_set_first(struct plan *p, size_t n)
{
	size_t to = 0;

	for (size_t i = n; i < p->n; i++) {
		struct step s = p->v[i];

		if (!s.undo.n)
			continue;
		memmove(p->v + to + 1, p->v + to, (i - to) * sizeof(s));
		p->v[to++] = s;
	}
}

void plan_order(struct plan *p)
{
	struct step *v = xcalloc(p->n, sizeof(*v));
	size_t n = 0;

	for (int programs = 0; programs < 2; programs++)
		for (size_t i = 0; i < p->n; i++)
			if ((p->v[i].kind == STEP_RUN) == (programs == 1))
				v[n++] = p->v[i];
	free(p->v);
	p->v = v;
	p->cap = p->n;
}

const char *step_kind_name(enum step_kind kind)
{
	static const char *const names[] = { "replace", "remove", "run", "sysfs" };

	return names[kind];
}
