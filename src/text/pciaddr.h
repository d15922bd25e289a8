/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI addresses and ids as people type them. Address: [domain:]bus:device.function in
 * hex, domain up to 8 digits (VMD domains start at 10000, linux
 * drivers/pci/controller/vmd.c).
 */
#ifndef SLICER_TEXT_PCIADDR_H
#define SLICER_TEXT_PCIADDR_H

#include "base/error.h"
#include "base/str.h"

struct pci_address {
	uint32_t domain;
	uint8_t bus, device, function;
};
#define PCI_ADDRESS_MAX 18 /* "10000000:00:00.0" and its NUL */

/* Error: usage, naming the text and the form. */
int pci_address_parse(const char *text, struct pci_address *ret, struct error *e);
/* As sysfs writes it: at least four digits of domain, lower case. buf has
 * PCI_ADDRESS_MAX and is returned. */
char *pci_address_format(struct pci_address a, char *buf);
int pci_address_compare(struct pci_address a, struct pci_address b);

struct pci_id {
	uint16_t vendor, device;
};
#define PCI_IDS_MAX 64

/* "10de:2204,10de:1aef": four hex digits each, nothing else; duplicates are dropped; at
 * most PCI_IDS_MAX. Returns the number (> 0) and *ret (owned by the caller), or -EINVAL
 * with a usage error. */
int pci_ids_parse(const char *text, struct pci_id **ret, struct error *e);

/* What a device's modalias says. */
struct pci_modalias {
	uint32_t class_code; /* 24 bits */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
};
/* "pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i00", as drivers/pci/pci-sysfs.c
 * modalias_show() writes it. False for anything else; *ret is then as it was. */
bool pci_modalias_parse(const char *text, struct pci_modalias *ret);

#endif
