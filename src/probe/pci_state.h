/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a PCI function's configuration space and its group tell. Inside src/probe only. */
#ifndef SLICER_PROBE_PCI_STATE_H
#define SLICER_PROBE_PCI_STATE_H

#include "probe/pci.h"

/* Fills header_type, no_answer and direct_region of d, whose iommu_group is known. dir is
 * its directory. */
void pci_state_load(const struct host *h, int dir, struct pci_device *d);

#endif
