/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --trial: its plan, and the plan that takes it away. */
#include "cmd/setup_trial.h"

#include <errno.h>

#include "policy/params.h"
#include "steps/template.h"

/* ---- the service that confirms by itself ------------------------------------------- */

/* What ExecStart= takes as it stands (systemd.service(5), COMMAND LINES). */
static bool is_plain_path(const char *path)
{
	return *path == '/' &&
	       path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789/._+-")] == '\0';
}

/* This program: the one that is named slicer may be another one. */
static char *find_slicer(const struct host *h)
{
	char *path = host_readlink(h, "/proc/self/exe");

	return path ? path : host_find_program(h, "slicer");
}

/*
 * Refuses what others than root can put something else in place of: the program, or a
 * directory on the way to it, that is not root's or that its group or others may write.
 * An ACL that lets somebody write shows in the group's bits (acl(5)). The sticky bit is
 * no help: what is gone after the reboot (/tmp), anybody can make anew.
 */
static int check_owner(const struct host *h, const char *program, struct error *e)
{
	CLEANUP(free_char) char *at = host_realpath(h, program);
	bool go_on = at != NULL;

	while (go_on) {
		char *slash = strrchr(at, '/');
		struct stat st;
		int err = host_stat(h, at, &st);

		if (err < 0)
			return error_at(e, at, 0), error_errno(e, -err, "can't look at");
		if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH)) {
			error_set(
				e, EPERM,
				"--auto-confirm: root would start %s at every boot, and "
				"others than root can replace it (owner %u, mode %04o)",
				program, (unsigned)st.st_uid,
				(unsigned)(st.st_mode & 07777));
			error_at(e, at, 0);
			error_hint(e, "install it first where only root can write: sudo "
				      "make install");
			return -EPERM;
		}
		go_on = slash && strcmp(at, "/") != 0;
		if (go_on)
			slash[slash == at ? 1 : 0] = '\0';
	}
	return 0;
}

static int check_service(const struct setup *s, const char *slicer, struct error *e)
{
	CLEANUP(free_char) char *found = NULL;

	if (!host_is_live(s->c->host)) {
		error_set(e, EOPNOTSUPP,
			  "--auto-confirm is for the running system: what slicer there "
			  "is in another root can't be told");
		error_hint(e, "leave it out, and run --confirm in the trial boot");
		return -EOPNOTSUPP;
	}
	if (!host_is_dir(s->c->host, "/run/systemd/system")) {
		error_set(e, EOPNOTSUPP,
			  "--auto-confirm needs systemd, which does not run here");
		error_hint(e, "leave it out, and run --confirm in the trial boot");
		return -EOPNOTSUPP;
	}
	found = slicer && is_plain_path(slicer) ? host_find_program(s->c->host, slicer)
						: NULL;
	if (found)
		return check_owner(s->c->host, found, e);
	error_set(e, ENOENT, "--auto-confirm: a service can't start slicer from %s",
		  slicer ? slicer : "an unknown place");
	error_hint(e, "install it first: make install");
	return -ENOENT;
}

static void add_file(struct setup *s, const char *path, const struct str *text,
		     const char *why)
{
	CLEANUP(str_done) struct str now = { 0 };
	bool exists = host_read(s->c->host, path, HOST_MAX_CONFIG, &now, NULL) == 0;

	plan_replace(&s->plan, path, exists, &now, text, 0644, why);
}

static int add_service(struct setup *s, struct error *e)
{
	CLEANUP(free_char) char *slicer = find_slicer(s->c->host);
	CLEANUP(str_done) struct str service = { 0 }, dropin = { 0 };
	const struct template_value value = { "SLICER", slicer };
	int err = check_service(s, slicer, e);

	if (err >= 0)
		err = template_fill("slicer-confirm.service", &value, 1, &service, e);
	if (err >= 0)
		err = template_fill("slicer-confirm.conf", NULL, 0, &dropin, e);
	if (err < 0)
		return err;
	add_file(s, CONFIRM_SERVICE, &service, "confirms the trial boot by itself");
	add_file(s, CONFIRM_DROPIN, &dropin, "starts that service at every boot");
	return 0;
}

