/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it takes to move a device from one driver to another: its group, who uses it, and
 * the steps. Source: linux Documentation/ABI/testing/sysfs-bus-pci (driver_override,
 * drivers_probe), drivers/base/bus.c, drivers/vfio; more in the comments of the
 * functions.
 */
#ifndef SLICER_DEVICES_DEVICES_H
#define SLICER_DEVICES_DEVICES_H

#include "host/host.h"
#include "host/mounts.h"
#include "probe/facts.h"
#include "probe/modules.h"
#include "probe/pci.h"
#include "steps/steps.h"

/* ---- who uses it (usage*.c)
 * -------------------------------------------------------------- */

/* Why a device may not be taken, worst first. */
enum use_kind {
	USE_ROOT_DISK, /* holds a filesystem that the running system lives on (/, /usr,
			  /boot, ESP ...), or is the way to it: not overruled by --force
			*/
	USE_BRIDGE, /* a bridge is never given away, and vfio-pci takes none */
	USE_MOUNT, /* another mounted filesystem, active swap, a member of md/dm/LVM in
		      use */
	USE_BOOT, /* a disk without which the next boot does not succeed */
	USE_LAST_NIC, /* no other network controller would have a driver after a boot */
	USE_ROUTE, /* the default route, or the route of the SSH connection that slicer
		      runs in, or to filesystems and disks of other machines */
	USE_DISPLAY, /* the boot display, the console's frame buffer or serial port */
	USE_VFIO, /* a VM has the device's group open */
	USE_SRIOV, /* a PF with VFs enabled, or the parent of mediated devices */
	USE_INTERFACE, /* a network interface that is up with an address, part of a bridge
			  or bond, or in another network namespace */
	USE_OPEN, /* device nodes held open: /dev/dri, /dev/nvidia0, /dev/snd ... */
};
struct use {
	enum use_kind kind;
	char *text; /* "nvme0n1p2 is mounted on /srv" */
	char *advice; /* "sudo systemctl stop x.service"; NULL: use_advice() has it */
};
struct uses {
	struct use *v;
	size_t n, cap;
	struct strv unknown; /* what could not be looked at: "open files of other users'
				processes" */
};
void uses_done(struct uses *u);
/* Would the host miss the device, if the next boot gave it to VFIO? */
bool use_is_needed_at_boot(enum use_kind kind);
/* What a person does about it: "unmount it (or swapoff) first". */
const char *use_advice(enum use_kind kind);
/* As use_advice(), or what is better for just this one. */
const char *use_advice_of(const struct use *u);

/*
 * Who uses what on this host, looked at once for any number of devices. Reads sysfs,
 * /proc/swaps, /proc/net/route, ipv6_route and if_inet6, /proc/PID/fd, the mount tables
 * of other namespaces, udev's database for ZFS, and the environment of slicer's ancestors
 * for SSH_CONNECTION (sudo takes it out of slicer's own). mounts may be NULL: then that
 * is unknown. Owned by the caller: usage_free().
 */
struct usage;
/* h has to outlive it. */
struct usage *usage_load(const struct host *h, const struct mounts *mounts);
void usage_free(struct usage **u);
/* Appends who uses d, worst first. d needs PCI_DETAILS. */
void usage_of(const struct usage *u, const struct pci_device *d, struct uses *ret);
/* Why nobody knows whether the running system is on a disk of d; NULL: it is known, or d
 * holds none. Borrowed from u. */
const char *usage_disk_doubt(const struct usage *u, const struct pci_device *d);
/* Can't it be told whether the host's own network is d? */
bool usage_net_doubt(const struct usage *u, const struct pci_device *d);
/* Appends what of d's disks the kernel keeps though usage_of() does not say why. The
 * disks are opened for that: only for a device that somebody wants to take, see
 * host_block_is_claimed(). */
void usage_claims(const struct usage *u, const struct pci_device *d, struct uses *ret);
/* Appends what the host loses with d though nobody uses it at the moment: the only
 * keyboard. */
void usage_losses(const struct usage *u, const struct pci_device *d, struct strv *ret);
/* Appends why the next boot needs d, as USE_BOOT. Sources: /etc/fstab, /etc/crypttab, and
 * root=, resume= and the like in /proc/cmdline. */
void usage_at_boot(const struct usage *u, const struct pci_device *d, struct uses *ret);
/* Appends the sysfs paths of the network interfaces that belong to a device. */
void usage_interfaces(const struct usage *u, struct strv *ret);
/* usage_load() and usage_of() for a single device. Returns 0. */
int device_uses(const struct host *h, const struct mounts *m, const struct pci_device *d,
		struct uses *ret, struct error *e);

struct bind_world; /* below */

/* ---- groups (group.c)
 * -------------------------------------------------------------------- */

