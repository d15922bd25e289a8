/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/faults.h"

#include "policy/judge.h"
#include "text/bls.h"

char *device_dead(const struct pci_device *d, const struct log_facts *log)
{
	const struct log_line *line = log_find_dead(log, d->at);

	if (d->no_answer)
		return xstrdup("it does not answer: its configuration space is all ones");
	return line ? xasprintf("it does not answer: %s", line->text) : NULL;
}

const char *device_dead_advice(void)
{
	return "switch the machine off and take its power away for a moment: a reboot is "
	       "often not enough for such a device (where hybrid graphics switched the "
	       "card off, switch it on)";
}

/*
 * Intel's driver refuses such a device in every release: device_is_rmrr_locked() up to
 * 6.6, and since 6.6 the core does for every vendor (drivers/iommu/iommu.c,
 * require_direct). Before that an AMD host maps what a VM wants over the region, or fails
 * to.
 */
static bool is_refused(enum cpu_vendor vendor, const char *kernel)
{
	if (vendor == CPU_INTEL)
		return true;
	return kernel && bls_version_compare(kernel, "6.6") >= 0;
}

char *device_reserved(const struct pci_device *d, enum cpu_vendor vendor,
		      const char *kernel)
{
	if (!d->direct_region)
		return NULL;
	return xasprintf(
		"the firmware keeps memory of IOMMU group %ld for itself (%s), and "
		"the kernel %s for that",
		d->iommu_group, d->direct_region,
		is_refused(vendor, kernel) ? "refuses to give it to a VM"
					   : "may refuse to give it to a VM");
}

const char *device_reserved_advice(void)
{
	return "look for what holds it in the firmware's set-up (on servers: shared "
	       "memory "
	       "features, the management controller's access to the card), or choose "
	       "another device";
}

bool fault_is_access(const struct log_line *line)
{
	return strcmp(line->rule->id, "dmar-fault") == 0 ||
	       strcmp(line->rule->id, "amd-fault") == 0;
}

/* AMD's driver names the driver that had the device then. */
static bool was_vfio(const struct fault_view *v)
{
	return str_starts(v->line->text, "vfio-pci ") || judge_on_vfio(v->dev);
}

bool fault_is_of_host(const struct diagnosis *d, const struct fault_view *v)
{
	return !was_vfio(v) && !str_eq(d->facts->iommu.default_domain, "identity") &&
	       !judge_has_pt(d->facts->cmdline);
}

bool fault_is_told(const struct diagnosis *d, const struct log_line *line)
{
	struct pci_address at;

	if (!fault_is_access(line) || !kmsg_device(line->text, strlen(line->text), &at))
		return false;
	for (size_t i = 0; i < d->n_faults; i++)
		if (pci_address_compare(d->faults[i].dev->at, at) == 0)
			return fault_is_of_host(d, &d->faults[i]);
	return false;
}
