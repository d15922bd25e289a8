/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that have something of a device open, how they are ended, and what else has a
 * device: containers, mediated devices, a PPPoE session. */
#include <errno.h>

#include "devices/bind.h"
#include "usage_tree.h"

static void add_process(const struct tree *t, unsigned pid, const char *comm,
			const char *cgroup)
{
	char *file = xasprintf("/proc/%u/comm", pid);
	char *group = xasprintf("/proc/%u/cgroup", pid);

	tree_write(t, file, comm);
	if (cgroup)
		tree_write(t, group, cgroup);
	free(file);
	free(group);
}

static void add_open(const struct tree *t, unsigned pid, unsigned fd, const char *node)
{
	char *link = xasprintf("/proc/%u/fd/%u", pid, fd);

	tree_link(t, node, link);
	free(link);
}

static void add_gpu(const struct tree *t)
{
	tree_mkdir(t, GPU "/drm/card1");
	tree_link(t, GPU "/drm/card1", "/sys/class/drm/card1");
	tree_mkdir(t, GPU "/drm/renderD128");
	tree_link(t, GPU "/drm/renderD128", "/sys/class/drm/renderD128");
	tree_write(t, "/proc/driver/nvidia/gpus/0000:0b:00.0/information",
		   "Model:\t\t GeForce\nDevice Minor: \t 0\n");
}

static struct pci_device gpu(void)
{
	return device("0000:0b:00.0", 0x030000);
}

/* The advice for the use with that text; generic if it has none of its own. */
static char *advice_for(const struct tree *t, const struct pci_device *d,
			const char *text)
{
	struct mounts m = { .known = true };
	struct uses u = { 0 };
	char *ret = NULL;

	assert_int_equal(device_uses(t->host, &m, d, &u, NULL), 0);
	for (size_t i = 0; i < u.n; i++) {
		print_message("use: %s\n", u.v[i].text);
		if (strcmp(u.v[i].text, text) == 0)
			ret = xstrdup(use_advice_of(&u.v[i]));
	}
	uses_done(&u);
	assert_non_null(ret);
	return ret;
}

#define assert_advice(t, d, text, advice)                                                \
	do {                                                                             \
		char *is_ = advice_for(t, d, text);                                      \
		assert_string_equal(is_, advice);                                        \
		free(is_);                                                               \
	} while (0)

static void test_nodes_of_one_process(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = gpu();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_gpu(t);
	add_process(t, 812, "Xorg\n", "0::/user.slice/user-1000.slice/session-2.scope\n");
	add_open(t, 812, 7, "/dev/dri/card1");
	add_open(t, 812, 8, "/dev/dri/renderD128");
	add_open(t, 812, 9, "/dev/dri/card1");
	assert_use(t, &m, &d, USE_OPEN,
		   "Xorg (PID 812) has /dev/dri/card1, /dev/dri/renderD128 open");
	assert_int_equal(count_uses(t, &m, &d), 1);
	assert_advice(t, &d,
		      "Xorg (PID 812) has /dev/dri/card1, /dev/dri/renderD128 open",
		      use_advice(USE_OPEN));
}

/* comm has 15 bytes; the unit's name is whole. */
static void test_services(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = gpu();

	add_gpu(t);
	add_process(t, 900, "nvidia-persiste\n",
		    "0::/system.slice/nvidia-persistenced.service\n");
	add_open(t, 900, 4, "/dev/nvidia0");
	add_process(t, 901, "pipewire\n",
		    "0::/user.slice/user-1000.slice/user@1000.service/session.slice/"
		    "pipewire.service\n");
	add_open(t, 901, 4, "/dev/dri/renderD128");
	/* cgroup v1, and a part of a service */
	add_process(
		t, 902, "dcgm\n",
		"9:pids:/x.service\n1:name=systemd:/system.slice/dcgm.service/a\n0::/\n");
	add_open(t, 902, 4, "/dev/nvidia0");
	assert_advice(t, &d, "nvidia-persiste (PID 900) has /dev/nvidia0 open",
		      "sudo systemctl stop nvidia-persistenced.service");
	assert_advice(t, &d, "pipewire (PID 901) has /dev/dri/renderD128 open",
		      "systemctl --user stop pipewire.service, as the user with number "
		      "1000");
	assert_advice(t, &d, "dcgm (PID 902) has /dev/nvidia0 open",
		      "sudo systemctl stop dcgm.service");
}

