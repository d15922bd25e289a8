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

#define LOCK_DIR "/run/slicer"
#define LOCK_PATH LOCK_DIR "/lock"

/* Opens the lock's file, making it where it is not there, and asks for the lock. Returns
 * the fd, or -EAGAIN without an error where somebody else has it, or another negative
 * errno with one. */
static int open_lock(const struct host *h, struct error *e)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = -1, fd = -1;
	struct flock all = whole(F_WRLCK);
	int r = host_mkdirs(h, LOCK_DIR, 0755, e);

	if (r < 0)
		return r;
	dir = host_open_parent(h, LOCK_PATH, false, &name);
	if (dir < 0)
		return host_write_error(e, LOCK_PATH, -dir, "lock");
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return host_write_error(e, LOCK_PATH, errno, "lock");
	if (fcntl(fd, F_OFD_SETLK, &all) == 0)
		return take_fd(&fd);
	return errno == EAGAIN ? -EAGAIN : host_write_error(e, LOCK_PATH, errno, "lock");
}

/* Who had the lock of a foreign root may have removed its file since it was opened. */
static bool is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

int host_lock(const struct host *h, struct error *e)
{
	int fd = open_lock(h, e);

	while (fd >= 0 && is_removed(fd)) {
		close(fd);
		fd = open_lock(h, e);
	}
	if (fd != -EAGAIN)
		return fd;
	error_set(e, EAGAIN, "another slicer is changing this host");
	error_at(e, LOCK_PATH, 0);
	error_hint(e,
		   "wait until it has finished; 'fuser " LOCK_PATH "' shows who it is");
	return -EAGAIN;
}

void host_unlock(const struct host *h, int fd)
{
	CLEANUP(free_char) char *name = NULL;
	CLEANUP(close_fd) int dir = -1;

	if (fd < 0)
		return;
	/* The running machine's /run is gone at the next boot; on a disk it would stay.
	 */
	if (!h->live)
		dir = host_open_parent(h, LOCK_PATH, false, &name);
	if (dir >= 0 && unlinkat(dir, name, 0) == 0)
		host_rmdir(h, LOCK_DIR, NULL);
	close(fd);
}

bool host_lock_is_held(const struct host *h)
{
	CLEANUP(close_fd)
	int fd = host_openat(h, LOCK_PATH, O_RDONLY | O_NONBLOCK);
	struct flock all = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
}
