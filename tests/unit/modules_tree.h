/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Module directories with the real indexes of tests/roots/modules. Tests run in the
 * project's root. */
#ifndef SLICER_TESTS_UNIT_MODULES_TREE_H
#define SLICER_TESTS_UNIT_MODULES_TREE_H

#include "tree.h"

#include <dirent.h>

static inline void modules_copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	char buf[16384];

	assert_non_null(in);
	assert_non_null(out);
	for (size_t n; (n = fread(buf, 1, sizeof(buf), in)) > 0;)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	fclose(out);
}

/* The lists of tests/roots/modules/WHICH as /lib/modules/VERSION. */
static inline void modules_add(const struct tree *t, const char *which,
			       const char *version)
{
	char *from = xasprintf("tests/roots/modules/%s", which);
	char *to = xasprintf("/lib/modules/%s", version);
	DIR *d = opendir(from);
	struct dirent *entry;

	assert_non_null(d);
	tree_mkdir(t, to);
	while ((entry = readdir(d))) {
		char *a = xasprintf("%s/%s", from, entry->d_name);
		char *b = xasprintf("%s%s/%s", t->dir, to, entry->d_name);

		if (entry->d_name[0] != '.')
			modules_copy(a, b);
		free(a);
		free(b);
	}
	closedir(d);
	free(from);
	free(to);
}

#endif
