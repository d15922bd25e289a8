/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a PCI function's configuration space and its group tell. Inside src/probe only. */
#ifndef SLICER_PROBE_PCI_STATE_H
#define SLICER_PROBE_PCI_STATE_H

#include "probe/pci.h"

/* Fills header_type and no_answer of d, whose directory dir is. */
void pci_config_load(int dir, struct pci_device *d);
/* Fills direct_region of d, whose iommu_group is known. */
void pci_regions_load(const struct host *h, struct pci_device *d);

#endif
