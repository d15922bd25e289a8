/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who can start a virtual machine here, and what it may lock. */
#include <errno.h>

#include "probe/facts.h"

#define LIMITS "/proc/self/limits"
#define STATUS "/proc/self/status"
#define LIMITS_MAX 65536
#define CAP_IPC_LOCK 14 /* include/uapi/linux/capability.h */

/* What follows "key" and white space on the line that starts with it, pointing into text;
 * NULL if there is no such line. */
static const char *find_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0)
			return line + n + strspn(line + n, " \t");
	}
	return NULL;
}

/* fs/proc/base.c, proc_pid_limits(): name, soft limit, hard limit, units. */
static bool read_memlock(const char *text, struct limits_facts *ret)
{
	const char *value = find_value(text, "Max locked memory");
	char *end;

	if (!value)
		return false;
	ret->unlimited = strncmp(value, "unlimited", 9) == 0;
	if (ret->unlimited)
		return true;
	errno = 0;
	ret->memlock = strtoull(value, &end, 10);
	return errno == 0 && end != value;
}

int limits_probe(const struct host *h, struct limits_facts *ret, struct error *e)
{
	CLEANUP(str_done) struct str limits = { 0 };
	CLEANUP(str_done) struct str status = { 0 };
	const char *capabilities;

	(void)e;
	*ret = (struct limits_facts){ 0 };
	if (host_read(h, LIMITS, LIMITS_MAX, &limits, NULL) < 0)
		return 0;
	ret->known = read_memlock(str_c(&limits), ret);
	if (host_read(h, STATUS, LIMITS_MAX, &status, NULL) < 0)
		return 0;
	capabilities = find_value(str_c(&status), "CapEff:");
	ret->ipc_lock =
		capabilities && (strtoull(capabilities, NULL, 16) >> CAP_IPC_LOCK & 1);
	return 0;
}

/* Where distributions and people put it: Debian, Ubuntu, Arch, openSUSE; Fedora; RHEL. */
static const char *const qemu[] = {
	"/usr/bin/qemu-system-x86_64",
	"/usr/local/bin/qemu-system-x86_64",
	"/usr/bin/qemu-kvm",
	"/usr/libexec/qemu-kvm",
	NULL,
};
static const char *const cloud_hypervisor[] = {
	"/usr/bin/cloud-hypervisor",
	"/usr/local/bin/cloud-hypervisor",
	"/opt/cloud-hypervisor/bin/cloud-hypervisor",
	NULL,
};

static const char *first_there(const struct host *h, const char *const *paths)
{
	while (*paths && !host_exists(h, *paths))
		paths++;
	return *paths;
}

/* Where distributions put OVMF: Debian, Ubuntu and Alpine, Fedora, Arch now and before,
 * openSUSE now and before, Gentoo, Proxmox, NixOS (for libvirt), and what QEMU itself
 * brings along (its pc-bios/descriptors/60-edk2-x86_64.json). As raw images only: QEMU's
 * command says so. */
static const char *const firmwares[][2] = {
	{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
	{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	{ "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
	{ "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd",
	  "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd" },
	{ "/usr/share/qemu/ovmf-x86_64-4m-code.bin",
	  "/usr/share/qemu/ovmf-x86_64-4m-vars.bin" },
	{ "/usr/share/qemu/ovmf-x86_64-code.bin",
	  "/usr/share/qemu/ovmf-x86_64-vars.bin" },
	{ "/usr/share/edk2/OvmfX64/OVMF_CODE.fd",
	  "/usr/share/edk2/OvmfX64/OVMF_VARS.fd" },
	{ "/usr/share/edk2-ovmf/OVMF_CODE.fd", "/usr/share/edk2-ovmf/OVMF_VARS.fd" },
	{ "/usr/share/pve-edk2-firmware/OVMF_CODE_4M.fd",
	  "/usr/share/pve-edk2-firmware/OVMF_VARS_4M.fd" },
	{ "/run/libvirt/nix-ovmf/OVMF_CODE.fd", "/run/libvirt/nix-ovmf/OVMF_VARS.fd" },
	{ "/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd" },
};

static void find_firmware(const struct host *h, struct hypervisor_facts *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(firmwares) && !ret->firmware; i++) {
		if (!host_exists(h, firmwares[i][0]) || !host_exists(h, firmwares[i][1]))
			continue;
		ret->firmware = firmwares[i][0];
		ret->firmware_vars = firmwares[i][1];
	}
}

int hypervisors_probe(const struct host *h, struct hypervisor_facts *ret, struct error *e)
{
	(void)e;
	*ret = (struct hypervisor_facts){ 0 };
	if (host_exists(h, "/sys/class/misc"))
		ret->kvm = host_exists(h, "/sys/class/misc/kvm") ? TRI_YES : TRI_NO;
	ret->qemu = first_there(h, qemu);
	ret->cloud_hypervisor = first_there(h, cloud_hypervisor);
	find_firmware(h, ret);
	return 0;
}
