/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that start VMs: what only some devices and hosts need, and the texts that are
 * no shell scripts. test_devices_commands.c has the rest. */
#include "devices/persist.h"
#include "devices/vm.h"
#include "tree.h"

#include <errno.h>

/* A GPU and its audio function; two VFs without function 0, below one PF; a disk below
 * Intel's VMD, whose domain has more than 16 bits (linux
 * drivers/pci/controller/vmd.c). */
static struct pci_device known[] = {
	{ .at = { .bus = 0x0b }, .class_code = 0x030000, .iommu_group = 28 },
	{ .at = { .bus = 0x0b, .function = 1 },
	  .class_code = 0x040300,
	  .iommu_group = 28 },
	{ .at = { .bus = 0x0d, .device = 0x10, .function = 2 },
	  .class_code = 0x020000,
	  .iommu_group = 30 },
	{ .at = { .bus = 0x0d, .device = 0x10, .function = 4 },
	  .class_code = 0x020000,
	  .iommu_group = 31 },
	{ .at = { .domain = 0x10000, .bus = 0x01 },
	  .class_code = 0x010802,
	  .iommu_group = 32 },
};

/* What a device may call itself, where a comment could end. */
static char hostile[] = "--> <x/> \n\xe2\x80\xa8gpu_count: 9 $(reboot) -";

static struct pci_devices all_known(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		pci_address_format(known[i].at, known[i].address);
		known[i].class_name = known[i].vendor_name = known[i].device_name =
			hostile;
		known[i].vendor = 0x10de;
		known[i].device = (uint16_t)(0x2204 + i);
	}
	return (struct pci_devices){ .v = known, .n = ARRAY_SIZE(known) };
}

/* The text for the devices with these places in known[]; -1 ends them. */
static void make_text(const struct tree *t, const char *hypervisor, const int *places,
		      struct vm_command *ret)
{
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[ARRAY_SIZE(known)];
	size_t n = 0;
	struct error e = { 0 };

	for (; *places >= 0; places++)
		chosen[n++] = &known[*places];
	if (vm_command_make(t->host, &all, chosen, n, hypervisor, false, ret, &e) < 0)
		fail_msg("%s", e.what);
}
#define MAKE(hypervisor, ret, ...)                                                       \
	make_text(t, hypervisor, (const int[]){ __VA_ARGS__, -1 }, ret)

static void assert_has(const struct vm_command *c, const char *text)
{
	if (!strstr(str_c(&c->text), text))
		fail_msg("no \"%s\" in:\n%s", text, str_c(&c->text));
}

static void assert_has_not(const struct vm_command *c, const char *text)
{
	if (strstr(str_c(&c->text), text))
		fail_msg("\"%s\" in:\n%s", text, str_c(&c->text));
}

static size_t count(const struct vm_command *c, const char *text)
{
	size_t n = 0;

	for (const char *p = str_c(&c->text); (p = strstr(p, text)); p++)
		n++;
	return n;
}

#define HOSTDEV(managed, domain, bus, slot, function, at)                                \
	"    <hostdev mode='subsystem' type='pci' managed='" managed "'>\n"              \
	"      <source>\n"                                                               \
	"        <address domain='" domain "' bus='" bus "' slot='" slot                 \
	"' function='" function "'/>\n"                                                  \
	"      </source>\n"                                                              \
	"      <address type='pci' domain='0x0000' " at "/>\n"                           \
	"    </hostdev>\n"

