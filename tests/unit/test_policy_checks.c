/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks: the five questions of troubleshooting among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "initramfs/generator.h"
#include "policy/faults.h"
#include "tests/unit/expect.h"

/* What can be mended is told how; ids are unique. */
static void expect_whole(const struct scene *s)
{
	CLEANUP(checks_done) struct checks all = { 0 };

	checks_make(&s->d, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct check *c = &all.v[i];

		assert_true(c->title[0]);
		if (c->status == CHECK_FAIL)
			assert_true(c->fix.n > 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(c->id, all.v[k].id);
	}
}

static void test_sound(void **state)
{
	static const char *const passes[] = {
		"platform.arch",
		"platform.container",
		"platform.virtualized",
		"platform.cpu",
		"firmware.mode",
		"firmware.secure-boot",
		"firmware.table",
		"kernel.config",
		"kernel.vfio",
		"kernel.next",
		"cmdline.configured",
		"cmdline.next-boot",
		"cmdline.running",
		"cmdline.contradiction",
		"bootloader.identity",
		"iommu.active",
		"iommu.domain",
		"iommu.interrupt-remapping",
		"iommu.log",
		"limits.memlock",
		"hypervisors.kvm",
		"hypervisors.installed",
		"hypervisors.firmware",
	};
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++)
		expect(&s, passes[i], CHECK_PASS, NULL, NULL);
	expect_whole(&s);
}

/* 1. Is it switched on in the firmware? */
static void test_firmware(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	expect(&s, "firmware.table", CHECK_PASS, "DMAR: 2 units, interrupt remapping",
	       NULL);
	s.facts.firmware.table.checksum_ok = false;
	expect(&s, "firmware.table", CHECK_WARN, "checksum", "firmware");
	scene_inactive(&s);
	s.facts.firmware = (struct firmware_facts){ .state = FIRMWARE_ABSENT };
	expect(&s, "firmware.table", CHECK_FAIL, "no DMAR or IVRS", "VT-d");
	expect_whole(&s);
	s.facts.firmware = (struct firmware_facts){ .why_unknown = lit("not as root") };
	s.d.unprivileged = true;
	expect(&s, "firmware.table", CHECK_SKIP, "not as root", "sudo slicer doctor");
	s.facts.cpu.virtualization = TRI_NO;
	expect(&s, "platform.cpu", CHECK_FAIL, NULL, "VT-x");
}

/* 2. Did you skip update-grub, or the reboot? */
static void test_command_lines(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	scene_lines(&s, OFF, OFF, OFF);
	expect(&s, "cmdline.configured", CHECK_FAIL, OFF, "sudo slicer setup-iommu");
	expect(&s, "cmdline.next-boot", CHECK_FAIL, NULL, "sudo slicer setup-iommu");
	scene_lines(&s, ON, OFF, OFF);
	expect(&s, "cmdline.configured", CHECK_PASS, ON, NULL);
	expect(&s, "cmdline.next-boot", CHECK_FAIL, "/boot/grub/grub.cfg:120: " OFF,
	       "sudo update-grub");
	expect(&s, "cmdline.running", CHECK_FAIL, NULL, "sudo update-grub");
	scene_lines(&s, ON, ON, OFF);
	expect(&s, "cmdline.next-boot", CHECK_PASS, NULL, NULL);
	expect(&s, "cmdline.running", CHECK_FAIL, "/proc/cmdline: " OFF, "sudo reboot");
	scene_lines(&s, ON, ON, NULL);
	expect(&s, "cmdline.running", CHECK_SKIP, "/proc/cmdline", NULL);
	expect_whole(&s);
}

static void test_command_lines_when_active(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.boot.configured = s.entries[0].options = s.facts.cmdline = lit(OFF);
	scene_wanted(&s, CPU_INTEL);
	expect(&s, "cmdline.configured", CHECK_WARN, NULL, NULL);
	expect(&s, "cmdline.running", CHECK_WARN, NULL, NULL);
	s.facts.cmdline = lit(OFF " intel_iommu=on");
	expect(&s, "cmdline.running", CHECK_PASS, NULL, NULL);
}

