/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host tree in a temporary directory, for tests. */
#ifndef SLICER_TESTS_UNIT_TREE_H
#define SLICER_TESTS_UNIT_TREE_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/host.h"

struct tree {
	char dir[64];
	struct host *host;
};

static inline char *tree_path(const struct tree *t, const char *path)
{
	return xasprintf("%s%s", t->dir, path);
}

static inline void tree_mkdir(const struct tree *t, const char *path)
{
	char *p = tree_path(t, path);

	for (char *s = p + strlen(t->dir) + 1;; s++) {
		char c = *s;

		if (c && c != '/')
			continue;
		*s = '\0';
		mkdir(p, 0755);
		*s = c;
		if (!c)
			break;
	}
	free(p);
}

static inline void tree_write(const struct tree *t, const char *path, const char *text)
{
	char *p = tree_path(t, path);
	char *dir = xstrndup(path, (size_t)(path_base(path) - path));
	int fd;

	tree_mkdir(t, dir);
	fd = open(p, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(dir);
	free(p);
}

static inline void tree_link(const struct tree *t, const char *target, const char *path)
{
	char *p = tree_path(t, path);
	char *dir = xstrndup(path, (size_t)(path_base(path) - path));

	tree_mkdir(t, dir);
	assert_int_equal(symlink(target, p), 0);
	free(dir);
	free(p);
}

static inline void tree_is(const struct tree *t, const char *path, const char *text)
{
	struct str now = { 0 };

	assert_int_equal(host_read(t->host, path, HOST_MAX_CONFIG, &now, NULL), 0);
	assert_string_equal(str_c(&now), text);
	str_done(&now);
}

static inline int tree_rm(const char *path, const struct stat *st, int flag,
			  struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int tree_setup(void **state)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	const char *tmp = getenv("TMPDIR");

	snprintf(t->dir, sizeof(t->dir), "%s/slicer-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(host_open(t->dir, &t->host, NULL), 0);
	*state = t;
	return 0;
}

static inline int tree_teardown(void **state)
{
	struct tree *t = *state;

	host_close(&t->host);
	nftw(t->dir, tree_rm, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

#endif
