/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/acpi.h"

#include <errno.h>

enum { TABLE_LENGTH = 4, TABLE_INFO = 36, TABLE_FIXED = 48 };
enum { DMAR_DRHD = 0, DMAR_RMRR = 1 };
enum { DRHD_SIZE = 16, RMRR_SIZE = 24, IVHD_SIZE = 24, IVMD_SIZE = 32 };

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t read32(const uint8_t *p)
{
	return read16(p) | (uint32_t)read16(p + 2) << 16;
}

/* The IVHD blocks' devices: segment and device id in one number. */
struct devices {
	uint32_t *v;
	size_t n, cap;
};

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned count_distinct(struct devices *d)
{
	unsigned n = 0;

	if (d->n)
		qsort(d->v, d->n, sizeof(*d->v), compare_u32);
	for (size_t i = 0; i < d->n; i++)
		if (i == 0 || d->v[i] != d->v[i - 1])
			n++;
	return n;
}

/* Counts one structure. False if it is too short for what it says it is. */
static bool count_dmar(const uint8_t *p, size_t size, struct acpi_iommu *ret)
{
	switch (read16(p)) {
	case DMAR_DRHD:
		ret->units += size >= DRHD_SIZE;
		return size >= DRHD_SIZE;
	case DMAR_RMRR:
		ret->reserved += size >= RMRR_SIZE;
		return size >= RMRR_SIZE;
	default:
		return true;
	}
}

static bool count_ivrs(const uint8_t *p, size_t size, struct acpi_iommu *ret,
		       struct devices *devices)
{
	switch (p[0]) {
	case 0x10:
	case 0x11:
	case 0x40:
		if (size < IVHD_SIZE)
			return false;
		devices->v =
			xgrow(devices->v, devices->n, &devices->cap, sizeof(*devices->v));
		devices->v[devices->n++] = (uint32_t)read16(p + 16) << 16 | read16(p + 4);
		return true;
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
	struct devices devices = { 0 };
	size_t at = TABLE_FIXED;

	while (at < end) {
		size_t size = end - at < 4 ? 0 : read16(table + at + 2);
		bool ok = size >= 4 && size <= end - at;

		if (ok && ret->table == ACPI_DMAR)
			ok = count_dmar(table + at, size, ret);
		else if (ok)
			ok = count_ivrs(table + at, size, ret, &devices);
		if (!ok) {
			ret->truncated = true;
			break;
		}
		at += size;
	}
	if (ret->table == ACPI_IVRS)
		ret->units = count_distinct(&devices);
	free(devices.v);
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
		r.x2apic_opt_out = flags & 2;
		r.platform_opt_in = flags & 4;
	} else {
		/* IVinfo bits 14:8, PASize */
		r.address_width = read32(table + TABLE_INFO) >> 8 & 0x7f;
		r.interrupt_remapping = true;
	}
	walk(table, len < said ? len : said, &r);
	*ret = r;
	return 0;
}