static void test_contradiction(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	scene_lines(&s, OFF " intel_iommu=off", OFF, OFF);
	expect(&s, "cmdline.contradiction", CHECK_FAIL,
	       "intel_iommu=off in the configured command line",
	       "sudo slicer setup-iommu");
	scene_lines(&s, ON, ON, OFF " iommu=off");
	expect(&s, "cmdline.contradiction", CHECK_FAIL, "in the running", "sudo reboot");
	scene_lines(&s, ON " iommu=nopt", ON, ON);
	expect(&s, "cmdline.contradiction", CHECK_WARN, "iommu=nopt", NULL);
}

static void test_not_provable(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.boot.configured = NULL;
	error_set(&s.boot.configured_error, 22, "$(...) can't be proven");
	error_hint(&s.boot.configured_error, "write it out");
	expect(&s, "cmdline.configured", CHECK_WARN, "$(...)", "write it out");
	scene_no_boot(&s);
	expect(&s, "bootloader.identity", CHECK_WARN, "no boot loader", "--bootloader");
	expect(&s, "cmdline.next-boot", CHECK_SKIP, NULL, NULL);
	expect_whole(&s);
}

static void test_other_entries(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.entries[1].is_recovery = false;
	s.entries[1].options = lit(OFF);
	expect(&s, "cmdline.other-entries", CHECK_WARN, "recovery mode",
	       "sudo update-grub");
	s.entries[1].is_foreign = true;
	expect(&s, "cmdline.next-boot", CHECK_PASS, NULL, NULL);
	expect_whole(&s);
}

/* Names and words that no kernel knows, wherever they stand. */
static void test_mistakes(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	expect_none(&s, "cmdline.mistyped");
	expect_none(&s, "cmdline.unknown-word");
	s.facts.cmdline = lit(ON " vfio-pci-ids=10de:2204 -- iommu_pt");
	expect(&s, "cmdline.mistyped", CHECK_WARN,
	       "vfio-pci-ids=10de:2204 in the running command line: did you mean "
	       "vfio-pci.ids=10de:2204?",
	       "sudo reboot");
	expect_none(&s, "cmdline.mistyped-2");
	s.boot.configured = lit(ON " vfio-pci-ids=10de:2204 iommu_pt");
	expect(&s, "cmdline.mistyped", CHECK_WARN, "configured",
	       "sudo slicer setup-iommu --remove-param vfio-pci-ids");
	expect(&s, "cmdline.mistyped-2", CHECK_WARN, "did you mean iommu=pt?",
	       "--remove-param iommu_pt");
	expect_whole(&s);
	/* To remove "intel_iommu" would remove the good one. */
	s.boot.configured = lit(ON " intel_iommu");
	expect(&s, "cmdline.mistyped", CHECK_WARN, "did you mean intel_iommu=on?",
	       "by hand");
	s.boot.configured = lit(ON);
	s.facts.cmdline = lit(ON);
	scene_log(&s, "Unknown kernel command line parameters "
		      "\"pcie_acs_overide=downstream splash\", will be passed to user "
		      "space.");
	expect(&s, "cmdline.mistyped", CHECK_WARN,
	       "did you mean pcie_acs_override=downstream?", "sudo reboot");
	/* words */
	s.facts.cmdline = lit(ON " iommu=on");
	expect(&s, "cmdline.unknown-word", CHECK_WARN,
	       "\"on\" of iommu=on in the running", "sudo reboot");
	s.boot.configured = lit("quiet intel_iommu=on,pt iommu=pt");
	expect(&s, "cmdline.unknown-word", CHECK_WARN,
	       "\"pt\" of intel_iommu=on,pt in the configured",
	       "sudo slicer setup-iommu");
	s.boot.configured = lit(ON " amd_iommu=pt vfio_pci.ids=1:2");
	s.facts.cmdline = lit(ON);
	expect_none(&s, "cmdline.unknown-word");
	scene_done(&s);
}

static void test_acs(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.facts.cmdline = lit(ON " pcie_acs_override=downstream");
	expect(&s, "cmdline.acs-override", CHECK_PASS, NULL, NULL);
	scene_log(&s, "Unknown kernel command line parameters "
		      "\"pcie_acs_override=downstream\", will be passed to user space.");
	expect(&s, "cmdline.acs-override", CHECK_WARN, "Unknown kernel",
	       "--remove-param pcie_acs_override");
	s.facts.log = (struct log_facts){ .why_not = lit("not root") };
	expect(&s, "cmdline.acs-override", CHECK_SKIP, "not root", NULL);
}

