/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions, on trees laid out as sysfs is (linux
 * Documentation/ABI/testing/sysfs-bus-pci). */
#include <errno.h>

#include "modules_tree.h"
#include "probe/pci.h"
#include "probe/pci_names.h"
#include "probe/pci_place.h"

#define BUS "/sys/bus/pci/devices"
#define ROOT_BUS "/sys/devices/pci0000:00"
#define PORT ROOT_BUS "/0000:00:01.0"
#define GPU PORT "/0000:0b:00.0"

struct attr {
	const char *name;
	const char *text;
};

static void add_attrs(const struct tree *t, const char *dir, const struct attr *v,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", dir, v[i].name);

		tree_write(t, path, v[i].text);
		free(path);
	}
}

/* The link of the bus to the device at dir ("/sys/devices/..."), relative as sysfs makes
 * it. */
static void add_to_bus(const struct tree *t, const char *dir)
{
	char *link = xasprintf(BUS "/%s", path_base(dir));
	char *target = xasprintf("../../..%s", dir + strlen("/sys"));

	tree_link(t, target, link);
	free(link);
	free(target);
}

static void link_in(const struct tree *t, const char *dir, const char *name,
		    const char *target)
{
	char *path = xasprintf("%s/%s", dir, name);

	tree_link(t, target, path);
	free(path);
}

static void add_gpu(const struct tree *t)
{
	static const struct attr attrs[] = {
		{ "class", "0x030000\n" },
		{ "vendor", "0x10de\n" },
		{ "device", "0x2204\n" },
		{ "subsystem_vendor", "0x1458\n" },
		{ "subsystem_device", "0x403b\n" },
		{ "driver_override", "(null)\n" },
		{ "modalias", "pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i00\n" },
		{ "reset_method", "flr bus\n" },
		{ "boot_vga", "1\n" },
		{ "numa_node", "1\n" },
		{ "config", "\xde\x10\x04\x22....\xa1...\x10 \x80." },
	};

	add_attrs(t, GPU, attrs, ARRAY_SIZE(attrs));
	add_to_bus(t, GPU);
	link_in(t, GPU, "driver", "../../../../bus/pci/drivers/vfio-pci");
	link_in(t, GPU, "iommu_group", "../../../../kernel/iommu_groups/28");
	tree_mkdir(t, GPU "/vfio-dev/vfio3");
}

static void add_gpu_ids(const struct tree *t)
{
	static const struct attr attrs[] = { { "class", "0x040000\n" },
					     { "device", "0x2205\n" } };

	add_attrs(t, GPU, attrs, ARRAY_SIZE(attrs));
}

static void add_port(const struct tree *t)
{
	static const struct attr attrs[] = {
		{ "class", "0x060400\n" },
		{ "vendor", "0x8086\n" },
		{ "device", "0x1901\n" },
		{ "config", "\x86\x80\x01\x19....\x05...\x10 \x01." },
	};

	add_attrs(t, PORT, attrs, ARRAY_SIZE(attrs));
	add_to_bus(t, PORT);
	link_in(t, PORT, "iommu_group", "../../../kernel/iommu_groups/1");
}

static struct pci_devices load(const struct tree *t, unsigned what, const char *kernel)
{
	struct pci_devices d = { 0 };

	assert_int_equal(pci_load(t->host, what, kernel, &d, NULL), 0);
	return d;
}

static const struct pci_device *find(const struct pci_devices *d, const char *address)
{
	struct pci_address at;

	assert_int_equal(pci_address_parse(address, &at, NULL), 0);
	return pci_find(d, at);
}

