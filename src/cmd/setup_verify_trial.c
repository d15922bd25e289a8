/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --trial: looking at it again, after the last step. */
#include <errno.h>

#include "cmd/setup_trial.h"

/* EFI variables are facts, and may have changed. */
static int load_now(struct setup *s, struct boot_config *ret, struct error *e)
{
	struct facts now = s->facts;
	int err = efi_probe(s->c->host, &now.efi, e);

	if (err >= 0)
		err = s->loader->load(s->c->host, &now, ret, e);
	efi_done(&now.efi);
	return err;
}

/* The default entry's parameters, edited, and the id. */
static bool has_options(const struct setup *s, const char *options)
{
	const struct boot_entry *entry = boot_config_default(&s->boot);
	CLEANUP(strv_done) struct strv have = { 0 }, want = { 0 };
	CLEANUP(edit_done) struct edit ed = { 0 }, own = { 0 };

	boot_trial_edit(s->edit, s->trial_id, &ed);
	cmdline_split(entry->options, strlen(entry->options), &want);
	edit_complete(&ed, &want, &own);
	edit_apply_params(&own, &want);
	cmdline_split(options, strlen(options), &have);
	return strv_same(&have, &want);
}

static int check_set_up(const struct setup *s, const struct boot_config *now,
			struct error *e)
{
	if (!now->trial || !now->trial->options)
		return error_set(e, EPROTO, "the trial's entry is not there");
	if (!has_options(s, now->trial->options)) {
		error_set(e, EPROTO, "the trial's entry has another command line: %s",
			  now->trial->options);
		error_at(e, now->trial->source, now->trial->line);
		return -EPROTO;
	}
	if (!now->trial_pending)
		return error_set(e, EPROTO,
				 "%s was told to start the trial next, but does not "
				 "know of it",
				 s->loader->title);
	return 0;
}

static int check_as_before(const struct setup *s, const struct boot_config *now,
			   struct error *e)
{
	const struct boot_entry *a = s->boot.trial, *b = now->trial;

	if (!a == !b && (!a || str_eq(a->options, b->options)) &&
	    s->boot.trial_pending == now->trial_pending)
		return 0;
	return error_set(e, EIO, "the trial boot is not as it was before");
}

/* A program that set or forgot the one-shot may have broken what the loader keeps it in.
 */
static int check_one_shot(const struct setup *s, const struct boot_config *now,
			  struct error *e)
{
	const struct error *damage = &now->one_shot_damage;
	const char *before = s->boot.one_shot_others, *after = now->one_shot_others;
	CLEANUP(str_done) struct str lost = { 0 };

	if (s->boot.one_shot_damage.code != ERROR_NONE)
		return 0;
	if (before && !after)
		return error_set(e, EPROTO,
				 "%s, in which %s keeps its next entry, is gone",
				 s->boot.one_shot_path, s->loader->title);
	if (damage->code != ERROR_NONE) {
		error_set(e, EPROTO, "%s: %s", damage->path, damage->what);
		error_hint(e, "%s", damage->hint);
		return -EPROTO;
	}
	if (!before || strcmp(before, after) == 0)
		return 0;
	str_add_printable(&lost, before, strlen(before));
	return error_set(e, EPROTO, "%s: what others keep in it has changed, it was: %s",
			 s->boot.one_shot_path, *before ? str_c(&lost) : "nothing");
}

int setup_verify_trial(struct setup *s, bool rolled_back, struct error *e)
{
	CLEANUP(boot_config_done) struct boot_config now = { 0 };
	bool touches = false, sets = false, makes = false;
	int err;

	for (size_t i = 0; i < s->plan.n; i++) {
		touches |= s->plan.v[i].of_trial;
		sets |= s->plan.v[i].undo.n > 0;
		makes |= s->plan.v[i].makes_one_shot;
	}
	if (!touches && !sets && !makes)
		return 0;
	err = load_now(s, &now, e);
	if (err >= 0 && makes && !rolled_back && now.one_shot_gone)
		return error_set(e, EPROTO,
				 "%s, which was to be regenerated, is not there",
				 s->boot.one_shot_path);
	if (err >= 0 && (sets || makes))
		err = check_one_shot(s, &now, e);
	if (err < 0 || !touches)
		return err;
	if (rolled_back)
		return check_as_before(s, &now, e);
	if (s->kind == RUN_TRIAL)
		return check_set_up(s, &now, e);
	return now.trial || now.trial_pending
		       ? error_set(e, EPROTO, "the trial boot's entry is still there")
		       : 0;
}
