/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bind at every boot: disks that the boot waits for, the last
 * network controller, names that change. */
#include "devices/bind.h"
#include "devices/usage.h"
#include "tree.h"

#include <errno.h>

#define PCI "/sys/devices/pci0000:00"
#define SATA "0000:00:17.0"
#define NVME "0000:01:00.0"
#define SATA_BLOCKS PCI "/" SATA "/ata1/host0/target0:0:0/0:0:0:0/block"
#define NVME_BLOCKS PCI "/0000:00:1d.0/" NVME "/nvme/nvme0"
#define VIRTUAL "/sys/devices/virtual/block"

#define MOUNTS                                                                           \
	"20 1 0:20 / / rw - tmpfs tmpfs rw\n"                                            \
	"21 20 0:5 / /proc rw - proc proc rw\n"

/* ---- disks ------------------------------------------------------------------------- */

static void add_block(const struct tree *t, const char *dir, const char *name,
		      const char *devno)
{
	CLEANUP(free_char) char *place = xasprintf("%s/%s", dir, name);
	CLEANUP(free_char) char *file = xasprintf("%s/dev", place);
	CLEANUP(free_char) char *link = xasprintf("/sys/class/block/%s", name);
	CLEANUP(free_char) char *node = xasprintf("/dev/%s", name);

	tree_write(t, file, devno);
	tree_link(t, place, link);
	tree_write(t, node, "");
}

static void add_part(const struct tree *t, const char *disk, const char *name,
		     const char *devno)
{
	CLEANUP(free_char) char *file = xasprintf("%s/%s/partition", disk, name);

	add_block(t, disk, name, devno);
	tree_write(t, file, "1\n");
}

static void stack(const struct tree *t, const char *below, const char *name)
{
	CLEANUP(free_char) char *link = xasprintf("%s/holders/%s", below, name);
	CLEANUP(free_char) char *target = xasprintf(VIRTUAL "/%s", name);

	tree_link(t, target, link);
}

/* sda: sda1, sda2 with LUKS (dm-0) with LVM (dm-1, dm-2). nvme0n1: p1, and p2 as a part
 * of md0, as sda3 is. */
static void add_disks(const struct tree *t)
{
	add_block(t, SATA_BLOCKS, "sda", "8:0\n");
	add_part(t, SATA_BLOCKS "/sda", "sda1", "8:1\n");
	add_part(t, SATA_BLOCKS "/sda", "sda2", "8:2\n");
	add_part(t, SATA_BLOCKS "/sda", "sda3", "8:3\n");
	add_block(t, NVME_BLOCKS, "nvme0n1", "259:0\n");
	add_part(t, NVME_BLOCKS "/nvme0n1", "nvme0n1p1", "259:1\n");
	add_part(t, NVME_BLOCKS "/nvme0n1", "nvme0n1p2", "259:2\n");
	add_block(t, VIRTUAL, "dm-0", "254:0\n");
	tree_write(t, VIRTUAL "/dm-0/dm/name", "luks-data\n");
	add_block(t, VIRTUAL, "dm-1", "254:1\n");
	tree_write(t, VIRTUAL "/dm-1/dm/name", "vg-srv\n");
	add_block(t, VIRTUAL, "dm-2", "254:2\n");
	tree_write(t, VIRTUAL "/dm-2/dm/name", "vg-swap\n");
	add_block(t, VIRTUAL, "md0", "9:0\n");
	stack(t, SATA_BLOCKS "/sda/sda2", "dm-0");
	stack(t, VIRTUAL "/dm-0", "dm-1");
	stack(t, VIRTUAL "/dm-0", "dm-2");
	stack(t, SATA_BLOCKS "/sda/sda3", "md0");
	stack(t, NVME_BLOCKS "/nvme0n1/nvme0n1p2", "md0");
	tree_link(t, "../../sda1", "/dev/disk/by-uuid/1111-AAAA");
	tree_link(t, "../../sda2", "/dev/disk/by-uuid/2222-bbbb");
	tree_link(t, "../../nvme0n1p1", "/dev/disk/by-label/scratch");
	tree_link(t, "../../nvme0n1p1", "/dev/disk/by-partuuid/3333");
	tree_link(t, "../dm-1", "/dev/mapper/vg-srv");
	tree_link(t, "../dm-1", "/dev/vg/srv");
	tree_link(t, "md0", "/dev/raid");
}

