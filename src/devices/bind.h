/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of binding share. */
#ifndef SLICER_DEVICES_BIND_H
#define SLICER_DEVICES_BIND_H

#include "devices/devices.h"

bool driver_is_registered(const struct host *h, const char *driver);
/* Modules to load so that driver is there: none if it is registered, or if nothing is
 * known that brings it. Appended. */
void driver_modules(const struct host *h, const char *driver, struct strv *ret);
/* The driver that a module has: named like it, but for a few. */
const char *module_driver(const char *module);

/* Parts of bind_check() (bind_place.c). The first refuses the first device of r that is
 * in no group although the IOMMU is on; the second what is below a controller, 0 if
 * nothing does; the third says what the host loses along with d. */
int bind_refuse_left_out(const struct host *h, const struct bind_request *r,
			 struct error *e);
int bind_check_below(const struct bind_request *r, struct error *e);
void bind_warn_of_below(const struct pci_devices *all, const struct pci_device *d,
			struct strv *warnings);

/* Names the virtual functions of d that are enabled in the use which tells of them. */
void bind_name_vfs(const struct bind_world *w, const struct pci_device *d,
		   struct uses *u);

/* Part of bind_check() (bind_denylist.c): refuses what vfio-pci refuses by its model. */
int bind_check_denylist(const struct host *h, const struct bind_request *r,
			struct strv *warnings, struct error *e);

/* Parts of bind_check() for r->every_boot (bind_boot.c): appends why the next boot needs
 * the device of t, one of r; warns of disks that the boot names by a name which may
 * change. */
void bind_boot_uses(const struct bind_world *w, const struct bind_request *r,
		    const struct bind_target *t, struct uses *ret);
void bind_warn_of_names(const struct bind_world *w, const struct bind_request *r,
			struct strv *warnings);

/* Does r, or another file of those that bind at every boot, take d from the host? */
bool bind_is_asked_for(const struct bind_request *r, const struct pci_device *d);

/* What executing needs of the machine: the real one is in bind_apply.c, tests have
 * another. */
struct bind_io {
	void *data;
	int (*write)(void *data, const char *path, const char *text, unsigned timeout_ms,
		     struct error *e);
	int (*run)(void *data, const struct step *s, struct error *e);
	/* Is there a driver of that name? */
	bool (*is_registered)(void *data, const char *driver);
	/* Of a device, as it is now: NULL is none. Owned by the caller. */
	char *(*driver)(void *data, const char *address);
	char *(*override)(void *data, const char *address);
};
int bind_execute(const struct bind_io *io, const struct bind_request *r,
		 const struct plan *p, struct error *e);

#endif
