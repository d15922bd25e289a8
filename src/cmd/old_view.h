/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What binds devices at boot and is not of "pci bind --persist", with what of it slicer's
 * own journal knows. */
#ifndef SLICER_CMD_OLD_VIEW_H
#define SLICER_CMD_OLD_VIEW_H

#include "bootloaders/bootloader.h"
#include "cmd/cmd.h"
#include "probe/old_setup.h"

struct old_view {
	struct old_query query; /* for old_setup_find(); points into the rest */
	struct old_setup setup;
	/* owned, for query */
	struct strv slicers, sources;
	char *next_boot, *running;
};
void old_view_done(struct old_view *v);
/* all is borrowed. boot: what the loader has; NULL: what this boot got is all that is
 * known of the next one's command line. v must not be moved afterwards. */
void old_view_load(const struct context *c, const struct pci_devices *all,
		   const struct boot_config *boot, struct old_view *v);

#endif
