/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where does a word end, and can its value be known? Nothing is evaluated here. */
#include "text/shell_word.h"

#include <errno.h>

/* Deeper nesting is not looked into: the scanner recurses. */
#define DEPTH_MAX 32

struct scan {
	const char *t;
	size_t n, pos;
	unsigned depth;
	struct strv *touches; /* NULL in a subshell: what is set there is lost anyway */
	struct shell_word *word;
	const char *open; /* the construct that has no end */
	size_t open_at;
};

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

/* '\0' behind the end: no text contains it. */
static char at(const struct scan *s, size_t pos)
{
	return pos < s->n ? s->t[pos] : '\0';
}

static void why(struct scan *s, const char *text)
{
	if (!s->word->why)
		s->word->why = text;
}

static void poison(struct scan *s, const char *text)
{
	why(s, text);
	if (!s->word->poison)
		s->word->poison = text;
}

/* Shells differ on, or too much hangs on, where this ends. */
static void lose(struct scan *s, const char *text)
{
	if (!s->open && !s->word->lost) {
		s->word->lost = true;
		s->word->poison = NULL;
		poison(s, text);
	}
	s->pos = s->n;
}

static void no_end(struct scan *s, size_t open_at, const char *what)
{
	if (!s->open && !s->word->lost) {
		s->open = what;
		s->open_at = open_at;
	}
	s->pos = s->n;
}

static void scan_dollar(struct scan *s, bool quoted);

static void scan_single(struct scan *s)
{
	size_t open = s->pos;
	const char *end = memchr(s->t + open + 1, '\'', s->n - open - 1);

	if (end)
		s->pos = (size_t)(end - s->t) + 1;
	else
		no_end(s, open, "a single quote");
}

static bool is_separator(char c)
{
	return c != '\0' && strchr(" \t\n;&|()", c);
}

/* Up to the first backquote without a backslash, whatever quotes stand between. */
static void scan_backquote(struct scan *s)
{
	size_t open = s->pos++, singles = 0, doubles = 0;

	why(s, "a command substitution");
	s->word->plain = false;
	for (; s->pos < s->n; s->pos++) {
		char c = at(s, s->pos);

		if (c == '`') {
			s->pos++;
			if (singles % 2 || doubles % 2)
				lose(s, "a command substitution with odd quotes");
			return;
		}
		/* Is that a comment, and does it hide the next backquote? */
		if (c == '#' && (s->pos == open + 1 || is_separator(at(s, s->pos - 1)))) {
			lose(s, "a command substitution that is not looked into");
			return;
		}
		singles += c == '\'';
		doubles += c == '"';
		if (c == '\\')
			s->pos++;
	}
	no_end(s, open, "a backquote");
}

