/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How each function is attached, and which are in one IOMMU group: what the kernel makes
 * groups of, and what it made. What is below what is struct pci_device's parent. */
#ifndef SLICER_PROBE_PCI_TOPOLOGY_H
#define SLICER_PROBE_PCI_TOPOLOGY_H

#include "probe/pci.h"
#include "text/pcicaps.h"

struct pci_topology {
	const struct pci_devices *all; /* borrowed */
	struct pcicaps *caps; /* of all->v[i], in that order */
	/* Those in a group, by group and then by address; borrowed from all. */
	const struct pci_device **grouped;
	size_t n_grouped;
};
/* all needs PCI_PLACE. */
void pci_topology_load(const struct host *h, const struct pci_devices *all,
		       struct pci_topology *ret);
void pci_topology_done(struct pci_topology *t);
/* Makes t->grouped from t->all, anew if it is there; pci_topology_load() has done that.
 */
void pci_topology_sort(struct pci_topology *t);
/* d is one of t->all. */
const struct pcicaps *pci_caps_of(const struct pci_topology *t,
				  const struct pci_device *d);
/* The members of a group by address: *ret points into t->grouped. Returns how many. */
size_t pci_group_members(const struct pci_topology *t, long group,
			 const struct pci_device *const **ret);

#endif
