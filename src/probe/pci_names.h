/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of PCI ids out of the running machine's dictionaries: udev's hwdb, and pci.ids by
 * libpci for what is not in there. Nothing else of libpci is used here: no bus is scanned
 * and no network is asked. */
#ifndef SLICER_PROBE_PCI_NAMES_H
#define SLICER_PROBE_PCI_NAMES_H

#include "base/util.h"

struct pci_names;

/* Never NULL. What neither dictionary knows is "Class 0300", "Vendor 10de" and
 * "Device 2204". */
struct pci_names *pci_names_open(void);
void pci_names_close(struct pci_names **n);

/* Never NULL; theirs until pci_names_close(). The same ids give the same pointer.
 * class_code: 16 bits (base class and subclass). */
const char *pci_names_class(struct pci_names *n, unsigned class_code);
const char *pci_names_vendor(struct pci_names *n, unsigned vendor);
const char *pci_names_device(struct pci_names *n, unsigned vendor, unsigned device);

#endif
