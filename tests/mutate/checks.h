/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be true of each run, whatever the tree was made into. */
#ifndef SLICER_TESTS_MUTATE_CHECKS_H
#define SLICER_TESTS_MUTATE_CHECKS_H

#include "mutate/run.h"

/* In each file of the directory outside; it may appear in no output. */
#define CANARY "CANARY-5d1c7e"

/* Of each device: what a run must not change, or has to. */
struct states {
	struct strv address, driver, override, group; /* "" for none */
};

void states_take(const struct tree *t, struct states *ret);
void states_done(struct states *s);
/* Appends to bad what was wrong with any run: how it ended, what it printed. */
void check_output(const struct run *r, struct strv *bad);
/* The same for a run with the tree as live root: which devices it wrote to, and whether
 * what it says is so. before: as it was when it started. */
void check_writes(const struct tree *t, const struct run *r, const struct states *before,
		  struct strv *bad);

#endif
