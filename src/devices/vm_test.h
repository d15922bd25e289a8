/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof that pass-through works: QEMU is started with the devices, its firmware places
 * their memory, and QEMU is asked what it has. No disk, no network, no system is booted.
 */
#ifndef SLICER_DEVICES_VM_TEST_H
#define SLICER_DEVICES_VM_TEST_H

#include "devices/commands.h"
#include "text/qmp.h"

/* What became of one device in the virtual machine. */
struct vm_test_device {
	const struct pci_device *device; /* borrowed */
	bool is_there; /* the guest's firmware found it */
	/* As the guest had them in the end. Ports that have no address are no failure: a
	 * PCI Express device works without them (PCI Express specification, 1.3.2.2). */
	struct qmp_bar bars[QMP_MAX_BARS];
	size_t n_bars;
};
struct vm_test {
	bool works; /* each device was there, and all of its memory had an address */
	char *version; /* of QEMU; NULL: it did not say */
	bool kvm; /* else QEMU emulated the processor */
	double seconds; /* until the answer was known */
	struct vm_test_device *v; /* in address order */
	size_t n;
	char *why; /* why it does not work; NULL if it does */
	struct strv advice; /* what to do about that, in words and commands */
	struct strv said; /* what QEMU reported itself, line by line, made printable */
};
void vm_test_done(struct vm_test *t);
/*
 * Does it: with the endpoints, which must all be bound to VFIO, as "vm command" would
 * attach them, but without their expansion ROMs, which the firmware would run. The
 * devices are reset by the kernel as when a virtual machine starts. qemu: its path.
 * timeout_s: what all of it may take. Returns 0 if there is an answer, either way.
 * Errors: QEMU could not be started; -EINPROGRESS: it hangs in the kernel, and is still
 * there. Nothing is left behind otherwise, also if this program is killed.
 */
int vm_test_run(const struct host *h, const struct pci_devices *all,
		const struct endpoints *v, const char *qemu, unsigned timeout_s,
		struct vm_test *ret, struct error *e);

/* Can it be done here? The running machine, with QEMU; whether devices are bound is the
 * caller's to know. */
bool vm_test_is_possible(const struct host *h);
/* Is there in what QEMU said, while it ran, that a device is there and of no use? Then
 * t->works is no longer set, and t->why and t->advice are. */
void vm_test_look_at_said(struct vm_test *t);
/* Why QEMU ended, from what it said (t->said): sets t->why and adds to t->advice. kernel:
 * the running one's release, may be NULL. */
void vm_test_explain(const struct pci_devices *all, const struct endpoints *v,
		     const char *kernel, struct vm_test *t);

#endif
