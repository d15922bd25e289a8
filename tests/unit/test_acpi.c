/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/acpi.h"

static struct acpi_iommu parse(const struct str *s)
{
	struct acpi_iommu a;
	struct error e = { 0 };

	assert_int_equal(acpi_iommu_parse(fixture_bytes(s), s->len, &a, &e), 0);
	assert_int_equal(e.code, ERROR_NONE);
	return a;
}

static void test_qemu_dmar(void **state)
{
	struct str s = fixture_read("acpi/dmar-intremap.bin");
	struct acpi_iommu a = parse(&s);

	(void)state;
	assert_int_equal(a.table, ACPI_DMAR);
	assert_int_equal(a.units, 1);
	assert_int_equal(a.reserved, 0);
	assert_int_equal(a.address_width, 39);
	assert_true(a.interrupt_remapping);
	assert_false(a.x2apic_opt_out);
	assert_false(a.platform_opt_in);
	assert_false(a.truncated);
	assert_true(a.checksum_ok);
	str_done(&s);
	s = fixture_read("acpi/dmar-plain.bin");
	a = parse(&s);
	assert_int_equal(a.address_width, 48);
	assert_false(a.interrupt_remapping);
	assert_true(a.no_interrupt_remapping);
	assert_true(a.checksum_ok);
	assert_false(acpi_iommu_damaged(&a));
	str_done(&s);
}

static void test_qemu_ivrs(void **state)
{
	struct str s = fixture_read("acpi/ivrs.bin");
	struct acpi_iommu a = parse(&s);

	(void)state;
	assert_int_equal(a.table, ACPI_IVRS);
	assert_int_equal(a.units, 1);
	assert_int_equal(a.address_width, 40);
	assert_true(a.interrupt_remapping);
	assert_false(a.truncated);
	assert_true(a.checksum_ok);
	str_done(&s);
}

/* Every prefix of a real table: refused or said to be cut off, and never read past. */
static void test_cut_off(void **state)
{
	static const char *const files[] = { "acpi/dmar-intremap.bin", "acpi/ivrs.bin" };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		struct str s = fixture_read(files[f]);

		for (size_t n = 0; n < s.len; n++) {
			uint8_t *copy = xmalloc(n);
			struct acpi_iommu a;
			struct error e = { 0 };
			int r;

			memcpy(copy, s.s, n);
			r = acpi_iommu_parse(copy, n, &a, &e);
			assert_int_equal(r, n < 48 ? -EINVAL : 0);
			if (r == 0) {
				assert_true(a.truncated);
				assert_false(a.checksum_ok);
			}
			free(copy);
		}
		str_done(&s);
	}
}

static void test_not_a_table(void **state)
{
	struct str s = fixture_read("acpi/ivrs.bin");
	struct acpi_iommu a;
	struct error e = { 0 };

	(void)state;
	memcpy(s.s, "APIC", 4);
	assert_int_equal(acpi_iommu_parse(fixture_bytes(&s), s.len, &a, &e), -EINVAL);
	assert_int_equal(e.code, ERROR_REFUSED);
	memcpy(s.s, "IVRS\x10\0\0", 8);
	assert_int_equal(acpi_iommu_parse(fixture_bytes(&s), s.len, &a, NULL), -EINVAL);
	str_done(&s);
}

/* A table made by the specification's bytes, for what QEMU's have not. */
static void make(struct str *s, const char *signature, uint8_t at36, uint8_t at37,
		 const char *structures, size_t len)
{
	uint8_t sum = 0;

	str_clear(s);
	str_add(s, signature);
	str_addc(s, (char)(48 + len));
	str_addn(s, "\0\0\0\1\0", 5);
	str_addn(s, "VENDORPRODUCT\0\1\0\0\0TEST\1\0\0\0", 26);
	str_addc(s, (char)at36);
	str_addc(s, (char)at37);
	str_addn(s, "\0\0\0\0\0\0\0\0\0\0", 10);
	str_addn(s, structures, len);
	for (size_t i = 0; i < s->len; i++)
		sum = (uint8_t)(sum + (uint8_t)s->s[i]);
	s->s[9] = (char)-sum;
}

#define MAKE(s, sig, a, b, bytes) make(s, sig, a, b, bytes, sizeof(bytes) - 1)
#define ZERO8 "\0\0\0\0\0\0\0\0"

