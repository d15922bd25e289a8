/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could be typed next on a command line of slicer's (complete.c). */
#ifndef SLICER_CMD_COMPLETE_H
#define SLICER_CMD_COMPLETE_H

#include "cmd/invocation.h"
#include "cmd/values.h"

struct completing {
	struct context c; /* of the line's own --root; host NULL: it can't be opened */
	const char *typed; /* of the word that the cursor is in */
	FILE *f;
};

/*
 * Prints a line for each value that the word may become: the whole word, a tab, and a
 * description. The word has no character that means something to a shell. in: the words
 * before it.
 */
void complete(const struct completing *w, const struct invocation *in);

/* The words of a line up to the cursor as a shell splits them, without quotes and
 * backslashes; nothing is expanded. The last is the one that is being typed, "" after a
 * blank. (complete_line.c) */
void complete_split(const char *line, struct strv *ret);

#endif
