/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a device, on trees laid out as sysfs and proc are. */
#include "usage_tree.h"

#include <sys/syscall.h>
#include <time.h>

/* In libc's place: each look at the clock takes so many seconds. */
static time_t leap, leapt;

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, id, ret);

	if (id == CLOCK_MONOTONIC)
		ret->tv_sec += leapt += leap;
	return r;
}

static void test_partition_of_root(void **state)
{
	const struct tree *t = *state;
	const char *disk = NVME "/nvme/nvme0/nvme0n1";
	struct pci_device d = device("0000:01:00.0", 0x010802);
	struct pci_device other = device("0000:00:17.0", 0x010601);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_block(t, NVME "/nvme/nvme0", "nvme0n1", "259:0\n");
	add_partition(t, disk, "nvme0n1p1", "259:1\n");
	add_partition(t, disk, "nvme0n1p2", "259:2\n");
	add_mount(&m, "/", "/dev/nvme0n1p2", "ext4", "259:2");
	add_mount(&m, "/srv", "/dev/nvme0n1p1", "ext4", "259:1");
	assert_use(t, &m, &d, USE_ROOT_DISK, "nvme0n1p2 is mounted on /");
	assert_use(t, &m, &d, USE_MOUNT, "nvme0n1p1 is mounted on /srv");
	assert_int_equal(count_uses(t, &m, &other), 0);
}

/* /dev/mapper/vg-root on a PV on a SATA disk: the controller is what holds root. */
static void test_lvm_below_a_controller(void **state)
{
	const struct tree *t = *state;
	const char *scsi = SATA "/ata1/host0/target0:0:0/0:0:0:0/block";
	struct pci_device d = device("0000:00:17.0", 0x010601);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_block(t, scsi, "sda", "8:0\n");
	add_partition(t, SATA "/ata1/host0/target0:0:0/0:0:0:0/block/sda", "sda3",
		      "8:3\n");
	tree_link(t, "/sys/devices/virtual/block/dm-0",
		  SATA "/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda3/holders/dm-0");
	add_block(t, "/sys/devices/virtual/block", "dm-0", "254:0\n");
	tree_write(t, "/sys/devices/virtual/block/dm-0/dm/name", "vg-root\n");
	assert_use(t, &m, &d, USE_MOUNT, "sda3 is a part of dm-0 (vg-root)");
	add_mount(&m, "/", "/dev/mapper/vg-root", "ext4", "254:0");
	assert_use(t, &m, &d, USE_ROOT_DISK, "dm-0 (vg-root), on sda3, is mounted on /");
	assert_int_equal(count_uses(t, &m, &d), 1);
}

/* A btrfs of two disks has a device number of its own. */
static void test_btrfs_members(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:01:00.0", 0x010802);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_block(t, NVME "/nvme/nvme0", "nvme0n1", "259:0\n");
	add_block(t, SATA "/ata1/block", "sda", "8:0\n");
	tree_write(t, "/sys/fs/btrfs/5d1f/devices/sda", "");
	tree_write(t, "/sys/fs/btrfs/5d1f/devices/nvme0n1", "");
	add_mount(&m, "/data", "/dev/sda", "btrfs", "0:45");
	assert_use(t, &m, &d, USE_MOUNT, "nvme0n1 is a part of the filesystem on /data");
}

/* ZFS leaves no trace in sysfs: udev's database tells, or the doubt is a use. */
static void test_zfs_members(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:01:00.0", 0x010802);
	struct pci_device sata = device("0000:00:17.0", 0x010601);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_block(t, NVME "/nvme/nvme0", "nvme0n1", "259:0\n");
	add_block(t, SATA "/ata1/block", "sda", "8:0\n");
	add_mount(&m, "/", "rpool/ROOT/debian", "zfs", "0:30");
	assert_use(t, &m, &d, USE_ROOT_DISK,
		   "nvme0n1 may be a part of the ZFS pool rpool, mounted on /");
	tree_write(t, "/run/udev/data/b259:0", "E:ID_FS_TYPE=zfs_member\n");
	tree_write(t, "/run/udev/data/b8:0", "E:ID_FS_TYPE=ext4\n");
	assert_use(t, &m, &d, USE_ROOT_DISK,
		   "nvme0n1 is a part of the ZFS pool rpool, mounted on /");
	assert_int_equal(count_uses(t, &m, &sata), 0);
}

/* The namespace of a multipath NVMe lies below virtual/, its controller below the device.
 */
static void test_multipath_nvme(void **state)
{
	const struct tree *t = *state;
	const char *subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
	struct pci_device d = device("0000:01:00.0", 0x010802);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_block(t, subsystem, "nvme0n1", "259:0\n");
	add_partition(t, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1",
		      "nvme0n1p1", "259:1\n");
	tree_mkdir(t, NVME "/nvme/nvme0");
	tree_link(t, NVME "/nvme/nvme0",
		  "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0");
	add_mount(&m, "/boot", "/dev/nvme0n1p1", "ext4", "259:1");
	assert_use(t, &m, &d, USE_ROOT_DISK, "nvme0n1p1 is mounted on /boot");
}

