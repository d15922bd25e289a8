/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printed commands, and the device that they are about. */
#include "devices/devices.h"
#include "tree.h"

#include <errno.h>

/* Two cards of two functions, and what the firmware's console is on. */
static struct pci_device known[] = {
	{ .at = { .bus = 0x08 },
	  .class_code = 0x030000,
	  .vendor = 0x1a03,
	  .device = 0x2000,
	  .iommu_group = 22,
	  .boot_vga = true },
	{ .at = { .bus = 0x0b },
	  .class_code = 0x030000,
	  .vendor = 0x10de,
	  .device = 0x2204,
	  .iommu_group = 28 },
	{ .at = { .bus = 0x0b, .function = 1 },
	  .class_code = 0x040300,
	  .vendor = 0x10de,
	  .device = 0x1aef,
	  .iommu_group = 28 },
	{ .at = { .bus = 0x0c },
	  .class_code = 0x030000,
	  .vendor = 0x10de,
	  .device = 0x2204,
	  .iommu_group = 29 },
	{ .at = { .bus = 0x0d, .device = 3, .function = 2 },
	  .class_code = 0x020000,
	  .vendor = 0x8086,
	  .device = 0x154c,
	  .iommu_group = 28 },
};

static struct pci_devices all_known(void)
{
	static char name[] = "Card \x1b[2J\nrm -rf /; $(reboot) `x`", nvidia[] = "nvidia",
		    vfio[] = "vfio-pci";

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		pci_address_format(known[i].at, known[i].address);
		known[i].class_name = known[i].vendor_name = known[i].device_name = name;
		known[i].driver = i == 2 ? vfio : nvidia;
	}
	return (struct pci_devices){ .v = known, .n = ARRAY_SIZE(known) };
}

static void test_qemu(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[1] };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };
	CLEANUP(free_char) char *argv = NULL;
	CLEANUP(free_char) char *must = NULL;
	size_t pos = 0, len;
	const char *line;

	assert_int_equal(
		vm_command_make(t->host, &all, chosen, 1, "qemu", false, &c, NULL), 0);
	argv = strv_join(&c.device_argv, " ");
	/* the functions of a slot behind one port; a lone function 2 becomes function 0
	 */
	assert_string_equal(argv, "-device pcie-root-port,id=rp1,chassis=1,slot=1 "
				  "-device vfio-pci,host=0000:0b:00.0,bus=rp1,addr=0.0,"
				  "multifunction=on "
				  "-device vfio-pci,host=0000:0b:00.1,bus=rp1,addr=0.1 "
				  "-device pcie-root-port,id=rp2,chassis=2,slot=2 "
				  "-device vfio-pci,host=0000:0d:03.2,bus=rp2,addr=0.0");
	must = strv_join(&c.must_bind, " ");
	assert_string_equal(must, "0000:0b:00.0 0000:0d:03.2");
	assert_non_null(strstr(str_c(&c.text), "sudo slicer pci bind 0000:0b:00.0 "
					       "0000:0b:00.1 0000:0d:03.2\n"));
	assert_non_null(strstr(str_c(&c.text), "/usr/share/OVMF/OVMF_CODE_4M.fd"));
	assert_null(strchr(str_c(&c.text), '\x1b'));
	/* what a device calls itself stands in comments only */
	while (next_line(str_c(&c.text), c.text.len, &pos, &line, &len)) {
		if (memmem(line, len, "reboot", 6))
			assert_int_equal(*line, '#');
		assert_false(str_starts(line, "rm"));
	}
}

static void test_firmware_of_the_host(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[3] };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	tree_write(t, "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "");
	tree_write(t, "/usr/share/edk2/x64/OVMF_VARS.4m.fd", "");
	assert_int_equal(
		vm_command_make(t->host, &all, chosen, 1, "qemu", false, &c, NULL), 0);
	assert_non_null(
		strstr(str_c(&c.text),
		       "FIRMWARE=${FIRMWARE:-/usr/share/edk2/x64/OVMF_CODE.4m.fd}"));
}

static void test_cloud_hypervisor(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[1], &known[2], &known[3] };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };

	assert_int_equal(vm_command_make(t->host, &all, chosen, 3, "cloud-hypervisor",
					 false, &c, NULL),
			 0);
	assert_int_equal(c.devices.n, 4);
	assert_non_null(strstr(str_c(&c.text),
			       "\t--device path=/sys/bus/pci/devices/0000:0b:00.0/ "
			       "path=/sys/bus/pci/devices/0000:0b:00.1/ "
			       "path=/sys/bus/pci/devices/0000:0c:00.0/ "
			       "path=/sys/bus/pci/devices/0000:0d:03.2/ \\\n"));
}

