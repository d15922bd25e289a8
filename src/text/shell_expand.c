/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expansions in a word: how far they reach, and whether what they give can be known. */
#include "text/shell_scan.h"

/* Deeper nesting is not looked into: the scanner recurses. */
#define DEPTH_MAX 32

static bool is_separator(char c)
{
	return c != '\0' && strchr(" \t\n;&|()", c);
}

/* How many bytes the character at s->pos of what stands in backquotes takes up: a
 * backslash quotes a backquote, a dollar sign and itself even in single quotes there. */
static size_t backquote_step(const struct scan *s, char quote)
{
	char next = scan_at(s, s->pos + 1);

	if (scan_at(s, s->pos) != '\\' || next == '\0')
		return 1;
	return strchr("`$\\", next) || quote != '\'' ? 2 : 1;
}

/* Up to the first backquote without a backslash, whatever quotes stand between. One that
 * ends within quotes is undefined (POSIX, 2.6.3). */
void scan_backquote(struct scan *s)
{
	size_t open = s->pos++, n;
	char quote = '\0';

	scan_why(s, "a command substitution");
	s->word->plain = false;
	for (; s->pos < s->n; s->pos += n) {
		char c = scan_at(s, s->pos);

		n = backquote_step(s, quote);
		if (c == '`') {
			s->pos++;
			if (quote)
				scan_lose(s, "a command substitution with odd quotes");
			return;
		}
		/* Is that a comment, and does it hide the next backquote? */
		if (!quote && c == '#' &&
		    (s->pos == open + 1 || is_separator(scan_at(s, s->pos - 1)))) {
			scan_lose(s, "a command substitution that is not looked into");
			return;
		}
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
	}
	scan_no_end(s, open, "a backquote");
}

/* Would a parenthesis further on possibly not be a parenthesis? */
static bool is_obscure(const struct scan *s, bool word_start)
{
	char c = scan_at(s, s->pos);

	if (c == '<')
		return scan_at(s, s->pos + 1) == '<';
	if (c == '\\' && scan_at(s, s->pos + 1) == '\n')
		return !word_start;
	if (!word_start)
		return false;
	return c == '#' ||
	       (c == 'c' && s->n - s->pos > 4 && memcmp(s->t + s->pos, "case", 4) == 0 &&
		strchr(" \t\n\\", scan_at(s, s->pos + 4)));
}

/* From an opening parenthesis to its match. */
static void scan_parens(struct scan *s)
{
	size_t open = s->pos, depth = 0;
	bool word_start = true;

	while (s->pos < s->n) {
		char c = scan_at(s, s->pos);

		if (is_obscure(s, word_start)) {
			scan_lose(s, "a command substitution that is not looked into");
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
			if (scan_at(s, s->pos - 1) == '\n')
				continue;
		} else {
			s->pos++;
			depth += c == '(';
			if (c == ')' && --depth == 0)
				return;
		}
		word_start = is_separator(c);
	}
	scan_no_end(s, open, "\"$(\"");
}

/* $(...) and $((...)) from the first parenthesis on. */
static void scan_substitution(struct scan *s)
{
	size_t start = s->pos;
	bool is_sum = scan_at(s, start + 1) == '(';
	const char *poisoned = s->word->poison;
	struct strv *touches = s->touches;

	scan_why(s, is_sum ? "an arithmetic expansion" : "a command substitution");
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
		if (shell_is_name_start(scan_at(s, i)) || strchr("$`", scan_at(s, i)))
			scan_poison(s, "an arithmetic expansion with names in it");
}

/* The operators of POSIX behind ${NAME: others make bash calculate, which may assign. */
static bool is_posix_operator(const struct scan *s, size_t pos)
{
	char c = scan_at(s, pos);

	if (c == ':')
		return strchr("-=?+", scan_at(s, pos + 1)) && scan_at(s, pos + 1);
	return c && strchr("-=?+#%}", c);
}

/* Quotes in an expansion that stands in double quotes itself. What they mean differs
 * between shells and operators; where they end does not while only this is in them. */
