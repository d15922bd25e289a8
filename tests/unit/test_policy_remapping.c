/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt remapping: what public reports show of it, and what doctor makes of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/remapping.h"
#include "tests/unit/diagnosis.h"
#include "text/interrupts.h"
#include "text/modprobe.h"

/* ---- /proc/interrupts ----------------------------------------------------------------
 */

static void assert_names(const char *text, enum irq_names names, const char *decides)
{
	struct str name = { 0 };

	assert_int_equal(interrupts_names(text, strlen(text), &name), names);
	assert_string_equal(str_c(&name), decides);
	str_done(&name);
}

static void test_interrupts(void **state)
{
	(void)state;
	/* Debian 12's kernel in QEMU with intel-iommu,intremap=on; then without it. */
	assert_names("           CPU0       CPU1       \n"
		     "   0:         36          0  IR-IO-APIC    2-edge      timer\n"
		     "  24:          0          0  DMAR-MSI    0-edge      dmar0\n"
		     "  25:          0         12  IR-PCI-MSI 16384-edge      virtio0\n",
		     IRQ_NAMES_REMAPPED, "IR-IO-APIC");
	assert_names("           CPU0       CPU1       \n"
		     "   0:         36          0   IO-APIC    2-edge      timer\n"
		     "  24:          0          0  DMAR-MSI    0-edge      dmar0\n",
		     IRQ_NAMES_PLAIN, "IO-APIC");
	/* Per-device domains, since 6.2. */
	assert_names(
		" 124:     183264  IR-PCI-MSIX-0000:01:00.0    0-edge      nvme0q0\n",
		IRQ_NAMES_REMAPPED, "IR-PCI-MSIX-0000:01:00.0");
	assert_names(" 124:     183264  PCI-MSIX-0000:01:00.0    0-edge      nvme0q0\n",
		     IRQ_NAMES_PLAIN, "PCI-MSIX-0000:01:00.0");
	/* Syniurge/i2c-amd-mp2 #1, a Ryzen laptop */
	assert_names("            CPU0       CPU1       \n"
		     "   0:         42          0   IO-APIC    2-edge      timer\n"
		     "   7:     485894          0   IO-APIC    7-fasteoi   pinctrl_amd\n"
		     "  25:          0          0   PCI-MSI 4096-edge      AMD-Vi\n"
		     "  26:          0          0   PCI-MSI 20480-edge      aerdrv, PCIe "
		     "PME\n",
		     IRQ_NAMES_PLAIN, "IO-APIC");
	/* The IOMMU's own interrupt is never remapped, and comes first here. */
	assert_names("  25:          0   PCI-MSI 4096-edge      AMD-Vi\n"
		     "  26:          7  IR-PCI-MSI 20480-edge      nvme0q0\n",
		     IRQ_NAMES_REMAPPED, "IR-PCI-MSI");
	assert_names("  25:          0   PCI-MSI 4096-edge      AMD-Vi\n",
		     IRQ_NAMES_UNKNOWN, "");
	/* intel/nemu #82, a guest without a virtual IOMMU */
	assert_names("  5:          0   PCI-MSI 134217728-edge      virtio0-config\n",
		     IRQ_NAMES_PLAIN, "PCI-MSI");
	assert_names(" NMI:          0   Non-maskable interrupts\n"
		     "ERR:          0\n   0:   36   XT-PIC      timer\n  9:\n",
		     IRQ_NAMES_UNKNOWN, "");
	assert_names("", IRQ_NAMES_UNKNOWN, "");
}

static void assert_option(const char *text, const char *value)
{
	char *found = modprobe_option(text, strlen(text), "vfio_iommu_type1",
				      "allow_unsafe_interrupts");

	if (value)
		assert_string_equal(found, value);
	else
		assert_null(found);
	free(found);
}

