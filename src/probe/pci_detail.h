/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that sysfs tells of one PCI function, beyond what is read of all (linux
 * Documentation/ABI/testing/sysfs-bus-pci). What could not be read is NULL or -1. */
#ifndef SLICER_PROBE_PCI_DETAIL_H
#define SLICER_PROBE_PCI_DETAIL_H

#include "probe/pci.h"

#define PCI_ROM 6 /* the expansion ROM's line in "resource" */

/* A region of memory or I/O ports that the function has: a base address register. */
struct pci_bar {
	unsigned number; /* 0 to 5, or PCI_ROM */
	uint64_t start; /* where the host has put it */
	uint64_t size;
	bool io, is_64bit, prefetchable;
	bool unassigned; /* the kernel found no room for it */
	bool shadow; /* of a ROM: a copy that the firmware made in memory */
};

struct pci_reserved {
	uint64_t start, end;
	char *type; /* "direct", "direct-relaxable", "msi", "reserved" */
};

struct pci_detail {
	int revision; /* -1: not shown */
	bool bars_known;
	struct pci_bar bars[PCI_ROM + 1];
	size_t n_bars;
	/* "8.0 GT/s PCIe", "16"; NULL: no PCI Express, or not shown */
	char *speed, *max_speed, *width, *max_width;
	char *power_state; /* "D0", "D3hot" */
	bool no_d3cold; /* d3cold_allowed is 0 */
	char *cpus; /* local_cpulist: "0-7,16-23" */
	/* Huge pages of its node that are free, of all there are; where the device names
	 * no node, those of the host. -1: not shown */
	long long free_2m, all_2m, free_1g, all_1g;
	long total_vfs; /* sriov_totalvfs; -1: it can have no virtual functions */
	struct pci_reserved *reserved; /* of its group */
	size_t n_reserved, cap_reserved;
	bool reserved_known;
};

/* d with PCI_DETAILS. */
void pci_detail_load(const struct host *h, const struct pci_device *d,
		     struct pci_detail *ret);
/* Only bars_known, bars and n_bars, of a zeroed one. */
void pci_bars_load(const struct host *h, const struct pci_device *d,
		   struct pci_detail *ret);
void pci_detail_done(struct pci_detail *d);

#endif
