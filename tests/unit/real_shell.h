/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many small files, sourced by a real shell: what do its variables hold then? For tests.
 */
#ifndef SLICER_TESTS_REAL_SHELL_H
#define SLICER_TESTS_REAL_SHELL_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

/* The variables that the files may set. */
static const char *const real_names[] = { "A", "B", "GRUB_CMDLINE_LINUX", "V", "END" };
#define REAL_NAMES ARRAY_SIZE(real_names)

/* The shells to ask: with --posix, bash is what it is when called sh. */
static const char *const real_shells[] = { "/bin/sh", "/bin/bash --posix",
					   "/bin/busybox sh" };

struct real_shell {
	char dir[256];
	bool is_wild; /* each file gets a process of its own, as it may do anything */
	size_t n; /* files */
	/* Per file and name: what it held. NULL: the shell did not survive the file. */
	const char **values;
	struct str output;
};

static inline bool real_shell_exists(const char *shell)
{
	CLEANUP(free_char) char *path = xstrndup(shell, strcspn(shell, " "));

	return access(path, X_OK) == 0;
}

/* A test's state: the files are there, and go, whether it fails or not. */
static inline int real_shell_begin(void **state)
{
	struct real_shell *rs = xcalloc(1, sizeof(*rs));
	const char *tmp = getenv("TMPDIR");

	*state = rs;
	snprintf(rs->dir, sizeof(rs->dir), "%s/slicer-shell.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(rs->dir) ? 0 : -1;
}

static inline void real_shell_add(struct real_shell *rs, const char *text, size_t len)
{
	CLEANUP(free_char) char *path = xasprintf("%s/%zu", rs->dir, rs->n++);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline const char *real_shell_value(const struct real_shell *rs, size_t file,
					   size_t name)
{
	return rs->values[file * REAL_NAMES + name];
}

static inline void real_shell_script(const struct real_shell *rs)
{
	CLEANUP(free_char) char *path = xasprintf("%s/run", rs->dir);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "I=0\nwhile [ $I -lt %zu ]; do\n%s ", rs->n, rs->is_wild ? "(" : "{");
	for (size_t i = 0; i < REAL_NAMES; i++)
		fprintf(f, "unset %s; ", real_names[i]);
	fputs("{ . ./$I; } >/dev/null 2>&1\n", f);
	fputs("printf '%s\\0' $I", f);
	for (size_t i = 0; i < REAL_NAMES; i++)
		fprintf(f, " \"$%s\"", real_names[i]);
	fprintf(f, "; %s\nI=$((I + 1))\ndone\n", rs->is_wild ? ")" : "}");
	assert_int_equal(fclose(f), 0);
}

static inline void real_shell_parse(struct real_shell *rs)
{
	const char *p = str_c(&rs->output), *end = p + rs->output.len;

	free(rs->values);
	rs->values = xcalloc(rs->n * REAL_NAMES, sizeof(*rs->values));
	while (p < end) {
		size_t file = strtoul(p, NULL, 10);

		assert_true(file < rs->n);
		p += strlen(p) + 1;
		for (size_t i = 0; i < REAL_NAMES; i++) {
			assert_true(p < end);
			rs->values[file * REAL_NAMES + i] = p;
			p += strlen(p) + 1;
		}
	}
}

/* Sources each file. No program can be started from them. */
static inline void real_shell_run(struct real_shell *rs, const char *shell)
{
	CLEANUP(free_char) char *command = NULL;
	char buf[65536];
	size_t n;
	FILE *f;

	real_shell_script(rs);
	command = xasprintf(
		"cd '%s' && exec timeout 120 env -i PATH=/nonexistent HOME=/home %s "
		"./run </dev/null 2>/dev/null",
		rs->dir, shell);
	f = popen(command, "r");
	assert_non_null(f);
	str_clear(&rs->output);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_addn(&rs->output, buf, n);
	pclose(f);
	real_shell_parse(rs);
}

static inline int real_shell_remove(const char *path, const struct stat *st, int type,
				    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int real_shell_end(void **state)
{
	struct real_shell *rs = *state;

	nftw(rs->dir, real_shell_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(rs->values);
	str_done(&rs->output);
	free(rs);
	return 0;
}

/* A generator of its own, so that a seed means the same everywhere. */
struct dice {
	uint64_t state;
};

static inline unsigned roll(struct dice *d, unsigned sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (unsigned)((d->state >> 32) % sides);
}

static inline const char *pick(struct dice *d, const char *const *from, size_t n)
{
	return from[roll(d, (unsigned)n)];
}
#define PICK(d, array) pick(d, array, ARRAY_SIZE(array))

/* A number from the environment, for longer runs and to repeat a failure. */
static inline uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

#endif
