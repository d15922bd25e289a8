/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices in the order of a tree: each below its bridge, a virtual function below its
 * physical one. Pure functions. */
#ifndef SLICER_DEVICES_TREE_H
#define SLICER_DEVICES_TREE_H

#include "probe/pci.h"

struct tree_line {
	const struct pci_device *d; /* borrowed from the list */
	unsigned depth; /* 0: it is on a root bus */
	bool is_last; /* of those below the same function, or of its root bus */
	bool is_wanted; /* false: it is there for what is below it */
	bool is_virtual; /* a virtual function that stands below its physical one */
};
struct device_tree {
	struct tree_line *v; /* each device at most once */
	size_t n;
};
void device_tree_done(struct device_tree *t);
/*
 * The wanted devices and all on the way to them. wanted[i]: is all->v[i]? all needs
 * PCI_PLACE; whatever it says, each wanted device is in the tree once, and what would
 * hang below itself is on a root bus.
 */
void device_tree_make(const struct pci_devices *all, const bool *wanted,
		      struct device_tree *ret);

#endif
