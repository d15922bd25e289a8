/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts: what was read off a host, with the evidence. Nothing here decides or writes. A
 * fact that could not be read says so (TRI_UNKNOWN, known == false, NULL) and why; it is
 * never filled in by a guess. Under a foreign root everything comes from the files below
 * it.
 *
 * Every *_probe() takes a host and fills a zeroed struct; a *_done() frees it. They
 * return 0 also when they found nothing: only what makes going on pointless is an error.
 */
#ifndef SLICER_PROBE_FACTS_H
#define SLICER_PROBE_FACTS_H

#include "host/host.h"
#include "host/mounts.h"
#include "probe/seals.h"
#include "text/acpi.h"
#include "text/kmsg.h"

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

enum cpu_vendor { CPU_UNKNOWN, CPU_INTEL, CPU_AMD, CPU_OTHER };

struct cpu_facts {
	enum cpu_vendor
		vendor; /* /proc/cpuinfo vendor_id; Hygon counts as AMD (AMD-Vi) */
	enum tri virtualization; /* vmx or svm among the flags */
	enum tri hypervisor; /* flag "hypervisor": a virtual machine */
	unsigned address_bits; /* physical, 0 unknown */
	const char *foreign; /* not x86: "aarch64", "s390x", "ppc64", "riscv64" ...; a
				constant; NULL: it is, or nothing is known */
	char *model; /* "model name", NULL unknown */
	char *evidence; /* the lines read: "vendor_id: GenuineIntel", NULL if none */
};
int cpu_probe(const struct host *h, struct cpu_facts *ret, struct error *e);
void cpu_done(struct cpu_facts *f);

struct platform_facts {
	char *arch; /* "x86_64"; NULL unknown */
	char *kernel; /* running release, NULL unknown (a mounted disk) */
	char *os_id, *os_version_id, *os_pretty_name; /* os-release, NULL if absent */
	struct strv os_like; /* ID_LIKE: what it derives from, the nearest first */
	char *container; /* what says so: "docker", "lxc" ...; NULL: none found */
	enum tri virtualized; /* by cpu flag and DMI */
	char *virt_evidence;
	const char *hypervisor; /* that it runs on: "QEMU", "Hyper-V" ... (platform.c); a
				   constant; NULL: none, or not known */
	bool efi; /* /sys/firmware/efi exists */
	bool firmware_known; /* false: no /sys to look at */
	char *hypervisor_dom0; /* Xen dom0: the command line that counts is Xen's; NULL:
				  no */
	char *live_medium; /* booted from a live system: what says so; NULL: no */
	char *immutable; /* image-based system that slicer must not edit: its name
			    ("ostree", "NixOS", "Ubuntu Core" ...); NULL: no */
	char *immutable_advice; /* what its person does instead */
};
int platform_probe(const struct host *h, const struct cpu_facts *cpu,
		   struct platform_facts *ret, struct error *e);
void platform_done(struct platform_facts *f);
/* The name of the hypervisor with these letters in CPUID leaf 0x40000000; NULL: not
 * known. A constant. */
const char *hypervisor_of_signature(const char *signature);

struct efi_facts {
	bool readable; /* efivars could be listed */
	char *why_not; /* readable == false: in words */
	enum tri secure_boot;
	char *loader_info; /* LoaderInfo: "systemd-boot 252.38-1~deb12u1" */
	char *stub_info; /* StubInfo: the running kernel is a UKI */
	char *loader_part_uuid; /* LoaderDevicePartUUID, lower case */
	char *loader_image; /* LoaderImageIdentifier */
	char *entry_selected, *entry_default, *entry_oneshot, *entry_preferred;
	char *entry_saved; /* LoaderEntryLastBooted: what "@saved" means */
	uint64_t loader_features;
	char *boot_file; /* file of Boot####[BootCurrent]: "\EFI\debian\shimx64.efi" */
	char boot_part_uuid[37];
};
int efi_probe(const struct host *h, struct efi_facts *ret, struct error *e);
void efi_done(struct efi_facts *f);

/* DMAR or IVRS below /sys/firmware/acpi/tables (root only). */
enum firmware_state { FIRMWARE_UNKNOWN, FIRMWARE_ABSENT, FIRMWARE_PRESENT };
struct firmware_facts {
	enum firmware_state state;
	char *why_unknown; /* "not readable without root" */
	struct acpi_iommu table; /* FIRMWARE_PRESENT and details known */
	bool details;
};
int firmware_probe(const struct host *h, struct firmware_facts *ret, struct error *e);
void firmware_done(struct firmware_facts *f);

/* One installed kernel: /lib/modules/VERSION, /boot/config-VERSION, /proc/config.gz. */
enum module_state {
	MODULE_UNKNOWN,
	MODULE_MISSING,
	MODULE_LOADABLE, /* resolves to a file for that kernel */
	MODULE_BUILTIN,
};
struct kernel_facts {
	char *version;
	bool running;
	char *config_path; /* NULL: no configuration found */
	/* 'y' 'm' 'n' or 0, see kconfig_get() */
	char intel_iommu, amd_iommu, intel_default_on, intel_default_intgpu_off;
	char vfio, vfio_pci, vfio_type1, iommu_passthrough, modules, irq_remap;
	enum module_state vfio_pci_state, vfio_type1_state;
};
struct kernels {
	struct kernel_facts *v;
	size_t n, cap;
};
/* Every kernel below /lib/modules (and the running one), sorted by bls_version_compare,
 * newest last. Module states by libkmod and modules.builtin. */
