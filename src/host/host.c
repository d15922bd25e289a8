/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the root and resolving paths in it: the only openat2. */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As many links as the kernel follows (MAXSYMLINKS, linux include/linux/namei.h). */
#define MAX_LINKS 40

static int resolve(int dirfd, const char *path, int flags)
{
	struct open_how how = {
		/* openat2 takes O_PATH with nothing but what steers the walk */
		.flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
		/* Links to open files below /proc are no way out, and none of ours. */
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* -EAGAIN: a rename or mount raced with the walk (openat2(2)); try again. */
	for (int tries = 0; tries < 32; tries++) {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

int host_open(const char *root, struct host **ret, struct error *e)
{
	const char *at = root ? root : "/";
	struct host *h;
	int fd, probe;

	if (!*at)
		return error_usage(e, "--root needs a directory");
	fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int err = errno;

		error_errno(e, err, "can't open the root directory");
		error_at(e, at, 0);
		error_hint(e, "--root takes the directory that the host's / is in");
		return -err;
	}
	probe = resolve(fd, "/", O_PATH | O_DIRECTORY);
	if (probe < 0) {
		close(fd);
		error_errno(e, -probe, "openat2 does not work here");
		error_hint(
			e,
			"slicer needs Linux 5.8 or later; a container's seccomp filter "
			"may also forbid it");
		return probe;
	}
	close(probe);
	h = xcalloc(1, sizeof(*h));
	h->root_fd = fd;
	h->root = xstrdup(at);
	while (strlen(h->root) > 1 && str_ends(h->root, "/"))
		h->root[strlen(h->root) - 1] = '\0';
	h->live = strcmp(h->root, "/") == 0;
	*ret = h;
	return 0;
}

void host_close(struct host **hp)
{
	struct host *h = *hp;

	if (!h)
		return;
	close_fd(&h->root_fd);
	free(h->root);
	free(h);
	*hp = NULL;
}

bool host_is_live(const struct host *h)
{
	return h->live;
}

const char *host_root(const struct host *h)
{
	return h->root;
}

char *host_outer_path(const struct host *h, const char *path)
{
	if (h->live)
		return xstrdup(path);
	return xasprintf("%s%s%s", h->root, *path == '/' ? "" : "/", path);
}

int host_openat(const struct host *h, const char *path, int flags)
{
	return resolve(h->root_fd, path, flags);
}

int host_need_live(const struct host *h, const char *what, struct error *e)
{
	if (h->live)
		return 0;
	error_set(e, EOPNOTSUPP, "%s needs the running machine, not --root %s", what,
		  h->root);
	error_hint(e, "run it on the host itself, without --root");
	return -EOPNOTSUPP;
}

int host_open_parent(const struct host *h, const char *path, bool follow, char **ret_name)
{
	CLEANUP(free_char) char *at = xstrdup(path);

	for (int links = 0; links < MAX_LINKS; links++) {
		CLEANUP(free_char) char *dir = NULL;
		CLEANUP(free_char) char *target = follow ? host_readlink(h, at) : NULL;
		const char *name = path_base(at);
		int fd;

		dir = xstrndup(at, (size_t)(name - at));
		if (!target) {
			if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
				return -EISDIR;
			fd = resolve(h->root_fd, *dir ? dir : "/",
				     O_RDONLY | O_DIRECTORY);
			if (fd >= 0)
				*ret_name = xstrdup(name);
			return fd;
		}
		free(at);
		at = *target == '/' ? take(target) : xasprintf("%s%s", dir, target);
	}
	return -ELOOP;
}

int host_stat(const struct host *h, const char *path, struct stat *ret)
{
	CLEANUP(close_fd) int fd = resolve(h->root_fd, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

bool host_exists(const struct host *h, const char *path)
{
	struct stat st;

	return host_stat(h, path, &st) == 0;
}

bool host_is_dir(const struct host *h, const char *path)
{
	struct stat st;

	return host_stat(h, path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *host_readlink(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = resolve(h->root_fd, path, O_PATH | O_NOFOLLOW);
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = readlinkat(fd, "", text, sizeof(text));
	if (n <= 0 || (size_t)n == sizeof(text))
		return NULL;
	return xstrndup(text, (size_t)n);
}

char *host_link_base(const struct host *h, const char *path)
{
	CLEANUP(free_char) char *text = host_readlink(h, path);

	return text ? xstrdup(path_base(text)) : NULL;
}

/* One component further: links are put in front of what is left to walk. Returns false
 * when the path does not exist. */
static bool walk(const struct host *h, struct str *done, struct str *rest, int *links)
{
	size_t skip = strspn(str_c(rest), "/"), len = strcspn(str_c(rest) + skip, "/");
	CLEANUP(free_char) char *name = xstrndup(str_c(rest) + skip, len);
	CLEANUP(free_char) char *behind = xstrdup(str_c(rest) + skip + len);
	CLEANUP(free_char) char *at = NULL;
	CLEANUP(free_char) char *target = NULL;

	str_set(rest, behind, strlen(behind));
	if (!*name || !strcmp(name, "."))
		return true;
	if (!strcmp(name, "..")) {
		const char *slash = strrchr(str_c(done), '/');

		done->len = slash ? (size_t)(slash - done->s) : 0;
		if (done->s)
			done->s[done->len] = '\0';
		return true;
	}
	at = xasprintf("%s/%s", str_c(done), name);
	target = host_readlink(h, at);
	if (!target) {
		str_set(done, at, strlen(at));
		return true;
	}
	if (++*links > MAX_LINKS)
		return false;
	if (*target == '/')
		str_clear(done);
	str_clear(rest);
	str_addf(rest, "%s%s", target, behind);
	return true;
}

char *host_realpath(const struct host *h, const char *path)
{
	CLEANUP(str_done) struct str done = { 0 };
	CLEANUP(str_done) struct str rest = { 0 };
	int links = 0;

	str_add(&rest, path);
	while (rest.len)
		if (!walk(h, &done, &rest, &links))
			return NULL;
	if (!done.len)
		str_addc(&done, '/');
	return host_exists(h, done.s) ? str_take(&done) : NULL;
}
