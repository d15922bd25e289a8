/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that printed commands are about. */
#ifndef SLICER_DEVICES_COMMANDS_H
#define SLICER_DEVICES_COMMANDS_H

#include "devices/devices.h"

struct endpoints {
	const struct pci_device **v; /* borrowed, in address order, each once */
	size_t n, cap;
};
void endpoints_done(struct endpoints *v);
/* Every endpoint of the groups of chosen; of a device without a group, the functions of
 * its slot. */
void endpoints_collect(const struct pci_devices *all,
		       const struct pci_device *const *chosen, size_t n,
		       struct endpoints *ret);
/* Their addresses with blanks between. Owned by the caller. */
char *endpoints_join(const struct endpoints *v);

#endif
