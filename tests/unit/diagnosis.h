/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A diagnosis built by hand: a sound Intel host, to be spoilt by the test. */
#ifndef SLICER_TESTS_UNIT_DIAGNOSIS_H
#define SLICER_TESTS_UNIT_DIAGNOSIS_H

#include "policy/policy.h"

#define ON "root=/dev/sda1 ro quiet intel_iommu=on iommu=pt"
#define OFF "root=/dev/sda1 ro quiet"

struct scene {
	struct facts facts;
	struct kernel_facts kernels[2];
	struct boot_config boot;
	struct boot_entry entries[2];
	struct log_line lines[4];
	struct wanted wanted;
	struct error boot_error;
	struct strv evidence;
	struct diagnosis d;
};

/* Strings of a scene are literals: only scene_done() frees what it made itself. */
static inline char *lit(const char *s)
{
	return (char *)(uintptr_t)s;
}

static inline void scene_kernels(struct scene *s)
{
	s->kernels[0] = (struct kernel_facts){
		.version = lit("6.1.0-18-amd64"),
		.running = true,
		.config_path = lit("/boot/config-6.1.0-18-amd64"),
		.intel_iommu = 'y',
		.amd_iommu = 'y',
		.vfio = 'm',
		.vfio_pci = 'm',
		.vfio_pci_state = MODULE_LOADABLE,
		.vfio_type1_state = MODULE_LOADABLE,
	};
	s->facts.kernels = (struct kernels){ .v = s->kernels, .n = 1 };
}

static inline void scene_boot(struct scene *s)
{
	s->entries[0] = (struct boot_entry){
		.id = lit("gnulinux-simple"),
		.title = lit("Debian GNU/Linux"),
		.version = lit("6.1.0-18-amd64"),
		.options = lit(ON),
		.source = lit("/boot/grub/grub.cfg"),
		.line = 120,
		.is_default = true,
	};
	s->entries[1] = (struct boot_entry){
		.id = lit("gnulinux-recovery"),
		.title = lit("Debian GNU/Linux (recovery mode)"),
		.version = lit("6.1.0-18-amd64"),
		.options = lit("single"),
		.is_recovery = true,
	};
	s->boot = (struct boot_config){
		.loader = &bootloader_grub,
		.configured = lit(ON),
		.has_generator = true,
		.generate_command = lit("update-grub"),
		.v = s->entries,
		.n = 2,
	};
}

/* Wanted by this vendor for this configured line. */
static inline void scene_wanted(struct scene *s, enum cpu_vendor vendor)
{
	struct wish w = { .vendor = vendor };
	struct strv tokens = { 0 };

	wanted_done(&s->wanted);
	if (s->boot.configured)
		cmdline_split(s->boot.configured, strlen(s->boot.configured), &tokens);
	s->facts.cpu.vendor = vendor;
	s->d.wanted = wanted_make(&w, &tokens, &s->wanted, NULL) == 0 ? &s->wanted : NULL;
	strv_done(&tokens);
}

static inline void scene_init(struct scene *s)
{
	*s = (struct scene){ 0 };
	s->facts.cpu = (struct cpu_facts){
		.vendor = CPU_INTEL,
		.virtualization = TRI_YES,
		.hypervisor = TRI_NO,
		.model = lit("Intel(R) Xeon(R) E-2278G"),
		.evidence = lit("vendor_id: GenuineIntel"),
	};
	s->facts.platform = (struct platform_facts){
		.arch = lit("x86_64"),
		.kernel = lit("6.1.0-18-amd64"),
		.os_id = lit("debian"),
		.os_version_id = lit("12"),
		.os_pretty_name = lit("Debian GNU/Linux 12 (bookworm)"),
		.virtualized = TRI_NO,
		.efi = true,
		.firmware_known = true,
	};
	s->facts.efi.secure_boot = TRI_NO;
	s->facts.firmware = (struct firmware_facts){
		.state = FIRMWARE_PRESENT,
		.details = true,
		.table = { .table = ACPI_DMAR,
			   .units = 2,
			   .interrupt_remapping = true,
			   .checksum_ok = true },
	};
	s->facts.iommu = (struct iommu_facts){
		.known = true,
		.units = 2,
		.groups = 14,
		.active = true,
		.default_domain = lit("identity"),
		.interrupt_remapping = TRI_YES,
		.evidence = lit("2 units, 14 groups"),
	};
	s->facts.log =
		(struct log_facts){ .readable = true, .from_boot = true, .v = s->lines };
	s->facts.limits = (struct limits_facts){ .known = true,
						 .ipc_lock = true,
						 .memlock = 8388608 };
	s->facts.hypervisors = (struct hypervisor_facts){
		.kvm = TRI_YES,
		.qemu = "/usr/bin/qemu-system-x86_64",
		.firmware = "/usr/share/OVMF/OVMF_CODE_4M.fd",
		.firmware_vars = "/usr/share/OVMF/OVMF_VARS_4M.fd",
	};
	s->facts.cmdline = lit("BOOT_IMAGE=/vmlinuz " ON);
	scene_kernels(s);
	scene_boot(s);
	strv_add(&s->evidence, "/proc/cmdline: BOOT_IMAGE=/vmlinuz");
	s->d = (struct diagnosis){
		.facts = &s->facts,
		.boot = &s->boot,
		.boot_evidence = &s->evidence,
		.boot_match = BOOT_BOOTED,
		.pci_known = true,
	};
	scene_wanted(s, CPU_INTEL);
}

static inline void scene_done(struct scene *s)
{
	wanted_done(&s->wanted);
	strv_done(&s->evidence);
	strv_done(&s->boot.notes);
	strv_done(&s->boot.configured_sources);
}

static inline void scene_log(struct scene *s, const char *line)
{
	s->lines[s->facts.log.n++] = (struct log_line){
		.text = lit(line),
		.rule = kmsg_classify(line, strlen(line)),
	};
}

/* The IOMMU is not up. */
static inline void scene_inactive(struct scene *s)
{
	s->facts.iommu.units = s->facts.iommu.groups = 0;
	s->facts.iommu.active = false;
	s->facts.iommu.default_domain = NULL;
	s->facts.iommu.interrupt_remapping = TRI_UNKNOWN;
	s->facts.iommu.evidence = lit("0 units, 0 groups");
}

/* The three command lines; NULL: not known. The IOMMU is not up. */
static inline void scene_lines(struct scene *s, const char *configured, const char *next,
			       const char *running)
{
	s->boot.configured = lit(configured);
	s->entries[0].options = lit(next);
	s->facts.cmdline = lit(running);
	scene_inactive(s);
	scene_wanted(s, CPU_INTEL);
}

static inline void scene_no_boot(struct scene *s)
{
	error_set(&s->boot_error, 2, "no boot loader was found");
	error_hint(&s->boot_error, "name it with --bootloader");
	s->d.boot = NULL;
	s->d.boot_evidence = NULL;
	s->d.boot_error = &s->boot_error;
}

#endif