static struct pci_device device(const char *address, uint32_t class)
{
	struct pci_device d = {
		.class_code = class, .iommu_group = 7, .vfio_group = -1, .numa_node = -1
	};

	assert_int_equal(pci_address_parse(address, &d.at, NULL), 0);
	pci_address_format(d.at, d.address);
	return d;
}

/* What the boot needs of the device, one per line. Owned by the caller. */
static char *needs(const struct tree *t, const char *address)
{
	struct pci_device d = device(address, 0x010000);
	CLEANUP(mounts_done) struct mounts m = { 0 };
	CLEANUP(usage_free) struct usage *usage = NULL;
	CLEANUP(uses_done) struct uses u = { 0 };
	struct str ret = { 0 };

	mounts_load(t->host, &m, NULL);
	usage = usage_load(t->host, &m);
	usage_at_boot(usage, &d, &u);
	for (size_t i = 0; i < u.n; i++) {
		assert_int_equal(u.v[i].kind, USE_BOOT);
		str_addf(&ret, "%s%s", i ? "\n" : "", u.v[i].text);
	}
	return ret.s ? str_take(&ret) : xstrdup("");
}

struct need {
	const char *text; /* of the file */
	const char *sata, *nvme; /* what is needed of each */
};

static void check_needs(const struct tree *t, const char *file, const struct need *v,
			size_t n)
{
	add_disks(t);
	tree_write(t, "/proc/self/mountinfo", MOUNTS);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(free_char) char *sata = NULL;
		CLEANUP(free_char) char *nvme = NULL;

		tree_write(t, file, v[i].text);
		sata = needs(t, SATA);
		nvme = needs(t, NVME);
		if (strcmp(sata, v[i].sata) != 0 || strcmp(nvme, v[i].nvme) != 0)
			print_message("%s", v[i].text);
		assert_string_equal(sata, v[i].sata);
		assert_string_equal(nvme, v[i].nvme);
	}
}

static void test_fstab(void **state)
{
	static const struct need cases[] = {
		{ "UUID=1111-AAAA /srv ext4 defaults 0 2\n",
		  "sda1 is mounted on /srv at boot (/etc/fstab)", "" },
		{ "UUID=\"1111-AAAA\" /srv ext4 defaults 0 2\n",
		  "sda1 is mounted on /srv at boot (/etc/fstab)", "" },
		{ "LABEL=scratch /scratch xfs defaults 0 2\n", "",
		  "nvme0n1p1 is mounted on /scratch at boot (/etc/fstab)" },
		{ "PARTUUID=3333 /scratch xfs defaults 0 2\n", "",
		  "nvme0n1p1 is mounted on /scratch at boot (/etc/fstab)" },
		{ "/dev/sda1 /srv ext4 defaults 0 2\n",
		  "sda1 is mounted on /srv at boot (/etc/fstab)", "" },
		{ "/dev/disk/by-uuid/1111-AAAA /srv\\040of\\033 ext4 defaults 0 2\n",
		  "sda1 is mounted on /srv of\\x1b at boot (/etc/fstab)", "" },
		{ "UUID=1111-AAAA none swap sw 0 0\n",
		  "sda1 is swap that the boot waits for (/etc/fstab)", "" },
		/* by LVM in LUKS, and of a mirror both halves */
		{ "/dev/mapper/vg-srv /srv ext4 defaults 0 2\n",
		  "dm-1 (vg-srv) is mounted on /srv at boot (/etc/fstab)", "" },
		{ "/dev/vg/srv /srv ext4 defaults 0 2\n",
		  "dm-1 (vg-srv) is mounted on /srv at boot (/etc/fstab)", "" },
		{ "/dev/md0 /raid ext4 defaults 0 2\n",
		  "md0 is mounted on /raid at boot (/etc/fstab)",
		  "md0 is mounted on /raid at boot (/etc/fstab)" },
		/* what no boot waits for */
		{ "UUID=1111-AAAA /srv ext4 noauto 0 2\n", "", "" },
		{ "UUID=1111-AAAA /srv ext4 rw,nofail,x-systemd.device-timeout=1 0 2\n",
		  "", "" },
		{ "UUID=1111-AAAA none swap sw,nofail 0 0\n", "", "" },
		{ "UUID=4444 /srv ext4 defaults 0 2\n", "", "" },
		{ "# UUID=1111-AAAA /srv ext4 defaults 0 2\n", "", "" },
		{ "server:/sda1 /srv nfs defaults 0 0\ntmpfs /tmp tmpfs nosuid 0 0\n", "",
		  "" },
		/* a name that is a part of another one's */
		{ "/dev/sda11 /srv ext4 defaults 0 2\n", "", "" },
	};

	check_needs(*state, "/etc/fstab", cases, ARRAY_SIZE(cases));
}