/* 3. What does the kernel's log say? */
static void test_log(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	scene_log(&s, "AMD-Vi: Unknown option - 'on'");
	expect(&s, "iommu.log", CHECK_PASS, NULL, NULL);
	expect(&s, "iommu.log.amd-on-ignored", CHECK_PASS, "Unknown option - 'on'", NULL);
	scene_log(&s, "DMAR: Parse DMAR table failure.");
	scene_log(&s, "DMAR: Parse DMAR table failure.");
	expect(&s, "iommu.log.dmar-parse-failure", CHECK_WARN, "DMAR: Parse", NULL);
	scene_inactive(&s);
	expect(&s, "iommu.log.dmar-parse-failure", CHECK_FAIL, "DMAR: Parse", "firmware");
	expect(&s, "iommu.active", CHECK_FAIL, "0 units", NULL);
	expect_whole(&s);
	s.facts.log = (struct log_facts){ .why_not = lit("dmesg_restrict") };
	s.d.unprivileged = true;
	expect(&s, "iommu.log", CHECK_SKIP, "dmesg_restrict", "sudo slicer doctor");
	s.facts.log = (struct log_facts){ .readable = true };
	expect(&s, "iommu.log", CHECK_SKIP, "overwritten", "journalctl -k");
}

static void test_interrupts(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.facts.iommu.interrupt_remapping = TRI_NO;
	expect(&s, "iommu.interrupt-remapping", CHECK_FAIL, NULL,
	       "allow_unsafe_interrupts");
	/* Nothing tells, and the log is not whole. */
	s.facts.iommu.interrupt_remapping = TRI_UNKNOWN;
	s.facts.log.from_boot = false;
	expect(&s, "iommu.interrupt-remapping", CHECK_SKIP, NULL, NULL);
}

/* Ids in modprobe.d reach a module, and nothing that is built in. */
static void test_ids_of_modprobe(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.facts.iommu.vfio_ids = lit("10de:2204,10de:1aef");
	s.facts.iommu.vfio_ids_modprobe = lit("/etc/modprobe.d/vfio.conf");
	expect_none(&s, "kernel.vfio-ids");
	s.kernels[0].vfio_pci_state = MODULE_BUILTIN;
	/* Two of them, or one that the host needs: setup-iommu --ids would refuse. */
	expect(&s, "kernel.vfio-ids", CHECK_WARN, "/etc/modprobe.d/vfio.conf",
	       "belongs on the kernel command line; or bind");
	s.d.can_take_ids = true;
	expect(&s, "kernel.vfio-ids", CHECK_WARN, "/etc/modprobe.d/vfio.conf",
	       "sudo slicer setup-iommu --ids 10de:2204,10de:1aef");
	s.facts.iommu.vfio_ids = lit("10de:2204;reboot");
	s.d.can_take_ids = false;
	expect(&s, "kernel.vfio-ids", CHECK_WARN, NULL, "belongs on the kernel command");
	s.facts.cmdline = lit("ro vfio_pci.ids=10de:2204");
	expect_none(&s, "kernel.vfio-ids");
}