/* The directory that a trial made for it, and that an end which was cut short left. */
static bool is_dir_left(const struct setup *s)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	CLEANUP(records_done) struct records rs = { 0 };
	bool is_ours = false, was_cut = s->recovered.n > 0;

	if (host_list(s->c->host, CONFIRM_DROPIN_DIR, &names, NULL) < 0 || names.n ||
	    journal_scan(s->c->host, &rs, NULL) < 0)
		return false;
	for (size_t i = 0; i < rs.n; i++) {
		was_cut |= record_is_unfinished(&rs.v[i]);
		is_ours |= rs.v[i].kind == RUN_TRIAL &&
			   strv_has(&rs.v[i].dirs, CONFIRM_DROPIN_DIR);
	}
	return was_cut && is_ours;
}

static int remove_service(struct setup *s, struct error *e)
{
	static const char *const paths[] = { CONFIRM_DROPIN, CONFIRM_SERVICE };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(str_done) struct str now = { 0 };
		struct error why = { 0 };
		int err = host_read(s->c->host, paths[i], HOST_MAX_CONFIG, &now, &why);

		if (err == -ENOENT)
			continue;
		if (err < 0) {
			*e = why;
			return err;
		}
		plan_remove(&s->plan, paths[i], &now, "the trial boot is over");
		if (i == 0)
			strv_add_unique(&s->plan.dirs, CONFIRM_DROPIN_DIR);
	}
	if (is_dir_left(s))
		strv_add_unique(&s->plan.dirs, CONFIRM_DROPIN_DIR);
	return 0;
}

/* ---- the end of a trial ------------------------------------------------------------ */

static void mark_passing(struct plan *p, size_t from)
{
	for (size_t i = from; i < p->n; i++)
		p->v[i].of_trial = true;
}

int setup_end_trial(struct setup *s, struct error *e)
{
	size_t from = s->plan.n;
	int err = 0;

	s->in_trial |= trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id) ==
		       TRIAL_RUNNING;
	if (s->loader->trial_end)
		err = s->loader->trial_end(&s->boot, &s->plan, e);
	if (err >= 0)
		err = remove_service(s, e);
	mark_passing(&s->plan, from);
	/* What is started once wins over the default, and so over a shelter: it must not
	 * be set while programs rewrite what it starts. */
	if (s->loader->shelter && plan_runs_again(&s->plan))
		plan_set_first(&s->plan, from);
	if (err >= 0 && from == 0 && !plan_is_empty(&s->plan) && s->kind == RUN_SETUP)
		s->kind = RUN_END;
	return err;
}

/* ---- --trial ----------------------------------------------------------------------- */

/* Where the configuration is right and only the menu is old, the default entry lacks what
 * the next ones will have. */
static void edit_from_menu(struct setup *s)
{
	const struct boot_entry *entry = boot_config_default(&s->boot);
	CLEANUP(strv_done) struct strv missing = { 0 };

	if (s->wanted.edit.n || !entry || !entry->options)
		return;
	wanted_missing(&s->wanted, entry->options, &missing);
	for (size_t i = 0; i < missing.n; i++)
		edit_push(&s->wanted.edit, EDIT_ADD, missing.v[i], NULL);
}

/* What could not be made permanent is not worth a reboot. *ret_any: there is something to
 * do at all. */
static int check_permanent(struct setup *s, bool *ret_any, struct error *e)
{
	struct plan plan = { 0 };
	int err = s->loader->plan(&s->boot, &s->wanted.edit, &plan, e);

	*ret_any = err >= 0 && !plan_is_empty(&plan);
	if (err < 0)
		error_prefix(e, "what is tried could not be made permanent afterwards");
	plan_done(&plan);
	return err;
}

/* An entry that was not started yet keeps its id, so that setting the same up again
 * changes nothing. */
