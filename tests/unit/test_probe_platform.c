/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of system a tree is. */
#include "probe/facts.h"
#include "tree.h"

static struct platform_facts probe(const struct tree *t, enum tri hypervisor)
{
	const struct cpu_facts cpu = { .vendor = CPU_AMD, .hypervisor = hypervisor };
	struct platform_facts f;

	assert_int_equal(platform_probe(t->host, &cpu, &f, NULL), 0);
	return f;
}

static void test_ordinary(void **state)
{
	const struct tree *t = *state;
	struct platform_facts f;

	tree_write(t, "/etc/os-release",
		   "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
		   "VERSION_ID=\"12\"\nID=debian\n");
	tree_write(t, "/proc/sys/kernel/osrelease", "6.1.0-40-amd64\n");
	tree_write(t, "/proc/sys/kernel/arch", "x86_64\n");
	tree_write(t, "/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n");
	tree_write(t, "/proc/1/cgroup", "0::/init.scope\n");
	tree_write(t, "/sys/class/dmi/id/sys_vendor", "ASUS\n");
	tree_mkdir(t, "/sys/firmware/efi");
	f = probe(t, TRI_NO);
	assert_string_equal(f.arch, "x86_64");
	assert_string_equal(f.kernel, "6.1.0-40-amd64");
	assert_string_equal(f.os_id, "debian");
	assert_string_equal(f.os_version_id, "12");
	assert_string_equal(f.os_pretty_name, "Debian GNU/Linux 12 (bookworm)");
	assert_true(f.efi && f.firmware_known);
	assert_int_equal(f.virtualized, TRI_NO);
	assert_null(f.container);
	assert_null(f.live_medium);
	assert_null(f.hypervisor_dom0);
	assert_null(f.immutable);
	assert_null(f.immutable_advice);
	platform_done(&f);
}

/* The running machine's uname is no fact of another root. */
static void test_mounted_disk(void **state)
{
	const struct tree *t = *state;
	struct platform_facts f;

	tree_write(t, "/usr/lib/os-release",
		   "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME='Mint'\n");
	f = probe(t, TRI_UNKNOWN);
	assert_null(f.kernel);
	assert_null(f.arch);
	assert_string_equal(f.os_id, "linuxmint");
	assert_int_equal(f.os_like.n, 2);
	assert_string_equal(f.os_like.v[0], "ubuntu");
	assert_null(f.os_version_id);
	assert_false(f.firmware_known);
	assert_int_equal(f.virtualized, TRI_UNKNOWN);
	platform_done(&f);
}

struct file_case {
	const char *path;
	const char *text;
	const char *part; /* of what is said */
};

/* One file each in an otherwise empty root; get picks what it should set. */
static void check_files(const struct file_case *v, size_t n,
			char *(*get)(const struct platform_facts *f))
{
	for (size_t i = 0; i < n; i++) {
		struct platform_facts f;
		void *state;

		tree_setup(&state);
		tree_write(state, v[i].path, v[i].text);
		f = probe(state, TRI_NO);
		if (!get(&f) || !strstr(get(&f), v[i].part))
			fail_msg("%s: %s", v[i].path, get(&f) ? get(&f) : "nothing");
		platform_done(&f);
		tree_teardown(&state);
	}
}

static char *get_container(const struct platform_facts *f)
{
	return f->container;
}

static void test_containers(void **state)
{
	static const struct file_case files[] = {
		{ "/run/systemd/container", "lxc\n", "lxc" },
		{ "/.dockerenv", "", "docker" },
		{ "/run/.containerenv", "engine=\"podman-4.3.1\"\n", "podman" },
		{ "/proc/1/cgroup", "12:pids:/docker/0123456789ab\n", "docker" },
		{ "/proc/1/cgroup", "0::/kubepods.slice/x\n", "kubernetes" },
		{ "/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n",
		  "wsl" },
		{ "/proc/vz/version", "", "openvz" },
	};

	(void)state;
	check_files(files, ARRAY_SIZE(files), get_container);
}

static void test_container_environment(void **state)
{
	const struct tree *t = *state;
	char *path = tree_path(t, "/proc/1/environ");
	static const char env[] = "TERM=linux\0container=systemd-nspawn\0x";
	struct platform_facts f;
	FILE *file;

	tree_write(t, "/proc/1/environ", "");
	file = fopen(path, "we");
	assert_non_null(file);
	fwrite(env, 1, sizeof(env) - 1, file);
	fclose(file);
	f = probe(t, TRI_NO);
	assert_non_null(f.container);
	assert_non_null(strstr(f.container, "systemd-nspawn"));
	platform_done(&f);
	free(path);
}

