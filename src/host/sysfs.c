/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing sysfs attributes, with a deadline: a driver may never come back from an unbind.
 */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

/* Closes every descriptor but two. A child that hangs in a driver for ever would keep
 * what it inherited: slicer's lock, and the pipe that the caller reads. O_CLOEXEC is of
 * no help where nothing is executed. close_range(2) is in Linux 5.9. */
static void close_others(int one, int other)
{
	unsigned low = (unsigned)(one < other ? one : other);
	unsigned high = (unsigned)(one < other ? other : one);

	if (syscall(SYS_close_range, high + 1, ~0u, 0) < 0)
		for (unsigned fd = high + 1; fd < 1024; fd++)
			close((int)fd);
	for (unsigned fd = 0; fd < high; fd++)
		if (fd != low)
			close((int)fd);
}

/* The child does one write and reports its errno. Async-signal-safe only: it is a fork.
 */
static _Noreturn void child(int attribute, int report, const char *bytes, size_t len)
{
	int err;

	close_others(attribute, report);
	setpgid(0, 0); /* the terminal's Ctrl-C is for the parent, which takes back */
	err = write(attribute, bytes, len) < 0 ? errno : 0;

	if (write(report, &err, sizeof(err)) < 0)
		_exit(1);
	_exit(0);
}

/* Waits for the report; -ETIMEDOUT leaves the child behind: it can't be killed while it
 * sits in the driver (uninterruptible), and waiting for it would hang this program too.
 */
static int wait_report(pid_t pid, int report, unsigned timeout_ms)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	int err = 0, n;

	do {
		n = poll(&p, 1, (int)timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
		return -ETIMEDOUT;
	}
	if (read(report, &err, sizeof(err)) != sizeof(err))
		err = EIO;
	waitpid(pid, NULL, 0);
	return -err;
}

static int write_in_child(int attribute, const char *bytes, size_t len,
			  unsigned timeout_ms)
{
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(attribute, fds[1], bytes, len);
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r == 0)
		r = wait_report(pid, fds[0], timeout_ms);
	close(fds[0]);
	return r;
}

int host_sysfs_write(const struct host *h, const char *path, const char *bytes,
		     size_t len, unsigned timeout_ms, struct error *e)
{
	CLEANUP(close_fd) int fd = -1;
	int r = host_need_live(h, "writing to sysfs", e);

	if (r < 0)
		return r;
	fd = host_openat(h, path, O_WRONLY);
	if (fd < 0)
		return sysfs_error(e, path, -fd, bytes, len);
	if (timeout_ms)
		r = write_in_child(fd, bytes, len, timeout_ms);
	else
		r = write(fd, bytes, len) < 0 ? -errno : 0;
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
