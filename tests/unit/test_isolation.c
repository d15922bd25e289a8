/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why IOMMU groups are as they are: one test for each rule of linux
 * drivers/iommu/iommu.c pci_device_group(). */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "devices/isolation.h"

#define MOST 8

/* Functions, and where they are, put together by add(). */
struct world {
	struct pci_device v[MOST];
	struct pci_devices all;
	struct pcicaps caps[MOST];
	struct pci_topology t;
	struct group_reasons why;
};

static void clear(struct world *w)
{
	group_reasons_done(&w->why);
	free(w->t.grouped);
	*w = (struct world){ 0 };
	w->all.v = w->v;
	w->t.all = &w->all;
	w->t.caps = w->caps;
}

#define NOT_READ ((int)-2)

/* Adds a function below the one at index above (-1: on the root bus), in address order.
 * express NOT_READ: only the header could be read. Returns its index. */
static int add(struct world *w, const char *address, uint32_t class, int above,
	       int express, long group)
{
	int i = (int)w->all.n++;
	struct pci_device *d = &w->v[i];

	assert_true(i < MOST);
	*d = (struct pci_device){ .class_code = class, .iommu_group = group };
	d->header_type = class >> 8 == 0x0604;
	assert_int_equal(pci_address_parse(address, &d->at, NULL), 0);
	pci_address_format(d->at, d->address);
	d->parent = above < 0 ? NULL : &w->v[above];
	w->caps[i] = (struct pcicaps){ .has_header = true,
				       .known = express != NOT_READ,
				       .acs_known = express >= 0,
				       .express = express == NOT_READ ? PCI_EXPRESS_NONE
								      : express };
	return i;
}

static void give_acs(struct world *w, int i, uint16_t cap, uint16_t ctrl)
{
	w->caps[i].has_acs = true;
	w->caps[i].acs_cap = cap;
	w->caps[i].acs_ctrl = ctrl;
}

static void explain(struct world *w, int i, const char *cmdline)
{
	group_reasons_done(&w->why);
	pci_topology_sort(&w->t);
	group_explain(&w->t, &w->v[i], cmdline, &w->why);
}

