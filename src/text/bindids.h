/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How parameters of vfio-pci, pci-stub and xen-pciback name the devices that they take at
 * boot. */
#ifndef SLICER_TEXT_BINDIDS_H
#define SLICER_TEXT_BINDIDS_H

#include "base/str.h"

/* The kernel keeps ids in 1,024 bytes, and refuses what has no room there (linux
 * drivers/vfio/pci/vfio_pci.c, module_param_string(); kernel/params.c,
 * param_set_copystring()). */
#define BIND_IDS_MAX 1023

/* One of "10de:2204,10de:1aef:10de:147d": what stands between two commas. */
struct bind_id {
	size_t start, end; /* where it stands in the text */
	/* Its first two numbers could be read. Else the kernel leaves it out, with a
	 * warning but for an empty one */
	bool is_usable;
	uint32_t vendor, device, subvendor, subdevice, class_code, class_mask;
};
struct bind_ids {
	struct bind_id *v;
	size_t n, cap;
};
void bind_ids_done(struct bind_ids *ids);
/*
 * Reads the value of the parameter "ids" as vfio_pci_fill_ids() does: split at commas,
 * and each part read with sscanf("%x:%x:%x:%x:%x:%x"). So a number may have "0x" and any
 * number of digits (the lowest 32 bits count), what follows the last number that can be
 * read is not looked at, the subsystem is any where it is not given, and the class is not
 * looked at without its mask. Each part is added to ret, also one that is not usable.
 */
void bind_ids_parse(const char *text, size_t len, struct bind_ids *ret);

/* What the kernel compares of a device. */
struct bind_device {
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class_code; /* 24 bits */
};
/* linux drivers/pci/pci.h pci_match_one_device(): ffffffff is any, ffff is not. */
bool bind_id_matches(const struct bind_id *id, const struct bind_device *d);

/* One of "(0000:01:00.0)(02:00.*)". */
struct hide_slot {
	uint32_t domain, bus;
	long device, function; /* -1: any */
};
struct hide_slots {
	struct hide_slot *v;
	size_t n, cap;
};
void hide_slots_done(struct hide_slots *s);
/* Reads the value of xen-pciback's parameter "hide" (linux
 * drivers/xen/xen-pciback/pci_stub.c pcistub_init()). False where the kernel would give
 * up: what stands before that place is in ret all the same. */
bool hide_slots_parse(const char *text, size_t len, struct hide_slots *ret);

#endif
