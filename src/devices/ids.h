/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-pci.ids=: what it would take at the next boot. */
#ifndef SLICER_DEVICES_IDS_H
#define SLICER_DEVICES_IDS_H

#include "devices/devices.h"

/*
 * An id means every device of that model. Appends to why, a line each, what speaks
 * against giving them to VFIO: one that the host needs, or that there are several. all:
 * with PCI_DETAILS. Returns how many devices have the id, or a negative errno where it
 * can't be read who uses one.
 */
int ids_judge(const struct host *h, const struct mounts *m, const struct pci_devices *all,
	      struct pci_id id, struct str *why, struct error *e);
/* Would "setup-iommu --ids LIST" accept this list without --force? */
bool ids_would_be_taken(const struct host *h, const struct mounts *m,
			const struct pci_devices *all, const char *list);

#endif
