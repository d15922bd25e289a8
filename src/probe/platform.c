/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of system this is, as far as it decides whether slicer may edit its boot: a
 * container, a live medium, Xen's dom0, a virtual machine. image_based.c knows the
 * systems whose boot files belong to an image.
 */
#include <cpuid.h>
#include <sys/utsname.h>

#include "probe/facts.h"
#include "probe/image_based.h"
#include "text/cmdline.h"

/* ---- container: systemd src/basic/virt.c, the CONTAINER INTERFACE, docker and podman
 * --- */

static const struct {
	const char *path;
	const char *name;
} container_files[] = {
	{ "/.dockerenv", "docker" },
	{ "/run/.containerenv", "podman" },
};

/* cgroup v1, and v2 without a cgroup namespace; a host's init is in / or /init.scope */
static const struct {
	const char *part;
	const char *name;
} container_groups[] = {
	{ "/docker/", "docker" },  { "/lxc/", "lxc" },
	{ "/lxc.payload", "lxc" }, { "/kubepods", "kubernetes" },
	{ "/libpod-", "podman" },  { "/machine.slice/machine-", "systemd-nspawn" },
};

static char *container_by_environment(const struct host *h)
{
	CLEANUP(str_done) struct str env = { 0 };
	static const char key[] = "container=";

	if (host_read(h, "/proc/1/environ", HOST_MAX_CONFIG, &env, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < env.len; i += strlen(env.s + i) + 1)
		if (str_starts(env.s + i, key) && env.s[i + strlen(key)])
			return xasprintf("%s (environment of process 1)",
					 env.s + i + strlen(key));
	return NULL;
}

static char *container_by_cgroup(const struct host *h)
{
	CLEANUP(str_done) struct str text = { 0 };

	if (host_read(h, "/proc/1/cgroup", HOST_MAX_CONFIG, &text, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(container_groups); i++)
		if (strstr(str_c(&text), container_groups[i].part))
			return xasprintf("%s (/proc/1/cgroup)", container_groups[i].name);
	return NULL;
}

static char *find_container(const struct host *h)
{
	CLEANUP(free_char) char *name = host_attr(h, "/run/systemd/container");
	char *ret;

	if (name && *name)
		return xasprintf("%s (/run/systemd/container)", name);
	ret = container_by_environment(h);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(container_files); i++)
		if (host_exists(h, container_files[i].path))
			ret = xasprintf("%s (%s)", container_files[i].name,
					container_files[i].path);
	if (!ret)
		ret = container_by_cgroup(h);
	/* OpenVZ: /proc/vz is everywhere, /proc/bc only on the node itself */
	if (!ret && host_is_dir(h, "/proc/vz") && !host_is_dir(h, "/proc/bc"))
		ret = xstrdup("openvz (/proc/vz)");
	return ret;
}

/* Microsoft's kernel for WSL is booted by Windows: there is no boot to set up. */
static char *find_wsl(const char *release)
{
	if (!release || (!strcasestr(release, "microsoft") && !strstr(release, "WSL")))
		return NULL;
	return xasprintf("wsl (kernel %s)", release);
}

/* ---- virtual machine
 * -------------------------------------------------------------------- */

/* Strings that only a virtual machine's firmware has (systemd src/basic/virt.c). Amazon
 * and Google are left out: their bare-metal machines have them too. */
static const struct {
	const char *file;
	const char *prefix;
	const char *hypervisor;
} vm_firmware[] = {
	{ "product_name", "KVM", "QEMU" },
	{ "product_name", "OpenStack", "QEMU" },
	{ "product_name", "KubeVirt", "QEMU" },
	{ "product_name", "Virtual Machine", "Hyper-V" },
	{ "product_name", "VirtualBox", "VirtualBox" },
	{ "product_name", "VMware", "VMware" },
	{ "product_name", "HVM domU", "Xen" },
	{ "product_name", "BHYVE", "bhyve" },
	{ "product_name", "Standard PC", "QEMU" }, /* i440FX and Q35 */
	{ "sys_vendor", "QEMU", "QEMU" },
	{ "sys_vendor", "VMware", "VMware" },
	{ "sys_vendor", "VMW", "VMware" },
	{ "sys_vendor", "innotek GmbH", "VirtualBox" },
	{ "sys_vendor", "Xen", "Xen" },
	{ "sys_vendor", "Bochs", "QEMU" },
	{ "sys_vendor", "Parallels", "Parallels" },
	{ "sys_vendor", "Apple Virtualization", "Apple Virtualization" },
	{ "board_vendor", "QEMU", "QEMU" },
	{ "bios_vendor", "Bochs", "QEMU" },
	{ "bios_vendor", "BHYVE", "bhyve" },
};
/* Of machines that a cloud rents: virtual only where the processor says so, too. */
static const struct {
	const char *prefix, *hypervisor;
} clouds[] = {
	{ "Amazon EC2", "Amazon EC2" },
	{ "Google", "Google Compute Engine" },
	{ "Alibaba Cloud", "Alibaba Cloud" },
};

static char *vm_by_firmware(const struct host *h, const char **ret_hypervisor)
{
	for (size_t i = 0; i < ARRAY_SIZE(vm_firmware); i++) {
		CLEANUP(free_char)
		char *path = xasprintf("/sys/class/dmi/id/%s", vm_firmware[i].file);
		CLEANUP(free_char) char *value = host_attr(h, path);

		if (!value || !str_starts(value, vm_firmware[i].prefix))
			continue;
		*ret_hypervisor = vm_firmware[i].hypervisor;
		return xasprintf("%s: %s", path, value);
	}
	return NULL;
}

static const char *cloud_by_firmware(const struct host *h)
{
	CLEANUP(free_char) char *vendor = host_attr(h, "/sys/class/dmi/id/sys_vendor");
	CLEANUP(free_char) char *version = host_attr(h, "/sys/class/dmi/id/bios_version");

	for (size_t i = 0; vendor && i < ARRAY_SIZE(clouds); i++)
		if (str_starts(vendor, clouds[i].prefix))
			return clouds[i].hypervisor;
	/* Amazon's older instances run on a Xen whose dom0 their owner never sees: "DMI:
	 * Xen HVM domU, BIOS 4.11.amazon 08/24/2006" in their kernel's log. */
	return version && str_ends(version, ".amazon") ? "Amazon EC2" : NULL;
}

/* CPUID leaf 0x40000000 holds a signature of twelve letters: systemd src/basic/virt.c
 * (vm_table); the detect functions in linux arch/x86/kernel (jailhouse.c, kvm.c) and
 * arch/x86/kernel/cpu (acrn.c, bhyve.c, mshyperv.c, vmware.c). */
const char *hypervisor_of_signature(const char *signature)
{
	static const struct {
		const char *signature, *hypervisor;
	} known[] = {
		{ "KVMKVMKVM", "QEMU" },	 { "TCGTCGTCGTCG", "QEMU" },
		{ "Microsoft Hv", "Hyper-V" },	 { "VMwareVMware", "VMware" },
		{ "XenVMMXenVMM", "Xen" },	 { "VBoxVBoxVBox", "VirtualBox" },
		{ " lrpepyh  vr", "Parallels" }, { "bhyve bhyve ", "bhyve" },
		{ "Linux KVM Hv", "QEMU" },	 { "ACRNACRNACRN", "ACRN" },
		{ "Jailhouse", "Jailhouse" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(signature, known[i].signature) == 0)
			return known[i].hypervisor;
	return NULL;
}

static const char *hypervisor_by_cpuid(void)
{
	unsigned a = 0, words[4] = { 0 };

	__cpuid(0x40000000, a, words[0], words[1], words[2]);
	return hypervisor_of_signature((const char *)words);
}

/* The most telling first: Hyper-V's leaf is shown by others, too, that imitate it. */
static const char *find_hypervisor(const struct host *h, const struct cpu_facts *cpu,
				   const char *by_firmware)
{
	CLEANUP(free_char) char *type = host_attr(h, "/sys/hypervisor/type");
	const char *cloud = cloud_by_firmware(h);

	if (cloud)
		return cloud;
	if (by_firmware)
		return by_firmware;
	if (str_eq(type, "xen"))
		return "Xen";
	return host_is_live(h) && cpu->hypervisor == TRI_YES ? hypervisor_by_cpuid()
							     : NULL;
}

static void find_vm(const struct host *h, const struct cpu_facts *cpu,
		    struct platform_facts *ret)
{
	const char *by_firmware = NULL;

	/* Xen shows its dom0 a CPU with the flag, but the machine is a real one. */
	if (ret->hypervisor_dom0) {
		ret->virtualized = TRI_NO;
		return;
	}
	ret->virt_evidence = vm_by_firmware(h, &by_firmware);
	if (!ret->virt_evidence && cpu->hypervisor == TRI_YES)
		ret->virt_evidence =
			xstrdup("/proc/cpuinfo: the CPU flag \"hypervisor\"");
	if (ret->virt_evidence)
		ret->virtualized = TRI_YES;
	else
		ret->virtualized = cpu->hypervisor;
	if (ret->virtualized == TRI_YES)
		ret->hypervisor = find_hypervisor(h, cpu, by_firmware);
}

/* ---- Xen's dom0: Documentation/ABI/stable/sysfs-hypervisor-xen, xenfs
 * -------------------- */

static char *find_dom0(const struct host *h)
{
	CLEANUP(free_char) char *capabilities = host_attr(h, "/proc/xen/capabilities");
	CLEANUP(free_char) char *type = NULL;
	CLEANUP(free_char) char *uuid = NULL;

	if (capabilities && strstr(capabilities, "control_d"))
		return xstrdup("/proc/xen/capabilities: control_d");
	type = host_attr(h, "/sys/hypervisor/type");
	uuid = host_attr(h, "/sys/hypervisor/uuid");
	if (str_eq(type, "xen") && uuid && uuid[strspn(uuid, "0-")] == '\0')
		return xstrdup("/sys/hypervisor/uuid: all zero, as only dom0 has it");
	return NULL;
}

/* ---- live medium
 * ------------------------------------------------------------------------ */

/* live-boot(7), casper(7), dracut.cmdline(7) (dmsquash-live), mkinitcpio-archiso */
static char *live_by_cmdline(const struct host *h)
{
	static const char *const names[] = { "rd.live.image",	  "archisobasedir",
					     "archisodevice",	  "archisolabel",
					     "archisosearchuuid", "misobasedir" };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(strv_done) struct strv params = { 0 };
	const char *image, *boot, *root;

	if (host_read(h, "/proc/cmdline", HOST_MAX_CONFIG, &text, NULL) < 0)
		return NULL;
	cmdline_split(str_c(&text), text.len, &params);
	/* Ubuntu's media since 23.04 have no boot=casper: the kernel's place tells. */
	image = cmdline_last(&params, "BOOT_IMAGE");
	if (image && (strstr(image, "/casper/") || strstr(image, "/live/")))
		return xasprintf("/proc/cmdline: BOOT_IMAGE=%s", image);
	boot = cmdline_last(&params, "boot");
	root = cmdline_last(&params, "root");
	if (str_eq(boot, "live") || str_eq(boot, "casper"))
		return xasprintf("/proc/cmdline: boot=%s", boot);
	if (root && str_starts(root, "live:"))
		return xasprintf("/proc/cmdline: root=%s", root);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (cmdline_last(&params, names[i]))
			return xasprintf("/proc/cmdline: %s", names[i]);
	return NULL;
}

static char *find_live_medium(const struct host *h)
{
	static const char *const dirs[] = { "/run/live/medium", "/run/initramfs/live",
					    "/run/archiso" };
	char *ret = live_by_cmdline(h);

	for (size_t i = 0; !ret && i < ARRAY_SIZE(dirs); i++)
		if (host_is_dir(h, dirs[i]))
			ret = xasprintf("%s exists", dirs[i]);
	return ret;
}

/* ---- names
 * ------------------------------------------------------------------------------ */

/* uname(2) speaks of the machine that we run on: only a live host is that. */
static void read_kernel(const struct host *h, struct platform_facts *ret)
{
	struct utsname u;

	ret->kernel = host_attr(h, "/proc/sys/kernel/osrelease");
	ret->arch = host_attr(h, "/proc/sys/kernel/arch"); /* since Linux 6.1 */
	if (!host_is_live(h) || uname(&u) < 0)
		return;
	if (!ret->kernel)
		ret->kernel = xstrdup(u.release);
	if (!ret->arch)
		ret->arch = xstrdup(u.machine);
}

int platform_probe(const struct host *h, const struct cpu_facts *cpu,
		   struct platform_facts *ret, struct error *e)
{
	(void)e;
	*ret = (struct platform_facts){ 0 };
	read_kernel(h, ret);
	if (!ret->arch && cpu->foreign)
		ret->arch = xstrdup(cpu->foreign);
	os_release_read(h, ret);
	ret->firmware_known = host_is_dir(h, "/sys/firmware");
	ret->efi = host_exists(h, "/sys/firmware/efi");
	ret->container = find_container(h);
	if (!ret->container)
		ret->container = find_wsl(ret->kernel);
	ret->hypervisor_dom0 = find_dom0(h);
	ret->live_medium = find_live_medium(h);
	find_vm(h, cpu, ret);
	image_based_find(h, ret->os_id, cpu->vendor, &ret->immutable,
			 &ret->immutable_advice);
	return 0;
}

void platform_done(struct platform_facts *f)
{
	free(f->arch);
	free(f->kernel);
	free(f->os_id);
	free(f->os_version_id);
	free(f->os_pretty_name);
	strv_done(&f->os_like);
	free(f->container);
	free(f->virt_evidence);
	free(f->hypervisor_dom0);
	free(f->live_medium);
	free(f->immutable);
	free(f->immutable_advice);
	*f = (struct platform_facts){ 0 };
}
