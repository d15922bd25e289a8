/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --persist: what pci bind and pci unbind do about /etc/slicer/devices.d. */
#ifndef SLICER_CMD_PCI_PERSIST_H
#define SLICER_CMD_PCI_PERSIST_H

#include "cmd/devices.h"
#include "cmd/pci_move.h"
#include "devices/persist.h"

/* The files there are, and the devices that they mean. */
struct lasting {
	struct persisted_list list;
	const struct pci_device **others; /* for struct bind_request */
};
void lasting_done(struct lasting *l);

/* Reads the files and fills in what r needs to be judged for every boot. l has to live as
 * long as r is used. Refused where nothing would bind at boot. */
int lasting_prepare(const struct context *c, const struct pci_devices *all,
		    struct lasting *l, struct bind_request *r, struct error *e);
/* Plans the files of m->request. */
int lasting_plan(const struct context *c, const struct pci_devices *all,
		 const struct lasting *l, struct move *m, struct error *e);
/*
 * For pci unbind --persist: plans the removal of the files that mean the addresses, and
 * puts the devices to be unbound into *devices. An address counts as that of the device
 * there; if no file means that device, as that in a file. Then only the file goes, and
 * whatever is at the address now is left alone.
 */
int lasting_choose(const struct context *c, const struct strv *addresses, bool group,
		   struct named_devices *devices, struct lasting *l, struct move *m,
		   struct error *e);

/* Is this the machine, or are only files to be written, and are we root? */
int pci_check_may(const struct context *c, const struct command *cmd, bool files_only,
		  struct error *e);

#endif