static void test_basics(void **state)
{
	const struct tree *t = *state;
	const struct pci_device *gpu;
	struct pci_devices d;

	add_gpu(t);
	add_port(t);
	tree_write(t, "/dev/vfio/vfio", "");
	tree_write(t, "/dev/vfio/28", "");
	tree_write(t, "/dev/vfio/7x", "");
	d = load(t, 0, NULL);
	assert_int_equal(d.n, 2);
	assert_string_equal(d.v[0].address, "0000:00:01.0");
	gpu = find(&d, "0B:00.0");
	assert_ptr_equal(gpu, &d.v[1]);
	assert_int_equal(gpu->class_code, 0x030000);
	assert_int_equal(gpu->vendor, 0x10de);
	assert_int_equal(gpu->device, 0x2204);
	assert_int_equal(gpu->subsystem_vendor, 0x1458);
	assert_int_equal(gpu->subsystem_device, 0x403b);
	assert_int_equal(gpu->iommu_group, 28);
	assert_int_equal(gpu->vfio_group, 28);
	assert_string_equal(gpu->driver, "vfio-pci");
	assert_int_equal(d.v[0].iommu_group, 1);
	assert_int_equal(d.v[0].vfio_group, -1);
	assert_null(d.v[0].driver);
	/* nothing that was not asked for */
	assert_null(gpu->class_name);
	assert_null(gpu->driver_override);
	assert_null(gpu->modalias);
	assert_true(pci_is_display(gpu) && !pci_is_bridge(gpu) && !pci_is_network(gpu));
	assert_true(pci_is_bridge(&d.v[0]));
	assert_null(find(&d, "0000:0c:00.0"));
	pci_devices_done(&d);
}

static void test_details(void **state)
{
	const struct tree *t = *state;
	const struct pci_device *gpu;
	struct pci_devices d;

	add_gpu(t);
	add_port(t);
	d = load(t, PCI_DETAILS, NULL);
	/* A name in sysfs is no node (kubevirt #18895). */
	assert_null(find(&d, "0b:00.0")->vfio_cdev);
	pci_devices_done(&d);
	tree_write(t, "/dev/vfio/devices/vfio3", "");
	d = load(t, PCI_DETAILS, NULL);
	gpu = find(&d, "0b:00.0");
	assert_null(gpu->driver_override);
	assert_string_equal(gpu->vfio_cdev, "vfio3");
	assert_non_null(strstr(gpu->modalias, "d00002204"));
	assert_null(gpu->physfn);
	assert_int_equal(gpu->reset_methods.n, 2);
	assert_string_equal(gpu->reset_methods.v[1], "bus");
	assert_true(gpu->boot_vga);
	assert_int_equal(gpu->numa_node, 1);
	assert_int_equal(gpu->header_type, 0); /* 0x80 is the multi-function bit */
	assert_int_equal(gpu->num_vfs, 0);
	assert_int_equal(d.v[0].header_type, 1);
	assert_int_equal(d.v[0].numa_node, -1);
	assert_false(d.v[0].boot_vga);
	pci_devices_done(&d);
}

static void test_virtual_function(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;

	tree_write(t, ROOT_BUS "/0000:03:00.0/sriov_numvfs", "4\n");
	tree_write(t, ROOT_BUS "/0000:03:00.0/driver_override", "vfio-pci\n");
	tree_mkdir(t, ROOT_BUS "/0000:03:10.0");
	tree_link(t, "../0000:03:00.0", ROOT_BUS "/0000:03:10.0/physfn");
	add_to_bus(t, ROOT_BUS "/0000:03:00.0");
	add_to_bus(t, ROOT_BUS "/0000:03:10.0");
	d = load(t, PCI_DETAILS, NULL);
	assert_int_equal(d.v[0].num_vfs, 4);
	assert_string_equal(d.v[0].driver_override, "vfio-pci");
	assert_string_equal(d.v[1].physfn, "0000:03:00.0");
	assert_int_equal(d.v[1].header_type, 0xff);
	pci_devices_done(&d);
}

/* A file of raw bytes. */
static void write_bytes(const struct tree *t, const char *path, const uint8_t *bytes,
			size_t n)
{
	char *file;
	int fd;

	tree_write(t, path, "");
	file = tree_path(t, path);
	fd = open(file, O_WRONLY);
	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
	free(file);
}

static bool answers(const struct tree *t, const uint8_t *config, size_t n)
{
	struct pci_devices d;
	bool ret;

	write_bytes(t, ROOT_BUS "/0000:03:00.0/config", config, n);
	d = load(t, PCI_DETAILS, NULL);
	ret = !d.v[0].no_answer;
	pci_devices_done(&d);
	return ret;
}

/* All of the first 64 bytes are ones, as lspci -xxx shows a card that is gone
 * (ellyq/coreboot #4); fewer bytes say nothing. */