static void test_modprobe(void **state)
{
	(void)state;
	assert_option("options vfio_iommu_type1 allow_unsafe_interrupts=1\n", "1");
	assert_option("\toptions vfio-iommu-type1 disable_hugepages=1 \\\n"
		      "  allow-unsafe-interrupts=y\n",
		      "y");
	assert_option("options vfio_iommu_type1 allow_unsafe_interrupts", "");
	assert_option("options vfio_iommu_type1 allow_unsafe_interrupts=1\n"
		      "options vfio_iommu_type1 allow_unsafe_interrupts=0\n",
		      "0");
	assert_option("# options vfio_iommu_type1 allow_unsafe_interrupts=1\n", NULL);
	assert_option("options vfio_pci allow_unsafe_interrupts=1\n", NULL);
	assert_option("options vfio_iommu_type1 disallow_unsafe_interrupts=1\n", NULL);
	assert_option("options vfio_iommu_type1\noptions\n\\", NULL);
	assert_option("", NULL);
}

/* ---- whole hosts ---------------------------------------------------------------------
 */

struct report {
	const char *name;
	const char *log; /* NULL: can't be read */
	const char *cmdline; /* of the running kernel, added to what is wanted */
	enum cpu_vendor vendor;
	enum tri names; /* in /proc/interrupts */
	void (*spoil)(struct scene *s);
	enum tri on;
	enum remapping_cause cause;
	enum verdict verdict;
	const char *says; /* in what it says next */
};

/* linux-kernel, 2024-09-16: an Asus P6T Deluxe (X58) with 6.10, from its first line on.
 * dmesg(1) prints the record on five lines. */
#define X58                                                                              \
	"[    0.000000] Linux version 6.10.0 (root@freedom) (gcc (Ubuntu 11.4.0-"        \
	"1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38) #1 SMP\n"        \
	"[    0.000000] Command line: BOOT_IMAGE=/vmlinuz-6.10.0 ro quiet splash\n"      \
	"[    0.015356] ACPI: DMAR 0x00000000BF7980C0 000138 (v01 AMI OEMDMAR  "         \
	"00000001 MSFT 00000097)\n"                                                      \
	"[    0.015389] ACPI: Reserving DMAR table memory at [mem 0xbf7980c0-"           \
	"0xbf7981f7]\n"                                                                  \
	"[    0.148993] APIC: Switch to symmetric I/O mode setup\n"                      \
	"[    0.148995] DMAR-IR: This system BIOS has enabled interrupt remapping\n"     \
	"               on a chipset that contains an erratum making that\n"             \
	"               feature unstable.  To maintain system stability\n"               \
	"               interrupt remapping is being disabled.  Please\n"                \
	"               contact your BIOS vendor for an update\n"                        \
	"[    0.149004] APIC: Switched APIC routing to: physical flat\n"
/* xen-devel, 2023-03-14: an AMD E-350 board, booted without Xen. */
#define NO_SOUTHBRIDGE                                                                   \
	"[    0.000000] Linux version 5.10.0-21-amd64 "                                  \
	"(debian-kernel@lists.debian.org)\n"                                             \
	"[    0.121392] APIC: Switch to symmetric I/O mode setup\n"                      \
	"[    0.121463] AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found\n"         \
	"[    0.121495] AMD-Vi: Disabling interrupt remapping\n"                         \
	"[    0.121937] ..TIMER: vector=0x30 apic1=0 pin1=2 apic2=-1 pin2=-1\n"
/* A guide for Linux Mint on a Matebook D14 (Ryzen 5 2500U), dmesg --level=err: a part. */
#define MATEBOOK                                                                         \
	"AMD-Vi: [Firmware Bug]: : IOAPIC[4] not in IVRS table\n"                        \
	"AMD-Vi: [Firmware Bug]: : IOAPIC[5] not in IVRS table\n"                        \
	"AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found\n"                        \
	"AMD-Vi: Disabling interrupt remapping\n"                                        \
	"AMD-Vi: Unable to read/write to IOMMU perf counter.\n"
