/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/acpi.h"

#include <errno.h>

enum { TABLE_LENGTH = 4, TABLE_INFO = 36, TABLE_FIXED = 48 };
enum { DMAR_DRHD = 0, DMAR_RMRR = 1 };
enum {
	DRHD_SIZE = 16,
	RMRR_SIZE = 24,
	IVHD_SIZE = 24,
	IVHD_LONG_SIZE = 40,
	IVMD_SIZE = 32
};

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t read32(const uint8_t *p)
{
	return read16(p) | (uint32_t)read16(p + 2) << 16;
}

static uint64_t read64(const uint8_t *p)
{
	return read32(p) | (uint64_t)read32(p + 4) << 32;
}

/* What is gathered from an IVRS: the IVHD blocks' devices, segment and device id in one
 * number, and which kinds of blocks name which IOAPICs. */
struct ivrs {
	uint32_t *v;
	size_t n, cap;
	/* The kernel reads blocks of one kind only: the last that the first unit has
	 * (get_highest_supported_ivhd_type()). */
	uint8_t kind;
	bool ioapic[256], southbridge[256]; /* by the kind of block */
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned count_distinct(struct ivrs *d)
{
	unsigned n = 0;

	if (d->n)
		qsort(d->v, d->n, sizeof(*d->v), compare_u32);
	for (size_t i = 0; i < d->n; i++)
		if (i == 0 || d->v[i] != d->v[i - 1])
			n++;
	return n;
}

static bool is_no_address(uint64_t address)
{
	return address == 0 || address == UINT64_MAX;
}

/* Counts one structure. False if it is too short for what it says it is. */
static bool count_dmar(const uint8_t *p, size_t size, struct acpi_iommu *ret)
{
	switch (read16(p)) {
	case DMAR_DRHD:
		if (size < DRHD_SIZE)
			return false;
		ret->units++;
		ret->bad_unit_address |= is_no_address(read64(p + 8));
		return true;
	case DMAR_RMRR:
		if (size < RMRR_SIZE)
			return false;
		ret->reserved++;
		ret->bad_reserved |= read64(p + 16) <= read64(p + 8);
		return true;
	default:
		return true;
	}
}

/*
 * The device entries of an IVHD block. Their length is in the upper two bits of the type;
 * a device named by ACPI (F0h) says its own. Special devices (48h): device id at 5, the
 * variety at 7 (1: IOAPIC). The southbridge is at 00:14.0 (IOAPIC_SB_DEVID).
 */
static void read_ivhd_entries(const uint8_t *p, size_t size, struct ivrs *ret)
{
	size_t at = p[0] == 0x10 ? IVHD_SIZE : IVHD_LONG_SIZE;

	while (at < size) {
		const uint8_t *entry = p + at;
		size_t left = size - at, length = (size_t)4 << (entry[0] >> 6);

		if (entry[0] == 0xf0)
			length = left < 22 ? left : 22 + (size_t)entry[21];
		if (length > left)
			return;
		if (entry[0] == 0x48 && entry[7] == 1) {
			ret->ioapic[p[0]] = true;
			ret->southbridge[p[0]] |= read16(entry + 5) == (0x14 << 3);
		}
		at += length;
	}
}

static bool count_ivhd(const uint8_t *p, size_t size, struct acpi_iommu *ret,
		       struct ivrs *ivrs)
{
	if (size < IVHD_SIZE)
		return false;
	ivrs->v = xgrow(ivrs->v, ivrs->n, &ivrs->cap, sizeof(*ivrs->v));
	ivrs->v[ivrs->n++] = (uint32_t)read16(p + 16) << 16 | read16(p + 4);
	if (ivrs->n == 1 || (uint16_t)ivrs->v[0] == read16(p + 4))
		ivrs->kind = p[0];
	ret->bad_unit_address |= is_no_address(read64(p + 8));
	read_ivhd_entries(p, size, ivrs);
	return true;
}

static bool count_ivrs(const uint8_t *p, size_t size, struct acpi_iommu *ret,
		       struct ivrs *ivrs)
{
	switch (p[0]) {
	case 0x10:
	case 0x11:
	case 0x40:
		return count_ivhd(p, size, ret, ivrs);
	case 0x20:
	case 0x21:
	case 0x22:
		ret->reserved += size >= IVMD_SIZE;
		return size >= IVMD_SIZE;
	default:
		return true;
	}
}

/* Both tables have a u16 length two bytes into each structure. */
static void walk(const uint8_t *table, size_t end, struct acpi_iommu *ret)
{
	struct ivrs ivrs = { 0 };
	size_t at = TABLE_FIXED;

	while (at < end) {
		size_t size = end - at < 4 ? 0 : read16(table + at + 2);
		bool ok = size >= 4 && size <= end - at;

		if (ok && ret->table == ACPI_DMAR)
			ok = count_dmar(table + at, size, ret);
		else if (ok)
			ok = count_ivrs(table + at, size, ret, &ivrs);
		if (!ok) {
			ret->truncated = true;
			break;
		}
		at += size;
	}
	if (ret->table == ACPI_IVRS) {
		ret->interrupt_remapping = ivrs.southbridge[ivrs.kind];
		ret->no_interrupt_remapping = !ret->truncated && !ivrs.ioapic[ivrs.kind];
		ret->units = count_distinct(&ivrs);
	}
	free(ivrs.v);
}

static bool checksum_ok(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

static enum acpi_table table_kind(const uint8_t *table)
{
	if (memcmp(table, "DMAR", 4) == 0)
		return ACPI_DMAR;
	return memcmp(table, "IVRS", 4) == 0 ? ACPI_IVRS : ACPI_NONE;
}

int acpi_iommu_parse(const uint8_t *table, size_t len, struct acpi_iommu *ret,
		     struct error *e)
{
	struct acpi_iommu r = { 0 };
	size_t said;

	if (len < TABLE_FIXED)
		return error_set(e, EINVAL,
				 "%zu bytes are too few for an ACPI IOMMU table", len);
	r.table = table_kind(table);
	if (r.table == ACPI_NONE)
		return error_set(e, EINVAL, "this is neither a DMAR nor an IVRS table");
	said = read32(table + TABLE_LENGTH);
	if (said < TABLE_FIXED)
		return error_set(e, EINVAL,
				 "the ACPI table says it is only %zu bytes long", said);
	r.truncated = len < said;
	r.checksum_ok = len >= said && checksum_ok(table, said);
	if (r.table == ACPI_DMAR) {
		uint8_t flags = table[TABLE_INFO + 1];

		r.address_width = table[TABLE_INFO] + 1u;
		r.interrupt_remapping = flags & 1;
		r.no_interrupt_remapping = !r.interrupt_remapping;
		r.bad_width = r.address_width < 12;
		r.x2apic_opt_out = flags & 2;
		r.platform_opt_in = flags & 4;
	} else {
		/* IVinfo bits 14:8, PASize */
		r.address_width = read32(table + TABLE_INFO) >> 8 & 0x7f;
	}
	walk(table, len < said ? len : said, &r);
	*ret = r;
	return 0;
}

bool acpi_iommu_damaged(const struct acpi_iommu *t)
{
	return t->truncated || !t->checksum_ok || !t->units || t->bad_unit_address ||
	       t->bad_width || t->bad_reserved;
}

bool acpi_iommu_unusable(const struct acpi_iommu *t)
{
	return !t->units || t->bad_width || t->bad_unit_address;
}
