/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU, firmware, EFI, IOMMU and log facts, on trees. */
#include <errno.h>

#include "fixture.h"
#include "probe/facts.h"
#include "tree.h"

/* /proc/cpuinfo of a Xeon guest, Linux 6.18, flags shortened; the second CPU's block is
 * made to differ so that reading it would be seen. */
#define INTEL_GUEST                                                                      \
	"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 207\n"   \
	"model name\t: Intel(R) Xeon(R) Processor\nstepping\t: 2\n"                      \
	"flags\t\t: fpu vme vmx pse hypervisor lahf_lm\nbugs\t\t: spectre_v1\n"          \
	"address sizes\t: 48 bits physical, 57 bits virtual\npower management:\n\n"      \
	"processor\t: 1\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu\n"
/* The same fields as an AMD machine fills them. */
#define AMD_HOST                                                                         \
	"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 23\n"                  \
	"model name\t: AMD Ryzen 9 3900X 12-Core Processor\n"                            \
	"flags\t\t: fpu vme svm hypervisor_not x2apic\n"                                 \
	"address sizes\t: 43 bits physical, 48 bits virtual\n"

/* A file with NULs. */
static void write_bytes(const struct tree *t, const char *path, const void *p, size_t n)
{
	char *outer = tree_path(t, path);
	FILE *f;

	tree_write(t, path, "");
	f = fopen(outer, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
	free(outer);
}

static void copy_fixture(const struct tree *t, const char *name, const char *path)
{
	struct str s = fixture_read(name);

	write_bytes(t, path, s.s, s.len);
	str_done(&s);
}

/* ---- CPU
 * ---------------------------------------------------------------------------------- */

static void test_cpu_intel(void **state)
{
	const struct tree *t = *state;
	struct cpu_facts f;

	tree_write(t, "/proc/cpuinfo", INTEL_GUEST);
	assert_int_equal(cpu_probe(t->host, &f, NULL), 0);
	assert_int_equal(f.vendor, CPU_INTEL);
	assert_int_equal(f.virtualization, TRI_YES);
	assert_int_equal(f.hypervisor, TRI_YES);
	assert_int_equal(f.address_bits, 48);
	assert_string_equal(f.model, "Intel(R) Xeon(R) Processor");
	assert_string_equal(f.evidence, "vendor_id: GenuineIntel");
	cpu_done(&f);
}

static void test_cpu_others(void **state)
{
	const struct tree *t = *state;
	struct cpu_facts f;

	tree_write(t, "/proc/cpuinfo", AMD_HOST);
	cpu_probe(t->host, &f, NULL);
	assert_int_equal(f.vendor, CPU_AMD);
	assert_int_equal(f.hypervisor, TRI_NO);
	cpu_done(&f);
	tree_write(t, "/proc/cpuinfo", "vendor_id\t: HygonGenuine\n");
	cpu_probe(t->host, &f, NULL);
	assert_int_equal(f.vendor, CPU_AMD);
	assert_int_equal(f.hypervisor, TRI_UNKNOWN);
	cpu_done(&f);
	tree_write(t, "/proc/cpuinfo", "vendor_id\t: CentaurHauls\n");
	cpu_probe(t->host, &f, NULL);
	assert_int_equal(f.vendor, CPU_OTHER);
	cpu_done(&f);
	tree_write(t, "/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\n");
	cpu_probe(t->host, &f, NULL);
	assert_int_equal(f.vendor, CPU_OTHER);
	cpu_done(&f);
}

static void test_cpu_unknown(void **state)
{
	const struct tree *t = *state;
	struct cpu_facts f;

	assert_int_equal(cpu_probe(t->host, &f, NULL), 0);
	assert_int_equal(f.vendor, CPU_UNKNOWN);
	assert_null(f.evidence);
	tree_write(t, "/proc/cpuinfo", "address sizes: many\nvendor_id\n:\n\n\n");
	cpu_probe(t->host, &f, NULL);
	assert_int_equal(f.vendor, CPU_UNKNOWN);
	assert_int_equal(f.address_bits, 0);
	cpu_done(&f);
}

/* ---- firmware
 * ----------------------------------------------------------------------------- */

#define TABLES "/sys/firmware/acpi/tables"

static void test_firmware_present(void **state)
{
	const struct tree *t = *state;
	struct firmware_facts f;

	tree_write(t, TABLES "/FACP", "FACP");
	copy_fixture(t, "acpi/dmar-intremap.bin", TABLES "/DMAR");
	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.state, FIRMWARE_PRESENT);
	assert_true(f.details);
	assert_int_equal(f.table.table, ACPI_DMAR);
	assert_int_equal(f.table.units, 1);
	firmware_done(&f);
	/* existence is known though the contents are not */
	tree_write(t, TABLES "/DMAR", "short");
	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.state, FIRMWARE_PRESENT);
	assert_false(f.details);
	assert_int_equal(f.table.table, ACPI_DMAR);
	assert_non_null(f.why_unknown);
	firmware_done(&f);
}

