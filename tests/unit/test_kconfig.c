/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/kconfig.h"

static void test_debian(void **state)
{
	struct str s = fixture_read("kconfig/debian-6.1.config");

	(void)state;
	assert_true(kconfig_is(s.s, s.len));
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_INTEL_IOMMU"), 'y');
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_INTEL_IOMMU_DEFAULT_ON"), 'n');
	assert_int_equal(
		kconfig_get(s.s, s.len, "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF"), 'y');
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_VFIO"), 'm');
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_VFIO_PCI"), 'm');
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_VFIO_NOIOMMU"), 'n');
	assert_int_equal(kconfig_get(s.s, s.len, "CONFIG_VFIO_DEVICE_CDEV"), 0);
	str_done(&s);
}

static char get(const char *text, const char *name)
{
	return kconfig_get(text, strlen(text), name);
}

static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(get("CONFIG_A=y", "CONFIG_A"), 'y');
	assert_int_equal(get("CONFIG_AB=y\nCONFIG_A=m\n", "CONFIG_A"), 'm');
	assert_int_equal(get("CONFIG_A=n\n", "CONFIG_A"), 'n');
	assert_int_equal(get("# CONFIG_A is not set\n", "CONFIG_A"), 'n');
	assert_int_equal(get("# CONFIG_A is not set yet\n", "CONFIG_A"), 0);
	assert_int_equal(get("# CONFIG_A=y\n", "CONFIG_A"), 0);
	assert_int_equal(get(" CONFIG_A=y\n", "CONFIG_A"), 0);
	assert_int_equal(get("CONFIG_A=yes\n", "CONFIG_A"), 0);
	assert_int_equal(get("CONFIG_A=\n", "CONFIG_A"), 0);
	assert_int_equal(get("CONFIG_A=\"y\"\n", "CONFIG_A"), 0);
	assert_int_equal(get("CONFIG_A=64\nCONFIG_A", "CONFIG_A"), 0);
	assert_int_equal(get("", "CONFIG_A"), 0);
	assert_int_equal(kconfig_get(NULL, 0, "CONFIG_A"), 0);
	assert_int_equal(kconfig_get("CONFIG_A=\0", 10, "CONFIG_A"), 0);
}

static void test_is_config(void **state)
{
	(void)state;
	assert_true(kconfig_is("#\n# CONFIG_A is not set\n", 25));
	assert_false(kconfig_is("", 0));
	assert_false(kconfig_is("hello CONFIG_A\n", 15));
	assert_false(kconfig_is("\x1f\x8b\x08", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debian),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_is_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
