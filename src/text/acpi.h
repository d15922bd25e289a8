/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's IOMMU tables. Sources: ACPI 6.5 table 5.4 (36-byte header, checksum);
 * Intel VT-d specification ch. 8 (DMAR: host address width - 1 at 36, flags at 37,
 * structures from 48, u16 type, u16 length); AMD IOMMU specification ch. 5 (IVRS: IVinfo
 * at 36, blocks from 48, u8 type, u8 flags, u16 length). Values are judged as the kernel
 * judges them: linux drivers/iommu/intel/dmar.c, iommu.c, drivers/iommu/amd/init.c.
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
	/*
	 * The table offers interrupt remapping. DMAR: flag bit 0, without which
	 * dmar_ir_support() never enables it. IVRS: the southbridge's IOAPIC, device
	 * 00:14.0, is among the entries of the kind of block that the kernel reads
	 * (check_ioapic_information()).
	 */
	bool interrupt_remapping;
	/* It is certain that the kernel does without (but for ivrs_ioapic= on AMD): not
	 * offered by a DMAR, or an IVRS without any IOAPIC. An IVRS that has one at
	 * another address is neither. */
	bool no_interrupt_remapping;
	bool x2apic_opt_out; /* DMAR bit 1 */
	bool platform_opt_in; /* DMAR bit 2: DMA_CTRL_PLATFORM_OPT_IN_FLAG */
	/* The table or one of its structures ends early, or one is too short to be one.
	 */
	bool truncated;
	bool checksum_ok;
	/* A unit whose registers can't be where the table says (address 0 or all ones):
	 * dmar_validate_one_drhd() then refuses the whole DMAR. */
	bool bad_unit_address;
	/* A DMAR's address width below 12 (parse_dmar_table(): "Invalid DMAR haw"). */
	bool bad_width;
	/* A reserved region that ends before it starts (rmrr_sanity_check()): the
	 * kernel complains and goes on. */
	bool bad_reserved;
};
/* Is there anything wrong with it? */
bool acpi_iommu_damaged(const struct acpi_iommu *t);
/* Is it so wrong that the kernel uses none of its units? */
bool acpi_iommu_unusable(const struct acpi_iommu *t);

/* Fails (-EINVAL) when it is neither table or shorter than its fixed part. */
int acpi_iommu_parse(const uint8_t *table, size_t len, struct acpi_iommu *ret,
		     struct error *e);

#endif
