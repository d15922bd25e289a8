/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/kmsg.h"

static void assert_record(const char *in, unsigned level, uint64_t usec, const char *text)
{
	struct kmsg_record r;

	assert_true(kmsg_parse(in, strlen(in), &r));
	assert_int_equal(r.level, level);
	assert_int_equal(r.usec, usec);
	assert_int_equal(r.len, strlen(text));
	assert_memory_equal(r.text, text, r.len);
}

static void test_records(void **state)
{
	(void)state;
	assert_record("6,339,5140900,-;NET: x; y\n SUBSYSTEM=pci\n", 6, 5140900,
		      "NET: x; y");
	assert_record("30,1,0,c,more=1;text", 6, 0, "text");
	assert_record("4,1,2,-;[    1.000000] x", 4, 2, "[    1.000000] x");
	assert_record("[    0.123456] DMAR: x", 6, 123456, "DMAR: x");
	assert_record("[12345.000001] x", 6, 12345000001, "x");
	assert_record("<3>[    1.000000] x", 3, 1000000, "x");
	assert_record("<11>x", 3, 0, "x");
	assert_record("[Sun Nov 22 07:30:01 2026] DMAR: x", 6, 0, "DMAR: x");
	assert_record("Nov 22 07:30:01 host kernel: DMAR: x", 6, 0, "DMAR: x");
	assert_record("[    1.500000] host kernel: DMAR: x", 6, 1500000, "DMAR: x");
	/* rsyslog's traditional and ISO formats leave the kernel's own time in the text.
	 */
	assert_record("Nov 22 07:30:01 host kernel: [    0.030000] DMAR: x", 6, 30000,
		      "DMAR: x");
	assert_record(
		"2026-11-22T07:30:01.123456+00:00 host kernel: [   12.000001] DMAR: x", 6,
		12000001, "DMAR: x");
	/* What is in brackets there is a time or a part of the text. */
	assert_record("Nov 22 07:30:01 host kernel: [drm] x", 6, 0, "[drm] x");
	/* CONFIG_PRINTK_CALLER */
	assert_record("[76621.870884] [    T140] pcieport 0000:01:00.0: x", 6,
		      76621870884, "pcieport 0000:01:00.0: x");
	assert_record("[    0.000000][    C3] x", 6, 0, "x");
	assert_record("[    0.000000] [drm] x", 6, 0, "[drm] x");
	assert_record("plain text", 6, 0, "plain text");
	assert_record("[ no end", 6, 0, "[ no end");
	assert_record("6,339,x;text", 6, 0, "6,339,x;text");
	assert_record("99999999999999999999,1,2,-;x", 6, 0,
		      "99999999999999999999,1,2,-;x");
	assert_record("[99999999999999999999.000000] x", 6, 0, "x");
}

static void test_no_records(void **state)
{
	struct kmsg_record r;

	(void)state;
	assert_false(kmsg_parse(NULL, 0, &r));
	assert_false(kmsg_parse("\n", 1, &r));
	assert_false(kmsg_parse(" DEVICE=+pci:0000:00:02.0\n", 26, &r));
}

static bool is_first(const char *line)
{
	struct kmsg_record r;

	return kmsg_parse(line, strlen(line), &r) && kmsg_is_first(&r);
}

/* A log that lacks its start, or does not say when its lines are from, is not whole. */
static void test_first(void **state)
{
	(void)state;
	assert_true(is_first("5,0,0,-;Linux version 6.1.0"));
	assert_true(is_first("6,0,0,-;microcode: microcode updated early to 0xf0"));
	assert_false(is_first("6,1,0,-;Command line: quiet"));
	assert_true(is_first("[    0.000000] Linux version 6.10.0 (root@freedom)"));
	assert_true(is_first("[    0.000000] microcode: microcode updated early to "
			     "revision 0xf0, date = 2021-11-15"));
	assert_true(is_first("Nov 22 07:30:01 host kernel: Linux version 6.1.0"));
	assert_true(
		is_first("Nov 22 07:30:01 host kernel: [    0.000000] Linux version 6"));
	assert_false(is_first("[    0.000000] BIOS-e820: [mem 0x0-0x9e7ff] usable"));
	assert_false(is_first("DMAR: dmar0: reg_base_addr fed90000 ver 1:0"));
	assert_false(is_first("Nov 22 07:30:01 host kernel: DMAR: IOMMU enabled"));
	assert_false(is_first("[Sun Nov 22 07:30:01 2026] DMAR: IOMMU enabled"));
	assert_false(is_first("[   12.000000] DMAR: DRHD: handling fault status reg 3"));
}