#define CPUINFO(vendor, bits)                                                            \
	"processor\t: 0\nvendor_id\t: " vendor "\naddress sizes\t: " bits                \
	" bits physical, 48 bits virtual\n\n"
#define CAP(unit) "/sys/class/iommu/" unit "/intel-iommu/cap"

/* The whole command of one hypervisor. */
static void make_command(const struct tree *t, const char *hypervisor,
			 struct vm_command *c)
{
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[3] };

	assert_int_equal(
		vm_command_make(t->host, &all, chosen, 1, hypervisor, false, c, NULL), 0);
	assert_null(strstr(str_c(&c->text), "@CPU"));
}

static void assert_limit(const struct tree *t, unsigned bits)
{
	CLEANUP(vm_command_done) struct vm_command q = { 0 }, c = { 0 };
	CLEANUP(free_char)
	char *qemu = xasprintf("-cpu host,host-phys-bits-limit=%u -smp", bits);
	CLEANUP(free_char)
	char *cloud = xasprintf("--cpus boot=\"$CPUS\",max_phys_bits=%u "
				"--memory",
				bits);

	make_command(t, "qemu", &q);
	make_command(t, "cloud-hypervisor", &c);
	assert_int_equal(q.address_bits, bits);
	assert_int_equal(c.address_bits, bits);
	assert_non_null(strstr(str_c(&q.text), bits ? qemu : "-cpu host -smp"));
	assert_non_null(
		strstr(str_c(&c.text), bits ? cloud : "--cpus boot=\"$CPUS\" --memory"));
}

/* The guest gets no more address bits than the IOMMU, when it has fewer than the
 * processor: a Raptor Lake has 46 and 39 (LookingGlass #1184), as has QEMU's intel-iommu
 * by default (cloud-hypervisor #7030). */
static void test_address_width(void **state)
{
	const struct tree *t = *state;

	tree_mkdir(t, "/sys/kernel/iommu_groups/0");
	tree_write(t, "/proc/cpuinfo", CPUINFO("GenuineIntel", "46"));
	assert_limit(t, 0); /* no unit is there to ask */
	tree_write(t, CAP("dmar1"), "8d2078c106f0466\n"); /* 48 */
	assert_limit(t, 0);
	tree_write(t, CAP("dmar0"), "1c0000c40660462\n"); /* 39: the narrowest counts */
	assert_limit(t, 39);
	tree_write(t, "/proc/cpuinfo", CPUINFO("GenuineIntel", "39"));
	assert_limit(t, 0);
	tree_write(t, "/proc/cpuinfo", CPUINFO("GenuineIntel", "36"));
	assert_limit(t, 0);
	tree_write(t, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n\n");
	assert_limit(t, 0);
}

static void test_address_width_amd(void **state)
{
	const struct tree *t = *state;

	tree_mkdir(t, "/sys/kernel/iommu_groups/0");
	tree_write(t, "/proc/cpuinfo", CPUINFO("AuthenticAMD", "48"));
	tree_write(t, "/sys/class/iommu/ivhd0/amd-iommu/cap", "300b0f\n");
	assert_limit(t, 0);
}

static void test_refusals(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[0] };
	CLEANUP(vm_command_done) struct vm_command c = { 0 };
	struct error e = { 0 };

	assert_int_equal(vm_command_make(t->host, &all, chosen, 1, "xen", false, &c, &e),
			 -EINVAL);
	assert_int_equal(e.code, ERROR_USAGE);
	known[0].class_code = 0x060400;
	assert_int_equal(vm_command_make(t->host, &all, chosen, 1, "qemu", false, &c, &e),
			 -EINVAL);
	assert_int_equal(e.code, ERROR_REFUSED);
	known[0].class_code = 0x030000;
}

static void test_next_steps(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[1] };
	CLEANUP(str_done) struct str s = { 0 };
	char module[] = "snd_hda_intel", *modules[] = { module, NULL };

	known[2].modules = (struct strv){ .v = modules, .n = 1 };
	assert_int_equal(commands_next_steps(t->host, &all, chosen, 1, true, &s, NULL),
			 0);
	assert_non_null(strstr(str_c(&s), "sudo slicer doctor"));
	assert_non_null(strstr(str_c(&s), "endpoints of IOMMU group 28."));
	assert_non_null(strstr(str_c(&s), "sudo slicer pci bind 0000:0b:00.0 "
					  "--driver=nvidia\n"));
	assert_non_null(strstr(str_c(&s), "sudo slicer pci bind 0000:0b:00.1 "
					  "--driver=snd_hda_intel\n"));
	assert_non_null(strstr(str_c(&s), "sudo slicer setup-iommu --undo"));
	assert_non_null(strstr(str_c(&s), "qemu-system-x86_64"));
	assert_non_null(strstr(str_c(&s), "cloud-hypervisor"));
	known[2].modules = (struct strv){ 0 };
}