/* As sysfs has Intel's VMD and a disk below it (linux drivers/pci/controller/vmd.c): a
 * host bridge of its own below an endpoint. A virtual function is beside its PF, and what
 * is below bridges alone has no controller. */
static void test_below_a_controller(void **state)
{
	static const struct {
		const char *dir, *class_code, *controller, *parent;
	} functions[] = {
		{ ROOT_BUS "/0000:00:0e.0", "0x010400\n", NULL, NULL },
		{ ROOT_BUS "/0000:00:0e.0/pci10000:e0/10000:e0:06.0", "0x060400\n",
		  "0000:00:0e.0", "0000:00:0e.0" },
		{ ROOT_BUS "/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0",
		  "0x010802\n", "0000:00:0e.0", "10000:e0:06.0" },
		{ PORT, "0x060400\n", NULL, NULL },
		{ PORT "/0000:01:00.0", "0x020000\n", NULL, "0000:00:01.0" },
		{ PORT "/0000:01:10.0", "0x020000\n", NULL, "0000:00:01.0" },
	};
	const struct tree *t = *state;
	struct pci_devices all = { 0 };
	struct error e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		const struct attr attrs[] = { { "class", functions[i].class_code } };

		add_attrs(t, functions[i].dir, attrs, ARRAY_SIZE(attrs));
		add_to_bus(t, functions[i].dir);
	}
	assert_int_equal(pci_load(t->host, PCI_DETAILS, NULL, &all, &e), 0);
	assert_int_equal(all.n, ARRAY_SIZE(functions));
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct pci_address at;
		const struct pci_device *d;

		assert_int_equal(
			pci_address_parse(path_base(functions[i].dir), &at, NULL), 0);
		d = pci_find(&all, at);
		assert_true(str_eq(d->controller, functions[i].controller) ||
			    (!d->controller && !functions[i].controller));
		if (functions[i].parent)
			assert_string_equal(d->parent->address, functions[i].parent);
		else
			assert_null(d->parent);
	}
	pci_devices_done(&all);
	assert_int_equal(pci_load(t->host, 0, NULL, &all, &e), 0);
	for (size_t i = 0; i < all.n; i++)
		assert_null(all.v[i].parent);
	pci_devices_done(&all);
}

/* The links of a foreign root say what they like. */
static void test_hostile_places(void **state)
{
	static const char *const links[][2] = {
		/* three in a circle, and one that hangs on it */
		{ "0000:00:01.0", "../0000:00:03.0/0000:00:01.0" },
		{ "0000:00:02.0", "../0000:00:01.0/0000:00:02.0" },
		{ "0000:00:03.0", "../0000:00:02.0/0000:00:03.0" },
		{ "0000:00:04.0", "../0000:00:02.0/0000:00:04.0" },
		/* below itself, below what is not there, below junk */
		{ "0000:00:05.0", "../0000:00:05.0/0000:00:05.0" },
		{ "0000:00:06.0", "../0000:00:05.0/0000:77:00.0/0000:00:06.0" },
		{ "0000:00:07.0", "//..//x y/\x1b[1m/0000:00:07.0" },
	};
	const struct tree *t = *state;
	struct pci_devices all;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		char *path = xasprintf("/sys/bus/pci/devices/%s", links[i][0]);

		tree_link(t, links[i][1], path);
		free(path);
	}
	all = load(t, PCI_PLACE, NULL);
	assert_int_equal(all.n, ARRAY_SIZE(links));
	/* The circle is cut once. */
	assert_int_equal(!all.v[0].parent + !all.v[1].parent + !all.v[2].parent, 1);
	assert_ptr_equal(all.v[3].parent, &all.v[1]);
	assert_null(all.v[4].parent);
	assert_ptr_equal(all.v[5].parent, &all.v[4]);
	assert_null(all.v[6].parent);
	pci_devices_done(&all);
}

