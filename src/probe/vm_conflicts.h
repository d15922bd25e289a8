/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that definitions of virtual machines name, and where these get in each other's
 * way. */
#ifndef SLICER_PROBE_VM_CONFLICTS_H
#define SLICER_PROBE_VM_CONFLICTS_H

#include "probe/pci.h"
#include "probe/vm_definitions.h"

/* Two definitions that can't both have what they name. */
struct vm_conflict {
	char *address; /* the device that is in both, or a group's first that is in one */
	long group; /* -1: none */
	char *what; /* "0000:0b:00.0 is in the libvirt domains a and b" */
	bool at_boot; /* both start with the host: one of them will not */
	bool is_split; /* the devices are different ones, of one IOMMU group */
};
struct vm_conflicts {
	struct vm_conflict *v;
	size_t n, cap;
};
void vm_conflicts_done(struct vm_conflicts *c);
/*
 * One device in two definitions; and a group of which two definitions have different
 * devices: VFIO gives a group to one VM as a whole (linux
 * Documentation/driver-api/vfio.rst). In the order of addresses.
 */
void vm_conflicts_find(const struct vm_definitions *vms, const struct pci_devices *all,
		       struct vm_conflicts *ret);

#endif
