/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the tree is the live root, or a device vanishes, slicer is traced as tests/crash
 * does it. A write to a file below /sys is not made: what the kernel would do is done to
 * the tree instead (sysfs.c), and slicer gets what the kernel would say.
 */
#include "mutate/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash/calls.h"
#include "mutate/sysfs.h"

#define LIVE_SLICER "/usr/local/bin/slicer"
#define OUTPUT_MAX (64u << 20)
#define TRACEES_MAX 64

static volatile sig_atomic_t rang;

static void ring(int sig)
{
	(void)sig;
	rang = 1;
}

static bool is_traced(const struct run *r)
{
	return r->live || r->vanishing;
}

/* ---- the child -----------------------------------------------------------------------
 */

static void words_of(const struct tree *t, const struct run *r, struct strv *ret)
{
	strv_add(ret, r->live ? LIVE_SLICER : r->slicer);
	if (!r->live) {
		strv_add(ret, "--root");
		strv_add(ret, t->dir);
	}
	strv_copy(ret, &r->argv);
}

static _Noreturn void child(const struct tree *t, const struct run *r, int go,
			    const int *fds)
{
	static char *const environment[] = {
		(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8",
		(char *)"ASAN_OPTIONS=detect_leaks=0:exitcode=99",
		(char *)"UBSAN_OPTIONS=print_stacktrace=1", NULL
	};
	CLEANUP(strv_done) struct strv words = { 0 };
	char c;

	words_of(t, r, &words);
	setpgid(0, 0);
	if (read(go, &c, 1) != 1 || dup2(open("/dev/null", O_RDONLY), 0) < 0 ||
	    dup2(fds[0], 1) < 0 || dup2(fds[1], 2) < 0)
		_exit(98);
	if (r->live && (chroot(t->dir) < 0 || chdir("/") < 0))
		_exit(98);
	if (r->humble && (prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) < 0 ||
			  prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH) < 0))
		_exit(98);
	if (is_traced(r) &&
	    calls_trace(r->writes_only ? CALLS_WRITE : CALLS_OF_TABLE) < 0)
		_exit(98);
	execve(words.v[0], words.v, environment);
	_exit(98);
}

/* ---- what it does --------------------------------------------------------------------
 */

struct trace {
	struct tree *t;
	struct run *r;
	pid_t main, v[TRACEES_MAX];
	size_t n;
	bool started;
	unsigned opens;
};

static void read_text(pid_t pid, const struct user_regs_struct *regs, char *ret, size_t n)
{
	struct iovec to = { ret, n }, from = { (void *)regs->rsi, n };

	memset(ret, 0, n);
	if (process_vm_readv(pid, &to, 1, &from, 1, 0) < 0)
		ret[0] = '\0';
}

static void on_sysfs_write(struct trace *tr, pid_t pid, struct user_regs_struct *regs,
			   const char *path)
{
	size_t len = regs->rdx < 4096 ? regs->rdx : 4096;
	char text[4097];
	long result;

	read_text(pid, regs, text, len);
	text[len] = '\0';
	strv_addf(&tr->r->writes, "%s %.*s", path, (int)strcspn(text, "\n"), text);
	result = sysfs_write(tr->t, path, text, len);
	regs->orig_rax = (unsigned long long)-1;
	regs->rax = (unsigned long long)result;
	ptrace(PTRACE_SETREGS, pid, 0, regs);
}

