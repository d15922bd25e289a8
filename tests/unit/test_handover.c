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
	static char radeon[] = "radeon";
	struct persisted p = { 0 }, note = { 0 };
	struct pci_device d = { 0 };

	(void)state;
	assert_null(handover_native(&d, NULL, NULL));
	strv_add(&d.modules, variant);
	assert_null(handover_native(&d, &p, NULL));
	strv_add(&d.modules, nouveau);
	assert_string_equal(handover_native(&d, &p, NULL), "nouveau");
	d.driver = vfio;
	p.file.original = vfio;
	assert_string_equal(handover_native(&d, &p, NULL), "nouveau");
	p.file.original = nvidia;
	assert_string_equal(handover_native(&d, &p, NULL), "nvidia");
	assert_string_equal(handover_native(&d, NULL, NULL), "nouveau");
	/* the note of a bind without a file; the file wins, which a person may edit */
	note.file.original = radeon;
	assert_string_equal(handover_native(&d, NULL, &note), "radeon");
	assert_string_equal(handover_native(&d, &p, &note), "nvidia");
	note.file.original = vfio;
	assert_string_equal(handover_native(&d, NULL, &note), "nouveau");
	/* The one it has wins: the file is of another time. */
	d.driver = nouveau;
	assert_string_equal(handover_native(&d, &p, NULL), "nouveau");
	strv_done(&d.modules);
}

/* USB's module is not named like its driver (drivers/usb/host/xhci-pci.c). */
static void test_module_of_another_name(void **state)
{
	struct pci_device d = { 0 };

	(void)state;
	strv_add(&d.modules, "xhci_pci");
	assert_string_equal(handover_native(&d, NULL, NULL), "xhci_hcd");
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