static char *get_virt(const struct platform_facts *f)
{
	return f->virtualized == TRI_YES ? f->virt_evidence : NULL;
}

static void test_virtual_machines(void **state)
{
	static const struct file_case files[] = {
		{ "/sys/class/dmi/id/sys_vendor", "QEMU\n", "QEMU" },
		{ "/sys/class/dmi/id/sys_vendor", "VMware, Inc.\n", "VMware" },
		{ "/sys/class/dmi/id/sys_vendor", "innotek GmbH\n", "innotek" },
		{ "/sys/class/dmi/id/product_name", "Virtual Machine\n",
		  "Virtual Machine" },
		{ "/sys/class/dmi/id/product_name", "KVM\n", "KVM" },
	};
	struct platform_facts f;

	check_files(files, ARRAY_SIZE(files), get_virt);
	f = probe(*state, TRI_YES);
	assert_int_equal(f.virtualized, TRI_YES);
	assert_non_null(strstr(f.virt_evidence, "hypervisor"));
	platform_done(&f);
}

/*
 * What the firmware of real guests says, and whose advice they get. From the kernel logs
 * of such machines: "DMI: VENDOR PRODUCT, BIOS VERSION", and behind it "Hypervisor
 * detected: NAME", with a name of the table in linux arch/x86/kernel/cpu/hypervisor.c
 * (KVM, VMware, Microsoft Hyper-V, Xen HVM, Jailhouse, ACRN, Bhyve). That is KVM for
 * Amazon's, Google's and VirtualBox's guests, too, so the firmware is asked. Vendors:
 * systemd src/basic/virt.c, dmi_vendor_table.
 */
static void test_guest_firmware(void **state)
{
	static const struct {
		const char *vendor, *product, *bios, *hypervisor;
	} guests[] = {
		{ "Red Hat", "KVM", "0.5.1", "QEMU" },
		{ "VMware, Inc.", "VMware Virtual Platform", "6.00", "VMware" },
		{ "VMware, Inc.", "VMware7,1", "VMW71.00V.0.B64.1605280101", "VMware" },
		{ "Microsoft Corporation", "Virtual Machine", "090007", "Hyper-V" },
		{ "Xen", "HVM domU", "4.17.0", "Xen" },
		{ "Xen", "HVM domU", "4.11.amazon", "Amazon EC2" },
		{ "innotek GmbH", "VirtualBox", "VirtualBox", "VirtualBox" },
		{ "Amazon EC2", "r5d.xlarge", "1.0", "Amazon EC2" },
		{ "Google", "Google Compute Engine", "Google", "Google Compute Engine" },
		{ "Alibaba Cloud", "Alibaba Cloud ECS", "", "Alibaba Cloud" },
		{ "", "BHYVE", "", "bhyve" },
	};
	const struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		struct platform_facts f;

		tree_write(t, "/sys/class/dmi/id/sys_vendor", guests[i].vendor);
		tree_write(t, "/sys/class/dmi/id/product_name", guests[i].product);
		tree_write(t, "/sys/class/dmi/id/bios_version", guests[i].bios);
		f = probe(t, TRI_YES);
		assert_int_equal(f.virtualized, TRI_YES);
		assert_string_equal(f.hypervisor, guests[i].hypervisor);
		platform_done(&f);
	}
}

/* systemd src/basic/virt.c, vm_table; linux arch/x86/kernel/jailhouse.c. */
static void test_signatures(void **state)
{
	(void)state;
	assert_string_equal(hypervisor_of_signature("KVMKVMKVM"), "QEMU");
	assert_string_equal(hypervisor_of_signature("Linux KVM Hv"), "QEMU");
	assert_string_equal(hypervisor_of_signature("Microsoft Hv"), "Hyper-V");
	assert_string_equal(hypervisor_of_signature("VMwareVMware"), "VMware");
	assert_string_equal(hypervisor_of_signature("XenVMMXenVMM"), "Xen");
	assert_string_equal(hypervisor_of_signature("bhyve bhyve "), "bhyve");
	assert_string_equal(hypervisor_of_signature("ACRNACRNACRN"), "ACRN");
	assert_string_equal(hypervisor_of_signature("Jailhouse"), "Jailhouse");
	assert_null(hypervisor_of_signature(""));
}

static char *get_dom0(const struct platform_facts *f)
{
	return f->virtualized == TRI_NO ? f->hypervisor_dom0 : NULL;
}