static void test_crypttab(void **state)
{
	static const struct need cases[] = {
		{ "data UUID=2222-bbbb none luks\n",
		  "sda2 is unlocked as data at boot (/etc/crypttab)", "" },
		{ "data /dev/nvme0n1p1 /etc/key\n", "",
		  "nvme0n1p1 is unlocked as data at boot (/etc/crypttab)" },
		{ "data UUID=2222-bbbb none luks,nofail\n", "", "" },
		{ "data UUID=2222-bbbb none noauto\n", "", "" },
		{ "# data UUID=2222-bbbb none luks\n", "", "" },
	};

	check_needs(*state, "/etc/crypttab", cases, ARRAY_SIZE(cases));
}

static void test_command_line(void **state)
{
	static const struct need cases[] = {
		{ "root=UUID=1111-AAAA ro\n", "sda1 is root= of the kernel command line",
		  "" },
		{ "root=/dev/sda1 resume=LABEL=scratch\n",
		  "sda1 is root= of the kernel command line",
		  "nvme0n1p1 is resume= of the kernel command line" },
		{ "root=/dev/mapper/vg-srv\n",
		  "dm-1 (vg-srv) is root= of the kernel command line", "" },
		/* the last one counts */
		{ "root=/dev/sda1 root=PARTUUID=3333\n", "",
		  "nvme0n1p1 is root= of the kernel command line" },
		{ "mount.usr=/dev/sda1\n",
		  "sda1 is mount.usr= of the kernel command line", "" },
		/* each of these */
		{ "rd.luks.uuid=luks-2222-bbbb rd.luks.uuid=5555\n",
		  "sda2 is rd.luks.uuid= of the kernel command line", "" },
		{ "rd.luks.uuid=5555 rd.luks.uuid=2222-bbbb\n",
		  "sda2 is rd.luks.uuid= of the kernel command line", "" },
		{ "luks.uuid=2222-bbbb luks.uuid=5555\n",
		  "sda2 is luks.uuid= of the kernel command line", "" },
		{ "rd.luks.name=2222-bbbb=data rd.luks.name=5555=more\n",
		  "sda2 is rd.luks.name= of the kernel command line", "" },
		{ "luks.name=5555=more luks.name=2222-bbbb=data\n",
		  "sda2 is luks.name= of the kernel command line", "" },
		{ "cryptdevice=UUID=2222-bbbb:data:allow-discards\n",
		  "sda2 is cryptdevice= of the kernel command line", "" },
		{ "root= resume= rd.luks.uuid= cryptdevice=: quiet\n", "", "" },
		{ "root=ZFS=rpool/root resume=/swapfile\n", "", "" },
	};

	check_needs(*state, "/proc/cmdline", cases, ARRAY_SIZE(cases));
}

/* ---- bind_check() for every boot --------------------------------------------------- */

/* A machine of up to six functions, the first of which is asked for. */
struct machine {
	struct pci_device d[6];
	struct pci_devices all;
	struct bind_request r;
	struct mounts mounts;
	struct strv warnings;
	struct error e;
};

