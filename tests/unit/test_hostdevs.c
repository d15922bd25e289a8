/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices in definitions of virtual machines. The files are written as libvirt 11
 * (virsh define) and Proxmox VE 8 (qm set) write theirs, the unusual parts by hand. */
#include <errno.h>

#include "text/hostdevs.h"
#include "tree.h"

/* The devices, in order: "0000:0b:00.*?" has all functions, and may be another one. */
static void assert_devices(const struct hostdevs *found, const char *text)
{
	CLEANUP(str_done) struct str list = { 0 };

	for (size_t i = 0; i < found->n; i++) {
		char address[PCI_ADDRESS_MAX];

		pci_address_format(found->v[i].at, address);
		if (found->v[i].all_functions)
			address[strlen(address) - 1] = '*';
		str_addf(&list, "%s%s%s", i ? " " : "", address,
			 found->v[i].is_one_of ? "?" : "");
	}
	assert_string_equal(str_c(&list), text);
}

static void corpus(const char *path, struct str *ret)
{
	FILE *f = fopen(path, "re");
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		str_addf(ret, "%c", c);
	fclose(f);
}

static void test_domain(void **state)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct hostdevs found = { 0 };

	(void)state;
	corpus("tests/fuzz/corpus/domxml/virt-install", &text);
	assert_int_equal(domxml_parse(str_c(&text), text.len, &found), 0);
	assert_devices(&found, "0000:03:10.2 0000:0b:00.0 0000:0b:00.1 0000:05:00.0");
	hostdevs_done(&found);
}

#define DEVICE(address) "<hostdev type='pci'><source>" address "</source></hostdev>"

static void test_domains_that_are_none(void **state)
{
	static const struct {
		const char *text, *devices;
		bool ok;
	} cases[] = {
		{ "", "", false },
		{ "hello", "", false },
		{ "<network><devices>" DEVICE(
			  "<address bus='1'/>") "</devices></network>",
		  "", false },
		{ "<domain/>", "", true },
		{ "<domain>" DEVICE("<address bus='1'/>") "</domain>", "", true },
		{ "<domain><devices>" DEVICE("<address bus='1'/>") "</devices>",
		  "0000:01:00.0", false },
		{ "<domain><devices>" DEVICE("<address bus='1'/>") "</domain></devices>",
		  "0000:01:00.0", false },
		{ "<!DOCTYPE domain [<!ENTITY a 'b'>]><domain/>", "", false },
		{ "<domain><devices>" DEVICE("<address bus='256'/>")
			  DEVICE("<address bus='-1'/>") DEVICE("<address slot='32'/>")
				  DEVICE("<address function='8'/>") DEVICE(
					  "<address bus='0x1g'/>") "</devices></domain>",
		  "", true },
		{ "<domain><devices>" DEVICE("<address junk bus = \"0x2\"  slot='03' "
					     "domain='0x10000'/>") "</dev"
								   "ices>"
								   "</doma"
								   "in>",
		  "10000:02:03.0", true },
		{ "<domain><devices><hostdev type='mdev'><source><address bus='1'/>"
		  "</source></hostdev></devices></domain>",
		  "", true },
		/* The second is the address in the guest. */
		{ "<domain><devices><hostdev type='pci'><source><address "
		  "bus='1'/></source>"
		  "<address type='pci' bus='9'/></hostdev></devices></domain>",
		  "0000:01:00.0", true },
		{ "<domain><a b='", "", false },
		{ "<domain><!-- ", "", false },
		{ "<domain><>", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hostdevs found = { 0 };
		int r = domxml_parse(cases[i].text, strlen(cases[i].text), &found);

		print_message("%s\n", cases[i].text);
		assert_int_equal(r, cases[i].ok ? 0 : -EINVAL);
		assert_devices(&found, cases[i].devices);
		hostdevs_done(&found);
	}
}

/* Deeper than any domain is, not deeper than the stack. */
static void test_deep_domain(void **state)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct hostdevs found = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		str_add(&text, "<domain>");
	assert_int_equal(domxml_parse(str_c(&text), text.len, &found), -EINVAL);
	hostdevs_done(&found);
}

static void test_proxmox_vm(void **state)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(pveconf_done) struct pveconf c = { 0 };

	(void)state;
	corpus("tests/fuzz/corpus/pveconf/vm", &text);
	pveconf_parse(str_c(&text), text.len, &c);
	assert_devices(&c.devices, "0000:05:00.0 0000:0b:00.* 0000:04:00.0 0000:04:00.1");
	assert_int_equal(c.mappings.n, 1);
	assert_string_equal(c.mappings.v[0], "gpu");
	assert_string_equal(c.name, "win11");
	assert_true(c.onboot);
	assert_false(c.is_template);
}

static void test_proxmox_mappings(void **state)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct hostdevs found = { 0 };

	(void)state;
	corpus("tests/fuzz/corpus/pveconf/mapping", &text);
	pvemapping_find(str_c(&text), text.len, "nic", "pve", &found);
	assert_devices(&found, "0000:03:00.0");
	pvemapping_find(str_c(&text), text.len, "gpu", "pve", &found);
	assert_devices(&found, "0000:03:00.0 0000:07:00.*? 0000:08:00.0? 0000:08:00.1?");
	pvemapping_find(str_c(&text), text.len, "none", "pve", &found);
	pvemapping_find(str_c(&text), text.len, "nic", "other", &found);
	assert_int_equal(found.n, 4);
	hostdevs_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_domains_that_are_none),
		cmocka_unit_test(test_deep_domain),
		cmocka_unit_test(test_proxmox_vm),
		cmocka_unit_test(test_proxmox_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
