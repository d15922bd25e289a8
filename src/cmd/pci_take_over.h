/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci bind --persist --take-over: devices are taken out of what else binds them at boot.
 */
#ifndef SLICER_CMD_PCI_TAKE_OVER_H
#define SLICER_CMD_PCI_TAKE_OVER_H

#include "cmd/pci_move.h"
#include "cmd/setup.h"

/*
 * Appends to s->plan what takes the devices of m out of the files and command lines that
 * give them away, and what makes images and boot menu anew after that; s->boot and
 * s->initramfs are known. all: the devices that those of m are of. *ret is what the
 * command line loses. m->drivers gets warnings. Returns 1, and s->kind is RUN_TAKE_OVER;
 * 0: nothing of that kind names them; or a negative errno.
 */
int take_over_make(struct setup *s, const struct pci_devices *all, struct move *m,
		   struct edit *ret, struct error *e);

#endif