int kernels_probe(const struct host *h, const char *running, struct kernels *ret,
		  struct error *e);
void kernels_done(struct kernels *k);
/* Is there more of it than what a removal leaves? */
bool kernel_is_installed(const struct host *h, const char *version);
const struct kernel_facts *kernels_find(const struct kernels *k, const char *version);

/* Names of modules, in load order of preference, that a modalias resolves to for a
 * kernel; driver modules only, builtin ones included, appended to ret. By libkmod with
 * the host's own module directory. -ENOENT if that kernel has none. */
int modules_for_alias(const struct host *h, const char *kernel, const char *modalias,
		      struct strv *ret, struct error *e);
/* State of one module by name for one kernel. */
enum module_state module_state_of(const struct host *h, const char *kernel,
				  const char *module);

struct iommu_facts {
	bool known; /* sysfs was there to look at */
	unsigned units; /* /sys/class/iommu */
	unsigned groups; /* /sys/kernel/iommu_groups */
	bool active; /* both > 0 */
	char *default_domain; /* most frequent of the groups' types that VFIO does not
				 own: "identity" "dma" "dma-fq"; NULL unknown */
	bool vfio_pci_registered; /* /sys/bus/pci/drivers/vfio-pci */
	/* By the controllers' names in /proc/interrupts, which is conclusive both ways;
	 * the log, the tables and the command line tell the rest (policy/remapping.c) */
	enum tri interrupt_remapping;
	char *irq_name; /* the name that decides: "IR-IO-APIC"; NULL unknown */
	/* Intel: the fewest bits that a unit can translate (MGAW); 0 unknown */
	unsigned address_bits;
	char *no_remapping_unit; /* Intel: a unit that can't remap interrupts: "dmar1" */
	/* May VFIO do without interrupt remapping? The parameters of the modules that
	 * are loaded, and what modprobe.d says to those that are not yet. */
	enum tri unsafe_type1, unsafe_iommufd;
	char *unsafe_modprobe; /* the file that lets vfio_iommu_type1; NULL: none */
	enum tri unsafe_is_older; /* that file was last written before this boot */
	char *unsafe_iommufd_modprobe; /* likewise iommufd */
	/* The ids that modprobe.d gives vfio-pci, and the file; NULL: none */
	char *vfio_ids, *vfio_ids_modprobe;
	char *evidence;
};
int iommu_probe(const struct host *h, struct iommu_facts *ret, struct error *e);
void iommu_done(struct iommu_facts *f);

struct log_line {
	char *text;
	const struct kmsg_rule *rule;
};
struct log_facts {
	bool readable;
	char *why_not;
	bool from_boot; /* the first record of this boot is still there: kmsg_is_first()
			 */
	struct log_line *v; /* lines that kmsg_classify knows */
	size_t n, cap;
};
/* /dev/kmsg, read without waiting; below a foreign root a regular file there, else
 * /var/log/dmesg is not used: it may be of another boot. At most 16 MiB. */
int log_probe(const struct host *h, struct log_facts *ret, struct error *e);
void log_done(struct log_facts *f);
/* The first line with that meaning, NULL if none. */
const struct log_line *log_find(const struct log_facts *f, enum kmsg_meaning meaning);
/* The line that says that a device does not answer any more, NULL if none: it could not
 * leave a power state, or did not come back from a reset, and was not found anew since.
 */
const struct log_line *log_find_dead(const struct log_facts *f,
				     struct pci_address device);

/* What a program that this session starts may lock: VFIO pins all of a guest's memory and
 * charges it to RLIMIT_MEMLOCK (drivers/vfio/vfio_iommu_type1.c), which CAP_IPC_LOCK
 * overrules (capabilities(7)). */
struct limits_facts {
	bool known; /* /proc/self/limits was there to read */
	bool ipc_lock; /* CAP_IPC_LOCK is effective */
	bool unlimited;
	uint64_t memlock; /* soft limit in bytes, unless unlimited */
};
int limits_probe(const struct host *h, struct limits_facts *ret, struct error *e);

/* What can start a virtual machine. Paths are constants, not owned; NULL: not there. */
struct hypervisor_facts {
	enum tri kvm; /* /sys/class/misc/kvm: there once kvm_intel or kvm_amd is ready */
	const char *qemu, *cloud_hypervisor;
	const char *firmware, *firmware_vars; /* UEFI for QEMU: OVMF's code, variables */
};
int hypervisors_probe(const struct host *h, struct hypervisor_facts *ret,
		      struct error *e);

/* Everything that doctor and setup-iommu look at but devices and boot loaders. */
struct facts {
	struct cpu_facts cpu;
	struct platform_facts platform;
	struct efi_facts efi;
	struct firmware_facts firmware;
	struct kernels kernels;
	struct iommu_facts iommu;
	struct log_facts log;
	struct mounts mounts;
	struct boot_partitions boot_partitions;
	struct limits_facts limits;
	struct hypervisor_facts hypervisors;
	struct seal_facts seals;
	char *cmdline; /* /proc/cmdline without the newline, NULL unknown */
	char *boot_id; /* the kernel's, new at every boot; NULL unknown */
};
int facts_probe(const struct host *h, struct facts *ret, struct error *e);
void facts_done(struct facts *f);

#endif
