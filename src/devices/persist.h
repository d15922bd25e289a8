/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are bound at every boot: one file each in /etc/slicer/devices.d, which
 * "pci bind --persist" writes, "pci restore" carries out, and a person may edit. The
 * files are configuration: the journal of setup-iommu knows nothing of them.
 */
#ifndef SLICER_DEVICES_PERSIST_H
#define SLICER_DEVICES_PERSIST_H

#include "devices/devices.h"
#include "text/bindfile.h"

#define PERSIST_DIR "/etc/slicer/devices.d"

/* What became of the device that a file means. */
enum persist_match {
	PERSIST_HERE, /* it is at the address that the file has */
	PERSIST_MOVED, /* it is at another address, and it is certainly that one */
	PERSIST_GONE, /* there is no such device */
	PERSIST_OTHER, /* another device is at that address, and none like it elsewhere */
	PERSIST_UNCLEAR, /* more than one device could be meant, or not surely the one */
};

/* One file that can be used. */
struct persisted {
	char *path; /* "/etc/slicer/devices.d/0000:0b:00.0.conf" */
	struct bindfile file;
	enum persist_match match; /* set by persist_match() */
	const struct pci_device *device; /* the device meant, borrowed; NULL: see match */
};
struct persisted_list {
	struct persisted *v; /* in the order of their paths */
	size_t n, cap;
	/* Files that can't be used, each as "PATH:LINE: why". The others count as if
	 * these were not there. */
	struct strv broken;
};
void persisted_done(struct persisted_list *l);

/* Is that the name of such a file? "*.conf", and not hidden. */
bool persist_is_name(const char *name);
/* Reads the files "*.conf" of PERSIST_DIR; a directory that is not there is an empty
 * list. Links are not followed out of the root. Of two files with one address the later
 * one counts as broken. Error: a directory that can't be read. */
int persist_load(const struct host *h, struct persisted_list *ret, struct error *e);
/* As persist_load(), of another directory. */
int persist_load_from(const struct host *h, const char *dir, struct persisted_list *ret,
		      struct error *e);

/*
 * Finds the device that each file means, in this order:
 * - by its serial number, if the file has one and devices of that model show theirs; of
 *   several with that number, by its ports or address;
 * - the one of its model (vendor, device, subsystem, function number) behind the same
 *   ports;
 * - the one of its model at its address, if the file notes no ports;
 * - the only one of its model, if it had no twins when the file was written.
 * A device that two files mean is left to the file that has its address. all is borrowed
 * for as long as l is used.
 */
void persist_match(const struct host *h, const struct pci_devices *all,
		   struct persisted_list *l);
/* What became of it, for a person: "another device (8086:1533) is at that address". Owned
 * by the caller. */
char *persist_match_text(const struct pci_devices *all, const struct persisted *p);
/* The file that means d, NULL: none. */
const struct persisted *persist_of(const struct persisted_list *l,
				   const struct pci_device *d);
/* The devices that files give to a VFIO driver. ret has room for l->n; returns their
 * number. */
size_t persist_given_away(const struct persisted_list *l, const struct pci_device **ret);
/* Does what the host needs not keep it back? Only where the device is certainly the one
 * that a person said --force about. */
bool persist_is_forced(const struct persisted *p);
/* e refuses what the file asks for, as to pci bind: where its hint has pci bind's
 * --force, the whole command stands there, for verbs without that option. p has a device.
 */
void persist_hint_force(const struct persisted *p, struct error *e);
/* A device without twins when its file was written has some now: then a twin could be
 * taken for it later. Notes that in the file. Returns 0 or a negative errno. */
int persist_note_twins(const struct host *h, const struct pci_devices *all,
		       const struct persisted *p, struct error *e);
/* Appends those of the addresses in bound, which the initramfs binds, that no file gives
 * to it: a person removed or changed the file. */
void persist_leftover(const struct persisted_list *l, const struct strv *bound,
		      struct strv *ret);
/* The driver that it is to be bound to. Where the file names none, and the best that VFIO
 * has for the device is meant: the one of VFIO's that it has, or "vfio-pci". */
const char *persist_driver(const struct persisted *p);
/* Has its device that driver, or any of VFIO's where the file names none? */
bool persist_is_bound(const struct persisted *p);
/* Appends its device to r, with that driver. modules: as for bind_vfio_driver(). */
void persist_request(const struct persisted *p, const struct host *h,
		     struct module_index *modules, struct bind_request *r);

/* ---- changing the files (persist_plan.c, persist_apply.c) */

#define PERSIST_UNIT "slicer-bind.service"
/* What "systemctl enable" makes of it. */
#define PERSIST_LINK "/etc/systemd/system/multi-user.target.wants/" PERSIST_UNIT

/*
 * Can this host bind devices at every boot? Refused where systemd does not run (the error
 * says which line to put where), and where PERSIST_UNIT is missing, masked, or starts a
 * program that is not there. command: what a start script would run, for that line. Of
 * another root nothing is asked: its unit may come later.
 */
int persist_check_unit(const struct host *h, const char *command, struct error *e);

/* Will PERSIST_UNIT be started at boot? */
bool persist_is_enabled(const struct host *h);

/*
 * Appends the steps that make the devices of r bound to their drivers at every boot: a
 * file each, and the unit enabled. A driver that was chosen is not written down. early:
 * by the initramfs, too. force: what the host needs does not keep them back at boot. A
 * file that says the same already is left as it is. Refused: a virtual function, which is
 * not there yet at boot, and a file whose name or address is in that of a device which
 * has moved, unless r has that device, too.
 */
int persist_plan(const struct host *h, const struct pci_devices *all,
		 const struct persisted_list *l, const struct bind_request *r, bool early,
		 bool force, struct plan *ret, struct error *e);
/* Appends the steps that remove these files, and disable the unit with the last one. */
int persist_plan_removal(const struct host *h, const struct strv *paths, struct plan *ret,
			 struct error *e);
/*
 * Carries such a plan out: all or nothing. Under another root the programs are left out.
 * Error: ERROR_FAILED, rolled_back if everything is as before.
 */
int persist_apply(const struct host *h, const struct plan *p, struct error *e);
/* Takes back what persist_apply() did, because what came after it failed; *e is that
 * failure, and is told what could not be taken back. */
void persist_take_back(const struct host *h, const struct plan *p, struct error *e);

#endif
