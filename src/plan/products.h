/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs make is not in the journal: images are large. But whether it is as it was
 * can be told, and has to be where a program fails while taking back, too: it may have
 * done nothing at all.
 */
#ifndef SLICER_PLAN_PRODUCTS_H
#define SLICER_PLAN_PRODUCTS_H

#include "host/host.h"

struct product {
	char *path; /* file or directory */
	char *kernel; /* that alone needs it; NULL: shared */
	bool known; /* digest is what it was */
	uint64_t digest;
};
struct products {
	struct product *v;
	size_t n, cap;
};
void products_done(struct products *p);
/* Adds a file (path NULL: none) and the directory that it is in: programs leave things
 * beside what they make. kernel as above. */
void products_add(struct products *p, const char *kernel, const char *path);
/* Remembers how they all are. */
void products_note(const struct host *h, struct products *p);
/* Is everything as it was that a program for this kernel (NULL: for any) may make? false:
 * something is not, or it can't be told. */
bool products_are_same(const struct host *h, const struct products *p,
		       const char *kernel);

#endif
