/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of slicer on a tree, and all that is to be known of it. */
#ifndef SLICER_TESTS_MUTATE_RUN_H
#define SLICER_TESTS_MUTATE_RUN_H

#include "mutate/tree.h"

struct run {
	/* What is run, as words; "@" stands for --root and the tree, or for nothing where
	 * the tree is the live root. */
	struct strv argv;
	const char *slicer; /* the program, outside of the tree */
	bool live; /* the tree is its root: writes to sysfs have their effect */
	bool writes_only; /* only write(2) is traced: changes stays empty of what other
			     calls do, and they are not slowed down */
	bool humble; /* without the right to read what the modes forbid */
	const char *vanishing; /* a device that goes, or NULL */
	unsigned vanish_at; /* at that call of openat2 */
	unsigned deadline_s;

	int status; /* out: the exit status; -1 if it was ended by a signal */
	int signal; /* out: which */
	bool late; /* out: the deadline passed, it was killed */
	double seconds;
	double cpu_ms; /* out: of the processor, with the children that it waited for */
	long memory_kib; /* out: the most that it had */
	struct str out, err;
	struct strv writes; /* out: live, each write to sysfs: "PATH TEXT" */
	struct strv changes; /* out: live, what else it changed */
};

void run_slicer(struct tree *t, struct run *r);
void run_done(struct run *r);
/* Its words as a person would type them: owned by the caller. */
char *run_text(const struct tree *t, const struct run *r);

#endif
