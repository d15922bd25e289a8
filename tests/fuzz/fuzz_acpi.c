/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No more structures than bytes for them; what is whole and refused has no header. */
#include "text/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e = { 0 };
	struct acpi_iommu a;

	if (acpi_iommu_parse(data, size, &a, &e) < 0) {
		if (!e.what[0])
			abort();
		return 0;
	}
	if (e.what[0] || a.table == ACPI_NONE)
		abort();
	/* Offered and certainly not there exclude each other. */
	if (a.interrupt_remapping && a.no_interrupt_remapping)
		abort();
	if (acpi_iommu_unusable(&a) && !acpi_iommu_damaged(&a))
		abort();
	if ((size_t)a.units * 16 + (size_t)a.reserved * 24 > size - 48)
		abort();
	return 0;
}
