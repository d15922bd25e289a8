/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/caller.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

#define NAME "slicer"
#define OTHER_NAME "slicer-iommu"

enum caller_root caller_root(const struct host *h)
{
	static const char *const paths[] = { "/usr/bin/sudo", "/usr/local/bin/sudo",
					     "/bin/sudo" };

	if (getenv("SUDO_UID"))
		return CALLER_SUDO;
	if (geteuid() == 0 && !getenv("DOAS_USER") && !getenv("PKEXEC_UID"))
		return CALLER_IS_ROOT;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (host_exists(h, paths[i]))
			return CALLER_SUDO;
	return CALLER_WITHOUT_SUDO;
}

/* The first program of that name, as a login shell of root's would find it, open; or -1.
 */
static int find_program(const char *name)
{
	static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin",
						   "/usr/sbin",	      "/usr/bin",
						   "/sbin",	      "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", directories[i], name);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return fd;
		close_fd(&fd);
	}
	return -1;
}

/* An installation has one file with two names, or two files that have the same bytes. */
static bool is_same(int a, int b)
{
	struct stat of_a, of_b;
	char block_a[65536], block_b[65536];
	off_t at = 0;

	if (fstat(a, &of_a) < 0 || fstat(b, &of_b) < 0 || of_a.st_size != of_b.st_size)
		return false;
	if (of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino)
		return true;
	while (at < of_a.st_size) {
		ssize_t n = pread(a, block_a, sizeof(block_a), at);

		if (n <= 0 || pread(b, block_b, sizeof(block_b), at) != n ||
		    memcmp(block_a, block_b, (size_t)n) != 0)
			return false;
		at += n;
	}
	return true;
}

const char *caller_slicer(void)
{
	CLEANUP(close_fd) int named = find_program(NAME);
	CLEANUP(close_fd) int other = find_program(OTHER_NAME);

	if (named < 0 || other < 0)
		return NAME;
	return is_same(named, other) ? NAME : OTHER_NAME;
}
