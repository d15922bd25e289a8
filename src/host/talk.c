/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/internal.h"

#define LINE_MAX_BYTES ((size_t)4 << 20)
#define SAID_MAX ((size_t)64 << 10)
#define TICK_MS 100
/* What a killed program gets to be gone, as in run.c. */
#define KILLED_S 10.0

/* Runs in the child: async-signal-safe calls only. */
static _Noreturn void child(const char *path, const char *const *argv, char *const *env,
			    int lines, int errors, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0); /* the terminal's Ctrl-C is for the parent, which ends it */
	/* The parent may be gone already: then the kernel has nothing to tell. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    dup2(lines, 0) < 0 || dup2(lines, 1) < 0 || dup2(errors, 2) < 0 ||
	    chdir("/") < 0)
		_exit(127);
	execve(path, (char *const *)argv, env); /* the rest has O_CLOEXEC */
	_exit(127);
}

static int start(const char *path, const char *const *argv, struct talk *t)
{
	CLEANUP(strv_done) struct strv env = { 0 };
	int sockets[2], pipes[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	if (pipe2(pipes, O_CLOEXEC) < 0) {
		close(sockets[0]);
		close(sockets[1]);
		return -errno;
	}
	host_environment(NULL, &env);
	t->pid = fork();
	if (t->pid == 0)
		child(path, argv, env.v, sockets[1], pipes[1], parent);
	close(sockets[1]);
	close(pipes[1]);
	t->lines = sockets[0];
	t->errors = pipes[0];
	return t->pid < 0 ? -errno : 0;
}

int talk_start(const struct host *h, const char *const *argv, struct talk *ret,
	       struct error *e)
{
	CLEANUP(free_char) char *path = NULL;
	int r = host_need_live(h, "running a program", e);

	*ret = (struct talk){ .host = h, .name = argv[0], .lines = -1, .errors = -1 };
	if (r < 0)
		return r;
	path = host_find_program(h, argv[0]);
	if (!path)
		return error_set(e, ENOENT, "the program %s is not installed", argv[0]);
	r = start(path, argv, ret);
	if (r < 0) {
		ret->pid = 0;
		talk_done(ret);
		return error_errno(e, -r, "can't start %s", path);
	}
	return 0;
}

int talk_send(struct talk *t, const char *line)
{
	CLEANUP(free_char) char *text = xasprintf("%s\n", line);
	size_t n = strlen(text);

	/* A socket takes at least 4 KiB before it blocks, and the lines are short. */
	return send(t->lines, text, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -EPIPE;
}

/* Takes what is there. Returns false at the end. */
static bool take_input(struct talk *t)
{
	char chunk[8192];
	ssize_t n = read(t->lines, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	str_addn(&t->input, chunk, (size_t)n);
	return n > 0;
}

static bool take_errors(struct talk *t)
{
	char chunk[4096];
	ssize_t n = read(t->errors, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (t->said.len < SAID_MAX)
		str_addn(&t->said, chunk, (size_t)n);
	return n > 0;
}

/* Waits for a moment for either. Returns false when the program no longer writes to
 * stdout. */
static bool wait_moment(struct talk *t, int ms)
{
	struct pollfd p[] = { { .fd = t->lines, .events = POLLIN },
			      { .fd = t->errors, .events = POLLIN } };

	poll(p, ARRAY_SIZE(p), ms);
	if (p[1].revents && !take_errors(t))
		close_fd(&t->errors);
	return !p[0].revents || take_input(t);
}

static bool take_line(struct talk *t, struct str *ret)
{
	const char *end = t->input.len ? memchr(t->input.s, '\n', t->input.len) : NULL;
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - t->input.s);
	str_clear(ret);
	str_addn(ret, t->input.s, n);
	memmove(t->input.s, end + 1, t->input.len - n); /* with the 0 at its end */
	t->input.len -= n + 1;
	return true;
}

int talk_line(struct talk *t, double until, struct str *ret)
{
	bool open_lines = true;

	while (!take_line(t, ret)) {
		if (!open_lines)
			return -EPIPE;
		if (t->input.len > LINE_MAX_BYTES)
			return -EMSGSIZE;
		if (seconds_now() > until)
			return -ETIMEDOUT;
		open_lines = wait_moment(t, TICK_MS);
	}
	return 0;
}

/* Waits for its end, taking what it says: a full pipe would keep it from ending. */
static bool wait_for_end(struct talk *t, double seconds)
{
	double until = seconds_now() + seconds;
	bool open_lines = true;

	while (true) {
		pid_t r = waitpid(t->pid, &t->status, WNOHANG);

		if (r == t->pid || (r < 0 && errno == ECHILD))
			return true;
		if (seconds_now() > until)
			return false;
		if (open_lines) {
			open_lines = wait_moment(t, 10);
			str_clear(&t->input);
		} else {
			static const struct timespec moment = { .tv_nsec = 10000000 };

			nanosleep(&moment, NULL);
		}
	}
}

int talk_end(struct talk *t, double grace_s, struct error *e)
{
	CLEANUP(str_done) struct str where = { 0 };
	bool gone;

	if (t->pid <= 0)
		return 0;
	gone = wait_for_end(t, grace_s);
	kill(-t->pid, SIGKILL); /* and what it started */
	if (!gone) {
		kill(t->pid, SIGKILL);
		gone = wait_for_end(t, KILLED_S);
	}
	while (t->errors >= 0) {
		struct pollfd p = { .fd = t->errors, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0 || !take_errors(t))
			break;
	}
	if (gone) {
		t->pid = 0;
		return 0;
	}
	host_group_is_alive(t->host, t->pid, &where);
	t->pid = 0;
	error_set(e, EINPROGRESS, "%s can't be ended: it hangs in the kernel%s%s%s",
		  t->name, where.len ? " (" : "", str_c(&where), where.len ? ")" : "");
	error_hint(e, "the kernel log (dmesg) says what it waits for; if that stays so, "
		      "a reboot ends it");
	return -EINPROGRESS;
}

void talk_done(struct talk *t)
{
	talk_end(t, 0, NULL);
	close_fd(&t->lines);
	close_fd(&t->errors);
	str_done(&t->input);
	str_done(&t->said);
}
