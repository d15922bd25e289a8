/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/pcicaps.h"

#define STATUS 0x06
#define STATUS_HAS_CAPABILITIES 0x10
#define REVISION 0x08
#define HEADER_TYPE 0x0e
#define HEADER_CARDBUS 2
#define HEADER_MULTIFUNCTION 0x80
#define CAPABILITIES 0x34
#define CAPABILITIES_CARDBUS 0x14

#define ID_EXPRESS 0x10
#define ID_EXTENDED_ACS 0x000d

/* A list can't be longer: an entry has 4 bytes (8 in extended space), with room for 48
 * or 480 of them (linux drivers/pci/pci.c, PCI_FIND_CAP_TTL, pci_find_next_ext_cap). */
#define MOST_CAPABILITIES 48
#define MOST_EXTENDED ((PCI_CONFIG_EXTENDED - PCI_CONFIG_CONVENTIONAL) / 8)

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

bool pci_config_read_bytes(void *data, size_t at, uint8_t *ret, size_t n)
{
	const struct pci_config_bytes *c = data;

	if (at > c->n || n > c->n - at)
		return false;
	memcpy(ret, c->bytes + at, n);
	return true;
}

/* The offset of a capability, 0 if the list does not have it. *ret_unread: the list could
 * not be followed to its end. */
static size_t find_capability(pci_config_read read, void *data, uint8_t at, uint8_t id,
			      bool *ret_unread)
{
	for (unsigned i = 0; i < MOST_CAPABILITIES; i++) {
		uint8_t entry[2];

		at &= 0xfc; /* the two low bits are reserved */
		if (at < PCI_CONFIG_HEADER)
			return 0;
		if (!read(data, at, entry, sizeof(entry))) {
			*ret_unread = true;
			return 0;
		}
		if (entry[0] == 0xff)
			return 0;
		if (entry[0] == id)
			return at;
		at = entry[1];
	}
	return 0;
}

/* The same in extended configuration space: id, version and the next one's offset. */
static size_t find_extended(pci_config_read read, void *data, uint16_t id,
			    bool *ret_unread)
{
	size_t at = PCI_CONFIG_CONVENTIONAL;

	for (unsigned i = 0; i < MOST_EXTENDED; i++) {
		uint8_t bytes[4];
		uint32_t entry;

		if (at < PCI_CONFIG_CONVENTIONAL)
			return 0;
		if (!read(data, at, bytes, sizeof(bytes))) {
			*ret_unread = true;
			return 0;
		}
		entry = get32(bytes);
		if (entry == 0 || entry == UINT32_MAX)
			return 0;
		if ((entry & 0xffff) == id)
			return at;
		at = entry >> 20 & 0xffc;
	}
	return 0;
}

static void parse_acs(pci_config_read read, void *data, struct pcicaps *ret)
{
	bool unread = false;
	size_t at = find_extended(read, data, ID_EXTENDED_ACS, &unread);
	uint8_t bytes[8];

	if (unread || (at && !read(data, at, bytes, sizeof(bytes))))
		return;
	ret->acs_known = true;
	if (!at)
		return;
	ret->has_acs = true;
	ret->acs_cap = get16(bytes + 4);
	ret->acs_ctrl = get16(bytes + 6);
}

void pcicaps_parse(pci_config_read read, void *data, struct pcicaps *ret)
{
	uint8_t header[PCI_CONFIG_HEADER], express[4];
	bool unread = false;
	size_t at = 0;

	*ret = (struct pcicaps){ .express = PCI_EXPRESS_NONE };
	if (!read(data, 0, header, sizeof(header)) || header[HEADER_TYPE] == 0xff)
		return;
	ret->has_header = true;
	ret->revision = header[REVISION];
	ret->multifunction = header[HEADER_TYPE] & HEADER_MULTIFUNCTION;
	if (header[STATUS] & STATUS_HAS_CAPABILITIES) {
		bool cardbus = (header[HEADER_TYPE] & 0x7f) == HEADER_CARDBUS;
		uint8_t first = header[cardbus ? CAPABILITIES_CARDBUS : CAPABILITIES];

		at = find_capability(read, data, first, ID_EXPRESS, &unread);
	}
	if (unread || (at && !read(data, at, express, sizeof(express))))
		return;
	ret->known = true;
	if (!at)
		return;
	/* PCI Express Capabilities Register: the type is in bits 7:4. */
	ret->express = get16(express + 2) >> 4 & 0xf;
	parse_acs(read, data, ret);
}