static void scan_inner_quotes(struct scan *s)
{
	char quote = scan_at(s, s->pos++);

	while (s->pos < s->n && !strchr("\"'`$\\{}<>\n", scan_at(s, s->pos)))
		s->pos++;
	if (scan_at(s, s->pos) != quote)
		scan_lose(s, "quotes in a parameter expansion");
	else
		s->pos++;
}

static void scan_brace_body(struct scan *s, size_t open, bool quoted)
{
	static const char obscure[] = "quotes in a parameter expansion";

	while (s->pos < s->n) {
		char c = scan_at(s, s->pos);

		if (c == '}') {
			s->pos++;
			return;
		}
		if (strchr("\"'\\", c))
			scan_why(s, obscure);
		if (c == '~' && !quoted)
			scan_why(s, "a tilde that stands for a directory");
		if (c == '$')
			scan_dollar(s, quoted);
		else if (c == '`')
			scan_backquote(s);
		else if (c == '"' && !quoted)
			scan_double(s);
		else if (c == '\'' && !quoted)
			scan_single(s);
		else if (c == '"' || c == '\'')
			scan_inner_quotes(s);
		else if (strchr("\\{<>", c))
			scan_lose(s, obscure);
		else
			s->pos++;
	}
	scan_no_end(s, open, "\"${\"");
}

static bool is_special_length(const struct scan *s, size_t name)
{
	size_t pos = name + 1;

	if (scan_at(s, name) != '#')
		return false;
	pos += shell_name_length(s->t + pos, s->n - pos);
	return scan_at(s, pos) == '[';
}

/* The operators whose result is known where the variable and the word are. */
static bool is_conditional(const struct scan *s, size_t op)
{
	op += scan_at(s, op) == ':';
	return scan_at(s, op) == '-' || scan_at(s, op) == '+';
}

static void scan_brace(struct scan *s, bool quoted)
{
	size_t open = s->pos - 1, name = s->pos + 1;
	size_t len = shell_name_length(s->t + name, s->n - name);
	size_t op = name + len;

	if (len && scan_at(s, op) == '}') {
		s->pos = op + 1;
		return;
	}
	if (!len || !is_conditional(s, op))
		scan_why(s, "a parameter expansion other than ${NAME}, ${NAME:-...} and "
			    "${NAME:+...}");
	if (len ? !is_posix_operator(s, op)
		: scan_at(s, name) == '!' || is_special_length(s, name))
		scan_poison(s, "a parameter expansion that only some shells know");
	if (len && s->touches && (scan_at(s, op) == '=' || scan_at(s, op + 1) == '=')) {
		char *set = xstrndup(s->t + name, len);

		strv_add_unique(s->touches, set);
		free(set);
	}
	s->pos = op;
	scan_brace_body(s, open, quoted);
}

static void scan_name(struct scan *s)
{
	s->pos += shell_name_length(s->t + s->pos, s->n - s->pos);
	if (scan_at(s, s->pos) == '\\' && scan_at(s, s->pos + 1) == '\n')
		scan_why(s, "a line continuation in a variable's name");
}

/* From a '$' on; quoted: in double quotes. */
void scan_dollar(struct scan *s, bool quoted)
{
	char c = scan_at(s, ++s->pos);

	s->word->plain = s->word->plain && quoted;
	if (++s->depth > DEPTH_MAX)
		scan_lose(s, "very deep nesting");
	else if (c == '(')
		scan_substitution(s);
	else if (c == '{')
		scan_brace(s, quoted);
	else if (shell_is_name_start(c))
		scan_name(s);
	else if (c == '[')
		scan_lose(s, "\"$[\"");
	else if (c == '\'' && !quoted)
		scan_lose(s, "$'...' quoting");
	else if (c == '\\' && scan_at(s, s->pos + 1) == '\n')
		scan_lose(s, "a line continuation behind a dollar sign");
	else if (c == '"' && !quoted)
		scan_why(s, "$\"...\" quoting");
	else if ((unsigned char)c >= 0x80)
		scan_why(s, "a variable's name that is not ASCII");
	else if (c && strchr("0123456789@*#?-$!", c)) {
		scan_why(s, "a parameter that the shell sets");
		s->pos++;
	}
	s->depth--;
}
