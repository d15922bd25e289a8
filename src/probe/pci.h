/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions as sysfs has them (linux Documentation/ABI/testing/sysfs-bus-pci), with
 * names from probe/pci_names.h. The list does not fork and reads only what is asked for.
 */
#ifndef SLICER_PROBE_PCI_H
#define SLICER_PROBE_PCI_H

#include "host/host.h"
#include "text/pciaddr.h"

struct pci_device {
	struct pci_address at;
	char address[PCI_ADDRESS_MAX];
	uint32_t class_code; /* 24 bits: 0x030000 */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	long iommu_group; /* -1: none */
	long vfio_group; /* -1: no /dev/vfio/N */
	char *driver; /* NULL: none */
	/* PCI_NAMES, else NULL. What no dictionary knows is "Device 1234". They belong to
	 * the list's names, and devices of one model share them */
	const char *class_name, *vendor_name, *device_name;
	/* PCI_PLACE */
	/* The next function on the way to the root: a bridge, or Intel's VMD. A virtual
	 * function has that of its physical one (drivers/pci/iov.c). NULL: it is on a
	 * root bus. Borrowed from the same list; the way up always ends, whatever the
	 * links say.
	 */
	const struct pci_device *parent;
	/* Address of the function that it is below and that is no bridge: Intel's VMD,
	 * whose disks are a PCI domain of its own. NULL: as usual, below bridges only */
	char *controller;
	char *physfn; /* address of the PF if this is a VF */
	/* PCI_DETAILS */
	char *driver_override; /* NULL: none; never "(null)" */
	char *vfio_cdev; /* "vfio3"; NULL: no such node in /dev/vfio/devices */
	char *modalias; /* for PCI_MODULES, too */
	struct strv reset_methods;
	bool boot_vga;
	int numa_node; /* -1 */
	unsigned header_type; /* 0 endpoint, 1 bridge, 2 CardBus; 0xff unknown */
	unsigned num_vfs; /* sriov_numvfs */
	/* The first 64 bytes of its configuration space are all ones: nobody answers. A
	 * healthy virtual function has ones for its ids only (SR-IOV specification
	 * 3.4.1.1). */
	bool no_answer;
	bool has_answered; /* all 64 could be read, and are not all ones */
	/* PCI_MODULES */
	struct strv modules;
	/* PCI_REGIONS */
	/* A memory region of its group that has to stay mapped as it is, as the group's
	 * reserved_regions has it ("0x... 0x... direct"); NULL: none */
	char *direct_region;
};
struct pci_devices {
	struct pci_device *v; /* sorted by address */
	size_t n, cap;
	struct pci_names *names; /* PCI_NAMES, else NULL */
};
enum pci_load {
	PCI_NAMES = 1,
	PCI_DETAILS = 2, /* has PCI_PLACE in it */
	PCI_MODULES = 4,
	PCI_REGIONS = 8,
	PCI_PLACE = 16,
};

/* Errors: no PCI bus (no /sys/bus/pci) is refused with a hint. kernel: the release for
 * PCI_MODULES, else NULL. */
int pci_load(const struct host *h, unsigned what, const char *kernel,
	     struct pci_devices *ret, struct error *e);
void pci_devices_done(struct pci_devices *d);
const struct pci_device *pci_find(const struct pci_devices *d, struct pci_address at);
/* "class name: vendor device", owned by the caller; needs PCI_NAMES. */
char *pci_description(const struct pci_device *d);
/* Bridges (class 06xx) and header type 1/2: never bound, never in the way. */
bool pci_is_bridge(const struct pci_device *d);
bool pci_is_display(const struct pci_device *d); /* class 03xx */
bool pci_is_network(const struct pci_device *d); /* class 02xx */
/* vfio-pci, or one of its variants for a device family. NULL is none. */
bool driver_is_vfio(const char *driver);

#endif
