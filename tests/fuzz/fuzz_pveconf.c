/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same text as a VM's configuration and as the file of mappings. */
#include "text/hostdevs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hostdevs *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->v[i].at.device > 0x1f || found->v[i].at.function > 7 ||
		    (found->v[i].all_functions && found->v[i].at.function))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(pveconf_done) struct pveconf c = { 0 };
	struct hostdevs mapped = { 0 };

	pveconf_parse((const char *)data, size, &c);
	check(&c.devices);
	pvemapping_find((const char *)data, size, "gpu", "pve", &mapped);
	for (size_t i = 0; i < c.mappings.n; i++)
		pvemapping_find((const char *)data, size, c.mappings.v[i], "pve",
				&mapped);
	check(&mapped);
	hostdevs_done(&mapped);
	return 0;
}