static void scan_double(struct scan *s)
{
	size_t open = s->pos++;

	while (s->pos < s->n) {
		switch (at(s, s->pos)) {
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
	no_end(s, open, "a double quote");
}

/* Would a parenthesis further on possibly not be a parenthesis? */
static bool is_obscure(const struct scan *s, bool word_start)
{
	char c = at(s, s->pos);

	if (c == '<')
		return at(s, s->pos + 1) == '<';
	if (c == '\\' && at(s, s->pos + 1) == '\n')
		return !word_start;
	if (!word_start)
		return false;
	return c == '#' ||
	       (c == 'c' && s->n - s->pos > 4 && memcmp(s->t + s->pos, "case", 4) == 0 &&
		strchr(" \t\n\\", at(s, s->pos + 4)));
}

/* From an opening parenthesis to its match. */
static void scan_parens(struct scan *s)
{
	size_t open = s->pos, depth = 0;
	bool word_start = true;

	while (s->pos < s->n) {
		char c = at(s, s->pos);

		if (is_obscure(s, word_start)) {
			lose(s, "a command substitution that is not looked into");
			return;
		}
		if (c == '\'') {
			scan_single(s);
		} else if (c == '"') {
			scan_double(s);
		} else if (c == '`') {
			scan_backquote(s);
		} else if (c == '$') {
			scan_dollar(s, false);
		} else if (c == '\\') {
			s->pos += 2;
			if (at(s, s->pos - 1) == '\n')
				continue;
		} else {
			s->pos++;
			depth += c == '(';
			if (c == ')' && --depth == 0)
				return;
		}
		word_start = is_separator(c);
	}
	no_end(s, open, "\"$(\"");
}

/* $(...) and $((...)) from the first parenthesis on. */
static void scan_substitution(struct scan *s)
{
	size_t start = s->pos;
	bool is_sum = at(s, start + 1) == '(';
	const char *poisoned = s->word->poison;
	struct strv *touches = s->touches;

	why(s, is_sum ? "an arithmetic expansion" : "a command substitution");
	s->touches = NULL;
	scan_parens(s);
	s->touches = touches;
	if (s->word->lost)
		return;
	/* What happens in a subshell stays there. */
	s->word->poison = poisoned;
	if (!is_sum)
		return;
	/* An arithmetic expansion can assign, and what a name holds is an expression too.
	 */
	for (size_t i = start; i < s->pos; i++)
		if (shell_is_name_start(at(s, i)) || strchr("$`", at(s, i)))
			poison(s, "an arithmetic expansion with names in it");
}

/* The operators of POSIX behind ${NAME: others make bash calculate, which may assign. */
static bool is_posix_operator(const struct scan *s, size_t pos)
{
	char c = at(s, pos);

	if (c == ':')
		return strchr("-=?+", at(s, pos + 1)) && at(s, pos + 1);
	return c && strchr("-=?+#%}", c);
}

static void scan_brace_body(struct scan *s, size_t open, bool quoted)
{
	while (s->pos < s->n) {
		char c = at(s, s->pos);

		if (c == '}') {
			s->pos++;
			return;
		}
		if (c == '$')
			scan_dollar(s, quoted);
		else if (c == '`')
			scan_backquote(s);
		else if (c == '"' && !quoted)
			scan_double(s);
		else if (c == '\'' && !quoted)
			scan_single(s);
		else if (strchr("\"'\\{<>", c))
			lose(s, "quotes in a parameter expansion");
		else
			s->pos++;
	}
	no_end(s, open, "\"${\"");
}

static void scan_brace(struct scan *s, bool quoted)
{
	size_t open = s->pos - 1, name = s->pos + 1;
	size_t len = shell_name_length(s->t + name, s->n - name);
	size_t op = name + len;

	if (len && at(s, op) == '}') {
		s->pos = op + 1;
		return;
	}
	why(s, "a parameter expansion other than $NAME and ${NAME}");
	if (len ? !is_posix_operator(s, op) : at(s, name) == '!')
		poison(s, "a parameter expansion that only some shells know");
	if (len && s->touches && (at(s, op) == '=' || at(s, op + 1) == '=')) {
		char *set = xstrndup(s->t + name, len);

		strv_add_unique(s->touches, set);
		free(set);
	}
	s->pos = op;
	if (len == 0 && at(s, name) == '#') {
		s->pos++;
		s->pos += shell_name_length(s->t + s->pos, s->n - s->pos);
		if (at(s, s->pos) == '[')
			poison(s, "a parameter expansion that only some shells know");
	}
	scan_brace_body(s, open, quoted);
}

static void scan_name(struct scan *s)
{
	s->pos += shell_name_length(s->t + s->pos, s->n - s->pos);
	if (at(s, s->pos) == '\\' && at(s, s->pos + 1) == '\n')
		why(s, "a line continuation in a variable's name");
}

/* From a '$' on; quoted: in double quotes. */
static void scan_dollar(struct scan *s, bool quoted)
{
	char c = at(s, ++s->pos);

	s->word->plain = s->word->plain && quoted;
	if (++s->depth > DEPTH_MAX)
		lose(s, "very deep nesting");
	else if (c == '(')
		scan_substitution(s);
	else if (c == '{')
		scan_brace(s, quoted);
	else if (shell_is_name_start(c))
		scan_name(s);
	else if (c == '[')
		lose(s, "\"$[\"");
	else if (c == '\'' && !quoted)
		lose(s, "$'...' quoting");
	else if (c == '\\' && at(s, s->pos + 1) == '\n')
		lose(s, "a line continuation behind a dollar sign");
	else if (c == '"' && !quoted)
		why(s, "$\"...\" quoting");
	else if ((unsigned char)c >= 0x80)
		why(s, "a variable's name that is not ASCII");
	else if (c && strchr("0123456789@*#?-$!", c)) {
		why(s, "a parameter that the shell sets");
		s->pos++;
	}
	s->depth--;
}

static bool is_meta(char c)
{
	return c != '\0' && strchr(" \t\n;&|<>()", c);
}

static void scan_unquoted(struct scan *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_%+,./:=@^-";
	char c = at(s, s->pos);

	if (c == '\\') {
		if (s->pos + 1 == s->n)
			why(s, "a backslash at the end of the file");
		s->word->continued |= at(s, s->pos + 1) == '\n';
		s->pos += 2;
		return;
	}
	if (c == '~' && (s->pos == s->word->start || strchr("=:", at(s, s->pos - 1))))
		why(s, "a tilde that stands for a directory");
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
	if (at(&s, s.pos) == '(')
		lose(&s, "a function or an array");
	ret->end = s.pos < n ? s.pos : n;
	if (!s.open)
		return 0;
	error_set(e, EINVAL, "%s is never closed", s.open);
	error_at(e, NULL, shell_line(t, s.open_at));
	error_hint(e, "the shell can't read this file either: close it");
	return -EINVAL;
}