/* A card that is dead, and memory that the firmware keeps. */
static void test_device_faults(void **state)
{
	struct pci_device gpu = { .address = "0000:0b:00.0",
				  .at = { .bus = 0x0b },
				  .class_code = 0x030000,
				  .iommu_group = 28,
				  .driver = lit("amdgpu") };
	struct device_view view = { .dev = &gpu };
	CLEANUP(scene_done) struct scene s;
	CLEANUP(free_char) char *text = NULL;

	(void)state;
	scene_init(&s);
	s.d.devices = &view;
	s.d.n_devices = 1;
	expect_none(&s, "devices.0000:0b:00.0.dead");
	expect_none(&s, "devices.0000:0b:00.0.reserved");
	gpu.no_answer = true;
	expect(&s, "devices.0000:0b:00.0.dead", CHECK_WARN, "all ones", "power");
	view.asked = true;
	expect(&s, "devices.0000:0b:00.0.dead", CHECK_FAIL, "all ones", "power");
	view.answered = true;
	strv_add(&view.reasons, "it does not answer");
	strv_add(&view.next, "take its power away");
	expect(&s, "devices.0000:0b:00.0", CHECK_FAIL, NULL, "power");
	strv_done(&view.reasons);
	strv_done(&view.next);
	view.answered = false;
	gpu.no_answer = false;
	/* GPUOpen-LibrariesAndSDKs/MxGPU-Virtualization #25 */
	scene_log(&s, "gim 0000:0b:00.0: Refused to change power state, currently in D3");
	expect(&s, "devices.0000:0b:00.0.dead", CHECK_FAIL, "currently in D3", "power");
	gpu.at.function = 1;
	expect_none(&s, "devices.0000:0b:00.0.dead");
	gpu.direct_region = lit("0x000000005fffe000 0x000000005fffffff direct");
	expect(&s, "devices.0000:0b:00.0.reserved", CHECK_WARN, "5fffe000", "firmware");
	expect_whole(&s);
	/* AMD's driver never looked; since 6.6 the core does. */
	text = device_reserved(&gpu, CPU_AMD, "6.1.0-18-amd64");
	assert_non_null(strstr(text, "may refuse"));
	free(text);
	text = device_reserved(&gpu, CPU_AMD, "6.10.3-arch1-1");
	assert_non_null(strstr(text, "refuses to give"));
	free(text);
	text = device_reserved(&gpu, CPU_INTEL, NULL);
	assert_non_null(strstr(text, "refuses to give"));
	free(text);
	text = device_reserved(&gpu, CPU_AMD, NULL);
	assert_non_null(strstr(text, "may refuse"));
}

/* An NVMe or AHCI controller that holds the root filesystem. */
static void disk_scene(struct scene *s, struct pci_device *disk, struct fault_view *v)
{
	scene_init(s);
	s->facts.iommu.default_domain = lit("dma-fq");
	s->facts.cmdline = lit("root=/dev/sda1 ro intel_iommu=on");
	s->boot.configured = s->entries[0].options = lit("root=/dev/sda1 intel_iommu=on");
	v->dev = disk;
	v->line = &s->lines[0];
	v->n = 3;
	strv_add(&v->in_use, "sda2 is mounted on /");
	s->d.faults = v;
	s->d.n_faults = 1;
}

/* Accesses of the host's own disk that the IOMMU stopped: iommu=pt is what to try. */
static void test_faults_of_the_host(void **state)
{
	struct pci_device ahci = { .address = "0000:00:1f.2",
				   .at = { .device = 0x1f, .function = 2 },
				   .driver = lit("ahci") };
	struct fault_view v = { 0 };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	disk_scene(&s, &ahci, &v);
	/* siderolabs/talos #12619: an HP DL320e Gen8 v2 */
	scene_log(&s, "DMAR: [DMA Write NO_PASID] Request device [00:1f.2] fault addr "
		      "0xfff00000 [fault reason 0x0c] non-zero reserved fields in PTE");
	expect(&s, "iommu.fault.0000:00:1f.2", CHECK_WARN,
	       "driver ahci; sda2 is mounted on /", "sudo slicer setup-iommu");
	expect_none(&s, "iommu.log.dmar-fault");
	/* Another device's are told as before, and the disk's do not count there. */
	scene_log(&s, "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x0 "
		      "[fault reason 0x06] PTE Read access is not set");
	expect(&s, "iommu.log.dmar-fault", CHECK_WARN, "[01:00.0]", NULL);
	expect_whole(&s);
	/* The next boot has it. */
	s.boot.configured = s.entries[0].options = lit(ON);
	expect(&s, "iommu.fault.0000:00:1f.2", CHECK_WARN, NULL, "sudo reboot");
	/* It is so already: then it is something else. */
	s.facts.cmdline = lit(ON);
	expect_none(&s, "iommu.fault.0000:00:1f.2");
	expect(&s, "iommu.log.dmar-fault", CHECK_WARN, "[00:1f.2]", NULL);
	s.facts.cmdline = lit("intel_iommu=on");
	s.facts.iommu.default_domain = lit("identity");
	expect_none(&s, "iommu.fault.0000:00:1f.2");
	/* A device that a VM has. */
	s.facts.iommu.default_domain = lit("dma-fq");
	ahci.driver = lit("vfio-pci");
	expect_none(&s, "iommu.fault.0000:00:1f.2");
	strv_done(&v.in_use);
}

