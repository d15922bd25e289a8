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

/* The table, and what is told on standard error. width: of the terminal, 0: it is a file.
 */
static char *print_at(const struct pci_device *d, size_t n, const char *columns,
		      unsigned width, char **told)
{
	const struct pci_device *v[4];
	struct output o = { .out_terminal = width > 0, .width = width };
	struct persisted_list none = { 0 };
	char *text = NULL;
	size_t len, told_len;

	for (size_t i = 0; i < n; i++)
		v[i] = &d[i];
	o.out = open_memstream(&text, &len);
	o.err = open_memstream(told, &told_len);
	assert_int_equal(report_pci_table(&o, v, n, &none, columns, NULL), 0);
	fclose(o.out);
	fclose(o.err);
	return text;
}

static char *print(const struct pci_device *d, size_t n, const char *columns,
		   bool terminal)
{
	CLEANUP(free_char) char *told = NULL;
	char *text = print_at(d, n, columns, terminal ? 120 : 0, &told);

	assert_string_equal(told, "");
	return text;
}

static void test_terminal(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	CLEANUP(free_char) char *text = print(&d, 1, NULL, true);

	(void)state;
	assert_string_equal(text, "ADDRESS      CLASS    VENDOR   DEVICE   DESCRIPTION   "
				  "                                "
				  "IOMMU GROUP  VFIO GROUP   DRIVER\n"
				  "-------      -----    ------   ------   "
				  "----------------------------------------      "
				  "----------   ----------   ------\n"
				  "0000:0b:00.0 0300     10de     2204     VGA "
				  "compatible controller: NVIDIA Corporat... "
				  "28           28           vfio-pci\n");
}

static size_t longest_line(const char *text)
{
	size_t at = 0, len, longest = 0;
	const char *line;

	while (next_line(text, strlen(text), &at, &line, &len))
		longest = len > longest ? len : longest;
	return longest;
}

/* No line is wrapped: first the description is cut, then columns are left out, and that
 * is told. Where there is room all is whole. */
static void test_widths(void **state)
{
	struct pci_device d[] = { device("0000:0b:00.0"), device("0000:0c:00.0") };
	char driver[] = "snd_hda_intel";

	(void)state;
	d[1].driver = driver;
	for (unsigned width = 70; width < 250; width++) {
		CLEANUP(free_char) char *told = NULL;
		CLEANUP(free_char) char *text = print_at(d, 2, NULL, width, &told);
		bool has_vfio = strstr(text, "VFIO GROUP"),
		     has_id = strstr(text, "VENDOR");

		assert_true(longest_line(text) <= width);
		assert_int_equal(has_vfio, width >= 100);
		assert_int_equal(has_id, width >= 87);
		assert_int_equal(has_id, strstr(text, "DEVICE") != NULL);
		assert_int_equal(!strstr(text, "..."), width >= 150);
		assert_int_equal(strstr(told, "VFIO GROUP") == NULL, has_vfio);
		assert_int_equal(strstr(told, "VENDOR, DEVICE") == NULL, has_id);
		assert_int_equal(!*told, has_vfio);
	}
}

/* Columns that somebody chose are all there. */
static void test_chosen(void **state)
{
	struct pci_device d = device("0000:0b:00.0");
	CLEANUP(free_char) char *told = NULL;
	CLEANUP(free_char)
	char *text = print_at(&d, 1, "address,description,vendor,vfio_group", 40, &told);

	(void)state;
	assert_non_null(strstr(text, "VGA compatible co... 10de     28\n"));
	assert_string_equal(told, "");
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
	CLEANUP(free_char) char *told = NULL;

	(void)state;
	d.class_name = a;
	d.vendor_name = b;
	d.device_name = name;
	text = print_at(&d, 1, "description", 40, &told);
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
		cmocka_unit_test(test_terminal),       cmocka_unit_test(test_widths),
		cmocka_unit_test(test_chosen),	       cmocka_unit_test(test_file),
		cmocka_unit_test(test_long_domain),    cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_hostile_name),   cmocka_unit_test(test_cut_utf8),
		cmocka_unit_test(test_unknown_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