static void test_cut_circles(void **state)
{
	size_t up[] = { 1, 2, 0, SIZE_MAX, 3, 0, 6 };

	(void)state;
	pci_cut_circles(NULL, 0);
	pci_cut_circles(up, ARRAY_SIZE(up));
	for (size_t i = 0; i < ARRAY_SIZE(up); i++) {
		size_t steps = 0;

		for (size_t k = i; k != SIZE_MAX; k = up[k])
			assert_true(++steps <= ARRAY_SIZE(up));
	}
	assert_int_equal(up[3], SIZE_MAX);
	assert_int_equal(up[4], 3);
	assert_int_equal(up[5], 0);
	assert_int_equal(up[6], SIZE_MAX);
}

static void test_no_answer(void **state)
{
	const struct tree *t = *state;
	uint8_t config[256];

	tree_mkdir(t, ROOT_BUS "/0000:03:00.0");
	add_to_bus(t, ROOT_BUS "/0000:03:00.0");
	memset(config, 0xff, sizeof(config));
	assert_false(answers(t, config, 256));
	assert_false(answers(t, config, 64));
	assert_true(answers(t, config, 63));
	assert_true(answers(t, config, 0));
	/* A virtual function: ones for vendor and device, and nothing of a BAR. */
	config[4] = 0x04;
	assert_true(answers(t, config, 64));
	memset(config, 0, sizeof(config));
	memset(config, 0xff, 4);
	assert_true(answers(t, config, 256));
	memset(config, 0xff, 63);
	assert_true(answers(t, config, 64));
}

static void test_direct_region(void **state)
{
	static const char *const regions = "/sys/kernel/iommu_groups/28/reserved_regions";
	const struct tree *t = *state;
	struct pci_devices d;

	add_gpu(t);
	d = load(t, PCI_REGIONS, NULL);
	assert_null(d.v[0].direct_region);
	pci_devices_done(&d);
	tree_write(t, regions,
		   "0x00000000cd800000 0x00000000cfffffff direct-relaxable\n"
		   "0x00000000fee00000 0x00000000feefffff msi\n"
		   "0x000000fd00000000 0x000000ffffffffff reserved\n");
	d = load(t, PCI_REGIONS, NULL);
	assert_null(d.v[0].direct_region);
	pci_devices_done(&d);
	tree_write(t, regions,
		   "0x000000005fffe000 0x000000005fffffff direct\n"
		   "0x00000000fee00000 0x00000000feefffff msi\n");
	d = load(t, PCI_REGIONS, NULL);
	assert_string_equal(d.v[0].direct_region,
			    "0x000000005fffe000 0x000000005fffffff direct");
	pci_devices_done(&d);
	d = load(t, PCI_DETAILS, NULL);
	assert_null(d.v[0].direct_region);
	pci_devices_done(&d);
}

/* The running machine's pci.ids: only the form is certain. */
static void test_names(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;
	char *text;

	add_gpu(t);
	tree_write(t, ROOT_BUS "/0000:00:1f.0/vendor", "0xfffe\n");
	tree_write(t, ROOT_BUS "/0000:00:1f.0/device", "0x1234\n");
	add_to_bus(t, ROOT_BUS "/0000:00:1f.0");
	d = load(t, PCI_NAMES, NULL);
	assert_non_null(d.v[1].class_name);
	assert_non_null(d.v[1].vendor_name);
	text = pci_description(&d.v[1]);
	assert_non_null(strstr(text, ": "));
	assert_non_null(strstr(text, d.v[1].device_name));
	assert_string_equal(d.v[0].device_name, "Device 1234");
	free(text);
	pci_devices_done(&d);
}

/* All ids are in the modalias; where that is none that the kernel writes, they are read
 * one by one. */
static void test_ids_from_modalias(void **state)
{
	static const char *const unusable[] = {
		"", "pci:\n", "of:NpciT(null)Cpci10de,2204\n",
		"pci:v000010DEd00009999sv00001458sd0000403Bbc03sc00i00x\n"
	};
	const struct tree *t = *state;
	struct pci_devices d;

	add_gpu(t);
	tree_write(t, GPU "/class", "0xffffff\n");
	tree_write(t, GPU "/device", "0x9999\n");
	d = load(t, PCI_NAMES, NULL);
	assert_int_equal(d.v[0].class_code, 0x030000);
	assert_int_equal(d.v[0].vendor, 0x10de);
	assert_int_equal(d.v[0].device, 0x2204);
	assert_int_equal(d.v[0].subsystem_vendor, 0x1458);
	assert_int_equal(d.v[0].subsystem_device, 0x403b);
	pci_devices_done(&d);
	add_gpu_ids(t);
	for (size_t i = 0; i < ARRAY_SIZE(unusable); i++) {
		tree_write(t, GPU "/modalias", unusable[i]);
		d = load(t, PCI_NAMES, NULL);
		assert_int_equal(d.v[0].class_code, 0x040000);
		assert_int_equal(d.v[0].device, 0x2205);
		assert_int_equal(d.v[0].subsystem_device, 0x403b);
		pci_devices_done(&d);
	}
}

