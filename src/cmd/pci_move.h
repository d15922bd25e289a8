/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moving devices between drivers: what pci bind, unbind and restore share. */
#ifndef SLICER_CMD_PCI_MOVE_H
#define SLICER_CMD_PCI_MOVE_H

#include "cmd/cmd.h"
#include "devices/devices.h"

/* One move of devices: what is asked for, and the steps. */
struct move {
	struct bind_request request;
	/* The files and the unit that make it last; empty without --persist. */
	struct plan files;
	/* The writes to sysfs. Its warnings and next are those of the whole move. */
	struct plan drivers;
	bool dry_run;
	/* With --persist: the devices are taken out of what else binds them, and a person
	 * is asked, unless yes is said. */
	bool take_over, yes;
	/* Another root: the files are written, the drivers are left alone. */
	bool files_only;
	struct strv recovered; /* interrupted runs that were taken back first */
};
void move_done(struct move *m);

/*
 * Checks m->request and plans the writes to sysfs; files are the caller's to plan.
 * Nothing is changed. all: every device, with all that is known.
 */
int move_plan(const struct context *c, const struct pci_devices *all, struct move *m,
	      struct error *e);
/* Carries m out, all or nothing, unless it is a dry run. */
int move_apply(const struct context *c, const struct move *m, struct error *e);
/* The result, as text or JSON (schema slicer.plan/1). */
int move_print(const struct context *c, const struct move *m, struct error *e);
void move_print_warnings(const struct context *c, const struct move *m);
/* What became of each device, in such a document. Owned by the caller. */
json_t *move_devices(const struct move *m);
/* The same as text. */
void move_print_devices(const struct context *c, const struct move *m);

#endif
