/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a PCI function's configuration space and its group tell. Inside src/probe only. */
#ifndef SLICER_PROBE_PCI_STATE_H
#define SLICER_PROBE_PCI_STATE_H

#include "probe/pci.h"

/* Fills header_type and no_answer of d, whose directory dir is. */
void pci_config_load(int dir, struct pci_device *d);
/* Fills direct_region of d, whose iommu_group is known. */
void pci_regions_load(const struct host *h, struct pci_device *d);
/* "vfio3", for the device whose directory dir is, if /dev/vfio/devices has a node of that
 * name: vfio-dev/vfioN is there also where the kernel makes none
 * (drivers/vfio/vfio_main.c without CONFIG_VFIO_DEVICE_CDEV). NULL: none. Owned by the
 * caller. */
char *pci_cdev(const struct host *h, int dir);

#endif