static char *choose_id(const struct setup *s)
{
	enum trial_state state =
		trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id);
	char *id = NULL;

	if ((state == TRIAL_PENDING || state == TRIAL_IDLE) && s->boot.trial &&
	    s->boot.trial->options)
		id = boot_trial_id(s->boot.trial->options);
	return id ? id : trial_make_id(time(NULL), s->facts.boot_id);
}

/* The trial's entry is longer than the default one by its id. */
static int check_length(const struct setup *s, struct error *e)
{
	const struct boot_entry *entry = boot_config_default(&s->boot);
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str then = { 0 };

	if (!entry || !entry->options)
		return 0;
	boot_trial_edit(&s->wanted.edit, s->trial_id, &ed);
	edit_apply(&ed, entry->options, strlen(entry->options), true, &then);
	return refuse_length(str_c(&then), entry->added, e);
}

static int add_entry(struct setup *s, struct error *e)
{
	if (s->loader->trial)
		return s->loader->trial(&s->boot, s->edit, s->trial_id, &s->plan, e);
	error_set(e, EOPNOTSUPP, "slicer can't make a trial boot with %s yet",
		  s->loader->title);
	error_hint(e, "leave --trial out");
	return -EOPNOTSUPP;
}

/* Does this kernel run with something that is to be removed? */
static bool runs_removed(const struct setup *s)
{
	CLEANUP(strv_done) struct strv running = { 0 };

	cmdline_split(s->facts.cmdline, strlen(s->facts.cmdline), &running);
	for (size_t i = 0; i < running.n; i++)
		for (size_t k = 0; k < s->o->remove_params.n; k++)
			if (is_named_by(running.v[i], s->o->remove_params.v[k]))
				return true;
	return false;
}

/* All of it is configured. Where it does not run yet, the next boot is no trial, but for
 * good: who asked for one must not reboot in that belief. */
static int nothing_to_try(struct setup *s, struct error *e)
{
	CLEANUP(strv_done) struct strv missing = { 0 };

	if (s->facts.cmdline)
		wanted_missing(&s->wanted, s->facts.cmdline, &missing);
	if (s->facts.cmdline && !missing.n && !runs_removed(s)) {
		plan_next(&s->plan, "no trial was set up: this kernel runs with what was "
				    "to be tried, and it is permanent");
		return setup_end_trial(s, e);
	}
	error_set(e, EEXIST,
		  "there is nothing left to try: what is wanted is configured "
		  "for good, and a reset would not undo it");
	error_hint(e, "slicer setup-iommu --undo undoes what slicer configured; then "
		      "--trial. Or reboot, and slicer doctor");
	return -EEXIST;
}

/* Another one in its place could not be confirmed before a reboot of its own. */
static int check_running(const struct setup *s, struct error *e)
{
	if (s->o->force ||
	    trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id) != TRIAL_RUNNING)
		return 0;
	error_set(e, EEXIST, "this boot is a trial that was not confirmed yet");
	error_hint(e, "slicer setup-iommu --confirm makes it permanent, --undo takes it "
		      "away; --force sets up another one in its place");
	return -EEXIST;
}

int setup_make_trial(struct setup *s, struct error *e)
{
	bool any;
	int err = check_running(s, e);

	if (err >= 0)
		err = setup_want(s, e);
	if (err >= 0)
		err = check_permanent(s, &any, e);
	if (err < 0)
		return err;
	s->edit = &s->wanted.edit;
	if (!any)
		return nothing_to_try(s, e);
	edit_from_menu(s);
	s->kind = RUN_TRIAL;
	s->trial_id = choose_id(s);
	err = check_length(s, e);
	if (err >= 0)
		err = s->o->auto_confirm ? add_service(s, e) : remove_service(s, e);
	/* What starts it comes last. */
	if (err >= 0)
		err = add_entry(s, e);
	mark_passing(&s->plan, 0);
	setup_warn_acs(s);
	return err;
}