static void test_libvirt(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	MAKE("libvirt", &c, 0);
	assert_has(&c, "<os firmware='efi'>");
	assert_has_not(&c, "<loader");
	assert_has(&c, "  <cpu mode='host-passthrough'/>\n");
	assert_has(
		&c,
		"    <controller type='pci' index='0' model='pcie-root'/>\n"
		"    <controller type='pci' index='1' model='pcie-root-port'/>\n" HOSTDEV(
			"yes", "0x0000", "0x0b", "0x00", "0x0",
			"bus='0x01' slot='0x00' function='0x0' multifunction='on'")
			HOSTDEV("yes", "0x0000", "0x0b", "0x00", "0x1",
				"bus='0x01' slot='0x00' function='0x1'") "    "
									 "<memballoon");
	/* nothing is to be bound, and there is no command line */
	assert_int_equal(c.devices.n, 2);
	assert_int_equal(c.must_bind.n, 0);
	assert_int_equal(c.device_argv.n, 0);
	assert_has_not(&c, "pci bind");
	/* the only comment ends where it should */
	assert_int_equal(count(&c, "--"), 2);
	assert_ptr_equal(strstr(strstr(str_c(&c.text), "<!--") + 4, "--"),
			 strstr(str_c(&c.text), "-->\n<domain"));
	assert_has_not(&c, "\xe2\x80\xa8");
}

/* Functions without function 0 are numbered anew; each slot has a port of its own; a
 * domain keeps all its digits. */
static void test_libvirt_slots(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	MAKE("libvirt", &c, 4, 3, 2);
	assert_has(&c, "index='2' model='pcie-root-port'/>\n" HOSTDEV(
			       "yes", "0x0000", "0x0d", "0x10", "0x2",
			       "bus='0x01' slot='0x00' function='0x0' multifunction='on'")
			       HOSTDEV("yes", "0x0000", "0x0d", "0x10", "0x4",
				       "bus='0x01' slot='0x00' function='0x1'")
				       HOSTDEV("yes", "0x10000", "0x01", "0x00", "0x0",
					       "bus='0x02' slot='0x00' function='0x0'"));
}

static void test_libvirt_firmware(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	tree_write(t, "/usr/share/edk2/ovmf/OVMF_CODE.fd", "");
	tree_write(t, "/usr/share/edk2/ovmf/OVMF_VARS.fd", "");
	MAKE("libvirt", &c, 0);
	assert_has(&c, "  <os>\n");
	assert_has(&c, "    <loader readonly='yes' type='pflash'>"
		       "/usr/share/edk2/ovmf/OVMF_CODE.fd</loader>\n"
		       "    <nvram template='/usr/share/edk2/ovmf/OVMF_VARS.fd'/>\n");
}

static void test_libvirt_limit(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	tree_mkdir(t, "/sys/kernel/iommu_groups/0");
	tree_write(t, "/proc/cpuinfo",
		   "processor\t: 0\nvendor_id\t: GenuineIntel\n"
		   "address sizes\t: 46 bits physical, 48 bits virtual\n\n");
	tree_write(t, "/sys/class/iommu/dmar0/intel-iommu/cap", "1c0000c40660462\n");
	MAKE("libvirt", &c, 0);
	assert_int_equal(c.address_bits, 39);
	assert_has(&c, "  <cpu mode='host-passthrough'>\n"
		       "    <maxphysaddr mode='passthrough' limit='39'/>\n"
		       "  </cpu>\n");
	assert_has(&c, "libvirt before 9.3.0 ignores the limit");
}

#define FILE_OF(address, id) "address=" address "\nid=10de:" id "\nsubsystem=0000:0000\n"

/* libvirt must not take from vfio-pci what is bound at every boot, nor what goes with it.
 */
static void test_libvirt_persistent(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 }, b = { 0 }, whole = { 0 };
	static char vfio[] = "vfio-pci";

	tree_write(t, PERSIST_DIR "/gpu.conf",
		   "address=0000:0b:00.0\nid=10de:2204\nsubsystem=0000:0000\n");
	MAKE("libvirt", &c, 0, 4);
	assert_int_equal(count(&c, "managed='no'>"), 2);
	assert_int_equal(count(&c, "managed='yes'>"), 1);
	assert_has(&c, "  Some are bound at every boot");
	assert_has(&c, "sudo slicer pci bind 0000:0b:00.0 0000:0b:00.1\n");
	assert_int_equal(c.must_bind.n, 2);
	assert_string_equal(c.must_bind.v[1], "0000:0b:00.1");

	known[0].driver = known[1].driver = vfio;
	MAKE("libvirt", &b, 0);
	assert_int_equal(count(&b, "managed='no'>"), 2);
	assert_has(&b, "  Some are bound at every boot");
	assert_int_equal(b.must_bind.n, 0);
	assert_int_equal(b.obstacles.n, 1);
	assert_true(str_ends(b.obstacles.v[0],
			     "sudo slicer pci bind 0000:0b:00.1 --persist"));

	tree_write(t, PERSIST_DIR "/sound.conf",
		   "address=0000:0b:00.1\nid=10de:2205\nsubsystem=0000:0000\n");
	MAKE("libvirt", &whole, 0);
	known[0].driver = known[1].driver = NULL;
	assert_has(&whole, "  They are bound at every boot");
	assert_int_equal(whole.obstacles.n, 0);
}

