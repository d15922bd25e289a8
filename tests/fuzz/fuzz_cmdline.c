/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input: lines of an edit ("+ADD", "-REMOVE", "=FROM TO"), an empty line, a command line.
 */
#include "text/cmdline.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A parameter as an edit may have it: one, with its quotes balanced. */
static bool is_one(const char *param)
{
	CLEANUP(strv_done) struct strv v = { 0 };
	size_t quotes = 0;

	cmdline_split(param, strlen(param), &v);
	for (const char *p = param; *p; p++)
		quotes += *p == '"';
	return v.n == 1 && strcmp(v.v[0], param) == 0 && quotes % 2 == 0;
}

static void read_item(struct edit *ed, const char *line)
{
	CLEANUP(free_char) char *from = NULL;
	const char *to;

	if (line[0] == '+' && is_one(line + 1))
		edit_push(ed, EDIT_ADD, line + 1, NULL);
	if (line[0] == '-' && is_one(line + 1))
		edit_push(ed, EDIT_REMOVE, line + 1, NULL);
	to = line[0] == '=' ? strchr(line, ' ') : NULL;
	if (!to)
		return;
	from = xstrndup(line + 1, (size_t)(to - line) - 1);
	if (is_one(from) && is_one(to + 1))
		edit_push(ed, EDIT_REPLACE, from, to + 1);
}

/* Where the rest of the input starts. */
static size_t read_edit(const char *text, size_t len, struct edit *ret)
{
	size_t pos = 0, n;
	const char *line;

	while (ret->n < 16 && next_line(text, len, &pos, &line, &n) && n) {
		CLEANUP(free_char) char *s = xstrndup(line, n);

		read_item(ret, s);
	}
	return pos;
}

/* What comes out of one item is nothing that another one looks for. */
static bool is_settled(const struct edit *ed)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *a = &ed->v[i];
		const char *out = a->op == EDIT_REPLACE ? a->to : a->param;

		for (size_t k = 0; k < ed->n; k++)
			if (i != k && (param_same(ed->v[k].param, out) ||
				       (ed->v[k].to && param_same(ed->v[k].to, out))))
				return false;
	}
	return true;
}

static void must_be_same(const struct strv *a, const struct strv *b)
{
	must(a->n == b->n);
	for (size_t i = 0; i < a->n; i++)
		must(strcmp(a->v[i], b->v[i]) == 0);
}

static bool has_products(const struct edit *ed, const struct strv *params)
{
	for (size_t i = 0; i < ed->n; i++)
		if (ed->v[i].op == EDIT_REMOVE ||
		    cmdline_has(params, ed->v[i].to ? ed->v[i].to : ed->v[i].param))
			return true;
	return false;
}

static void try_edit(const struct edit *ed, const char *text, size_t len)
{
	CLEANUP(str_done) struct str once = { 0 }, twice = { 0 }, back = { 0 };
	CLEANUP(strv_done) struct strv before = { 0 }, wanted = { 0 }, got = { 0 };
	CLEANUP(edit_done) struct edit inverse = { 0 };
	bool differs = edit_apply(ed, text, len, true, &once);

	must(differs == (once.len != len || (len && memcmp(once.s, text, len) != 0)));
	cmdline_split(text, len, &before);
	strv_copy(&wanted, &before);
	edit_apply_params(ed, &wanted);
	cmdline_split(str_c(&once), once.len, &got);
	must_be_same(&wanted, &got);
	if (!is_settled(ed))
		return;
	must(!edit_apply(ed, str_c(&once), once.len, true, &twice));
	must(str_same(&once, &twice));
	if (has_products(ed, &before))
		return;
	for (size_t i = 0; i < ed->n; i++)
		if (ed->v[i].op == EDIT_REPLACE &&
		    cmdline_count(&before, ed->v[i].param) > 1)
			return;
	/* What undoes it brings back every parameter, in its place. */
	edit_inverse(ed, &inverse);
	edit_apply(&inverse, str_c(&once), once.len, true, &back);
	strv_done(&got);
	cmdline_split(str_c(&back), back.len, &got);
	must(got.n == before.n);
	for (size_t i = 0; i < got.n; i++)
		must(param_same(got.v[i], before.v[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	CLEANUP(strv_done) struct strv params = { 0 };
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str same = { 0 };
	size_t pos = read_edit(text, size, &ed);

	must(!edit_apply(&(struct edit){ 0 }, text + pos, size - pos, true, &same));
	must(same.len == size - pos &&
	     (same.len == 0 || memcmp(same.s, text + pos, same.len) == 0));
	try_edit(&ed, text + pos, size - pos);
	cmdline_split(text + pos, size - pos, &params);
	for (size_t i = 0; i < params.n; i++) {
		struct error e = { 0 };

		must(cmdline_has(&params, params.v[i]));
		must(cmdline_last(&params, params.v[i]) != NULL);
		cmdline_list_has(&params, params.v[i], "on");
		must((param_check_safe(params.v[i], &e) == 0) == (e.code == ERROR_NONE));
	}
	return 0;
}
