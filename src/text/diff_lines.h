/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines of two texts differ: the half of a diff that is about finding, not
 * printing. */
#ifndef SLICER_TEXT_DIFF_LINES_H
#define SLICER_TEXT_DIFF_LINES_H

#include "base/util.h"

/* A text cut into lines, the newline a part of each. */
struct diff_line {
	const char *s;
	size_t len;
	size_t id; /* the same for equal lines of both texts */
	bool changed; /* not in the other text (at this place) */
};
struct diff_side {
	struct diff_line *v;
	size_t n, cap;
};

void diff_side_done(struct diff_side *side);
void diff_side_split(struct diff_side *side, const char *text, size_t len);
/* Sets id and changed of every line so that the unchanged lines of a and b are the same
 * sequence. As few changes as possible, until that would cost too much. */
void diff_sides_compare(struct diff_side *a, struct diff_side *b);

#endif
