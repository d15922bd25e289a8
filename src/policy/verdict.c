/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of slicer-doctor(8), VERDICTS: the first rule that applies. */
#include "policy/advice.h"
#include "policy/guest.h"
#include "policy/judge.h"
#include "policy/next_boot.h"
#include "policy/remapping.h"

#define REBOOT "sudo reboot"
#define SETUP "sudo slicer setup-iommu"
#define LOOK_AGAIN "sudo slicer doctor"

static const char *const names[] = {
	[VERDICT_READY] = "ready",
	[VERDICT_UNSUPPORTED] = "unsupported",
	[VERDICT_KERNEL] = "kernel",
	[VERDICT_BLOCKED] = "blocked",
	[VERDICT_FIRMWARE] = "firmware",
	[VERDICT_SETUP_NEEDED] = "setup-needed",
	[VERDICT_ELSEWHERE] = "elsewhere",
	[VERDICT_GENERATE_NEEDED] = "generate-needed",
	[VERDICT_REBOOT_NEEDED] = "reboot-needed",
	[VERDICT_REFUSED] = "refused",
	[VERDICT_UNKNOWN] = "unknown",
};

const char *verdict_name(enum verdict v)
{
	return names[v];
}

/* ---- ready ------------------------------------------------------------------------- */

static bool is_ready(const struct diagnosis *d)
{
	return d->facts->iommu.active && judge_vfio_at_hand(d) == TRI_YES &&
	       !remapping_refuses(d->facts);
}

/* About the devices that were asked for, or else one that the host can spare. */
static void next_ready(const struct diagnosis *d, struct strv *next)
{
	const struct pci_device *dev = d->suggested;
	const char *address = dev ? dev->address : "ADDRESS";
	bool asked = false;

	for (size_t i = 0; i < d->n_devices; i++) {
		const struct device_view *v = &d->devices[i];

		asked |= v->asked;
		for (size_t k = 0; v->asked && k < v->next.n; k++)
			strv_add_unique(next, v->next.v[k]);
	}
	if (asked)
		return;
	if (!dev)
		strv_add(next, "slicer pci list");
	if (!dev || !str_eq(dev->driver, "vfio-pci"))
		strv_addf(next, "sudo slicer pci bind %s --group", address);
	strv_addf(next, "slicer vm command %s", address);
}

/* ---- unsupported ------------------------------------------------------------------- */

static void next_unsupported(const struct diagnosis *d, struct strv *next)
{
	const struct platform_facts *p = &d->facts->platform;

	if (p->arch && strcmp(p->arch, "x86_64") != 0)
		strv_addf(next, "use an x86_64 machine: this is %s", p->arch);
	else if (p->container)
		strv_addf(next, "run slicer on the host itself: this is a container (%s)",
			  p->container);
	else if (p->hypervisor_dom0)
		strv_addf(next,
			  "pass devices through with the hypervisor's own tools: %s owns "
			  "the IOMMU here",
			  p->hypervisor_dom0);
	else
		strv_add(next, guest_iommu_advice(p, diagnosis_vendor(d)));
}

/* ---- kernel ------------------------------------------------------------------------ */

static const struct kernel_facts *lacking_kernel(const struct diagnosis *d)
{
	const struct kernel_facts *k = judge_running_kernel(d);
	const struct kernel_facts *next = judge_next_kernel(d);
	CLEANUP(free_char) char *lacks = NULL;
	CLEANUP(free_char) char *next_lacks = NULL;

	if (!k)
		k = next;
	if (!k)
		return NULL;
	lacks = judge_kernel_lacks(d, k);
	/* A better one is installed already: what is missing is the reboot. */
	if (next && next != k) {
		next_lacks = judge_kernel_lacks(d, next);
		if (!next_lacks && next->vfio_pci_state != MODULE_UNKNOWN)
			return NULL;
	}
	return lacks ? k : NULL;
}

static bool is_kernel(const struct diagnosis *d)
{
	return lacking_kernel(d) != NULL;
}

static void next_kernel(const struct diagnosis *d, struct strv *next)
{
	judge_kernel_advice(d, lacking_kernel(d), next);
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
}

/* ---- blocked ----------------------------------------------------------------------- */

/* Where it is said: 'c' configured, 'd' default entry, 'r' running and the others
 * unknown. */
static char blocked_where(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);
	CLEANUP(free_char) char *configured = judge_blocks(d, judge_configured(d));
	CLEANUP(free_char)
	char *next_boot = judge_blocks(d, entry ? entry->options : NULL);
	CLEANUP(free_char)
	char *running = judge_blocks(d, d->boot ? NULL : d->facts->cmdline);

	return configured ? 'c' : next_boot ? 'd' : running ? 'r' : 0;
}

