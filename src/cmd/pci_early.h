/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --persist=initramfs: devices that the initramfs binds. */
#ifndef SLICER_CMD_PCI_EARLY_H
#define SLICER_CMD_PCI_EARLY_H

#include "cmd/pci_persist.h"

/* Does m change which devices the initramfs binds? Or does that bind one which no file
 * gives to it any more? */
bool early_is_changed(const struct host *h, const struct lasting *l,
		      const struct move *m);
/*
 * Carries m->files out together with the initramfs: the images of the kernels that the
 * boot menu can start are rebuilt and read back, by the plan and the journal of
 * setup-iommu. Then carries m->drivers out, unless that is for later. Prints the plan and
 * what came of it. Refused where slicer can't rebuild them, or where the boot loader
 * starts copies of them. With m->take_over, what else binds the devices is changed with
 * it (cmd/pci_take_over.h); all: the devices that those of m are of. Returns 1, having
 * done nothing, where neither that nor the initramfs changes.
 */
int early_carry_out(const struct context *c, const struct pci_devices *all,
		    const struct lasting *l, struct move *m, struct error *e);

#endif
