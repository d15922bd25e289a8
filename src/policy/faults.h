/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with one device, beside who uses it. Pure functions. */
#ifndef SLICER_POLICY_FAULTS_H
#define SLICER_POLICY_FAULTS_H

#include "policy/policy.h"

/* Why the device is dead until the machine's power was off, with what says so; NULL: it
 * answers, as far as that is known. d needs PCI_DETAILS. Owned by the caller. */
char *device_dead(const struct pci_device *d, const struct log_facts *log);
/*
 * The firmware keeps memory of the device's group for itself (RMRR of Intel, IVMD of
 * AMD): what the kernel makes of that when a VM is to have it; NULL: it doesn't. kernel
 * is the running release, NULL if unknown. Owned by the caller.
 */
char *device_reserved(const struct pci_device *d, enum cpu_vendor vendor,
		      const char *kernel);
/* VFIO has the device, and the log of this boot has a line that it could not give it to a
 * VM: that line and what it means. It may have been put right since. NULL: there is none.
 * Owned by the caller. */
char *device_failed_for_vm(const struct pci_device *d, const struct log_facts *log);
/* Does the kernel refuse every VM such a device for certain? */
bool device_is_kept(const struct pci_device *d, enum cpu_vendor vendor,
		    const char *kernel);
/*
 * Why the device is in no IOMMU group although others are, with what a person can do as
 * *ret_advice; both are the caller's. cmdline is the running kernel's, NULL if unknown.
 */
char *device_no_group(const struct pci_device *d, const char *cmdline,
		      const struct log_facts *log, char **ret_advice);
/* Why it can't go to a VM by itself: it is below a controller that takes part in its
 * transfers. NULL: it does not. With what can be done, as above. */
char *device_below(const struct pci_device *d, char **ret_advice);
/*
 * Did the IOMMU stop a device that is the host's own, where letting those around it
 * (iommu=pt) is what to try? Not for a device that VFIO has, and not when it is so
 * already.
 */
bool fault_is_of_host(const struct diagnosis *d, const struct fault_view *v);
/* Is this line told by such a view? */
bool fault_is_told(const struct diagnosis *d, const struct log_line *line);
/* Is it an access to memory, as fault_view counts them? */
bool fault_is_access(const struct log_line *line);
/* What a person can do about it. */
const char *device_dead_advice(void);
const char *device_reserved_advice(void);

#endif