static void assert_device(const char *line, const char *address)
{
	struct pci_address at;
	char buf[PCI_ADDRESS_MAX];

	assert_true(kmsg_device(line, strlen(line), &at));
	assert_string_equal(pci_address_format(at, buf), address);
}

static void test_device(void **state)
{
	static const char none[] = "AMD-Vi: Completion-Wait loop timed out";
	static const char odd[] =
		"DMAR: [DMA Read] Request device [xx:yy.z] fault addr 0";
	struct pci_address at;

	(void)state;
	assert_device("DMAR: [DMA Read NO_PASID] Request device [00:1f.2] fault addr "
		      "0xfff00000 [fault reason 0x0c] non-zero reserved fields in PTE",
		      "0000:00:1f.2");
	assert_device("DMAR: [DMA Read] Request device [0x00:0x02.0] fault addr 9c000000",
		      "0000:00:02.0");
	assert_device("AMD-Vi: Event logged [IO_PAGE_FAULT device=04:00.0 domain=0x000e]",
		      "0000:04:00.0");
	assert_device("AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:01:00.0 "
		      "pasid=0x00000 address=0xfffffffdf8000000 flags=0x0a00]",
		      "0000:01:00.0");
	assert_device(
		"nvme 0000:04:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1]",
		"0000:04:00.0");
	assert_device(
		"nvme 10000:e1:00.0: Unable to change power state from D3cold to D0, "
		"device inaccessible",
		"10000:e1:00.0");
	assert_false(kmsg_device(none, strlen(none), &at));
	assert_false(kmsg_device(odd, strlen(odd), &at));
	assert_false(kmsg_device(NULL, 0, &at));
	assert_false(kmsg_device(": ", 2, &at));
}

static const struct kmsg_rule *classify(const char *line)
{
	return kmsg_classify(line, strlen(line));
}

static void assert_rule(const char *line, const char *id, enum kmsg_meaning meaning)
{
	const struct kmsg_rule *rule = classify(line);

	if (!rule)
		fail_msg("no rule for: %s", line);
	assert_string_equal(rule->id, id);
	assert_int_equal(rule->meaning, meaning);
}