/* One name for all devices of a model, whether the hwdb or pci.ids has it, and none for
 * what neither knows. */
static void test_names_are_shared(void **state)
{
	struct pci_names *names = pci_names_open();
	const char *device = pci_names_device(names, 0x10de, 0x2204);

	(void)state;
	assert_ptr_equal(pci_names_device(names, 0x10de, 0x2204), device);
	assert_ptr_not_equal(pci_names_device(names, 0x10de, 0x2205), device);
	assert_ptr_equal(pci_names_vendor(names, 0x10de),
			 pci_names_vendor(names, 0x10de));
	assert_string_equal(pci_names_device(names, 0xfffe, 0x1234), "Device 1234");
	assert_string_equal(pci_names_vendor(names, 0x0bad), "Vendor 0bad");
	assert_string_equal(pci_names_class(names, 0xfefe), "Class fefe");
	assert_ptr_equal(pci_names_device(names, 0x10de, 0x2204), device);
	pci_names_close(&names);
	assert_null(names);
}

/* Debian 12's real indexes: nouveau claims the whole vendor's displays. */
static void test_modules(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;
	char *target;

	add_gpu(t);
	modules_add(t, "debian-6.1", "6.1.0-40-amd64");
	d = load(t, PCI_MODULES, "6.1.0-40-amd64");
	assert_int_equal(d.v[0].modules.n, 1);
	assert_string_equal(d.v[0].modules.v[0], "nouveau");
	pci_devices_done(&d);
	/* libkmod would follow the link out of the root: so the directory is not used. */
	target = tree_path(t, "/lib/modules/6.1.0-40-amd64/modules.softdep");
	assert_int_equal(unlink(target), 0);
	assert_int_equal(symlink("/etc/passwd", target), 0);
	d = load(t, PCI_MODULES, "6.1.0-40-amd64");
	assert_int_equal(d.v[0].modules.n, 0);
	pci_devices_done(&d);
	free(target);
}

/* Sorted as numbers: a VMD's five-digit domain comes last, not between 1 and 2. */
static void test_order(void **state)
{
	static const char *const dirs[] = { "/sys/devices/pci10000:e0/10000:e1:00.0",
					    "/sys/devices/pci0002:00/0002:00:00.0",
					    "/sys/devices/pci0000:80/0000:80:1f.7",
					    "/sys/devices/pci0000:80/0000:80:02.0" };
	const struct tree *t = *state;
	struct pci_devices d;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		tree_mkdir(t, dirs[i]);
		add_to_bus(t, dirs[i]);
	}
	d = load(t, 0, NULL);
	assert_int_equal(d.n, 4);
	assert_string_equal(d.v[0].address, "0000:80:02.0");
	assert_string_equal(d.v[1].address, "0000:80:1f.7");
	assert_string_equal(d.v[2].address, "0002:00:00.0");
	assert_string_equal(d.v[3].address, "10000:e1:00.0");
	pci_devices_done(&d);
}

