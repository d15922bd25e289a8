/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host does with disks that no mount of its own says: pools, members, exports,
 * containers. */
#include "usage_tree.h"

#define VIRTUAL "/sys/devices/virtual/block"
#define NVME0N1 NVME "/nvme/nvme0/nvme0n1"
#define SDA1 SATA "/ata1/block/sda/sda1"

/* Two disks: nvme0n1 on 0000:01:00.0, sda with a partition on 0000:00:17.0. */
static void add_disks(const struct tree *t)
{
	add_block(t, NVME "/nvme/nvme0", "nvme0n1", "259:0\n");
	add_block(t, SATA "/ata1/block", "sda", "8:0\n");
	add_partition(t, SATA "/ata1/block/sda", "sda1", "8:1\n");
}

static struct pci_device nvme(void)
{
	return device("0000:01:00.0", 0x010802);
}

static struct pci_device sata(void)
{
	return device("0000:00:17.0", 0x010601);
}

static void hold(const struct tree *t, const char *place, const char *holder)
{
	char *target = xasprintf(VIRTUAL "/%s", holder);
	char *link = xasprintf("%s/holders/%s", place, holder);

	tree_link(t, target, link);
	free(target);
	free(link);
}

/* Imported, and nothing of it is mounted: its volumes are the disks of VMs. */
static void test_zfs_pool_that_is_not_mounted(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_write(t, "/run/udev/data/b259:0",
		   "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n");
	tree_write(t, "/run/udev/data/b8:0", "E:ID_PART_TABLE_TYPE=gpt\n");
	tree_write(t, "/run/udev/data/b8:1",
		   "E:ID_FS_LABEL=old\nE:ID_FS_TYPE=zfs_member\n");
	/* exported, both */
	tree_write(t, "/proc/spl/kstat/zfs/arcstats", "1\n");
	assert_int_equal(count_uses(t, &m, &a), 0);
	tree_write(t, "/proc/spl/kstat/zfs/tank/state", "ONLINE\n");
	assert_use(t, &m, &a, USE_MOUNT,
		   "nvme0n1 is a part of the ZFS pool tank, which is imported");
	assert_int_equal(count_uses(t, &m, &b), 0);
}

/* A cache device has no label; two pools, one of them with the system. */
static void test_zfs_member_without_a_label(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	add_mount(&m, "/", "rpool/ROOT/pve-1", "zfs", "0:30");
	add_mount(&m, "/tank", "tank", "zfs", "0:31");
	tree_write(t, "/run/udev/data/b259:0", "E:ID_FS_TYPE=zfs_member\n");
	assert_use(t, &m, &a, USE_ROOT_DISK,
		   "nvme0n1 may be a part of the ZFS pool rpool, mounted on /");
	assert_use(t, &m, &a, USE_ROOT_DISK,
		   "nvme0n1 may be a part of the ZFS pool tank, mounted on /tank");
}

/* Root on ZFS on LUKS: dm-0 is the member, and --force must not take its disk. */
static void test_zfs_on_luks(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	add_block(t, VIRTUAL, "dm-0", "254:0\n");
	tree_write(t, VIRTUAL "/dm-0/dm/name", "crypt\n");
	hold(t, SDA1, "dm-0");
	tree_write(t, "/run/udev/data/b254:0",
		   "E:ID_FS_LABEL=rpool\nE:ID_FS_TYPE=zfs_member\n");
	tree_write(t, "/run/udev/data/b8:1", "E:ID_FS_TYPE=crypto_LUKS\n");
	tree_write(t, "/run/udev/data/b8:0", "E:ID_PART_TABLE_TYPE=gpt\n");
	tree_write(t, "/run/udev/data/b259:0", "E:ID_FS_TYPE=ext4\n");
	add_mount(&m, "/", "rpool/ROOT/debian", "zfs", "0:30");
	assert_use(t, &m, &b, USE_ROOT_DISK,
		   "dm-0 (crypt), on sda1, is a part of the ZFS pool rpool, mounted on "
		   "/");
}

