/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --confirm: what the trial boot tried becomes permanent. */
#include <errno.h>

#include "cmd/setup_trial.h"

/* ---- may it? ----------------------------------------------------------------------- */

static int refuse_none(const struct setup *s, struct error *e)
{
	CLEANUP(free_char)
	char *running = s->facts.cmdline ? boot_trial_id(s->facts.cmdline) : NULL;

	error_set(e, ENOENT, "there is no trial boot to confirm%s",
		  running ? ": the one that runs was confirmed or undone already" : "");
	error_hint(e, "slicer setup-iommu --trial sets one up; slicer doctor says what "
		      "this host lacks");
	return -ENOENT;
}

static int refuse_early(enum trial_state state, struct error *e)
{
	if (state == TRIAL_PENDING) {
		error_set(e, EPERM,
			  "the trial boot is still to come: this boot is not "
			  "it");
		error_hint(e, "sudo reboot, then slicer doctor; --force makes it "
			      "permanent untried");
	} else {
		error_set(e, EPERM,
			  "the trial's entry is there, but this boot is not "
			  "the trial, and nothing starts it");
		error_hint(e, "slicer setup-iommu --trial sets it up again, --undo takes "
			      "it away; --force makes it permanent untried");
	}
	return -EPERM;
}

/* As doctor judges. */
static int check_ready(const struct setup *s, struct error *e)
{
	struct diagnosis d = {
		.facts = &s->facts,
		.boot = &s->boot,
		.wanted = &s->wanted,
		.boot_match = s->probe.match,
		.trial = { .state = TRIAL_RUNNING },
	};
	CLEANUP(strv_done) struct strv next = { 0 };
	enum verdict verdict = verdict_of(&d, &next);

	if (verdict == VERDICT_READY)
		return 0;
	error_set(e, EPERM, "this boot is the trial, but it did not work: %s",
		  verdict_name(verdict));
	error_hint(e, "slicer doctor says why. A reboot brings the old command line "
		      "back, --undo takes the trial's entry away; --force makes it "
		      "permanent all the same");
	return -EPERM;
}

static int check_state(struct setup *s, enum trial_state state, struct error *e)
{
	struct error why = { 0 };
	int err = state == TRIAL_NONE	   ? refuse_none(s, e)
		  : state == TRIAL_RUNNING ? check_ready(s, &why)
					   : refuse_early(state, &why);

	if (state == TRIAL_NONE || err >= 0)
		return err;
	if (s->o->force) {
		plan_warn(&s->plan, "--force: %s", why.what);
		return 0;
	}
	*e = why;
	return err;
}

/* ---- what was tried ---------------------------------------------------------------- */

static bool has_id(const struct record *r, const char *param)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->steps[i].after.len &&
		    memmem(str_c(&r->steps[i].after), r->steps[i].after.len, param,
			   strlen(param)))
			return true;
	return false;
}

/* The edit of the run that set this trial up. */
static int find_edit(struct setup *s, struct edit *ret, struct error *e)
{
	CLEANUP(records_done) struct records rs = { 0 };
	const char *options = s->boot.trial ? s->boot.trial->options : NULL;
	CLEANUP(free_char) char *id = options ? boot_trial_id(options) : NULL;
	CLEANUP(free_char) char *param = xasprintf(BOOT_TRIAL_PARAM "=%s", id ? id : "");
	int err = journal_list(s->c->host, &rs, e);

	if (err < 0)
		return err;
	for (size_t i = rs.n; id && i-- > 0;) {
		if (rs.v[i].kind != RUN_TRIAL || !has_id(&rs.v[i], param))
			continue;
		edit_copy(ret, &rs.v[i].edit);
		return 0;
	}
	error_set(e, ENOENT, "the journal does not say what this trial (%s) tries",
		  id ? id : "its entry has no id");
	error_hint(e, "set the parameters as usual: slicer setup-iommu takes the trial's "
		      "entry away with it");
	return -ENOENT;
}

static int want_tried(struct setup *s, struct error *e)
{
	int err = find_edit(s, &s->wanted.edit, e);

	for (size_t i = 0; err >= 0 && i < s->wanted.edit.n; i++) {
		const struct edit_item *it = &s->wanted.edit.v[i];

		if (it->op != EDIT_REMOVE)
			strv_add(&s->wanted.params,
				 it->op == EDIT_ADD ? it->param : it->to);
	}
	return err;
}

/* ---- the verb ---------------------------------------------------------------------- */

/* It died, or nobody confirmed it. */
static int take_away(struct setup *s, int *ret_status, struct error *e)
{
	int err = setup_end_trial(s, e);

	plan_warn(&s->plan,
		  "this boot is not the trial: that one died, or the machine was started "
		  "anew before it was confirmed. Nothing is made permanent; its entry "
		  "goes. 'slicer doctor' shows what its kernel left behind");
	s->kind = RUN_END;
	s->edit = &s->wanted.edit;
	if (err >= 0)
		err = setup_carry_out(s, NULL, ret_status, e);
	if (err < 0)
		return err;
	*ret_status = 1;
	if (s->c->out.quiet && !s->c->out.json)
		fprintf(s->c->out.out,
			"Not confirmed: this boot is not the trial. Nothing "
			"was made permanent.\n");
	return 0;
}

static int confirm(struct setup *s, int *ret_status, struct error *e)
{
	enum trial_state state =
		trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id);
	int err;

	if (state == TRIAL_OVER && !s->o->force)
		return take_away(s, ret_status, e);
	s->in_trial = state == TRIAL_RUNNING;
	err = state == TRIAL_NONE ? 0 : want_tried(s, e);
	if (err >= 0)
		err = check_state(s, state, e);
	if (err >= 0)
		err = setup_devices(s, e);
	if (err >= 0)
		err = setup_make(s, e);
	if (err >= 0)
		err = setup_end_trial(s, e);
	return err < 0 ? err : setup_carry_out(s, NULL, ret_status, e);
}

int setup_confirm(struct setup *s, int *ret_status, struct error *e)
{
	int err = confirm(s, ret_status, e);

	if (err < 0)
		setup_tell_recovered(&s->recovered, e);
	return err;
}
