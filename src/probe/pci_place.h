/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is below what: PCI_PLACE of pci_load(). */
#ifndef SLICER_PROBE_PCI_PLACE_H
#define SLICER_PROBE_PCI_PLACE_H

#include "probe/pci.h"

/* Sets parent and controller of each, from where its link in /sys/bus/pci/devices leads.
 * all is sorted. */
void pci_places_load(const struct host *h, struct pci_devices *all);

/*
 * Parents as indexes: up[i] is that of i, SIZE_MAX: it has none. Where going up from some
 * would lead in a circle, as in a foreign root, one of the circle loses its parent.
 */
void pci_cut_circles(size_t *up, size_t n);

#endif