/* The whole tower: / on LVM on LUKS on md on a partition. */
static void test_lvm_on_luks_on_md(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	add_block(t, VIRTUAL, "md127", "9:127\n");
	add_block(t, VIRTUAL, "dm-0", "254:0\n");
	tree_write(t, VIRTUAL "/dm-0/dm/name", "crypt\n");
	add_block(t, VIRTUAL, "dm-1", "254:1\n");
	tree_write(t, VIRTUAL "/dm-1/dm/name", "vg-root\n");
	hold(t, SDA1, "md127");
	hold(t, VIRTUAL "/md127", "dm-0");
	hold(t, VIRTUAL "/dm-0", "dm-1");
	add_mount(&m, "/mnt", "/dev/mapper/vg-root", "ext4", "254:1");
	assert_use(t, &m, &b, USE_MOUNT, "dm-1 (vg-root), on sda1, is mounted on /mnt");
	add_mount(&m, "/", "/dev/mapper/vg-root", "ext4", "254:1");
	assert_use(t, &m, &b, USE_ROOT_DISK, "dm-1 (vg-root), on sda1, is mounted on /");
}

/* Holders that stand for nothing else: multipath, an inactive array, DRBD, one that is
 * gone from /sys/class/block meanwhile. */
static void test_holders(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	add_block(t, VIRTUAL, "drbd0", "147:0\n");
	hold(t, NVME0N1, "drbd0");
	hold(t, SDA1, "dm-9");
	assert_use(t, &m, &a, USE_MOUNT, "nvme0n1 is a part of drbd0");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is a part of dm-9");
}

/* Unmounted here, mounted there: the members are told by sysfs. */
static void test_btrfs_in_a_container(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_write(t, "/sys/fs/btrfs/5d1f/devices/nvme0n1", "");
	tree_write(t, "/sys/fs/btrfs/5d1f/devices/sda1", "");
	tree_link(t, "mnt:[4026532847]", "/proc/812/ns/mnt");
	tree_write(t, "/proc/812/comm", "nspawn\n");
	tree_write(t, "/proc/812/mountinfo",
		   "301 300 0:45 / /data rw - btrfs /dev/sda1 rw\n");
	assert_use(t, &m, &a, USE_MOUNT,
		   "nvme0n1 is mounted as btrfs in another mount namespace (a container, "
		   "a service)");
	assert_use(t, &m, &b, USE_MOUNT,
		   "sda1 is mounted on /data for nspawn (PID 812), in another mount "
		   "namespace");
}

/* The kernel mounted / without an initramfs, or the device that was named is gone: then
 * each btrfs may be the one. */
static void test_btrfs_of_an_unknown_source(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	tree_write(t, "/sys/fs/btrfs/5d1f/devices/nvme0n1", "");
	add_mount(&m, "/", "/dev/root", "btrfs", "0:45");
	assert_use(t, &m, &a, USE_ROOT_DISK, "nvme0n1 is a part of the filesystem on /");
	/* Another one, whose source is there: it says nothing of the first. */
	tree_write(t, "/sys/fs/btrfs/77aa/devices/sda1", "");
	add_mount(&m, "/srv", "/dev/sda1", "btrfs", "0:46");
	assert_use(t, &m, &b, USE_ROOT_DISK, "sda1 is mounted on /srv");
	assert_int_equal(count_uses(t, &m, &a), 1);
}

static void test_mount_of_a_container(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_link(t, "mnt:[4026531841]", "/proc/self/ns/mnt");
	tree_link(t, "mnt:[4026531841]", "/proc/1/ns/mnt");
	tree_write(
		t, "/proc/1/mountinfo",
		"1 0 259:0 / / rw - ext4 /dev/nvme0n1 rw\n"); /* slicer's own: not read */
	tree_link(t, "mnt:[4026532847]", "/proc/812/ns/mnt");
	tree_write(t, "/proc/812/comm", "postgres\n");
	tree_write(t, "/proc/812/mountinfo",
		   "300 290 0:40 / / rw - overlay overlay rw\n"
		   "301 300 8:1 / /var/lib/my\\040db rw shared:5 - ext4 /dev/sda1 rw\n"
		   "junk\n");
	assert_use(t, &m, &b, USE_MOUNT,
		   "sda1 is mounted on /var/lib/my db for postgres (PID 812), in another "
		   "mount namespace");
	assert_int_equal(count_uses(t, &m, &a), 0);
}

