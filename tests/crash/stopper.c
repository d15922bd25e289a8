/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command and everything that it starts, numbers their system calls that change
 * something in a filesystem, and does something at the entry of one of them:
 *
 *   stopper [OPTION...] count -- COMMAND...         nothing; says how many there are
 *   stopper [OPTION...] kill N -- COMMAND...        kills all of them: nothing of call N
 *                                                   happens, as in a power cut
 *   stopper [OPTION...] fail N ERRNO -- COMMAND...  call N is not made and fails; SHORT
 *                                                   instead of a name: a write of half
 *   stopper [OPTION...] snap HOOK -- COMMAND...     runs HOOK N PROGRAM BEFORE while call
 *                                                   N of PROGRAM waits; BEFORE made call
 *                                                   N - 1, and that was not a sync, which
 *                                                   changes nothing that could be seen
 *
 *   --chroot DIR  the command's root      --only NAME   counts calls of programs so named
 *   --skip DIR    below it nothing counts (as the command sees it; repeatable)
 *   --any         every system call counts, reading ones too
 *   --from        fail: N and all later ones (ENOSPC: those that need room)
 *   -o FILE       the report goes there, not to stderr     -v  with a line per call
 *
 * Exit status: the command's; 200 killed as asked; 201 there was no call N; 202 an error
 * of stopper's own. The calls are caught by a seccomp filter, so that the others run at
 * full speed: ptrace(2), seccomp(2). x86_64 only; needs Linux 5.3.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash/calls.h"

#define MAX_TRACEES 4096
#define MAX_SKIPS 8
#define SHORT_WRITE (-1)

enum { EXIT_KILLED = 200, EXIT_NOT_REACHED, EXIT_BROKEN };
enum mode { COUNT, KILL, FAIL, SNAP };

static struct {
	enum mode mode;
	unsigned long at; /* N */
	int error; /* positive errno or SHORT_WRITE */
	const char *hook, *root, *only, *skip[MAX_SKIPS];
	size_t n_skip;
	bool any, from, verbose;
	FILE *report;
	char **command;
} opt;

static pid_t tracees[MAX_TRACEES], main_pid;
static size_t n_tracees;
static unsigned long number; /* of calls so far */
static bool reached, started;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "stopper: %s: %s\n", what, strerror(errno));
	exit(EXIT_BROKEN);
}

/* Is it a call of the numbered kind? */
static bool counts(const struct call_info *c)
{
	if (opt.only && strcmp(opt.only, c->program) != 0)
		return false;
	for (size_t i = 0; i < opt.n_skip; i++)
		if (!strncmp(c->path, opt.skip[i], strlen(opt.skip[i])))
			return false;
	return opt.any || (c->name && c->changes);
}

/* ---- what is done to it
 * ------------------------------------------------------------------- */

static void kill_all(pid_t pid, struct user_regs_struct *r)
{
	r->orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, pid, 0, r);
	for (size_t i = 0; i < n_tracees; i++)
		kill(tracees[i], SIGKILL);
	/* One that was just born is killed by PTRACE_O_EXITKILL; its parent is gone
	 * then. */
	for (int st; (pid = waitpid(-1, &st, __WALL)) > 0;)
		if (WIFSTOPPED(st))
			kill(pid, SIGKILL);
	fprintf(opt.report, "%lu\n", number);
	exit(EXIT_KILLED);
}

static void fail(pid_t pid, struct user_regs_struct *r)
{
	if (opt.error == SHORT_WRITE) {
		r->rdx = r->rdx > 1 ? r->rdx / 2 : r->rdx;
	} else {
		r->orig_rax = (unsigned long long)-1;
		r->rax = (unsigned long long)-(long long)opt.error;
	}
	if (ptrace(PTRACE_SETREGS, pid, 0, r) < 0)
		die("can't make a call fail");
}

static void run_hook(const struct call_info *c)
{
	static struct call_info before;
	char text[24];
	pid_t pid;
	int st;

	if (!before.name || !strstr(before.name, "sync")) {
		snprintf(text, sizeof(text), "%lu", number);
		pid = fork();
		if (pid == 0) {
			execl(opt.hook, opt.hook, text, c->program, before.program, NULL);
			_exit(127);
		}
		if (waitpid(pid, &st, 0) != pid || st != 0)
			die(opt.hook);
	}
	before = *c;
}

