/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens of GRUB script. Source: grub-core/script/yylex.l (GRUB 2.06 to 2.14): outside of
 * quotes { } | & ; < > end a word and # starts a comment at the beginning of one;
 * '...' is literal; in "..." the backslash escapes only $ " \ and the end of a line.
 */
#ifndef SLICER_TEXT_GRUBSCRIPT_H
#define SLICER_TEXT_GRUBSCRIPT_H

#include "base/str.h"

enum grub_token {
	GRUB_WORD, /* text: quotes removed, variables left as they stand */
	GRUB_COMMENT, /* text: the comment from its # on */
	GRUB_OPEN, /* { */
	GRUB_CLOSE, /* } */
	GRUB_SEPARATOR, /* end of a line, ; & | < > */
	GRUB_END,
};

/* Zeroed but for in and len is the start of a text. Free text with str_done(). */
struct grub_lexer {
	const char *in;
	size_t len, at; /* at: after the token */
	size_t start; /* of the token */
	unsigned line; /* of the token, 1-based */
	struct str text;
	bool is_unterminated; /* a quote runs to the end of the text */
	unsigned newlines; /* passed so far */
};

enum grub_token grub_lexer_next(struct grub_lexer *lx);

#endif