/* What is no attribute of sysfs is a zero; only a name that is no address is left out. */
static void test_garbage(void **state)
{
	static const struct attr attrs[] = {
		{ "class", "0x1000000\n" },
		{ "vendor", "zz\n" },
		{ "device", "" },
		{ "subsystem_vendor", "0x12345\n" },
		{ "numa_node", "99999999999999999999\n" },
		{ "sriov_numvfs", "-3\n" },
		{ "driver_override", "\n" },
		{ "config", "short" },
	};
	const struct tree *t = *state;
	const struct pci_device *d;
	struct pci_devices all;

	add_attrs(t, ROOT_BUS "/0000:00:02.0", attrs, ARRAY_SIZE(attrs));
	add_to_bus(t, ROOT_BUS "/0000:00:02.0");
	link_in(t, ROOT_BUS "/0000:00:02.0", "iommu_group", "../groups/x1");
	link_in(t, ROOT_BUS "/0000:00:02.0", "subsystem_device", "/etc/passwd");
	tree_write(t, ROOT_BUS "/0000:00:02.0/driver", "no link\n");
	tree_mkdir(t, BUS "/hello");
	tree_mkdir(t, BUS "/0000:00:02.0.1");
	tree_link(t, "../../../devices/gone/0000:00:03.0", BUS "/0000:00:03.0");
	all = load(t, PCI_DETAILS | PCI_NAMES | PCI_MODULES, "none");
	assert_int_equal(all.n, 2);
	d = &all.v[0];
	assert_int_equal(d->class_code, 0);
	assert_int_equal(d->vendor, 0);
	assert_int_equal(d->subsystem_vendor, 0);
	assert_int_equal(d->subsystem_device, 0);
	assert_int_equal(d->iommu_group, -1);
	assert_int_equal(d->numa_node, -1);
	assert_int_equal(d->num_vfs, 0);
	assert_int_equal(d->header_type, 0xff);
	assert_null(d->driver);
	assert_null(d->driver_override);
	assert_string_equal(all.v[1].address, "0000:00:03.0");
	pci_devices_done(&all);
}

/* A name that leads to another device would have that one written to. */
static void test_link_to_another(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;

	add_gpu(t);
	add_port(t);
	tree_link(t, "../../../devices/pci0000:00/0000:00:01.0", BUS "/0000:03:00.0");
	tree_link(t, "../../../devices/gone/0000:04:00.0", BUS "/0000:04:00.0");
	d = load(t, PCI_DETAILS, NULL);
	assert_int_equal(d.n, 3);
	assert_null(find(&d, "03:00.0"));
	assert_int_equal(find(&d, "04:00.0")->vendor, 0); /* it went away */
	pci_devices_done(&d);
}

/* Many places print it. */
static void test_driver_with_controls(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;

	add_port(t);
	link_in(t, PORT, "driver", "../../../bus/pci/drivers/\033[2J");
	d = load(t, PCI_DETAILS, NULL);
	assert_string_equal(d.v[0].driver, "\\x1b[2J");
	pci_devices_done(&d);
}

static void test_fifo_does_not_hang(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d;
	char *path;

	tree_mkdir(t, ROOT_BUS "/0000:00:02.0");
	add_to_bus(t, ROOT_BUS "/0000:00:02.0");
	path = tree_path(t, ROOT_BUS "/0000:00:02.0/vendor");
	assert_int_equal(mkfifo(path, 0644), 0);
	d = load(t, PCI_DETAILS, NULL);
	assert_int_equal(d.v[0].vendor, 0);
	pci_devices_done(&d);
	free(path);
}

static void test_no_bus(void **state)
{
	const struct tree *t = *state;
	struct pci_devices d = { 0 };
	struct error e = { 0 };

	assert_int_equal(pci_load(t->host, 0, NULL, &d, &e), -ENOENT);
	assert_string_equal(e.path, BUS);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_true(e.hint[0]);
	tree_mkdir(t, BUS);
	assert_int_equal(pci_load(t->host, 7, NULL, &d, &e), 0);
	assert_int_equal(d.n, 0);
	assert_null(pci_find(&d, (struct pci_address){ 0 }));
	pci_devices_done(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),
		TEST(test_details),
		TEST(test_virtual_function),
		TEST(test_below_a_controller),
		TEST(test_hostile_places),
		TEST(test_cut_circles),
		TEST(test_no_answer),
		TEST(test_direct_region),
		TEST(test_names),
		TEST(test_names_are_shared),
		TEST(test_ids_from_modalias),
		TEST(test_modules),
		TEST(test_order),
		TEST(test_garbage),
		TEST(test_no_bus),
		TEST(test_link_to_another),
		TEST(test_driver_with_controls),
		TEST(test_fifo_does_not_hang),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
