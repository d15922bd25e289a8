/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a device's IOMMU group is as it is. The kernel puts in one group what could reach
 * each other without the IOMMU seeing it: linux drivers/iommu/iommu.c pci_device_group(),
 * drivers/pci/pci.c pci_acs_enabled() and pci_acs_path_enabled(). Pure functions.
 */
#ifndef SLICER_DEVICES_ISOLATION_H
#define SLICER_DEVICES_ISOLATION_H

#include "devices/devices.h"
#include "probe/pci_topology.h"

/* Does a function keep transfers apart, as pci_acs_enabled() has it without the kernel's
 * list of exceptions? */
enum acs_state {
	ACS_UNREAD, /* its capabilities could not be read: that takes root */
	ACS_KEEPS_APART,
	ACS_ABSENT, /* it is a port or one of several functions, and has no ACS */
	ACS_OFF, /* it has ACS, and not all that is asked for is switched on */
	ACS_CONVENTIONAL, /* conventional PCI, or a bridge to or from it */
};
/* d is one of t->all. ret_off: with ACS_OFF, the bits of enum pci_acs that are off. */
enum acs_state acs_state_of(const struct pci_topology *t, const struct pci_device *d,
			    unsigned *ret_off);

/* Is it one of several functions? A virtual function has that from its physical one
 * (drivers/pci/probe.c, pci_hdr_type()). */
bool acs_is_multifunction(const struct pci_topology *t, const struct pci_device *d);

enum group_cause {
	GROUP_NONE, /* it is in no group */
	GROUP_ALONE,
	GROUP_PORT, /* a port on the way to it does not keep apart what is below it */
	GROUP_CONVENTIONAL, /* a bridge to conventional PCI is on the way to it */
	GROUP_FUNCTIONS, /* functions of one chip that are not kept apart */
	GROUP_CONTROLLER, /* the functions below Intel's VMD use its address */
	GROUP_OTHER, /* none of these rules has put those there */
	GROUP_FINER, /* the group has fewer members than the rules give it */
};
struct group_reason {
	enum group_cause cause;
	long group; /* that it is about; -1: none */
	/* The port, the bridge, the controller, or the lowest of the functions; NULL with
	 * the other causes. Borrowed. */
	const struct pci_device *at;
	char *text; /* a sentence for a person, without the full stop */
	/* In a few words, what at does: "merges what is below into group 1: no ACS";
	 * NULL: nothing that must be known of it. */
	char *note;
	bool unread; /* at's ACS could not be read: it is told from the group alone */
};
struct group_reasons {
	struct group_reason *v;
	size_t n, cap;
	/* The ACS of a port or function that it hangs on could not be read: the reasons
	 * are told from the group alone. */
	bool unread;
};
void group_reasons_done(struct group_reasons *r);
/* Appends at least one. cmdline: of the running kernel, NULL if unknown. */
void group_explain(const struct pci_topology *t, const struct pci_device *d,
		   const char *cmdline, struct group_reasons *ret);

/*
 * What makes each group of several functions one, with the place where it does; and where
 * pcie_acs_override= may be all that splits groups. Without groups, one GROUP_NONE. What
 * is unread is told with each reason only.
 */
void groups_explain(const struct pci_topology *t, const char *cmdline,
		    struct group_reasons *ret);

/* What becomes of a member of the group when it is given to a VM. */
enum member_role {
	MEMBER_GOES_ALONG, /* an endpoint: it must be in VFIO's hands, or without driver
			    */
	MEMBER_IS_BELOW, /* it is below an endpoint of the group and goes with that */
	MEMBER_STAYS, /* a bridge that is in nobody's way */
	MEMBER_BLOCKS, /* a bridge with a driver that keeps the group from a VM */
};
/* kernel: as for group_blocker(). */
enum member_role group_member_role(const struct pci_device *d, const char *kernel);

#endif