/* A guide for pci-stub; the wording of kernels before 4.x. */
#define ERIS                                                                             \
	"[    0.119400] [Firmware Bug]: AMD-Vi: IOAPIC[9] not in IVRS table\n"           \
	"[    0.119406] [Firmware Bug]: AMD-Vi: IOAPIC[10] not in IVRS table\n"          \
	"[    0.119409] [Firmware Bug]: AMD-Vi: No southbridge IOAPIC found\n"           \
	"[    0.119412] AMD-Vi: Disabling interrupt remapping\n"                         \
	"[    1.823122] AMD-Vi: Found IOMMU at 0000:00:00.2 cap 0x40\n"
/* ubuntuforums.org, 2022-09: a Mac mini, journalctl -b -p 3: a part. */
#define MAC_MINI                                                                         \
	"Sep 15 14:07:45 macmini kernel: DMAR-IR: [Firmware Bug]: ioapic 2 has no "      \
	"mapping iommu, interrupt remapping will be disabled\n"                          \
	"Sep 15 14:07:45 macmini kernel: ACPI Error: Needed type [Reference], found "    \
	"[Integer] 000000003b3df95e (20210730/exresop-66)\n"
/* A virtual machine's log with 5.x whose kernel uses no IO-APIC. */
#define NO_IOAPIC                                                                        \
	"[    0.000000] Linux version 5.4.0-42-generic (buildd@lgw01-amd64-038)\n"       \
	"[    0.099768] APIC: Switch to symmetric I/O mode setup\n"                      \
	"[    0.100655] Not enabling interrupt remapping due to skipped IO-APIC setup\n"
/* Dasharo/dasharo-issues #1134: an apu2, a part of its log. */
#define APU2                                                                             \
	"[    2.045004] AMD-Vi: Extended features (0x800290ad2, 0x0): PPR GT IA GA PC "  \
	"GA_vAPIC\n"                                                                     \
	"[    2.052762] AMD-Vi: Interrupt remapping enabled\n"
/* tinkerbell/hook #146: built without CONFIG_IRQ_REMAP. */
#define HOOK                                                                             \
	"[    0.000000] Linux version 5.10.57-linuxkit (root@buildkitsandbox)\n"         \
	"[   28.150844] APIC: Switch to symmetric I/O mode setup\n"                      \
	"[   28.156880] x2apic: IRQ remapping doesn't support X2APIC mode\n"             \
	"[   28.163281] x2apic disabled\n"
#define WHOLE "5,0,0,-;Linux version 6.1.0-18-amd64\n"
#define ENABLED "6,300,200,-;DMAR-IR: Enabled IRQ remapping in x2apic mode\n"

static void no_remap_kernel(struct scene *s)
{
	s->kernels[0].irq_remap = 'n';
}

static void no_dmar_flag(struct scene *s)
{
	s->facts.firmware.table.interrupt_remapping = false;
	s->facts.firmware.table.no_interrupt_remapping = true;
}

static void no_ivrs_ioapic(struct scene *s)
{
	no_dmar_flag(s);
	s->facts.firmware.table.table = ACPI_IVRS;
}

static void ivrs_overridden(struct scene *s)
{
	no_ivrs_ioapic(s);
	s->facts.cmdline = lit("amd_iommu=on iommu=pt ivrs_ioapic[4]=00:14.0");
}

static void no_ecap(struct scene *s)
{
	s->facts.iommu.no_remapping_unit = lit("dmar1");
}

static void allowed_by_module(struct scene *s)
{
	s->facts.iommu.unsafe_type1 = TRI_YES;
}

static void allowed_by_modprobe(struct scene *s)
{
	s->facts.iommu.unsafe_modprobe = lit("/etc/modprobe.d/vfio.conf");
}

static void allowed_too_late(struct scene *s)
{
	allowed_by_modprobe(s);
	s->facts.iommu.unsafe_type1 = TRI_NO;
}

static void too_late_for_dmar(struct scene *s)
{
	allowed_too_late(s);
	no_dmar_flag(s);
}

static void too_late_since_long(struct scene *s)
{
	allowed_too_late(s);
	s->facts.iommu.unsafe_is_older = TRI_YES;
}