/* Before the reboot there are no groups: the functions of the slot go together. */
static void test_next_steps_without_groups(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	const struct pci_device *chosen[] = { &known[2] };
	CLEANUP(str_done) struct str s = { 0 };
	long groups[ARRAY_SIZE(known)];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		groups[i] = known[i].iommu_group;
		known[i].iommu_group = -1;
	}
	assert_int_equal(commands_next_steps(t->host, &all, chosen, 1, true, &s, NULL),
			 0);
	assert_non_null(
		strstr(str_c(&s), "sudo slicer pci bind 0000:0b:00.0 0000:0b:00.1\n"));
	assert_non_null(strstr(str_c(&s), "IOMMU groups exist only with the IOMMU on"));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		known[i].iommu_group = groups[i];
}

static void test_next_steps_without_a_device(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	CLEANUP(str_done) struct str s = { 0 };

	assert_int_equal(commands_next_steps(t->host, &all, NULL, 0, true, &s, NULL), 0);
	assert_non_null(strstr(str_c(&s), "sudo slicer pci bind <PCI_ADDRESS>\n"));
	assert_null(strstr(str_c(&s), "0000:"));
}

static void test_suggestion(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices all = all_known();
	struct mounts m = { .known = true };

	tree_mkdir(t, "/sys/class/block");
	tree_mkdir(t, "/sys/class/net");
	/* two of one model: the first */
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &known[1]);
	tree_mkdir(t, "/sys/devices/pci0000:00/0000:0b:00.0/drm/card1");
	tree_link(t, "/sys/devices/pci0000:00/0000:0b:00.0/drm/card1",
		  "/sys/class/drm/card1");
	tree_write(t, "/proc/5/comm", "Xorg\n");
	tree_link(t, "/dev/dri/card1", "/proc/5/fd/3");
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &known[3]);
	/* of two models neither is the obvious one */
	known[0].boot_vga = false;
	assert_null(devices_suggest(t->host, &m, &all));
	known[0].boot_vga = true;
}

/* What the host can't give away keeps the rest of its group, too. */
static void test_suggestion_and_its_group(void **state)
{
	const struct tree *t = *state;
	const struct pci_devices plain = all_known();
	static char lpc_ich[] = "lpc_ich", pcieport[] = "pcieport";
	struct pci_device bridge = { .at = { .device = 0x1f },
				     .address = "0000:00:1f.0",
				     .class_code = 0x060100,
				     .driver = lpc_ich,
				     .iommu_group = 28 };
	struct pci_device with[ARRAY_SIZE(known) + 1];
	struct pci_devices all = { .v = with, .n = ARRAY_SIZE(with) };
	struct mounts m = { .known = true };

	tree_mkdir(t, "/sys/class/block");
	tree_mkdir(t, "/sys/class/net");
	memcpy(with, plain.v, sizeof(known));
	with[ARRAY_SIZE(known)] = bridge;
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &with[3]);
	/* one that the group can live with */
	with[ARRAY_SIZE(known)].driver = pcieport;
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &with[1]);
	with[ARRAY_SIZE(known)].driver = NULL;
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &with[1]);
	/* a companion that somebody may be asked to leave, and one that the host needs */
	tree_mkdir(t, "/sys/devices/pci0000:00/0000:0b:00.1/sound/card1/controlC1");
	tree_link(t, "/sys/devices/pci0000:00/0000:0b:00.1/sound/card1/controlC1",
		  "/sys/class/sound/controlC1");
	tree_write(t, "/proc/5/comm", "pipewire\n");
	tree_link(t, "/dev/snd/controlC1", "/proc/5/fd/3");
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &with[1]);
	with[2].boot_vga = true;
	assert_ptr_equal(devices_suggest(t->host, &m, &all), &with[3]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_qemu),
		TEST(test_firmware_of_the_host),
		TEST(test_cloud_hypervisor),
		TEST(test_address_width),
		TEST(test_address_width_amd),
		TEST(test_refusals),
		TEST(test_next_steps),
		TEST(test_next_steps_without_groups),
		TEST(test_next_steps_without_a_device),
		TEST(test_suggestion),
		TEST(test_suggestion_and_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