/* The lines that decide, each as a kernel between 5.10 and 7.2 prints it. */
static void test_intel(void **state)
{
	(void)state;
	assert_rule("DMAR: IOMMU enabled", "dmar-param-seen", KMSG_INFO);
	assert_non_null(classify("DMAR: IOMMU enabled")->explain);
	assert_rule("DMAR: Intel(R) Virtualization Technology for Directed I/O",
		    "dmar-active", KMSG_ACTIVE);
	assert_rule("DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address "
		    "fed90000 returns all ones!",
		    "dmar-all-ones", KMSG_ERROR);
	assert_rule("DMAR: No DMAR devices found", "dmar-no-devices", KMSG_ERROR);
	assert_rule("DMAR: Parse DMAR table failure.", "dmar-parse-failure", KMSG_ERROR);
	assert_rule(
		"DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR "
		"[0x00000000cd800000-0x00000000cfffffff], contact BIOS vendor for fixes",
		"dmar-rmrr-uncovered", KMSG_ERROR);
	assert_rule("DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr "
		    "0xfff00000 [fault reason 0x06] PTE Read access is not set",
		    "dmar-fault", KMSG_FAULT);
	assert_rule(
		"DMAR: [DMA Write] Request device [00:14.0] PASID ffffffff fault addr 0",
		"dmar-fault", KMSG_FAULT);
	assert_rule("DMAR: [INTR-REMAP] Request device [f0:1f.0] fault index 0x0 [fault "
		    "reason 0x25] Blocked a compatibility format interrupt request",
		    "dmar-fault-irq", KMSG_FAULT);
	assert_rule("DMAR: DRHD: handling fault status reg 3", "dmar-fault-status",
		    KMSG_FAULT);
	assert_rule("DMAR-IR: Enabled IRQ remapping in x2apic mode", "dmar-ir-on",
		    KMSG_IRQ_ON);
	assert_rule("DMAR-IR: Failed to enable irq remapping. You are vulnerable to "
		    "irq-injection attacks.",
		    "dmar-ir-failed", KMSG_IRQ_OFF);
	assert_rule("DMAR: No ATSR found", "dmar-no-atsr", KMSG_HARMLESS);
	assert_rule("DMAR: Unknown option - 'yes'", "dmar-unknown-option", KMSG_ERROR);
	assert_rule(
		"vfio-pci 0000:03:00.0: Device is ineligible for IOMMU domain attach due "
		"to platform RMRR requirement.  Contact your platform vendor.",
		"rmrr-ineligible", KMSG_ERROR);
	assert_rule(
		"vfio-pci 0000:03:00.0: Firmware has requested this device have a 1:1 "
		"IOMMU mapping, rejecting configuring the device without a 1:1 mapping. "
		"Contact your platform vendor.",
		"rmrr-rejected", KMSG_ERROR);
	assert_rule("DMAR: Something that only a later kernel says", "dmar", KMSG_INFO);
}

static void test_amd(void **state)
{
	(void)state;
	assert_rule("AMD-Vi: Unknown option - 'on'", "amd-on-ignored", KMSG_HARMLESS);
	assert_rule("AMD-Vi: Unknown option - 'pt'", "amd-unknown-option", KMSG_ERROR);
	assert_rule("AMD-Vi: Interrupt remapping enabled", "amd-ir-on", KMSG_IRQ_ON);
	assert_rule("AMD-Vi: [Firmware Bug]: : IOAPIC[4] not in IVRS table",
		    "amd-ioapic-missing", KMSG_ERROR);
	assert_rule("AMD-Vi: Disabling interrupt remapping", "amd-ir-off", KMSG_IRQ_OFF);
	assert_rule("pci 0000:00:00.2: AMD-Vi: Found IOMMU cap 0x40", "amd-found",
		    KMSG_ACTIVE);
	assert_rule("AMD-Vi: Extended features (0x58f77ef22294a5a, 0x0): PPR NX GT",
		    "amd-features", KMSG_ACTIVE);
	assert_rule("vfio-pci 0000:0a:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT "
		    "domain=0x000e address=0xfff00000 flags=0x0000]",
		    "amd-fault", KMSG_FAULT);
	assert_rule("AMD-Vi: Completion-Wait loop timed out", "amd-wait-timeout",
		    KMSG_ERROR);
	assert_rule(
		"AMD-Vi: AMD IOMMUv2 functionality not available on this system - This "
		"is not a bug.",
		"amd-v2-missing", KMSG_HARMLESS);
	assert_rule("AMD-Vi: SNP: IOMMU disabled or configured in passthrough mode, SNP "
		    "cannot be supported.",
		    "amd-snp-passthrough", KMSG_ERROR);
}

