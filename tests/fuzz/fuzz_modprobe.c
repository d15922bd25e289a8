/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A later line wins, whatever stands before it. */
#include "text/modprobe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { 0 };
	char *value = modprobe_option((const char *)data, size, "vfio_iommu_type1",
				      "allow_unsafe_interrupts");

	if (value && strlen(value) > size)
		abort();
	free(value);
	str_addn(&text, (const char *)data, size);
	str_add(&text, "\n\noptions vfio-iommu-type1 allow-unsafe-interrupts=Y\n");
	value = modprobe_option(text.s, text.len, "vfio_iommu_type1",
				"allow_unsafe_interrupts");
	if (!str_eq(value, "Y"))
		abort();
	free(value);
	str_done(&text);
	return 0;
}
