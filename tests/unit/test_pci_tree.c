/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list --tree: what is below what, whatever the host says, and the notes where a
 * group is made. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "devices/tree.h"
#include "report/pci_tree.h"

#define MOST 24

struct world {
	struct pci_device v[MOST];
	struct pci_devices all;
	struct pcicaps caps[MOST];
	struct pci_topology t;
	bool wanted[MOST];
	struct persisted_list none;
	struct group_reasons why;
	char *text; /* what was printed */
};

static void clear(struct world *w)
{
	group_reasons_done(&w->why);
	free(w->t.grouped);
	free(w->text);
	*w = (struct world){ 0 };
	w->all.v = w->v;
	w->t.all = &w->all;
	w->t.caps = w->caps;
}

/* Adds a function below the one at index above (-1: on a root bus), in address order, and
 * returns its index. */
static int add(struct world *w, const char *address, uint32_t class, int above,
	       int express, long group)
{
	int i = (int)w->all.n++;
	struct pci_device *d = &w->v[i];

	assert_true(i < MOST);
	*d = (struct pci_device){ .class_code = class, .iommu_group = group };
	assert_int_equal(pci_address_parse(address, &d->at, NULL), 0);
	pci_address_format(d->at, d->address);
	d->class_name = class >> 8 == 0x0604 ? "PCI bridge" : "Card";
	d->vendor_name = "V";
	d->device_name = "D";
	d->parent = above < 0 ? NULL : &w->v[above];
	w->wanted[i] = true;
	w->caps[i] = (struct pcicaps){ .has_header = true,
				       .known = true,
				       .acs_known = express >= 0,
				       .express = express };
	return i;
}

static void give_acs(struct world *w, int i)
{
	w->caps[i].has_acs = true;
	w->caps[i].acs_cap = 0x1f;
	w->caps[i].acs_ctrl = 0x1d;
}

static const char *print(struct world *w, bool utf8, const char *cmdline)
{
	struct output o = { 0 };
	struct pci_tree_view view = { .topology = &w->t,
				      .wanted = w->wanted,
				      .persisted = &w->none,
				      .why = &w->why,
				      .utf8 = utf8,
				      .is_root = true };
	size_t n;

	free(w->text);
	group_reasons_done(&w->why);
	pci_topology_sort(&w->t);
	groups_explain(&w->t, cmdline, &w->why);
	o.out = open_memstream(&w->text, &n);
	assert_int_equal(report_pci_tree(&o, &view, NULL), 0);
	fclose(o.out);
	return w->text;
}

static void has(const struct world *w, const char *text)
{
	if (!strstr(w->text, text))
		fail_msg("\"%s\" is not in\n%s", text, w->text);
}

static void has_not(const struct world *w, const char *text)
{
	if (strstr(w->text, text))
		fail_msg("\"%s\" is in\n%s", text, w->text);
}

/* A switch with a NIC and its virtual functions below one port and a card below another,
 * which has no ACS; and two ports of one chip that share a group. */
