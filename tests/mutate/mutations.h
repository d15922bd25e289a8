/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a seed does to a host tree. */
#ifndef SLICER_TESTS_MUTATE_MUTATIONS_H
#define SLICER_TESTS_MUTATE_MUTATIONS_H

#include "mutate/random.h"
#include "mutate/tree.h"

/* The device that a seed is about, and where it is below the tree. */
struct focus {
	const char *address;
	const char *dir; /* "sys/devices/..." */
};

/* Draws a few mutations and carries them out. Adds a line to t->done for each. */
void mutate(struct tree *t, struct draw *d, const struct focus *f);
/* The single path: another text, another kind of file, or nothing (harm.c). */
void harm(struct tree *t, struct draw *d, const char *path);
/* Something that is only wrong in that place: links and lists that contradict each other
 * (structure.c). */
void twist(struct tree *t, struct draw *d, const struct focus *f);
/* One of the paths that begin, and end, so; NULL if there is none. */
const char *draw_path(const struct tree *t, struct draw *d, const char *begin,
		      const char *end);

#endif
