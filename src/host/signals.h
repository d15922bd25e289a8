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

struct signal_hold {
	sigset_t before;
	struct sigaction hangup;
};

void signals_hold(struct signal_hold *ret);
/* Has a SIGINT or SIGTERM arrived? */
bool signals_pending(void);
/* Forgets those that have arrived: what they ask for is being done. */
void signals_drop(void);
/* From now on SIGINT ends a read(2) with EINTR, and nothing else. *before is what
 * signals_restore_interrupt() puts back. */
void signals_end_reading(struct sigaction *before);
void signals_restore_interrupt(const struct sigaction *before);
/* Drops what has arrived and puts everything back as it was. */
void signals_release(const struct signal_hold *hold);

#endif
