/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/remapping.h"

#include "policy/advice.h"
#include "policy/judge.h"

void remapping_done(struct remapping *r)
{
	free(r->evidence);
	free(r->why);
	free(r->allowed_by);
	free(r->iommufd_by);
	free(r->stale);
	*r = (struct remapping){ 0 };
}

/* ---- is it on? --------------------------------------------------------------------- */

static void conclude(struct remapping *r, enum tri on, char *evidence)
{
	r->on = on;
	r->evidence = evidence;
}

static char *running_parameter(const struct facts *f)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (!f->cmdline)
		return NULL;
	cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	return xstrdup_null(cmdline_stops_remapping(&tokens));
}

static const struct kernel_facts *running_kernel(const struct facts *f)
{
	for (size_t i = 0; i < f->kernels.n; i++)
		if (f->kernels.v[i].running)
			return &f->kernels.v[i];
	return NULL;
}

static bool is_built_without(const struct facts *f)
{
	const struct kernel_facts *k = running_kernel(f);

	return k && k->irq_remap == 'n';
}

static bool has_token(const struct facts *f, const char *prefix)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (f->cmdline)
		cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	for (size_t i = 0; i < tokens.n; i++)
		if (str_starts(tokens.v[i], prefix))
			return true;
	return false;
}

/* Why the tables rule it out, NULL if they don't. The kernel says nothing at all when a
 * DMAR does not offer it (dmar_ir_support()). On AMD ivrs_ioapic[N]= stands in. */
static const char *table_reason(const struct facts *f)
{
	const struct acpi_iommu *t = &f->firmware.table;

	if (f->firmware.state != FIRMWARE_PRESENT || !f->firmware.details)
		return NULL;
	if (acpi_iommu_unusable(t))
		return "the firmware's IOMMU table is damaged";
	if (!t->no_interrupt_remapping)
		return NULL;
	if (t->table == ACPI_DMAR)
		return "the firmware's DMAR table does not offer interrupt remapping "
		       "(bit 0 of its flags)";
	return has_token(f, "ivrs_ioapic")
		       ? NULL
		       : "the firmware's IVRS table names no IOAPIC, which interrupt "
			 "remapping needs";
}

/* The line that the kernel logs when it is on, whatever the release (5.4 to 7.2). */
static const char *missing_line(const struct facts *f)
{
	if (!f->log.readable || !f->log.from_boot || !f->iommu.active ||
	    f->firmware.state != FIRMWARE_PRESENT)
		return NULL;
	return f->firmware.table.table == ACPI_IVRS
		       ? "AMD-Vi: Interrupt remapping enabled"
		       : "DMAR-IR: Enabled IRQ remapping";
}

static void judge_on(const struct facts *f, struct remapping *r)
{
	const struct log_line *off = log_find(&f->log, KMSG_IRQ_OFF);
	const struct log_line *on = log_find(&f->log, KMSG_IRQ_ON);
	CLEANUP(free_char) char *param = running_parameter(f);
	const char *missing = missing_line(f), *table = table_reason(f);

	if (f->iommu.interrupt_remapping != TRI_UNKNOWN)
		conclude(r, f->iommu.interrupt_remapping,
			 xasprintf("/proc/interrupts: %s",
				   f->iommu.irq_name ? f->iommu.irq_name : "?"));
	else if (off)
		/* AMD's driver says "enabled" no more after it has given up. */
		conclude(r, TRI_NO, judge_log_text(off));
	else if (on)
		conclude(r, TRI_YES, judge_log_text(on));
	else if (param)
		conclude(r, TRI_NO, xasprintf("the running command line says %s", param));
	else if (is_built_without(f))
		conclude(r, TRI_NO, xstrdup("CONFIG_IRQ_REMAP is not set"));
	else if (f->iommu.no_remapping_unit)
		conclude(r, TRI_NO,
			 xasprintf("/sys/class/iommu/%s/intel-iommu/ecap: bit 3 is clear",
				   f->iommu.no_remapping_unit));
	else if (table)
		conclude(r, TRI_NO, xstrdup(table));
	else if (missing)
		conclude(r, TRI_NO,
			 xasprintf("the kernel's log is whole and does not say \"%s\"",
				   missing));
}

