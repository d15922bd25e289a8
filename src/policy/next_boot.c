/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/next_boot.h"

#include "policy/advice.h"
#include "policy/judge.h"
#include "policy/params.h"

#define SETUP "sudo slicer setup-iommu"

/* ---- comparing command lines ------------------------------------------------------- */

static bool is_wanted_name(const struct diagnosis *d, const char *token)
{
	CLEANUP(free_char) char *name = xstrndup(token, strcspn(token, "="));

	for (size_t i = 0; i < d->wanted->params.n; i++) {
		const char *want = d->wanted->params.v[i];
		CLEANUP(free_char) char *wanted = xstrndup(want, strcspn(want, "="));

		if (param_name_same(name, wanted))
			return true;
	}
	return false;
}

/*
 * What two command lines are compared by: without what the loader adds, and without what
 * GRUB puts in for a variable (Ubuntu's $vt_handoff becomes vt.handoff=7,
 * debian/patches/vt-handoff.patch). bare: also without all that setup-iommu may change.
 */
static void comparable(const struct diagnosis *d, const char *options, bool bare,
		       struct strv *ret)
{
	CLEANUP(strv_done) struct strv tokens = { 0 }, own = { 0 };

	cmdline_split(options, strlen(options), &tokens);
	boot_filter(&tokens, &own);
	for (size_t i = 0; i < own.n; i++) {
		const char *token = own.v[i];

		if (*token == '$' || str_starts(token, "vt.handoff="))
			continue;
		if (!bare || !is_wanted_name(d, token))
			strv_add(ret, token);
	}
}

static bool is_same_line(const struct diagnosis *d, const char *a, const char *b,
			 bool bare)
{
	CLEANUP(strv_done) struct strv left = { 0 }, right = { 0 };

	if (!a || !b)
		return false;
	comparable(d, a, bare, &left);
	comparable(d, b, bare, &right);
	if (left.n != right.n)
		return false;
	for (size_t i = 0; i < left.n; i++)
		if (strcmp(left.v[i], right.v[i]) != 0)
			return false;
	return true;
}

const struct boot_entry *next_boot_other_started(const struct diagnosis *d)
{
	const char *kernel = d->facts->platform.kernel;
	const struct boot_entry *entry = judge_default(d);
	const char *running = d->facts->cmdline;

	if (!entry || is_same_line(d, entry->options, running, false))
		return NULL;
	for (size_t i = 0; i < d->boot->n; i++) {
		const struct boot_entry *other = &d->boot->v[i];

		if (other == entry ||
		    (other->version && kernel && strcmp(other->version, kernel) != 0))
			continue;
		if (is_same_line(d, other->options, running, false))
			return other;
	}
	return NULL;
}

/* ---- a loader that reads another file ---------------------------------------------- */

/* The menu that slicer reads has what is wanted, was there before this boot began, and
 * this boot has the same command line without it. */
static bool was_not_read(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);
	const char *running = d->facts->cmdline;

	return d->wanted && entry && entry->options && running &&
	       d->default_is_older == TRI_YES && judge_next_boot(d) == TRI_YES &&
	       judge_lacks(d, running) && !next_boot_other_started(d) &&
	       is_same_line(d, entry->options, running, true);
}

static bool is_proven_elsewhere(const struct diagnosis *d)
{
	const char *running = d->facts->cmdline;

	return d->boot && d->boot->elsewhere.code != ERROR_NONE &&
	       !(running && d->wanted && !judge_lacks(d, running));
}

bool next_boot_is_elsewhere(const struct diagnosis *d)
{
	return is_proven_elsewhere(d) || was_not_read(d);
}

char *next_boot_why_elsewhere(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	if (is_proven_elsewhere(d))
		return xstrdup(d->boot->elsewhere.what);
	if (!was_not_read(d))
		return NULL;
	return xasprintf(
		"%s has the parameters since before this boot, but the kernel "
		"was started with the same command line without them: the boot "
		"loader (or a kexec) read another file, or somebody edited that line "
		"in the boot menu",
		entry->source);
}

