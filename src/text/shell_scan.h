/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the word scanner: for src/text/shell_word.c and src/text/shell_expand.c only.
 */
#ifndef SLICER_TEXT_SHELL_SCAN_H
#define SLICER_TEXT_SHELL_SCAN_H

#include "text/shell_word.h"

struct scan {
	const char *t;
	size_t n, pos;
	unsigned depth;
	struct strv *touches; /* NULL in a subshell: what is set there is lost anyway */
	struct shell_word *word;
	const char *open; /* the construct that has no end */
	size_t open_at;
};

/* The byte at pos, '\0' after the end: no text contains it. */
char scan_at(const struct scan *s, size_t pos);
/* The word's value can't be known because of text, which is static, as below. */
void scan_why(struct scan *s, const char *text);
/* Nor can any variable's after it. */
void scan_poison(struct scan *s, const char *text);
/* Shells disagree about where this construct ends, or nobody looked: the scan ends here,
 * and the rest of the file may set any variable. */
void scan_lose(struct scan *s, const char *text);
/* What began at open_at has no end. */
void scan_no_end(struct scan *s, size_t open_at, const char *what);

/* Each begins at s->pos, at the character that opens it, and ends after the one that
 * closes it. */
void scan_single(struct scan *s);
void scan_double(struct scan *s);
void scan_backquote(struct scan *s);
/* quoted: within double quotes. */
void scan_dollar(struct scan *s, bool quoted);

#endif
