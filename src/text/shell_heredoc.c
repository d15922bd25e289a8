/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Here-documents: where one ends, and what its expansions may do. */
#include "text/shell_word.h"

/* In a here-document that the shell expands: can an expansion in it set a variable? What
 * a command substitution sets is lost with its subshell. */
static const char *heredoc_poison(const char *t, size_t start, size_t end)
{
	for (size_t i = start; i + 1 < end; i++) {
		size_t name;

		if (t[i] != '$' || !strchr("{([", t[i + 1]))
			continue;
		if (t[i + 1] == '(' && i + 2 < end && t[i + 2] != '(')
			continue;
		name = t[i + 1] == '{' ? shell_name_length(t + i + 2, end - i - 2) : 0;
		if (!name || i + 2 + name >= end || t[i + 2 + name] != '}')
			return "a here-document with expansions in it";
	}
	return NULL;
}

/* Does the line that starts at pos say the delimiter, and nothing else? */
static bool is_delimiter(const char *t, size_t pos, size_t end, const char *delimiter,
			 bool strips_tabs)
{
	while (strips_tabs && pos < end && t[pos] == '\t')
		pos++;
	return end - pos == strlen(delimiter) &&
	       memcmp(t + pos, delimiter, end - pos) == 0;
}

size_t shell_heredoc_end(const char *t, size_t n, size_t pos, const char *raw,
			 bool strips_tabs, const char **ret_poison)
{
	bool is_literal = strpbrk(raw, "'\"\\") != NULL;
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };
	CLEANUP(str_done) struct str delimiter = { 0 };
	size_t start = pos;

	*ret_poison = NULL;
	shell_decode(raw, 0, strlen(raw), &elems);
	shell_elems_text(&elems, &delimiter);
	while (pos < n) {
		const char *newline = memchr(t + pos, '\n', n - pos);
		size_t end = newline ? (size_t)(newline - t) : n;

		if (is_delimiter(t, pos, end, str_c(&delimiter), strips_tabs)) {
			if (!is_literal)
				*ret_poison = heredoc_poison(t, start, pos);
			return newline ? end + 1 : end;
		}
		/* It goes on on the next line, and may be a delimiter only then. */
		if (!is_literal && end > pos && t[end - 1] == '\\')
			return 0;
		pos = end + 1;
	}
	return 0;
}
