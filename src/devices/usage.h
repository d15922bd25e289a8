/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture behind usage_of(): one part per file, each loads its own and answers from
 * it. */
#ifndef SLICER_DEVICES_USAGE_H
#define SLICER_DEVICES_USAGE_H

#include "devices/devices.h"

/* A block device and what stands on it. */
struct block {
	char *name; /* "sda2", "dm-0" */
	struct strv places; /* sysfs paths; several for a multipath NVMe namespace */
	struct strv above; /* names of partitions, holders and loop devices on it */
	char *title; /* "dm-0 (vg-root)", or the name; printable */
	char *dm_name; /* "vg-root", NULL: not by device mapper */
	char *devno; /* "8:2" */
	struct strv uses; /* "is mounted on /srv" */
	struct strv boot_uses; /* "is mounted on /srv at boot (/etc/fstab)" */
	bool is_system; /* one of them is what the system lives on */
	bool is_partition;
	bool stacked; /* dm, md, bcache, DRBD ...: being below one is a use by itself */
};
struct blocks {
	struct block *v;
	size_t n, cap;
	/* Why a disk that the running system is on may not be known as that; NULL: it is
	 * known. */
	char *doubt;
};
void blocks_load(const struct host *h, const struct mounts *m, struct blocks *ret,
		 struct strv *unknown);
void blocks_done(struct blocks *b);
/* What is mounted, by the mount table, and active swap (usage_mounts.c). */
void blocks_mark_mounts(const struct host *h, const struct mounts *m, struct blocks *b);
void blocks_mark_swaps(const struct host *h, struct blocks *b, struct strv *unknown);
/* What is mounted only where the mount table does not show it: in a container, for a
 * service (usage_elsewhere.c). */
void blocks_mark_elsewhere(const struct host *h, struct blocks *b, struct strv *unknown);
/* The imported pools of ZFS; m is the mount table (usage_zfs.c). */
void blocks_mark_zfs(const struct host *h, const struct mounts *m, struct blocks *b);
/* What else the kernel does with disks and shows nowhere near them: a zram's backing
 * device, bcache that waits for its other half, exports to other machines and to VMs
 * (usage_kernel.c). */
void blocks_mark_kernel(const struct host *h, struct blocks *b);
/* Adds "VERB TARGET" to the uses of b, as of the filesystem mounted on target. */
void block_add_mount(struct block *b, const char *verb, const char *target);
bool mount_is_of_system(const char *target);
/* An attribute of /sys/class/block/NAME: as host_attr(). */
char *block_attr(const struct host *h, const char *name, const char *attr);
/* The block device that a mount lies on, NULL if it is none that is known. */
struct block *block_of_mount(const struct host *h, const struct blocks *all,
			     const struct mount *m);
/* Marks what the next boot waits for: fstab, crypttab, and the running kernel's command
 * line (usage_boot.c). */
void blocks_mark_boot(const struct host *h, const struct mounts *m, struct blocks *b);
void blocks_boot_uses(const struct blocks *b, const char *address, struct uses *ret);
/* The block device that a mount's source names ("/dev/sda1", "/dev/mapper/vg-root"), NULL
 * if it is none. */
struct block *block_by_source(const struct host *h, const struct blocks *all,
			      const char *source);
void blocks_uses(const struct blocks *b, const char *address, struct uses *ret);
/* Appends what of a device's disks the kernel keeps although nothing else here says why;
 * and what can't be told. */
void blocks_claims(const struct host *h, const struct blocks *b, const char *address,
		   struct uses *ret);
/* Does the running system live on a disk that has this in its place? */
bool blocks_system_below(const struct blocks *b, const char *part);
struct block *block_find(const struct blocks *b, const char *name);

/* A network interface. */
struct nic {
	char *name, *place;
	long index; /* as rtnetlink names it; -1: unknown */
	struct strv above; /* bridges, bonds, VLANs on it */
	bool up, has_address, default_route;
	bool is_reached; /* the way to the peer that was asked about last */
	struct strv carries; /* "the SSH connection from 10.1.2.3" */
	struct strv system; /* of these, what the running system lives on */
	bool pppoe; /* a PPPoE session goes through it */
};
struct nics {
	struct nic *v;
	size_t n, cap;
	bool unseen; /* the interfaces can't be listed */
};
/* m may be NULL. */
void nics_load(const struct host *h, const struct mounts *m, const struct blocks *b,
	       struct nics *ret, struct strv *unknown);