static void too_late_and_off(struct scene *s)
{
	static char line[] = ON " intremap=off";

	allowed_too_late(s);
	s->boot.configured = s->entries[0].options = s->facts.cmdline = line;
}

static void built_in(struct scene *s)
{
	allowed_too_late(s);
	s->kernels[0].vfio_type1_state = MODULE_BUILTIN;
}

static void built_in_and_off(struct scene *s)
{
	too_late_and_off(s);
	s->kernels[0].vfio_type1_state = MODULE_BUILTIN;
}

static void line_is_not_heard(struct scene *s)
{
	static char line[] = ON " vfio_iommu_type1.allow_unsafe_interrupts=1";

	s->facts.iommu.unsafe_type1 = TRI_NO;
	s->boot.configured = s->entries[0].options = s->facts.cmdline = line;
}

static void built_in_and_changed(struct scene *s)
{
	line_is_not_heard(s);
	s->kernels[0].vfio_type1_state = MODULE_BUILTIN;
}

static void allowed_for_iommufd(struct scene *s)
{
	s->facts.iommu.unsafe_type1 = TRI_NO;
	s->facts.iommu.unsafe_iommufd = TRI_YES;
}

static void only_iommufd(struct scene *s)
{
	s->kernels[0].vfio_type1_state = MODULE_MISSING;
}

static void iommufd_by_modprobe(struct scene *s)
{
	s->facts.iommu.unsafe_iommufd_modprobe = lit("/etc/modprobe.d/iommufd.conf");
}

static void iommufd_next_boot(struct scene *s)
{
	static char line[] = ON " iommufd.allow_unsafe_interrupts=1";

	no_dmar_flag(s);
	s->boot.configured = s->entries[0].options = line;
}

static void iommufd_and_off(struct scene *s)
{
	static char line[] = ON " intremap=off iommufd.allow_unsafe_interrupts=1";

	s->boot.configured = s->entries[0].options = s->facts.cmdline = line;
}

static void allowed_next_boot(struct scene *s)
{
	static char line[] = ON " vfio_iommu_type1.allow_unsafe_interrupts=1";

	no_dmar_flag(s);
	s->boot.configured = s->entries[0].options = line;
}

static void allowed_when_generated(struct scene *s)
{
	no_dmar_flag(s);
	s->boot.configured = lit(ON " vfio_iommu_type1.allow_unsafe_interrupts=1");
}

static void off_everywhere(struct scene *s)
{
	static char line[] = ON " intremap=off";

	s->boot.configured = s->entries[0].options = line;
}

static void off_next_boot(struct scene *s)
{
	static char line[] = ON " intremap=off";

	s->boot.configured = line;
	s->entries[0].options = line;
	scene_inactive(s);
	s->facts.cmdline = lit(OFF);
}

static void virtual_machine(struct scene *s)
{
	s->facts.platform.virtualized = TRI_YES;
	no_dmar_flag(s);
}

static void inactive(struct scene *s)
{
	scene_inactive(s);
}

