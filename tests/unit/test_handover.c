/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver that a device is given back to. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "devices/handover.h"

static void test_native(void **state)
{
	static char nouveau[] = "nouveau", nvidia[] = "nvidia", vfio[] = "vfio-pci";
	static char variant[] = "mlx5_vfio_pci";
	struct persisted p = { 0 };
	struct pci_device d = { 0 };

	(void)state;
	assert_null(handover_native(&d, NULL));
	strv_add(&d.modules, variant);
	assert_null(handover_native(&d, &p));
	strv_add(&d.modules, nouveau);
	assert_string_equal(handover_native(&d, &p), "nouveau");
	d.driver = vfio;
	p.file.original = vfio;
	assert_string_equal(handover_native(&d, &p), "nouveau");
	p.file.original = nvidia;
	assert_string_equal(handover_native(&d, &p), "nvidia");
	assert_string_equal(handover_native(&d, NULL), "nouveau");
	/* The one it has wins: the file is of another time. */
	d.driver = nouveau;
	assert_string_equal(handover_native(&d, &p), "nouveau");
	strv_done(&d.modules);
}

/* USB's module is not named like its driver (drivers/usb/host/xhci-pci.c). */
static void test_module_of_another_name(void **state)
{
	struct pci_device d = { 0 };

	(void)state;
	strv_add(&d.modules, "xhci_pci");
	assert_string_equal(handover_native(&d, NULL), "xhci_hcd");
	strv_done(&d.modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_module_of_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