static void test_generic(void **state)
{
	(void)state;
	assert_rule("iommu: Default domain type: Translated ", "domain", KMSG_DOMAIN);
	assert_rule("pci 0000:00:01.0: Adding to iommu group 12", "group", KMSG_ACTIVE);
	assert_rule("Unknown kernel command line parameters "
		    "\"pcie_acs_override=downstream\", will be passed to user space.",
		    "unknown-param", KMSG_UNKNOWN_PARAM);
	assert_rule(
		"vfio-pci 0000:01:00.0: BAR 1: can't reserve [mem 0xe0000000-0xefffffff "
		"64bit pref]",
		"vfio-bar", KMSG_ERROR);
	/* drivers/vfio/pci/vfio_pci.c, vfio_pci_open_device() */
	assert_rule("vfio-pci 0000:00:02.0: Failed to setup Intel IGD regions",
		    "vfio-igd", KMSG_ERROR);
	assert_rule("vfio-pci 0000:01:00.0: Cannot bind to PF with SR-IOV enabled",
		    "vfio-sriov-pf", KMSG_ERROR);
	assert_rule(
		"vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the "
		"module param \"allow_unsafe_interrupts\" to enable VFIO IOMMU support "
		"on "
		"this platform",
		"vfio-no-irq-remapping", KMSG_ERROR);
	assert_rule("VFIO - User Level meta-driver version: 0.3", "vfio", KMSG_INFO);
	assert_null(classify("Kernel command line: BOOT_IMAGE=/vmlinuz intel_iommu=on "
			     "iommu=pt vfio-pci.ids=10de:2204"));
	assert_null(classify("usb 1-1: new high-speed USB device"));
	assert_null(kmsg_classify(NULL, 0));
}

static void assert_judged(const char *record, const char *id, enum kmsg_meaning meaning)
{
	const struct kmsg_rule *rule;
	struct kmsg_record r;

	assert_true(kmsg_parse(record, strlen(record), &r));
	rule = kmsg_judge(&r);
	if (!rule)
		fail_msg("no rule for: %s", record);
	assert_string_equal(rule->id, id);
	assert_int_equal(rule->meaning, meaning);
}

/* Lines that whole logs of real machines have and that a catch-all took for harmless, and
 * their neighbours in the same files of the kernel. */