static void test_firmware_ivrs(void **state)
{
	const struct tree *t = *state;
	struct firmware_facts f;

	copy_fixture(t, "acpi/ivrs.bin", TABLES "/IVRS");
	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.table.table, ACPI_IVRS);
	assert_true(f.details);
	firmware_done(&f);
}

static void test_firmware_absent(void **state)
{
	const struct tree *t = *state;
	struct firmware_facts f;

	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.state, FIRMWARE_UNKNOWN);
	assert_non_null(strstr(f.why_unknown, "/sys/firmware"));
	firmware_done(&f);
	tree_mkdir(t, TABLES);
	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.state, FIRMWARE_UNKNOWN);
	assert_non_null(strstr(f.why_unknown, "empty"));
	firmware_done(&f);
	tree_write(t, TABLES "/DSDT", "DSDT");
	firmware_probe(t->host, &f, NULL);
	assert_int_equal(f.state, FIRMWARE_ABSENT);
	assert_null(f.why_unknown);
	firmware_done(&f);
}

/* ---- EFI
 * ---------------------------------------------------------------------------------- */

#define VARS "/sys/firmware/efi/efivars/"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static void write_var(const struct tree *t, const char *path, const char *data, size_t n)
{
	struct str s = { 0 };

	str_addn(&s, "\6\0\0\0", 4);
	str_addn(&s, data, n);
	write_bytes(t, path, s.s, s.len);
	str_done(&s);
}

static void write_text_var(const struct tree *t, const char *path, const char *text)
{
	struct str s = { 0 };

	for (size_t i = 0; i <= strlen(text); i++) {
		str_addc(&s, text[i]);
		str_addc(&s, '\0');
	}
	write_var(t, path, s.s, s.len);
	str_done(&s);
}

static void test_efi(void **state)
{
	const struct tree *t = *state;
	struct efi_facts f;

	write_text_var(t, VARS "LoaderInfo" LOADER, "systemd-boot 252.38-1~deb12u1");
	write_text_var(t, VARS "LoaderDevicePartUUID" LOADER,
		       "5DC2F4C5-4C3C-4E5B-9F1E-7B7B1D3F0A11");
	write_text_var(t, VARS "LoaderEntrySelected" LOADER, "debian.conf");
	write_text_var(t, VARS "LoaderEntryDefault" LOADER, "");
	write_bytes(t, VARS "LoaderEntryOneShot" LOADER, "", 0); /* never committed */
	write_var(t, VARS "LoaderFeatures" LOADER, "\x0f\0\0\0\0\0\0\0", 8);
	write_var(t, VARS "SecureBoot" GLOBAL, "\1", 1);
	write_var(t, VARS "BootCurrent" GLOBAL, "\1\0", 2);
	copy_fixture(t, "efi/Boot0001", VARS "Boot0001" GLOBAL);
	assert_int_equal(efi_probe(t->host, &f, NULL), 0);
	assert_true(f.readable);
	assert_int_equal(f.secure_boot, TRI_YES);
	assert_string_equal(f.loader_info, "systemd-boot 252.38-1~deb12u1");
	assert_string_equal(f.loader_part_uuid, "5dc2f4c5-4c3c-4e5b-9f1e-7b7b1d3f0a11");
	assert_string_equal(f.entry_selected, "debian.conf");
	assert_null(f.entry_default);
	assert_null(f.entry_oneshot);
	assert_null(f.stub_info);
	assert_int_equal(f.loader_features, 15);
	efi_done(&f);
}

