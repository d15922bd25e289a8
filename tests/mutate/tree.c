/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mutate/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct taken {
	char *path;
	bool was; /* something: it is in saved, under its number */
};

_Noreturn void tree_die(const char *what, const char *path)
{
	fprintf(stderr, "mutate: %s: %s: %s\n", path, what, strerror(errno));
	exit(99);
}

static int open_plain(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
				.resolve = resolve };

	long fd;

	/* Any rename on this machine may come in between (openat2(2)). */
	do {
		fd = syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
	} while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return (int)fd;
}

int tree_parent(const struct tree *t, const char *path, const char **ret_name)
{
	CLEANUP(free_char) char *dir = NULL;

	*ret_name = path_base(path);
	dir = xstrndup(path, (size_t)(*ret_name - path));
	return open_plain(t->dir_fd, dir, O_PATH | O_DIRECTORY,
			  RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
}

/* ---- walking --------------------------------------------------------------------------
 */

struct walk {
	void (*entry)(struct walk *w, const char *path, const struct stat *st,
		      const char *link);
	struct strv *names;
	uint64_t sum;
	bool times;
	dev_t dev;
	uint64_t mount;
};

/* Which mount a directory is in (statx(2), Linux 5.8). */
static uint64_t mount_of(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		tree_die("statx", "a directory");
	return st.stx_mnt_id;
}

static void walk(struct walk *w, int fd, const char *path)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d)
		tree_die("can't be listed", path);
	while ((e = readdir(d))) {
		CLEANUP(free_char) char *at = NULL;
		char link[4096];
		ssize_t n = 0;
		struct stat st;
		int below = -1;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		at = xasprintf("%s%s%s", path, *path ? "/" : "", e->d_name);
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			tree_die("stat", at);
		if (S_ISDIR(st.st_mode))
			below = openat(dirfd(d), e->d_name,
				       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* This machine's programs and libraries are mounted in there, maybe from
		 * the same filesystem. */
		if (st.st_dev != w->dev || (below >= 0 && mount_of(below) != w->mount)) {
			if (below >= 0)
				close(below);
			continue;
		}
		if (S_ISLNK(st.st_mode))
			n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		w->entry(w, at, &st, link);
		if (below >= 0)
			walk(w, below, at);
	}
	closedir(d);
}

static void walk_tree(const struct tree *t, struct walk *w)
{
	struct stat st;

	if (fstat(t->dir_fd, &st) < 0)
		tree_die("stat", t->dir);
	w->dev = st.st_dev;
	w->mount = mount_of(t->dir_fd);
	walk(w, openat(t->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "");
}

static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
	for (const unsigned char *p = bytes; n--; p++)
		h = (h ^ *p) * 0x100000001b3;
	return h;
}

static void add_print(struct walk *w, const char *path, const struct stat *st,
		      const char *link)
{
	uint64_t h = hash(0xcbf29ce484222325, path, strlen(path) + 1);

	/* What slicer keeps for itself is looked at elsewhere. */
	if (w->times && tree_is_own(path))
		return;
	h = hash(h, &st->st_mode, sizeof(st->st_mode));
	h = hash(h, &st->st_ino, sizeof(st->st_ino));
	h = hash(h, link, strlen(link));
	if (w->times && !S_ISDIR(st->st_mode)) {
		h = hash(h, &st->st_size, sizeof(st->st_size));
		h = hash(h, &st->st_ctim, sizeof(st->st_ctim));
	}
	w->sum += h ^ h >> 29; /* in whichever order they are listed */
}

uint64_t tree_print(const struct tree *t, bool times)
{
	struct walk w = { .entry = add_print, .times = times };

	walk_tree(t, &w);
	return w.sum;
}

static void add_name(struct walk *w, const char *path, const struct stat *st,
		     const char *link)
{
	(void)st;
	(void)link;
	strv_add(w->names, path);
}

bool tree_is_own(const char *path)
{
	return str_starts(path, "var/lib/slicer") || str_starts(path, "run/slicer");
}

void tree_open(struct tree *t, const char *dir, const char *saved, const char *outside)
{
	struct walk w = { .entry = add_name, .names = &t->paths };

	t->dir = dir;
	t->outside = outside;
	t->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	t->saved_fd = open(saved, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->dir_fd < 0 || t->saved_fd < 0)
		tree_die("can't be opened", dir);
	walk_tree(t, &w);
	strv_sort(&t->paths);
}

/* ---- changing ------------------------------------------------------------------------
 */

static void push(struct tree *t, const char *path, bool was)
{
	t->taken = xgrow(t->taken, t->n, &t->cap, sizeof(*t->taken));
	t->taken[t->n++] = (struct taken){ xstrdup(path), was };
}

