/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/pciaddr.h"

static void assert_address(const char *text, const char *formatted)
{
	struct pci_address a;
	struct error e = { 0 };
	char buf[PCI_ADDRESS_MAX];

	assert_int_equal(pci_address_parse(text, &a, &e), 0);
	assert_int_equal(e.code, ERROR_NONE);
	assert_string_equal(pci_address_format(a, buf), formatted);
}

static void test_address_forms(void **state)
{
	(void)state;
	assert_address("0000:01:00.0", "0000:01:00.0");
	assert_address("01:00.0", "0000:01:00.0");
	assert_address("1:0.0", "0000:01:00.0");
	assert_address("0:1:0.1", "0000:01:00.1");
	assert_address("0000:FF:1F.7", "0000:ff:1f.7");
	/* VMD gives five digits; the format has room for all of 32 bits. */
	assert_address("10000:e1:00.0", "10000:e1:00.0");
	assert_address("FFFFFFFF:ff:1f.7", "ffffffff:ff:1f.7");
}

static void test_address_refused(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"0",
		"01:00",
		"01:00.",
		"01:00.8",
		"01:20.0",
		"001:00.0",
		"01:000.0",
		"01:00.00",
		"01:00.0 ",
		" 01:00.0",
		"0x1:00.0",
		"+1:00.0",
		"-1:00.0",
		"01:00.0\n",
		"123456789:01:00.0",
		":01:00.0",
		"0000::00.0",
		"0000:01:00.0:0",
		"0000:0000:01:00.0",
		"g0:00.0",
		"01.00.0",
		"../01:00.0",
		"01:00.0/driver",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pci_address a = { 0 };
		struct error e = { 0 };

		assert_int_equal(pci_address_parse(bad[i], &a, &e), -EINVAL);
		assert_int_equal(e.code, ERROR_USAGE);
		assert_non_null(strstr(e.what, bad[i]));
		assert_true(e.hint[0]);
		/* The error is optional. */
		assert_int_equal(pci_address_parse(bad[i], &a, NULL), -EINVAL);
	}
}

static void test_address_order(void **state)
{
	static const char *const sorted[] = { "0000:00:00.0", "0000:00:00.1",
					      "0000:00:01.0", "0000:01:00.0",
					      "0001:00:00.0", "10000:00:00.0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			struct pci_address a, b;
			int r;

			assert_int_equal(pci_address_parse(sorted[i], &a, NULL), 0);
			assert_int_equal(pci_address_parse(sorted[k], &b, NULL), 0);
			r = pci_address_compare(a, b);
			assert_int_equal(r < 0, i < k);
			assert_int_equal(r > 0, i > k);
		}
	}
}

static void test_ids(void **state)
{
	struct pci_id *ids = NULL;

	(void)state;
	assert_int_equal(pci_ids_parse("10de:2204,10DE:1aef,10de:2204", &ids, NULL), 2);
	assert_int_equal(ids[0].vendor, 0x10de);
	assert_int_equal(ids[0].device, 0x2204);
	assert_int_equal(ids[1].device, 0x1aef);
	free(ids);
}

static void test_ids_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"10de",
		"10de:",
		"10de:22",
		"10de:22045",
		"10de:2204,",
		",10de:2204",
		"10de:2204,,10de:1aef",
		"10de:2204 ",
		"10de:2204;reboot",
		"10de:2204:1:2",
		"0x10de:2204",
		"10de:2204\n1",
		"10dg:2204",
		"10de-2204",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pci_id *ids = NULL;
		struct error e = { 0 };

		assert_int_equal(pci_ids_parse(bad[i], &ids, &e), -EINVAL);
		assert_int_equal(e.code, ERROR_USAGE);
		assert_null(ids);
	}
}

static void test_ids_limit(void **state)
{
	struct str text = { 0 };
	struct pci_id *ids = NULL;

	(void)state;
	for (unsigned i = 0; i < PCI_IDS_MAX; i++)
		str_addf(&text, "%s10de:%04x", i ? "," : "", i);
	assert_int_equal(pci_ids_parse(text.s, &ids, NULL), PCI_IDS_MAX);
	free(ids);
	ids = NULL;
	str_add(&text, ",10de:ffff");
	assert_int_equal(pci_ids_parse(text.s, &ids, NULL), -EINVAL);
	assert_null(ids);
	str_done(&text);
}

static void test_modalias(void **state)
{
	static const char *const bad[] = {
		"",
		"pci:",
		"usb:v000010DEd00002204sv00001458sd0000403Bbc03sc00i00",
		"pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i0",
		"pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i000",
		"pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i00 ",
		"pci:v000110DEd00002204sv00001458sd0000403Bbc03sc00i00",
		"pci:v000010DEd*sv*sd*bc03sc00i00",
		"pci:v0x0010DEd00002204sv00001458sd0000403Bbc03sc00i00",
	};
	struct pci_modalias m = { .vendor = 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(pci_modalias_parse(bad[i], &m));
		assert_int_equal(m.vendor, 1);
	}
	assert_true(pci_modalias_parse(
		"pci:v000010DEd00002204sv00001458sd0000403Bbc03sc80i01", &m));
	assert_int_equal(m.vendor, 0x10de);
	assert_int_equal(m.device, 0x2204);
	assert_int_equal(m.subsystem_vendor, 0x1458);
	assert_int_equal(m.subsystem_device, 0x403b);
	assert_int_equal(m.class_code, 0x038001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_forms),
		cmocka_unit_test(test_address_refused),
		cmocka_unit_test(test_address_order),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ids_refused),
		cmocka_unit_test(test_ids_limit),
		cmocka_unit_test(test_modalias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