static void test_efi_boot_current(void **state)
{
	/* a load option: attributes, path list length, "x", a hard disk and a file node
	 */
	static const char option[] =
		"\1\0\0\0\x48\0x\0\0\0"
		"\4\1\x2a\0" /* 42 bytes: partition 1, start, size, GUID, GPT */
		"\1\0\0\0"
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\0\xa0\xc9\x3e\xc9\x3b"
		"\2\2"
		"\4\4\x1a\0" /* 26 bytes */
		"\\\0E\0F\0I\0\\\0x\0.\0e\0f\0i\0\0\0"
		"\x7f\xff\4\0";
	const struct tree *t = *state;
	struct efi_facts f;

	write_var(t, VARS "BootCurrent" GLOBAL, "\x0a\0", 2);
	write_var(t, VARS "Boot000A" GLOBAL, option, sizeof(option) - 1);
	efi_probe(t->host, &f, NULL);
	assert_string_equal(f.boot_file, "\\EFI\\x.efi");
	assert_string_equal(f.boot_part_uuid, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	assert_int_equal(f.secure_boot, TRI_UNKNOWN);
	efi_done(&f);
	write_var(t, VARS "Boot000A" GLOBAL, "\1\0", 2);
	efi_probe(t->host, &f, NULL);
	assert_null(f.boot_file);
	efi_done(&f);
}

static void test_efi_unreadable(void **state)
{
	const struct tree *t = *state;
	struct efi_facts f;

	efi_probe(t->host, &f, NULL);
	assert_false(f.readable);
	assert_non_null(strstr(f.why_not, "not started by EFI"));
	efi_done(&f);
	tree_mkdir(t, "/sys/firmware/efi/efivars");
	efi_probe(t->host, &f, NULL);
	assert_false(f.readable);
	assert_non_null(strstr(f.why_not, "not mounted"));
	efi_done(&f);
}

/* ---- IOMMU
 * -------------------------------------------------------------------------------- */

static void test_iommu_active(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	tree_mkdir(t, "/sys/class/iommu/dmar0");
	tree_mkdir(t, "/sys/class/iommu/dmar1");
	tree_write(t, "/sys/kernel/iommu_groups/0/type", "DMA-FQ\n");
	tree_write(t, "/sys/kernel/iommu_groups/1/type", "identity\n");
	tree_write(t, "/sys/kernel/iommu_groups/3/type", "DMA-FQ\n");
	tree_write(t, "/sys/kernel/iommu_groups/9/type", "unmanaged\n");
	tree_write(t, "/sys/kernel/iommu_groups/10/type", "unmanaged\n");
	tree_write(t, "/sys/kernel/iommu_groups/11/type", "unmanaged\n");
	tree_mkdir(t, "/sys/bus/pci/drivers/vfio-pci");
	iommu_probe(t->host, &f, NULL);
	assert_true(f.known && f.active && f.vfio_pci_registered);
	assert_int_equal(f.units, 2);
	assert_int_equal(f.groups, 6);
	assert_string_equal(f.default_domain, "dma-fq");
	assert_non_null(strstr(f.evidence, "2 units in /sys/class/iommu (dmar0, dmar1)"));
	iommu_done(&f);
}

static void test_iommu_inactive(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	iommu_probe(t->host, &f, NULL);
	assert_false(f.known);
	assert_null(f.evidence);
	iommu_done(&f);
	tree_mkdir(t, "/sys/class"); /* a kernel without any IOMMU driver */
	iommu_probe(t->host, &f, NULL);
	assert_true(f.known);
	assert_false(f.active);
	iommu_done(&f);
	tree_mkdir(t, "/sys/class/iommu");
	tree_mkdir(
		t,
		"/sys/kernel/iommu_groups/0"); /* VFIO's no-IOMMU groups have no unit */
	iommu_probe(t->host, &f, NULL);
	assert_false(f.active);
	assert_int_equal(f.groups, 1);
	assert_null(f.default_domain);
	iommu_done(&f);
}

/* MGAW is 39 - 1 and 48 - 1: the smaller one counts; ecap bit 3 is IR. Registers of two
 * real machines (a Core i5-3210M's and a Xeon's dmar0). */
static void test_iommu_registers(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	tree_mkdir(t, "/sys/kernel/iommu_groups/0");
	tree_write(t, "/sys/class/iommu/dmar0/intel-iommu/cap", "8d2078c106f0466\n");
	tree_write(t, "/sys/class/iommu/dmar0/intel-iommu/ecap", "f020df\n");
	iommu_probe(t->host, &f, NULL);
	assert_int_equal(f.address_bits, 48);
	assert_null(f.no_remapping_unit);
	iommu_done(&f);
	tree_write(t, "/sys/class/iommu/dmar1/intel-iommu/cap", "c9008020660262\n");
	tree_write(t, "/sys/class/iommu/dmar1/intel-iommu/ecap", "f01002\n");
	iommu_probe(t->host, &f, NULL);
	assert_int_equal(f.address_bits, 39);
	assert_string_equal(f.no_remapping_unit, "dmar1");
	iommu_done(&f);
	tree_write(t, "/sys/class/iommu/dmar1/intel-iommu/cap", "nonsense\n");
	tree_write(t, "/sys/class/iommu/dmar1/intel-iommu/ecap", "\n");
	iommu_probe(t->host, &f, NULL);
	assert_int_equal(f.address_bits, 48);
	assert_null(f.no_remapping_unit);
	iommu_done(&f);
}

/* AMD's units have another directory. */
static void test_iommu_registers_amd(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	tree_mkdir(t, "/sys/kernel/iommu_groups/0");
	tree_write(t, "/sys/class/iommu/ivhd0/amd-iommu/cap", "40\n");
	iommu_probe(t->host, &f, NULL);
	assert_true(f.active);
	assert_int_equal(f.address_bits, 0);
	assert_null(f.no_remapping_unit);
	iommu_done(&f);
}

/* The last one counts; '-' and '_' are the same. */
static void test_ids_of_modprobe(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	tree_write(t, "/etc/modprobe.d/vfio.conf",
		   "softdep nvidia pre: vfio-pci\n"
		   "options vfio-pci ids=10de:2204 disable_vga=1\n");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.vfio_ids, "10de:2204");
	assert_string_equal(f.vfio_ids_modprobe, "/etc/modprobe.d/vfio.conf");
	iommu_done(&f);
	tree_write(t, "/etc/modprobe.d/z.conf", "options vfio_pci ids=10de:1aef\n");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.vfio_ids, "10de:1aef");
	assert_string_equal(f.vfio_ids_modprobe, "/etc/modprobe.d/z.conf");
	iommu_done(&f);
}