static const struct report reports[] = {
	{ "X58's erratum", X58, "", CPU_INTEL, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_REFUSED, "This system BIOS has enabled" },
	{ "no southbridge", NO_SOUTHBRIDGE, "", CPU_AMD, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "No southbridge IOAPIC" },
	{ "IOAPICs not in IVRS, a part of a log", MATEBOOK, "", CPU_AMD, TRI_UNKNOWN,
	  NULL, TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "IOAPIC[4] not in IVRS" },
	{ "IOAPICs not in IVRS, old wording", ERIS, "", CPU_AMD, TRI_UNKNOWN, NULL,
	  TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "IOAPIC[9] not in IVRS" },
	{ "IOAPIC not in DMAR", MAC_MINI, "", CPU_INTEL, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "ioapic 2 has no mapping" },
	{ "noapic", NO_IOAPIC, " noapic", CPU_INTEL, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_PARAMETER, VERDICT_REBOOT_NEEDED, "sudo reboot" },
	{ "an apu2", APU2, "", CPU_AMD, TRI_UNKNOWN, NULL, TRI_YES, REMAPPING_NO_CAUSE,
	  VERDICT_READY, NULL },
	{ "built without", HOOK, "", CPU_INTEL, TRI_UNKNOWN, no_remap_kernel, TRI_NO,
	  REMAPPING_KERNEL, VERDICT_REFUSED, "CONFIG_IRQ_REMAP" },
	{ "built without, log unreadable", NULL, "", CPU_INTEL, TRI_UNKNOWN,
	  no_remap_kernel, TRI_NO, REMAPPING_KERNEL, VERDICT_REFUSED,
	  "CONFIG_IRQ_REMAP" },

	{ "intremap=off is running only", NULL, " intremap=off", CPU_INTEL, TRI_UNKNOWN,
	  NULL, TRI_NO, REMAPPING_PARAMETER, VERDICT_REBOOT_NEEDED, "sudo reboot" },
	{ "intremap=off everywhere", NULL, " intremap=off", CPU_INTEL, TRI_NO,
	  off_everywhere, TRI_NO, REMAPPING_PARAMETER, VERDICT_BLOCKED,
	  "sudo slicer setup-iommu" },
	{ "intremap=off, inactive", WHOLE, "", CPU_INTEL, TRI_UNKNOWN, off_next_boot,
	  TRI_UNKNOWN, REMAPPING_NO_CAUSE, VERDICT_BLOCKED, "sudo slicer setup-iommu" },
	{ "intremap=on takes it back", WHOLE ENABLED, " intremap=off intremap=on",
	  CPU_INTEL, TRI_UNKNOWN, NULL, TRI_YES, REMAPPING_NO_CAUSE, VERDICT_READY,
	  NULL },
	{ "nointremap", NULL, " nointremap", CPU_AMD, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_PARAMETER, VERDICT_REBOOT_NEEDED, "sudo reboot" },

	{ "names say no, nothing says why", NULL, "", CPU_AMD, TRI_NO, NULL, TRI_NO,
	  REMAPPING_NO_CAUSE, VERDICT_REFUSED, "/proc/interrupts" },
	{ "names win over the log", WHOLE ENABLED, "", CPU_INTEL, TRI_NO, NULL, TRI_NO,
	  REMAPPING_NO_CAUSE, VERDICT_REFUSED, "/proc/interrupts" },
	{ "names say yes", NULL, "", CPU_INTEL, TRI_YES, NULL, TRI_YES,
	  REMAPPING_NO_CAUSE, VERDICT_READY, NULL },
	{ "a whole log without the line", WHOLE, "", CPU_INTEL, TRI_UNKNOWN, NULL, TRI_NO,
	  REMAPPING_NO_CAUSE, VERDICT_REFUSED, "Enabled IRQ remapping" },
	{ "a part of a log without the line",
	  "4,900,12,-;DMAR: Intel(R) Virtualization Technology for Directed I/O\n", "",
	  CPU_INTEL, TRI_UNKNOWN, NULL, TRI_UNKNOWN, REMAPPING_NO_CAUSE, VERDICT_READY,
	  NULL },
	{ "nothing at all", NULL, "", CPU_INTEL, TRI_UNKNOWN, NULL, TRI_UNKNOWN,
	  REMAPPING_NO_CAUSE, VERDICT_READY, NULL },
	{ "inactive", WHOLE, "", CPU_INTEL, TRI_UNKNOWN, inactive, TRI_UNKNOWN,
	  REMAPPING_NO_CAUSE, VERDICT_REFUSED, NULL },

	{ "DMAR flag bit 0 is clear", NULL, "", CPU_INTEL, TRI_UNKNOWN, no_dmar_flag,
	  TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "update of the firmware" },
	{ "the same in a virtual machine", NULL, "", CPU_INTEL, TRI_UNKNOWN,
	  virtual_machine, TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "intremap=on" },
	{ "an IVRS without IOAPIC", NULL, "", CPU_AMD, TRI_UNKNOWN, no_ivrs_ioapic,
	  TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, "IVRS" },
	{ "ivrs_ioapic= stands in", NULL, "", CPU_AMD, TRI_UNKNOWN, ivrs_overridden,
	  TRI_UNKNOWN, REMAPPING_NO_CAUSE, VERDICT_READY, NULL },
	{ "a unit that can't", NULL, "", CPU_INTEL, TRI_UNKNOWN, no_ecap, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_REFUSED, "dmar1" },

	{ "allowed by the module", X58, "", CPU_INTEL, TRI_NO, allowed_by_module, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_READY, NULL },
	{ "allowed by modprobe.d", X58, "", CPU_INTEL, TRI_NO, allowed_by_modprobe,
	  TRI_NO, REMAPPING_HARDWARE, VERDICT_READY, NULL },
	{ "allowed by the command line", X58,
	  " vfio_iommu_type1.allow_unsafe_interrupts=1", CPU_INTEL, TRI_NO, NULL, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_READY, NULL },
	/* iommufd's parameter is not asked for what uses vfio_iommu_type1. */
	{ "iommufd is loaded and allowed", X58, "", CPU_INTEL, TRI_NO,
	  allowed_for_iommufd, TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "iommufd alone may do without (/sys/module/iommufd" },
	{ "iommufd is allowed by the command line", X58,
	  " iommufd.allow_unsafe_interrupts=1", CPU_INTEL, TRI_NO, NULL, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "(/proc/cmdline: iommufd.allow_unsafe_interrupts)" },
	{ "iommufd is allowed by modprobe.d", X58, "", CPU_INTEL, TRI_NO,
	  iommufd_by_modprobe, TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "(/etc/modprobe.d/iommufd.conf" },
	{ "iommufd is allowed at the next boot", NULL, "", CPU_INTEL, TRI_UNKNOWN,
	  iommufd_next_boot, TRI_NO, REMAPPING_FIRMWARE, VERDICT_FIRMWARE, NULL },
	{ "iommufd is allowed, intremap=off", NULL, "", CPU_INTEL, TRI_NO,
	  iommufd_and_off, TRI_NO, REMAPPING_PARAMETER, VERDICT_BLOCKED,
	  "sudo slicer setup-iommu" },
	{ "a kernel that has iommufd only", X58, " iommufd.allow_unsafe_interrupts=1",
	  CPU_INTEL, TRI_NO, only_iommufd, TRI_NO, REMAPPING_HARDWARE, VERDICT_READY,
	  NULL },
	/* What the loaded module does not have no reboot has to bring. */
	{ "modprobe.d, but the module is loaded", X58, "", CPU_INTEL, TRI_NO,
	  allowed_too_late, TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "sudo modprobe -r vfio_iommu_type1" },
	{ "the same, the firmware's fault", NULL, "", CPU_INTEL, TRI_NO,
	  too_late_for_dmar, TRI_NO, REMAPPING_FIRMWARE, VERDICT_REFUSED,
	  "sudo modprobe -r vfio_iommu_type1" },
	{ "the same, the file is older than the boot", X58, "", CPU_INTEL, TRI_NO,
	  too_late_since_long, TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "a reboot alone changes nothing" },
	{ "the same, intremap=off everywhere", NULL, "", CPU_INTEL, TRI_NO,
	  too_late_and_off, TRI_NO, REMAPPING_PARAMETER, VERDICT_REFUSED,
	  "sudo modprobe -r vfio_iommu_type1" },
	{ "modprobe.d, but the module is built in", X58, "", CPU_INTEL, TRI_NO, built_in,
	  TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "/etc/modprobe.d/vfio.conf does nothing" },
	{ "the same, intremap=off everywhere", NULL, "", CPU_INTEL, TRI_NO,
	  built_in_and_off, TRI_NO, REMAPPING_PARAMETER, VERDICT_BLOCKED,
	  "sudo slicer setup-iommu" },
	{ "every command line, but the module has N", X58, "", CPU_INTEL, TRI_NO,
	  line_is_not_heard, TRI_NO, REMAPPING_HARDWARE, VERDICT_REFUSED,
	  "sudo modprobe -r vfio_iommu_type1" },
	{ "the same, built in", X58, "", CPU_INTEL, TRI_NO, built_in_and_changed, TRI_NO,
	  REMAPPING_HARDWARE, VERDICT_REFUSED, "echo Y | sudo tee" },
	{ "allowed when the menu is made anew", NULL, "", CPU_INTEL, TRI_UNKNOWN,
	  allowed_when_generated, TRI_NO, REMAPPING_FIRMWARE, VERDICT_GENERATE_NEEDED,
	  "sudo update-grub" },
	{ "allowed by the next boot", NULL, "", CPU_INTEL, TRI_UNKNOWN, allowed_next_boot,
	  TRI_NO, REMAPPING_FIRMWARE, VERDICT_REBOOT_NEEDED, "sudo reboot" },
};