/* The placeholder of what nobody has named yet has no address. */
static void test_libvirt_placeholder(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device nobody = { .address = "<PCI_ADDRESS>",
					   .iommu_group = -1 };
	const struct pci_device *chosen[] = { &nobody };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };
	struct error e = { 0 };

	assert_int_equal(vm_command_make(t->host, &all, chosen, 1, "libvirt", false, &c,
					 &e),
			 -EINVAL);
}

/* Cloud Hypervisor can't keep functions together: it says so, where there are any. */
static void test_cloud_hypervisor_functions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 }, b = { 0 };

	MAKE("cloud-hypervisor", &c, 0);
	assert_has(&c, "functions do not stay together");
	MAKE("cloud-hypervisor", &b, 2, 4);
	assert_has_not(&b, "together");
}

/* GPUs by their number, with their audio functions; what is none by address. */
static void test_slicer(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command c = { 0 }, b = { 0 };
	size_t pos = 0, len;
	const char *line;

	MAKE("slicer", &c, 0, 2, 4);
	assert_has(&c, "\nconfig:\n  pci:\n    vm-1: [\"0000:0d:10.2\", "
		       "\"10000:01:00.0\"]\n  host_groups:\n");
	assert_has(&c, "\n    gpu_count: 1\n");
	assert_has(&c, "\n  hypervisor: qemu\n");
	assert_has(&c, "pci bind 0000:0b:00.0 0000:0b:00.1 0000:0d:10.2 10000:01:00.0\n");
	assert_int_equal(c.must_bind.n, 4);
	assert_int_equal(c.device_argv.n, 0);
	/* names stand in comments only, which end where they should */
	assert_has_not(&c, "\xe2\x80\xa8");
	while (next_line(str_c(&c.text), c.text.len, &pos, &line, &len)) {
		if (memmem(line, len, "reboot", 6))
			assert_int_equal(*line, '#');
		assert_false(str_starts(line, "gpu_count"));
	}
	MAKE("slicer", &b, 3);
	assert_has(&b, "\n  pci:\n    vm-1: [\"0000:0d:10.4\"]\n");
	assert_has_not(&b, "\n    gpu_count");
}

#define PREF64 "0x000000000014220c"
#define NO_REGION "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
#define RESOURCE(address) "/sys/bus/pci/devices/" address "/resource"

/* A card with regions of 64 GiB and 32 MiB needs more room than OVMF's 32 GiB; firmware
 * has to know. Tried with OVMF 2022.11 and QEMU's ivshmem-plain: 64 GiB get an address
 * with the option only (40 address bits, or 128 GiB and 39 bits). */
static void test_large_regions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command q = { 0 }, l = { 0 }, c = { 0 };

	tree_write(t, RESOURCE("0000:0b:00.0"),
		   "0x00000000e0000000 0x00000000e0ffffff 0x0000000000040200\n"
		   "0x0000380000000000 0x0000380fffffffff " PREF64 "\n" NO_REGION
		   "0x0000381000000000 0x0000381001ffffff " PREF64 "\n");
	MAKE("qemu", &q, 0, 4);
	assert_string_equal(q.device_argv.v[q.device_argv.n - 2], "-fw_cfg");
	assert_string_equal(q.device_argv.v[q.device_argv.n - 1],
			    "name=opt/ovmf/X-PciMmio64Mb,string=82944");
	assert_has(&q, "# The devices' memory regions (BARs) need 65 GiB.");
	assert_has_not(&q, "address bits there may be no room");
	MAKE("libvirt", &l, 0);
	assert_has(&l, "<domain type='kvm' "
		       "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n");
	assert_has(&l, "    <qemu:arg value='name=opt/ovmf/X-PciMmio64Mb,string=82944'/>"
		       "\n");
	/* it goes by the address bits alone */
	MAKE("cloud-hypervisor", &c, 0);
	assert_has_not(&c, "BARs");
}