static void test_unsafe_interrupts(void **state)
{
	const struct tree *t = *state;
	struct iommu_facts f;

	/* linuxboot/heads #712, a KGPE-D16 with Proxmox */
	tree_write(t, "/etc/modprobe.d/iommu_unsafe_interrupts.conf",
		   "options vfio_iommu_type1 allow_unsafe_interrupts=1\n");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.unsafe_modprobe,
			    "/etc/modprobe.d/iommu_unsafe_interrupts.conf");
	assert_int_equal(f.unsafe_type1, TRI_UNKNOWN);
	assert_int_equal(f.unsafe_is_older, TRI_UNKNOWN);
	iommu_done(&f);
	/* 2001, and 2286 */
	tree_write(t, "/proc/stat", "btime 1000000000\n");
	iommu_probe(t->host, &f, NULL);
	assert_int_equal(f.unsafe_is_older, TRI_NO);
	iommu_done(&f);
	tree_write(t, "/proc/stat", "btime 9999999999\n");
	iommu_probe(t->host, &f, NULL);
	assert_int_equal(f.unsafe_is_older, TRI_YES);
	iommu_done(&f);
	/* A later file takes it back; one of the same name in /etc hides it. */
	tree_write(t, "/usr/lib/modprobe.d/z.conf",
		   "options vfio-iommu-type1 allow_unsafe_interrupts=N\n");
	iommu_probe(t->host, &f, NULL);
	assert_null(f.unsafe_modprobe);
	iommu_done(&f);
	tree_write(t, "/etc/modprobe.d/z.conf", "# nothing\n");
	iommu_probe(t->host, &f, NULL);
	assert_non_null(f.unsafe_modprobe);
	iommu_done(&f);
	tree_write(t, "/etc/modprobe.d/iommu_unsafe_interrupts.conf.bak",
		   "options iommufd allow_unsafe_interrupts=1\n");
	tree_write(t, "/etc/modprobe.d/iommu_unsafe_interrupts.conf", "\n");
	tree_write(t, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		   "N\n");
	tree_write(t, "/sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y\n");
	iommu_probe(t->host, &f, NULL);
	assert_null(f.unsafe_modprobe);
	assert_int_equal(f.unsafe_type1, TRI_NO);
	assert_int_equal(f.unsafe_iommufd, TRI_YES);
	assert_null(f.unsafe_iommufd_modprobe);
	iommu_done(&f);
	/* The two modules' options are separate. */
	tree_write(t, "/etc/modprobe.d/iommufd.conf",
		   "options iommufd allow_unsafe_interrupts=1\n");
	iommu_probe(t->host, &f, NULL);
	assert_null(f.unsafe_modprobe);
	assert_string_equal(f.unsafe_iommufd_modprobe, "/etc/modprobe.d/iommufd.conf");
	iommu_done(&f);
}

