/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying out what persist_plan.c plans. */
#include <errno.h>

#include "devices/persist.h"
#include "host/signals.h"

static int run(const struct host *h, const struct strv *argv, unsigned timeout_s,
	       struct error *e)
{
	struct run run = { .argv = (const char *const *)argv->v,
			   .timeout_s = timeout_s,
			   .log_fd = -1 };

	return host_is_live(h) ? host_run(h, &run, e) : 0;
}

/* It ended well, and nothing would bind at boot: a unit of the person's own with another
 * [Install] section, or a program that only bears the name. */
static int refuse_not_enabled(struct error *e)
{
	error_set(e, EIO,
		  "systemctl enable " PERSIST_UNIT " ended well, and there is no "
		  "" PERSIST_LINK);
	error_hint(e,
		   "systemctl cat " PERSIST_UNIT " shows whether its [Install] section "
		   "has WantedBy=multi-user.target");
	return -EIO;
}

/* What counts is the link. systemctl says 0 and leaves it where the unit is masked for
 * this boot, by systemd.mask= (systemd src/shared/install.c,
 * install_context_mark_for_removal()). */
static int run_systemctl(const struct host *h, const struct step *s, struct error *e)
{
	bool enables = strcmp(s->argv.v[1], "enable") == 0;
	int err = run(h, &s->argv, s->timeout_s, e);

	if (err < 0 || !host_is_live(h) || persist_is_enabled(h) == enables)
		return err;
	return enables ? refuse_not_enabled(e) : host_remove(h, PERSIST_LINK, e);
}

static int do_step(const struct host *h, const struct step *s, struct error *e)
{
	switch (s->kind) {
	case STEP_REPLACE:
		return host_replace(h, s->path, str_c(&s->after), s->after.len, s->mode,
				    e);
	case STEP_REMOVE:
		return host_remove(h, s->path, e);
	default:
		return run_systemctl(h, s, e);
	}
}

/* systemctl may do nothing at all: the unit is as before if what it failed to take back
 * was never done. */
static int run_undo(const struct host *h, const struct step *s, struct error *e)
{
	bool was_enabled = strcmp(s->undo.v[1], "enable") == 0;
	int err = run(h, &s->undo, s->timeout_s, e);

	return err < 0 && persist_is_enabled(h) == was_enabled ? 0 : err;
}

static int take_back_step(const struct host *h, const struct step *s, struct error *e)
{
	switch (s->kind) {
	case STEP_REPLACE:
		if (!s->existed)
			return host_remove(h, s->path, e);
		return host_replace(h, s->path, str_c(&s->before), s->before.len, s->mode,
				    e);
	case STEP_REMOVE:
		return host_replace(h, s->path, str_c(&s->before), s->before.len,
				    s->mode ? s->mode : 0644, e);
	default:
		return run_undo(h, s, e);
	}
}

/* The first n steps, backwards. */
static void take_back(const struct host *h, const struct plan *p, size_t n,
		      struct error *e)
{
	CLEANUP(str_done) struct str left = { 0 };
	bool was_whole = e->code != ERROR_FAILED || e->rolled_back;
	size_t end = strlen(e->what);

	signals_drop(); /* what arrived would stop the programs that take back, too */
	while (n-- > 0) {
		const struct step *s = &p->v[n];
		struct error why = { 0 };

		if (take_back_step(h, s, &why) < 0)
			str_addf(&left, "; not as before: %s (%s)",
				 s->path ? s->path : PERSIST_UNIT, why.what);
	}
	e->code = ERROR_FAILED;
	e->rolled_back = was_whole && !left.len;
	snprintf(e->what + end, sizeof(e->what) - end, "%s", str_c(&left));
}

int persist_apply(const struct host *h, const struct plan *p, struct error *e)
{
	size_t done = 0;
	int err = 0;

	if (p->n)
		err = host_mkdirs(h, PERSIST_DIR, 0755, e);
	while (err >= 0 && done < p->n) {
		if (signals_pending()) {
			err = error_set(e, EINTR, "interrupted");
			break;
		}
		err = do_step(h, &p->v[done], e);
		/* A program that failed may have done a part of it. */
		done += err >= 0 || p->v[done].kind == STEP_RUN;
	}
	if (err < 0 && done && e)
		take_back(h, p, done, e);
	return err;
}

void persist_take_back(const struct host *h, const struct plan *p, struct error *e)
{
	take_back(h, p, p->n, e);
}