static void test_swap_and_usb_disk(void **state)
{
	const struct tree *t = *state;
	struct pci_device xhci = device("0000:00:14.0", 0x0c0330);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_block(t, PCI "/0000:00:14.0/usb1/1-3/1-3:1.0/host4/block", "sdb", "8:16\n");
	tree_write(t, "/proc/swaps",
		   "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		   "/dev/sdb                partition\t998396\t\t0\t\t-2\n");
	assert_use(t, &m, &xhci, USE_MOUNT, "sdb is active swap");
}

#define ROUTE_HEAD                                                                       \
	"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIR" \
	"TT\n"

static void test_default_route_by_a_bridge(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_nic(t, NIC, "eno1", true);
	add_nic(t, "/sys/devices/virtual", "br0", true);
	tree_link(t, "/sys/class/net/br0", NIC "/net/eno1/master");
	tree_write(t, "/proc/net/route",
		   ROUTE_HEAD
		   "br0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		   "br0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	assert_use(t, &m, &d, USE_ROUTE, "br0, on eno1, carries the default route");
	assert_use(t, &m, &d, USE_INTERFACE, "eno1 is a part of br0");
}

static void test_idle_and_addressed_interfaces(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_nic(t, NIC, "eno1", true);
	tree_write(t, "/proc/net/route", ROUTE_HEAD);
	/* link-local only: every interface that is up has that */
	tree_write(t, "/proc/net/if_inet6",
		   "fe800000000000005054fffffe123456 02 40 20 80     eno1\n");
	assert_int_equal(count_uses(t, &m, &d), 0);
	tree_write(t, "/proc/net/if_inet6",
		   "20010db8000000000000000000000001 02 40 00 80     eno1\n");
	assert_use(t, &m, &d, USE_INTERFACE, "eno1 is up and has an address");
	tree_write(t, "/proc/net/ipv6_route",
		   "00000000000000000000000000000000 00 00000000000000000000000000000000 "
		   "00 fe800000000000000000000000000001 00000400 00000001 00000000 "
		   "00000003     eno1\n"
		   "00000000000000000000000000000000 00 00000000000000000000000000000000 "
		   "00 00000000000000000000000000000000 ffffffff 00000001 00000000 "
		   "00200200       lo\n");
	assert_use(t, &m, &d, USE_ROUTE, "eno1 carries the default route");
}

/* slicer runs below sudo below a shell that came by SSH; the peer's network is on eno2.
 */
static void test_ssh_route(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };
	char *path = tree_path(t, "/proc/40/environ");
	FILE *f;

	add_nic(t, PCI "/0000:00:1f.6", "eno1", true);
	add_nic(t, NIC, "eno2", true);
	tree_write(t, "/proc/net/route",
		   ROUTE_HEAD
		   "eno1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		   "eno2\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n");
	tree_write(t, "/proc/60/stat", "60 (slicer) S 50 60 60 0\n");
	tree_write(t, "/proc/60/environ", "PATH=/bin");
	tree_link(t, "60", "/proc/self");
	tree_write(t, "/proc/50/stat", "50 (sudo) (x) S 40 50 50 0\n");
	tree_write(t, "/proc/40/stat", "40 (bash) S 1 40 40 0\n");
	tree_write(t, path + strlen(t->dir), "");
	f = fopen(path, "we");
	assert_non_null(f);
	fwrite("HOME=/root\0SSH_CONNECTION=10.1.2.3 50022 10.1.2.4 22\0A=b", 1, 57, f);
	fclose(f);
	free(path);
	assert_use(t, &m, &d, USE_ROUTE, "eno2 carries the SSH connection from 10.1.2.3");
}

static void test_open_nodes(void **state)
{
	const struct tree *t = *state;
	struct pci_device gpu = device("0000:0b:00.0", 0x030000);
	struct pci_device other = device("0000:0c:00.0", 0x030000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	tree_mkdir(t, GPU "/drm/card1");
	tree_link(t, GPU "/drm/card1", "/sys/class/drm/card1");
	tree_write(t, "/proc/driver/nvidia/gpus/0000:0b:00.0/information",
		   "Model:\t\t GeForce\nDevice Minor: \t 3\n");
	tree_write(t, "/proc/812/comm", "Xorg\x1b[2J\n");
	tree_link(t, "/dev/dri/card1", "/proc/812/fd/7");
	tree_link(t, "/dev/dri/card1", "/proc/812/fd/9");
	tree_link(t, "/dev/null", "/proc/812/fd/0");
	tree_write(t, "/proc/900/comm", "nvidia-persiste\n");
	tree_link(t, "/dev/nvidia3", "/proc/900/fd/4");
	assert_use(t, &m, &gpu, USE_OPEN,
		   "Xorg\\x1b[2J (PID 812) has /dev/dri/card1 open");
	assert_use(t, &m, &gpu, USE_OPEN,
		   "nvidia-persiste (PID 900) has /dev/nvidia3 open");
	assert_int_equal(count_uses(t, &m, &gpu), 2);
	assert_int_equal(count_uses(t, &m, &other), 0);
}

static void test_group_open_by_a_vm(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:0b:00.0", 0x030000);
	char driver[] = "vfio-pci";
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	d.driver = driver;
	tree_write(t, "/proc/77/comm", "qemu-system-x86\n");
	tree_link(t, "/dev/vfio/7", "/proc/77/fd/20");
	assert_use(t, &m, &d, USE_VFIO, "qemu-system-x86 (PID 77) has /dev/vfio/7 open");
	d.iommu_group = 8;
	assert_int_equal(count_uses(t, &m, &d), 0);
}

static void test_displays(void **state)
{
	const struct tree *t = *state;
	struct pci_device boot = device("0000:0b:00.0", 0x030000);
	struct pci_device second = device("0000:0c:00.0", 0x030000);
	char vfio[] = "vfio-pci";
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	boot.boot_vga = true;
	tree_write(t, "/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	tree_write(t, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	tree_write(t, "/sys/devices/platform/efi-framebuffer.0/graphics/fb0/name",
		   "EFI VGA\n");
	tree_link(t, "/sys/devices/platform/efi-framebuffer.0/graphics/fb0",
		  "/sys/class/graphics/fb0");
	assert_use(t, &m, &boot, USE_DISPLAY,
		   "it is the boot display, and fb0 (EFI VGA) shows the console on it");
	assert_int_equal(count_uses(t, &m, &second), 0);
	boot.driver = vfio;
	assert_int_equal(count_uses(t, &m, &boot), 0);
}

static void test_console_of_a_second_card(void **state)
{
	const struct tree *t = *state;
	struct pci_device gpu = device("0000:0b:00.0", 0x030000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	tree_write(t, "/sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	tree_write(t, "/sys/class/vtconsole/vtcon1/bind", "1\n");
	tree_write(t, GPU "/graphics/fb0/name", "amdgpudrmfb\n");
	tree_link(t, GPU "/graphics/fb0", "/sys/class/graphics/fb0");
	assert_use(t, &m, &gpu, USE_DISPLAY, "it shows the console: fb0 (amdgpudrmfb)");
}

static void test_bridges_and_functions(void **state)
{
	const struct tree *t = *state;
	struct pci_device bridge = device("0000:00:01.0", 0x060400);
	struct pci_device pf = device("0000:03:00.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	pf.num_vfs = 4;
	assert_use(t, &m, &bridge, USE_BRIDGE,
		   "it is a bridge: other devices are behind it");
	assert_use(t, &m, &pf, USE_SRIOV, "4 virtual functions of it are enabled");
}

/* A mounted disk: nothing to look at, and that is said. */
static void test_what_is_unknown(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:01:00.0", 0x010802);
	CLEANUP(uses_done) struct uses u = { 0 };

	assert_int_equal(device_uses(t->host, NULL, &d, &u, NULL), 0);
	assert_int_equal(u.n, 0);
	assert_true(u.unknown.n >= 3);
}

static bool says(const struct uses *u, const char *part)
{
	for (size_t i = 0; i < u->unknown.n; i++)
		if (strstr(u->unknown.v[i], part))
			return true;
	return false;
}

/* Too many open files to look at, or too slow: nobody knows then, and that is said. */
static void test_open_nodes_have_bounds(void **state)
{
	static const char part[] = "device nodes that programs hold open (more than";
	const struct tree *t = *state;
	struct pci_device d = device("0000:0b:00.0", 0x030000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	tree_write(t, "/proc/1/comm", "many\n");
	tree_mkdir(t, "/proc/1/fd");
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(uses_done) struct uses u = { 0 };

		leap = i ? 11 : 0;
		assert_int_equal(device_uses(t->host, &m, &d, &u, NULL), 0);
		leap = 0;
		assert_int_equal(says(&u, part), i);
	}
	for (unsigned i = 0; i < 1024; i++) {
		CLEANUP(free_char) char *link = xasprintf("/proc/1/fd/%u", i);

		tree_link(t, "/x", link);
	}
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(uses_done) struct uses u = { 0 };

		for (unsigned pid = 2; i && pid <= 258; pid++) {
			CLEANUP(free_char) char *fd = xasprintf("/proc/%u/fd", pid);

			tree_link(t, "/proc/1/fd", fd);
		}
		assert_int_equal(device_uses(t->host, &m, &d, &u, NULL), 0);
		assert_int_equal(says(&u, part), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_partition_of_root, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_lvm_below_a_controller, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_btrfs_members, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_zfs_members, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_multipath_nvme, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_swap_and_usb_disk, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_default_route_by_a_bridge,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_idle_and_addressed_interfaces,
						tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_ssh_route, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_open_nodes, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_group_open_by_a_vm, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_displays, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_console_of_a_second_card, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_bridges_and_functions, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_what_is_unknown, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_open_nodes_have_bounds, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