/* Thousands of namespaces: it is said that not all of them were looked into. */
static void test_too_many_namespaces(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	for (unsigned pid = 1; pid <= 1026; pid++) {
		CLEANUP(free_char) char *link = xasprintf("/proc/%u/ns/mnt", pid);
		CLEANUP(free_char) char *space = xasprintf("mnt:[%u]", pid);
		CLEANUP(uses_done) struct uses u = { 0 };
		bool said = false;

		tree_link(t, space, link);
		if (pid < 1025)
			continue;
		assert_int_equal(device_uses(t->host, &m, &a, &u, NULL), 0);
		for (size_t i = 0; i < u.unknown.n; i++)
			said |= strstr(u.unknown.v[i], "other mount namespaces") != NULL;
		assert_int_equal(said, pid > 1025);
	}
}

/* Other users' processes can't be looked at; the filesystems' drivers tell. */
static void test_filesystems_of_nobody(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_mkdir(t, "/sys/fs/xfs/nvme0n1");
	tree_mkdir(t, "/sys/fs/xfs/stats");
	tree_mkdir(t, "/proc/fs/jbd2/sda1-8");
	assert_use(t, &m, &a, USE_MOUNT,
		   "nvme0n1 is mounted as xfs in another mount namespace (a container, a "
		   "service)");
	assert_use(t, &m, &b, USE_MOUNT,
		   "sda1 is mounted as ext4 in another mount namespace (a container, a "
		   "service)");
	add_mount(&m, "/srv", "/dev/sda1", "ext4", "8:1");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is mounted on /srv");
	assert_int_equal(count_uses(t, &m, &b), 1);
}

/* The journal of ext4 and the log of XFS on a disk of their own. */
static void test_journals_on_other_disks(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	tree_mkdir(t, "/proc/fs/jbd2/nvme0n1");
	add_mount(&m, "/srv", "/dev/sda1", "ext4", "8:1");
	assert_use(t, &m, &a, USE_MOUNT,
		   "nvme0n1 has the journal of a mounted filesystem");
	add_mount(&m, "/", "/dev/sdz1", "xfs", "8:99");
	m.v[1].options = xstrdup("rw,attr2,logdev=/dev/nvme0n1,noquota");
	assert_use(t, &m, &a, USE_ROOT_DISK, "nvme0n1 is a part of the filesystem on /");
}

/* A live system: the root is an overlay, and what it lies on is on the stick. */
static void test_overlay_as_root(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	add_mount(&m, "/media/root-ro", "/dev/sda1", "ext4", "8:1");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is mounted on /media/root-ro");
	add_mount(&m, "/", "overlayroot", "overlay", "0:26");
	m.v[1].options = xstrdup("rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/o");
	assert_use(t, &m, &b, USE_ROOT_DISK,
		   "sda1 is what the overlay lies on that is /");
}

static void test_live_medium(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	add_mount(&m, "/cdrom", "/dev/sda1", "iso9660", "8:1");
	assert_use(t, &m, &b, USE_ROOT_DISK, "sda1 is mounted on /cdrom");
}

static void test_loop_on_a_disk(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	add_block(t, VIRTUAL, "loop3", "7:3\n");
	tree_write(t, VIRTUAL "/loop3/loop/backing_file", "/dev/sda1\n");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is a part of loop3");
}

static void test_zram_with_a_backing_device(void **state)
{
	const struct tree *t = *state;
	struct pci_device b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	add_block(t, VIRTUAL, "zram0", "252:0\n");
	tree_write(t, VIRTUAL "/zram0/backing_dev", "none\n");
	assert_int_equal(count_uses(t, &m, &b), 0);
	tree_write(t, VIRTUAL "/zram0/backing_dev", "/dev/sda1\n");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is a part of zram0");
}