static void test_faults_of_the_host_amd(void **state)
{
	struct pci_device nvme = { .address = "0000:04:00.0", .at = { .bus = 4 } };
	struct fault_view v = { 0 };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	disk_scene(&s, &nvme, &v);
	/* ublue-os/bazzite #5526: the driver gave the controller up. */
	scene_log(&s, "nvme 0000:04:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT "
		      "domain=0x0011 address=0xfffffffffffff000 flags=0x0000]");
	expect(&s, "iommu.fault.0000:04:00.0", CHECK_WARN, "no driver",
	       "sudo slicer setup-iommu");
	/* What a VM did with it while it had it. */
	s.facts.log.n = 0;
	nvme.driver = lit("nvme");
	scene_log(&s, "vfio-pci 0000:04:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT "
		      "domain=0x0011 address=0xfffffffffffff000 flags=0x0000]");
	expect_none(&s, "iommu.fault.0000:04:00.0");
	expect(&s, "iommu.log.amd-fault", CHECK_WARN, "vfio-pci", NULL);
	strv_done(&v.in_use);
}

/* 4. and 5. Is the device in use, and is it alone in its group? */
static void test_devices(void **state)
{
	struct pci_device gpu = {
		.address = "0000:0b:00.0",
		.class_code = 0x030000,
		.iommu_group = 28,
		.driver = lit("nvidia"),
		.class_name = lit("VGA compatible controller"),
		.vendor_name = lit("NVIDIA Corporation"),
		.device_name = lit("GA102"),
	};
	struct device_view view = { .dev = &gpu };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.d.devices = &view;
	s.d.n_devices = 1;
	strv_add(&view.companions, "0000:0b:00.1");
	expect(&s, "devices.0000:0b:00.0", CHECK_PASS,
	       "driver nvidia; group 28 with 0000:0b:00.1", NULL);
	/* What src/devices/answer.c says is told as it is. */
	view.asked = view.answered = view.usable = true;
	strv_add(&view.next, "sudo slicer pci bind 0000:0b:00.0 --group");
	expect(&s, "devices.0000:0b:00.0", CHECK_WARN, NULL,
	       "sudo slicer pci bind 0000:0b:00.0 --group");
	gpu.driver = lit("vfio-pci");
	strv_add(&view.reasons, "its group also holds 0000:0b:00.1, which has the driver "
				"snd_hda_intel");
	expect(&s, "devices.0000:0b:00.0", CHECK_WARN, NULL,
	       "sudo slicer pci bind 0000:0b:00.0 --group");
	strv_done(&view.next);
	view.bound = true;
	expect(&s, "devices.0000:0b:00.0", CHECK_PASS, NULL, NULL);
	gpu.driver = lit("nvidia");
	view.usable = view.bound = false;
	strv_add(&view.in_use, "Xorg has /dev/nvidia0 open");
	strv_add(&view.next, "end those programs");
	expect(&s, "devices.0000:0b:00.0", CHECK_FAIL, "Xorg has", "end those programs");
	strv_add(&view.companions, "0000:00:1f.3");
	expect(&s, "devices.0000:0b:00.0", CHECK_WARN, "0000:00:1f.3", "--acs-override");
	gpu.iommu_group = -1;
	expect(&s, "devices.0000:0b:00.0", CHECK_WARN, NULL, "another slot");
	gpu.class_code = 0x060400;
	expect(&s, "devices.0000:0b:00.0", CHECK_FAIL, NULL, "end those programs");
	strv_done(&view.companions);
	strv_done(&view.reasons);
	strv_done(&view.next);
	s.d.n_devices_left_out = 3;
	expect(&s, "devices.more", CHECK_SKIP, "3", NULL);
	s.d.pci_known = false;
	expect(&s, "devices.pci", CHECK_SKIP, "no PCI bus", NULL);
	strv_done(&view.in_use);
}