/* ---- why not? ---------------------------------------------------------------------- */

/* Lines that name a fault of the firmware's tables. */
static const char *const firmware_rules[] = {
	"dmar-ir-ioapic",
	"amd-ioapic-missing",
	"amd-no-southbridge",
	"dmar-ir-queue",
};
/* Lines that only say that it is off. */
static const char *const bare_rules[] = { "dmar-ir-failed", "dmar-ir-off", "amd-ir-off",
					  "dmar-ir-setup" };

static bool is_of(const struct log_line *line, const char *const *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(line->rule->id, ids[i]) == 0)
			return true;
	return false;
}

static bool blame_line(const struct log_line *line, struct remapping *r)
{
	bool firmware = is_of(line, firmware_rules, ARRAY_SIZE(firmware_rules));

	if (!firmware && (line->rule->meaning != KMSG_IRQ_OFF ||
			  is_of(line, bare_rules, ARRAY_SIZE(bare_rules))))
		return false;
	r->cause = firmware ? REMAPPING_FIRMWARE : REMAPPING_HARDWARE;
	r->why = judge_log_text(line);
	return true;
}

static void judge_cause(const struct facts *f, struct remapping *r)
{
	CLEANUP(free_char) char *param = running_parameter(f);
	const char *table = table_reason(f);

	if (param) {
		r->cause = REMAPPING_PARAMETER;
		r->why = xasprintf("the running command line says %s", param);
	} else if (is_built_without(f)) {
		r->cause = REMAPPING_KERNEL;
		r->why = xstrdup("the running kernel is built without CONFIG_IRQ_REMAP");
	} else if (table) {
		r->cause = REMAPPING_FIRMWARE;
		r->why = xstrdup(table);
	} else if (f->iommu.no_remapping_unit) {
		r->cause = REMAPPING_HARDWARE;
		r->why = xasprintf("the IOMMU %s can't remap interrupts",
				   f->iommu.no_remapping_unit);
	}
	for (size_t i = 0; !r->why && i < f->log.n; i++)
		if (blame_line(&f->log.v[i], r))
			return;
}

void remapping_judge(const struct facts *f, struct remapping *ret)
{
	*ret = (struct remapping){ 0 };
	judge_on(f, ret);
	if (ret->on == TRI_NO)
		judge_cause(f, ret);
	remapping_judge_allowed(f, ret);
}

/* ---- what follows ------------------------------------------------------------------ */

bool remapping_refuses(const struct facts *f)
{
	CLEANUP(remapping_done) struct remapping r = { 0 };

	remapping_judge(f, &r);
	return r.on == TRI_NO && !r.allowed;
}

static bool is_verdict(const struct diagnosis *d, bool firmware)
{
	CLEANUP(remapping_done) struct remapping r = { 0 };

	if (!d->facts->iommu.active || remapping_waits_for_reboot(d) ||
	    remapping_waits_for_generator(d))
		return false;
	remapping_judge(d->facts, &r);
	return r.on == TRI_NO && !r.allowed &&
	       (r.cause == REMAPPING_FIRMWARE && !r.stale) == firmware;
}

bool remapping_is_firmware(const struct diagnosis *d)
{
	return is_verdict(d, true);
}

bool remapping_is_refused(const struct diagnosis *d)
{
	return is_verdict(d, false);
}

static bool allows(const struct diagnosis *d, const char *options)
{
	return remapping_is_allowed_by(d->facts, options);
}

/* Where the running command line allows it and VFIO refuses all the same, a reboot with
 * the same line is no answer. */
