/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of all hypervisors have in common (vm.c), and the hypervisors, each
 * in a file of its own (vm_*.c). For these files only. */
#ifndef SLICER_DEVICES_VM_H
#define SLICER_DEVICES_VM_H

#include "devices/commands.h"
#include "devices/persist.h"
#include "probe/facts.h"

enum vm_iommufd {
	VM_IOMMUFD_NO,
	VM_IOMMUFD_OFFERED, /* the kernel has both, for each of the devices */
	VM_IOMMUFD_ONLY, /* the kernel has no other way */
	VM_IOMMUFD_WANTED, /* a person asked for it */
};

struct vm_input {
	const struct endpoints
		*devices; /* in address order, those of one slot together */
	const struct pci_devices *all; /* of the host; NULL: placeholders only */
	/* matched; loaded only for a hypervisor that binds devices */
	const struct persisted_list *persisted;
	struct hypervisor_facts there;
	unsigned cpu_bits; /* physical address bits of the processor; 0: not known */
	unsigned address_bits; /* as in struct vm_command */
	/* The address space that the devices' 64-bit regions take, and for which a
	 * firmware option has to make room, in MiB (0: there is room). */
	uint64_t region_bytes, window_mib;
	long long huge_pages; /* that the host has reserved, of huge_size ("2M") */
	const char *huge_size;
	enum vm_iommufd iommufd;
	struct str device_lines; /* a comment for each device, its name included */
	/* What has to be bound before the command is used. Empty: nothing */
	struct strv to_bind;
};

struct hypervisor {
	const char *name;
	const char *comment; /* what its device lines start with */
	/* Appends text to a comment so that it can't end it. */
	void (*add_comment)(struct str *out, const char *text);
	/* Does it bind the device itself? NULL: it never does. */
	bool (*binds)(const struct vm_input *in, const struct pci_device *d);
	bool takes_iommufd; /* is there a command by iommufd? */
	/* Fills device_argv and text. */
	int (*make)(const struct vm_input *in, struct vm_command *ret, struct error *e);
};
extern const struct hypervisor vm_qemu, vm_cloud_hypervisor, vm_libvirt, vm_slicer,
	vm_proxmox;

/* The end of the slot that the device at start is in: the index after its last function.
 */
size_t vm_slot_end(const struct endpoints *v, size_t start);
/*
 * The function number that the device at i gets in the guest; its slot starts at start.
 * The host's own: a driver finds its card's other functions there. But a guest looks for
 * functions only if there is a function 0: without one they are numbered anew.
 */
unsigned vm_guest_function(const struct endpoints *v, size_t start, size_t i);
/* As hypervisor.add_comment, where comments end with their line. */
void vm_add_line_comment(struct str *out, const char *text);
/* Appends the arguments for a shell, option by option, each on its own line. */
void vm_add_arguments(const struct strv *argv, struct str *out);
/* What to bind first, as comment lines that start with prefix; the last line has no
 * newline. Empty for nothing. Owned by the caller. */
char *vm_bind_lines(const struct vm_input *in, const char *prefix);
/* The sentence that the guest gets no more address bits than the IOMMU, after prefix.
 * Empty if it may have all. Owned by the caller. */
char *vm_limit_line(const struct vm_input *in, const char *prefix);

/* ---- what only some devices and hosts need (vm_needs.c) */

/* Bytes of address space that the 64-bit regions of the devices take, each slot behind a
 * bridge of its own. */
uint64_t vm_region_bytes(const struct host *h, const struct endpoints *v);
/* How large OVMF's window for such regions has to be made for them, in MiB. 0: each
 * version's own is enough. */
uint64_t vm_window_mib(uint64_t region_bytes);
/* Why the option is there, as comment lines that start with prefix; the last one has no
 * newline. Empty where it is not. Owned by the caller. */
char *vm_window_lines(const struct vm_input *in, const char *prefix);
void vm_read_huge_pages(const struct host *h, struct vm_input *in);
/* That the host has huge pages, after prefix, and then use. Empty if it has none. Owned
 * by the caller. */
char *vm_huge_line(const struct vm_input *in, const char *prefix, const char *use);
enum vm_iommufd vm_choose_iommufd(const struct host *h, const struct endpoints *v,
				  bool wanted);
/* Appends what keeps iommufd from working with the devices. */
void vm_iommufd_obstacles(const struct host *h, const struct endpoints *v,
			  struct strv *ret);

/* Appends QEMU's options that attach the endpoints, a root port for each slot of the host
 * with the slot's functions behind it: "-device", "pcie-root-port,..." and "-device",
 * "vfio-pci,host=...". iommufd: by that. */
void vm_qemu_arguments(const struct endpoints *v, bool iommufd, struct strv *argv);

#endif