static bool is_firmware(const struct diagnosis *d)
{
	return d->facts->firmware.state == FIRMWARE_ABSENT;
}

static bool is_blocked(const struct diagnosis *d)
{
	return blocked_where(d) != 0;
}

/* It comes out of what slicer can't edit. */
static void next_by_hand(const struct diagnosis *d, struct strv *next)
{
	const struct error *e = &d->boot->configured_error;
	CLEANUP(free_char) char *blocks = judge_blocks(d, judge_default(d)->options);
	CLEANUP(free_char) char *sources = strv_join(&d->boot->configured_sources, ", ");

	strv_addf(next, "take %s out by hand, in one of %s (%s)", blocks, sources,
		  e->what);
}

static void next_blocked(const struct diagnosis *d, struct strv *next)
{
	char where = blocked_where(d);
	CLEANUP(free_char) char *generate = judge_generate_command(d);

	if (where == 'd' && judge_is_unproven(d))
		next_by_hand(d, next);
	if (where == 'd' && d->boot->has_generator)
		strv_add(next, generate);
	else
		advice_setup(d, next);
	if ((where == 'c' || where == 'd') && strv_has(next, SETUP)) {
		strv_add(next, "# or, without a terminal (--yes alone replaces nothing "
			       "that a person wrote):\n" SETUP " --yes --force");
		/* Some machines do not boot with it, and that was why. */
		strv_add(next, "# or, if it was switched off because the machine did "
			       "not boot, for one boot only:\n" SETUP " --trial");
	}
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
}

/* ---- firmware ---------------------------------------------------------------------- */

static bool needs_setup(const struct diagnosis *d)
{
	const char *configured = judge_configured(d);

	/* A loader that slicer can't read: what the kernel got from it. */
	if (!d->boot)
		configured = d->facts->cmdline;
	if (judge_is_unproven(d))
		return judge_next_boot(d) == TRI_NO;
	return d->wanted && configured && judge_lacks(d, configured);
}

static void next_firmware(const struct diagnosis *d, struct strv *next)
{
	CLEANUP(free_char) char *generate = judge_generate_command(d);

	if (needs_setup(d))
		advice_setup(d, next);
	else if (d->boot && judge_next_boot(d) == TRI_NO)
		strv_add(next, generate);
	strv_add(next, d->facts->platform.efi ? "sudo systemctl reboot --firmware-setup"
					      : REBOOT);
	strv_addf(next, "in the firmware set-up enable %s",
		  judge_firmware_setting(diagnosis_vendor(d)));
	strv_add(next, LOOK_AGAIN);
}

/* ---- a trial boot to come ---------------------------------------------------------- */

/* The entry says what is wanted: a reboot will show. */
static bool is_trial_next(const struct diagnosis *d)
{
	const struct boot_entry *entry = d->boot ? d->boot->trial : NULL;
	const char *options = entry ? entry->options : NULL;
	CLEANUP(free_char) char *blocks = judge_blocks(d, options);

	return d->trial.state == TRIAL_PENDING && options && d->wanted &&
	       !judge_lacks(d, options) && !blocks && !is_firmware(d);
}

static void next_trial(const struct diagnosis *d, struct strv *next)
{
	(void)d;
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
	strv_add(next, SETUP " --confirm");
}

/* ---- set-up, generator, reboot ----------------------------------------------------- */

/* setup-iommu refuses to edit what the loader does not read. */
static void next_setup(const struct diagnosis *d, struct strv *next)
{
	if (next_boot_is_elsewhere(d)) {
		next_boot_mend(d, next);
		return;
	}
	advice_setup(d, next);
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
}

static bool needs_generate(const struct diagnosis *d)
{
	return (d->wanted && d->boot && judge_configured(d) &&
		judge_next_boot(d) == TRI_NO) ||
	       remapping_waits_for_generator(d);
}

static void next_generate(const struct diagnosis *d, struct strv *next)
{
	strv_take(next, judge_generate_command(d));
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
}

static bool is_better_kernel_next(const struct diagnosis *d)
{
	const struct kernel_facts *k = judge_running_kernel(d);
	const struct kernel_facts *next = judge_next_kernel(d);
	CLEANUP(free_char) char *lacks = k ? judge_kernel_lacks(d, k) : NULL;

	return lacks && next && next != k;
}

static bool needs_reboot(const struct diagnosis *d)
{
	const char *running = d->facts->cmdline;
	CLEANUP(free_char) char *blocks = judge_blocks(d, running);

	if (!running || judge_next_boot(d) != TRI_YES)
		return false;
	return blocks || judge_lacks(d, running) || is_better_kernel_next(d) ||
	       remapping_waits_for_reboot(d);
}

