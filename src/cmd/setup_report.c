/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: what came of it, as text and as JSON. */
#include "cmd/pci_move.h"
#include "cmd/setup_trial.h"
#include "devices/devices.h"
#include "report/advice.h"

/* NULL on the running machine. */
static const char *other_root(const struct setup *s)
{
	return host_is_live(s->c->host) ? NULL : host_root(s->c->host);
}

bool setup_shows_text(const struct setup *s)
{
	return !s->c->out.json && !s->c->out.quiet;
}

static json_t *deferred_json(const struct setup *s, const struct outcome *o)
{
	json_t *a = json_array();

	for (size_t i = 0; o->deferred && i < s->plan.n; i++)
		if (s->plan.v[i].kind == STEP_RUN)
			json_array_append_new(a, json_texts(&s->plan.v[i].argv));
	return a;
}

/* Have the devices' commands a use after this run? Where nothing changes and no reboot is
 * due, they were told before. */
static bool is_about_devices(const struct setup *s, const struct outcome *o)
{
	return s->kind == RUN_SETUP && (o->applied || o->reboot || o->changed);
}

/* The commands that are left for the person, in their order. */
static void add_commands(const struct setup *s, const struct outcome *o, struct strv *ret)
{
	if (o->reboot)
		strv_add(ret, "sudo reboot");
	if (s->kind == RUN_TRIAL) {
		strv_add(ret, "sudo slicer doctor");
		strv_add(ret, "sudo slicer setup-iommu --confirm");
	} else if (is_about_devices(s, o)) {
		strv_add(ret, "sudo slicer doctor");
		strv_add(ret, "slicer pci list");
		commands_after_reboot(&s->devices, s->chosen, s->n_chosen, ret);
	}
}

static json_t *plan_document(const struct setup *s, const struct outcome *o)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	json_t *doc = json_document("slicer.plan/1");

	json_object_set_new(doc, "changed", json_boolean(o->changed));
	json_object_set_new(doc, "applied", json_boolean(o->applied));
	json_object_set_new(doc, "verified",
			    o->verified < 0 ? json_null() : json_boolean(o->verified));
	json_object_set_new(doc, "rolled_back", json_boolean(o->rolled_back));
	json_object_set_new(doc, "deferred", deferred_json(s, o));
	json_object_set_new(doc, "reboot_required", json_boolean(o->reboot));
	json_object_set_new(doc, "recovered", json_texts(&s->recovered));
	json_object_set_new(doc, "steps", report_plan_steps(&s->plan));
	json_object_set_new(doc, "warnings",
			    json_advice(other_root(s), &s->plan.warnings));
	strv_copy(&next, &s->plan.next);
	add_commands(s, o, &next);
	json_object_set_new(doc, "next", json_steps(other_root(s), &next));
	if (s->move)
		json_object_set_new(doc, "devices", move_devices(s->move));
	return doc;
}

/* Does the plan change more than a trial boot's entry? */
static bool is_lasting(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->v[i].of_trial)
			return true;
	return false;
}

bool setup_needs_reboot(const struct setup *s, bool acts)
{
	CLEANUP(strv_done) struct strv missing = { 0 };

	if (s->kind == RUN_TRIAL)
		return true;
	if (s->kind == RUN_UNDO)
		return acts && (is_lasting(&s->plan) || s->in_trial);
	if (is_lasting(&s->plan) && !s->in_trial)
		return true;
	if (s->facts.cmdline)
		wanted_missing(&s->wanted, s->facts.cmdline, &missing);
	return missing.n > 0;
}

void setup_print_deferred(const struct setup *s)
{
	FILE *f = s->c->out.out;

	fprintf(f, "\nDeferred, because the root is %s: run these\n",
		host_root(s->c->host));
	for (size_t i = 0; i < s->plan.n; i++) {
		CLEANUP(str_done) struct str line = { 0 };

		if (s->plan.v[i].kind == STEP_RUN) {
			str_add(&line, " sudo chroot ");
			str_add_shell_word(&line, host_root(s->c->host));
		}
		for (size_t k = 0;
		     s->plan.v[i].kind == STEP_RUN && k < s->plan.v[i].argv.n; k++) {
			str_addc(&line, ' ');
			str_add_shell_word(&line, s->plan.v[i].argv.v[k]);
		}
		if (line.len)
			fprintf(f, "   %s\n", str_c(&line));
	}
}

static void print_next(const struct setup *s)
{
	struct advice a = { .root = other_root(s) };

	for (size_t i = 0; i < s->plan.next.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		size_t pos = 0, len;
		const char *line;

		advice_add(&a, s->plan.next.v[i], &text);
		while (next_line(str_c(&text), text.len, &pos, &line, &len)) {
			CLEANUP(str_done) struct str safe = { 0 };

			str_add_printable(&safe, line, len);
			fprintf(s->c->out.out, "%s%s\n",
				line == str_c(&text) ? "note: " : "      ", str_c(&safe));
		}
	}
}