static void make_server(struct world *w)
{
	static char pf[] = "0000:03:00.0", driver[] = "mlx5_core", vfio[] = "vfio-pci";
	int root, up, a, b, nic, vf, c, d;

	clear(w);
	root = add(w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	c = add(w, "0000:00:1c.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 7);
	d = add(w, "0000:00:1c.4", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 7);
	w->caps[c].multifunction = w->caps[d].multifunction = true;
	up = add(w, "0000:01:00.0", 0x060400, root, PCI_EXPRESS_UPSTREAM, 2);
	a = add(w, "0000:02:01.0", 0x060400, up, PCI_EXPRESS_DOWNSTREAM, 3);
	b = add(w, "0000:02:02.0", 0x060400, up, PCI_EXPRESS_DOWNSTREAM, 4);
	give_acs(w, root);
	give_acs(w, a);
	nic = add(w, "0000:03:00.0", 0x020000, a, PCI_EXPRESS_ENDPOINT, 5);
	vf = add(w, "0000:03:00.1", 0x020000, a, PCI_EXPRESS_ENDPOINT, 6);
	w->v[nic].driver = driver;
	w->v[vf].physfn = pf;
	w->v[vf].driver = vfio;
	add(w, "0000:04:00.0", 0x030000, b, PCI_EXPRESS_ENDPOINT, 4);
	add(w, "0000:05:00.0", 0x020000, c, PCI_EXPRESS_ENDPOINT, 7);
	add(w, "0000:06:00.0", 0x010802, d, PCI_EXPRESS_ENDPOINT, 7);
	add(w, "0001:80:00.0", 0x020000, -1, PCI_EXPRESS_INTEGRATED_ENDPOINT, -1);
}

static void test_server(void **state)
{
	struct world w = { 0 };

	(void)state;
	make_server(&w);
	assert_string_equal(
		print(&w, false, NULL),
		"bus 0000:00\n"
		"+- 0000:00:01.0 PCI bridge: V D        [group 1]   -\n"
		"|  \\- 0000:01:00.0 PCI bridge: V D     [group 2]   -\n"
		"|     +- 0000:02:01.0 PCI bridge: V D  [group 3]   -\n"
		"|     |  \\- 0000:03:00.0 Card: V D     [group 5]   mlx5_core\n"
		"|     |     \\- 0000:03:00.1 Card: V D  [group 6]   vfio-pci   VF\n"
		"|     \\- 0000:02:02.0 PCI bridge: V D  [group 4]   -          "
		"merges what is below into group 4: no ACS\n"
		"|        \\- 0000:04:00.0 Card: V D     [group 4]   -\n"
		"+- 0000:00:1c.0 PCI bridge: V D        [group 7]   -          "
		"merges what is below into group 7: no ACS; merges 0000:00:1c.* into "
		"group 7: no ACS\n"
		"|  \\- 0000:05:00.0 Card: V D           [group 7]   -\n"
		"\\- 0000:00:1c.4 PCI bridge: V D        [group 7]   -          "
		"merges what is below into group 7: no ACS\n"
		"   \\- 0000:06:00.0 Card: V D           [group 7]   -\n"
		"bus 0001:80\n"
		"\\- 0001:80:00.0 Card: V D              [no group]  -\n");
	print(&w, true, NULL);
	has(&w, "\n│     │     └─ 0000:03:00.1 Card: V D  [group 6]   vfio-pci   VF\n");
	has(&w, "\n└─ 0000:00:1c.4 PCI bridge: V D        [group 7]   -          merges");
	clear(&w);
}

/* What is only on the way is in parentheses, the other branches are gone, and the members
 * of the group that are not there are counted. */
static void test_filter(void **state)
{
	struct world w = { 0 };

	(void)state;
	make_server(&w);
	for (size_t i = 0; i < w.all.n; i++)
		w.wanted[i] = strcmp(w.v[i].address, "0000:06:00.0") == 0;
	assert_string_equal(
		print(&w, false, NULL),
		"bus 0000:00\n"
		"\\- (0000:00:1c.4 PCI bridge: V D)  [group 7]  -  merges what is below "
		"into group 7: no ACS\n"
		"   \\- 0000:06:00.0 Card: V D       [group 7]  -\n"
		"\n"
		"group 7: 2 of its 4 devices are not shown, --group 7 shows all\n");
	memset(w.wanted, 0, sizeof(w.wanted));
	assert_string_equal(print(&w, false, NULL), "");
	clear(&w);
}

static void test_no_iommu(void **state)
{
	struct world w = { 0 };

	(void)state;
	clear(&w);
	add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, -1);
	add(&w, "0000:01:00.0", 0x030000, 0, PCI_EXPRESS_ENDPOINT, -1);
	assert_string_equal(print(&w, false, NULL),
			    "bus 0000:00\n"
			    "\\- 0000:00:01.0 PCI bridge: V D  -\n"
			    "   \\- 0000:01:00.0 Card: V D     -\n"
			    "\n"
			    "there are no IOMMU groups: the IOMMU is off\n");
	clear(&w);
}

/* Where the capabilities can't be read, no reason is made up. */
static void test_unread(void **state)
{
	struct world w = { 0 };

	(void)state;
	make_server(&w);
	for (size_t i = 0; i < w.all.n; i++)
		w.caps[i].known = w.caps[i].acs_known = false;
	print(&w, false, NULL);
	has(&w, "merges what is below into group 4\n");
	has(&w, "merges 0000:00:1c.* into group 7\n");
	has_not(&w, "no ACS");
	has(&w, "\n\nthe ACS of the ports could not be read: more can't be told\n");
	clear(&w);
}

/* Members in branches that nothing but the group has together. */
static void test_other_branches(void **state)
{
	struct world w = { 0 };

	(void)state;
	make_server(&w);
	w.v[11].iommu_group = 5;
	print(&w, false, NULL);
	has(&w,
	    "\ngroup 5: neither ACS nor its place explains why 0001:80:00.0 is in it");
	has_not(&w, "into group 5");
	/* It is told of a group that is asked for only. */
	for (size_t i = 0; i < w.all.n; i++)
		w.wanted[i] = w.v[i].iommu_group == 4;
	print(&w, false, NULL);
	has_not(&w, "group 5");
	clear(&w);
}

static void test_controller(void **state)
{
	static char vmd[] = "0000:5d:05.5";
	struct world w = { 0 };
	int port, disk;

	(void)state;
	clear(&w);
	add(&w, vmd, 0x010400, -1, PCI_EXPRESS_INTEGRATED_ENDPOINT, 22);
	port = add(&w, "10000:00:00.0", 0x060400, 0, PCI_EXPRESS_ROOT_PORT, 22);
	disk = add(&w, "10000:01:00.0", 0x010802, port, PCI_EXPRESS_ENDPOINT, 22);
	w.v[port].controller = w.v[disk].controller = vmd;
	assert_string_equal(print(&w, false, NULL),
			    "bus 0000:5d\n"
			    "\\- 0000:5d:05.5 Card: V D            [group 22]  -  merges "
			    "what is below into group 22: transfers carry its address\n"
			    "   \\- 10000:00:00.0 PCI bridge: V D  [group 22]  -\n"
			    "      \\- 10000:01:00.0 Card: V D     [group 22]  -\n");
	clear(&w);
}

/* A patched kernel splits groups that are not isolated: each place is told of once. */
static void test_override(void **state)
{
	struct world w = { 0 };
	const char *first;

	(void)state;
	make_server(&w);
	w.v[8].iommu_group = 9;
	add(&w, "0002:00:00.0", 0x030000, 5, PCI_EXPRESS_ENDPOINT, 10);
	print(&w, false, "quiet pcie_acs_override=downstream");
	has(&w, "0000:02:02.0 PCI bridge: V D");
	first = strstr(w.text,
		       "pcie_acs_override= may be all that splits what is below\n");
	assert_non_null(first);
	assert_null(strstr(first + 1, "pcie_acs_override"));
	print(&w, false, "quiet");
	has_not(&w, "pcie_acs_override");
	clear(&w);
}

static void test_hostile_text(void **state)
{
	static char driver[] = "\x1b[31m\n\xff";
	struct world w = { 0 };

	(void)state;
	clear(&w);
	add(&w, "0000:00:01.0", 0x060400, -1, PCI_EXPRESS_ROOT_PORT, 1);
	w.v[0].driver = w.v[0].physfn = driver;
	w.v[0].device_name = driver;
	print(&w, true, NULL);
	has(&w, "\\x1b[31m\\x0a\\xff  [group 1]  \\x1b[31m\\x0a\\xff\n");
	clear(&w);
}

/* Virtual functions of each other, and a PF that is below its VF: each is there once,
 * on a root bus if nothing else is left. */
static void test_circles(void **state)
{
	static char a[] = "0000:00:01.0", b[] = "0000:00:02.0", c[] = "0000:00:03.0";
	struct device_tree tree;
	struct world w = { 0 };
	unsigned seen = 0;

	(void)state;
	clear(&w);
	add(&w, a, 0x020000, -1, PCI_EXPRESS_ENDPOINT, 1);
	add(&w, b, 0x020000, -1, PCI_EXPRESS_ENDPOINT, 1);
	add(&w, c, 0x020000, 1, PCI_EXPRESS_ENDPOINT, 1);
	add(&w, "0000:00:04.0", 0x020000, -1, PCI_EXPRESS_ENDPOINT, 1);
	w.v[0].physfn = b;
	w.v[1].physfn = c;
	w.v[3].physfn = w.v[3].address;
	device_tree_make(&w.all, w.wanted, &tree);
	assert_int_equal(tree.n, 4);
	for (size_t i = 0; i < tree.n; i++)
		seen |= 1U << (tree.v[i].d - w.v);
	assert_int_equal(seen, 0xf);
	device_tree_done(&tree);
	clear(&w);
}

/* A thousand bridges below each other: the lines don't grow without an end. */
static void test_deep(void **state)
{
	enum { N = 1000 };
	struct pci_device *v = xcalloc(N, sizeof(*v));
	bool *wanted = xcalloc(N, sizeof(*wanted));
	struct pci_devices all = { .v = v, .n = N };
	struct pci_topology t = { .all = &all, .caps = xcalloc(N, sizeof(*t.caps)) };
	struct persisted_list none = { 0 };
	struct group_reasons why = { 0 };
	struct pci_tree_view view = {
		.topology = &t, .wanted = wanted, .persisted = &none, .why = &why
	};
	struct output o = { 0 };
	size_t size, lines = 0, longest = 0, pos = 0, len;
	const char *line;
	char *text;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		v[i].at = (struct pci_address){ .bus = (uint8_t)(i / 256),
						.device = (uint8_t)(i / 8 % 32),
						.function = (uint8_t)(i % 8) };
		pci_address_format(v[i].at, v[i].address);
		v[i].class_code = 0x060400;
		v[i].parent = i ? &v[i - 1] : NULL;
	}
	wanted[N - 1] = true;
	pci_topology_sort(&t);
	groups_explain(&t, NULL, &why);
	o.out = open_memstream(&text, &size);
	assert_int_equal(report_pci_tree(&o, &view, NULL), 0);
	fclose(o.out);
	while (next_line(text, size, &pos, &line, &len)) {
		lines++;
		longest = len > longest ? len : longest;
	}
	assert_true(lines >= N && longest < 900);
	free(text);
	group_reasons_done(&why);
	pci_topology_done(&t);
	free(wanted);
	free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_no_iommu),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_other_branches),
		cmocka_unit_test(test_controller),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
