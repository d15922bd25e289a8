/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that give one device to VMs and take it back: only those that slicer
 * would not refuse now. */
#ifndef SLICER_DEVICES_HANDOVER_H
#define SLICER_DEVICES_HANDOVER_H

#include "devices/persist.h"

struct handover {
	struct device_answer answer; /* for now */
	/* Empty where there is nothing to do, or the reasons are in answer. */
	struct strv give; /* bind it now */
	struct strv give_always; /* bind it now and at every boot */
	struct strv start; /* print the command that starts a VM with it */
	struct strv back; /* give it, and what goes along, back to their drivers */
	char *not_always; /* why it can't be bound at every boot; NULL: it can, or is */
	char *not_back; /* why it, or one of what goes along, can't go back to its driver
			   now; NULL: all can */
};
void handover_done(struct handover *o);
/* d is one of w->all; l is matched (persist_match()). */
void handover_make(const struct bind_world *w, const struct persisted_list *l,
		   const struct pci_device *d, struct handover *ret);
/*
 * The driver to give a device back to: the one it has, the one that it had before VFIO,
 * or the likeliest module that knows it. NULL: none is known. p is its file, note its
 * note (devices/original.h); both may be NULL.
 */
const char *handover_native(const struct pci_device *d, const struct persisted *p,
			    const struct persisted *note);

#endif
