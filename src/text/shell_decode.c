/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quote removal (POSIX.1-2017, Shell Command Language, 2.2) that remembers where each
 * byte came from. */
#include "text/shell.h"

#include "text/shell_word.h"

void shell_elems_done(struct shell_elems *elems)
{
	free(elems->v);
	*elems = (struct shell_elems){ 0 };
}

static void add(struct shell_elems *elems, struct shell_elem elem)
{
	elems->v = xgrow(elems->v, elems->n, &elems->cap, sizeof(*elems->v));
	elems->v[elems->n++] = elem;
}

/* Behind the brace that closes the expansion at pos. There are no quotes in it. */
static size_t brace_end(const char *t, size_t pos, size_t end)
{
	size_t depth = 0;

	for (; pos < end; pos++) {
		depth += t[pos] == '$' && pos + 1 < end && t[pos + 1] == '{';
		if (t[pos] == '}' && --depth == 0)
			return pos + 1;
	}
	return end;
}

/* ${NAME:+WORD} and the like. */
static void conditional(const char *t, size_t op, size_t end, struct shell_elem *ret)
{
	bool colon = op < end && t[op] == ':';

	op += colon;
	if (op >= end || (t[op] != '-' && t[op] != '+'))
		return;
	ret->op = t[op];
	ret->op_colon = colon;
	ret->word = op + 1;
	ret->end = brace_end(t, ret->start, end);
	ret->word_end = ret->end > ret->word ? ret->end - 1 : ret->word;
}

/* The variable at the '$' at pos; false if that is a dollar sign and no more. */
static bool variable(const char *t, size_t pos, size_t end, struct shell_elem *ret)
{
	bool braces = pos + 1 < end && t[pos + 1] == '{';
	size_t name = pos + 1 + braces;
	size_t len = name < end ? shell_name_length(t + name, end - name) : 0;

	if (len == 0)
		return false;
	*ret = (struct shell_elem){
		.start = pos,
		.end = name + len + braces,
		.c = SHELL_ELEM_VAR,
		.name = name,
		.name_len = len,
	};
	if (braces)
		conditional(t, name + len, end, ret);
	return true;
}

/* Does the backslash before c quote it? */
static bool is_escape(char c, enum shell_quote quote)
{
	return quote == QUOTE_NONE || (c && strchr("$`\"\\\n", c));
}

void shell_decode(const char *t, size_t start, size_t end, struct shell_elems *ret)
{
	enum shell_quote quote = QUOTE_NONE;

	for (size_t pos = start; pos < end; pos++) {
		struct shell_elem elem = { .start = pos, .end = pos + 1, .c = t[pos] };
		char c = t[pos];

		if (quote == QUOTE_SINGLE && c == '\'') {
			quote = QUOTE_NONE;
			continue;
		}
		if (quote == QUOTE_NONE && c == '\'') {
			quote = QUOTE_SINGLE;
			continue;
		}
		if (quote != QUOTE_SINGLE && c == '"') {
			quote = quote == QUOTE_NONE ? QUOTE_DOUBLE : QUOTE_NONE;
			continue;
		}
		if (quote != QUOTE_SINGLE && c == '\\' && pos + 1 < end &&
		    is_escape(t[pos + 1], quote)) {
			elem.end = ++pos + 1;
			elem.c = t[pos];
			if (elem.c == '\n')
				continue;
		} else if (quote != QUOTE_SINGLE && c == '$' &&
			   variable(t, pos, end, &elem)) {
			pos = elem.end - 1;
		}
		elem.quote = quote;
		add(ret, elem);
	}
}

void shell_elems_text(const struct shell_elems *elems, struct str *ret)
{
	for (size_t i = 0; i < elems->n; i++)
		str_addc(ret, elems->v[i].c);
}

void shell_mentions(const char *t, size_t start, size_t end, struct strv *ret)
{
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };

	shell_decode(t, start, end, &elems);
	for (size_t i = 0; i < elems.n; i++) {
		const struct shell_elem *elem = &elems.v[i];

		if (elem->c != SHELL_ELEM_VAR)
			continue;
		strv_take(ret, xstrndup(t + elem->name, elem->name_len));
		if (elem->op)
			shell_mentions(t, elem->word, elem->word_end, ret);
	}
}
