/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of interrupt controllers in /proc/interrupts.
 *
 * An interrupt that goes through the IOMMU's remapping has "IR-" before its controller's
 * name: "IR-IO-APIC", "IR-PCI-MSI", since 6.2 also "IR-PCI-MSIX-0000:01:00.0" (linux
 * drivers/iommu/intel/irq_remapping.c, drivers/iommu/amd/iommu.c,
 * arch/x86/kernel/apic/msi.c). The IOMMU's own interrupts (DMAR-MSI, and PCI-MSI for
 * AMD-Vi) never have it.
 */
#ifndef SLICER_TEXT_INTERRUPTS_H
#define SLICER_TEXT_INTERRUPTS_H

#include "base/error.h"
#include "base/str.h"

enum irq_names {
	IRQ_NAMES_UNKNOWN, /* no line tells */
	IRQ_NAMES_PLAIN, /* a device's interrupts are not remapped */
	IRQ_NAMES_REMAPPED,
};
/* What the lines of /proc/interrupts say. ret (may be NULL) gets the name that decides
 * ("IR-IO-APIC"), and nothing for IRQ_NAMES_UNKNOWN. */
enum irq_names interrupts_names(const char *text, size_t len, struct str *ret);

#endif
