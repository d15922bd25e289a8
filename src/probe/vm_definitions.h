/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual machines that are defined on a host, whether they run or not, and the PCI
 * devices that they name: libvirt's domains and the VMs of Proxmox VE. */
#ifndef SLICER_PROBE_VM_DEFINITIONS_H
#define SLICER_PROBE_VM_DEFINITIONS_H

#include "host/host.h"
#include "text/hostdevs.h"

struct vm_definition {
	char *title; /* "the libvirt domain win11", "VM 101 (win11) of Proxmox VE" */
	bool autostart; /* it starts with the host */
	struct hostdevs devices;
};
struct vm_definitions {
	struct vm_definition *v; /* only those that name a device */
	size_t n, cap;
	struct strv unknown; /* what can't be read: "/etc/libvirt/qemu (root only)" */
};
void vm_definitions_done(struct vm_definitions *d);
/* Reads /etc/libvirt/qemu/NAME.xml, /etc/pve/qemu-server/ID.conf and
 * /etc/pve/mapping/pci.cfg. */
void vm_definitions_load(const struct host *h, struct vm_definitions *ret);
enum vm_names {
	VM_NAMES_NOT,
	VM_MAY_HAVE, /* it, or another device of the same mapping */
	VM_NAMES,
};
enum vm_names vm_definition_names(const struct vm_definition *v, struct pci_address at);

#endif
