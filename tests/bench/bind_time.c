/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind_time RUNS SLICER OUTSIDE ADDRESS TREE: binds the device to vfio-pci and gives it
 * back, RUNS times each after one that does not count, and prints the median milliseconds
 * of CPU time that slicer and its children took for the bind and for the way back. TREE
 * is the live root to slicer, made by tests/mutate/lib.bash; what the kernel would do is
 * done to it by tests/mutate/sysfs.c. The processor's time, since the clock on the wall
 * would measure this stand-in as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mutate/run.h"
#include "mutate/sysfs.h"

#define MAX_RUNS 200

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Runs `slicer pci VERB ADDRESS`, after which the device has to have another driver. */
static double timed(struct tree *t, const char *slicer, const char *verb,
		    const char *address)
{
	struct run r = {
		.slicer = slicer, .live = true, .writes_only = true, .deadline_s = 60
	};
	CLEANUP(free_char) char *before = sysfs_driver(t, address);
	CLEANUP(free_char) char *after = NULL;
	double ms;

	strv_add(&r.argv, "pci");
	strv_add(&r.argv, verb);
	strv_add(&r.argv, address);
	run_slicer(t, &r);
	after = sysfs_driver(t, address);
	if (r.status != 0 || str_eq(before, after)) {
		fprintf(stderr, "bind_time: pci %s %s did not do it (exit %d):\n%s%s",
			verb, address, r.status, str_c(&r.out), str_c(&r.err));
		exit(1);
	}
	ms = r.cpu_ms;
	run_done(&r);
	return ms;
}

int main(int argc, char **argv)
{
	double bind[MAX_RUNS], unbind[MAX_RUNS];
	int runs = argc == 6 ? atoi(argv[1]) : 0;
	CLEANUP(free_char) char *saved = NULL;
	struct tree t = { 0 };

	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: bind_time RUNS SLICER OUTSIDE ADDRESS TREE\n");
		return 2;
	}
	saved = xasprintf("%s.saved", argv[5]);
	tree_open(&t, argv[5], saved, argv[3]);
	for (int i = -1; i < runs; i++) {
		double there = timed(&t, argv[2], "bind", argv[4]);
		double back = timed(&t, argv[2], "unbind", argv[4]);

		if (i < 0)
			continue;
		bind[i] = there;
		unbind[i] = back;
	}
	qsort(bind, (size_t)runs, sizeof(*bind), compare);
	qsort(unbind, (size_t)runs, sizeof(*unbind), compare);
	printf("%.3f %.3f\n", bind[runs / 2], unbind[runs / 2]);
	return 0;
}
