/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An option with a value is in a text that is a configuration, and a longer text that
 * begins with this one says the same. */
#include "text/kconfig.h"

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "CONFIG_VFIO", "CONFIG_INTEL_IOMMU",
					     "CONFIG_A" };
	const char *text = (const char *)data;
	bool is_config = kconfig_is(text, size);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char value = kconfig_get(text, size, names[i]);
		struct str longer = { 0 };

		if (value && (!is_config || !strchr("ymn", value)))
			abort();
		str_addn(&longer, text, size);
		str_addf(&longer, "\n%s=m\n", names[i]);
		if (kconfig_get(longer.s, longer.len, names[i]) != (value ? value : 'm'))
			abort();
		str_done(&longer);
	}
	return 0;
}
