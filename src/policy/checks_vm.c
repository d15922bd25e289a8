/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups "limits" and "hypervisors": may a virtual machine be started, and by what? None
 * of them decides a verdict. */
#include <inttypes.h>

#include "policy/checks.h"

#define LIMITS "limits"
#define HYPERVISORS "hypervisors"

void checks_limits(const struct diagnosis *d, struct checks *ret)
{
	const struct limits_facts *l = &d->facts->limits;
	struct check *c;

	if (!l->known) {
		c = check_add(ret, "limits.memlock", LIMITS, CHECK_SKIP,
			      "can't tell how much memory a VM may lock", "%s",
			      "no /proc/self/limits");
		check_fix_start(c);
	} else if (l->ipc_lock) {
		check_add(ret, "limits.memlock", LIMITS, CHECK_PASS,
			  "a VM may lock all its memory", "CAP_IPC_LOCK");
	} else if (l->unlimited) {
		check_add(ret, "limits.memlock", LIMITS, CHECK_PASS,
			  "a VM may lock all its memory", "Max locked memory: unlimited");
	} else {
		c = check_add(ret, "limits.memlock", LIMITS, CHECK_WARN,
			      "this user's VMs can't lock their memory, as VFIO does",
			      "Max locked memory: %" PRIu64 " bytes", l->memlock);
		strv_add(&c->fix, "start VMs as root, or as a systemd unit with "
				  "LimitMEMLOCK=infinity (libvirt sees to it itself)");
		strv_add(&c->fix, "or give the user \"memlock unlimited\" in "
				  "/etc/security/limits.d");
	}
}

static void check_kvm(const struct diagnosis *d, struct checks *ret)
{
	enum cpu_vendor vendor = diagnosis_vendor(d);
	const char *module = vendor == CPU_AMD ? "kvm_amd" : "kvm_intel";
	struct check *c;

	if (d->facts->hypervisors.kvm == TRI_YES) {
		check_add(ret, "hypervisors.kvm", HYPERVISORS, CHECK_PASS, "KVM is ready",
			  "/sys/class/misc/kvm");
	} else if (d->facts->hypervisors.kvm == TRI_UNKNOWN) {
		c = check_add(ret, "hypervisors.kvm", HYPERVISORS, CHECK_SKIP,
			      "can't tell whether KVM is ready", "no /sys/class/misc");
		check_fix_start(c);
	} else {
		c = check_add(ret, "hypervisors.kvm", HYPERVISORS, CHECK_WARN,
			      "KVM is not ready", "no /sys/class/misc/kvm");
		strv_addf(&c->fix, "sudo modprobe %s", module);
		/* A virtual machine has no firmware that could switch it on. */
		if (d->facts->platform.virtualized == TRI_YES)
			strv_addf(&c->fix,
				  "if that is refused, have the host of this virtual "
				  "machine give it %s (nested virtualization)",
				  vendor == CPU_AMD ? "SVM" : "VT-x");
		else
			strv_addf(&c->fix,
				  "if that is refused, switch %s on in the firmware's "
				  "settings",
				  vendor == CPU_AMD ? "SVM Mode" : "VT-x");
	}
}

/* How a distribution's person gets QEMU, and UEFI firmware for it. */
static const struct {
	const char *os_id, *install, *qemu, *firmware;
} packages[] = {
	{ "debian", "sudo apt install", "qemu-system-x86", "ovmf" },
	{ "ubuntu", "sudo apt install", "qemu-system-x86", "ovmf" },
	{ "fedora", "sudo dnf install", "qemu-system-x86-core", "edk2-ovmf" },
	{ "arch", "sudo pacman -S", "qemu-system-x86", "edk2-ovmf" },
	{ "opensuse-tumbleweed", "sudo zypper install", "qemu-x86", "qemu-ovmf-x86_64" },
	{ "opensuse-leap", "sudo zypper install", "qemu-x86", "qemu-ovmf-x86_64" },
};

static void fix_install(const struct diagnosis *d, bool qemu, struct check *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (!str_eq(d->facts->platform.os_id, packages[i].os_id))
			continue;
		strv_addf(&c->fix, "%s%s%s %s", packages[i].install, qemu ? " " : "",
			  qemu ? packages[i].qemu : "", packages[i].firmware);
		return;
	}
	strv_addf(&c->fix, "install the distribution's packages of %sOVMF",
		  qemu ? "QEMU and " : "");
}

static void check_firmware(const struct diagnosis *d, struct checks *ret)
{
	const struct hypervisor_facts *v = &d->facts->hypervisors;
	struct check *c;

	if (v->firmware) {
		check_add(ret, "hypervisors.firmware", HYPERVISORS, CHECK_PASS,
			  "QEMU has UEFI firmware", "%s", v->firmware);
		return;
	}
	c = check_add(ret, "hypervisors.firmware", HYPERVISORS, CHECK_WARN,
		      "QEMU has no UEFI firmware", NULL);
	fix_install(d, false, c);
}

void checks_hypervisors(const struct diagnosis *d, struct checks *ret)
{
	const struct hypervisor_facts *v = &d->facts->hypervisors;
	struct check *c;

	check_kvm(d, ret);
	if (!v->qemu && !v->cloud_hypervisor) {
		c = check_add(ret, "hypervisors.installed", HYPERVISORS, CHECK_WARN,
			      "no QEMU and no Cloud Hypervisor where they usually are",
			      NULL);
		fix_install(d, true, c);
		return;
	}
	check_add(ret, "hypervisors.installed", HYPERVISORS, CHECK_PASS,
		  "a hypervisor is installed", "%s%s%s", v->qemu ? v->qemu : "",
		  v->qemu && v->cloud_hypervisor ? ", " : "",
		  v->cloud_hypervisor ? v->cloud_hypervisor : "");
	if (v->qemu)
		check_firmware(d, ret);
}
