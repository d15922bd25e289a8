/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hangs below what, and how each function is attached: what the kernel makes IOMMU
 * groups of. */
#ifndef SLICER_PROBE_PCI_TOPOLOGY_H
#define SLICER_PROBE_PCI_TOPOLOGY_H

#include "probe/pci.h"
#include "text/pcicaps.h"

struct pci_place {
	/* The next function on the way to the root: a bridge, or Intel's VMD. NULL: it is
	 * on a root bus. Borrowed from all. */
	const struct pci_device *above;
	struct pcicaps caps;
};
struct pci_topology {
	const struct pci_devices *all; /* borrowed */
	struct pci_place *v; /* of all->v[i], in that order */
};
void pci_topology_load(const struct host *h, const struct pci_devices *all,
		       struct pci_topology *ret);
void pci_topology_done(struct pci_topology *t);
/* d is one of t->all. */
const struct pci_place *pci_place_of(const struct pci_topology *t,
				     const struct pci_device *d);

#endif