/* As kmod's conf_files_insert_sorted() has it: by name, whatever the file is. */
static void test_modprobe_masks(void **state)
{
	static const char vendor[] = "/usr/lib/modprobe.d/a.conf",
			  option[] = "options vfio_iommu_type1 "
				     "allow_unsafe_interrupts=1\n";
	const struct tree *t = *state;
	struct iommu_facts f;

	tree_write(t, "/etc/modprobe.d/.hidden.conf", option);
	iommu_probe(t->host, &f, NULL);
	assert_null(f.unsafe_modprobe);
	iommu_done(&f);
	tree_write(t, vendor, option);
	/* A directory of that name is passed over. */
	tree_mkdir(t, "/etc/modprobe.d/a.conf/");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.unsafe_modprobe, vendor);
	iommu_done(&f);
	tree_mkdir(t, "/run/modprobe.d/");
	tree_link(t, "/dev/null", "/run/modprobe.d/a.conf");
	iommu_probe(t->host, &f, NULL);
	assert_null(f.unsafe_modprobe);
	iommu_done(&f);
	/* /etc wins over /run. */
	tree_write(t, "/etc/modprobe.d/b.conf", option);
	tree_link(t, "/etc/gone", "/run/modprobe.d/b.conf");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.unsafe_modprobe, "/etc/modprobe.d/b.conf");
	iommu_done(&f);
	tree_write(t, "/run/modprobe.d/c.conf", option);
	tree_link(t, "/dev/null", "/etc/modprobe.d/c.conf");
	iommu_probe(t->host, &f, NULL);
	assert_string_equal(f.unsafe_modprobe, "/etc/modprobe.d/b.conf");
	iommu_done(&f);
}

