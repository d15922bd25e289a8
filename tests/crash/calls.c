/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments' places: syscalls(2), arch/x86/entry/syscalls/syscall_64.tbl. */
#include "crash/calls.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NONE (-1)
#define MAX_FILTER 128 /* its jumps reach 255 */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* Each of dir, path, fd, flags is the number of an argument or NONE. */
struct call {
	long number;
	const char *name;
	int dir; /* the directory that path starts from; NONE: the working directory */
	int path;
	int fd;
	int flags; /* of an open: only one that makes, empties or writes counts */
	bool room; /* needs room on the disk */
};

static const struct call calls[] = {
	{ SYS_open, "open", NONE, 0, NONE, 1, true },
	{ SYS_openat, "openat", 0, 1, NONE, 2, true },
	{ SYS_openat2, "openat2", 0, 1, NONE, 2, true }, /* a pointer to the flags */
	{ SYS_creat, "creat", NONE, 0, NONE, NONE, true },
	{ SYS_write, "write", NONE, NONE, 0, NONE, true },
	{ SYS_pwrite64, "pwrite64", NONE, NONE, 0, NONE, true },
	{ SYS_writev, "writev", NONE, NONE, 0, NONE, true },
	{ SYS_pwritev, "pwritev", NONE, NONE, 0, NONE, true },
	{ SYS_pwritev2, "pwritev2", NONE, NONE, 0, NONE, true },
	{ SYS_sendfile, "sendfile", NONE, NONE, 0, NONE, true },
	{ SYS_splice, "splice", NONE, NONE, 2, NONE, true },
	{ SYS_copy_file_range, "copy_file_range", NONE, NONE, 2, NONE, true },
	{ SYS_ftruncate, "ftruncate", NONE, NONE, 0, NONE, false },
	{ SYS_truncate, "truncate", NONE, 0, NONE, NONE, false },
	{ SYS_fallocate, "fallocate", NONE, NONE, 0, NONE, true },
	{ SYS_rename, "rename", NONE, 0, NONE, NONE, false },
	{ SYS_renameat, "renameat", 0, 1, NONE, NONE, false },
	{ SYS_renameat2, "renameat2", 0, 1, NONE, NONE, false },
	{ SYS_link, "link", NONE, 1, NONE, NONE, true },
	{ SYS_linkat, "linkat", 2, 3, NONE, NONE, true },
	{ SYS_symlink, "symlink", NONE, 1, NONE, NONE, true },
	{ SYS_symlinkat, "symlinkat", 1, 2, NONE, NONE, true },
	{ SYS_unlink, "unlink", NONE, 0, NONE, NONE, false },
	{ SYS_unlinkat, "unlinkat", 0, 1, NONE, NONE, false },
	{ SYS_mkdir, "mkdir", NONE, 0, NONE, NONE, true },
	{ SYS_mkdirat, "mkdirat", 0, 1, NONE, NONE, true },
	{ SYS_rmdir, "rmdir", NONE, 0, NONE, NONE, false },
	{ SYS_mknod, "mknod", NONE, 0, NONE, NONE, true },
	{ SYS_mknodat, "mknodat", 0, 1, NONE, NONE, true },
	{ SYS_chmod, "chmod", NONE, 0, NONE, NONE, false },
	{ SYS_fchmod, "fchmod", NONE, NONE, 0, NONE, false },
	{ SYS_fchmodat, "fchmodat", 0, 1, NONE, NONE, false },
	{ SYS_fchmodat2, "fchmodat2", 0, 1, NONE, NONE, false },
	{ SYS_chown, "chown", NONE, 0, NONE, NONE, false },
	{ SYS_lchown, "lchown", NONE, 0, NONE, NONE, false },
	{ SYS_fchown, "fchown", NONE, NONE, 0, NONE, false },
	{ SYS_fchownat, "fchownat", 0, 1, NONE, NONE, false },
	{ SYS_setxattr, "setxattr", NONE, 0, NONE, NONE, true },
	{ SYS_lsetxattr, "lsetxattr", NONE, 0, NONE, NONE, true },
	{ SYS_fsetxattr, "fsetxattr", NONE, NONE, 0, NONE, true },
	{ SYS_removexattr, "removexattr", NONE, 0, NONE, NONE, false },
	{ SYS_lremovexattr, "lremovexattr", NONE, 0, NONE, NONE, false },
	{ SYS_fremovexattr, "fremovexattr", NONE, NONE, 0, NONE, false },
	{ SYS_fsync, "fsync", NONE, NONE, 0, NONE, false },
	{ SYS_fdatasync, "fdatasync", NONE, NONE, 0, NONE, false },
	{ SYS_syncfs, "syncfs", NONE, NONE, 0, NONE, false },
	{ SYS_sync, "sync", NONE, NONE, NONE, NONE, false },
};

