/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor: a trial boot, and what is left of one that died. */
#include "cmd/doctor.h"
#include "probe/last_boot.h"

void doctor_read_trial(struct doctor *doc)
{
	struct trial_view *t = &doc->d.trial;
	const struct boot_entry *entry = doc->boot.trial;
	CLEANUP(free_char) char *id = NULL;
	CLEANUP(free_char) char *param = NULL;

	if (!doc->d.boot)
		return;
	t->state = trial_state_of(&doc->boot, doc->facts.cmdline, doc->facts.boot_id);
	if (t->state != TRIAL_OVER || !entry || !entry->options)
		return;
	id = boot_trial_id(entry->options);
	if (!id)
		return;
	param = xasprintf(BOOT_TRIAL_PARAM "=%s", id);
	last_boot_log(doc->c->host, param, trial_time(id), &doc->trial_log,
		      &doc->trial_source);
	if (!doc->trial_source)
		return;
	t->log = &doc->trial_log;
	t->log_source = doc->trial_source;
}