/* Did you skip update-initramfs? */
static void test_initramfs(void **state)
{
	static const struct initramfs_generator tools = { .name = "initramfs-tools",
							  .supported = true };
	static const struct initramfs_generator other = { .name = "booster" };
	struct initramfs_own_file own = { .path = lit("/etc/modprobe.d/slicer-vfio.conf"),
					  .exists = true };
	struct initramfs_config config = { .generator = &tools, .own = &own, .n_own = 1 };
	struct initramfs_view image = { .version = lit("6.1.0-18-amd64"),
					.path = lit("/boot/initrd.img-6.1.0-18-amd64"),
					.scanned = true,
					.complete = true };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	str_add(&own.text, "options vfio-pci ids=10de:2204\n");
	expect(&s, "initramfs.images", CHECK_SKIP, "none is known", NULL);
	s.d.images_why = "--no-initramfs";
	expect(&s, "initramfs.images", CHECK_SKIP, "--no-initramfs", NULL);
	s.d.initramfs = &config;
	s.d.images = &image;
	s.d.n_images = 1;
	expect(&s, "initramfs.generator", CHECK_PASS, NULL, NULL);
	expect(&s, "initramfs.images", CHECK_FAIL, "/boot/initrd.img-",
	       "sudo update-initramfs -u -k 6.1.0-18-amd64");
	image.early = lit("options vfio-pci ids=8086:1521\n");
	expect(&s, "initramfs.images", CHECK_FAIL, NULL, NULL);
	image.early = own.text.s;
	expect(&s, "initramfs.images", CHECK_PASS, NULL, NULL);
	own.exists = false;
	expect(&s, "initramfs.images", CHECK_WARN, NULL, "update-initramfs");
	image.early = NULL;
	s.entries[0].options = lit(ON " vfio-pci.ids=10de:2204");
	expect(&s, "initramfs.images", CHECK_WARN, NULL, "update-initramfs");
	image.has_vfio_pci = true;
	expect(&s, "initramfs.images", CHECK_PASS, NULL, NULL);
	image.complete = false;
	image.why = lit("cut off at byte 100");
	expect(&s, "initramfs.images", CHECK_FAIL, "cut off", NULL);
	image.scanned = false;
	s.d.unprivileged = true;
	expect(&s, "initramfs.images", CHECK_SKIP, "cut off", "sudo slicer doctor");
	config.switched_off = lit("update_initramfs=no");
	expect(&s, "initramfs.generator", CHECK_WARN, "update_initramfs=no", NULL);
	config.generator = &other;
	expect(&s, "initramfs.generator", CHECK_WARN, "booster", "yourself");
	str_done(&own.text);
}

static void test_kernels(void **state)
{
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.kernels[0].vfio_type1_state = MODULE_MISSING;
	expect(&s, "kernel.vfio", CHECK_WARN, NULL, NULL);
	s.kernels[0].vfio_pci_state = MODULE_MISSING;
	expect(&s, "kernel.vfio", CHECK_FAIL, "6.1.0-18-amd64", NULL);
	expect(&s, "kernel.next", CHECK_FAIL, "not installed", NULL);
	s.kernels[0].vfio_pci_state = MODULE_UNKNOWN;
	expect(&s, "kernel.vfio", CHECK_SKIP, NULL, NULL);
	s.kernels[0].intel_iommu = 'n';
	expect(&s, "kernel.config", CHECK_FAIL, "CONFIG_INTEL_IOMMU is not set", NULL);
	s.kernels[0].config_path = NULL;
	expect(&s, "kernel.config", CHECK_SKIP, NULL, NULL);
	s.facts.kernels.n = 0;
	expect(&s, "kernel.next", CHECK_SKIP, "6.1.0-18-amd64", NULL);
	expect_whole(&s);
}

