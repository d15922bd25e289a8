/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host/internal.h"

/* The whole file, as dpkg and rpm lock theirs. */
static struct flock whole(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

int host_is_locked(const struct host *h, const char *path, pid_t *ret_pid)
{
	CLEANUP(close_fd) int fd = -1;
	struct flock lock = whole(F_RDLCK); /* in whose way only writers are */

	*ret_pid = 0;
	if (!h->live)
		return -EOPNOTSUPP;
	fd = host_openat(h, path, O_RDONLY | O_NONBLOCK);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	/* -1: a lock that belongs to an open file, not to a process */
	*ret_pid = lock.l_pid > 0 ? lock.l_pid : 0;
	return 1;
}

int host_take_lock(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = -1;
	struct flock lock = whole(F_WRLCK);

	if (!h->live)
		return -EOPNOTSUPP;
	fd = host_openat(h, path, O_RDWR | O_NONBLOCK);
	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &lock) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return take_fd(&fd);
}

int host_lock(const struct host *h, struct error *e)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = -1;
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, r;

	r = host_mkdirs(h, "/run/slicer", 0755, e);
	if (r < 0)
		return r;
	dir = host_open_parent(h, "/run/slicer/lock", false, &name);
	if (dir < 0)
		return host_write_error(e, "/run/slicer/lock", -dir, "lock");
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return host_write_error(e, "/run/slicer/lock", errno, "lock");
	if (fcntl(fd, F_OFD_SETLK, &all) == 0)
		return fd;
	r = errno;
	close(fd);
	if (r != EAGAIN)
		return host_write_error(e, "/run/slicer/lock", r, "lock");
	error_set(e, r, "another slicer is changing this host");
	error_at(e, "/run/slicer/lock", 0);
	error_hint(
		e,
		"wait until it has finished; 'fuser /run/slicer/lock' shows who it is");
	return -r;
}

bool host_lock_is_held(const struct host *h)
{
	CLEANUP(close_fd)
	int fd = host_openat(h, "/run/slicer/lock", O_RDONLY | O_NONBLOCK);
	struct flock all = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
}
