/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why QEMU would not start with a device. Sources of the texts: QEMU hw/vfio/pci.c,
 * common.c, container.c, listener.c (5.2 to 10.1); of what they mean: linux
 * drivers/vfio/group.c, vfio_iommu_type1.c.
 */
#include "devices/vm_test.h"

#define NO_IOMMUFD                                                                       \
	"this QEMU is too old: the kernel gives devices to virtual machines by iommufd " \
	"only, which QEMU can do since 9.0"
#define TOO_OLD                                                                          \
	"this QEMU is too old, or built without it: it does not know what it was "       \
	"started with"

struct cause {
	const char *text, *also; /* what the line has, in any case; also may be NULL */
	const char *why;
	const char *advice; /* NULL: none */
};

/* The first that fits counts. */
static const struct cause causes[] = {
	{ "Permission denied", "/dev/vfio/", "this user may not open the VFIO nodes",
	  "run it as root, or give the user the nodes below /dev/vfio" },
	{ "Device or resource busy", "/dev/vfio/",
	  "another virtual machine or program has the devices open",
	  "\"sudo slicer pci show\" names who has a device open" },
	{ "/dev/vfio/", "No such file or directory",
	  "a node below /dev/vfio is missing: the module vfio is not loaded, or the "
	  "devices lost their driver",
	  "sudo modprobe vfio-pci" },
	{ "No available IOMMU models", NULL,
	  "the module vfio_iommu_type1 is not loaded, or the IOMMU is off",
	  "sudo modprobe vfio_iommu_type1" },
	/* VFIO_MAP_DMA failed, vfio_dma_map(), vfio_container_dma_map() */
	{ "dma", "Cannot allocate memory",
	  "the guest's memory could not be locked: the limit of locked memory is too low",
	  "run it as root, or raise the limit (ulimit -l, LimitMEMLOCK=)" },
	{ "cannot set up guest memory", NULL,
	  "the host has not enough free memory for the test's 128 MiB", NULL },
	{ "used in multiple address spaces", NULL,
	  "the IOMMU group can't be split, and QEMU would have to", NULL },
	{ "error getting device from group", NULL,
	  "the kernel does not hand out the device: its driver is no VFIO driver, or "
	  "another program has it",
	  "\"sudo slicer pci show\" shows its driver and who has it open" },
	/* QEMU before 9.0: qapi/qom.json; before 6.0: qom/object_interfaces.c */
	{ "does not accept value 'iommufd'", NULL, NO_IOMMUFD,
	  "install QEMU 9.0 or later" },
	{ "invalid object type: iommufd", NULL, NO_IOMMUFD, "install QEMU 9.0 or later" },
	{ "vfio-pci.iommufd' not found", NULL, NO_IOMMUFD, "install QEMU 9.0 or later" },
	/* softmmu/vl.c; qom/object.c; softmmu/qdev-monitor.c */
	{ "invalid option", NULL, TOO_OLD, "qemu-system-x86_64 --version" },
	{ "Property '", "' not found", TOO_OLD, "qemu-system-x86_64 --version" },
	{ "is not a valid device model name", NULL, TOO_OLD,
	  "qemu-system-x86_64 --version" },
	{ "no such host device", NULL, "the device has gone", NULL },
	{ "No such device", NULL, "the device has gone or does not answer",
	  "the kernel log may say why: sudo dmesg | tail" },
};

/* Without interrupt remapping the kernel refuses with EPERM
 * (vfio_iommu_type1_attach_group()), and so does Intel's driver for a device whose memory
 * the firmware keeps (intel_iommu_attach_device()). */
static void explain_refusal(const struct endpoints *v, struct vm_test *t)
{
	bool kept = false;

	for (size_t i = 0; i < v->n; i++)
		kept |= v->v[i]->direct_region != NULL;
	t->why = xstrdup(
		kept ? "the kernel keeps the devices from virtual machines: the firmware "
		       "has memory that stays mapped for them (RMRR)"
		     : "the kernel keeps the devices from virtual machines, as it does "
		       "without interrupt remapping");
	strv_add(&t->advice, "sudo slicer doctor");
	strv_add(&t->advice, "the kernel log names the reason: sudo dmesg | tail");
}

/* The kernel asks that every device of a group has a VFIO driver or none
 * (iommu_group_claim_dma_owner()). */
static void explain_group(const struct pci_devices *all, const struct endpoints *v,
			  const char *kernel, struct vm_test *t)
{
	CLEANUP(str_done) struct str who = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *d = &all->v[i];
		bool is_ours = false;

		for (size_t k = 0; k < v->n; k++)
			is_ours |= d->iommu_group >= 0 &&
				   d->iommu_group == v->v[k]->iommu_group;
		if (is_ours && group_blocker(d, kernel))
			str_addf(&who, "%s%s (%s)", who.len ? ", " : "", d->address,
				 group_blocker(d, kernel));
	}
	t->why = xasprintf("the IOMMU group also has devices that are not in VFIO's "
			   "hands%s%s",
			   who.len ? ": " : "", str_c(&who));
	strv_addf(&t->advice, "sudo slicer pci bind %s --group", v->v[0]->address);
}

static bool explain_line(const struct pci_devices *all, const struct endpoints *v,
			 const char *kernel, const char *line, struct vm_test *t)
{
	if (strstr(line, "is not viable")) {
		explain_group(all, v, kernel, t);
		return true;
	}
	if (strcasestr(line, "failed to set iommu") &&
	    strstr(line, "Operation not permitted")) {
		explain_refusal(v, t);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		const struct cause *c = &causes[i];

		if (!strcasestr(line, c->text) || (c->also && !strcasestr(line, c->also)))
			continue;
		t->why = xstrdup(c->why);
		if (c->advice)
			strv_add(&t->advice, c->advice);
		return true;
	}
	return false;
}

void vm_test_explain(const struct pci_devices *all, const struct endpoints *v,
		     const char *kernel, struct vm_test *t)
{
	for (size_t i = 0; i < t->said.n; i++)
		if (!strstr(t->said.v[i], "warning:") &&
		    explain_line(all, v, kernel, t->said.v[i], t))
			return;
	t->why = xstrdup(t->said.n ? "QEMU did not start with the devices"
				   : "QEMU ended without saying why");
	strv_add(&t->advice, "the kernel log may say more: sudo dmesg | tail");
}

/* "Failed to mmap 0000:0b:00.0 BAR 1. Performance may be slow" (QEMU hw/vfio/pci.c,
 * vfio_bar_register()), and QEMU goes on. The kernel refuses a mapping for want of the
 * memory region alone, and then reads and writes of it as well (linux
 * drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_mmap(); vfio_pci_rdwr.c,
 * vfio_pci_core_setup_barmap()): the guest's driver finds a device that is dead. */
void vm_test_look_at_said(struct vm_test *t)
{
	for (size_t i = 0; i < t->said.n; i++) {
		const char *at = strstr(t->said.v[i], "Failed to mmap ");
		unsigned bar;
		char address[32];

		if (!at || sscanf(at, "Failed to mmap %31s BAR %u.", address, &bar) != 2)
			continue;
		t->works = false;
		t->why = xasprintf("the host keeps memory of a device for something "
				   "else: BAR %u of %s",
				   bar, address);
		strv_add(&t->advice,
			 "what has it is mostly the boot framebuffer (BOOTFB, efifb, "
			 "simpledrm): sudo cat /proc/iomem");
		strv_add(&t->advice, "sudo slicer doctor");
		return;
	}
}