/* May this user's VM lock its memory, and what would start it? No verdict rests on it. */
static void test_vm(void **state)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.facts.limits.ipc_lock = false;
	expect(&s, "limits.memlock", CHECK_WARN, "8388608 bytes",
	       "LimitMEMLOCK=infinity");
	s.facts.limits.unlimited = true;
	expect(&s, "limits.memlock", CHECK_PASS, "unlimited", NULL);
	s.facts.limits.known = false;
	expect(&s, "limits.memlock", CHECK_SKIP, "/proc/self/limits", "on the machine");
	s.facts.hypervisors.firmware = NULL;
	expect(&s, "hypervisors.firmware", CHECK_WARN, NULL, "sudo apt install ovmf");
	s.facts.hypervisors.qemu = NULL;
	expect(&s, "hypervisors.installed", CHECK_WARN, NULL,
	       "sudo apt install qemu-system-x86 ovmf");
	s.facts.platform.os_id = lit("void");
	expect(&s, "hypervisors.installed", CHECK_WARN, NULL, "packages of QEMU");
	s.facts.hypervisors.cloud_hypervisor = "/usr/local/bin/cloud-hypervisor";
	expect(&s, "hypervisors.installed", CHECK_PASS, "/usr/local/bin", NULL);
	s.facts.hypervisors.kvm = TRI_NO;
	expect(&s, "hypervisors.kvm", CHECK_WARN, NULL, "modprobe kvm_intel");
	expect(&s, "hypervisors.kvm", CHECK_WARN, NULL, "in the firmware's settings");
	s.facts.platform.virtualized = TRI_YES;
	expect(&s, "hypervisors.kvm", CHECK_WARN, NULL, "nested virtualization");
	s.facts.platform.virtualized = TRI_NO;
	s.facts.hypervisors.kvm = TRI_UNKNOWN;
	expect(&s, "hypervisors.kvm", CHECK_SKIP, NULL, "on the machine");
	expect_whole(&s);
	assert_int_equal(verdict_of(&s.d, &next), VERDICT_READY);
}

/* Nothing at all could be read: everything is skipped, nothing crashes. */
static void test_empty(void **state)
{
	struct facts facts = { 0 };
	struct diagnosis d = { .facts = &facts };
	CLEANUP(checks_done) struct checks all = { 0 };
	CLEANUP(strv_done) struct strv next = { 0 };

	(void)state;
	checks_make(&d, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].status == CHECK_FAIL)
			fail_msg("%s fails", all.v[i].id);
	assert_int_equal(verdict_of(&d, &next), VERDICT_UNKNOWN);
	assert_true(next.n > 0);
}

/* Only while a change is still to come is a seal something to worry about. */
static void test_tpm_seal(void **state)
{
	struct sealed_disk disk = {
		.name = lit("cryptroot"),
		.device = lit("/dev/sda3"),
		.evidence = lit("clevis token in its LUKS2 header"),
		.seal = { .kind = SEAL_CLEVIS, .known = true, .pcrs = 1 << 8 },
	};
	struct scene s;

	(void)state;
	scene_init(&s);
	expect_none(&s, "bootloader.tpm-seal");
	s.facts.seals = (struct seal_facts){ .v = &disk, .n = 1 };
	expect(&s, "bootloader.tpm-seal", CHECK_PASS, "cryptroot (/dev/sda3)", NULL);
	scene_lines(&s, OFF, OFF, OFF);
	expect(&s, "bootloader.tpm-seal", CHECK_WARN, "PCR 8 can change",
	       "recovery key of cryptroot");
	/* Set up, and not started yet. */
	scene_lines(&s, ON, ON, OFF);
	expect(&s, "bootloader.tpm-seal", CHECK_WARN, "PCR 8", NULL);
	disk.seal.pcrs = 1 << 7;
	expect(&s, "bootloader.tpm-seal", CHECK_PASS, "PCR 7", NULL);
	s.facts.seals = (struct seal_facts){ 0 };
	strv_add(&s.facts.seals.unread, "cryptroot (/dev/sda3): can't read");
	s.d.unprivileged = true;
	expect(&s, "bootloader.tpm-seal", CHECK_SKIP, "cryptroot", "sudo slicer doctor");
	strv_done(&s.facts.seals.unread);
	scene_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_command_lines_when_active),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_not_provable),
		cmocka_unit_test(test_other_entries),
		cmocka_unit_test(test_acs),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_ids_of_modprobe),
		cmocka_unit_test(test_device_faults),
		cmocka_unit_test(test_faults_of_the_host),
		cmocka_unit_test(test_faults_of_the_host_amd),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_initramfs),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_vm),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_tpm_seal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