static void test_errors_of_the_field(void **state)
{
	(void)state;
	assert_rule("AMD-Vi: Command buffer timeout", "amd-command-timeout", KMSG_ERROR);
	assert_rule("vfio-pci: probe of 0000:01:00.0 failed with error -22", "vfio-probe",
		    KMSG_WARNING);
	assert_rule("vfio-pci 0000:01:00.0: probe with driver vfio-pci failed with error "
		    "-22",
		    "vfio-probe", KMSG_WARNING);
	assert_rule("AMD-Vi: Failed to allocate IRTE", "amd-no-irte", KMSG_WARNING);
	assert_rule(
		"vfio-pci 0000:01:00.0: Refused to change power state, currently in D3",
		"vfio-no-power", KMSG_DEAD);
	assert_rule("nouveau 0000:01:00.0: can't change power state from D3cold to D0 "
		    "(config space inaccessible)",
		    "vfio-no-power", KMSG_DEAD);
	assert_rule("sdhci-pci 0000:2f:00.0: Unable to change power state from D3cold to "
		    "D0, device inaccessible",
		    "vfio-no-power", KMSG_DEAD);
	/* 5.6, 5.7, and since 6.0: stuck asleep; one that would not go to sleep is well.
	 */
	assert_rule(
		"amdgpu 0000:01:00.0: refused to change power state (currently D3hot)",
		"vfio-no-power", KMSG_DEAD);
	assert_rule("amdgpu 0000:01:00.0: refused to change power state from D3hot to D0",
		    "vfio-no-power", KMSG_DEAD);
	assert_rule(
		"vfio-pci 0000:01:00.0: Refused to change power state from D3hot to D0",
		"vfio-no-power", KMSG_DEAD);
	assert_null(
		classify("nvme 0000:01:00.0: Refused to change power state from D0 to "
			 "D3hot"));
	assert_rule("radeon 0000:01:00.0: not ready 65535ms after resume; giving up",
		    "vfio-reset-failed", KMSG_DEAD);
	assert_null(
		classify("radeon 0000:01:00.0: not ready 1023ms after resume; waiting"));
	assert_rule("DMAR: Can't reserve memory", "dmar-no-memory", KMSG_ERROR);
	assert_rule("DMAR: Can't map the region", "dmar-no-memory", KMSG_ERROR);
	assert_rule("DMAR: Can't validate DRHD address: fed90000", "dmar-no-memory",
		    KMSG_ERROR);
	assert_rule("AMD-Vi: Can not reserve memory region fdf00000-fdf80000 for mmio",
		    "amd-no-memory", KMSG_ERROR);
	assert_rule("dmar_fault: 893 callbacks suppressed", "dmar-suppressed",
		    KMSG_FAULT);
	assert_rule("amd_iommu_report_page_fault: 12 callbacks suppressed",
		    "amd-suppressed", KMSG_FAULT);
	assert_rule("pci 0000:00:00.2: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY "
		    "device=0000:01:00.0 pasid=0x00000 address=0xfffffffdf8000000 "
		    "flags=0x0a00]",
		    "amd-bad-entry", KMSG_WARNING);
	assert_rule("AMD-Vi: Event logged [DEV_TAB_HARDWARE_ERROR device=01:00.0 "
		    "address=0x1 flags=0x0000]",
		    "amd-hardware-error", KMSG_WARNING);
	assert_rule("AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=01:00.0 "
		    "pasid=0x00000 address=0xfffffffdf8000000 flags=0x0a00]",
		    "amd-bad-request", KMSG_FAULT);
	assert_rule(
		"pci 0000:00:00.0: DMAR: Disabling IOMMU for graphics on this chipset",
		"dmar-no-graphics", KMSG_WARNING);
	assert_rule("DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address "
		    "0!\\x0aBIOS vendor: American Megatrends Inc.; Ver: 080015",
		    "dmar-address-zero", KMSG_ERROR);
	assert_rule("vfio-pci 0000:00:02.0: DMAR: intel_iommu_attach_device: iommu width "
		    "(39) is not sufficient for the mapped address (380000000000)",
		    "dmar-too-narrow", KMSG_WARNING);
	/* Whatever else the kernel logs as an error. */
	assert_judged("3,900,12,-;DMAR: Something that only a later kernel says",
		      "unexplained", KMSG_WARNING);
	assert_judged("<2>[   12.000000] vfio-pci 0000:01:00.0: Something new",
		      "unexplained", KMSG_WARNING);
	assert_judged("3,900,12,-;pci 0000:00:00.2: AMD-Vi: Something new", "unexplained",
		      KMSG_WARNING);
	assert_judged("4,900,12,-;DMAR: Something that only a later kernel says", "dmar",
		      KMSG_INFO);
	assert_judged("3,900,12,-;AMD-Vi: Completion-Wait loop timed out",
		      "amd-wait-timeout", KMSG_ERROR);
	assert_judged("3,900,12,-;AMD-Vi: Unknown option - 'on'", "amd-on-ignored",
		      KMSG_HARMLESS);
}

/* Interrupt remapping that did not come up: irq_remapping.c, apic.c and amd/init.c. */
static void test_no_remapping(void **state)
{
	(void)state;
	/* linux-kernel 2024-09-16, an Asus P6T (X58): one record. */
	assert_rule("DMAR-IR: This system BIOS has enabled interrupt remapping\\x0aon a "
		    "chipset that contains an erratum making that\\x0afeature unstable.  "
		    "To maintain system stability\\x0ainterrupt remapping is being "
		    "disabled.  Please\\x0acontact your BIOS vendor for an update",
		    "dmar-ir-erratum", KMSG_IRQ_OFF);
	assert_rule("DMAR-IR: Not enabling interrupt remapping", "dmar-ir-off",
		    KMSG_IRQ_OFF);
	assert_rule("APIC: Not enabling interrupt remapping due to skipped IO-APIC setup",
		    "ir-no-ioapic", KMSG_IRQ_OFF);
	assert_rule("Not enabling interrupt remapping due to skipped IO-APIC setup",
		    "ir-no-ioapic", KMSG_IRQ_OFF);
	assert_rule("DMAR-IR: Failed to setup irq remapping for dmar1", "dmar-ir-setup",
		    KMSG_IRQ_OFF);
	assert_rule("DMAR-IR: IR0: failed to allocate pages of order 8", "dmar-ir-alloc",
		    KMSG_IRQ_OFF);
	assert_rule("DMAR-IR: [Firmware Bug]: ioapic 3 has no mapping iommu, interrupt "
		    "remapping will be disabled",
		    "dmar-ir-ioapic", KMSG_IRQ_OFF);
	assert_rule("DMAR-IR: Failed to enable irq remapping. You are vulnerable to "
		    "irq-injection attacks.",
		    "dmar-ir-failed", KMSG_IRQ_OFF);
	assert_rule("AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found",
		    "amd-no-southbridge", KMSG_ERROR);
	/* It works, and x2APIC does not. */
	assert_rule("DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit.",
		    "dmar-x2apic-optout", KMSG_HARMLESS);
}