static void test_dmar_structures(void **state)
{
	struct str s = { 0 };
	struct acpi_iommu a;

	(void)state;
	/* Two DRHDs, an RMRR, an unknown type 9; all three flags. */
	MAKE(&s, "DMAR", 45, 7,
	     "\0\0\x10\0" ZERO8 "\0\0\0\0"
	     "\x09\0\x08\0"
	     "\0\0\0\0"
	     "\1\0\x18\0" ZERO8 ZERO8 "\0\0\0\0"
	     "\0\0\x10\0" ZERO8 "\0\0\0\0");
	a = parse(&s);
	assert_int_equal(a.units, 2);
	assert_int_equal(a.reserved, 1);
	assert_int_equal(a.address_width, 46);
	assert_true(a.interrupt_remapping && a.x2apic_opt_out && a.platform_opt_in);
	assert_true(a.checksum_ok);
	assert_false(a.truncated);
	s.s[40]++;
	assert_false(parse(&s).checksum_ok);
	/* No structure at all is a whole table without an IOMMU. */
	MAKE(&s, "DMAR", 38, 1, "");
	a = parse(&s);
	assert_int_equal(a.units, 0);
	assert_false(a.truncated);
	/* Length 0 must not loop; what came before counts. */
	MAKE(&s, "DMAR", 38, 1,
	     "\0\0\x10\0" ZERO8 "\0\0\0\0"
	     "\0\0\0\0"
	     "\0\0\x10\0" ZERO8 "\0\0\0\0");
	a = parse(&s);
	assert_int_equal(a.units, 1);
	assert_true(a.truncated);
	/* Too short for a DRHD; longer than the table; half a header. */
	MAKE(&s, "DMAR", 38, 1, "\0\0\x08\0\0\0\0\0");
	assert_true(parse(&s).truncated);
	assert_int_equal(parse(&s).units, 0);
	MAKE(&s, "DMAR", 38, 1, "\0\0\x11\0" ZERO8 "\0\0\0\0");
	assert_true(parse(&s).truncated);
	MAKE(&s, "DMAR", 38, 1, "\0\0");
	assert_true(parse(&s).truncated);
	str_done(&s);
}

/* Type, flags, length 24, device id, capability offset, base, segment, info, features. */
#define BASE "\0\0\xd8\xfe\0\0\0\0"
#define IVHD(type, device, segment)                                                      \
	type "\0\x18\0" device "\x40\0" BASE segment "\0\0"                              \
	     "\0\0\0\0"

static void test_ivrs_blocks(void **state)
{
	struct str s = { 0 };
	struct acpi_iommu a;

	(void)state;
	/* One IOMMU in three block types, and another one on segment 1. */
	MAKE(&s, "IVRS", 0, 48,
	     IVHD("\x10", "\2\0", "\0\0") IVHD("\x11", "\2\0", "\0\0")
		     IVHD("\x40", "\2\0", "\0\0") IVHD("\x11", "\2\0", "\1\0"));
	a = parse(&s);
	assert_int_equal(a.units, 2);
	assert_int_equal(a.address_width, 48);
	assert_false(a.truncated);
	/* An IVMD is 32 bytes. */
	MAKE(&s, "IVRS", 0, 48,
	     "\x20\0\x20\0"
	     "\0\0\0\0" ZERO8 ZERO8 ZERO8);
	a = parse(&s);
	assert_int_equal(a.units, 0);
	assert_int_equal(a.reserved, 1);
	MAKE(&s, "IVRS", 0, 48, "\x10\0\x08\0\2\0\0\0");
	assert_true(parse(&s).truncated);
	str_done(&s);
}