#define N_CALLS (sizeof(calls) / sizeof(calls[0]))

int calls_trace(enum traced_calls which)
{
	const bool any = which == CALLS_ANY;
	struct sock_filter f[MAX_FILTER];
	struct sock_fprog p = { .filter = f };
	unsigned short n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS && !any; i++) {
		/* CALLS_WRITE: the same comparison each time, so that the jumps need no
		 * second layout. */
		long number = which == CALLS_WRITE ? SYS_write : calls[i].number;

		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      (unsigned)number,
						      (unsigned char)(N_CALLS - i), 0);
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, any ? SECCOMP_RET_TRACE
								   : SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	p.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) < 0)
		return -1;
	return 0;
}

static unsigned long long argument(const struct user_regs_struct *r, int i)
{
	const unsigned long long v[] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };

	return v[i];
}

static void read_text(pid_t pid, unsigned long long at, char *ret, size_t size)
{
	size_t got = 0;

	/* Up to the end of a page at a time: the next one may not be there. */
	while (got < size - 1) {
		size_t n = 4096 - (at + got) % 4096;
		struct iovec to = { ret + got, n < size - 1 - got ? n : size - 1 - got };
		struct iovec from = { (void *)(at + got), to.iov_len };
		ssize_t r = process_vm_readv(pid, &to, 1, &from, 1, 0);

		if (r <= 0)
			break;
		if (memchr(ret + got, '\0', (size_t)r))
			return;
		got += (size_t)r;
	}
	ret[got] = '\0';
}

/* Where a link of /proc/PID leads, as the command sees it: without its root; "" for what
 * is outside of that. */
static void proc_link(pid_t pid, const char *root, const char *which, int fd, char *ret,
		      size_t size)
{
	char link[64], text[PATH_MAX];
	size_t len = root ? strlen(root) : 0;
	ssize_t n;

	if (fd >= 0)
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	else
		snprintf(link, sizeof(link), "/proc/%d/%s", pid, which);
	n = readlink(link, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (len && !strncmp(text, root, len) && (text[len] == '/' || !text[len]))
		snprintf(ret, size, "%s", text[len] ? text + len : "/");
	else
		snprintf(ret, size, "%s", len ? "" : text);
}

static void program_name(pid_t pid, char *ret, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "r");
	if (!f || !fgets(ret, (int)size, f))
		ret[0] = '\0';
	if (f)
		fclose(f);
	ret[strcspn(ret, "\n")] = '\0';
}

static void path_of(pid_t pid, const char *root, const struct call *c,
		    const struct user_regs_struct *r, char *ret, size_t size)
{
	char name[PATH_MAX], dir[PATH_MAX];

	ret[0] = '\0';
	if (c->fd != NONE)
		proc_link(pid, root, "", (int)argument(r, c->fd), ret, size);
	if (c->path == NONE)
		return;
	read_text(pid, argument(r, c->path), name, sizeof(name));
	if (name[0] == '/') {
		snprintf(ret, size, "%s", name);
		return;
	}
	proc_link(pid, root, "cwd", c->dir == NONE ? -1 : (int)argument(r, c->dir), dir,
		  sizeof(dir));
	snprintf(ret, size, "%s/%s", strcmp(dir, "/") ? dir : "", name);
}

static bool opens_for_change(pid_t pid, const struct call *c,
			     const struct user_regs_struct *r, bool *ret_makes)
{
	unsigned long long flags = argument(r, c->flags);

	if (c->number == SYS_openat2) {
		struct iovec to = { &flags, sizeof(flags) };
		struct iovec from = { (void *)flags, sizeof(flags) };

		if (process_vm_readv(pid, &to, 1, &from, 1, 0) != sizeof(flags))
			return false;
	}
	*ret_makes = flags & O_CREAT;
	return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static bool is_file(pid_t pid, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

void call_look(pid_t pid, const char *root, const struct user_regs_struct *r,
	       struct call_info *ret)
{
	const struct call *c = NULL;

	*ret = (struct call_info){ .number = (long)r->orig_rax };
	program_name(pid, ret->program, sizeof(ret->program));
	for (size_t i = 0; i < N_CALLS && !c; i++)
		if (calls[i].number == (long)r->orig_rax)
			c = &calls[i];
	if (!c)
		return;
	ret->name = c->name;
	ret->room = c->room;
	path_of(pid, root, c, r, ret->path, sizeof(ret->path));
	ret->changes = strncmp(ret->path, "/dev/", 5) != 0 &&
		       strncmp(ret->path, "/memfd:", 7) != 0;
	if (c->flags != NONE)
		ret->changes &= opens_for_change(pid, c, r, &ret->room);
	if (c->fd != NONE)
		ret->changes &= ret->path[0] && is_file(pid, (int)argument(r, c->fd));
}
