/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration space of a PCI function says about how it is attached, and
 * whether it keeps transfers apart: its kind of PCI Express port, and Access Control
 * Services (ACS). Offsets: linux include/uapi/linux/pci_regs.h.
 */
#ifndef SLICER_TEXT_PCICAPS_H
#define SLICER_TEXT_PCICAPS_H

#include "base/util.h"

#define PCI_CONFIG_HEADER 64 /* everybody may read that much */
#define PCI_CONFIG_CONVENTIONAL 256
#define PCI_CONFIG_EXTENDED 4096

/* Device/Port Type of the PCI Express Capabilities Register. */
enum pci_express {
	PCI_EXPRESS_NONE = -1, /* conventional PCI, or only the header could be read */
	PCI_EXPRESS_ENDPOINT = 0x0,
	PCI_EXPRESS_LEGACY_ENDPOINT = 0x1,
	PCI_EXPRESS_ROOT_PORT = 0x4,
	PCI_EXPRESS_UPSTREAM = 0x5, /* of a switch, towards the root */
	PCI_EXPRESS_DOWNSTREAM = 0x6, /* of a switch, towards a card */
	PCI_EXPRESS_TO_PCI = 0x7, /* a bridge from PCI Express to PCI */
	PCI_EXPRESS_FROM_PCI = 0x8, /* a bridge from PCI to PCI Express */
	PCI_EXPRESS_INTEGRATED_ENDPOINT = 0x9, /* in the root complex */
	PCI_EXPRESS_EVENT_COLLECTOR = 0xa,
};

/* Bits of the ACS capability and control registers. */
enum pci_acs {
	PCI_ACS_SOURCE_VALIDATION = 0x01,
	PCI_ACS_REQUEST_REDIRECT = 0x04,
	PCI_ACS_COMPLETION_REDIRECT = 0x08,
	PCI_ACS_UPSTREAM_FORWARDING = 0x10,
};

struct pcicaps {
	/* The header could be read, and the function answered. Without it nothing below
	 * is known. */
	bool has_header;
	bool multifunction; /* its slot has several functions */
	uint8_t revision;
	/* Its capabilities could be read, or it has none: express is known. */
	bool known;
	enum pci_express express;
	/* PCI Express, and its extended configuration space could be read: has_acs is
	 * known. */
	bool acs_known;
	bool has_acs;
	uint16_t acs_cap, acs_ctrl; /* enum pci_acs: what it can, what is switched on */
};

/* Copies n bytes at an offset to ret: all of them, or false. */
typedef bool (*pci_config_read)(void *data, size_t at, uint8_t *ret, size_t n);

/*
 * Reads no more than the header and the capabilities on the way to those two, because
 * "several chips lock up trying to read undefined config space" (linux
 * drivers/pci/pci-sysfs.c, pci_read_config()).
 */
void pcicaps_parse(pci_config_read read, void *data, struct pcicaps *ret);

/* For configuration space that is in memory: data is a struct pci_config_bytes. */
struct pci_config_bytes {
	const uint8_t *bytes;
	size_t n;
};
bool pci_config_read_bytes(void *data, size_t at, uint8_t *ret, size_t n);

#endif
