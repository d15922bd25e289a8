/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are bound at every boot: one file each in /etc/slicer/devices.d, which
 * "pci bind --persist" writes, "pci restore" carries out, and a person may edit. It is
 * configuration: no journal knows of it.
 */
#ifndef SLICER_DEVICES_PERSIST_H
#define SLICER_DEVICES_PERSIST_H

#include "host/host.h"
#include "probe/pci.h"
#include "text/bindfile.h"

#define PERSIST_DIR "/etc/slicer/devices.d"

struct persisted {
	char *path;
	struct bindfile file;
};
struct persisted_list {
	struct persisted *v; /* sorted by path */
	size_t n, cap;
	/* What can't be used, each as "PATH: why"; the others are as if it was not there
	 */
	struct strv broken;
};
void persisted_done(struct persisted_list *l);
/* Reads all of PERSIST_DIR; that it is not there is an empty list. Links are not
 * followed out of the root. Of two files for one address the later one is broken. */
int persisted_load(const struct host *h, struct persisted_list *ret, struct error *e);
/* The file of a device that is or was at that address: owned by the caller. */
char *persisted_path(struct pci_address at);

/* Fills in what a file says of d: address, ids, ports, serial number and its present
 * driver as the original one. driver: to bind to. */
void persisted_note(const struct host *h, const struct pci_device *d, const char *driver,
		    bool force, struct bindfile *ret);

enum persisted_match {
	PERSISTED_HERE, /* where it was */
	PERSISTED_MOVED, /* elsewhere, and certainly that one */
	PERSISTED_GONE, /* there is none of its kind */
	PERSISTED_OTHER, /* another device has its place, and there is none of its kind */
	PERSISTED_UNCLEAR, /* several could be meant */
};
/*
 * Which device does l->v[i] mean? By its serial number if one was noted; else the one of
 * its kind (vendor, device, subsystem) behind the same ports; else the one at its
 * address; else the only one of its kind that no other file means by its address. *ret is
 * set where one was found.
 */
enum persisted_match persisted_find(const struct host *h, const struct pci_devices *all,
				    const struct persisted_list *l, size_t i,
				    const struct pci_device **ret);

#endif
