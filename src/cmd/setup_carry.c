/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: showing the plan, asking, applying, reporting. */
#include <errno.h>
#include <unistd.h>

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
		fprintf(s->c->out.err, "taking back what was done (Ctrl-C stops a "
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

/* ---- refusals that need the plan
 * ----------------------------------------------------------------- */

/* Contradictions count where parameters are set; an undo brings back what was there. */
static bool has_conflicts(const struct setup *s)
{
	return s->wanted.n_conflicts && !s->undo && s->kind != RUN_UNDO;
}

/* Each as a warning of the plan: also in a dry run, and in JSON. */
static void warn_conflicts(struct setup *s)
{
	for (size_t i = 0; has_conflicts(s) && i < s->wanted.n_conflicts; i++) {
		const struct contradiction *c = &s->wanted.conflicts[i];

		plan_warn(&s->plan, "somebody wrote %s (%s): it %s%s%s", c->param, c->why,
			  c->to ? "becomes " : "goes away", c->to ? c->to : "",
			  s->o->force ? ""
				      : "; that needs a yes at the terminal, or --force");
	}
}

static void list_conflicts(const struct setup *s, struct str *ret)
{
	for (size_t i = 0; i < s->wanted.n_conflicts; i++) {
		const struct contradiction *c = &s->wanted.conflicts[i];

		str_addf(ret, "%s%s (%s)", ret->len ? "\n" : "", c->param, c->why);
		if (c->to)
			str_addf(ret, ": would become %s", c->to);
		else
			str_add(ret, ": would go away");
	}
}

/* The place of a contradiction: the line with it that the plan changes. */
static void point_at(const struct setup *s, const char *param, struct error *e)
{
	for (size_t i = 0; i < s->plan.n; i++) {
		const struct step *step = &s->plan.v[i];
		size_t at = 0, at_after = 0, len, len_after;
		const char *line, *after;

		for (unsigned n = 1;
		     step->kind == STEP_REPLACE &&
		     next_line(str_c(&step->before), step->before.len, &at, &line, &len);
		     n++) {
			bool same = next_line(str_c(&step->after), step->after.len,
					      &at_after, &after, &len_after) &&
				    len == len_after && !memcmp(line, after, len);

			if (!same && memmem(line, len, param, strlen(param))) {
				error_at(e, step->path, n);
				return;
			}
		}
	}
}

/* Is all that is contradicted iommu=pt, which a host can do without? */
static bool is_about_pt(const struct setup *s)
{
	for (size_t i = 0; i < s->wanted.n_conflicts; i++)
		if (!s->wanted.conflicts[i].is_about_pt)
			return false;
	return true;
}

static int refuse_conflicts(const struct setup *s, struct error *e)
{
	CLEANUP(str_done) struct str list = { 0 };

	list_conflicts(s, &list);
	error_set(e, EPERM, "the command line says the opposite of what is wanted:\n%s",
		  str_c(&list));
	point_at(s, s->wanted.conflicts[0].param, e);
	if (is_about_pt(s))
		error_hint(e, "--no-pt leaves that as it is and sets up the rest: "
			      "iommu=pt only affects speed. If it may be replaced: "
			      "answer yes at a terminal, or add --force");
	else
		error_hint(e, "somebody wrote that on purpose. If it may be replaced: "
			      "answer yes at a terminal, or add --force");
	return -EPERM;
}

static bool can_ask(const struct setup *s)
{
	return !s->c->out.json && isatty(STDIN_FILENO) && s->c->out.err_terminal;
}

static int consent(const struct setup *s, struct error *e)
{
	char answer[16] = "";

	if (has_conflicts(s) && !s->o->force && (s->o->yes || !can_ask(s)))
		return refuse_conflicts(s, e);
	if (s->o->yes)
		return 1;
	if (!can_ask(s)) {
		error_set(e, EPERM, "nothing was changed: %s",
			  s->c->out.json ? "--json never asks, so --yes is needed"
					 : "there is no terminal to ask at");
		error_hint(e, "--yes says yes beforehand; --dry-run only shows the plan");
		return -EPERM;
	}
	fprintf(s->c->out.err, "Do it? [y/N] ");
	fflush(s->c->out.err);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', s->c->out.err);
	return answer[0] == 'y' || answer[0] == 'Y';
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
		(s->o->dry_run || (!s->o->yes && !s->o->check && can_ask(s))));
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

	warn_conflicts(s);
	/* Its warnings are shown with the plan; what it refuses is told after it. */
	err = setup_guard(s, &why);
	show(s);
	if (err < 0) {
		*e = why;
		return err;
	}
	/* What --yes would refuse, a dry run of it refuses as well. */
	if (s->o->yes && (s->o->dry_run || s->o->check) && has_conflicts(s) &&
	    !s->o->force && !plan_is_empty(&s->plan))
		return refuse_conflicts(s, e);
	return 0;
}

int setup_execute(struct setup *s, struct outcome *o, struct error *e)
{
	CLEANUP(close_fd) int hold = -1;
	int err;

	if (plan_is_empty(&s->plan))
		return apply_prove(s->c->host, &s->plan, e);
	err = consent(s, e);
	if (err == 0) {
		error_set(e, ECANCELED, "nothing was changed: you did not say yes");
		return -ECANCELED;
	}
	if (err > 0)
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
