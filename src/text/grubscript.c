/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubscript.h"

#include <ctype.h>

/* The character n places ahead, NUL at the end (the text itself has none). */
static char peek(const struct grub_lexer *lx, size_t n)
{
	return lx->len - lx->at > n ? lx->in[lx->at + n] : '\0';
}

static char next(struct grub_lexer *lx)
{
	char c = peek(lx, 0);

	lx->at += lx->at < lx->len;
	lx->newlines += c == '\n';
	return c;
}

static bool skip_continuation(struct grub_lexer *lx)
{
	if (peek(lx, 0) != '\\' || peek(lx, 1) != '\n')
		return false;
	next(lx);
	next(lx);
	return true;
}

/* A variable stands as it is: what it holds is known only to GRUB. Braces belong to it
 * only in the form ${name}. */
static void read_variable(struct grub_lexer *lx)
{
	size_t n = 2;

	if (peek(lx, 1) == '{') {
		while (isalnum((unsigned char)peek(lx, n)) || peek(lx, n) == '_' ||
		       (n == 2 && peek(lx, n) && strchr("?#*@", peek(lx, n))))
			n++;
		n = n > 2 && peek(lx, n) == '}' ? n + 1 : 1;
	} else {
		n = 1;
	}
	while (n--)
		str_addc(&lx->text, next(lx));
}

static void read_single_quoted(struct grub_lexer *lx)
{
	next(lx);
	while (lx->at < lx->len && peek(lx, 0) != '\'')
		str_addc(&lx->text, next(lx));
	lx->is_unterminated |= lx->at == lx->len;
	next(lx);
}

static void read_double_quoted(struct grub_lexer *lx)
{
	next(lx);
	while (lx->at < lx->len && peek(lx, 0) != '"') {
		if (skip_continuation(lx))
			continue;
		if (peek(lx, 0) == '\\' && peek(lx, 1) && strchr("$\"\\", peek(lx, 1)))
			next(lx);
		str_addc(&lx->text, next(lx));
	}
	lx->is_unterminated |= lx->at == lx->len;
	next(lx);
}

/* What a character does in an unquoted word; most do nothing. */
enum { PLAIN, ENDS, QUOTES };
static const unsigned char role[256] = {
	['\0'] = ENDS, [' '] = ENDS,	['\t'] = ENDS,	['\n'] = ENDS,	[';'] = ENDS,
	['&'] = ENDS,  ['|'] = ENDS,	['<'] = ENDS,	['>'] = ENDS,	['{'] = ENDS,
	['}'] = ENDS,  ['\''] = QUOTES, ['"'] = QUOTES, ['$'] = QUOTES, ['\\'] = QUOTES,
};

static void read_plain(struct grub_lexer *lx)
{
	size_t from = lx->at;

	while (lx->at < lx->len && role[(unsigned char)lx->in[lx->at]] == PLAIN)
		lx->at++;
	str_addn(&lx->text, lx->in + from, lx->at - from);
}

static enum grub_token read_word(struct grub_lexer *lx)
{
	while (role[(unsigned char)peek(lx, 0)] != ENDS) {
		char c;

		read_plain(lx);
		c = peek(lx, 0);
		if (role[(unsigned char)c] != QUOTES || skip_continuation(lx))
			continue;
		if (c == '\'') {
			read_single_quoted(lx);
		} else if (c == '"' || (c == '$' && peek(lx, 1) == '"')) {
			lx->at += c == '$';
			read_double_quoted(lx);
		} else if (c == '$') {
			read_variable(lx);
		} else {
			lx->at += peek(lx, 1) != '\0';
			str_addc(&lx->text, next(lx));
		}
	}
	return GRUB_WORD;
}

static enum grub_token read_comment(struct grub_lexer *lx)
{
	const char *from = lx->in + lx->at, *end = memchr(from, '\n', lx->len - lx->at);
	size_t n = end ? (size_t)(end - from) : lx->len - lx->at;

	str_addn(&lx->text, from, n);
	lx->at += n;
	return GRUB_COMMENT;
}

enum grub_token grub_lexer_next(struct grub_lexer *lx)
{
	str_clear(&lx->text);
	while (peek(lx, 0) == ' ' || peek(lx, 0) == '\t' || skip_continuation(lx))
		if (peek(lx, 0) == ' ' || peek(lx, 0) == '\t')
			next(lx);
	lx->line = lx->newlines + 1;
	lx->start = lx->at;
	switch (peek(lx, 0)) {
	case '\0':
		return GRUB_END;
	case '{':
		next(lx);
		return GRUB_OPEN;
	case '}':
		next(lx);
		return GRUB_CLOSE;
	case '#':
		return read_comment(lx);
	case '\n':
	case ';':
	case '&':
	case '|':
	case '<':
	case '>':
		next(lx);
		return GRUB_SEPARATOR;
	default:
		return read_word(lx);
	}
}
