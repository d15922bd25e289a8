/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: showing the plan, asking, applying, reporting. */
#include <errno.h>

#include "cmd/setup_ask.h"
#include "cmd/setup_guard.h"
#include "devices/devices.h"

/* How much of a failed program's output is shown; all of it is in the log. */
#define SHOWN_OUTPUT 2000

/* ---- progress
 * ------------------------------------------------------------------------------- */

static void show_output(const struct setup *s, const struct str *output)
{
	const char *from = str_c(output);
	CLEANUP(str_done) struct str safe = { 0 };

	if (output->len > SHOWN_OUTPUT) {
		from += output->len - SHOWN_OUTPUT;
		from += strcspn(from, "\n");
		from += *from == '\n';
	}
	while (*from) {
		size_t n = strcspn(from, "\n");

		str_add(&safe, "  | ");
		str_add_printable(&safe, from, n);
		str_addc(&safe, '\n');
		from += n + (from[n] == '\n');
	}
	fputs(str_c(&safe), s->c->out.err);
}

/* The person has to know that the wait goes on, and how to end one that has no end. */
static void say_taking_back(const struct setup *s)
{
	if (setup_shows_text(s))
		fprintf(s->c->out.err, "undoing what was done (Ctrl-C stops a "
				       "program that hangs)\n");
}

static void on_event(void *data, const struct step *step, enum apply_event ev,
		     double seconds, const struct str *output)
{
	struct setup *s = data;

	if (ev == APPLY_TAKE_BACK) {
		say_taking_back(s);
		return;
	}
	if (step->kind != STEP_RUN || ev == APPLY_DEFERRED)
		return;
	if (ev == APPLY_START) {
		CLEANUP(free_char) char *what = strv_join(&step->argv, " ");

		progress_start(&s->progress, &s->c->out, what);
	} else if (ev == APPLY_TICK) {
		progress_tick(&s->progress, seconds);
	} else {
		progress_end(&s->progress, ev == APPLY_OK, seconds);
		if (output && (ev == APPLY_FAILED || s->c->out.verbose))
			show_output(s, output);
	}
}

/* ---- the commands for after the reboot
 * --------------------------------------------------------- */

int setup_next_steps(struct setup *s, struct str *ret, struct error *e)
{
	CLEANUP(str_done) struct str now = { 0 };
	const struct host *h = s->c->host;
	/* In a trial boot that is confirmed, what was set up is in force already. */
	int err = commands_next_steps(h, &s->devices, s->chosen, s->n_chosen,
				      !s->in_trial, ret, e);

	if (err < 0)
		return err;
	if (host_read(h, NEXT_STEPS_PATH, HOST_MAX_CONFIG, &now, NULL) == 0 &&
	    str_same(&now, ret))
		return 0;
	err = host_mkdirs(h, "/var/lib/slicer", 0700, e);
	if (err >= 0)
		err = host_replace(h, NEXT_STEPS_PATH, str_c(ret), ret->len, 0600, e);
	return err;
}

/* ---- the order of things ------------------------------------------------------------
 */

static int apply(struct setup *s, struct outcome *o, struct error *e)
{
	CLEANUP(products_done) struct products products = { 0 };
	struct apply a = {
		.host = s->c->host,
		.plan = &s->plan,
		.edit = s->edit,
		.bootloader = s->loader_name,
		.kind = s->kind,
		.event = on_event,
		.verify = setup_verify,
		.data = s,
		.products = &products,
	};
	int err;

	setup_products(s, &products);
	err = apply_plan(&a, e);

	if (err < 0 && a.log_path && e->code == ERROR_FAILED && !e->hint[0])
		error_hint(e, "what the programs wrote is in %s", a.log_path);
	o->applied = err >= 0;
	o->changed = err >= 0;
	o->deferred = a.deferred;
	o->verified = a.deferred ? -1 : err >= 0;
	free(a.run_id);
	free(a.log_path);
	return err;
}

/* Quiet or not, nobody is asked about what they did not see, and a plan that was asked
 * for is the result. */
static bool shows_plan(const struct setup *s)
{
	return setup_shows_text(s) ||
	       (!s->c->out.json &&
		(s->o->dry_run || (!s->o->yes && !s->o->check && setup_can_ask(s))));
}

static void show(const struct setup *s)
{
	if (!shows_plan(s))
		return;
	if (!plan_is_empty(&s->plan) || s->plan.warnings.n)
		report_plan_text(&s->c->out, s->c->root, &s->plan);
	/* Before the first program writes, and before any error: also where standard
	 * output is a file. */
	fflush(s->c->out.out);
}

int setup_present(struct setup *s, struct error *e)
{
	struct error why = { 0 };
	int err;

	setup_warn_conflicts(s);
	/* Its warnings are shown with the plan; what it refuses is told after it. */
	err = setup_guard(s, &why);
	show(s);
	if (err < 0) {
		*e = why;
		return err;
	}
	/* What --yes would refuse, a dry run of it refuses as well. */
	if ((s->o->dry_run || s->o->check) && !plan_is_empty(&s->plan))
		return setup_check_conflicts(s, e);
	return 0;
}

int setup_execute(struct setup *s, struct outcome *o, struct error *e)
{
	CLEANUP(close_fd) int hold = -1;
	int err;

	if (plan_is_empty(&s->plan))
		return apply_prove(s->c->host, &s->plan, e);
	err = setup_consent(s, e);
	if (err >= 0)
		err = setup_hold(s, &hold, e);
	return err < 0 ? err : apply(s, o, e);
}

int setup_carry_out(struct setup *s, int (*after)(struct setup *s, struct error *e),
		    int *ret_status, struct error *e)
{
	struct outcome o = { .verified = 1 };
	int err = setup_present(s, e);

	if (err < 0)
		return err;
	if (s->o->dry_run || s->o->check)
		return setup_report_dry(s, ret_status, e);
	err = setup_execute(s, &o, e);
	if (err >= 0 && after)
		err = after(s, e);
	o.reboot = setup_needs_reboot(s, o.applied);
	if (err >= 0)
		err = setup_report_done(s, &o, e);
	if (err >= 0 && o.applied &&
	    (fflush(s->c->out.out) != 0 || ferror(s->c->out.out)))
		err = error_set(e, EIO, "the result can't be written to standard output");
	if (err < 0 && o.applied) {
		error_prefix(e, "everything is applied and checked, but");
		e->code = ERROR_FAILED;
	}
	return err;
}