/* The endpoints (no bridges) of the device's IOMMU group, itself included, in address
 * order: pointers into all. What is below a controller goes along with that and is
 * left out. Without a group: the device alone. Returns the number; *ret is the caller's
 * to free. */
size_t group_endpoints(const struct pci_devices *all, const struct pci_device *d,
		       const struct pci_device ***ret);
/* The addresses of the endpoints that hang below a controller and go along with it.
 * Appended. */
void endpoints_below(const struct pci_devices *all, const struct pci_device *d,
		     struct strv *ret);
/* Is any function in an IOMMU group? Then the IOMMU is on, and one that is in none is
 * left out of it. */
bool groups_exist(const struct pci_devices *all);
/* The driver that keeps the group from being used by a VM, NULL if the device is in order
 * for the kernel that runs (NULL: not known). */
const char *group_blocker(const struct pci_device *d, const char *kernel);
/* The same name, or none (NULL) both. */
bool driver_same(const char *a, const char *b);
/* The device that printed commands are about, by cli.md: a display controller that is not
 * the boot display and not in use, and whose group can go to a VM as a whole: the host
 * needs none of it, no bridge with a driver is in it; several only if they are of one
 * model. NULL: none, or an answer would be a guess. */
const struct pci_device *devices_suggest(const struct host *h, const struct mounts *m,
					 const struct pci_devices *all);
/* As devices_suggest(), for a caller that has looked already. */
const struct pci_device *devices_suggest_from(const struct bind_world *w);

/* ---- binding (bind_check.c, bind_boot.c, bind_plan.c, bind_apply.c)
 * --------------------------------------- */

/* One device of a request. */
struct bind_target {
	const struct pci_device *d; /* with PCI_DETAILS */
	char *driver; /* "vfio-pci", "nvme"; NULL: unbind. Owned by the request */
	bool is_chosen; /* nobody named the driver: it is the best that VFIO has for d */
};
struct bind_request {
	struct bind_target *v; /* each device once */
	size_t n, cap;
	bool force;
	/* Asked for a later time, not for now: there need be no IOMMU group and no driver
	 * yet, and what ends by itself (open files, an interface that is up, a VM) is a
	 * warning. */
	bool later;
	/* Asked for every boot: what the next boot needs of the devices is looked at,
	 * too. */
	bool every_boot;
	/* With every_boot: by the initramfs, before their native drivers are loaded. */
	bool early;
	/* With every_boot: the other devices that are bound at every boot, borrowed. */
	const struct pci_device **others;
	size_t n_others;
	unsigned timeout_s; /* of each write to a driver; 0: 30 */
};
void bind_request_done(struct bind_request *r);
/* driver: NULL to unbind d. */
void bind_request_add(struct bind_request *r, const struct pci_device *d,
		      const char *driver);
/* With the driver of bind_vfio_driver(). */
void bind_request_add_chosen(struct bind_request *r, const struct host *h,
			     struct module_index *modules, const struct pci_device *d);
/* Was it chosen because VFIO has a driver of its own for the device's family? What that
 * is, for a person. */
bool bind_is_variant(const struct bind_target *t);
#define BIND_VARIANT_TEXT "the kernel's VFIO driver for this device"

/* Is d one of the devices of r? */
bool bind_request_has(const struct bind_request *r, const struct pci_device *d);
/* The name as the PCI bus has it: "vfio_pci" is "vfio-pci". Error: usage, for what can't
 * be a driver's name. Owned by the caller. */
int driver_name(const struct host *h, const char *text, char **ret, struct error *e);
/* Appends " --driver=NAME", as a shell reads it. */
void driver_option(const char *driver, struct str *ret);
/* The command that binds d to driver, as advice; NULL: to the one that it chooses for
 * VFIO. Owned by the caller. */
char *driver_command(const struct pci_device *d, const char *driver);
/*
 * The driver that gives d to VMs: VFIO's own for its family, if the kernel has one
 * (pci_variant()), else vfio-pci. modules: of the running kernel; NULL: not there. Owned
 * by the caller.
 */
char *bind_vfio_driver(const struct host *h, struct module_index *modules,
		       const struct pci_device *d);
/*
 * Everything that speaks against it: no IOMMU (before anything is unbound; only for VFIO
 * drivers), a device that does not answer, a user of the device, no such driver or
 * module. Refused with every reason. What is no reason to refuse goes to warnings: the
 * rest of the group, memory that the firmware keeps, what could not be looked at, what
 * force overruled. Nothing is changed.
 */
int bind_check(const struct host *h, const struct mounts *m,
	       const struct pci_devices *all, const struct bind_request *r,
	       struct strv *warnings, struct error *e);
/* What bind_check() looks at, looked at once for any number of questions. Pointers are
 * borrowed, but for usage and what is called own: bind_world_done(). */
