/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/program.h"

void apply_tell(const struct apply *a, const struct step *s, enum apply_event ev,
		double seconds, const struct str *output)
{
	if (a->event)
		a->event(a->data, s, ev, seconds, output);
}

struct ticking {
	const struct apply *a;
	const struct step *s;
};

static void tick(void *data, double seconds)
{
	struct ticking *t = data;

	apply_tell(t->a, t->s, APPLY_TICK, seconds, NULL);
}

int apply_program(const struct apply *a, const struct step *s, const struct strv *argv,
		  int log_fd, struct error *e)
{
	CLEANUP(str_done) struct str output = { 0 };
	CLEANUP(strv_done) struct strv locale = { 0 };
	struct ticking t = { a, s };
	struct run r = {
		.locale = &locale,
		.argv = (const char *const *)argv->v,
		.timeout_s = s->timeout_s,
		.output = &output,
		.log_fd = log_fd,
		.tick = tick,
		.tick_data = &t,
		.stuck = a->stuck,
	};
	int err;

	host_locale(a->host, &locale);
	apply_tell(a, s, APPLY_START, 0, NULL);
	err = host_run(a->host, &r, e);
	apply_tell(a, s, err < 0 ? APPLY_FAILED : APPLY_OK, r.seconds, &output);
	return err;
}