static struct pci_device *add(struct machine *m, const char *address, uint32_t class,
			      const char *driver)
{
	struct pci_device *d = &m->d[m->all.n];

	m->d[m->all.n++] = device(address, class);
	d->iommu_group = (long)m->all.n;
	d->driver = driver ? xstrdup(driver) : NULL;
	return d;
}

static void machine_init(struct machine *m, const char *address, uint32_t class,
			 const char *driver)
{
	*m = (struct machine){ .all = { .v = m->d }, .mounts = { .known = true } };
	m->r.every_boot = true;
	bind_request_add(&m->r, add(m, address, class, driver), "vfio-pci");
}

static void machine_done(struct machine *m)
{
	for (size_t i = 0; i < m->all.n; i++) {
		free(m->d[i].driver);
		free(m->d[i].driver_override);
		free(m->d[i].physfn);
		strv_done(&m->d[i].modules);
	}
	bind_request_done(&m->r);
	mounts_done(&m->mounts);
	strv_done(&m->warnings);
}

static void ask_for(struct machine *m, const char *driver)
{
	free(m->r.v[0].driver);
	m->r.v[0].driver = xstrdup(driver);
}

static int check(const struct tree *t, struct machine *m)
{
	tree_mkdir(t, "/sys/bus/pci/drivers/vfio-pci");
	tree_mkdir(t, "/sys/class/block");
	tree_mkdir(t, "/sys/class/net");
	strv_done(&m->warnings);
	return bind_check(t->host, &m->mounts, &m->all, &m->r, &m->warnings, &m->e);
}

static bool warned(const struct machine *m, const char *text)
{
	for (size_t i = 0; i < m->warnings.n; i++)
		if (strstr(m->warnings.v[i], text))
			return true;
	return false;
}

#define LAST "no other network controller would have a driver after a boot"

static void test_the_only_nic(void **state)
{
	const struct tree *t = *state;
	CLEANUP(machine_done) struct machine m;

	machine_init(&m, "0000:00:19.0", 0x020000, "e1000e");
	add(&m, "0000:00:14.0", 0x0c0330, "xhci_hcd");
	assert_int_equal(check(t, &m), -EBUSY);
	assert_string_equal(m.e.what, "0000:00:19.0 can't be taken: " LAST);
	assert_non_null(strstr(m.e.hint, "--force does it anyway"));
	/* now only, or to a driver of the host */
	m.r.every_boot = false;
	assert_int_equal(check(t, &m), 0);
	m.r.every_boot = true;
	ask_for(&m, "e1000e");
	tree_mkdir(t, "/sys/bus/pci/drivers/e1000e");
	assert_int_equal(check(t, &m), 0);
	ask_for(&m, "vfio-pci");
	m.r.force = true;
	assert_int_equal(check(t, &m), 0);
	assert_true(warned(&m, LAST " (overruled by --force)"));
	/* One that VFIO has already is no less the last one. */
	m.r.force = false;
	free(m.d[0].driver);
	m.d[0].driver = xstrdup("vfio-pci");
	assert_int_equal(check(t, &m), -EBUSY);
	/* no network controller, no question of the last one */
	m.d[0].class_code = 0x030000;
	assert_int_equal(check(t, &m), 0);
}

/* Another controller, and what it would have after a boot. */
static void test_another_nic(void **state)
{
	static const struct {
		const char *driver, *override, *module, *physfn;
		bool counts;
	} cases[] = {
		{ "igb", NULL, NULL, NULL, true },
		{ NULL, NULL, "igb", NULL, true },
		{ NULL, NULL, NULL, NULL, false },
		{ "vfio-pci", NULL, "igb", NULL, false },
		{ "mlx5_vfio_pci", NULL, NULL, NULL, false },
		{ NULL, "vfio-pci", "igb", NULL, false },
		/* virtual functions are made later, if at all */
		{ "igbvf", NULL, NULL, "0000:00:19.0", false },
	};
	const struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(machine_done) struct machine m;
		struct pci_device *other;

		machine_init(&m, "0000:00:19.0", 0x020000, "e1000e");
		other = add(&m, "0000:03:00.0", 0x028000, cases[i].driver);
		other->driver_override =
			cases[i].override ? xstrdup(cases[i].override) : NULL;
		other->physfn = cases[i].physfn ? xstrdup(cases[i].physfn) : NULL;
		if (cases[i].module)
			strv_add(&other->modules, cases[i].module);
		assert_int_equal(check(t, &m), cases[i].counts ? 0 : -EBUSY);
	}
}

