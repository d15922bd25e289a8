/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a word end, and can its value be known? Nothing is evaluated here. */
#include "text/shell_scan.h"

#include <errno.h>

bool shell_is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool shell_is_name_char(char c)
{
	return shell_is_name_start(c) || (c >= '0' && c <= '9');
}

size_t shell_name_length(const char *t, size_t n)
{
	size_t i = 0;

	if (n == 0 || !shell_is_name_start(t[0]))
		return 0;
	while (i < n && shell_is_name_char(t[i]))
		i++;
	return i;
}

unsigned shell_line(const char *t, size_t pos)
{
	unsigned line = 1;

	for (size_t i = 0; i < pos; i++)
		line += t[i] == '\n';
	return line;
}

char scan_at(const struct scan *s, size_t pos)
{
	return pos < s->n ? s->t[pos] : '\0';
}

void scan_why(struct scan *s, const char *text)
{
	if (!s->word->why)
		s->word->why = text;
}

void scan_poison(struct scan *s, const char *text)
{
	scan_why(s, text);
	if (!s->word->poison)
		s->word->poison = text;
}

void scan_lose(struct scan *s, const char *text)
{
	if (!s->open && !s->word->lost) {
		s->word->lost = true;
		s->word->poison = NULL;
		scan_poison(s, text);
	}
	s->pos = s->n;
}

void scan_no_end(struct scan *s, size_t open_at, const char *what)
{
	if (!s->open && !s->word->lost) {
		s->open = what;
		s->open_at = open_at;
	}
	s->pos = s->n;
}

void scan_single(struct scan *s)
{
	size_t open = s->pos;
	const char *end = memchr(s->t + open + 1, '\'', s->n - open - 1);

	if (end)
		s->pos = (size_t)(end - s->t) + 1;
	else
		scan_no_end(s, open, "a single quote");
}

void scan_double(struct scan *s)
{
	size_t open = s->pos++;

	while (s->pos < s->n) {
		switch (scan_at(s, s->pos)) {
		case '"':
			s->pos++;
			return;
		case '\\':
			s->pos += 2;
			break;
		case '$':
			scan_dollar(s, true);
			break;
		case '`':
			scan_backquote(s);
			break;
		default:
			s->pos++;
		}
	}
	scan_no_end(s, open, "a double quote");
}

static bool is_meta(char c)
{
	return c != '\0' && strchr(" \t\n;&|<>()", c);
}

static void scan_unquoted(struct scan *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_%+,./:=@^-";
	char c = scan_at(s, s->pos);

	if (c == '\\') {
		if (s->pos + 1 == s->n)
			scan_why(s, "a backslash at the end of the file");
		s->word->continued |= scan_at(s, s->pos + 1) == '\n';
		s->pos += 2;
		return;
	}
	if (c == '~' &&
	    (s->pos == s->word->start || strchr("=:", scan_at(s, s->pos - 1))))
		scan_why(s, "a tilde that stands for a directory");
	if (!strchr(plain, c))
		s->word->plain = false;
	s->pos++;
}

int shell_word_scan(const char *t, size_t n, size_t pos, struct strv *touches,
		    struct shell_word *ret, struct error *e)
{
	struct scan s = { .t = t, .n = n, .pos = pos, .touches = touches, .word = ret };

	*ret = (struct shell_word){ .start = pos, .plain = true };
	while (s.pos < n && !is_meta(t[s.pos])) {
		switch (t[s.pos]) {
		case '\'':
			scan_single(&s);
			break;
		case '"':
			scan_double(&s);
			break;
		case '$':
			scan_dollar(&s, false);
			break;
		case '`':
			scan_backquote(&s);
			break;
		default:
			scan_unquoted(&s);
		}
	}
	if (scan_at(&s, s.pos) == '(')
		scan_lose(&s, "a function or an array");
	ret->end = s.pos < n ? s.pos : n;
	if (!s.open)
		return 0;
	error_set(e, EINVAL, "%s is never closed", s.open);
	error_at(e, NULL, shell_line(t, s.open_at));
	error_hint(e, "the shell can't read this file either: close it");
	return -EINVAL;
}
