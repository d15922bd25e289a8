/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories that are made and taken away, and the error of all that can't be written.
 */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int host_write_error(struct error *e, const char *path, int err, const char *doing)
{
	error_errno(e, err, "can't %s", doing);
	error_at(e, path, 0);
	if (err == ENOSPC || err == EDQUOT)
		error_hint(e, "make room on that filesystem and try again");
	else if (err == EROFS)
		error_hint(e, "the filesystem is mounted read-only");
	else if (err == EACCES || err == EPERM)
		error_hint(e, "run it as root (sudo)");
	else if (err == ENOENT)
		error_hint(e, "its directory does not exist");
	return -err;
}

/* One that is there is fine. One that may not outlive a power cut is not left behind: it
 * would be nobody's. */
static int make_directory(int dir, const char *name, mode_t mode)
{
	bool made = mkdirat(dir, name, mode) == 0;
	int err;

	if (!made && errno != EEXIST)
		return -errno;
	if (fsync(dir) == 0)
		return 0;
	err = errno;
	if (made)
		unlinkat(dir, name, AT_REMOVEDIR);
	return -err;
}

/* A disk that is not mounted, more likely than a directory that is still to be made: what
 * would be written there is hidden once it is. */
static int refuse_dead_link(const char *path, const char *link, struct error *e)
{
	error_set(e, ENOTDIR, "is a link to %s, and there is no such directory", link);
	error_at(e, path, 0);
	error_hint(e, "mount or make what it leads to, or remove the link");
	return -ENOTDIR;
}

int host_mkdirs(const struct host *h, const char *path, mode_t mode, struct error *e)
{
	CLEANUP(free_char) char *at = xstrdup(path);
	int r;

	for (char *p = at + 1;; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (!host_is_dir(h, at)) {
			CLEANUP(free_char) char *name = NULL;
			CLEANUP(free_char) char *link = host_readlink(h, at);
			CLEANUP(close_fd) int dir = host_open_parent(h, at, false, &name);

			if (link)
				return refuse_dead_link(at, link, e);
			if (dir < 0)
				return host_write_error(e, at, -dir,
							"make the directory");
			r = make_directory(dir, name, mode);
			if (r < 0)
				return host_write_error(e, at, -r, "make the directory");
			if (!host_is_dir(h, at))
				return host_write_error(e, at, ENOTDIR,
							"make the directory");
		}
		if (!end)
			return 0;
		*p = end;
	}
}

int host_rmdir(const struct host *h, const char *path, struct error *e)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = host_open_parent(h, path, true, &name);

	if (dir == -ENOENT || dir == -ENOTDIR)
		return 0;
	if (dir < 0)
		return host_write_error(e, path, -dir, "remove");
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		return errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST ||
				       errno == EBUSY
			       ? 0
			       : host_write_error(e, path, errno, "remove");
	if (fsync(dir) < 0)
		return host_write_error(e, path, errno, "make sure of the directory of");
	return 0;
}
