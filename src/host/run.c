/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting programs: the only posix_spawn. */
#include "host/internal.h"
#include "host/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)4 << 20)
#define DEFAULT_TIMEOUT 60
#define TICK_MS 200
/* What a program gets to clean up between being asked to end and being killed. */
#define GRACE_S 2.0
/* What a killed program gets to be gone. One that waits in the kernel for a disk or a
 * server that does not answer can't be killed at all. */
#define KILLED_S 10.0

static const char path_variable[] = "PATH=" HOST_PATH;

/* Without the locale. */
static const char *const environment[] = {
	path_variable,
	"HOME=/root",
	"TERM=dumb",
	"DEBIAN_FRONTEND=noninteractive",
};

void host_environment(const struct strv *locale, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++)
		strv_add(ret, environment[i]);
	for (size_t i = 0; locale && i < locale->n; i++)
		strv_add(ret, locale->v[i]);
	if (!locale)
		strv_add(ret, "LC_ALL=C");
}

static bool can_run(const struct host *h, const char *path)
{
	struct stat st;

	return host_stat(h, path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

char *host_find_program(const struct host *h, const char *name)
{
	struct strv dirs = { 0 };
	char *found = NULL;

	if (strchr(name, '/'))
		return can_run(h, name) ? xstrdup(name) : NULL;
	strv_split(&dirs, HOST_PATH, ":");
	for (size_t i = 0; i < dirs.n && !found; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dirs.v[i], name);

		if (can_run(h, path))
			found = take(path);
	}
	strv_done(&dirs);
	return found;
}

/* The whole input in memory that can be read from its start: no pipe that could block. */
static int input_fd(const struct run *r)
{
	int fd;

	if (!r->input)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = memfd_create("slicer-input", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	for (size_t done = 0; done < r->input_len;) {
		ssize_t n = write(fd, (const char *)r->input + done, r->input_len - done);

		if (n < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int spawn(const char *path, const struct run *r, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	CLEANUP(strv_done) struct strv env = { 0 };
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	host_environment(r->locale, &env);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, out, 2);
	posix_spawn_file_actions_addchdir_np(&fa, "/");
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	err = posix_spawn(pid, path, &fa, &attr, (char *const *)r->argv, env.v);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return -err;
}

/* Takes what is there. Returns false at the end of the output. */
static bool drain(const struct run *r, int fd, struct str *tail)
{
	char chunk[8192];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if (r->output && r->output->len < OUTPUT_MAX)
		str_addn(r->output, chunk, (size_t)n);
	if (r->log_fd >= 0 && write(r->log_fd, chunk, (size_t)n) < 0) {
		/* A log that can't be written (full disk) must not stop a boot loader's
		 * generator half way: its result is what gets checked. */
	}
	str_addn(tail, chunk, (size_t)n);
	if (tail->len > 2048) {
		memmove(tail->s, tail->s + tail->len - 1024, 1024);
		tail->len = 1024;
		tail->s[tail->len] = '\0';
	}
	return true;
}

enum stop { STOP_NO, STOP_TIMEOUT, STOP_INTERRUPT };

/* How it ended, besides its status. */
struct ending {
	enum stop why;
	struct str stuck; /* what could not be ended and is still there; empty: nothing */
};

static void ending_done(struct ending *end)
{
	str_done(&end->stuck);
}

/* A caller that must not die half way blocks these signals: then they are pending, and
 * the program is what they end. */
static bool is_interrupted(const struct run *r)
{
	return !r->uninterruptible && signals_pending();
}

/* The group, and the program itself: it may have gone to another group. */
static void kill_all(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

/* Waits, for a bounded time, until nothing of the killed group is left. Returns false and
 * says what is. */
static bool wait_for_group(const struct host *h, pid_t pid, double until, struct str *ret)
{
	static const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };

	while (host_group_is_alive(h, pid, ret)) {
		if (seconds_now() > until)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

/* Asks the program to end when its time is up or the person wants it, kills it when it
 * does not. Returns why. */
static enum stop stop_if_due(const struct run *r, pid_t pid, enum stop why, double past,
			     double *limit)
{
	if (why && past > *limit + GRACE_S)
		kill_all(pid);
	if (why)
		return why;
	why = past > *limit ? STOP_TIMEOUT : is_interrupted(r) ? STOP_INTERRUPT : STOP_NO;
	if (why) {
		*limit = past;
		kill(-pid, SIGTERM);
	}
	return why;
}

/* Follows the program until it is gone; or, when its time is up, until it and its group
 * are killed or have shown that they can't be. A daemon that it left behind may hold the
 * pipe open: the program's own end is what counts. */
static void follow(const struct host *h, struct run *r, pid_t pid, int out,
		   struct str *tail, struct ending *ret)
{
	double start = seconds_now(),
	       limit = r->timeout_s ? r->timeout_s : DEFAULT_TIMEOUT;
	bool open_pipe = true, gone = false;
	pid_t ended = 0;
	enum stop why = STOP_NO;
	/* Readable when it is gone: its pipe ends a moment earlier, and without this (-1
	 * on an old kernel) that moment costs a whole tick. */
	CLEANUP(close_fd) int end = (int)syscall(SYS_pidfd_open, pid, 0);

	while (!gone && !(why && seconds_now() - start > limit + GRACE_S + KILLED_S)) {
		struct pollfd p[] = {
			{ .fd = open_pipe ? out : -1, .events = POLLIN },
			{ .fd = end, .events = POLLIN },
		};
		double past = seconds_now() - start;

		poll(p, ARRAY_SIZE(p), TICK_MS);
		if (p[0].revents)
			open_pipe = drain(r, out, tail);
		ended = waitpid(pid, &r->status, WNOHANG);
		/* ECHILD can't be, while SIGCHLD has its default (main): no endless wait.
		 */
		gone = ended == pid || (ended < 0 && errno == ECHILD);
		if (r->tick && !gone)
			r->tick(r->tick_data, past);
		if (!gone)
			why = stop_if_due(r, pid, why, past, &limit);
	}
	if (!gone || ended < 0)
		r->status = W_EXITCODE(255, 0); /* nobody knows how it ended: not well */
	r->seconds = seconds_now() - start;
	if (why) {
		kill(-pid, SIGKILL);
		if (wait_for_group(h, pid, gone ? seconds_now() + KILLED_S : 0,
				   &ret->stuck))
			str_clear(&ret->stuck);
		if (!gone && !ret->stuck.len)
			str_addf(&ret->stuck, "%s (process %d)", r->argv[0], (int)pid);
		if (ret->stuck.len && r->stuck)
			host_note_stuck(h, pid, !gone, r->stuck);
	}
	while (open_pipe) {
		struct pollfd p = { .fd = out, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0 || !drain(r, out, tail))
			break;
	}
	ret->why = why;
}

static void add_last_line(struct error *e, struct str *tail)
{
	CLEANUP(str_done) struct str safe = { 0 };
	const char *last;

	str_rtrim(tail);
	if (!e || !tail->len)
		return;
	last = strrchr(tail->s, '\n');
	last = last ? last + 1 : tail->s;
	str_add_printable(&safe, last, strlen(last));
	snprintf(e->what + strlen(e->what), sizeof(e->what) - strlen(e->what), ": %.400s",
		 str_c(&safe));
}

static int tell_stuck(const char *name, const struct str *stuck, struct error *e)
{
	error_set(e, EINPROGRESS,
		  "%s was told to end, but %s can't be ended: it hangs in "
		  "the kernel",
		  name, str_c(stuck));
	error_hint(
		e,
		"the kernel log (dmesg) says what it waits for: a disk or a server that "
		"does not answer; if that stays so, a reboot ends it");
	return -EINPROGRESS;
}

static int outcome(const struct run *r, const struct ending *end, struct str *tail,
		   struct error *e)
{
	const char *name = r->argv[0];
	enum stop why = end->why;

	if (end->stuck.len)
		return tell_stuck(name, &end->stuck, e);
	if (why == STOP_INTERRUPT)
		return error_set(e, EINTR, "interrupted; %s was stopped", name);
	if (why == STOP_TIMEOUT) {
		error_set(e, ETIMEDOUT, "%s did not finish within %u s and was stopped",
			  name, r->timeout_s ? r->timeout_s : DEFAULT_TIMEOUT);
		add_last_line(e, tail);
		return -ETIMEDOUT;
	}
	if (WIFSIGNALED(r->status)) {
		error_set(e, ECANCELED, "%s was ended by signal %d (%s)", name,
			  WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
		add_last_line(e, tail);
		return -ECANCELED;
	}
	if (WEXITSTATUS(r->status) != 0) {
		error_set(e, EPROTO, "%s failed with exit status %d", name,
			  WEXITSTATUS(r->status));
		add_last_line(e, tail);
		return -EPROTO;
	}
	return 0;
}

int host_run(const struct host *h, struct run *r, struct error *e)
{
	CLEANUP(free_char) char *path = NULL;
	CLEANUP(str_done) struct str tail = { 0 };
	CLEANUP(close_fd) int in = -1;
	CLEANUP(close_fd) int out_r = -1;
	CLEANUP(close_fd) int out_w = -1;
	CLEANUP(ending_done) struct ending end = { 0 };
	int fds[2], err;
	pid_t pid;

	err = host_need_live(h, "running a program", e);
	if (err < 0)
		return err;
	path = host_find_program(h, r->argv[0]);
	if (!path) {
		error_set(e, ENOENT, "the program %s is not installed", r->argv[0]);
		error_hint(e, "looked for it in " HOST_PATH);
		return -ENOENT;
	}
	in = input_fd(r);
	if (in < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return error_errno(e, errno, "can't start %s", r->argv[0]);
	out_r = fds[0];
	out_w = fds[1];
	err = spawn(path, r, in, out_w, &pid);
	if (err < 0)
		return error_errno(e, -err, "can't start %s", path);
	close_fd(&out_w);
	follow(h, r, pid, out_r, &tail, &end);
	return outcome(r, &end, &tail, e);
}