struct bind_world {
	const struct host *host;
	const struct mounts *mounts;
	const struct pci_devices *all;
	struct usage *usage;
	const struct log_facts *log;
	enum cpu_vendor vendor;
	const char *kernel; /* release of the running one, may be NULL */
	struct module_index *modules; /* of that kernel, NULL: not there; own */
	struct log_facts own_log;
	struct cpu_facts own_cpu;
	char *own_kernel;
};
void bind_world_load(const struct host *h, const struct mounts *m,
		     const struct pci_devices *all, struct bind_world *ret);
void bind_world_done(struct bind_world *w);
int bind_check_in(const struct bind_world *w, const struct bind_request *r,
		  struct strv *warnings, struct error *e);
/* Appends the steps in order: modprobe (STEP_RUN) if a driver isn't registered; for
 * each device driver_override, unbind, probe. A device that is where it should be gets
 * none. */
int bind_plan(const struct host *h, const struct bind_request *r, struct plan *ret,
	      struct error *e);
/*
 * Executes: all or nothing. Each device's driver link is read after its probe; on failure
 * each device that was touched gets its former override and driver back, also verified,
 * and the error says what each of them has now (ERROR_FAILED, rolled_back if all are as
 * before).
 */
int bind_apply(const struct host *h, const struct bind_request *r, const struct plan *p,
	       struct error *e);

/* ---- may it go to a VM? (answer.c)
 * --------------------------------------------------------- */

/* What bind_check() says of a device and all that must go along with it, and what keeps a
 * VM from it once it is bound: the one answer that doctor, vm command and setup-iommu
 * --device give, too. */
struct device_answer {
	bool usable; /* nothing speaks against it */
	bool refused; /* pci bind would refuse it */
	bool bound; /* it and all that must go along are in VFIO's hands */
	struct strv reasons; /* why it is refused, or what is not done yet */
	struct strv advice; /* to be done about that, in words */
	struct strv warnings; /* as bind_check()'s */
};
void device_answer_done(struct device_answer *a);
/* later: as in struct bind_request. d is one of w->all. */
void device_answer(const struct bind_world *w, const struct pci_device *d, bool later,
		   bool force, struct device_answer *ret);
/* The refusal of a verb that has no use for such a device, in the answer's words. */
int device_refuse(const struct device_answer *a, bool force_helps, struct error *e);

/* ---- commands for a person to paste (commands.c)
 * ------------------------------------------------- */

/* For people: the names that --hypervisor takes. */
#define VM_HYPERVISORS "qemu, cloud-hypervisor, libvirt, slicer or proxmox"
/* The one that is meant where none is named: Proxmox VE's on its hosts, else QEMU. */
const char *vm_hypervisor_of(const struct host *h);

struct vm_command {
	const char *hypervisor; /* as in VM_HYPERVISORS */
	struct strv devices; /* every endpoint of the groups, in address order */
	/* Those of them that are not in VFIO's hands yet, and that the hypervisor does
	 * not bind itself. */
	struct strv must_bind;
	/* The part of a command line that attaches the devices; empty where text is none.
	 */
	struct strv device_argv;
	/* The guest must not have more physical address bits: the IOMMU can't map them,
	 * though the processor has more. 0: no limit is needed, or it is not known. */
	unsigned address_bits;
	bool iommufd; /* VFIO's devices are opened by iommufd, not by groups */
	struct strv obstacles; /* what keeps that from working now, in words */
	struct str text; /* a shell script, or what the hypervisor reads */
};
void vm_command_done(struct vm_command *c);
/* Those names, QEMU's first. */
void vm_hypervisors(struct strv *ret);
/* The name as it lives on, if it is one of VM_HYPERVISORS; else NULL, a usage error. */
const char *vm_hypervisor(const char *name, struct error *e);
/* Does the hypervisor bind devices itself, unless they are bound at every boot? */
bool vm_hypervisor_binds(const char *name);
/* h: where the firmware and the files of PERSIST_DIR are looked for. Error: usage for an
 * unknown hypervisor, and for iommufd (even where there are groups) with another than
 * QEMU; refused for a bridge. all needs PCI_NAMES and PCI_DETAILS. */
int vm_command_make(const struct host *h, const struct pci_devices *all,
		    const struct pci_device *const *chosen, size_t n,
		    const char *hypervisor, bool iommufd, struct vm_command *ret,
		    struct error *e);
/* Appends the commands that give the chosen devices to a VM after the reboot (none
 * chosen: with ADDR in the place of one). */
void commands_after_reboot(const struct pci_devices *all,
			   const struct pci_device *const *chosen, size_t n,
			   struct strv *ret);
/* The text for after the reboot, about the chosen devices (none: with a placeholder). all
 * needs PCI_NAMES and PCI_DETAILS, and PCI_MODULES to name the driver of a device that
 * has none. */
int commands_next_steps(const struct host *h, const struct pci_devices *all,
			const struct pci_device *const *chosen, size_t n,
			bool after_reboot, struct str *ret, struct error *e);

#endif