static void next_reboot(const struct diagnosis *d, struct strv *next)
{
	(void)d;
	strv_add(next, REBOOT);
	strv_add(next, LOOK_AGAIN);
}

/* ---- refused ----------------------------------------------------------------------- */

static bool is_refused(const struct diagnosis *d)
{
	const struct facts *f = d->facts;
	CLEANUP(free_char) char *blocks = judge_blocks(d, f->cmdline);

	return d->wanted && f->cmdline && !judge_lacks(d, f->cmdline) && !blocks &&
	       f->firmware.state == FIRMWARE_PRESENT && f->iommu.known &&
	       !f->iommu.active;
}

static void next_refused(const struct diagnosis *d, struct strv *next)
{
	const struct log_line *line = judge_log_error(d);

	if (line) {
		CLEANUP(free_char) char *text = judge_log_text(line);

		strv_addf(next, "the kernel's log says: %s", text);
		strv_add(next, line->rule->explain);
	} else if (d->unprivileged) {
		strv_add(next, "sudo slicer doctor");
	} else {
		strv_add(next, "sudo dmesg | grep -e DMAR -e AMD-Vi -e IOMMU");
		strv_add(next, "# look for an update of the firmware");
	}
}

/* ---- unknown ----------------------------------------------------------------------- */

static bool is_anything(const struct diagnosis *d)
{
	(void)d;
	return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const struct {
	enum verdict verdict;
	bool (*applies)(const struct diagnosis *d);
	void (*next)(const struct diagnosis *d, struct strv *next);
} rules[] = {
	{ VERDICT_READY, is_ready, next_ready },
	{ VERDICT_UNSUPPORTED, judge_is_unsupported, next_unsupported },
	{ VERDICT_KERNEL, is_kernel, next_kernel },
	{ VERDICT_REBOOT_NEEDED, is_trial_next, next_trial },
	{ VERDICT_BLOCKED, is_blocked, next_blocked },
	{ VERDICT_FIRMWARE, is_firmware, next_firmware },
	{ VERDICT_FIRMWARE, remapping_is_firmware, remapping_next },
	{ VERDICT_SETUP_NEEDED, needs_setup, next_setup },
	{ VERDICT_ELSEWHERE, next_boot_is_elsewhere, next_boot_mend },
	{ VERDICT_GENERATE_NEEDED, needs_generate, next_generate },
	{ VERDICT_REBOOT_NEEDED, needs_reboot, next_reboot },
	{ VERDICT_REFUSED, is_refused, next_refused },
	{ VERDICT_REFUSED, remapping_is_refused, remapping_next },
	{ VERDICT_UNKNOWN, is_anything, verdict_next_unknown },
};

/* In a trial boot the configuration lacks what is tried, on purpose: what the running
 * kernel made of it counts. */
static bool applies(const struct diagnosis *d, size_t i)
{
	enum verdict v = rules[i].verdict;

	if (d->trial.state == TRIAL_RUNNING &&
	    (v == VERDICT_SETUP_NEEDED || v == VERDICT_ELSEWHERE ||
	     v == VERDICT_GENERATE_NEEDED || v == VERDICT_REBOOT_NEEDED ||
	     v == VERDICT_BLOCKED))
		return false;
	return rules[i].applies(d);
}

/* What a trial boot comes to comes before the rest. Setting up for good what has just
 * failed is no advice. Returns whether that is all. */
static bool trial_first(const struct diagnosis *d, enum verdict verdict,
			struct strv *next)
{
	if (d->trial.state == TRIAL_RUNNING && verdict == VERDICT_READY &&
	    !d->boot->trial_pending)
		strv_add(next, SETUP " --confirm");
	if (d->trial.state != TRIAL_OVER)
		return false;
	strv_add(next, "# this removes the failed trial's entry:\n" SETUP " --confirm");
	if (verdict != VERDICT_SETUP_NEEDED)
		return false;
	strv_add(next, "# then try other parameters (--param, --remove-param, "
		       "--no-pt):\n" SETUP " --trial");
	return true;
}

enum verdict verdict_of(const struct diagnosis *d, struct strv *next)
{
	size_t i = 0;

	if (d->journal.interrupted && !d->journal.running)
		strv_addf(next,
			  "# the run %s did not come to its end; this undoes it and "
			  "starts again (--undo only undoes it):\n" SETUP,
			  d->journal.interrupted);
	while (!applies(d, i))
		i++;
	if (rules[i].verdict == VERDICT_READY)
		free(next_boot_note(d, next));
	if (!trial_first(d, rules[i].verdict, next))
		rules[i].next(d, next);
	return rules[i].verdict;
}
