/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of pci restore share. */
#ifndef SLICER_CMD_PCI_RESTORE_H
#define SLICER_CMD_PCI_RESTORE_H

#include "cmd/pci_persist.h"

struct restore_options {
	bool dry_run;
	unsigned timeout_s;
};

/* What became of one file. */
struct restored {
	const struct persisted *p;
	char *driver; /* that it is to have; NULL: its device was not looked at. Owned */
	bool changed; /* it has been bound now, or would be */
	int err; /* negative errno: it could not be bound */
	struct error why; /* of err */
};
struct restore {
	const struct context *c;
	const struct restore_options *o;
	struct pci_devices all;
	struct persisted_list list;
	const struct pci_device **others; /* for struct bind_request */
	struct restored *v;
	size_t n;
	struct strv warnings;
	struct strv moved; /* addresses of what has been bound, in any attempt */
};

/* Tells of one device that has been, or would be, bound, and remembers it. At once: the
 * next device may take a while. */
void restore_tell_moved(struct restore *r, const struct pci_device *d,
			const char *driver);
/* Tells the rest, as text or as one document. Returns the exit status; in text *e is the
 * failures summed up. */
int restore_tell(const struct restore *r, struct error *e);

#endif
