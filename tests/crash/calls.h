/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of x86_64 that change something in a filesystem, and what one that a
 * process is about to make would change. */
#ifndef SLICER_TESTS_CRASH_CALLS_H
#define SLICER_TESTS_CRASH_CALLS_H

#include <linux/limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/user.h>

struct call_info {
	long number;
	const char *name; /* NULL: not one of the table */
	char program[32]; /* the process's name */
	char path[2 * PATH_MAX]; /* the file, as the process sees it; of two, the one
				    that a rename takes away or a link makes */
	bool changes; /* a file, directory or link; not pipes, terminals, /dev */
	bool room; /* it fails when the disk is full */
};

enum traced_calls {
	CALLS_OF_TABLE, /* those that change a filesystem */
	CALLS_ANY,
	CALLS_WRITE, /* write(2) only: all others run at full speed */
};

/* From now on the calling process, and what it starts, stops at each of these calls for
 * its tracer: PTRACE_EVENT_SECCOMP. -1 with errno if it can't. */
int calls_trace(enum traced_calls which);
/* Looks at the call that the stopped process is about to make. root: the directory that
 * is its root, or NULL. */
void call_look(pid_t pid, const char *root, const struct user_regs_struct *r,
	       struct call_info *ret);

#endif