/* Both at once, or the other one by another file. */
static void test_both_nics(void **state)
{
	const struct tree *t = *state;
	CLEANUP(machine_done) struct machine m;
	const struct pci_device *others[1];

	machine_init(&m, "0000:00:19.0", 0x020000, "e1000e");
	others[0] = add(&m, "0000:03:00.0", 0x020000, "igb");
	bind_request_add(&m.r, others[0], "vfio-pci");
	assert_int_equal(check(t, &m), -EBUSY);
	assert_non_null(strstr(m.e.what, "0000:00:19.0 can't be taken: " LAST));
	assert_non_null(strstr(m.e.what, "0000:03:00.0 can't be taken: " LAST));
	free(m.r.v[--m.r.n].driver);
	assert_int_equal(check(t, &m), 0);
	m.r.others = others;
	m.r.n_others = 1;
	assert_int_equal(check(t, &m), -EBUSY);
	/* a third one stays */
	add(&m, "0000:04:00.0", 0x020000, "r8169");
	assert_int_equal(check(t, &m), 0);
}

static void test_usb_nic(void **state)
{
	const struct tree *t = *state;
	CLEANUP(free_char) char *eno1 = tree_path(t, "/sys/class/net/eno1");
	const char *usb = PCI "/0000:00:14.0/usb1/1-3/1-3:1.0/net/enx0";
	CLEANUP(machine_done) struct machine m;

	machine_init(&m, "0000:00:19.0", 0x020000, "e1000e");
	add(&m, "0000:00:14.0", 0x0c0330, "xhci_hcd");
	/* These do not count: what is virtual, and the interface of the one that goes. */
	tree_write(t, "/sys/devices/virtual/net/br0/flags", "0x1003\n");
	tree_link(t, "/sys/devices/virtual/net/br0", "/sys/class/net/br0");
	tree_write(t, PCI "/0000:00:19.0/net/eno1/flags", "0x1002\n");
	tree_link(t, PCI "/0000:00:19.0/net/eno1", "/sys/class/net/eno1");
	assert_int_equal(check(t, &m), -EBUSY);
	tree_write(t, PCI "/0000:00:14.0/usb1/1-3/1-3:1.0/net/enx0/flags", "0x1002\n");
	tree_link(t, usb, "/sys/class/net/enx0");
	assert_int_equal(check(t, &m), 0);
	/* It goes along with its controller. */
	bind_request_add(&m.r, &m.d[1], "vfio-pci");
	assert_int_equal(check(t, &m), -EBUSY);
	assert_non_null(strstr(m.e.what, LAST));
	/* The host has no other network than that. */
	m.d[0].class_code = 0x030000;
	assert_int_equal(unlink(eno1), 0);
	free(m.r.v[--m.r.n].driver);
	assert_int_equal(check(t, &m), 0);
	m.r.v[0].d = &m.d[1];
	assert_int_equal(check(t, &m), -EBUSY);
	assert_non_null(strstr(m.e.what, "0000:00:14.0 can't be taken: " LAST));
}

