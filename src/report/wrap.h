/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long text in rows. */
#ifndef SLICER_REPORT_WRAP_H
#define SLICER_REPORT_WRAP_H

#include "base/str.h"

struct wrap {
	size_t indent; /* columns, filled with blanks, before each row but the first */
	const char *lead; /* what stands after them, as "# "; NULL: nothing */
	size_t width; /* columns of the terminal; 0: everything in one row */
	size_t rows; /* at most so many, the last one ended by "..."; 0: any number */
};

/* Appends text, without a newline at its end, to a row of which column columns are used
 * already. Rows are broken between words only: a path or a parameter stays whole, and a
 * word that is too long for any row stands out. Returns the column that is reached. */
size_t text_wrap(struct str *out, const char *text, size_t column, const struct wrap *w);

#endif
