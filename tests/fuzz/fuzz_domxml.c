/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every device that is found has an address in range; reading ends. */
#include "text/hostdevs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostdevs found = { 0 };

	domxml_parse((const char *)data, size, &found);
	for (size_t i = 0; i < found.n; i++)
		if (found.v[i].at.device > 0x1f || found.v[i].at.function > 7 ||
		    found.v[i].all_functions || found.v[i].is_one_of)
			abort();
	hostdevs_done(&found);
	return 0;
}
