/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list as text: the exact columns. */
#include "report/report.h"
#include "tree.h"

#include <errno.h>

static struct pci_device device(const char *address)
{
	static char class_name[] = "VGA compatible controller",
		    vendor[] = "NVIDIA Corporation", name[] = "GA102 [GeForce RTX 3090]",
		    driver[] = "vfio-pci";
	struct pci_device d = { .class_code = 0x030000,
				.vendor = 0x10de,
				.device = 0x2204,
				.iommu_group = 28,
				.vfio_group = 28,
				.class_name = class_name,
				.vendor_name = vendor,
				.device_name = name,
				.driver = driver };

	assert_int_equal(pci_address_parse(address, &d.at, NULL), 0);
	pci_address_format(d.at, d.address);
	return d;
}

static char *print(const struct pci_device *d, size_t n, const char *columns,
		   bool terminal)
{
	const struct pci_device *v[4];
	struct output o = { .out_terminal = terminal, .width = terminal ? 80 : 0 };
	struct persisted_list none = { 0 };
	char *text = NULL;
	size_t len;

	for (size_t i = 0; i < n; i++)
		v[i] = &d[i];
	o.out = open_memstream(&text, &len);
	assert_int_equal(report_pci_table(&o, v, n, &none, columns, NULL), 0);
	fclose(o.out);
	return text;
}

static void test_terminal(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	CLEANUP(free_char) char *text = print(&d, 1, NULL, true);

	(void)state;
	assert_string_equal(text, "ADDRESS      CLASS    VENDOR   DEVICE   DESCRIPTION   "
				  "                           "
				  "IOMMU GROUP  VFIO GROUP   DRIVER\n"
				  "-------      -----    ------   ------   "
				  "---------------------------------------- "
				  "----------   ----------   ------\n"
				  "0000:0b:00.0 0300     10de     2204     VGA "
				  "compatible controller: NVIDIA Cor... "
				  "28           28           vfio-pci\n");
}

/* Whole elsewhere, and without groups and driver nothing is printed behind it. */
static void test_file(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	CLEANUP(free_char) char *text = NULL;

	(void)state;
	d.iommu_group = d.vfio_group = -1;
	d.driver = NULL;
	text = print(&d, 1, NULL, false);
	assert_non_null(strstr(text,
			       "\n0000:0b:00.0 0300     10de     2204     VGA compatible "
			       "controller: NVIDIA Corporation GA102 [GeForce RTX "
			       "3090]\n"));
}

static void test_long_domain(void **state)
{
	struct pci_device d[] = { device("0000:0b:00.0"), device("10000:e1:00.0") };
	CLEANUP(free_char) char *text = print(d, 2, "Address,driver", false);

	(void)state;
	assert_string_equal(text, "ADDRESS       DRIVER\n"
				  "-------       ------\n"
				  "0000:0b:00.0  vfio-pci\n"
				  "10000:e1:00.0 vfio-pci\n");
}

static void test_nothing(void **state)
{
	CLEANUP(free_char) char *text = print(NULL, 0, "iommu-group,driver", false);

	(void)state;
	assert_string_equal(text, "IOMMU GROUP  DRIVER\n----------   ------\n");
}

static void test_hostile_name(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	char name[] = "\x1b[31m\n\xff";
	CLEANUP(free_char) char *text = NULL;

	(void)state;
	d.device_name = name;
	text = print(&d, 1, "description", false);
	assert_non_null(strstr(text, "NVIDIA Corporation \\x1b[31m\\x0a\\xff\n"));
}

/* Cut between characters, never inside one. */
static void test_cut_utf8(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	char name[] = "12345678901234567890123456ääääääääääääääääääää", a[] = "a",
	     b[] = "b";
	CLEANUP(free_char) char *text = NULL;

	(void)state;
	d.class_name = a;
	d.vendor_name = b;
	d.device_name = name;
	text = print(&d, 1, "description", true);
	assert_non_null(strstr(text, "\na: b 12345678901234567890123456ääääää...\n"));
}

static void test_unknown_column(void **state)
{
	struct persisted_list none = { 0 };
	struct output o = { .out = stdout };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(report_pci_table(&o, NULL, 0, &none, "address,colour", &e),
			 -EINVAL);
	assert_int_equal(e.code, ERROR_USAGE);
	assert_non_null(strstr(e.what, "colour"));
	assert_int_equal(report_pci_table(&o, NULL, 0, &none, "", &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),       cmocka_unit_test(test_file),
		cmocka_unit_test(test_long_domain),    cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_hostile_name),   cmocka_unit_test(test_cut_utf8),
		cmocka_unit_test(test_unknown_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
