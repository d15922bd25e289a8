/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that a backslash at the end joins with the next one, as files of modprobe.d and
 * of udev have them, and where each byte of them stands in the file. */
#ifndef SLICER_TEXT_JOINED_H
#define SLICER_TEXT_JOINED_H

#include "base/str.h"

/* Zeroed before the first joined_next(), which is then given the same one. */
struct joined_line {
	struct str text; /* without backslashes and newlines */
	size_t *at; /* where byte i of text stands in the file */
	size_t at_cap;
	size_t start, end; /* all of it in the file, with the last newline */
	unsigned number; /* of its first line, from 1 */
	unsigned next; /* of the line after it, where not 0 */
};
void joined_line_done(struct joined_line *l);

enum joined_comments {
	/* modprobe.d: a comment may be joined, too (kmod shared/util.c
	 * freadline_wrapped()) */
	JOINED_COMMENTS,
	/* udev: a line that starts with '#' is left out, also in the middle of others,
	 * and blanks at the start of a line are, too (systemd src/udev/udev-rules.c
	 * udev_rules_parse_file()) */
	DROPPED_COMMENTS,
};
/* Walks the joined lines of a text: *pos starts at 0. False when it is used up. */
bool joined_next(const char *text, size_t len, enum joined_comments comments, size_t *pos,
		 struct joined_line *ret);
/* The bytes of the file that the bytes [start, end) of l->text stand for, with the
 * backslashes and newlines between them. Neither may be beyond the end of l->text. */
void joined_place(const struct joined_line *l, size_t start, size_t end,
		  size_t *ret_start, size_t *ret_end);

#endif