static const char *nothing_to_change(const struct setup *s)
{
	if (s->kind == RUN_UNDO)
		return "slicer has left nothing on this host";
	if (s->kind == RUN_TRIAL)
		return "this trial boot is set up already";
	if (s->kind == RUN_BIND)
		return "the initramfs binds these devices already";
	if (s->kind == RUN_TAKE_OVER)
		return "nothing but slicer binds these devices";
	return "the command line and the boot menu are as wanted";
}

/* The commands, and what has to be known beside them: on a terminal of 24 rows all of it
 * has to stay in sight. */
static void print_commands(const struct setup *s, const struct outcome *o)
{
	CLEANUP(strv_done) struct strv left = { 0 };
	struct advice a = { .root = other_root(s) };
	FILE *f = s->c->out.out;

	add_commands(s, o, &left);
	if (left.n)
		fputc('\n', f);
	for (size_t i = 0; i < left.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		advice_add(&a, left.v[i], &text);
		fprintf(f, "%-7s%s\n",
			i == 0		      ? "Now:"
			: i == 1 && o->reboot ? "Then:"
					      : "",
			str_c(&text));
	}
	if (s->kind == RUN_TRIAL)
		fprintf(f,
			"\nIf that boot fails, reset the machine. Any boot after it uses "
			"the current command\nline again, until --confirm makes the new "
			"one permanent%s.\n",
			s->o->auto_confirm ? "; slicer-confirm.service\ndoes that by "
					     "itself if the IOMMU is on"
					   : "");
}

/* The whole of it, with the commands that start a VM, is kept in a file. */
static int keep_steps(struct setup *s, const struct outcome *o, struct str *ret,
		      struct error *e)
{
	return is_about_devices(s, o) ? setup_next_steps(s, ret, e) : 0;
}

static void print_steps(const struct setup *s, const struct str *steps)
{
	FILE *f = s->c->out.out;

	if (steps->len && s->c->out.verbose)
		fprintf(f, "\n%s", str_c(steps));
	if (steps->len)
		fprintf(f, "\nAll steps, with the commands that start a VM:\n  %s%s\n",
			other_root(s) ? other_root(s) : "", NEXT_STEPS_PATH);
}

/* What a person reads first after a run that was carried out. */
static const char *what_is_done(const struct setup *s, const struct outcome *o)
{
	if (s->kind == RUN_TRIAL)
		return "Done and checked. The next boot tries it, once.";
	if (!o->reboot)
		return "Done and checked.";
	return other_root(s) ? "Done and checked. It takes effect once the machine is "
			       "started from this disk."
			     : "Done and checked. It takes effect at the next boot.";
}

int setup_report_done(struct setup *s, const struct outcome *o, struct error *e)
{
	CLEANUP(str_done) struct str steps = { 0 };
	FILE *f = s->c->out.out;
	int err = keep_steps(s, o, &steps, e);

	if (err < 0)
		return err;
	if (s->c->out.json)
		return json_print(&s->c->out, plan_document(s, o), e);
	/* What is left for a person to do is a result. */
	if (s->c->out.quiet && o->applied && o->deferred)
		setup_print_deferred(s);
	if (s->c->out.quiet)
		return 0;
	if (o->applied && !o->deferred)
		fprintf(f, "\n%s\n", what_is_done(s, o));
	else if (o->applied)
		setup_print_deferred(s);
	else
		fprintf(f, "Nothing to change: %s.\n", nothing_to_change(s));
	print_next(s);
	print_commands(s, o);
	print_steps(s, &steps);
	return 0;
}

int setup_report_dry(struct setup *s, int *ret_status, struct error *e)
{
	struct outcome o = { .changed = !plan_is_empty(&s->plan), .verified = -1 };
	bool would = false;

	for (size_t i = 0; i < s->plan.n; i++)
		would |= s->plan.v[i].kind != STEP_RUN || host_is_live(s->c->host);
	o.reboot = setup_needs_reboot(s, o.changed);
	if (s->o->check && would)
		*ret_status = 1;
	if (s->c->out.json)
		return json_print(&s->c->out, plan_document(s, &o), e);
	if (setup_shows_text(s)) {
		if (!o.changed)
			fprintf(s->c->out.out, "Nothing to change.\n");
		print_next(s);
		if (o.changed)
			fprintf(s->c->out.out, "Nothing was changed (%s).\n",
				s->o->check ? "--check" : "--dry-run");
	}
	return 0;
}
