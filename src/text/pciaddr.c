/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/pciaddr.h"

#include <errno.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads min to max hex digits and then the character end, and moves *p past it. strtoul
 * would take blanks, signs and 0x along. */
static bool read_hex(const char **p, unsigned min, unsigned max, char end, uint32_t *ret)
{
	uint32_t value = 0;
	unsigned n = 0;

	for (int d; n < max && (d = hex_digit((*p)[n])) >= 0; n++)
		value = value << 4 | (uint32_t)d;
	if (n < min || (*p)[n] != end)
		return false;
	*p += end ? n + 1 : n;
	*ret = value;
	return true;
}

int pci_address_parse(const char *text, struct pci_address *ret, struct error *e)
{
	const char *p = text, *colon = strchr(text, ':');
	uint32_t domain = 0, bus, device, function;
	bool has_domain = colon && strchr(colon + 1, ':');

	if ((!has_domain || read_hex(&p, 1, 8, ':', &domain)) &&
	    read_hex(&p, 1, 2, ':', &bus) && read_hex(&p, 1, 2, '.', &device) &&
	    read_hex(&p, 1, 1, '\0', &function) && device < 32 && function < 8) {
		*ret = (struct pci_address){ domain, (uint8_t)bus, (uint8_t)device,
					     (uint8_t)function };
		return 0;
	}
	error_usage(e, "'%s' is not a PCI address", text);
	error_hint(e, "an address is [domain:]bus:device.function in hex, for example "
		      "0000:01:00.0; 'slicer pci list' shows them");
	return -EINVAL;
}

char *pci_address_format(struct pci_address a, char *buf)
{
	/* The masks tell the compiler that the result always fits. */
	snprintf(buf, PCI_ADDRESS_MAX, "%04x:%02x:%02x.%x", a.domain, a.bus,
		 a.device & 0x1fU, a.function & 7U);
	return buf;
}

int pci_address_compare(struct pci_address a, struct pci_address b)
{
	uint32_t slot_a = (uint32_t)a.bus << 16 | (uint32_t)a.device << 8 | a.function;
	uint32_t slot_b = (uint32_t)b.bus << 16 | (uint32_t)b.device << 8 | b.function;

	if (a.domain != b.domain)
		return a.domain < b.domain ? -1 : 1;
	return slot_a < slot_b ? -1 : slot_a > slot_b;
}

static void id_add_unique(struct pci_id *ids, int *n, struct pci_id id)
{
	for (int i = 0; i < *n; i++)
		if (ids[i].vendor == id.vendor && ids[i].device == id.device)
			return;
	ids[(*n)++] = id;
}

int pci_ids_parse(const char *text, struct pci_id **ret, struct error *e)
{
	struct pci_id ids[PCI_IDS_MAX];
	const char *p = text;
	int n = 0;

	for (;;) {
		bool is_last = !strchr(p, ',');
		uint32_t vendor, device;

		if (!read_hex(&p, 4, 4, ':', &vendor) ||
		    !read_hex(&p, 4, 4, is_last ? '\0' : ',', &device)) {
			error_usage(e, "'%s' is not a list of PCI ids", text);
			error_hint(e, "an id is vendor:device, four hex digits each, "
				      "separated by commas: 10de:2204,10de:1aef");
			return -EINVAL;
		}
		if (n == PCI_IDS_MAX)
			return error_usage(e, "more than %d PCI ids", PCI_IDS_MAX);
		id_add_unique(ids, &n,
			      (struct pci_id){ (uint16_t)vendor, (uint16_t)device });
		if (is_last)
			break;
	}
	*ret = xcalloc((size_t)n, sizeof(**ret));
	memcpy(*ret, ids, (size_t)n * sizeof(**ret));
	return n;
}

/* The word, and exactly digits hex digits after it; *p moves past them. */
static bool read_field(const char **p, const char *word, unsigned digits, uint32_t max,
		       uint32_t *ret)
{
	uint32_t value = 0;

	if (!str_starts(*p, word))
		return false;
	*p += strlen(word);
	for (unsigned i = 0; i < digits; i++, (*p)++) {
		int d = hex_digit(**p);

		if (d < 0)
			return false;
		value = value << 4 | (uint32_t)d;
	}
	*ret = value;
	return value <= max;
}

bool pci_modalias_parse(const char *text, struct pci_modalias *ret)
{
	uint32_t v, d, sv, sd, bc, sc, i;
	const char *p = text;

	if (!read_field(&p, "pci:v", 8, 0xffff, &v) ||
	    !read_field(&p, "d", 8, 0xffff, &d) ||
	    !read_field(&p, "sv", 8, 0xffff, &sv) ||
	    !read_field(&p, "sd", 8, 0xffff, &sd) ||
	    !read_field(&p, "bc", 2, 0xff, &bc) || !read_field(&p, "sc", 2, 0xff, &sc) ||
	    !read_field(&p, "i", 2, 0xff, &i) || *p)
		return false;
	*ret = (struct pci_modalias){ bc << 16 | sc << 8 | i, (uint16_t)v, (uint16_t)d,
				      (uint16_t)sv, (uint16_t)sd };
	return true;
}
