/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef SLICER_HOST_INTERNAL_H
#define SLICER_HOST_INTERNAL_H

#include "host/host.h"

struct host {
	int root_fd;
	char *root; /* as given; "/" if live */
	bool live;
};

/*
 * Opens the directory that path's last component lies in; with follow, after following
 * links of the last component. *ret_name is its final name in that directory. Returns the
 * directory's fd or a negative errno. The final file need not exist.
 */
int host_open_parent(const struct host *h, const char *path, bool follow,
		     char **ret_name);

/* What is read of a file that may hold anything, at most. */
struct allowance {
	uint64_t bytes;
	double until; /* seconds_now() */
};

/* May this file be read to its end? -EINVAL: it is no regular file; -EFBIG: it is larger
 * than HOST_MAX_IMAGE. The allowance is that size, and so many seconds. */
int host_allow(int fd, unsigned seconds, struct allowance *ret);
/* read(2), again where a signal came. A negative errno; -EFBIG and -ETIMEDOUT: more than
 * the allowance. */
ssize_t host_read_within(int fd, void *chunk, size_t size, struct allowance *a);

/*
 * Has a child do work(), which may only make system calls (the child is a fork), with no
 * descriptor open but keep. Returns what work() returns, a negative errno; -ETIMEDOUT if
 * it has not come back in time: the child is then left behind.
 */
int host_in_child(int (*work)(void *data), void *data, int keep, unsigned timeout_ms);

/* Refuses what only the running machine can do. 0 if live. */
int host_need_live(const struct host *h, const char *what, struct error *e);

/* The error of something that could not be written: "can't <doing>", the path, and a hint
 * for the usual causes. Returns -err. */
int host_write_error(struct error *e, const char *path, int err, const char *doing);

/* What a program gets as its environment, appended as copies. locale: as in struct run.
 */
void host_environment(const struct strv *locale, struct strv *ret);

/*
 * Is a process of that group still alive, a zombie not being one? *ret (may be NULL) is
 * then its name, number and where in the kernel it waits: "tar (process 812, waiting in
 * nfs_wait)". Live only.
 */
bool host_group_is_alive(const struct host *h, pid_t group, struct str *ret);
/* Adds a note, for host_is_stuck(), of each process of the group that is alive; and of
 * the group's first, which may have gone to another one. */
void host_note_stuck(const struct host *h, pid_t group, bool with_first,
		     struct strv *ret);

#endif