static void test_large_regions_and_few_address_bits(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command q = { 0 };

	tree_write(t, "/proc/cpuinfo",
		   "processor\t: 0\nvendor_id\t: GenuineIntel\n"
		   "address sizes\t: 36 bits physical, 48 bits virtual\n\n");
	tree_write(t, RESOURCE("0000:0b:00.0"),
		   "0x0000380000000000 0x00003807ffffffff " PREF64 "\n");
	MAKE("qemu", &q, 0);
	assert_has(&q, "# With 36 address bits there may be no room for all.");
}

/* Small ones, those below 4 GiB, and what no device has. */
static void test_regions_that_need_nothing(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done) struct vm_command q = { 0 }, l = { 0 };

	tree_write(t, RESOURCE("0000:0b:00.0"),
		   "0x00000000f0000000 0x00000000ffffffff " PREF64 "\n"
		   "0x0000001000000000 0x0000ffffffffffff " PREF64 "\n"
		   "0x0000001000000000 0x0000002fffffffff 0x0000000000140204\n");
	tree_write(t, RESOURCE("0000:0b:00.1"), "junk\n0x 0x 0x\n");
	MAKE("qemu", &q, 0);
	assert_has_not(&q, "-fw_cfg");
	assert_has_not(&q, "BARs");
	MAKE("libvirt", &l, 0);
	assert_has(&l, "<domain type='kvm'>\n");
	assert_has_not(&l, "qemu:");
}

static void test_window(void **state)
{
	const uint64_t gib = UINT64_C(1) << 30;

	(void)state;
	assert_int_equal(vm_window_mib(0), 0);
	assert_int_equal(vm_window_mib(31 * gib), 0);
	assert_int_equal(vm_window_mib(31 * gib + 1), 39 * 1024);
	assert_int_equal(vm_window_mib(32 * gib), 40 * 1024);
	assert_int_equal(vm_window_mib(128 * gib), 160 * 1024);
	/* more than OVMF's option takes */
	assert_int_equal(vm_window_mib(UINT64_C(1) << 50), 16 * 1024 * 1024);
}

/* Firmware starts with the largest alignment: 64 GiB and 32 MiB, 64 GiB, 16 KiB. */
static void test_packing(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *v[] = { &all.v[4], &all.v[0], &all.v[2] };
	const struct endpoints devices = { .v = v, .n = ARRAY_SIZE(v) };
	const uint64_t gib = UINT64_C(1) << 30;

	assert_int_equal(vm_region_bytes(t->host, &devices), 0);
	tree_write(t, RESOURCE("10000:01:00.0"),
		   "0x0000000100000000 0x0000000100003fff " PREF64 "\n");
	tree_write(t, RESOURCE("0000:0b:00.0"),
		   "0x0000380000000000 0x0000380fffffffff " PREF64 "\n"
		   "0x0000381000000000 0x0000381001ffffff " PREF64 "\n");
	tree_write(t, RESOURCE("0000:0d:10.2"),
		   "0x0000390000000000 0x0000390fffffffff " PREF64 "\n");
	assert_int_equal(vm_region_bytes(t->host, &devices), 192 * gib + (16 << 10));
}

