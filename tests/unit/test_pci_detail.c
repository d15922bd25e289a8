/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One PCI function in depth, on trees laid out as sysfs is. */
#include "modules_tree.h"
#include "probe/pci_detail.h"
#include "probe/pci_topology.h"

#define BUS "/sys/bus/pci/devices/"
#define PORT "/sys/devices/pci0000:00/0000:00:01.0"
#define NIC PORT "/0000:0b:00.0"
#define NODE "/sys/devices/system/node/node1/hugepages/hugepages-"

static void add_function(const struct tree *t, const char *dir, const char *class)
{
	char *link = xasprintf(BUS "%s", path_base(dir));
	char *target = xasprintf("../../..%s", dir + strlen("/sys"));
	char *path = xasprintf("%s/class", dir);

	tree_write(t, path, class);
	tree_link(t, target, link);
	free(path);
	free(link);
	free(target);
}

static struct pci_devices load(const struct tree *t)
{
	struct pci_devices d = { 0 };

	assert_int_equal(pci_load(t->host, PCI_DETAILS, NULL, &d, NULL), 0);
	return d;
}

static struct pci_devices load_nic(const struct tree *t)
{
	add_function(t, PORT, "0x060400\n");
	add_function(t, NIC, "0x020000\n");
	tree_write(t, NIC "/modalias",
		   "pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00\n");
	tree_write(t, NIC "/numa_node", "1\n");
	tree_link(t, "../../../../kernel/iommu_groups/7", NIC "/iommu_group");
	return load(t);
}

/* A line of zeros follows a 64-bit BAR. */
static void test_bars(void **state)
{
	const struct tree *t = *state;
	struct pci_devices all;
	struct pci_detail d;

	tree_write(t, NIC "/resource",
		   "0x00000000e0000000 0x00000000e0ffffff 0x0000000000040200\n"
		   "0x0000004000000000 0x00000047ffffffff 0x000000000014220c\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x0000000000000000 0x0000000001ffffff 0x000000002014220c\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x000000000000e000 0x000000000000e07f 0x0000000000040101\n"
		   "0x00000000000c0000 0x00000000000dffff 0x0000000000000212\n"
		   "0x0000004800000000 0x00000048ffffffff 0x000000000014220c\n");
	all = load_nic(t);
	pci_detail_load(t->host, &all.v[1], &d);
	assert_true(d.bars_known);
	assert_int_equal(d.n_bars, 5);
	assert_int_equal(d.bars[0].size, 16 << 20);
	assert_false(d.bars[0].is_64bit || d.bars[0].prefetchable || d.bars[0].io);
	assert_int_equal(d.bars[1].number, 1);
	assert_int_equal(d.bars[1].size, UINT64_C(32) << 30);
	assert_true(d.bars[1].is_64bit && d.bars[1].prefetchable);
	assert_false(d.bars[1].unassigned);
	assert_int_equal(d.bars[2].number, 3);
	assert_int_equal(d.bars[2].size, 32 << 20);
	assert_true(d.bars[2].unassigned);
	assert_true(d.bars[3].io);
	assert_int_equal(d.bars[3].size, 128);
	assert_int_equal(d.bars[4].number, PCI_ROM);
	assert_true(d.bars[4].shadow);
	pci_detail_done(&d);
	pci_devices_done(&all);
}

static void test_junk_in_resource(void **state)
{
	const struct tree *t = *state;
	struct pci_devices all;
	struct pci_detail d;

	tree_write(t, NIC "/resource",
		   "0x1 0x0 0x200\n0x0 0xffffffffffffffff 0x200\n0x10\nx y z\n"
		   "0x10 0x1f 0x99999999999999999\n\n0x1000 0x1fff 0x200 0x0\n");
	all = load_nic(t);
	pci_detail_load(t->host, &all.v[1], &d);
	assert_true(d.bars_known);
	assert_int_equal(d.n_bars, 1);
	assert_int_equal(d.bars[0].number, PCI_ROM);
	pci_detail_done(&d);
	pci_devices_done(&all);
}

static void test_attributes(void **state)
{
	const struct tree *t = *state;
	struct pci_devices all;
	struct pci_detail d;

	tree_write(t, NIC "/revision", "0xa1\n");
	tree_write(t, NIC "/current_link_speed", "8.0 GT/s PCIe\n");
	tree_write(t, NIC "/max_link_speed", "16.0 GT/s PCIe\n");
	tree_write(t, NIC "/current_link_width", "0\n");
	tree_write(t, NIC "/max_link_width", "16\n");
	tree_write(t, NIC "/power_state", "D3hot\n");
	tree_write(t, NIC "/local_cpulist", "8-15\n");
	tree_write(t, NIC "/sriov_totalvfs", "8\n");
	tree_write(t, NIC "/d3cold_allowed", "0\n");
	tree_write(t, NODE "2048kB/nr_hugepages", "1024\n");
	tree_write(t, NODE "2048kB/free_hugepages", "1000\n");
	tree_write(t, "/sys/kernel/iommu_groups/7/reserved_regions",
		   "0x0000000000100000 0x00000000001fffff direct\n"
		   "0x00000000fee00000 0x00000000feefffff msi\nnonsense\n");
	all = load_nic(t);
	pci_detail_load(t->host, &all.v[1], &d);
	assert_int_equal(d.revision, 0xa1);
	assert_string_equal(d.speed, "8.0 GT/s PCIe");
	assert_string_equal(d.max_width, "16");
	assert_null(d.width);
	assert_string_equal(d.power_state, "D3hot");
	assert_true(d.no_d3cold);
	assert_string_equal(d.cpus, "8-15");
	assert_int_equal(d.total_vfs, 8);
	assert_int_equal(d.free_2m, 1000);
	assert_int_equal(d.all_2m, 1024);
	assert_int_equal(d.all_1g, -1);
	assert_true(d.reserved_known);
	assert_int_equal(d.n_reserved, 2);
	assert_string_equal(d.reserved[0].type, "direct");
	assert_int_equal(d.reserved[0].end, 0x1fffff);
	pci_detail_done(&d);
	/* The port has none of these. */
	pci_detail_load(t->host, &all.v[0], &d);
	assert_int_equal(d.revision, -1);
	assert_false(d.bars_known || d.reserved_known || d.no_d3cold);
	assert_null(d.max_speed);
	assert_int_equal(d.total_vfs, -1);
	pci_detail_done(&d);
	pci_devices_done(&all);
}

/* "config" of a foreign root that is a link is not followed, nor is a FIFO waited for. */
static void test_topology(void **state)
{
	const struct tree *t = *state;
	struct pci_topology topology;
	struct pci_devices all;
	char *fifo = tree_path(t, NIC "/config");

	tree_write(t, "/other",
		   "\x86\x80\x01\x19\x01\x01\x01\x01\x02\x01\x01\x01\x01\x01"
		   "\x01\x01................................................");
	tree_link(t, "/other", PORT "/config");
	all = load_nic(t);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	free(fifo);
	pci_topology_load(t->host, &all, &topology);
	assert_null(all.v[0].parent);
	assert_ptr_equal(all.v[1].parent, &all.v[0]);
	assert_false(topology.caps[0].has_header || topology.caps[1].has_header);
	pci_topology_done(&topology);
	pci_devices_done(&all);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bars),
		TEST(test_junk_in_resource),
		TEST(test_attributes),
		TEST(test_topology),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
