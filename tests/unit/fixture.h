/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that real programs wrote, below tests/unit/data. Tests run in the project's root.
 */
#ifndef SLICER_TESTS_UNIT_FIXTURE_H
#define SLICER_TESTS_UNIT_FIXTURE_H

#include "base/str.h"

#define FIXTURE_DIR "tests/unit/data/"

/* The whole file, owned by the caller. A missing one ends the test program. */
static inline struct str fixture_read(const char *name)
{
	CLEANUP(free_char) char *path = xasprintf(FIXTURE_DIR "%s", name);
	CLEANUP(close_file) FILE *f = fopen(path, "re");
	struct str s = { 0 };
	char buf[4096];

	if (!f) {
		perror(path);
		exit(99);
	}
	for (size_t n; (n = fread(buf, 1, sizeof(buf), f)) > 0;)
		str_addn(&s, buf, n);
	return s;
}

static inline const uint8_t *fixture_bytes(const struct str *s)
{
	return (const uint8_t *)s->s;
}

#endif