/* No command for what the host needs, what is no service, and what nobody could paste. */
static void test_services_that_stay(void **state)
{
	static const char *const groups[] = {
		"0::/system.slice/systemd-logind.service\n",
		"0::/system.slice/dbus-broker.service\n",
		"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-ab12.scope\n",
		"0::/system.slice/x;reboot.service\n",
		"0::/system.slice/-x.service\n",
		"0::/init.scope\n",
		"0::/\n",
		"",
		"0::",
	};
	const struct tree *t = *state;
	struct pci_device d = gpu();

	add_gpu(t);
	add_process(t, 900, "p\n", NULL);
	add_open(t, 900, 4, "/dev/nvidia0");
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		add_process(t, 900, "p\n", groups[i]);
		assert_advice(t, &d, "p (PID 900) has /dev/nvidia0 open",
			      use_advice(USE_OPEN));
	}
}

/* Nodes of disks: QEMU with a whole disk, smartd with the controller. */
static void test_disk_nodes(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:01:00.0", 0x010802);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_block(t, NVME "/nvme/nvme0", "nvme0n1", "259:0\n");
	tree_link(t, NVME "/nvme/nvme0", "/sys/class/nvme/nvme0");
	tree_mkdir(t, NVME "/nvme/nvme0/ng0n1");
	tree_link(t, NVME "/nvme/nvme0/ng0n1", "/sys/class/nvme-generic/ng0n1");
	add_process(t, 77, "qemu-system-x86\n", NULL);
	add_open(t, 77, 12, "/dev/nvme0n1");
	add_process(t, 78, "smartd\n", NULL);
	add_open(t, 78, 3, "/dev/nvme0");
	add_process(t, 79, "fio\n", NULL);
	add_open(t, 79, 3, "/dev/ng0n1");
	assert_use(t, &m, &d, USE_OPEN, "qemu-system-x86 (PID 77) has /dev/nvme0n1 open");
	assert_use(t, &m, &d, USE_OPEN, "smartd (PID 78) has /dev/nvme0 open");
	assert_use(t, &m, &d, USE_OPEN, "fio (PID 79) has /dev/ng0n1 open");
}

/* A VM that has a USB device of the controller, and nothing else of it. */
static void test_usb_device_of_a_vm(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:14.0", 0x0c0330);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	tree_write(t, PCI "/0000:00:14.0/usb1/1-3/busnum", "1\n");
	tree_write(t, PCI "/0000:00:14.0/usb1/1-3/devnum", "4\n");
	tree_link(t, PCI "/0000:00:14.0/usb1/1-3", "/sys/bus/usb/devices/1-3");
	add_process(t, 77, "qemu-system-x86\n", NULL);
	add_open(t, 77, 12, "/dev/bus/usb/001/005");
	assert_int_equal(count_uses(t, &m, &d), 0);
	add_open(t, 77, 13, "/dev/bus/usb/001/004");
	assert_use(t, &m, &d, USE_OPEN,
		   "qemu-system-x86 (PID 77) has /dev/bus/usb/001/004 open");
}

static void test_mapped_bar(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_process(t, 5, "testpmd\n", NULL);
	add_open(t, 5, 3, NIC "/config");
	add_open(t, 5, 4, NIC "/resource");
	assert_int_equal(count_uses(t, &m, &d), 0);
	add_open(t, 5, 5, NIC "/resource0");
	assert_use(t, &m, &d, USE_OPEN,
		   "testpmd (PID 5) has a BAR of it (resource0) open");
}

/* Without an IOMMU the group's node has another name. */
static void test_group_without_iommu(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	char driver[] = "vfio-pci";
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	d.driver = driver;
	add_process(t, 5, "testpmd\n", NULL);
	add_open(t, 5, 3, "/dev/vfio/noiommu-7");
	assert_use(t, &m, &d, USE_VFIO, "testpmd (PID 5) has /dev/vfio/noiommu-7 open");
}

