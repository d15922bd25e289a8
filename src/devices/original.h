/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers that devices had before VFIO, for "pci bind --driver=original". They are
 * noted when a device is taken from one, and stay over a reboot: a file for each device,
 * of the form of those in devices.d (text/bindfile.h), with which it shares the rules for
 * telling whether it means a device. A note is a help, never needed: one that can't be
 * written or used keeps nothing from being bound.
 */
#ifndef SLICER_DEVICES_ORIGINAL_H
#define SLICER_DEVICES_ORIGINAL_H

#include "devices/persist.h"

#define ORIGINAL_DIR "/var/lib/slicer/original"

/* Reads and matches the notes. A directory that can't be read is an empty one. all is
 * borrowed for as long as ret is used. */
void original_load(const struct host *h, const struct pci_devices *all,
		   struct persisted_list *ret);
/* Notes the drivers that the devices of r have, where r gives them to VFIO. */
void original_remember(const struct host *h, const struct bind_request *r);
/* Drops the notes about the devices of r that have drivers of the host's: those which r
 * gave back, or did not get to take. */
void original_forget(const struct host *h, const struct bind_request *r, bool taken);
/* Notes what the files of l have about the devices of r: the files are about to be
 * removed. */
void original_keep(const struct host *h, const struct persisted_list *l,
		   const struct bind_request *r);
/*
 * Appends each of the n devices to r with the driver that it is to have again: the one it
 * has, if that is none of VFIO's; what its file in l says, or its note; or that of the
 * only module which knows it. What can't be used is said in warnings. Refused, with the
 * candidates, if it is not known.
 */
int original_request(const struct host *h, const struct pci_devices *all,
		     const struct persisted_list *l, const struct pci_device *const *v,
		     size_t n, struct bind_request *r, struct strv *warnings,
		     struct error *e);

#endif
