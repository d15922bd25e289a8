/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A system call with a deadline, made by a child: a driver may never come back from it.
 */
#include "host/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* The child does one thing and reports what came of it. */
static _Noreturn void child(int (*work)(void *data), void *data, int keep, int report)
{
	int r;

	close_others(keep, report);
	setpgid(0, 0); /* the terminal's Ctrl-C is for the parent, which takes back */
	r = work(data);
	if (write(report, &r, sizeof(r)) < 0)
		_exit(1);
	_exit(0);
}

/* Waits for the report; -ETIMEDOUT leaves the child behind: it can't be killed while it
 * sits in the driver (uninterruptible), and waiting for it would hang this program too.
 */
static int wait_report(pid_t pid, int report, unsigned timeout_ms)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	int r = 0, n;

	do {
		n = poll(&p, 1, (int)timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
		return -ETIMEDOUT;
	}
	if (read(report, &r, sizeof(r)) != sizeof(r))
		r = -EIO;
	waitpid(pid, NULL, 0);
	return r;
}

int host_in_child(int (*work)(void *data), void *data, int keep, unsigned timeout_ms)
{
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(work, data, keep, fds[1]);
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r == 0)
		r = wait_report(pid, fds[0], timeout_ms);
	close(fds[0]);
	return r;
}
