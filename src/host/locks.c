/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/locks.h"

#include <errno.h>
#include <fcntl.h>

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