/* As src/probe/log.c does, for a log that is a text. */
static void read_log(struct log_facts *f, const char *text)
{
	size_t pos = 0, len;
	const char *line;
	bool first = true;

	*f = (struct log_facts){ .readable = text != NULL };
	while (text && next_line(text, strlen(text), &pos, &line, &len)) {
		struct kmsg_record r;
		const struct kmsg_rule *rule;

		if (!kmsg_parse(line, len, &r))
			continue;
		if (first)
			f->from_boot = kmsg_is_first(&r);
		first = false;
		rule = kmsg_judge(&r);
		if (!rule)
			continue;
		f->v = xgrow(f->v, f->n, &f->cap, sizeof(*f->v));
		f->v[f->n++] = (struct log_line){ xstrndup(r.text, r.len), rule };
	}
}

static bool any_has(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->v[i], text))
			return true;
	return false;
}

static void look(const struct report *r)
{
	CLEANUP(scene_done) struct scene s;
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(checks_done) struct checks checks = { 0 };
	CLEANUP(remapping_done) struct remapping found = { 0 };
	CLEANUP(free_char) char *line = NULL;

	print_message("# %s\n", r->name);
	scene_init(&s);
	scene_wanted(&s, r->vendor);
	if (r->vendor == CPU_AMD)
		s.boot.configured = s.entries[0].options =
			lit("root=/dev/sda1 amd_iommu=on iommu=pt");
	line = xasprintf("%s%s", s.entries[0].options, r->cmdline);
	s.facts.cmdline = line;
	s.facts.iommu.interrupt_remapping = r->names;
	s.facts.iommu.irq_name = r->names == TRI_NO ? lit("IO-APIC") : NULL;
	if (r->vendor == CPU_AMD)
		s.facts.firmware.table.table = ACPI_IVRS;
	read_log(&s.facts.log, r->log);
	if (r->spoil)
		r->spoil(&s);
	remapping_judge(&s.facts, &found);
	assert_int_equal(found.on, r->on);
	assert_int_equal(found.cause, r->cause);
	assert_string_equal(verdict_name(verdict_of(&s.d, &next)),
			    verdict_name(r->verdict));
	if (r->says && !any_has(&next, r->says))
		fail_msg("next: %s", next.v[0]);
	if (found.stale)
		assert_false(any_has(&next, "sudo reboot"));
	checks_make(&s.d, &checks);
	for (size_t i = 0; i < checks.n; i++) {
		const struct check *c = &checks.v[i];

		if (strcmp(c->id, "iommu.interrupt-remapping") != 0)
			continue;
		assert_int_equal(c->status, found.on == TRI_YES	      ? CHECK_PASS
					    : found.on == TRI_UNKNOWN ? CHECK_SKIP
					    : found.allowed	      ? CHECK_WARN
								      : CHECK_FAIL);
		if (found.on == TRI_NO)
			assert_true(c->fix.n > 0);
		if (found.stale)
			assert_false(any_has(&c->fix, "sudo reboot"));
	}
	for (size_t i = 0; i < s.facts.log.n; i++)
		free(s.facts.log.v[i].text);
	free(s.facts.log.v);
}

static void test_reports(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
		look(&reports[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_modprobe),
		cmocka_unit_test(test_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
