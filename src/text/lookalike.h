/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Characters that word processors, web pages and messengers put in the place of the plain
 * ones: quotes, blanks, dashes and full-width forms (Unicode 15, General Punctuation and
 * Halfwidth and Fullwidth Forms). A person does not see the difference; shells, boot
 * loaders and the kernel know the plain ones only.
 */
#ifndef SLICER_TEXT_LOOKALIKE_H
#define SLICER_TEXT_LOOKALIKE_H

#include "base/str.h"

struct lookalike {
	size_t at, len; /* its bytes in the text */
	unsigned line; /* 1-based */
	unsigned code; /* 0x201c */
	const char *name; /* "LEFT DOUBLE QUOTATION MARK"; static */
	char plain[2]; /* what to write instead; "": nothing */
};
/* The first one in the text. Bytes that are not UTF-8 are passed over. */
bool lookalike_find(const char *text, size_t len, struct lookalike *ret);
/* "the character U+201C (LEFT DOUBLE QUOTATION MARK) instead of \"": owned by the caller.
 */
char *lookalike_describe(const struct lookalike *l);

#endif