void next_boot_mend(const struct diagnosis *d, struct strv *next)
{
	bool is_grub = str_eq(d->boot->loader ? d->boot->loader->name : NULL, "grub");

	if (is_proven_elsewhere(d)) {
		advice_hint(&d->boot->elsewhere, next);
	} else if (d->facts->platform.efi) {
		strv_add(next, "# which file on which partition the firmware starts:\n"
			       "sudo efibootmgr -v");
		strv_add(next, is_grub ? "# have it read this system's menu, then put "
					 "its entry first with efibootmgr:\n"
					 "sudo grub-install"
				       : "# mount that partition, or put this system's "
					 "entry first:\nsudo bootctl install");
	} else {
		strv_add(next, "# the firmware may start another disk: choose this "
			       "system's disk in the firmware set-up, or write GRUB to "
			       "the one that it starts:\nsudo grub-install DISK");
	}
	strv_add(next, "sudo reboot");
	strv_add(next, "sudo slicer doctor");
}

/* ---- a host that is ready, and its next boot ----------------------------------------
 */

static void add(struct strv *next, const char *step)
{
	if (next)
		strv_add(next, step);
}

/* What keeps the IOMMU on. */
static void add_setup(const struct diagnosis *d, struct strv *next)
{
	if (next)
		advice_setup(d, next);
}

/* The parameter of the next boot's default entry that switches off what works now. */
static char *next_boot_blocker(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);
	CLEANUP(free_char) char *now = judge_blocks(d, d->facts->cmdline);

	return now || !entry ? NULL : judge_blocks(d, entry->options);
}

/* The same of the configured command line, which is in no menu yet. */
static char *coming_blocker(const struct diagnosis *d)
{
	const char *configured = d->boot ? d->boot->configured : NULL;
	CLEANUP(free_char) char *now = judge_blocks(d, d->facts->cmdline);

	return now ? NULL : judge_blocks(d, configured);
}

/* The next boot's entry does not have what switches the IOMMU on now, and its kernel does
 * not do it by itself (CONFIG_INTEL_IOMMU_DEFAULT_ON; AMD's needs no word). */
static bool loses_parameter(const struct diagnosis *d)
{
	const struct kernel_facts *kernel = judge_next_kernel(d);
	const char *running = d->facts->cmdline;

	return d->wanted && running && kernel && kernel->intel_default_on == 'n' &&
	       diagnosis_vendor(d) == CPU_INTEL && judge_next_boot(d) == TRI_NO &&
	       !judge_lacks(d, running);
}

char *next_boot_note(const struct diagnosis *d, struct strv *next)
{
	CLEANUP(free_char) char *blocker = next_boot_blocker(d);
	CLEANUP(free_char) char *coming = coming_blocker(d);
	const char *running = d->facts->cmdline;
	bool is_trial = d->trial.state == TRIAL_RUNNING;

	if (d->trial.state == TRIAL_PENDING) {
		add(next, "sudo reboot");
		add(next, "sudo slicer doctor");
		add(next, SETUP " --confirm");
		return xstrdup("the next boot is the trial, which only --confirm in it "
			       "makes permanent");
	}
	if (is_trial && !d->boot->trial_pending)
		return xstrdup("this is the trial boot: only --confirm makes it "
			       "permanent, the next boot is without it");
	if (blocker) {
		add_setup(d, next);
		return xasprintf("the next boot will switch it off: %s in %s", blocker,
				 judge_default(d)->source);
	}
	if (coming) {
		add_setup(d, next);
		return xasprintf("it will be switched off once the boot menu is "
				 "regenerated: %s is configured",
				 coming);
	}
	if (loses_parameter(d)) {
		add_setup(d, next);
		return xasprintf("the next boot will be without it: %s lacks the "
				 "parameter, and the kernel needs it",
				 judge_default(d) ? judge_default(d)->source
						  : "the boot menu");
	}
	if (running && d->wanted && judge_next_boot(d) == TRI_YES &&
	    judge_lacks(d, running)) {
		add(next, "sudo reboot");
		return xstrdup("what is configured takes effect at the next boot");
	}
	return NULL;
}