static void on_call(pid_t pid)
{
	struct user_regs_struct r;
	struct call_info c;

	if (!started || ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return;
	call_look(pid, opt.root, &r, &c);
	if (!counts(&c))
		return;
	number++;
	if (opt.verbose)
		fprintf(opt.report, "%lu %s %ld:%s %s%s\n", number, c.program, c.number,
			c.name ? c.name : "", c.path, c.room ? " (room)" : "");
	if (opt.mode == SNAP)
		run_hook(&c);
	if (opt.mode == COUNT || opt.mode == SNAP ||
	    (opt.from ? number < opt.at : number != opt.at))
		return;
	reached = true;
	if (opt.mode == KILL)
		kill_all(pid, &r);
	else if (!opt.from || opt.error != ENOSPC || c.room)
		fail(pid, &r);
}

/* ---- following
 * ---------------------------------------------------------------------------- */

static void start(void)
{
	const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				      PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
				      PTRACE_O_EXITKILL;
	int go[2];
	char c = 0;

	if (pipe2(go, O_CLOEXEC) < 0)
		die("pipe");
	main_pid = fork();
	if (main_pid == 0) {
		if (read(go[0], &c, 1) != 1)
			_exit(EXIT_BROKEN);
		if (opt.root && (chroot(opt.root) < 0 || chdir("/") < 0))
			die(opt.root);
		if (calls_trace(opt.any ? CALLS_ANY : CALLS_OF_TABLE) < 0)
			die("seccomp");
		execv(opt.command[0], opt.command);
		die(opt.command[0]);
	}
	if (main_pid < 0 || ptrace(PTRACE_SEIZE, main_pid, 0, options) < 0)
		die("ptrace");
	tracees[n_tracees++] = main_pid;
	if (write(go[1], &c, 1) != 1)
		die("pipe");
	close(go[0]);
	close(go[1]);
}

static void note(pid_t pid)
{
	for (size_t i = 0; i < n_tracees; i++)
		if (tracees[i] == pid)
			return;
	if (n_tracees == MAX_TRACEES) {
		errno = E2BIG;
		die("processes");
	}
	tracees[n_tracees++] = pid;
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < n_tracees; i++)
		if (tracees[i] == pid)
			tracees[i--] = tracees[--n_tracees];
}

/* Follows them all. Returns the main program's exit status; what outlives it is killed
 * when stopper ends. */
static int follow(void)
{
	for (;;) {
		int st, event, sig;
		pid_t pid = waitpid(-1, &st, __WALL);

		if (pid < 0)
			die("waitpid");
		if (!WIFSTOPPED(st)) {
			forget(pid);
			if (pid == main_pid)
				return WIFEXITED(st) ? WEXITSTATUS(st)
						     : 128 + WTERMSIG(st);
			continue;
		}
		note(pid);
		event = st >> 16;
		sig = event ? 0 : WSTOPSIG(st);
		if (event == PTRACE_EVENT_EXEC && pid == main_pid)
			started = true;
		if (event == PTRACE_EVENT_SECCOMP)
			on_call(pid);
		ptrace(PTRACE_CONT, pid, 0, sig);
	}
}

/* ---- the words
 * ---------------------------------------------------------------------------- */

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: stopper [OPTION...] count|kill N|fail N ERRNO|snap HOOK "
			"-- COMMAND...\n");
	exit(EXIT_BROKEN);
}

static int error_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} names[] = { { "ENOSPC", ENOSPC },
		      { "EIO", EIO },
		      { "EROFS", EROFS },
		      { "EACCES", EACCES },
		      { "SHORT", SHORT_WRITE } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return names[i].number;
	usage();
}

static char **take_option(char **a)
{
	if (!strcmp(*a, "--any"))
		opt.any = true;
	else if (!strcmp(*a, "--from"))
		opt.from = true;
	else if (!strcmp(*a, "-v"))
		opt.verbose = true;
	else if (!a[1])
		usage();
	else if (!strcmp(*a, "--chroot"))
		opt.root = *++a;
	else if (!strcmp(*a, "--only"))
		opt.only = *++a;
	else if (!strcmp(*a, "--skip") && opt.n_skip < MAX_SKIPS)
		opt.skip[opt.n_skip++] = *++a;
	else if (!strcmp(*a, "-o"))
		opt.report = fopen(*++a, "we");
	else
		usage();
	return a + 1;
}

static void take_words(char **a)
{
	opt.report = stderr;
	while (*a && **a == '-')
		a = take_option(a);
	if (!opt.report)
		die("the report");
	if (!*a)
		usage();
	if (!strcmp(*a, "kill") && a[1]) {
		opt.mode = KILL;
		opt.at = strtoul(*++a, NULL, 10);
	} else if (!strcmp(*a, "fail") && a[1] && a[2]) {
		opt.mode = FAIL;
		opt.at = strtoul(*++a, NULL, 10);
		opt.error = error_number(*++a);
	} else if (!strcmp(*a, "snap") && a[1]) {
		opt.mode = SNAP;
		opt.hook = *++a;
	} else if (strcmp(*a, "count") != 0) {
		usage();
	}
	if (!a[1] || strcmp(*++a, "--") != 0 || !a[1])
		usage();
	opt.command = a + 1;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	take_words(argv + 1);
	start();
	status = follow();
	fprintf(opt.report, "%lu\n", number);
	if (fflush(opt.report) != 0)
		die("the report");
	return (opt.mode == KILL || opt.mode == FAIL) && !reached ? EXIT_NOT_REACHED
								  : status;
}
