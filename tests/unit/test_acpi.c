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
	assert_true(a.checksum_ok);
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
#define IVHD(type, device, segment)                                                      \
	type "\0\x18\0" device "\x40\0" ZERO8 segment "\0\0"                             \
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu_dmar),
		cmocka_unit_test(test_qemu_ivrs),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_not_a_table),
		cmocka_unit_test(test_dmar_structures),
		cmocka_unit_test(test_ivrs_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
