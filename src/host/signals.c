/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/signals.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

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

void signals_expect_answer(struct answer_hold *ret)
{
	const struct sigaction ours = { .sa_handler = do_nothing };
	sigset_t interrupt;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &ret->before);
	sigaction(SIGINT, &ours, &ret->interrupt);
}

ssize_t signals_read_answer(const struct answer_hold *hold, char *answer, size_t size)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t open = hold->before;
	ssize_t n = -1;

	/* SIGINT is only let in while ppoll(2) waits, so that none is lost between two
	 * calls. */
	sigdelset(&open, SIGINT);
	if (ppoll(&in, 1, NULL, &open) == 1)
		n = read(STDIN_FILENO, answer, size - 1);
	answer[n > 0 ? n : 0] = '\0';
	return n;
}

void signals_end_answer(const struct answer_hold *hold)
{
	sigaction(SIGINT, &hold->interrupt, NULL);
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
}

void signals_release(const struct signal_hold *hold)
{
	signals_drop();
	sigaction(SIGHUP, &hold->hangup, NULL);
	sigprocmask(SIG_SETMASK, &hold->before, NULL);
}
