/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified diffs (POSIX diff -u format) of two texts, for people to read and patch(1) to
 * apply. */
#ifndef SLICER_TEXT_DIFF_H
#define SLICER_TEXT_DIFF_H

#include "base/str.h"

/*
 * Appends the diff of before and after with three lines of context to ret; nothing if
 * they are equal. before NULL: the file is new (--- /dev/null); after NULL: it goes away;
 * of an empty file that comes or goes only the two header lines are left. path is printed
 * behind a/ and b/ without its leading slash. Binary contents (a NUL byte) give the one
 * line "Binary files a/path and b/path differ". "\ No newline at end of file" where it
 * applies.
 */
void diff_unified(const char *path, const struct str *before, const struct str *after,
		  struct str *ret);

#endif
