/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Not being ended half way. While held, SIGINT and SIGTERM wait until somebody asks for
 * them (host_run() stops its program for them), and SIGHUP (a terminal that goes away:
 * the connection to a machine far away) is ignored.
 */
#ifndef SLICER_HOST_SIGNALS_H
#define SLICER_HOST_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct signal_hold {
	sigset_t before;
	struct sigaction hangup;
};

struct answer_hold {
	sigset_t before;
	struct sigaction interrupt;
};

void signals_hold(struct signal_hold *ret);
/* Has a SIGINT or SIGTERM arrived? */
bool signals_pending(void);
/* Forgets those that have arrived: what they ask for is being done. */
void signals_drop(void);
/* Before a question is shown: a SIGINT from now on is an answer, and no longer ends the
 * program. *ret is for the two functions below. */
void signals_expect_answer(struct answer_hold *ret);
/* Reads what is typed at the terminal on standard input, at most size - 1 bytes, ended by
 * a NUL. Returns their number, 0 at the end of input, -1 when a signal (Ctrl-C) or a
 * failure ended the wait: *answer is "" then. */
ssize_t signals_read_answer(const struct answer_hold *hold, char *answer, size_t size);
/* Puts back what was. A SIGINT that arrived after the answer ends the program now. */
void signals_end_answer(const struct answer_hold *hold);
/* Drops what has arrived and puts everything back as it was. */
void signals_release(const struct signal_hold *hold);

#endif
