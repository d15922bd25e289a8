/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/faults.h"

#include "policy/judge.h"
#include "text/bls.h"
#include "text/cmdline.h"

char *device_dead(const struct pci_device *d, const struct log_facts *log)
{
	const struct log_line *line = log_find_dead(log, d->at);

	if (d->no_answer)
		return xstrdup("it does not answer: its configuration space is all ones");
	/* What it answers now outweighs what the log says of an earlier moment. */
	return line && !d->has_answered ? xasprintf("it does not answer: %s", line->text)
					: NULL;
}

char *device_failed_for_vm(const struct pci_device *d, const struct log_facts *log)
{
	static const char *const ids[] = { "vfio-bar", "vfio-igd", "rmrr-rejected" };
	struct pci_address at;

	if (!judge_on_vfio(d))
		return NULL;
	for (size_t i = 0; i < log->n; i++) {
		const struct log_line *line = &log->v[i];

		if (!kmsg_device(line->text, strlen(line->text), &at) ||
		    pci_address_compare(at, d->at) != 0)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(ids); k++)
			if (strcmp(line->rule->id, ids[k]) == 0)
				return xasprintf("a VM did not get it earlier in this "
						 "boot (%s): %s",
						 line->text, line->rule->explain);
	}
	return NULL;
}

const char *device_dead_advice(void)
{
	return "switch the machine off and take its power away for a moment: a reboot is "
	       "often not enough for such a device (where hybrid graphics switched the "
	       "card off, switch it on); if it dies again on vfio-pci, "
	       "vfio-pci.disable_idle_d3=1 on the kernel command line can keep it awake";
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

bool device_is_kept(const struct pci_device *d, enum cpu_vendor vendor,
		    const char *kernel)
{
	return d->direct_region && is_refused(vendor, kernel);
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

/* The token that leaves graphics out of the IOMMU's care; the kernel compares items by
 * prefix (drivers/iommu/intel/iommu.c, intel_iommu_setup()). NULL: there is none. */
static char *find_igfx_off(const char *cmdline)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	cmdline_split(cmdline, strlen(cmdline), &tokens);
	for (size_t i = 0; i < tokens.n; i++) {
		const char *t = tokens.v[i];

		if ((str_starts(t, "intel_iommu=") || str_starts(t, "intel-iommu=")) &&
		    (strstr(t, "=igfx_off") || strstr(t, ",igfx_off")))
			return xstrdup(t);
	}
	return NULL;
}

/* The kernel's own list of chipsets whose graphics it leaves out (quirk_iommu_igfx()). */
static bool has_igfx_quirk(const struct log_facts *log)
{
	for (size_t i = 0; i < log->n; i++)
		if (strstr(log->v[i].text, "Disabling IOMMU for graphics"))
			return true;
	return false;
}

char *device_no_group(const struct pci_device *d, const char *cmdline,
		      const struct log_facts *log, char **ret_advice)
{
	/* What igfx_off leaves out are units that only graphics are behind
	 * (init_no_remapping_devices()). */
	CLEANUP(free_char)
	char *off = cmdline && pci_is_display(d) ? find_igfx_off(cmdline) : NULL;

	if (off) {
		/* From a command line: no text for a shell unless it is a plain one. */
		*ret_advice =
			param_check_safe(off, NULL) < 0
				? xasprintf("take igfx_off out of %s by hand", off)
				: xasprintf("sudo slicer setup-iommu --remove-param %s",
					    off);
		return xasprintf("the IOMMU is on, but the kernel was told to leave "
				 "graphics out of it (%s)",
				 off);
	}
	if (pci_is_display(d) && has_igfx_quirk(log)) {
		*ret_advice = xstrdup("another graphics card: the kernel knows this "
				      "chipset's IOMMU not to work with its graphics");
		return xstrdup("the IOMMU is on, but the kernel leaves this chipset's "
			       "graphics out of it");
	}
	*ret_advice = xstrdup(
		"no VM can have it like this: look for an update of the firmware, or "
		"move "
		"the card to another slot; the kernel log (DMAR, AMD-Vi) names the units "
		"that are on");
	return xstrdup("the IOMMU is on, but no unit that is on has this device: the "
		       "firmware's table leaves it out, or its unit is off");
}

char *device_below(const struct pci_device *d, char **ret_advice)
{
	if (!d->controller)
		return NULL;
	*ret_advice =
		xasprintf("can that controller go to a VM, with all that is below it?\n"
			  "slicer doctor %s\nor switch its mode (Intel VMD: Volume "
			  "Management Device) off in the firmware's set-up, and the "
			  "device stands by itself (a system that boots from below it "
			  "may need its initramfs rebuilt first)",
			  d->controller);
	return xasprintf("it is below %s, which takes part in its transfers: it can't "
			 "go to a VM by itself",
			 d->controller);
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
