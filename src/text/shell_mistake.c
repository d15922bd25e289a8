/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/shell_mistake.h"

#include <errno.h>

#include "text/lookalike.h"
#include "text/shell_word.h"

/* No program has such a name; variables of configuration files do. */
static size_t variable_length(const char *text, size_t len)
{
	size_t n = shell_name_length(text, len);

	for (size_t i = 0; i < n; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			return 0;
	return n;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "V = x", "V =x", "V= "x"": what stands at the statement's start. */
static int find_blanks(const struct shell_doc *doc, const struct shell_stmt *s,
		       struct error *e)
{
	const char *text = doc->text.s + s->start;
	size_t len = s->end - s->start, name, i = 0;
	unsigned line = s->line;

	while (i < len && (is_blank(text[i]) || text[i] == '\n'))
		line += text[i++] == '\n';
	text += i;
	len -= i;
	name = variable_length(text, len);
	for (i = name; i < len && is_blank(text[i]);)
		i++;
	if (!name || i == len || text[i] != '=')
		return 0;
	if (i == name) {
		/* Right after the name: then what comes after the blanks is a quoted
		 * text. */
		for (i = name + 1; i < len && is_blank(text[i]);)
			i++;
		if (i == name + 1 || i == len || (text[i] != '"' && text[i] != '\''))
			return 0;
	}
	error_set(e, EINVAL, "%.*s: a command, not an assignment", (int)name, text);
	error_at(e, NULL, line);
	error_hint(e,
		   "line %u: remove the blanks around \"=\", as in %.*s=\"quiet\": the "
		   "shell can't run this file",
		   line, (int)name, text);
	return -EINVAL;
}

/* Where the command begins that the assignment at pos is made for, SIZE_MAX if there is
 * none. *ret_value_end: the end of that assignment. */
static size_t command_behind(const struct shell_doc *doc, size_t pos,
			     size_t *ret_value_end)
{
	const char *t = str_c(&doc->text);
	size_t n = doc->text.len;

	*ret_value_end = 0;
	while (pos < n && !strchr("\n;&|<>()#\\", t[pos])) {
		CLEANUP(strv_done) struct strv touches = { 0 };
		struct shell_word word;
		size_t name = shell_name_length(t + pos, n - pos);

		if (pos + name >= n || !name || t[pos + name] != '=')
			return *ret_value_end ? pos : SIZE_MAX;
		if (shell_word_scan(t, n, pos, &touches, &word, NULL) < 0 || word.lost)
			return SIZE_MAX;
		if (!*ret_value_end)
			*ret_value_end = word.end;
		for (pos = word.end; pos < n && is_blank(t[pos]);)
			pos++;
	}
	return SIZE_MAX;
}

/* V="quiet" splash, V=quiet splash: the shell runs "splash", and sets V for that only. */
static int find_command(const struct shell_doc *doc, const struct shell_stmt *s,
			const char *prefix, struct error *e)
{
	const char *t = str_c(&doc->text);
	size_t pos = s->start, end, name, command, len;
	bool is_quoted;
	unsigned line;

	while (pos < s->end && (is_blank(t[pos]) || t[pos] == '\n'))
		pos++;
	name = shell_name_length(t + pos, s->end - pos);
	command = str_starts(t + pos, prefix) ? command_behind(doc, pos, &end) : SIZE_MAX;
	if (command == SIZE_MAX)
		return 0;
	is_quoted = memchr(t + pos, '"', end - pos) || memchr(t + pos, '\'', end - pos);
	line = shell_line(t, command);
	len = strcspn(t + command, " \t\n;&|<>()");
	error_set(e, EINVAL, "%.*s: what follows the %s is taken for a command: %.*s",
		  (int)name, t + pos, is_quoted ? "closing quote" : "blank", (int)len,
		  t + command);
	error_at(e, NULL, line);
	error_hint(e, "line %u: put %s into %s, as in %.*s=\"quiet splash\"", line,
		   is_quoted ? "it" : "all of the value",
		   is_quoted ? "the quotes" : "quotes", (int)name, t + pos);
	return -EINVAL;
}

static int refuse(const struct lookalike *l, unsigned line, struct error *e)
{
	CLEANUP(free_char) char *what = lookalike_describe(l);

	error_set(e, EINVAL, "%s", what);
	error_at(e, NULL, line);
	if (l->plain[0] && l->plain[0] != ' ')
		error_hint(e,
			   "line %u: write a plain %s there (it came with copy and "
			   "paste)",
			   line, l->plain);
	else
		error_hint(e, "line %u: %s (it came with copy and paste)", line,
			   l->plain[0] ? "write a plain blank there"
				       : "delete it: editors don't show it");
	return -EINVAL;
}

/* Where in a statement such a character counts: in an assignment's value, and in all of
 * what the shell takes for something else. Its names are looked for in the bytes. */
static int find_lookalike(const struct shell_doc *doc, const struct shell_stmt *s,
			  const char *prefix, struct error *e)
{
	bool assigns = s->kind == SHELL_ASSIGN;
	size_t from = assigns ? s->value_start : s->start;
	size_t end = assigns ? s->value_end : s->end;
	const char *text = doc->text.s;
	struct lookalike l;
	unsigned line = s->line;

	if (assigns ? !str_starts(s->name, prefix)
		    : !memmem(text + from, end - from, prefix, strlen(prefix)))
		return 0;
	if (!lookalike_find(text + from, end - from, &l))
		return 0;
	for (size_t i = s->start; i < from; i++)
		line += text[i] == '\n';
	return refuse(&l, line + l.line - 1, e);
}

int shell_find_mistake(const struct shell_doc *doc, const char *prefix, struct error *e)
{
	struct lookalike l;
	int r = 0;

	if (lookalike_find(str_c(&doc->text), doc->text.len, &l) && l.at == 0 &&
	    l.code == 0xfeff)
		return refuse(&l, 1, e);
	for (size_t i = 0; i < doc->n && r == 0; i++) {
		if (doc->v[i].kind == SHELL_OTHER)
			r = find_blanks(doc, &doc->v[i], e);
		if (r == 0 && doc->v[i].kind != SHELL_BLANK)
			r = find_lookalike(doc, &doc->v[i], prefix, e);
		if (r == 0 && doc->v[i].kind == SHELL_OTHER)
			r = find_command(doc, &doc->v[i], prefix, e);
	}
	return r;
}
