/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing sysfs attributes, with a deadline: a driver may never come back from an unbind.
 */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int sysfs_error(struct error *e, const char *path, int err, const char *bytes,
		       size_t len)
{
	CLEANUP(str_done) struct str text = { 0 };

	str_add_printable(&text, bytes, len);
	error_errno(e, err, "writing \"%s\" failed", str_c(&text));
	error_at(e, path, 0);
	if (err == EACCES || err == EPERM)
		error_hint(e, "run it as root (sudo)");
	return -err;
}

struct writing {
	int attribute;
	const char *bytes;
	size_t len;
};

static int write_once(void *data)
{
	const struct writing *w = data;

	return write(w->attribute, w->bytes, w->len) < 0 ? -errno : 0;
}

/* An attribute is no link: one in its place could lead to another device's. What can't be
 * opened at once, as a FIFO that nobody reads, is none either; opening has no deadline.
 */
static int open_attribute(const struct host *h, const char *path)
{
	int fd = host_openat(h, path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);

	/* The write itself may take its time. */
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

int host_sysfs_write(const struct host *h, const char *path, const char *bytes,
		     size_t len, unsigned timeout_ms, struct error *e)
{
	CLEANUP(close_fd) int fd = -1;
	int r = host_need_live(h, "writing to sysfs", e);
	struct writing w;

	if (r < 0)
		return r;
	fd = open_attribute(h, path);
	if (fd < 0)
		return sysfs_error(e, path, -fd, bytes, len);
	w = (struct writing){ fd, bytes, len };
	r = timeout_ms ? host_in_child(write_once, &w, fd, timeout_ms) : write_once(&w);
	if (r == -ETIMEDOUT) {
		error_set(e, ETIMEDOUT, "the driver did not answer within %u s",
			  timeout_ms / 1000);
		error_at(e, path, 0);
		error_hint(e,
			   "something still uses the device; the kernel log (dmesg) says "
			   "where it hangs, and a reboot ends it");
		return r;
	}
	return r < 0 ? sysfs_error(e, path, -r, bytes, len) : 0;
}