void nics_done(struct nics *n);
void nics_uses(const struct nics *n, const char *address, struct uses *ret);
/* Has d an interface that is in another network namespace? */
bool nic_is_elsewhere(const struct host *h, const struct pci_device *d);
struct nic *nic_find(const struct nics *n, const char *name);

/* What the host reaches by the network (usage_remote.c). */
struct remote {
	char *peer; /* "10.0.0.2" */
	char *what; /* "the filesystem on /srv (nfs4 from 10.0.0.2)" */
	bool is_system; /* the running system lives on it */
};
struct remotes {
	struct remote *v;
	size_t n, cap;
};
void remotes_done(struct remotes *r);
void remotes_load(const struct host *h, const struct mounts *m, const struct blocks *b,
		  struct remotes *ret);

/* Routes, the SSH peer and the other peers, in nics_load()'s service (usage_route.c). */
void routes_mark(const struct host *h, const struct remotes *remotes, struct nics *n,
		 struct strv *unknown);

/* Marks by the kernel's own answers, with every table and next hop (usage_netlink.c).
 * Only for the running machine. Returns 0 or a negative errno. */
int netlink_ask(struct nics *n);
/* One message of such an answer: a route or an address; others are left alone. */
struct nlmsghdr;
void netlink_mark(struct nics *n, const struct nlmsghdr *message);
/*
 * Marks, as is_reached, what the kernel sends through to the peer of a connection whose
 * own end is own (may be NULL). Addresses are as of IPv6, those of IPv4 mapped. 0, even
 * where the interface is none of these; or a negative errno: the kernel has no route, or
 * no answer.
 */
int netlink_ask_peer(struct nics *n, const uint8_t peer[16], const uint8_t *own);
void netlink_mark_peer(struct nics *n, const struct nlmsghdr *message);

/* A device node that a process holds open. */
struct opened {
	char *who; /* "Xorg (PID 812)" */
	char *node; /* "dri/card0"; printable */
	char *advice; /* "sudo systemctl stop x.service", NULL: none of its own */
	char *place; /* sysfs path of the node's device, or NULL */
	char *address; /* PCI address, or NULL */
	long group; /* of /dev/vfio/N, else -1 */
};
struct openeds {
	struct opened *v;
	size_t n, cap;
};
void openeds_load(const struct host *h, struct openeds *ret, struct strv *unknown);
void openeds_done(struct openeds *o);
void openeds_uses(const struct openeds *o, const struct pci_device *d, struct uses *ret);

/* The command that ends the service which a process belongs to: owned by the caller, NULL
 * if it belongs to none, or to one that the host needs (usage_service.c). */
char *process_advice(const struct host *h, const char *pid);

/* What shows the console. */
struct display {
	char *buffer_place; /* sysfs path of the frame buffer that carries it, or NULL */
	char *buffer_name; /* "fb0 (i915drmfb)" */
	bool firmware_buffer; /* it lies in the boot display's memory (efifb, simpledrm
				 ...) */
	bool text_console; /* VGA text mode: the boot display too */
	struct strv serial; /* names of the consoles that are serial ports: "ttyS4" */
	struct strv serial_places; /* their sysfs paths */
};
void display_load(const struct host *h, struct display *ret, struct strv *unknown);
void display_done(struct display *s);
void display_uses(const struct display *s, const struct pci_device *d, struct uses *ret);

/* The places of mediated devices (vGPUs), and the keyboards (usage_other.c). */
void mediated_load(const struct host *h, struct strv *ret);
void mediated_uses(const struct strv *places, const char *address, struct uses *ret);
void keyboard_losses(const struct host *h, const char *address, struct strv *ret);

/* Is the PCI device a part of this sysfs path (itself, or the controller it is below)?
 */
bool place_is_below(const char *place, const char *address);
void uses_add(struct uses *u, enum use_kind kind, const char *fmt, ...) PRINTF(3, 4);
/* For the use that was added last; may be NULL. */
void uses_advise(struct uses *u, const char *advice);
/* A name from the machine, printable: owned by the caller. */
char *printable(const char *s);

#endif
