/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/shell_cause.h"

#include "text/shell_word.h"

/* A message shows this much of a line. */
#define TEXT_MAX 72
/* Nobody writes a longer one: a file full of variables must not take forever. */
#define STATEMENT_MAX 16384

void shell_cause_done(struct shell_cause *cause)
{
	free(cause->text);
	free(cause->hint);
	*cause = (struct shell_cause){ 0 };
}

void shell_cause_copy(const struct shell_cause *from, struct shell_cause *ret)
{
	*ret = *from;
	ret->text = from->text ? xstrdup(from->text) : NULL;
	ret->hint = from->hint ? xstrdup(from->hint) : NULL;
}

/* The line of the byte at pos, without the blanks around it, and shortened. */
static char *line_text(const struct shell_doc *doc, size_t pos)
{
	const char *t = str_c(&doc->text);
	size_t start = pos, end = pos;

	while (start && t[start - 1] != '\n')
		start--;
	while (end < doc->text.len && t[end] != '\n')
		end++;
	while (start < end && strchr(" \t", t[start]))
		start++;
	while (end > start && strchr(" \t", t[end - 1]))
		end--;
	if (end - start <= TEXT_MAX)
		return xstrndup(t + start, end - start);
	end = start + TEXT_MAX;
	/* Not in the middle of a character of UTF-8. */
	while (end > start && ((unsigned char)t[end] & 0xc0) == 0x80)
		end--;
	return xasprintf("%.*s...", (int)(end - start), t + start);
}

/* The byte at pos is in the statement. */
static void cause_at(const struct shell_doc *doc, const struct shell_stmt *s, size_t pos,
		     struct shell_cause *ret)
{
	const char *t = str_c(&doc->text);

	/* What a statement begins with does not matter. */
	while (pos < doc->text.len && strchr(" \t\n", t[pos]))
		pos++;
	ret->line = s->line;
	for (size_t i = s->start; i < pos; i++)
		ret->line += t[i] == '\n';
	ret->text = line_text(doc, pos);
}

/* Where the name stands in the statement: the last time before a '=' or a "+=", or else
 * the first time at all. */
static size_t find_name(const struct shell_doc *doc, const struct shell_stmt *s,
			const char *name)
{
	const char *t = str_c(&doc->text), *end = t + s->end, *p = t + s->start;
	const char *first = NULL, *last = NULL;
	size_t len = strlen(name);

	if (s->end - s->start > STATEMENT_MAX)
		return s->start;
	while ((p = memmem(p, (size_t)(end - p), name, len))) {
		const char *next = p + len;

		if ((p == t || !shell_is_name_char(p[-1])) &&
		    !shell_is_name_char(*next)) {
			if (!first)
				first = p;
			if (*next == '=' || str_starts(next, "+="))
				last = p;
		}
		p = next;
	}
	if (last)
		return (size_t)(last - t);
	return first ? (size_t)(first - t) : s->start;
}

static char *hint_plain(unsigned line, const char *name)
{
	return xasprintf("line %u: write it as a plain assignment: %s=\"...\"", line,
			 name);
}

void shell_cause_assign(const struct shell_doc *doc, size_t stmt, struct shell_cause *ret)
{
	const struct shell_stmt *s = &doc->v[stmt];

	cause_at(doc, s, s->value_start, ret);
	ret->hint = hint_plain(ret->line, s->name);
}

void shell_cause_unset(const struct shell_doc *doc, size_t stmt, const char *used,
		       struct shell_cause *ret)
{
	cause_at(doc, &doc->v[stmt], doc->v[stmt].value_start, ret);
	ret->hint = xasprintf("line %u: write what $%s is to stand for in its place, or "
			      "set it in a line above",
			      ret->line, used);
}

void shell_cause_touch(const struct shell_doc *doc, size_t stmt, const char *name,
		       struct shell_cause *ret)
{
	const struct shell_stmt *s = &doc->v[stmt];
	size_t at = find_name(doc, s, name), end = at + strlen(name);
	const char *t = str_c(&doc->text);

	cause_at(doc, s, at, ret);
	if (str_eq(s->why, shell_readonly))
		ret->hint = xasprintf("line %u: take \"readonly\" away", ret->line);
	else if (end + 2 <= s->end && str_starts(t + end, "+="))
		ret->hint = xasprintf("line %u: not every sh knows \"+=\": write "
				      "%s=\"$%s ...\"",
				      ret->line, name, name);
	else
		ret->hint = xasprintf("line %u: put %s=\"...\" in a line of its own, "
				      "outside of conditions, loops and other commands",
				      ret->line, name);
}

void shell_cause_include(const struct shell_doc *doc, size_t stmt, const char *name,
			 struct shell_cause *ret)
{
	cause_at(doc, &doc->v[stmt], doc->v[stmt].start, ret);
	ret->hint = xasprintf("line %u: write what that file sets %s to here, as a plain "
			      "assignment, and read it in no more",
			      ret->line, name);
}

void shell_cause_poison(const struct shell_doc *doc, size_t stmt, struct shell_cause *ret)
{
	const struct shell_stmt *s = &doc->v[stmt];

	cause_at(doc, s, s->poison ? s->poison_at : s->start, ret);
	if (!s->poison || s->poison == shell_included)
		ret->hint = xasprintf("line %u: write what that file sets here, as plain "
				      "assignments, and read it in no more",
				      ret->line);
	else
		ret->hint = xasprintf("line %u: take it out, and write what it does as "
				      "plain assignments",
				      ret->line);
}
