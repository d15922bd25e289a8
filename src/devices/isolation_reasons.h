/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences of group_explain() and groups_explain(): what isolation.c and
 * isolation_reasons.c share. Each appends to ret what holds. */
#ifndef SLICER_DEVICES_ISOLATION_REASONS_H
#define SLICER_DEVICES_ISOLATION_REASONS_H

#include "devices/isolation.h"

/* Bus numbers have 8 bits, and below each bridge is another bus. */
#define PATH_MAX_BRIDGES 256
/* Function numbers have 3 bits. */
#define SLOT_FUNCTIONS 8

bool slot_same(const struct pci_device *a, const struct pci_device *b);
/* A function of d's slot; NULL: it has none of that number. */
const struct pci_device *slot_function(const struct pci_topology *t,
				       const struct pci_device *d, uint8_t function);
/* "0000:01:00.*": the slot of d. Owned by the caller. */
char *slot_text(const struct pci_device *d);
/* Takes text and note; note may be NULL. */
void reason_add(struct group_reasons *ret, enum group_cause cause, long group,
		const struct pci_device *at, char *text, char *note);

/* top is a bridge that is in one group with what is below it. */
void reason_port(const struct pci_topology *t, const struct pci_device *top,
		 struct group_reasons *ret);
/* Functions of base's slot that are in its group: pci_device_group()'s last step. */
void reason_functions(const struct pci_topology *t, const struct pci_device *base,
		      struct group_reasons *ret);
/* Intel's VMD (drivers/pci/controller/vmd.c, pci_real_dma_dev()), if d is one, or below
 * one, and that is in its group. True if that is it. */
bool reason_controller(const struct pci_topology *t, const struct pci_device *d,
		       struct group_reasons *ret);
/* Members of base's group that neither its place nor what is below it has put there. */
void reason_rest(const struct pci_topology *t, const struct pci_device *base,
		 struct group_reasons *ret);

#endif
