/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was accepted prints as something that reads as the same. */
#include "text/pciaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *text)
{
	struct pci_address a, b;
	struct error e = { 0 };
	char buf[PCI_ADDRESS_MAX];

	if (pci_address_parse(text, &a, &e) < 0) {
		if (e.code != ERROR_USAGE || !e.what[0])
			abort();
		return;
	}
	if (a.device > 31 || a.function > 7)
		abort();
	pci_address_format(a, buf);
	if (pci_address_parse(buf, &b, NULL) < 0 || pci_address_compare(a, b) != 0)
		abort();
}

static void check_ids(const char *text)
{
	struct pci_id *ids = NULL;
	struct error e = { 0 };
	int n = pci_ids_parse(text, &ids, &e);

	if (n < 0) {
		if (ids || e.code != ERROR_USAGE)
			abort();
		return;
	}
	if (n == 0 || n > PCI_IDS_MAX)
		abort();
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			if (ids[i].vendor == ids[k].vendor &&
			    ids[i].device == ids[k].device)
				abort();
	free(ids);
}

static void check_modalias(const char *text)
{
	struct pci_modalias m;
	char again[64];

	if (!pci_modalias_parse(text, &m))
		return;
	snprintf(again, sizeof(again), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
		 m.vendor, m.device, m.subsystem_vendor, m.subsystem_device,
		 m.class_code >> 16, m.class_code >> 8 & 0xff, m.class_code & 0xff);
	if (strcasecmp(text, again) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_char)
	char *text = size ? xstrndup((const char *)data, size) : xstrdup("");

	check_address(text);
	check_ids(text);
	check_modalias(text);
	return 0;
}
