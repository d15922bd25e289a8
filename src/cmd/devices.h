/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operands that are devices: what the verbs about devices share. */
#ifndef SLICER_CMD_DEVICES_H
#define SLICER_CMD_DEVICES_H

#include "cmd/cmd.h"

/* Devices with all that is known of them, and those that were named. */
struct named_devices {
	struct pci_devices all;
	const struct pci_device **v; /* in address order, each once */
	size_t n, cap;
};
void named_devices_done(struct named_devices *d);
/*
 * Usage errors for no address or a malformed one come first: before the host is looked
 * at. A well-formed address without a device is refused with those that come near. group:
 * every endpoint of the named devices' groups.
 */
int named_devices_load(const struct context *c, const struct strv *addresses, bool group,
		       struct named_devices *ret, struct error *e);
/* As named_devices_load(), for a list that is loaded already. */
int named_devices_add(const struct strv *addresses, bool group, struct named_devices *ret,
		      struct error *e);
/* Only the usage errors. */
int addresses_check(const struct command *cmd, const struct strv *addresses,
		    struct error *e);

#endif
