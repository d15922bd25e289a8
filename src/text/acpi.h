/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's IOMMU tables. Sources: ACPI 6.5 table 5.4 (36-byte header, checksum);
 * Intel VT-d specification ch. 8 (DMAR: host address width - 1 at 36, flags at 37,
 * structures from 48, u16 type, u16 length); AMD IOMMU specification ch. 5 (IVRS: IVinfo
 * at 36, blocks from 48, u8 type, u8 flags, u16 length).
 */
#ifndef SLICER_TEXT_ACPI_H
#define SLICER_TEXT_ACPI_H

#include "base/error.h"

enum acpi_table { ACPI_NONE, ACPI_DMAR, ACPI_IVRS };

struct acpi_iommu {
	enum acpi_table table;
	/* DRHD, or distinct IVHD devices: an IOMMU may have a 10h, 11h and 40h block and
	 * is counted once by its segment and device id. */
	unsigned units;
	unsigned reserved; /* RMRR or IVMD regions */
	unsigned address_width; /* host/physical address bits, 0 if not said */
	bool interrupt_remapping; /* DMAR flag bit 0; IVRS: always true */
	bool x2apic_opt_out; /* DMAR bit 1 */
	bool platform_opt_in; /* DMAR bit 2: DMA_CTRL_PLATFORM_OPT_IN_FLAG */
	/* The table or one of its structures ends early, or one is too short to be one.
	 */
	bool truncated;
	bool checksum_ok;
};

/* Fails (-EINVAL) when it is neither table or shorter than its fixed part. */
int acpi_iommu_parse(const uint8_t *table, size_t len, struct acpi_iommu *ret,
		     struct error *e);

#endif