static void test_dom0(void **state)
{
	static const struct file_case files[] = {
		{ "/proc/xen/capabilities", "control_d\n", "control_d" },
	};
	const struct tree *t = *state;
	struct platform_facts f;

	check_files(files, ARRAY_SIZE(files), get_dom0);
	tree_write(t, "/sys/hypervisor/type", "xen\n");
	tree_write(t, "/sys/hypervisor/uuid", "00000000-0000-0000-0000-000000000000\n");
	f = probe(t, TRI_YES);
	assert_non_null(f.hypervisor_dom0);
	assert_int_equal(f.virtualized, TRI_NO);
	platform_done(&f);
	tree_write(t, "/sys/hypervisor/uuid", "4f1e2c60-0000-0000-0000-000000000000\n");
	f = probe(t, TRI_YES);
	assert_null(f.hypervisor_dom0);
	assert_int_equal(f.virtualized, TRI_YES);
	platform_done(&f);
}

static char *get_live(const struct platform_facts *f)
{
	return f->live_medium;
}

static void test_live_media(void **state)
{
	static const struct file_case files[] = {
		{ "/proc/cmdline", "BOOT_IMAGE=/live/vmlinuz boot=live components\n",
		  "live" },
		{ "/proc/cmdline", "boot=casper quiet splash ---\n", "casper" },
		{ "/proc/cmdline", "BOOT_IMAGE=/casper/vmlinuz --- quiet splash\n",
		  "casper" },
		{ "/proc/cmdline", "root=live:CDLABEL=Fedora rd.live.image\n", "live:" },
		{ "/proc/cmdline", "rd.live.image quiet\n", "rd.live.image" },
		{ "/proc/cmdline", "archisobasedir=arch archisolabel=ARCH\n", "archiso" },
		{ "/run/archiso/x", "", "/run/archiso" },
	};
	const struct tree *t = *state;
	struct platform_facts f;

	check_files(files, ARRAY_SIZE(files), get_live);
	tree_write(t, "/proc/cmdline", "root=/dev/sda1 boot=local myboot=live\n");
	f = probe(t, TRI_NO);
	assert_null(f.live_medium);
	platform_done(&f);
}

static char *get_immutable(const struct platform_facts *f)
{
	/* a name never comes without its advice, and every hole is filled */
	return f->immutable_advice && !strchr(f->immutable_advice, '@') ? f->immutable
									: NULL;
}

static void test_image_based(void **state)
{
	static const struct file_case files[] = {
		{ "/run/ostree-booted", "", "ostree" },
		{ "/ostree/repo/config", "", "ostree" },
		{ "/run/mnt/ubuntu-boot/x", "", "Ubuntu Core" },
		{ "/usr/bin/midclt", "", "TrueNAS" },
		{ "/etc/NIXOS", "", "NixOS" },
		{ "/etc/os-release", "ID=guix\n", "Guix" },
		{ "/etc/os-release", "ID=bottlerocket\n", "Bottlerocket" },
		{ "/etc/os-release", "ID=cos\n", "Container-Optimized" },
		{ "/etc/os-release", "ID=haos\n", "Home Assistant" },
		{ "/etc/os-release", "ID=ubuntu-core\n", "Ubuntu Core" },
		{ "/etc/os-release", "ID=steamos\n", "SteamOS" },
		{ "/etc/os-release", "ID=talos\n", "Talos" },
		{ "/etc/os-release", "ID=flatcar\n", "Flatcar" },
		{ "/etc/os-release", "ID=\"vanilla\"\n", "Vanilla" },
	};
	const struct tree *t = *state;
	struct platform_facts f;

	check_files(files, ARRAY_SIZE(files), get_immutable);
	/* a writable root is one that slicer may work in, as in transactional-update
	 * shell */
	tree_mkdir(t, "/usr");
	tree_write(t, "/usr/sbin/transactional-update", "");
	f = probe(t, TRI_NO);
	assert_null(f.immutable);
	platform_done(&f);
	tree_write(t, "/run/ostree-booted", "");
	f = probe(t, TRI_NO);
	assert_non_null(strstr(f.immutable_advice, "amd_iommu=on"));
	platform_done(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ordinary),	     TEST(test_mounted_disk),
		TEST(test_containers),	     TEST(test_container_environment),
		TEST(test_virtual_machines), TEST(test_guest_firmware),
		TEST(test_signatures),	     TEST(test_dom0),
		TEST(test_live_media),	     TEST(test_image_based),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
