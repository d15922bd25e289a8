/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list --tree as text. */
#ifndef SLICER_REPORT_PCI_TREE_H
#define SLICER_REPORT_PCI_TREE_H

#include "devices/isolation.h"
#include "report/report.h"

/* Everything is borrowed. */
struct pci_tree_view {
	const struct pci_topology *topology; /* of all devices, with PCI_NAMES */
	const bool *wanted; /* of topology->all->v[i]: the filters let it through */
	const struct persisted_list *persisted; /* matched */
	const struct group_reasons *why; /* of groups_explain() */
	bool utf8; /* lines are drawn with U+2500 and its like, else in ASCII */
	bool is_root; /* slicer runs as root: it saw what there is */
};
/* The wanted devices and what they hang below. Nothing is printed where none is wanted.
 */
int report_pci_tree(const struct output *o, const struct pci_tree_view *view,
		    struct error *e);

#endif