/* The one reason that there is. */
static void is_reason(const struct world *w, size_t n, enum group_cause cause,
		      const char *at, const char *text)
{
	assert_true(n < w->why.n);
	assert_int_equal(w->why.v[n].cause, cause);
	if (at)
		assert_string_equal(w->why.v[n].at->address, at);
	else
		assert_null(w->why.v[n].at);
	if (!strstr(w->why.v[n].text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, w->why.v[n].text);
}

static void test_no_group(void **state)
{
	struct world w = { 0 };

	(void)state;
	clear(&w);
	add(&w, "0000:01:00.0", 0x030000, -1, PCI_EXPRESS_ENDPOINT, -1);
	explain(&w, 0, NULL);
	is_reason(&w, 0, GROUP_NONE, NULL, "the IOMMU is off");
	add(&w, "0000:02:00.0", 0x020000, -1, PCI_EXPRESS_ENDPOINT, 3);
	explain(&w, 0, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_NONE, NULL, "although the IOMMU is on");
	clear(&w);
}

static void test_alone(void **state)
{
	struct world w = { 0 };
	int port;

	(void)state;
	clear(&w);
	port = add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	/* Source Validation only: what the capability lacks counts as fine. */
	give_acs(&w, port, 0x01, 0x01);
	add(&w, "0000:01:00.0", 0x030000, port, PCI_EXPRESS_ENDPOINT, 2);
	explain(&w, 1, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_ALONE, NULL, "every port on the way");
	assert_false(w.why.unread);
	explain(&w, port, NULL);
	is_reason(&w, 0, GROUP_ALONE, NULL, "no port is on the way");
	/* Nobody but root reads the ports' ACS. */
	w.caps[port].known = false;
	explain(&w, 1, NULL);
	assert_int_equal(w.why.n, 1);
	assert_true(w.why.unread);
	assert_null(strstr(w.why.v[0].text, "every port"));
	clear(&w);
}

static void test_port(void **state)
{
	struct world w = { 0 };
	int port, gpu;

	(void)state;
	clear(&w);
	port = add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	gpu = add(&w, "0000:01:00.0", 0x030000, port, PCI_EXPRESS_ENDPOINT, 1);
	explain(&w, gpu, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_PORT, "0000:00:01.0", "root port 0000:00:01.0 has no ACS");
	/* The port is asked about: the same reason. */
	explain(&w, port, NULL);
	is_reason(&w, 0, GROUP_PORT, "0000:00:01.0", "has no ACS");
	give_acs(&w, port, 0x1f, 0x11);
	explain(&w, gpu, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_PORT, "0000:00:01.0",
		  "but Request Redirect, Completion Redirect not switched on");
	give_acs(&w, port, 0x1f, 0x1d);
	explain(&w, gpu, NULL);
	is_reason(&w, 0, GROUP_OTHER, "0000:00:01.0", "switched on now");
	w.caps[port].known = w.caps[port].acs_known = false;
	explain(&w, gpu, NULL);
	is_reason(&w, 0, GROUP_PORT, "0000:00:01.0", "is in the group");
	assert_true(w.why.unread);
	clear(&w);
}

/* Of several ports the one nearest to the root decides: all below it is one group. */
static void test_switch(void **state)
{
	struct world w = { 0 };
	int root, up, a, b, nic;

	(void)state;
	clear(&w);
	root = add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	give_acs(&w, root, 0x1f, 0x1d);
	up = add(&w, "0000:01:00.0", 0x060400, root, PCI_EXPRESS_UPSTREAM, 2);
	a = add(&w, "0000:02:01.0", 0x060400, up, PCI_EXPRESS_DOWNSTREAM, 3);
	b = add(&w, "0000:02:02.0", 0x060400, up, PCI_EXPRESS_DOWNSTREAM, 4);
	give_acs(&w, b, 0x1f, 0x1d);
	nic = add(&w, "0000:03:00.0", 0x020000, a, PCI_EXPRESS_ENDPOINT, 3);
	add(&w, "0000:04:00.0", 0x020000, b, PCI_EXPRESS_ENDPOINT, 5);
	explain(&w, nic, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_PORT, "0000:02:01.0", "switch port 0000:02:01.0 has no");
	/* An upstream port needs ACS only if it is one of several functions. */
	explain(&w, 5, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_ALONE, NULL, "every port");
	w.caps[up].multifunction = true;
	explain(&w, 5, NULL);
	is_reason(&w, 1, GROUP_FINER, "0000:01:00.0", "in its list");
	clear(&w);
}

static void test_conventional(void **state)
{
	struct world w = { 0 };
	int port, bridge, card;

	(void)state;
	clear(&w);
	port = add(&w, "0000:00:1c.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	give_acs(&w, port, 0x1f, 0x1d);
	bridge = add(&w, "0000:07:00.0", 0x060400, port, PCI_EXPRESS_TO_PCI, 2);
	card = add(&w, "0000:08:00.0", 0x030000, bridge, PCI_EXPRESS_NONE, 2);
	explain(&w, card, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_CONVENTIONAL, "0000:07:00.0", "conventional PCI");
	clear(&w);
}

static void test_functions(void **state)
{
	struct world w = { 0 };
	int port, gpu, audio;

	(void)state;
	clear(&w);
	port = add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	give_acs(&w, port, 0x1f, 0x1d);
	gpu = add(&w, "0000:01:00.0", 0x030000, port, PCI_EXPRESS_LEGACY_ENDPOINT, 2);
	audio = add(&w, "0000:01:00.1", 0x040300, port, PCI_EXPRESS_ENDPOINT, 2);
	w.caps[gpu].multifunction = w.caps[audio].multifunction = true;
	explain(&w, audio, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_FUNCTIONS, "0000:01:00.0", "has no ACS");
	give_acs(&w, audio, 0x1d, 0);
	explain(&w, audio, NULL);
	is_reason(&w, 0, GROUP_FUNCTIONS, "0000:01:00.0", "not switched on");
	/* In groups of their own without ACS: the kernel knows the chip. */
	w.v[audio].iommu_group = 3;
	explain(&w, audio, NULL);
	is_reason(&w, 0, GROUP_ALONE, NULL, "every port");
	is_reason(&w, 1, GROUP_FINER, "0000:01:00.0", "in its list");
	explain(&w, audio, "quiet pcie_acs_override=multifunction");
	is_reason(&w, 1, GROUP_FINER, "0000:01:00.0", "does not keep them from");
	clear(&w);
}

/* Root ports of one chip without ACS: what is below each of them is one group. */
static void test_ports_of_one_chip(void **state)
{
	struct world w = { 0 };
	int a, b, nic, disk;

	(void)state;
	clear(&w);
	a = add(&w, "0000:00:1c.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	b = add(&w, "0000:00:1c.4", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	nic = add(&w, "0000:01:00.0", 0x020000, a, PCI_EXPRESS_ENDPOINT, 1);
	disk = add(&w, "0000:02:00.0", 0x010802, b, PCI_EXPRESS_ENDPOINT, 1);
	w.caps[a].multifunction = w.caps[b].multifunction = true;
	explain(&w, nic, NULL);
	assert_int_equal(w.why.n, 2);
	is_reason(&w, 0, GROUP_PORT, "0000:00:1c.0", "has no ACS");
	is_reason(&w, 1, GROUP_FUNCTIONS, "0000:00:1c.0",
		  "2 functions of 0000:00:1c may");
	explain(&w, disk, NULL);
	is_reason(&w, 0, GROUP_PORT, "0000:00:1c.4", "has no ACS");
	clear(&w);
}

static void test_controller(void **state)
{
	struct world w = { 0 };
	int vmd, port, disk;

	(void)state;
	clear(&w);
	vmd = add(&w, "0000:5d:05.5", 0x010400, -1, PCI_EXPRESS_INTEGRATED_ENDPOINT, 22);
	port = add(&w, "10000:00:00.0", 0x060400, vmd, PCI_EXPRESS_ROOT_PORT, 22);
	disk = add(&w, "10000:01:00.0", 0x010802, port, PCI_EXPRESS_ENDPOINT, 22);
	w.v[port].controller = w.v[disk].controller = w.v[vmd].address;
	explain(&w, disk, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_CONTROLLER, "0000:5d:05.5", "below 0000:5d:05.5");
	explain(&w, vmd, NULL);
	is_reason(&w, 0, GROUP_CONTROLLER, "0000:5d:05.5", "below 0000:5d:05.5");
	assert_int_equal(group_member_role(&w.v[disk], NULL), MEMBER_IS_BELOW);
	assert_int_equal(group_member_role(&w.v[vmd], NULL), MEMBER_GOES_ALONG);
	clear(&w);
}

/* Two cards that the rules keep apart. */
static void test_other(void **state)
{
	struct world w = { 0 };

	(void)state;
	clear(&w);
	add(&w, "0000:01:00.0", 0x020000, -1, PCI_EXPRESS_INTEGRATED_ENDPOINT, 1);
	add(&w, "0000:02:00.0", 0x020000, -1, PCI_EXPRESS_INTEGRATED_ENDPOINT, 1);
	explain(&w, 0, NULL);
	assert_int_equal(w.why.n, 1);
	is_reason(&w, 0, GROUP_OTHER, NULL, "why 0000:02:00.0 is in it, too");
	clear(&w);
}

/* Links of a foreign root may lead in a circle. */
static void test_circle(void **state)
{
	struct world w = { 0 };

	(void)state;
	clear(&w);
	add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	add(&w, "0000:01:00.0", 0x060400, 0, PCI_EXPRESS_ROOT_PORT, 1);
	w.v[0].parent = &w.v[1];
	explain(&w, 0, NULL);
	assert_true(w.why.n > 0);
	clear(&w);
}

static void test_roles(void **state)
{
	static char shpchp[] = "shpchp", pcieport[] = "pcieport";
	struct pci_device d = { .class_code = 0x060400 };

	(void)state;
	assert_int_equal(group_member_role(&d, NULL), MEMBER_STAYS);
	d.driver = pcieport;
	assert_int_equal(group_member_role(&d, NULL), MEMBER_STAYS);
	d.driver = shpchp;
	assert_int_equal(group_member_role(&d, NULL), MEMBER_BLOCKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_group),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_conventional),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_ports_of_one_chip),
		cmocka_unit_test(test_controller),
		cmocka_unit_test(test_other),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
