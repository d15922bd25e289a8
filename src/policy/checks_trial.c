/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a trial boot has come: in the group "bootloader". */
#include "policy/checks.h"

#define ID "bootloader.trial"
#define GROUP "bootloader"
#define CONFIRM "sudo slicer setup-iommu --confirm"
#define UNDO "sudo slicer setup-iommu --undo"

static const char *options_of(const struct diagnosis *d)
{
	const struct boot_entry *entry = d->boot ? d->boot->trial : NULL;

	return entry && entry->options ? entry->options : "its entry can't be read";
}

static void check_running(const struct diagnosis *d, struct checks *ret)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	bool ready = verdict_of(d, &next) == VERDICT_READY;
	struct check *c;

	/* Then it is no trial: it comes again at every boot. */
	if (d->boot->trial_pending) {
		c = check_add(ret, ID, GROUP, CHECK_FAIL,
			      "this is the trial boot, but the loader did not forget it",
			      "the next boot is meant to be it again");
		strv_add(&c->fix, UNDO);
		return;
	}
	c = check_add(ret, ID, GROUP, ready ? CHECK_PASS : CHECK_WARN,
		      ready ? "this is the trial boot, and it is healthy"
			    : "this is the trial boot, but the IOMMU is not working",
		      "%s", options_of(d));
	if (ready)
		return;
	strv_add(&c->fix, "a reboot brings the old command line back");
	strv_add(&c->fix, "# this removes the trial's entry:\n" UNDO);
}

/* Of the log's last lines: what a panic or an oops says comes last. */
static void check_over(const struct diagnosis *d, struct checks *ret)
{
	const struct strv *log = d->trial.log;
	CLEANUP(free_char) char *lines = log ? strv_join(log, "\n") : NULL;
	struct check *c;

	c = check_add(ret, ID, GROUP, CHECK_FAIL,
		      "the trial boot failed, or was not confirmed before this boot",
		      "%s%s%s%s%s", options_of(d), lines ? "\n" : "",
		      lines ? d->trial.log_source : "", lines ? ":\n" : "",
		      lines ? lines : "");
	strv_add(&c->fix,
		 "# this removes its entry, and makes nothing permanent:\n" CONFIRM);
}

void checks_trial(const struct diagnosis *d, struct checks *ret)
{
	struct check *c;

	switch (d->trial.state) {
	case TRIAL_NONE:
		return;
	case TRIAL_RUNNING:
		check_running(d, ret);
		return;
	case TRIAL_OVER:
		check_over(d, ret);
		return;
	case TRIAL_PENDING:
		c = check_add(ret, ID, GROUP, CHECK_WARN,
			      "a trial boot is set up: the next boot is it", "%s",
			      options_of(d));
		strv_add(&c->fix, "sudo reboot");
		return;
	case TRIAL_IDLE:
		c = check_add(ret, ID, GROUP, CHECK_WARN,
			      "a trial boot's entry is there, but nothing starts it",
			      "%s", options_of(d));
		strv_add(&c->fix, "# this sets it up again:\n"
				  "sudo slicer setup-iommu --trial");
		strv_add(&c->fix, "# or remove it:\n" UNDO);
		return;
	}
}
