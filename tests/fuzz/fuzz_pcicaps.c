/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space of any length and contents: what was not read is not known. */
#include "text/pcicaps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_config_bytes config = { data, size };
	struct pcicaps caps;

	pcicaps_parse(pci_config_read_bytes, &config, &caps);
	if (caps.has_header && size < PCI_CONFIG_HEADER)
		abort();
	if (caps.known && !caps.has_header)
		abort();
	if (!caps.known && (caps.acs_known || caps.express != PCI_EXPRESS_NONE))
		abort();
	if (caps.acs_known && caps.express == PCI_EXPRESS_NONE)
		abort();
	if (caps.has_acs && (!caps.acs_known || size < PCI_CONFIG_CONVENTIONAL))
		abort();
	if (caps.express < PCI_EXPRESS_NONE || caps.express > 0xf)
		abort();
	return 0;
}