static void test_mediated_device(void **state)
{
	static const char text[] =
		"the mediated device 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 "
		"is a part of it";
	const struct tree *t = *state;
	struct pci_device d = gpu(), other = device("0000:0c:00.0", 0x030000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	tree_mkdir(t, GPU "/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	tree_link(t, GPU "/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		  "/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_use(t, &m, &d, USE_SRIOV, text);
	assert_int_equal(count_uses(t, &m, &other), 0);
	assert_advice(
		t, &d, text,
		"shut its VM down, then remove it: echo 1 | sudo tee "
		"/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001/remove");
}

/* The directory of a NIC's interfaces is there and shows none: a container has it. */
static void test_interface_in_another_namespace(void **state)
{
	static const char text[] =
		"its interface is in another network namespace (ip netns, "
		"a container)";
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	struct pci_device v = device("0000:00:03.0", 0x020000);
	char e1000e[] = "e1000e", virtio[] = "virtio-pci";
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	d.driver = e1000e;
	v.driver = virtio;
	tree_link(t, NIC, "/sys/bus/pci/devices/0000:00:19.0");
	tree_mkdir(t, NIC);
	assert_int_equal(count_uses(t, &m, &d), 0);
	add_nic(t, NIC, "eno1", false);
	assert_int_equal(count_uses(t, &m, &d), 0);
	tree_mkdir(t, PCI "/0000:00:03.0/virtio2/net");
	tree_link(t, PCI "/0000:00:03.0", "/sys/bus/pci/devices/0000:00:03.0");
	assert_use(t, &m, &v, USE_INTERFACE, text);
	v.driver = NULL;
	assert_int_equal(count_uses(t, &m, &v), 0);
}

static void test_pppoe(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_nic(t, NIC, "eno1", true);
	tree_write(t, "/proc/net/pppoe",
		   "Id       Address              Device\n"
		   "00000A01 00:90:1A:A0:11:22     eno1\n");
	assert_use(t, &m, &d, USE_ROUTE, "eno1 carries a PPPoE session");
}

#define ROUTES                                                                           \
	"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIR" \
	"TT\n"                                                                           \
	"eno1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"

/* A network of its own for storage: no default route, no SSH. 10.0.0.2 is on eno1. */
static void test_storage_by_the_network(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_nic(t, NIC, "eno1", true);
	tree_write(t, "/proc/net/route", ROUTES);
	add_mount(&m, "/srv", "nas:/x", "nfs4", "0:50");
	m.v[0].options = xstrdup("rw,vers=4.2,clientaddr=10.0.0.9,addr=10.0.0.2");
	assert_use(t, &m, &d, USE_ROUTE,
		   "eno1 carries the filesystem on /srv (nfs4 from 10.0.0.2)");
	assert_int_equal(count_uses(t, &m, &d), 1);
	add_mount(&m, "/", "10.0.0.3:/root", "nfs", "0:51");
	m.v[1].options = xstrdup("rw,addr=10.0.0.3");
	assert_use(t, &m, &d, USE_ROOT_DISK,
		   "eno1 carries the filesystem on / (nfs from 10.0.0.3)");
	add_mount(&m, "/elsewhere", "172.16.0.1,172.16.0.2:/", "ceph", "0:52");
	add_mount(&m, "/ceph", "10.0.0.4:6789,172.16.0.2:6789:/", "ceph", "0:53");
	assert_use(t, &m, &d, USE_ROUTE,
		   "eno1 carries the filesystem on /ceph (ceph from 10.0.0.4)");
	assert_int_equal(count_uses(t, &m, &d), 3);
}

#define SESSION "/sys/devices/platform/host3/session12/target3:0:0/3:0:0:1/block"

/* The root disk is an iSCSI one; another disk comes by NVMe over TCP. */
static void test_disks_by_the_network(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:19.0", 0x020000);
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_nic(t, NIC, "eno1", true);
	tree_write(t, "/proc/net/route", ROUTES);
	add_block(t, SESSION, "sdb", "8:16\n");
	tree_write(t, "/sys/class/iscsi_connection/connection12:0/address", "10.0.0.2\n");
	tree_write(t, "/sys/devices/virtual/nvme-fabrics/ctl/nvme1/address",
		   "traddr=10.0.0.5,trsvcid=4420,src_addr=10.0.0.9\n");
	tree_link(t, "/sys/devices/virtual/nvme-fabrics/ctl/nvme1",
		  "/sys/class/nvme/nvme1");
	assert_use(t, &m, &d, USE_ROUTE, "eno1 carries an iSCSI session with 10.0.0.2");
	assert_use(t, &m, &d, USE_ROUTE,
		   "eno1 carries the NVMe controller nvme1 at 10.0.0.5");
	add_mount(&m, "/", "/dev/sdb", "ext4", "8:16");
	assert_use(t, &m, &d, USE_ROOT_DISK,
		   "eno1 carries an iSCSI session with 10.0.0.2");
	assert_use(t, &m, &d, USE_ROUTE,
		   "eno1 carries the NVMe controller nvme1 at 10.0.0.5");
}

/* console=ttyS4 of Intel's AMT: what the kernel writes goes there. */
static void test_serial_console(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = device("0000:00:16.3", 0x070002);
	struct pci_device other = device("0000:00:1f.4", 0x0c0500);

	tree_mkdir(t, PCI "/0000:00:16.3/tty/ttyS4");
	tree_link(t, PCI "/0000:00:16.3/tty/ttyS4", "/sys/class/tty/ttyS4");
	tree_write(t, "/sys/class/tty/console/active", "tty0 ttyS4\n");
	tree_mkdir(t, "/sys/devices/virtual/tty/tty0");
	tree_link(t, "/sys/devices/virtual/tty/tty0", "/sys/class/tty/tty0");
	assert_advice(t, &d, "the kernel's console is on its ttyS4",
		      "take console=ttyS4 out of the kernel command line, and reboot");
	d = other;
	assert_int_equal(count_uses(t, &(struct mounts){ .known = true }, &d), 0);
}

#define KEYS_OF_A_KEYBOARD                                                               \
	"1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"

static void add_input(const struct tree *t, const char *place, const char *name,
		      const char *keys)
{
	char *file = xasprintf("%s/input/%s/capabilities/key", place, name);
	char *title = xasprintf("%s/input/%s/name", place, name);
	char *dir = xasprintf("%s/input/%s", place, name);
	char *link = xasprintf("/sys/class/input/%s", name);

	tree_write(t, file, keys);
	tree_write(t, title, "Dell KB216\x1b\n");
	tree_link(t, dir, link);
	free(file);
	free(title);
	free(dir);
	free(link);
}

static size_t count_losses(const struct tree *t, const char *text)
{
	struct mounts m = { .known = true };
	struct pci_device d = device("0000:00:14.0", 0x0c0330);
	CLEANUP(strv_done) struct strv said = { 0 };
	struct usage *u = usage_load(t->host, &m);

	usage_losses(u, &d, &said);
	usage_free(&u);
	if (said.n && text)
		assert_string_equal(said.v[0], text);
	return said.n;
}

static void test_only_keyboard(void **state)
{
	const struct tree *t = *state;

	add_input(t, "/sys/devices/LNXSYSTM:00", "input0", "10000000000000 0\n");
	add_input(t, PCI "/0000:00:14.0/usb1/1-1", "input2", "1f0000 0 0 0 0\n");
	assert_int_equal(count_losses(t, NULL), 0);
	add_input(t, PCI "/0000:00:14.0/usb1/1-2", "input3", KEYS_OF_A_KEYBOARD);
	assert_int_equal(count_losses(t, "the host's only keyboard goes along with "
					 "0000:00:14.0: Dell KB216\\x1b"),
			 1);
	add_input(t, "/sys/devices/platform/i8042/serio0", "input4", KEYS_OF_A_KEYBOARD);
	assert_int_equal(count_losses(t, NULL), 0);
}

/* Fifty programs: the message stays one that can be read, and counts the rest. */
static void test_many_programs(void **state)
{
	const struct tree *t = *state;
	struct pci_device d = gpu();
	char nvidia[] = "nvidia";
	struct pci_devices all = { .v = &d, .n = 1 };
	struct bind_target v[] = { { .d = &d } };
	struct bind_request r = { .v = v, .n = 1 };
	CLEANUP(mounts_done) struct mounts m = { .known = true };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct error e = { 0 };

	d.driver = nvidia;
	add_gpu(t);
	for (unsigned pid = 1001; pid <= 1050; pid++) {
		add_process(t, pid, "chrome\n", NULL);
		add_open(t, pid, 4, "/dev/dri/renderD128");
	}
	assert_int_equal(bind_check(t->host, &m, &all, &r, &warnings, &e), -EBUSY);
	assert_non_null(strstr(e.what, "chrome (PID 1001) has /dev/dri/renderD128 open"));
	assert_true(str_ends(e.what, " (and 34 more)"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nodes_of_one_process),
		TEST(test_services),
		TEST(test_services_that_stay),
		TEST(test_disk_nodes),
		TEST(test_usb_device_of_a_vm),
		TEST(test_mapped_bar),
		TEST(test_group_without_iommu),
		TEST(test_mediated_device),
		TEST(test_interface_in_another_namespace),
		TEST(test_pppoe),
		TEST(test_storage_by_the_network),
		TEST(test_disks_by_the_network),
		TEST(test_serial_console),
		TEST(test_only_keyboard),
		TEST(test_many_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