/* A disk that the boot waits for: refused, also when VFIO has its controller already. */
static void test_disk_of_the_boot(void **state)
{
	const struct tree *t = *state;
	CLEANUP(machine_done) struct machine m;

	add_disks(t);
	tree_write(t, "/proc/self/mountinfo", MOUNTS);
	tree_write(t, "/etc/fstab", "UUID=1111-AAAA /srv ext4 defaults 0 2\n");
	machine_init(&m, SATA, 0x010601, "ahci");
	mounts_load(t->host, &m.mounts, NULL);
	assert_int_equal(check(t, &m), -EBUSY);
	assert_non_null(strstr(m.e.what, "sda1 is mounted on /srv at boot (/etc/fstab)"));
	m.r.force = true;
	assert_int_equal(check(t, &m), 0);
	assert_true(warned(&m, "/srv at boot (/etc/fstab) (overruled by --force)"));
	assert_false(warned(&m, "can change"));
	m.r.force = false;
	free(m.d[0].driver);
	m.d[0].driver = xstrdup("vfio-pci");
	assert_int_equal(check(t, &m), -EBUSY);
	m.r.every_boot = false;
	assert_int_equal(check(t, &m), 0);
}

/* The driver that the host needs for its disk, at every boot. */
static void test_native_driver_of_the_disk(void **state)
{
	const struct tree *t = *state;
	CLEANUP(machine_done) struct machine m;

	add_disks(t);
	tree_write(t, "/proc/self/mountinfo", MOUNTS);
	tree_write(t, "/etc/fstab", "UUID=1111-AAAA /srv ext4 defaults 0 2\n");
	tree_mkdir(t, "/sys/bus/pci/drivers/ahci");
	tree_mkdir(t, "/sys/bus/pci/drivers/uio_pci_generic");
	machine_init(&m, SATA, 0x010601, "ahci");
	mounts_load(t->host, &m.mounts, NULL);
	ask_for(&m, "ahci");
	assert_int_equal(check(t, &m), 0);
	ask_for(&m, "uio_pci_generic");
	assert_int_equal(check(t, &m), -EBUSY);
}

static void test_names_that_change(void **state)
{
	static const struct {
		const char *cmdline, *fstab, *warning;
	} cases[] = {
		{ "root=/dev/sda1", "", "root=/dev/sda1" },
		{ "root=/dev/nvme1n1p2", "", "root=/dev/nvme1n1p2" },
		{ "root=/dev/vda1", "", "root=/dev/vda1" },
		{ "root=UUID=1", "/dev/nvme1n1p2 /srv ext4 nofail 0 2\n",
		  "/etc/fstab names /dev/nvme1n1p2" },
		{ "root=UUID=1", "/dev/sdc1 none swap sw 0 0\n",
		  "/etc/fstab names /dev/sdc1" },
		{ "root=UUID=1 resume=/dev/sdc1", "", "resume=/dev/sdc1" },
		{ "root=UUID=1",
		  "/dev/mapper/vg-srv /srv ext4 nofail 0 2\n"
		  "UUID=2 /x ext4 nofail 0 0\n/dev/disk/by-id/x /y ext4 nofail 0 0\n",
		  NULL },
	};
	const struct tree *t = *state;

	tree_write(t, "/proc/self/mountinfo", MOUNTS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(machine_done) struct machine m;

		tree_write(t, "/proc/cmdline", cases[i].cmdline);
		tree_write(t, "/etc/fstab", cases[i].fstab);
		machine_init(&m, NVME, 0x010802, "nvme");
		mounts_load(t->host, &m.mounts, NULL);
		assert_int_equal(check(t, &m), 0);
		assert_int_equal(warned(&m, "can change") || warned(&m, "another disk"),
				 cases[i].warning != NULL);
		if (cases[i].warning)
			assert_true(warned(&m, cases[i].warning));
		/* a network card shifts no disks, and neither does a bind for now */
		m.d[0].class_code = 0x030000;
		assert_int_equal(check(t, &m), 0);
		assert_false(warned(&m, "UUID="));
		m.d[0].class_code = 0x010802;
		m.r.every_boot = false;
		assert_int_equal(check(t, &m), 0);
		assert_false(warned(&m, "UUID="));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fstab),
		TEST(test_crypttab),
		TEST(test_command_line),
		TEST(test_the_only_nic),
		TEST(test_another_nic),
		TEST(test_both_nics),
		TEST(test_usb_nic),
		TEST(test_disk_of_the_boot),
		TEST(test_native_driver_of_the_disk),
		TEST(test_names_that_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
