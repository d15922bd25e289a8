/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict "unknown": what could not be read, and what would let it. */
#include "policy/judge.h"

void verdict_next_unknown(const struct diagnosis *d, struct strv *next)
{
	const struct facts *f = d->facts;

	if (!d->wanted)
		strv_add(next,
			 "the processor's vendor is not known: say it with --vendor "
			 "intel or --vendor amd");
	if (!d->boot && d->boot_error) {
		strv_addf(next, "the boot menu could not be read: %s",
			  d->boot_error->what);
		if (d->boot_error->hint[0])
			strv_add(next, d->boot_error->hint);
	} else if (d->boot && d->boot->configured_error.code != ERROR_NONE) {
		strv_addf(next, "the configured command line can't be proven: %s",
			  d->boot->configured_error.what);
		if (d->boot->configured_error.hint[0])
			strv_add(next, d->boot->configured_error.hint);
	}
	if (d->boot && d->boot->menu_error.code != ERROR_NONE)
		strv_addf(next, "the boot menu could not be read: %s: %s",
			  d->boot->menu_error.path, d->boot->menu_error.what);
	if (!f->cmdline)
		strv_add(next,
			 "the running kernel's command line is not known: start this "
			 "system and run slicer doctor on it");
	if (!f->iommu.known)
		strv_add(next, "there is no /sys to look at: run slicer doctor on the "
			       "running system");
	if (f->iommu.active && judge_vfio_at_hand(d) == TRI_UNKNOWN)
		strv_add(next, "# whether the running kernel has vfio-pci can't be "
			       "told; this shows it:\nsudo modprobe vfio-pci");
	if (f->firmware.state == FIRMWARE_UNKNOWN && f->iommu.known)
		strv_addf(next, "the firmware's IOMMU table could not be looked at: %s",
			  f->firmware.why_unknown ? f->firmware.why_unknown
						  : "no reason is known");
	if (d->unprivileged || next->n == 0)
		strv_add(next, "sudo slicer doctor");
}
