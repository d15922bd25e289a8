/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is spoken to line by line while it runs. It dies with this one, however
 * that ends.
 */
#ifndef SLICER_HOST_TALK_H
#define SLICER_HOST_TALK_H

#include "host/host.h"

struct talk {
	const struct host *host; /* borrowed */
	const char *name; /* argv[0], borrowed, for messages */
	pid_t pid; /* 0: not started, or gone */
	int lines; /* a socket: its stdin and stdout */
	int errors; /* a pipe: its stderr */
	struct str input; /* what came on lines and is not yet handed out */
	struct str said; /* what came on stderr, the first 64 KiB */
	int status; /* wait status, once it is gone */
};

/*
 * Starts argv[0], looked up as by host_run(), with the same environment, in its own
 * process group. Live only. Errors: -ENOENT not installed, and those of starting it.
 * Owned by the caller: talk_end().
 */
int talk_start(const struct host *h, const char *const *argv, struct talk *ret,
	       struct error *e);
/* Sends one line; the newline is added. -EPIPE: it no longer listens. */
int talk_send(struct talk *t, const char *line);
/*
 * The next line of its stdout, without the newline: *ret is replaced. until: the moment
 * (seconds_now()) up to which it is waited for. Returns 0, -ETIMEDOUT, -EPIPE when the
 * program has ended, -EMSGSIZE for a line of more than 4 MiB.
 */
int talk_line(struct talk *t, double until, struct str *ret);
/*
 * Waits up to grace_s seconds for the program to end by itself, kills it and its group
 * otherwise, and takes what it still said. Does nothing for one that was not started.
 * -EINPROGRESS: it can't be ended, it waits in the kernel; the error says where.
 */
int talk_end(struct talk *t, double grace_s, struct error *e);
void talk_done(struct talk *t); /* talk_end() without patience, and frees */

#endif