static void test_huge_pages(void **state)
{
	const struct tree *t = *state;
	CLEANUP(vm_command_done)
	struct vm_command none = { 0 }, q = { 0 }, c = { 0 }, l = { 0 };

	tree_write(t, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
	MAKE("qemu", &none, 0);
	assert_has_not(&none, "huge");
	tree_write(t, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
	MAKE("qemu", &q, 0);
	assert_has(&q, "# 512 huge pages of 2M are reserved here.");
	assert_has(&q, "hugetlb=on,hugetlbsize=2M -machine memory-backend=ram\n");
	tree_write(t, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "8\n");
	MAKE("cloud-hypervisor", &c, 0);
	assert_has(&c, "#   ,hugepages=on,hugepage_size=1G\n");
	MAKE("libvirt", &l, 0);
	assert_has(&l, "<page size='1' unit='GiB'/>");
}

static void make_iommufd(const struct tree *t, bool wanted, struct vm_command *ret)
{
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[0] };

	assert_int_equal(
		vm_command_make(t->host, &all, chosen, 1, "qemu", wanted, ret, NULL), 0);
}

/* By groups, wherever the kernel has them and nobody says otherwise: which QEMU is there
 * is not known. */
static void test_iommufd(void **state)
{
	const struct tree *t = *state;
	static char vfio[] = "vfio-pci", cdev0[] = "vfio0", cdev1[] = "vfio1";
	CLEANUP(free_char) char *container = tree_path(t, "/dev/vfio/vfio");
	struct vm_command c[5] = { 0 };

	make_iommufd(t, true, &c[0]);
	assert_true(c[0].iommufd);
	assert_string_equal(c[0].device_argv.v[0], "-object");
	assert_string_equal(c[0].device_argv.v[1], "iommufd,id=iommufd0");
	assert_has(&c[0], ",multifunction=on,iommufd=iommufd0 ");
	assert_has(&c[0], ",addr=0.1,iommufd=iommufd0 ");
	assert_int_equal(c[0].obstacles.n, 1);
	tree_write(t, "/dev/iommu", "");
	tree_write(t, "/dev/vfio/vfio", "");
	known[0].driver = known[1].driver = vfio;
	known[0].vfio_cdev = cdev0;
	make_iommufd(t, true, &c[1]);
	assert_int_equal(c[1].obstacles.n, 1); /* the other function's node */
	make_iommufd(t, false, &c[2]);
	assert_has_not(&c[2], "iommufd");
	known[1].vfio_cdev = cdev1;
	make_iommufd(t, false, &c[3]);
	assert_false(c[3].iommufd);
	assert_has(&c[3], "#   slicer vm command --iommufd 0000:0b:00.0\n");
	assert_has_not(&c[3], "iommufd0");
	assert_int_equal(unlink(container), 0);
	make_iommufd(t, false, &c[4]);
	assert_true(c[4].iommufd);
	assert_has(&c[4], "(there is no /dev/vfio/vfio)");
	known[0].driver = known[1].driver = NULL;
	known[0].vfio_cdev = known[1].vfio_cdev = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		vm_command_done(&c[i]);
}

static void test_iommufd_elsewhere(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[0] };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };
	struct error e = { 0 };

	assert_int_equal(vm_command_make(t->host, &all, chosen, 1, "libvirt", true, &c,
					 &e),
			 -EINVAL);
	assert_int_equal(e.code, ERROR_USAGE);
}

/* The words for people name each of them. */
static void test_names(void **state)
{
	static const char *const names[] = { "qemu", "cloud-hypervisor", "libvirt",
					     "slicer", "proxmox" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(vm_hypervisor(names[i], NULL), names[i]);
		assert_non_null(strstr(VM_HYPERVISORS, names[i]));
	}
	assert_null(vm_hypervisor("xen", NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_libvirt),
		TEST(test_libvirt_slots),
		TEST(test_libvirt_firmware),
		TEST(test_libvirt_limit),
		TEST(test_libvirt_persistent),
		TEST(test_libvirt_placeholder),
		TEST(test_cloud_hypervisor_functions),
		TEST(test_slicer),
		TEST(test_large_regions),
		TEST(test_large_regions_and_few_address_bits),
		TEST(test_regions_that_need_nothing),
		TEST(test_window),
		TEST(test_packing),
		TEST(test_huge_pages),
		TEST(test_iommufd),
		TEST(test_iommufd_elsewhere),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
