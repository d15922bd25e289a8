/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/setup_ask.h"

#include <errno.h>
#include <unistd.h>

#include "host/signals.h"
#include "report/advice.h"

/* ---- parameters that were set to the opposite ------------------------------------- */

/* Contradictions count where parameters are set; an undo brings back what was there. */
static bool has_conflicts(const struct setup *s)
{
	return s->wanted.n_conflicts && !s->undo && s->kind != RUN_UNDO;
}

void setup_warn_conflicts(struct setup *s)
{
	for (size_t i = 0; has_conflicts(s) && i < s->wanted.n_conflicts; i++) {
		const struct contradiction *c = &s->wanted.conflicts[i];

		plan_warn(&s->plan, "someone set %s (%s): slicer %s%s%s", c->param,
			  c->why, c->to ? "replaces it with " : "removes it",
			  c->to ? c->to : "",
			  s->o->force ? ""
				      : "; this needs a yes at the terminal, or --force");
	}
}

static void list_conflicts(const struct setup *s, struct str *ret)
{
	for (size_t i = 0; i < s->wanted.n_conflicts; i++) {
		const struct contradiction *c = &s->wanted.conflicts[i];

		str_addf(ret, "%s%s (%s)", ret->len ? "\n" : "", c->param, c->why);
		if (c->to)
			str_addf(ret, ": %s would replace it", c->to);
		else
			str_add(ret, ": it would be removed");
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
	error_set(e, EPERM, "someone set the opposite of what is wanted:\n%s",
		  str_c(&list));
	point_at(s, s->wanted.conflicts[0].param, e);
	if (is_about_pt(s))
		error_hint(e, "--no-pt keeps it and sets up the rest (iommu=pt only "
			      "affects speed). To replace it, answer yes at a "
			      "terminal, or add --force");
	else
		error_hint(e, "someone may have set that on purpose. To replace it, "
			      "answer yes at a terminal, or add --force");
	return -EPERM;
}

int setup_check_conflicts(const struct setup *s, struct error *e)
{
	return has_conflicts(s) && s->o->yes && !s->o->force ? refuse_conflicts(s, e) : 0;
}

/* ---- the question ----------------------------------------------------------------- */

bool setup_can_ask(const struct setup *s)
{
	return !s->c->out.json && isatty(STDIN_FILENO) && s->c->out.err_terminal;
}

/* Who can't reach the console of a machine that does not boot should try it for one boot
 * first. Only where --trial would be carried out. */
static bool should_offer_trial(const struct setup *s)
{
	return s->kind == RUN_SETUP && s->loader->trial && !s->o->ids && !s->in_trial;
}

/* What a person wants to know before saying yes: when it takes effect, and the way back.
 */
static void print_consequences(const struct setup *s)
{
	struct advice advice = { .root = s->c->root };
	CLEANUP(str_done) struct str text = { 0 }, told = { 0 };

	if (s->kind == RUN_TRIAL)
		str_add(&text, "Only the next boot uses this. Any boot after it uses the "
			       "current command line again.\n");
	else if (s->kind == RUN_UNDO || s->kind == RUN_END)
		str_add(&text, "This takes effect at the next boot.\n");
	else
		str_addf(&text, "%s To undo it:\n    sudo slicer setup-iommu --undo\n",
			 s->in_trial ? "This makes the current command line permanent."
				     : "This takes effect at the next boot.");
	if (should_offer_trial(s))
		str_add(&text, "If nobody can reach the machine when it does not boot, "
			       "answer no and try it\nfor one boot first:\n"
			       "    sudo slicer setup-iommu --trial\n");
	advice_add(&advice, str_c(&text), &told);
	fputs(str_c(&told), s->c->out.err);
}

/* Has the person typed y? An empty answer, the end of input and Ctrl-C are a no. */
static bool is_answer_yes(const struct setup *s)
{
	struct answer_hold hold;
	char answer[4096]; /* a terminal line is no longer: termios(3), canonical mode */

	signals_expect_answer(&hold);
	fprintf(s->c->out.err, "Continue? [y/N] ");
	fflush(s->c->out.err);
	if (signals_read_answer(&hold, answer, sizeof(answer)) <= 0)
		fputc('\n', s->c->out.err);
	signals_end_answer(&hold);
	return answer[0] == 'y' || answer[0] == 'Y';
}

int setup_consent(const struct setup *s, struct error *e)
{
	if (has_conflicts(s) && !s->o->force && (s->o->yes || !setup_can_ask(s)))
		return refuse_conflicts(s, e);
	if (s->o->yes)
		return 0;
	if (!setup_can_ask(s)) {
		error_set(e, EPERM, "nothing was changed: %s",
			  s->c->out.json ? "--json never asks, so --yes is needed"
					 : "there is no terminal to ask at");
		error_hint(e, "--yes says yes beforehand; --dry-run only shows the plan");
		return -EPERM;
	}
	fputc('\n', s->c->out.err);
	print_consequences(s);
	if (is_answer_yes(s))
		return 0;
	error_set(e, ECANCELED, "nothing was changed");
	e->is_declined = true;
	return -ECANCELED;
}
