/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of PCI ids out of the running machine's pci.ids, by libpci. Nothing else of
 * libpci is used here: no bus is scanned, no network and no hwdb is asked. */
#ifndef SLICER_PROBE_PCI_NAMES_H
#define SLICER_PROBE_PCI_NAMES_H

#include "base/util.h"

struct pci_names;

/* Never NULL. Without a readable pci.ids the names are "Class 0300", "Vendor 10de" and
 * "Device 2204". */
struct pci_names *pci_names_open(void);
void pci_names_close(struct pci_names **n);

/* Owned by the caller, never NULL. class_code: 16 bits (base class and subclass). */
char *pci_names_class(struct pci_names *n, unsigned class_code);
char *pci_names_vendor(struct pci_names *n, unsigned vendor);
char *pci_names_device(struct pci_names *n, unsigned vendor, unsigned device);

#endif