static bool make_parents(struct tree *t, const char *path)
{
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		CLEANUP(free_char) char *dir = xstrndup(path, (size_t)(p - path));
		CLEANUP(close_fd) int fd = -1;
		const char *name;

		fd = tree_parent(t, dir, &name);
		if (fd < 0)
			return false;
		if (mkdirat(fd, name, 0755) == 0)
			push(t, dir, false);
		else if (errno != EEXIST)
			return false;
	}
	return true;
}

bool tree_take(struct tree *t, const char *path)
{
	CLEANUP(close_fd) int fd = -1;
	const char *name;
	char number[24];
	bool was;

	if (!make_parents(t, path))
		return false;
	fd = tree_parent(t, path, &name);
	if (fd < 0)
		return false;
	snprintf(number, sizeof(number), "%zu", t->n);
	was = renameat(fd, name, t->saved_fd, number) == 0;
	if (!was && errno != ENOENT)
		return false;
	push(t, path, was);
	return true;
}

bool tree_put(struct tree *t, const char *path, const void *bytes, size_t len,
	      mode_t mode)
{
	CLEANUP(close_fd) int dir = -1;
	CLEANUP(close_fd) int fd = -1;
	const char *name;

	if (!tree_take(t, path))
		return false;
	dir = tree_parent(t, path, &name);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || fchmod(fd, mode) < 0)
		tree_die("can't be written", path);
	return true;
}

bool tree_link(struct tree *t, const char *target, const char *path)
{
	CLEANUP(close_fd) int dir = -1;
	const char *name;

	if (!tree_take(t, path))
		return false;
	dir = tree_parent(t, path, &name);
	if (symlinkat(target, dir, name) < 0)
		tree_die("can't be linked", path);
	return true;
}

static void remove_all(int dir, const char *name)
{
	int fd;
	DIR *d;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return;
	fchmodat(dir, name, 0700, 0);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		tree_die("can't be removed", name);
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			remove_all(fd, e->d_name);
	closedir(d);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		tree_die("can't be removed", name);
}

void tree_restore(struct tree *t)
{
	while (t->n) {
		struct taken *x = &t->taken[--t->n];
		CLEANUP(close_fd) int fd = -1;
		const char *name;
		char number[24];

		fd = tree_parent(t, x->path, &name);
		if (fd < 0)
			tree_die("can't be put back", x->path);
		remove_all(fd, name);
		snprintf(number, sizeof(number), "%zu", t->n);
		if (x->was && renameat(t->saved_fd, number, fd, name) < 0)
			tree_die("can't be put back", x->path);
		free(x->path);
	}
	strv_done(&t->done);
}

/* ---- looking -------------------------------------------------------------------------
 */

void tree_read(const struct tree *t, const char *path, size_t max, struct str *ret)
{
	CLEANUP(close_fd)
	int fd = open_plain(t->dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
			    RESOLVE_IN_ROOT);
	char chunk[65536];
	struct stat st;
	ssize_t n;

	str_clear(ret);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	while (ret->len < max && (n = read(fd, chunk, sizeof(chunk))) > 0)
		str_addn(ret, chunk, (size_t)n);
}

char *tree_readlink(const struct tree *t, const char *path)
{
	CLEANUP(close_fd)
	int fd = open_plain(t->dir_fd, path, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT);
	char text[4096];
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", text, sizeof(text));

	return n > 0 ? xstrndup(text, (size_t)n) : NULL;
}

bool tree_exists(const struct tree *t, const char *path)
{
	CLEANUP(close_fd) int fd = open_plain(t->dir_fd, path, O_PATH, RESOLVE_IN_ROOT);

	return fd >= 0;
}

char *tree_resolve(const struct tree *t, const char *path)
{
	CLEANUP(close_fd) int fd = open_plain(t->dir_fd, path, O_PATH, RESOLVE_IN_ROOT);
	size_t len = strlen(t->dir);
	char link[64], text[4096];
	ssize_t n;

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	if (n <= (ssize_t)len || strncmp(text, t->dir, len) != 0 || text[len] != '/')
		return NULL;
	text[n] = '\0';
	return xstrdup(text + len + 1);
}

void tree_note(struct tree *t, const char *path, const char *fmt, ...)
{
	CLEANUP(str_done) struct str line = { 0 };
	CLEANUP(free_char) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	str_add_printable(&line, path, strlen(path));
	str_add(&line, ": ");
	str_add_printable(&line, text, strlen(text));
	strv_add(&t->done, str_c(&line));
}