static void on_call(struct trace *tr, pid_t pid)
{
	struct user_regs_struct regs;
	struct call_info c;

	if (!tr->started || ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return;
	if ((long)regs.orig_rax == SYS_openat2 && tr->r->vanishing &&
	    tr->opens++ == tr->r->vanish_at)
		sysfs_vanish(tr->t, tr->r->vanishing);
	if (!tr->r->live)
		return;
	call_look(pid, tr->t->dir, &regs, &c);
	if (!c.name || !c.changes || strcmp(c.program, "slicer") != 0)
		return;
	if (str_starts(c.path, "/sys/") && (long)regs.orig_rax == SYS_write)
		on_sysfs_write(tr, pid, &regs, c.path + 1);
	/* That an attribute is opened to be written changes nothing yet. */
	else if (!strstr(c.name, "sync") &&
		 !(str_starts(c.path, "/sys/") && str_starts(c.name, "open")))
		strv_addf(&tr->r->changes, "%s %s", c.name, c.path + (c.path[0] == '/'));
}

static void kill_all(struct trace *tr)
{
	kill(-tr->main, SIGKILL);
	for (size_t i = 0; i < tr->n; i++)
		kill(tr->v[i], SIGKILL);
}

static void see(struct trace *tr, pid_t pid)
{
	for (size_t i = 0; i < tr->n; i++)
		if (tr->v[i] == pid)
			return;
	if (tr->n < TRACEES_MAX)
		tr->v[tr->n++] = pid;
}

static void on_stop(struct trace *tr, pid_t pid, int st)
{
	int event = st >> 16, sig = event ? 0 : WSTOPSIG(st);

	see(tr, pid);
	if (event == PTRACE_EVENT_EXEC && pid == tr->main)
		tr->started = true;
	if (event == PTRACE_EVENT_SECCOMP)
		on_call(tr, pid);
	ptrace(PTRACE_CONT, pid, 0, sig);
}

static double in_ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

/* Until slicer itself has ended; then the others are ended, too. */
static void follow(struct trace *tr)
{
	struct rusage usage;
	int st;

	for (bool over = false;;) {
		pid_t pid = wait4(-1, &st, __WALL, &usage);

		if (pid < 0 && errno == EINTR && rang && !tr->r->late) {
			tr->r->late = true;
			kill_all(tr);
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(st)) {
			on_stop(tr, pid, st);
			if (over)
				kill(pid, SIGKILL);
			continue;
		}
		if (pid != tr->main)
			continue;
		over = true;
		tr->r->memory_kib = usage.ru_maxrss;
		tr->r->cpu_ms = in_ms(usage.ru_utime) + in_ms(usage.ru_stime);
		tr->r->status = WIFEXITED(st) ? WEXITSTATUS(st) : -1;
		tr->r->signal = WIFSIGNALED(st) ? WTERMSIG(st) : 0;
		kill_all(tr);
	}
}

/* ---- one run -------------------------------------------------------------------------
 */

static void take_output(int fd, struct str *ret)
{
	char chunk[65536];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while (ret->len < OUTPUT_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		str_addn(ret, chunk, (size_t)n);
}

static void start(struct trace *tr, const int *fds)
{
	const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				      PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP |
				      PTRACE_O_EXITKILL;
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		tree_die("pipe", "slicer");
	tr->main = fork();
	if (tr->main == 0)
		child(tr->t, tr->r, go[0], fds);
	if (tr->main < 0 ||
	    (is_traced(tr->r) && ptrace(PTRACE_SEIZE, tr->main, 0, options) < 0) ||
	    write(go[1], "", 1) != 1)
		tree_die("can't be started", "slicer");
	see(tr, tr->main);
	close(go[0]);
	close(go[1]);
}

void run_slicer(struct tree *t, struct run *r)
{
	struct trace tr = { .t = t, .r = r };
	struct sigaction on_alarm = { .sa_handler = ring }; /* waits end: no SA_RESTART */
	/* Again and again: one could arrive just before the wait. */
	struct itimerval time = { { 1, 0 }, { r->deadline_s, 0 } }, none = { 0 };
	int fds[2] = { memfd_create("out", MFD_CLOEXEC),
		       memfd_create("err", MFD_CLOEXEC) };
	double begun = seconds_now();

	rang = 0;
	sigaction(SIGALRM, &on_alarm, NULL);
	start(&tr, fds);
	setitimer(ITIMER_REAL, &time, NULL);
	follow(&tr);
	setitimer(ITIMER_REAL, &none, NULL);
	r->seconds = seconds_now() - begun;
	take_output(fds[0], &r->out);
	take_output(fds[1], &r->err);
	close(fds[0]);
	close(fds[1]);
}

void run_done(struct run *r)
{
	strv_done(&r->argv);
	strv_done(&r->writes);
	strv_done(&r->changes);
	str_done(&r->out);
	str_done(&r->err);
	*r = (struct run){ 0 };
}

char *run_text(const struct tree *t, const struct run *r)
{
	CLEANUP(free_char) char *words = strv_join(&r->argv, " ");

	if (r->live)
		return xasprintf("slicer %s%s%s", words,
				 r->vanishing ? "   # while this one goes: " : "",
				 r->vanishing ? r->vanishing : "");
	return xasprintf("slicer --root %s %s%s%s", t->dir, words,
			 r->vanishing ? "   # while this one goes: " : "",
			 r->vanishing ? r->vanishing : "");
}