/* A rule behind a more general one, or one that no person can act on, is a mistake. */
static void test_table(void **state)
{
	(void)state;
	assert_true(kmsg_n_rules > 50);
	for (size_t i = 0; i < kmsg_n_rules; i++) {
		const struct kmsg_rule *rule = &kmsg_rules[i];
		size_t used = strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-");

		assert_int_equal(used, strlen(rule->id));
		if (rule->meaning != KMSG_INFO)
			assert_true(strlen(rule->explain) > 10);
		if (rule->explain)
			assert_int_not_equal(rule->explain[strlen(rule->explain) - 1],
					     '.');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rule->pattern, kmsg_rules[k].pattern);
	}
}

struct seen {
	bool by_meaning[KMSG_DOMAIN + 1];
	struct strv ids;
};

static void read_log(const char *name, struct seen *seen)
{
	struct str s = fixture_read(name);
	size_t pos = 0, len;
	const char *line;

	*seen = (struct seen){ 0 };
	while (next_line(s.s, s.len, &pos, &line, &len)) {
		const struct kmsg_rule *rule;
		struct kmsg_record r;

		assert_true(kmsg_parse(line, len, &r));
		rule = kmsg_classify(r.text, r.len);
		if (!rule)
			continue;
		seen->by_meaning[rule->meaning] = true;
		strv_add_unique(&seen->ids, rule->id);
	}
	str_done(&s);
}

/* Debian's kernel in four virtual machines: what came up, and what only looks so. */
static void test_real_logs(void **state)
{
	struct seen seen;

	(void)state;
	read_log("kmsg/intel-on.dmesg", &seen);
	assert_true(seen.by_meaning[KMSG_ACTIVE] && seen.by_meaning[KMSG_IRQ_ON]);
	assert_true(seen.by_meaning[KMSG_UNKNOWN_PARAM] && seen.by_meaning[KMSG_DOMAIN]);
	assert_true(strv_has(&seen.ids, "dmar-no-satc"));
	assert_false(seen.by_meaning[KMSG_ERROR] || seen.by_meaning[KMSG_IRQ_OFF]);
	strv_done(&seen.ids);
	read_log("kmsg/amd-on.dmesg", &seen);
	assert_true(seen.by_meaning[KMSG_ACTIVE] && seen.by_meaning[KMSG_IRQ_ON]);
	assert_true(strv_has(&seen.ids, "amd-on-ignored"));
	assert_false(seen.by_meaning[KMSG_ERROR] || seen.by_meaning[KMSG_IRQ_OFF]);
	strv_done(&seen.ids);
	/* No VT-d in the machine: intel_iommu=on still says "IOMMU enabled". */
	read_log("kmsg/none.dmesg", &seen);
	assert_true(strv_has(&seen.ids, "dmar-param-seen"));
	assert_false(seen.by_meaning[KMSG_ACTIVE] || seen.by_meaning[KMSG_IRQ_ON]);
	assert_false(seen.by_meaning[KMSG_ERROR]);
	strv_done(&seen.ids);
	/* Interrupt remapping without DMA remapping. */
	read_log("kmsg/intel-off.dmesg", &seen);
	assert_true(strv_has(&seen.ids, "dmar-param-off"));
	assert_true(seen.by_meaning[KMSG_IRQ_ON]);
	assert_false(seen.by_meaning[KMSG_ACTIVE]);
	strv_done(&seen.ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_errors_of_the_field),
		cmocka_unit_test(test_no_remapping),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_real_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