/* A cache that waits for its backing device, and one that has it. */
static void test_bcache(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };

	add_disks(t);
	tree_mkdir(t, NVME0N1 "/bcache");
	assert_use(t, &m, &a, USE_MOUNT, "nvme0n1 is registered with bcache");
	add_block(t, VIRTUAL, "bcache0", "251:0\n");
	hold(t, NVME0N1, "bcache0");
	hold(t, SDA1, "bcache0");
	assert_use(t, &m, &a, USE_MOUNT, "nvme0n1 is a part of bcache0");
	add_mount(&m, "/", "/dev/bcache0", "ext4", "251:0");
	assert_use(t, &m, &a, USE_ROOT_DISK, "bcache0, on nvme0n1, is mounted on /");
	assert_use(t, &m, &b, USE_ROOT_DISK, "bcache0, on sda1, is mounted on /");
	assert_int_equal(count_uses(t, &m, &a), 1);
}

static void test_exports(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_write(t, "/sys/kernel/config/target/core/iblock_0/lun\x1b/udev_path",
		   "/dev/sda1\n");
	tree_write(t, "/sys/kernel/config/target/core/fileio_0/f/udev_path", "/srv/f\n");
	tree_write(t,
		   "/sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/device_path",
		   "/dev/nvme0n1\n");
	assert_use(t, &m, &b, USE_MOUNT, "sda1 is exported by LIO (backstore lun\\x1b)");
	assert_use(t, &m, &a, USE_MOUNT,
		   "nvme0n1 is exported over NVMe (subsystem nqn.x)");
}

static void test_export_of_a_controller(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme();
	CLEANUP(mounts_done) struct mounts m = { .known = true };

	add_disks(t);
	tree_link(t, NVME "/nvme/nvme0", "/sys/class/nvme/nvme0");
	tree_write(t, "/sys/kernel/config/nvmet/subsystems/n/passthru/device_path",
		   "/dev/nvme0\n");
	assert_use(t, &m, &a, USE_MOUNT, "nvme0n1 is exported over NVMe (subsystem n)");
}

/* Below another root nobody can ask the kernel; a disk that is in use need not be asked
 * about. */
static void test_claims_of_another_root(void **state)
{
	const struct tree *t = *state;
	struct pci_device a = nvme(), b = sata();
	CLEANUP(mounts_done) struct mounts m = { 0 };
	CLEANUP(uses_done) struct uses of_a = { 0 }, of_b = { 0 };
	struct usage *u;

	add_disks(t);
	add_mount(&m, "/srv", "/dev/sda1", "ext4", "8:1");
	u = usage_load(t->host, &m);
	usage_claims(u, &a, &of_a);
	usage_claims(u, &b, &of_b);
	usage_free(&u);
	assert_int_equal(of_a.n + of_b.n + of_b.unknown.n, 0);
	assert_int_equal(of_a.unknown.n, 1);
	assert_string_equal(of_a.unknown.v[0],
			    "whether the kernel keeps nvme0n1 for something (only the "
			    "running machine tells)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_zfs_pool_that_is_not_mounted),
		TEST(test_zfs_member_without_a_label),
		TEST(test_zfs_on_luks),
		TEST(test_lvm_on_luks_on_md),
		TEST(test_holders),
		TEST(test_btrfs_in_a_container),
		TEST(test_btrfs_of_an_unknown_source),
		TEST(test_mount_of_a_container),
		TEST(test_too_many_namespaces),
		TEST(test_filesystems_of_nobody),
		TEST(test_journals_on_other_disks),
		TEST(test_overlay_as_root),
		TEST(test_live_medium),
		TEST(test_loop_on_a_disk),
		TEST(test_zram_with_a_backing_device),
		TEST(test_bcache),
		TEST(test_exports),
		TEST(test_export_of_a_controller),
		TEST(test_claims_of_another_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
