/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of all hypervisors have in common (vm.c), and the hypervisors, each
 * in a file of its own (vm_*.c). For these files only. */
#ifndef SLICER_DEVICES_VM_H
#define SLICER_DEVICES_VM_H

#include "devices/commands.h"
#include "devices/persist.h"
#include "probe/facts.h"

struct vm_input {
	const struct endpoints
		*devices; /* in address order, those of one slot together */
	/* matched; loaded only for a hypervisor that binds devices */
	const struct persisted_list *persisted;
	struct hypervisor_facts there;
	unsigned cpu_bits; /* physical address bits of the processor; 0: not known */
	unsigned address_bits; /* as in struct vm_command */
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
	/* Fills device_argv and text. */
	int (*make)(const struct vm_input *in, struct vm_command *ret, struct error *e);
};
extern const struct hypervisor vm_qemu, vm_cloud_hypervisor, vm_libvirt, vm_slicer;

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

#endif