/* ---- log
 * ---------------------------------------------------------------------------------- */

static void test_log(void **state)
{
	const struct tree *t = *state;
	struct log_facts f;

	copy_fixture(t, "kmsg/intel-on.dmesg", "/dev/kmsg");
	log_probe(t->host, &f, NULL);
	assert_true(f.readable);
	assert_true(f.from_boot);
	assert_non_null(log_find(&f, KMSG_ACTIVE));
	assert_null(log_find(&f, KMSG_FAULT));
	log_done(&f);
	tree_write(t, "/dev/kmsg",
		   "6,0,0,-;Linux version 6.1.0\n"
		   "4,900,12,-;AMD-Vi: Interrupt remapping enabled\n"
		   " SUBSYSTEM=pci\n");
	log_probe(t->host, &f, NULL);
	assert_true(f.from_boot);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.v[0].rule->meaning, KMSG_IRQ_ON);
	log_done(&f);
	tree_write(t, "/dev/kmsg", "4,900,12,-;something late\n");
	log_probe(t->host, &f, NULL);
	assert_true(f.readable);
	assert_false(f.from_boot);
	log_done(&f);
	/* An empty line is no record, and says nothing about where the log begins. */
	tree_write(t, "/dev/kmsg",
		   "\n\n[    0.000000] Linux version 6.1.0\n[    0.1] AMD-Vi: x\n");
	log_probe(t->host, &f, NULL);
	assert_true(f.from_boot);
	log_done(&f);
	/* A part of a log, without times. */
	tree_write(t, "/dev/kmsg", "Nov 22 07:30:01 host kernel: DMAR: IOMMU enabled\n");
	log_probe(t->host, &f, NULL);
	assert_false(f.from_boot);
	log_done(&f);
}

#define D3COLD                                                                           \
	"6,0,0,-;Linux version 6.8.0\n"                                                  \
	"3,901,675590673,-;sdhci-pci 0000:2f:00.0: Unable to change power state from "   \
	"D3cold to D0, device inaccessible\n"

/* Dead until it is found anew, and only that device. */
static void test_log_dead(void **state)
{
	struct pci_address at = { .bus = 0x2f }, other = { .bus = 0x2f, .function = 1 };
	const struct tree *t = *state;
	struct log_facts f;

	tree_write(t, "/dev/kmsg", D3COLD);
	log_probe(t->host, &f, NULL);
	assert_non_null(log_find_dead(&f, at));
	assert_null(log_find_dead(&f, other));
	log_done(&f);
	tree_write(t, "/dev/kmsg",
		   D3COLD "6,950,700000000,-;pci 0000:2f:00.0: [1217:8620] type 00 class "
			  "0x080501\n");
	log_probe(t->host, &f, NULL);
	assert_null(log_find_dead(&f, at));
	log_done(&f);
	tree_write(t, "/dev/kmsg",
		   D3COLD "6,950,700000000,-;pci 0000:30:00.0: [1217:8620] type 00 class "
			  "0x080501\n");
	log_probe(t->host, &f, NULL);
	assert_non_null(log_find_dead(&f, at));
	log_done(&f);
}

static void test_log_unreadable(void **state)
{
	const struct tree *t = *state;
	struct log_facts f;

	log_probe(t->host, &f, NULL);
	assert_false(f.readable);
	assert_non_null(f.why_not);
	log_done(&f);
	tree_link(t, "null", "/dev/kmsg"); /* a link to nowhere in this root */
	log_probe(t->host, &f, NULL);
	assert_false(f.readable);
	log_done(&f);
}

/* ---- all
 * ---------------------------------------------------------------------------------- */