/* Where a unit is, how wide its addresses are, and where a reserved region ends. */
static void test_dmar_values(void **state)
{
	struct str s = { 0 };
	struct acpi_iommu a;

	(void)state;
	MAKE(&s, "DMAR", 38, 1, "\0\0\x10\0\1\0\0\0\0\0\xd9\xfe\0\0\0\0");
	a = parse(&s);
	assert_false(acpi_iommu_damaged(&a) || acpi_iommu_unusable(&a));
	/* Two real machines: a unit at address 0; the other one is good. */
	MAKE(&s, "DMAR", 38, 1,
	     "\0\0\x10\0\0\0\0\0\0\0\xd9\xfe\0\0\0\0"
	     "\0\0\x10\0\1\0\0\0" ZERO8);
	a = parse(&s);
	assert_int_equal(a.units, 2);
	assert_true(a.bad_unit_address);
	assert_true(acpi_iommu_damaged(&a) && acpi_iommu_unusable(&a));
	MAKE(&s, "DMAR", 38, 1, "\0\0\x10\0\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
	assert_true(parse(&s).bad_unit_address);
	MAKE(&s, "DMAR", 10, 1, "\0\0\x10\0\1\0\0\0\0\0\xd9\xfe\0\0\0\0");
	a = parse(&s);
	assert_true(a.bad_width && acpi_iommu_unusable(&a));
	MAKE(&s, "DMAR", 11, 1, "\0\0\x10\0\1\0\0\0\0\0\xd9\xfe\0\0\0\0");
	assert_false(parse(&s).bad_width);
	/* A reserved region from cd800000 to cfffffff, and one turned around. */
	MAKE(&s, "DMAR", 38, 1,
	     "\0\0\x10\0\1\0\0\0\0\0\xd9\xfe\0\0\0\0"
	     "\1\0\x18\0\0\0\0\0\0\0\x80\xcd\0\0\0\0\xff\xff\xff\xcf\0\0\0\0");
	a = parse(&s);
	assert_false(a.bad_reserved || acpi_iommu_damaged(&a));
	MAKE(&s, "DMAR", 38, 1,
	     "\0\0\x10\0\1\0\0\0\0\0\xd9\xfe\0\0\0\0"
	     "\1\0\x18\0\0\0\0\0\0\0\x80\xcd\0\0\0\0\xff\xff\x7f\xcd\0\0\0\0");
	a = parse(&s);
	assert_true(a.bad_reserved && acpi_iommu_damaged(&a));
	assert_false(acpi_iommu_unusable(&a));
	str_done(&s);
}

/* An IVHD of 24 (or, from type 11h on, 40) bytes and one or two entries of 8. */
#define SPECIAL(device, variety) "\x48\0\0\0\0" device variety
#define IVHD10(entries, size) "\x10\0" size "\0\2\0\x40\0" BASE "\0\0\0\0\0\0\0\0" entries
#define IVHD11(type, entries)                                                            \
	type "\0\x30\0\2\0\x40\0" BASE "\0\0\0\0\0\0\0\0" ZERO8 ZERO8 entries
#define SOUTHBRIDGE SPECIAL("\xa0\0", "\1")
#define HPET SPECIAL("\xa0\0", "\2")

static void assert_remapping(const struct str *s, bool offered, bool none)
{
	struct acpi_iommu a = parse(s);

	assert_int_equal(a.interrupt_remapping, offered);
	assert_int_equal(a.no_interrupt_remapping, none);
	assert_false(acpi_iommu_damaged(&a));
}

/* The southbridge's IOAPIC decides, in the kind of block that the kernel reads. */
static void test_ivrs_ioapic(void **state)
{
	struct str s = { 0 };

	(void)state;
	MAKE(&s, "IVRS", 0, 48, IVHD10(SOUTHBRIDGE, "\x20"));
	assert_remapping(&s, true, false);
	/* Two real machines: none, or only the HPET. */
	MAKE(&s, "IVRS", 0, 48, IVHD10("", "\x18"));
	assert_remapping(&s, false, true);
	MAKE(&s, "IVRS", 0, 48, IVHD10(HPET, "\x20"));
	assert_remapping(&s, false, true);
	/* At another address (00:00.1): not offered, and not certain. */
	MAKE(&s, "IVRS", 0, 48, IVHD10(SPECIAL("\1\0", "\1"), "\x20"));
	assert_remapping(&s, false, false);
	/* After a device of four bytes, and one that ACPI names (22 bytes and its id). */
	MAKE(&s, "IVRS", 0, 48, IVHD10("\2\x10\0\0" SOUTHBRIDGE, "\x24"));
	assert_remapping(&s, true, false);
	MAKE(&s, "IVRS", 0, 48,
	     IVHD10("\xf0\0\0\0" ZERO8 ZERO8 "\0\2"
		    "AB" SOUTHBRIDGE,
		    "\x38"));
	assert_remapping(&s, true, false);
	/* Only blocks of the last kind are read: it is missing there, or there only. */
	MAKE(&s, "IVRS", 0, 48, IVHD10(SOUTHBRIDGE, "\x20") IVHD11("\x11", HPET));
	assert_remapping(&s, false, true);
	MAKE(&s, "IVRS", 0, 48, IVHD10(HPET, "\x20") IVHD11("\x40", SOUTHBRIDGE));
	assert_remapping(&s, true, false);
	str_done(&s);
	/* An entry that ends after its block. */
	MAKE(&s, "IVRS", 0, 48, IVHD10("\x48\0\0\0", "\x1c"));
	assert_remapping(&s, false, true);
	str_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu_dmar),
		cmocka_unit_test(test_qemu_ivrs),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_not_a_table),
		cmocka_unit_test(test_dmar_structures),
		cmocka_unit_test(test_ivrs_blocks),
		cmocka_unit_test(test_dmar_values),
		cmocka_unit_test(test_ivrs_ioapic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