bool remapping_waits_for_reboot(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	return entry && allows(d, entry->options) && !allows(d, d->facts->cmdline) &&
	       remapping_refuses(d->facts);
}

bool remapping_waits_for_generator(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	return d->boot && d->boot->has_generator && allows(d, judge_configured(d)) &&
	       !(entry && allows(d, entry->options)) && remapping_refuses(d->facts);
}

static bool is_stale(const struct diagnosis *d)
{
	CLEANUP(remapping_done) struct remapping r = { 0 };

	remapping_judge(d->facts, &r);
	return r.stale;
}

const char *remapping_sentence(const struct diagnosis *d, enum verdict v)
{
	if (v == VERDICT_BLOCKED && !judge_blocks_iommu(d))
		return "the command line switches interrupt remapping off, which VFIO "
		       "needs";
	if (v == VERDICT_FIRMWARE && remapping_is_firmware(d))
		return "the firmware does not offer interrupt remapping, which VFIO "
		       "needs";
	if (v == VERDICT_REFUSED && remapping_is_refused(d) && is_stale(d))
		return "VFIO is to do without interrupt remapping, but vfio_iommu_type1 "
		       "is loaded without that option";
	if (v == VERDICT_REFUSED && remapping_is_refused(d))
		return "interrupt remapping, which VFIO needs, did not come up";
	return NULL;
}

/* Is the running command line's parameter gone from the next boot's, or is VFIO let do
 * without there? */
static bool ends_by_reboot(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(free_char) char *blocks = NULL;

	if (!entry || !entry->options)
		return false;
	blocks = judge_blocks(d, entry->options);
	cmdline_split(entry->options, strlen(entry->options), &tokens);
	return !blocks &&
	       (!cmdline_stops_remapping(&tokens) || remapping_waits_for_reboot(d));
}

static void advise_parameter(const struct diagnosis *d, const struct remapping *r,
			     struct strv *ret)
{
	if (ends_by_reboot(d))
		strv_add(ret, "sudo reboot");
	else if (!r->stale && !advice_can_set_up(d))
		advice_setup(d, ret);
	else if (!r->stale) /* else it is meant to be off */
		strv_add(ret, "# it asks before it removes the parameter:\n"
			      "sudo slicer setup-iommu");
}

static void advise_cause(const struct diagnosis *d, const struct remapping *r,
			 struct strv *ret)
{
	switch (r->cause) {
	case REMAPPING_PARAMETER:
		advise_parameter(d, r, ret);
		break;
	case REMAPPING_KERNEL:
		strv_add(ret, "start a kernel that is built with CONFIG_IRQ_REMAP");
		break;
	case REMAPPING_FIRMWARE:
		if (d->facts->platform.virtualized == TRI_YES)
			strv_addf(ret,
				  "give this virtual machine interrupt remapping on its "
				  "host (QEMU: -machine q35,kernel-irqchip=split -device "
				  "%s,intremap=on)",
				  diagnosis_vendor(d) == CPU_AMD ? "amd-iommu"
								 : "intel-iommu");
		else
			strv_add(ret, "look for an update of the firmware, and for "
				      "interrupt remapping in its set-up");
		break;
	default:
		strv_add(ret, "look for an update of the firmware");
	}
}

void remapping_advice(const struct diagnosis *d, const struct remapping *r,
		      struct strv *ret)
{
	if (!r->stale || r->cause == REMAPPING_PARAMETER)
		advise_cause(d, r, ret);
	remapping_advise_allowing(d, r, ret);
}

void remapping_next(const struct diagnosis *d, struct strv *next)
{
	CLEANUP(remapping_done) struct remapping r = { 0 };

	remapping_judge(d->facts, &r);
	strv_addf(next, "interrupts are not remapped, so VFIO refuses devices: %s",
		  r.why ? r.why : r.evidence);
	remapping_advice(d, &r, next);
	strv_add(next, "sudo slicer doctor");
}
