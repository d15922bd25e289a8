/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs and for how long, on stderr: one line that is redrawn on a terminal, a line
 * at the start and one at the end elsewhere.
 */
#include "report/report.h"

#define ERASE_LINE "\r\033[K"

static void draw(struct progress *p, double seconds)
{
	const struct output *o = p->o;

	/* A line that wraps can't be redrawn. */
	fprintf(o->err, ERASE_LINE "%srunning%s %.60s ... %.0f s",
		paint_on(o->color_err, PAINT_DIM), paint_off(o->color_err), p->what,
		seconds);
	fflush(o->err);
	p->drawn = true;
}

void progress_start(struct progress *p, const struct output *o, const char *what)
{
	CLEANUP(str_done) struct str safe = { 0 };

	*p = (struct progress){ .o = o };
	str_add_printable(&safe, what, strlen(what));
	snprintf(p->what, sizeof(p->what), "%s", str_c(&safe));
	if (o->quiet)
		return;
	if (o->err_terminal) {
		draw(p, 0);
		return;
	}
	fprintf(o->err, "running %s ...\n", p->what);
	fflush(o->err);
}

void progress_tick(void *data, double seconds)
{
	struct progress *p = data;

	if (!p->o->quiet && p->o->err_terminal)
		draw(p, seconds);
}

void progress_end(struct progress *p, bool ok, double seconds)
{
	const struct output *o = p->o;

	if (o->quiet)
		return;
	fprintf(o->err, "%s%s%s%s %s (%.1f s)\n", p->drawn ? ERASE_LINE : "",
		paint_on(o->color_err, ok ? PAINT_GOOD : PAINT_BAD),
		ok ? "done" : "failed", paint_off(o->color_err), p->what, seconds);
	fflush(o->err);
	p->drawn = false;
}