static void test_all(void **state)
{
	const struct tree *t = *state;
	struct facts f = { 0 };

	tree_write(t, "/proc/cpuinfo", INTEL_GUEST);
	tree_write(t, "/proc/cmdline", "root=/dev/sda1 quiet  intel_iommu=on \n");
	tree_write(t, "/dev/kmsg",
		   "6,0,0,-;Linux version 6.1.0\n"
		   "4,9,12,-;DMAR-IR: Enabled IRQ remapping in x2apic mode\n");
	assert_int_equal(facts_probe(t->host, &f, NULL), 0);
	assert_string_equal(f.cmdline, "root=/dev/sda1 quiet  intel_iommu=on ");
	assert_int_equal(f.cpu.vendor, CPU_INTEL);
	assert_non_null(log_find(&f.log, KMSG_IRQ_ON));
	assert_int_equal(f.iommu.interrupt_remapping, TRI_UNKNOWN);
	assert_int_equal(f.kernels.n, 0);
	facts_done(&f);
}

/* Nothing at all is no error: every fact says that it is not known. */
static void test_empty_root(void **state)
{
	const struct tree *t = *state;
	struct facts f = { 0 };

	assert_int_equal(facts_probe(t->host, &f, NULL), 0);
	assert_null(f.cmdline);
	assert_null(f.platform.kernel);
	assert_null(f.platform.arch);
	assert_int_equal(f.platform.virtualized, TRI_UNKNOWN);
	assert_int_equal(f.iommu.interrupt_remapping, TRI_UNKNOWN);
	assert_false(f.limits.known);
	assert_int_equal(f.hypervisors.kvm, TRI_UNKNOWN);
	assert_null(f.hypervisors.qemu);
	facts_done(&f);
}

/* ---- what starts a virtual machine --------------------------------------------------
 */

/* proc(5): as Linux 6.1 prints them. */
#define LIMITS(memlock)                                                                  \
	"Limit                     Soft Limit           Hard Limit           Units     " \
	"\n"                                                                             \
	"Max processes             96365                96365                processes " \
	"\n"                                                                             \
	"Max locked memory         " memlock "\n"
#define STATUS(capabilities) "Name:\tslicer\nCapPrm:\t0\nCapEff:\t" capabilities "\n"

static void test_limits(void **state)
{
	const struct tree *t = *state;
	struct limits_facts f;

	tree_write(t, "/proc/self/limits",
		   LIMITS("8388608              unlimited            bytes     "));
	tree_write(t, "/proc/self/status", STATUS("0000000000000000"));
	assert_int_equal(limits_probe(t->host, &f, NULL), 0);
	assert_true(f.known && !f.unlimited && !f.ipc_lock);
	assert_int_equal(f.memlock, 8388608);
	/* all but CAP_IPC_LOCK, then all */
	tree_write(t, "/proc/self/status", STATUS("000001ffffffbfff"));
	limits_probe(t->host, &f, NULL);
	assert_false(f.ipc_lock);
	tree_write(t, "/proc/self/status", STATUS("000001ffffffffff"));
	limits_probe(t->host, &f, NULL);
	assert_true(f.ipc_lock);
	tree_write(t, "/proc/self/limits",
		   LIMITS("unlimited            unlimited            bytes     "));
	limits_probe(t->host, &f, NULL);
	assert_true(f.known && f.unlimited);
	tree_write(t, "/proc/self/limits", LIMITS("99999999999999999999999 many bytes"));
	limits_probe(t->host, &f, NULL);
	assert_false(f.known);
	tree_write(t, "/proc/self/limits", "Max locked memory");
	limits_probe(t->host, &f, NULL);
	assert_false(f.known);
	tree_write(t, "/proc/self/limits", "");
	limits_probe(t->host, &f, NULL);
	assert_false(f.known);
}

