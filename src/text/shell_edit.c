/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An edit of the parameters in an assignment's value. cmdline.h decides on the decoded
 * value what changes where; here that is carried back to the raw word. Whatever comes out
 * is decoded again: a word that does not mean exactly what was wanted never leaves this
 * file.
 */
#include "text/shell.h"

#include <errno.h>

#include "text/shell_word.h"

/* The assignment that is edited: its raw word, what it decodes to, and what is to change.
 */
struct work {
	const char *text;
	size_t start, end;
	struct shell_elems elems;
	struct str value; /* one byte for each of elems */
	struct edit_splices splices;
	struct str wanted; /* the value after the edit, variables spelled out */
};

static void work_done(struct work *w)
{
	shell_elems_done(&w->elems);
	str_done(&w->value);
	edit_splices_done(&w->splices);
	str_done(&w->wanted);
}

/* A decoded element as text that differs for everything that means something else. */
static void spell(const char *text, const struct shell_elem *elem, struct str *ret)
{
	str_addc(ret, elem->c);
	if (elem->c != SHELL_ELEM_VAR)
		return;
	if (elem->op)
		str_addn(ret, text + elem->start, elem->end - elem->start);
	else
		str_addn(ret, text + elem->name, elem->name_len);
	str_addc(ret, SHELL_ELEM_VAR);
}

static void spell_range(const struct work *w, size_t from, size_t to, struct str *ret)
{
	for (size_t i = from; i < to; i++)
		spell(w->text, &w->elems.v[i], ret);
}

static void spell_wanted(struct work *w)
{
	size_t pos = 0;

	for (size_t i = 0; i < w->splices.n; i++) {
		const struct edit_splice *s = &w->splices.v[i];

		spell_range(w, pos, s->start, &w->wanted);
		str_add(&w->wanted, s->text);
		pos = s->end;
	}
	spell_range(w, pos, w->elems.n, &w->wanted);
}

/* Does the raw word say what is wanted, to every shell? */
static bool is_wanted(const struct work *w, const struct str *word)
{
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };
	CLEANUP(strv_done) struct strv touches = { 0 };
	CLEANUP(str_done) struct str spelled = { 0 };
	struct shell_word scanned;

	if (word->len == 0)
		return false;
	/* With the "=" before it, as a tilde is judged by that. */
	if (shell_word_scan(str_c(word), word->len, 0, &touches, &scanned, NULL) < 0)
		return false;
	if (scanned.why || scanned.end != word->len)
		return false;
	shell_decode(str_c(word), 1, word->len, &elems);
	for (size_t i = 0; i < elems.n; i++)
		spell(str_c(word), &elems.v[i], &spelled);
	return str_same(&spelled, &w->wanted);
}

/* Where in the raw word text goes that is to stand before element i. */
static size_t raw_place(const struct work *w, size_t i)
{
	if (w->elems.n == 0)
		return w->end > w->start ? w->start + 1 : w->start;
	return i ? w->elems.v[i - 1].end : w->elems.v[0].start;
}

/* Changes the raw word only where the value changes. Starts with the '=' before it. */
static void edit_in_place(const struct work *w, struct str *ret)
{
	size_t pos = w->start;

	str_addc(ret, '=');
	for (size_t i = 0; i < w->splices.n; i++) {
		const struct edit_splice *s = &w->splices.v[i];
		size_t place = s->start < s->end ? w->elems.v[s->start].start
						 : raw_place(w, s->start);

		str_addn(ret, w->text + pos, place - pos);
		str_add(ret, s->text);
		pos = place;
		/* The quotes and continuations between the bytes that go stay. */
		for (size_t k = s->start; k < s->end; k++) {
			const struct shell_elem *elem = &w->elems.v[k];

			str_addn(ret, w->text + pos, elem->start - pos);
			pos = elem->end;
		}
	}
	str_addn(ret, w->text + pos, w->end - pos);
}

static void add_quoted(const struct work *w, size_t from, size_t to, struct str *ret)
{
	for (size_t i = from; i < to; i++) {
		const struct shell_elem *elem = &w->elems.v[i];

		if (elem->c == SHELL_ELEM_VAR && elem->op) {
			str_addn(ret, w->text + elem->start, elem->end - elem->start);
			continue;
		}
		if (elem->c == SHELL_ELEM_VAR) {
			bool joined =
				i + 1 < to && shell_is_name_char(w->elems.v[i + 1].c);

			str_add(ret, joined ? "${" : "$");
			str_addn(ret, w->text + elem->name, elem->name_len);
			str_add(ret, joined ? "}" : "");
			continue;
		}
		if (strchr("\"$`\\", elem->c))
			str_addc(ret, '\\');
		str_addc(ret, elem->c);
	}
}

/* Writes the whole word anew in double quotes. */
static void edit_anew(const struct work *w, struct str *ret)
{
	size_t pos = 0;

	str_add(ret, "=\"");
	for (size_t i = 0; i < w->splices.n; i++) {
		const struct edit_splice *s = &w->splices.v[i];

		add_quoted(w, pos, s->start, ret);
		str_add(ret, s->text);
		pos = s->end;
	}
	add_quoted(w, pos, w->elems.n, ret);
	str_addc(ret, '"');
}

static bool has_odd_quotes(const struct str *value)
{
	bool odd = false;

	for (size_t i = 0; i < value->len; i++)
		odd ^= value->s[i] == '"';
	return odd;
}

static int edit_word(struct work *w, struct str *ret, struct error *e)
{
	int r;

	if (has_odd_quotes(&w->value))
		return error_set(e, ENOTSUP, "the value's double quotes don't pair");
	for (size_t i = 0; i < w->splices.put.n; i++) {
		r = param_check_safe(w->splices.put.v[i], e);
		if (r < 0)
			return r;
	}
	spell_wanted(w);
	/* A bare "V=" is given quotes at once: the next edit will need them. */
	if (w->start < w->end)
		edit_in_place(w, ret);
	if (is_wanted(w, ret))
		return 0;
	str_clear(ret);
	edit_anew(w, ret);
	if (is_wanted(w, ret))
		return 0;
	return error_set(e, ENOTSUP, "there is no safe way to write the new value");
}

int shell_edit(const struct shell_doc *doc, size_t stmt, const struct edit *ed,
	       bool may_add, struct str *ret, struct error *e)
{
	const struct shell_stmt *s = &doc->v[stmt];
	CLEANUP(work_done) struct work w = { .text = str_c(&doc->text) };
	CLEANUP(str_done) struct str word = { 0 };
	int r;

	if (s->kind != SHELL_ASSIGN || !s->provable) {
		r = error_set(e, ENOTSUP, "the assignment can't be edited: %s",
			      s->why ? s->why : "there is none");
		error_at(e, NULL, s->line);
		return r;
	}
	w.start = s->value_start;
	w.end = s->value_end;
	shell_decode(w.text, w.start, w.end, &w.elems);
	shell_elems_text(&w.elems, &w.value);
	edit_locate(ed, str_c(&w.value), w.value.len, SHELL_ELEM_VAR, may_add,
		    &w.splices);
	if (w.splices.n == 0) {
		str_set(ret, w.text, doc->text.len);
		return 0;
	}
	r = edit_word(&w, &word, e);
	if (r < 0) {
		error_at(e, NULL, s->line);
		return r;
	}
	str_clear(ret);
	str_addn(ret, w.text, w.start - 1);
	str_addn(ret, str_c(&word), word.len);
	str_addn(ret, w.text + w.end, doc->text.len - w.end);
	return 0;
}
