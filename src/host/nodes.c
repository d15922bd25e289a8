/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device nodes: their numbers, who may open them, and whether the kernel keeps a disk for
 * one user. */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TIMEOUT_MS 2000

/* The node by /proc: its name may be another device's by now. */
static int open_alone(void *data)
{
	const int *node = data;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", *node);
	fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int host_block_is_claimed(const struct host *h, const char *path, const char *devno)
{
	CLEANUP(close_fd) int node = -1;
	char number[32];
	struct stat st;
	int r = host_need_live(h, "asking for a disk", NULL);

	if (r < 0)
		return r;
	node = host_openat(h, path, O_PATH);
	if (node < 0)
		return node;
	if (fstat(node, &st) < 0)
		return -errno;
	snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (!S_ISBLK(st.st_mode) || strcmp(number, devno) != 0)
		return -ENODEV;
	r = host_in_child(open_alone, &node, node, TIMEOUT_MS);
	/* Without a medium there is nothing to keep. */
	return r == -EBUSY ? 1 : r == -ENOMEDIUM ? 0 : r;
}

int host_can_open(const struct host *h, const char *path)
{
	CLEANUP(close_fd) int fd = -1;
	int r = host_need_live(h, "asking for a node", NULL);

	if (r < 0)
		return r;
	fd = host_openat(h, path, O_PATH);
	if (fd < 0)
		return fd;
	/* As in host_can_write(): by fd, as what we are now. */
	if (syscall(SYS_faccessat2, fd, "", R_OK | W_OK, AT_EMPTY_PATH | AT_EACCESS) < 0)
		return -errno;
	return 0;
}

int host_node_number(const struct host *h, const char *link, char **ret)
{
	struct statx st;
	int r = host_need_live(h, "an open file", NULL);

	if (r < 0)
		return r;
	/* The link is followed: host_openat() would not follow one of its kind. */
	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.stx_mode) && !S_ISBLK(st.stx_mode))
		return -ENOTBLK;
	*ret = xasprintf("%s/%u:%u", S_ISBLK(st.stx_mode) ? "block" : "char",
			 st.stx_rdev_major, st.stx_rdev_minor);
	return 0;
}
