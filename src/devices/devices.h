/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it takes to move a device from one driver to another: its group, who uses it, and the
 * steps. Source: linux Documentation/ABI/testing/sysfs-bus-pci (driver_override, drivers_probe),
 * drivers/base/bus.c, drivers/vfio; boot-time facts in the comments of the functions.
 */
#ifndef SLICER_DEVICES_DEVICES_H
#define SLICER_DEVICES_DEVICES_H

#include "host/host.h"
#include "host/mounts.h"
#include "probe/pci.h"
#include "steps/steps.h"

/* Why a device may not be taken. */
enum use_kind {
	USE_ROOT_DISK,	/* holds a filesystem that the running system lives on (/, /usr, /boot, ESP): not
			   overruled by --force */
	USE_MOUNT,	/* another mounted filesystem, active swap, a member of md/dm/LVM in use */
	USE_ROUTE,	/* the default route, or the route of the SSH connection that slicer runs in */
	USE_DISPLAY,	/* the boot display with a console or a display server's open DRM node */
	USE_OPEN,	/* device nodes held open (/dev/dri, /dev/nvidia, /dev/snd), a network interface that is up with
			   an address: said, and refused */
	USE_VFIO,	/* a VM has the group open */
	USE_BRIDGE,	/* a bridge is never given away */
	USE_SRIOV,	/* a PF with VFs enabled */
};
struct use {
	enum use_kind kind;
	char *text; /* "nvme0n1p2 is mounted on /srv" */
};
struct uses {
	struct use *v;
	size_t n, cap;
	struct strv unknown; /* what could not be looked at: "open files of other processes (not root)" */
};
void uses_done(struct uses *u);
/* Who uses it? Reads sysfs, /proc/self/mountinfo, /proc/swaps, /proc/net/route, ipv6_route, /proc/PID/fd. */
int device_uses(const struct host *h, const struct mounts *m, const struct pci_device *d,
		struct uses *ret, struct error *e);

/* The endpoints (no bridges) of the device's IOMMU group, itself included, in address order: pointers into
 * all. Without a group: the device alone. Returns the number; *ret is the caller's to free. */
size_t group_endpoints(const struct pci_devices *all, const struct pci_device *d,
		       const struct pci_device ***ret);
/* Bound to something that keeps the group from being used by a VM? NULL if it is in order. */
const char *group_blocker(const struct pci_device *d);

struct bind_request {
	const struct pci_device **v; /* devices, each once */
	size_t n;
	const char *driver; /* "vfio-pci", "nvme"; NULL: unbind */
	bool force;
	unsigned timeout_s; /* 0: 30 */
};
/*
 * Everything that speaks against it: no IOMMU (before anything is unbound; only for vfio-pci), not the
 * whole group and the rest of it bound elsewhere (a warning in *warnings), a user of the device, no such driver or module.
 * Refused with every reason. Nothing is changed.
 */
int bind_check(const struct host *h, const struct mounts *m, const struct pci_devices *all,
	       const struct bind_request *r, struct strv *warnings, struct error *e);
/* The steps in order: modprobe (STEP_RUN) if needed, driver_override, unbind, drivers_probe for each device. */
int bind_plan(const struct host *h, const struct bind_request *r, struct plan *ret, struct error *e);
/*
 * Executes: all or nothing. Each device's link is read after its probe; on failure each that was
 * touched gets its former override and driver back, also verified, and the error says so (ERROR_FAILED).
 */
int bind_apply(const struct host *h, const struct bind_request *r, const struct plan *p,
	       struct error *e);

/* The device that printed commands are about, by cli.md: a display controller that is not the boot display
 * and not in use. NULL: none, or more than one kind of answer would be a guess. */
const struct pci_device *devices_suggest(const struct host *h, const struct mounts *m,
					 const struct pci_devices *all);

#endif
