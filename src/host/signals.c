/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/signals.h"

#include <stddef.h>
#include <time.h>

static void interrupting(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
}

void signals_hold(struct signal_hold *ret)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	interrupting(&set);
	sigprocmask(SIG_BLOCK, &set, &ret->before);
	sigaction(SIGHUP, &ignore, &ret->hangup);
}

bool signals_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 ||
					     sigismember(&pending, SIGTERM) == 1);
}

void signals_drop(void)
{
	static const struct timespec now;
	sigset_t set;

	/* One that is not blocked would not be pending: then there is nothing to wait
	 * for. */
	interrupting(&set);
	while (signals_pending() && sigtimedwait(&set, NULL, &now) > 0)
		;
}

static void do_nothing(int number)
{
	(void)number;
}

void signals_end_reading(struct sigaction *before)
{
	/* Without SA_RESTART: see signal(7), interruption of system calls. */
	const struct sigaction ours = { .sa_handler = do_nothing };

	sigaction(SIGINT, &ours, before);
}

void signals_restore_interrupt(const struct sigaction *before)
{
	sigaction(SIGINT, before, NULL);
}

void signals_release(const struct signal_hold *hold)
{
	signals_drop();
	sigaction(SIGHUP, &hold->hangup, NULL);
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