static void test_hypervisors(void **state)
{
	const struct tree *t = *state;
	struct hypervisor_facts f;

	tree_mkdir(t, "/sys/class/misc");
	assert_int_equal(hypervisors_probe(t->host, &f, NULL), 0);
	assert_int_equal(f.kvm, TRI_NO);
	assert_null(f.qemu);
	assert_null(f.cloud_hypervisor);
	assert_null(f.firmware);
	tree_mkdir(t, "/sys/class/misc/kvm");
	tree_write(t, "/usr/libexec/qemu-kvm", "");
	tree_write(t, "/usr/local/bin/cloud-hypervisor", "");
	/* code without its variables starts nothing */
	tree_write(t, "/usr/share/OVMF/OVMF_CODE_4M.fd", "");
	tree_write(t, "/usr/share/OVMF/OVMF_CODE.fd", "");
	tree_write(t, "/usr/share/OVMF/OVMF_VARS.fd", "");
	hypervisors_probe(t->host, &f, NULL);
	assert_int_equal(f.kvm, TRI_YES);
	assert_string_equal(f.qemu, "/usr/libexec/qemu-kvm");
	assert_string_equal(f.cloud_hypervisor, "/usr/local/bin/cloud-hypervisor");
	assert_string_equal(f.firmware, "/usr/share/OVMF/OVMF_CODE.fd");
	assert_string_equal(f.firmware_vars, "/usr/share/OVMF/OVMF_VARS.fd");
}

/* Two disks, each with an ESP, and a partition that is none. */
static void test_several_esps(void **state)
{
	static const char *const targets[] = { "/boot/efi", "/efi", "/boot" };
	static const char *const uuids[] = { "aaaaaaaa-0000-4000-8000-000000000000",
					     "bbbbbbbb-0000-4000-8000-000000000000",
					     "cccccccc-0000-4000-8000-000000000000" };
	static const struct {
		const char *booted, *esp, *uuid, *ahead;
	} cases[] = {
		{ "aaaaaaaa-0000-4000-8000-000000000000", "/boot/efi", "aaaaaaaa",
		  "/efi" },
		{ "bbbbbbbb-0000-4000-8000-000000000000", "/efi", "bbbbbbbb", "" },
		/* No ESP, however it is called; one that is not mounted; not known. */
		{ "cccccccc-0000-4000-8000-000000000000", "/efi", "bbbbbbbb", "" },
		{ "dddddddd-0000-4000-8000-000000000000", "/efi", "bbbbbbbb", "" },
		{ NULL, "/efi", "bbbbbbbb", "" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct boot_partitions b = { 0 };

		for (size_t k = 0; k < ARRAY_SIZE(targets); k++) {
			/* In the order of the mount table, whichever that is. */
			size_t n = i % 2 ? k : ARRAY_SIZE(targets) - 1 - k;
			const struct mount m = { .target = (char *)targets[n],
						 .source = (char *)"/dev/sdx1" };
			struct partition p = { 0 };

			strcpy(p.type,
			       n == 2 ? PARTITION_TYPE_XBOOTLDR : PARTITION_TYPE_ESP);
			strcpy(p.uuid, uuids[n]);
			boot_partitions_take(&b, &m, &p, cases[i / 2].booted);
		}
		assert_string_equal(b.esp, cases[i / 2].esp);
		assert_true(str_starts(b.esp_part_uuid, cases[i / 2].uuid));
		assert_string_equal(b.xbootldr, "/boot");
		assert_string_equal(b.esp_ahead ? b.esp_ahead : "", cases[i / 2].ahead);
		boot_partitions_done(&b);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cpu_intel),
		TEST(test_cpu_others),
		TEST(test_cpu_unknown),
		TEST(test_firmware_present),
		TEST(test_firmware_ivrs),
		TEST(test_firmware_absent),
		TEST(test_efi),
		TEST(test_efi_boot_current),
		TEST(test_efi_unreadable),
		TEST(test_iommu_active),
		TEST(test_iommu_inactive),
		TEST(test_iommu_registers),
		TEST(test_iommu_registers_amd),
		TEST(test_ids_of_modprobe),
		TEST(test_unsafe_interrupts),
		TEST(test_modprobe_masks),
		TEST(test_log),
		TEST(test_log_dead),
		TEST(test_log_unreadable),
		TEST(test_all),
		TEST(test_limits),
		TEST(test_hypervisors),
		TEST(test_empty_root),
		cmocka_unit_test(test_several_esps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
