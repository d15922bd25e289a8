/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict: every row of the table, and which one comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/diagnosis.h"

#define BLOCKED OFF " intel_iommu=off"

static void as_is(struct scene *s)
{
	(void)s;
}

static void builtin_vfio(struct scene *s)
{
	s->kernels[0].vfio_pci_state = MODULE_BUILTIN;
}

static void registered_vfio(struct scene *s)
{
	s->kernels[0].vfio_pci_state = MODULE_UNKNOWN;
	s->facts.iommu.vfio_pci_registered = true;
}

static void ready_without_parameters(struct scene *s)
{
	s->boot.configured = s->entries[0].options = s->facts.cmdline = lit(OFF);
	scene_wanted(s, CPU_INTEL);
}

static void ready_though_blocked_next(struct scene *s)
{
	s->boot.configured = s->entries[0].options = lit(BLOCKED);
	scene_wanted(s, CPU_INTEL);
}

static void ready_in_vm(struct scene *s)
{
	s->facts.platform.virtualized = TRI_YES;
	s->facts.firmware.state = FIRMWARE_ABSENT; /* virtio-iommu: VIOT */
}

static void ready_without_loader(struct scene *s)
{
	scene_no_boot(s);
}

static void arm(struct scene *s)
{
	scene_inactive(s);
	s->facts.platform.arch = lit("aarch64");
}

static void container(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	s->facts.platform.container = lit("docker");
}

static void bare_vm(struct scene *s)
{
	scene_lines(s, BLOCKED, OFF, OFF);
	s->facts.platform.virtualized = TRI_YES;
	s->facts.platform.hypervisor = "QEMU";
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

/* Justsenger/ExHyperV #62 */
static void hyperv_guest(struct scene *s)
{
	bare_vm(s);
	s->facts.platform.hypervisor = "Hyper-V";
}

static void vmware_guest(struct scene *s)
{
	bare_vm(s);
	s->facts.platform.hypervisor = "VMware";
}

static void ec2_guest(struct scene *s)
{
	bare_vm(s);
	s->facts.platform.hypervisor = "Amazon EC2";
}

static void unnamed_guest(struct scene *s)
{
	bare_vm(s);
	s->facts.platform.hypervisor = NULL;
}

static void vm_unprivileged(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	s->facts.platform.virtualized = TRI_YES;
	s->facts.firmware.state = FIRMWARE_UNKNOWN;
}

static void dom0(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	s->facts.platform.hypervisor_dom0 = lit("Xen");
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

static void kernel_without_iommu(struct scene *s)
{
	scene_lines(s, BLOCKED, BLOCKED, BLOCKED);
	s->kernels[0].intel_iommu = 'n';
}

static void kernel_without_vfio(struct scene *s)
{
	s->kernels[0].vfio = s->kernels[0].vfio_pci = 'n';
	s->kernels[0].vfio_pci_state = MODULE_MISSING;
}

static void module_not_installed(struct scene *s)
{
	s->facts.platform.os_id = lit("ubuntu");
	s->kernels[0].vfio_pci_state = MODULE_MISSING;
}

static void better_kernel_next(struct scene *s)
{
	s->kernels[0].vfio_pci_state = MODULE_MISSING;
	s->kernels[0].vfio_pci = 'n';
	s->kernels[1] = s->kernels[0];
	s->kernels[1].version = lit("6.1.0-99-amd64");
	s->kernels[1].running = false;
	s->kernels[1].vfio_pci = 'm';
	s->kernels[1].vfio_pci_state = MODULE_LOADABLE;
	s->facts.kernels.n = 2;
	s->entries[0].version = lit("6.1.0-99-amd64");
}

static void amd_kernel_without_intel(struct scene *s)
{
	s->kernels[0].intel_iommu = 'n';
	scene_lines(s, OFF, OFF, OFF);
	scene_wanted(s, CPU_AMD);
}

static void blocked_configured(struct scene *s)
{
	scene_lines(s, BLOCKED, BLOCKED, BLOCKED);
}

static void blocked_and_firmware_off(struct scene *s)
{
	scene_lines(s, BLOCKED, BLOCKED, BLOCKED);
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

static void blocked_next_only(struct scene *s)
{
	scene_lines(s, ON, BLOCKED, BLOCKED);
}

static void blocked_by_iommu_off(struct scene *s)
{
	scene_lines(s, ON " iommu=off", OFF, OFF);
}

static void blocked_without_loader(struct scene *s)
{
	scene_lines(s, OFF, OFF, BLOCKED);
	scene_no_boot(s);
}

static void blocked_earlier_in_line(struct scene *s)
{
	scene_lines(s, "intel_iommu=off " ON, "intel_iommu=off " ON, OFF);
}

static void blocked_running_only(struct scene *s)
{
	scene_lines(s, ON, ON, BLOCKED);
}

static void blocked_amd_on_intel(struct scene *s)
{
	scene_lines(s, OFF " amd_iommu=off", OFF, OFF);
}

static void firmware_off(struct scene *s)
{
	scene_lines(s, ON, ON, ON);
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

static void firmware_off_and_no_setup(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

static void firmware_off_bios_amd(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	s->facts.firmware.state = FIRMWARE_ABSENT;
	s->facts.platform.efi = false;
	scene_wanted(s, CPU_AMD);
}

static void setup(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
}

static void setup_amd(struct scene *s)
{
	scene_lines(s, OFF " iommu=pt", OFF, OFF);
	scene_wanted(s, CPU_AMD);
}

static void setup_running_by_hand(struct scene *s)
{
	scene_lines(s, OFF, OFF, ON);
}

static void setup_in_entries(struct scene *s)
{
	scene_lines(s, NULL, OFF, OFF);
	s->boot.has_generator = false;
	s->boot.generate_command = NULL;
}

static void generate(struct scene *s)
{
	scene_lines(s, ON, OFF, OFF);
}

static void generate_menu_missing(struct scene *s)
{
	scene_lines(s, ON, NULL, OFF);
	s->boot.n = 0;
}

static void generate_no_default(struct scene *s)
{
	scene_lines(s, ON, OFF, OFF);
	s->entries[0].is_default = false;
}

static void pt_alone_is_missing(struct scene *s)
{
	scene_lines(s, OFF " intel_iommu=on", OFF " intel_iommu=on", OFF);
}

static void pt_missing_everywhere(struct scene *s)
{
	scene_lines(s, OFF " intel_iommu=on", OFF " intel_iommu=on",
		    OFF " intel_iommu=on");
}

static void reboot(struct scene *s)
{
	scene_lines(s, ON, ON, OFF);
}

static void reboot_in_entries(struct scene *s)
{
	scene_lines(s, NULL, ON, OFF);
	s->boot.has_generator = false;
}

static void reboot_not_provable(struct scene *s)
{
	scene_lines(s, NULL, ON, OFF);
	error_set(&s->boot.configured_error, 22, "$(...) can't be proven");
}

static void refused(struct scene *s)
{
	scene_lines(s, ON, ON, ON);
	scene_log(s, "DMAR: Parse DMAR table failure.");
}

static void refused_log_unreadable(struct scene *s)
{
	scene_lines(s, ON, ON, ON);
	s->facts.log = (struct log_facts){ .why_not = lit("not root") };
	s->d.unprivileged = true;
}

static void unknown_firmware(struct scene *s)
{
	scene_lines(s, ON, ON, ON);
	s->facts.firmware = (struct firmware_facts){ .why_unknown = lit("not root") };
	s->d.unprivileged = true;
}

static void unknown_vendor(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	scene_wanted(s, CPU_OTHER);
}

static void unknown_loader(struct scene *s)
{
	scene_lines(s, OFF, OFF, OFF);
	scene_no_boot(s);
}

static void setup_not_provable(struct scene *s)
{
	scene_lines(s, NULL, OFF, OFF);
	error_set(&s->boot.configured_error, 22, "$(...) can't be proven");
	error_at(&s->boot.configured_error, "/etc/default/grub", 7);
	error_hint(&s->boot.configured_error, "write it plainly");
}

static void setup_appends(struct scene *s)
{
	setup_not_provable(s);
	s->boot.can_append = true;
}

static void blocked_not_provable(struct scene *s)
{
	scene_lines(s, NULL, "intel_iommu=off", "intel_iommu=off");
	error_set(&s->boot.configured_error, 22, "$(...) can't be proven");
	strv_add(&s->boot.configured_sources, "/etc/default/grub");
}

static void unknown_not_running(struct scene *s)
{
	scene_lines(s, ON, ON, NULL);
	s->facts.iommu.known = false;
	s->facts.firmware = (struct firmware_facts){ 0 };
	s->facts.kernels.n = 0;
}

static void unknown_vfio(struct scene *s)
{
	s->kernels[0].vfio_pci_state = MODULE_UNKNOWN;
}

#define TRIAL "slicer.trial=20261122T120344Z-1a2b3c4d"
static struct boot_entry trial_entry = { .options = (char *)(uintptr_t)(ON " " TRIAL) };

static void trial(struct scene *s, enum trial_state state)
{
	scene_lines(s, OFF, OFF, state == TRIAL_RUNNING ? ON " " TRIAL : OFF);
	s->boot.trial = &trial_entry;
	s->d.trial.state = state;
}

static void trial_pending(struct scene *s)
{
	trial(s, TRIAL_PENDING);
}

static void trial_pending_firmware_off(struct scene *s)
{
	trial(s, TRIAL_PENDING);
	s->facts.firmware.state = FIRMWARE_ABSENT;
}

static void trial_ready(struct scene *s)
{
	trial(s, TRIAL_RUNNING);
	s->facts.iommu.active = true;
	s->facts.iommu.interrupt_remapping = TRI_YES;
}

static void trial_refused(struct scene *s)
{
	trial(s, TRIAL_RUNNING);
	scene_log(s, "DMAR: Parse DMAR table failure.");
}

static void trial_over(struct scene *s)
{
	trial(s, TRIAL_OVER);
}

static void trial_idle(struct scene *s)
{
	trial(s, TRIAL_IDLE);
}

static const struct {
	const char *name;
	void (*spoil)(struct scene *s);
	enum verdict verdict;
	const char *first; /* the first of next, by its beginning */
	const char *also; /* another of them holds this; may be NULL */
} rows[] = {
	{ "as it is", as_is, VERDICT_READY, "slicer pci list", "pci bind ADDRESS" },
	{ "vfio-pci built in", builtin_vfio, VERDICT_READY, "slicer pci list", NULL },
	{ "vfio-pci registered", registered_vfio, VERDICT_READY, "slicer pci list",
	  NULL },
	{ "on by default", ready_without_parameters, VERDICT_READY, "slicer", NULL },
	{ "blocked next time", ready_though_blocked_next, VERDICT_READY,
	  "sudo slicer setup-iommu", "slicer pci list" },
	{ "virtio-iommu", ready_in_vm, VERDICT_READY, "slicer", NULL },
	{ "no loader but ready", ready_without_loader, VERDICT_READY, "slicer", NULL },

	{ "trial to come", trial_pending, VERDICT_REBOOT_NEEDED, "sudo reboot",
	  "setup-iommu --confirm" },
	{ "trial to come, no table", trial_pending_firmware_off, VERDICT_FIRMWARE, "sudo",
	  "VT-d" },
	{ "trial boot", trial_ready, VERDICT_READY, "sudo slicer setup-iommu --confirm",
	  "pci bind" },
	{ "trial boot, refused", trial_refused, VERDICT_REFUSED, "the kernel's log says",
	  NULL },
	{ "trial died", trial_over, VERDICT_SETUP_NEEDED,
	  "# this removes the failed trial's entry:\nsudo slicer setup-iommu --confirm",
	  "then try other parameters" },
	{ "trial not started", trial_idle, VERDICT_SETUP_NEEDED,
	  "sudo slicer setup-iommu", NULL },

	{ "aarch64", arm, VERDICT_UNSUPPORTED, "use an x86_64", NULL },
	{ "container", container, VERDICT_UNSUPPORTED, "run slicer on the host", NULL },
	{ "VM before blocked", bare_vm, VERDICT_UNSUPPORTED, "run slicer on the physical",
	  "intel-iommu" },
	{ "Hyper-V guest", hyperv_guest, VERDICT_UNSUPPORTED, "Hyper-V gives a guest no",
	  "Discrete Device Assignment" },
	{ "VMware guest", vmware_guest, VERDICT_UNSUPPORTED,
	  "switch on the virtual IOMMU", "vvtd.enable" },
	{ "EC2 guest", ec2_guest, VERDICT_UNSUPPORTED, "an instance has no IOMMU",
	  "with .metal in its name" },
	{ "guest of who knows whom", unnamed_guest, VERDICT_UNSUPPORTED,
	  "run slicer on the physical", "nothing is known" },
	{ "dom0", dom0, VERDICT_UNSUPPORTED, "pass devices through with", NULL },
	{ "VM, table unseen", vm_unprivileged, VERDICT_SETUP_NEEDED,
	  "sudo slicer setup-iommu", NULL },

	{ "no CONFIG_INTEL_IOMMU, before blocked", kernel_without_iommu, VERDICT_KERNEL,
	  "install a kernel", "sudo reboot" },
	{ "no CONFIG_VFIO", kernel_without_vfio, VERDICT_KERNEL, "install a kernel",
	  NULL },
	{ "module not installed", module_not_installed, VERDICT_KERNEL,
	  "sudo apt-get install linux-modules-extra-6.1.0-18-amd64", NULL },
	{ "better kernel next", better_kernel_next, VERDICT_REBOOT_NEEDED, "sudo reboot",
	  NULL },
	{ "AMD needs no CONFIG_INTEL_IOMMU", amd_kernel_without_intel,
	  VERDICT_SETUP_NEEDED, "sudo slicer setup-iommu", NULL },

	{ "blocked", blocked_configured, VERDICT_BLOCKED, "sudo slicer setup-iommu",
	  "sudo reboot" },
	{ "blocked before firmware", blocked_and_firmware_off, VERDICT_BLOCKED,
	  "sudo slicer setup-iommu", NULL },
	{ "blocked in the default entry only", blocked_next_only, VERDICT_BLOCKED,
	  "sudo update-grub", "sudo reboot" },
	{ "iommu=off is not taken back", blocked_by_iommu_off, VERDICT_BLOCKED,
	  "sudo slicer setup-iommu", NULL },
	{ "blocked, loader unknown", blocked_without_loader, VERDICT_BLOCKED,
	  "name it with --bootloader", "sudo reboot" },
	{ "the last one wins", blocked_earlier_in_line, VERDICT_REBOOT_NEEDED,
	  "sudo reboot", NULL },
	{ "blocked only in the running one", blocked_running_only, VERDICT_REBOOT_NEEDED,
	  "sudo reboot", NULL },
	{ "amd_iommu=off on Intel", blocked_amd_on_intel, VERDICT_SETUP_NEEDED,
	  "sudo slicer setup-iommu", NULL },

	{ "firmware off", firmware_off, VERDICT_FIRMWARE,
	  "sudo systemctl reboot --firmware-setup",
	  "Intel Virtualization Technology for Directed I/O" },
	{ "firmware off, nothing set up", firmware_off_and_no_setup, VERDICT_FIRMWARE,
	  "sudo slicer setup-iommu", "VT-d" },
	{ "firmware off, AMD, BIOS", firmware_off_bios_amd, VERDICT_FIRMWARE,
	  "sudo slicer setup-iommu", "SVM" },

	{ "off", setup, VERDICT_SETUP_NEEDED, "sudo slicer setup-iommu", "sudo reboot" },
	{ "off, AMD", setup_amd, VERDICT_SETUP_NEEDED, "sudo slicer setup-iommu", NULL },
	{ "typed at the boot prompt", setup_running_by_hand, VERDICT_SETUP_NEEDED,
	  "sudo slicer setup-iommu", NULL },
	{ "entries are edited themselves", setup_in_entries, VERDICT_SETUP_NEEDED,
	  "sudo slicer setup-iommu", NULL },

	{ "configured", generate, VERDICT_GENERATE_NEEDED, "sudo update-grub",
	  "sudo reboot" },
	{ "no menu", generate_menu_missing, VERDICT_GENERATE_NEEDED, "sudo update-grub",
	  NULL },
	{ "default unknown", generate_no_default, VERDICT_GENERATE_NEEDED,
	  "sudo update-grub", NULL },

	{ "generated", reboot, VERDICT_REBOOT_NEEDED, "sudo reboot", "slicer doctor" },
	{ "generated entries", reboot_in_entries, VERDICT_REBOOT_NEEDED, "sudo reboot",
	  NULL },
	{ "not provable but generated", reboot_not_provable, VERDICT_REBOOT_NEEDED,
	  "sudo reboot", NULL },
	{ "iommu=pt alone decides nothing", pt_alone_is_missing, VERDICT_REBOOT_NEEDED,
	  "sudo reboot", NULL },

	{ "refused", refused, VERDICT_REFUSED, "the kernel's log says: DMAR: Parse",
	  "firmware" },
	{ "refused, log unreadable", refused_log_unreadable, VERDICT_REFUSED,
	  "sudo slicer doctor", NULL },
	{ "refused without pt", pt_missing_everywhere, VERDICT_REFUSED, "sudo dmesg",
	  NULL },

	{ "firmware unseen", unknown_firmware, VERDICT_UNKNOWN, "the firmware's IOMMU",
	  "sudo slicer doctor" },
	{ "vendor unknown", unknown_vendor, VERDICT_UNKNOWN, "the processor's vendor",
	  "--vendor" },
	/* slicer(8): where the configured line can't be read, the running one decides */
	{ "loader unknown", unknown_loader, VERDICT_SETUP_NEEDED,
	  "name it with --bootloader", "sudo reboot" },
	/* What the menu says decides; setup-iommu can only add to what can't be known,
	 * and only on the running system. */
	{ "configured not provable", setup_not_provable, VERDICT_SETUP_NEEDED,
	  "/etc/default/grub:7: $(...) can't be proven", "write it plainly" },
	{ "configured not provable, on the running system", setup_appends,
	  VERDICT_SETUP_NEEDED, "sudo slicer setup-iommu", "sudo reboot" },
	{ "switched off by what is not provable", blocked_not_provable, VERDICT_BLOCKED,
	  "take intel_iommu=off out by hand, in one of /etc/default/grub",
	  "sudo reboot" },
	{ "a disk, not running", unknown_not_running, VERDICT_UNKNOWN,
	  "the running kernel's command line", NULL },
	{ "vfio-pci unknown", unknown_vfio, VERDICT_UNKNOWN,
	  "# whether the running kernel", NULL },
};

static bool any_has(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->v[i], text))
			return true;
	return false;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(scene_done) struct scene s;
		CLEANUP(strv_done) struct strv next = { 0 };
		CLEANUP(checks_done) struct checks checks = { 0 };

		scene_init(&s);
		rows[i].spoil(&s);
		print_message("# %s\n", rows[i].name);
		assert_string_equal(verdict_name(verdict_of(&s.d, &next)),
				    verdict_name(rows[i].verdict));
		assert_true(next.n > 0);
		if (!str_starts(next.v[0], rows[i].first))
			fail_msg("next: %s", next.v[0]);
		if (rows[i].also)
			assert_true(any_has(&next, rows[i].also));
		checks_make(&s.d, &checks);
		assert_true(checks.n > 10);
	}
}

static void test_suggested_device(void **state)
{
	struct pci_device gpu = { .address = "0000:0b:00.0", .class_code = 0x030000 };
	struct pci_device nic = { .address = "0000:03:00.0", .class_code = 0x020000 };
	struct device_view view = { .dev = &nic };
	CLEANUP(strv_done) struct strv asked = { 0 };
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(strv_done) struct strv bound = { 0 };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	s.d.suggested = &gpu;
	assert_int_equal(verdict_of(&s.d, &next), VERDICT_READY);
	assert_string_equal(next.v[0], "sudo slicer pci bind 0000:0b:00.0 --group");
	gpu.driver = lit("vfio-pci");
	assert_int_equal(verdict_of(&s.d, &bound), VERDICT_READY);
	assert_string_equal(bound.v[0], "slicer vm command 0000:0b:00.0");
	s.d.devices = &view;
	s.d.n_devices = 1;
	view.asked = true;
	strv_add(&view.next, "move the route to another interface");
	assert_int_equal(verdict_of(&s.d, &asked), VERDICT_READY);
	assert_string_equal(asked.v[0], "move the route to another interface");
	strv_done(&view.next);
}

/* ---- refusals of setup-iommu ------------------------------------------------------- */

static void dont_touch(struct scene *s, int which)
{
	struct platform_facts *p = &s->facts.platform;

	if (which == 0)
		p->arch = lit("riscv64");
	else if (which == 1)
		p->container = lit("lxc");
	else if (which == 2)
		p->hypervisor_dom0 = lit("Xen");
	else if (which == 3)
		p->live_medium = lit("/run/live");
	else
		p->immutable = lit("NixOS");
}

static void test_refuse_host(void **state)
{
	CLEANUP(scene_done) struct scene s;
	struct error e = { 0 };

	(void)state;
	scene_init(&s);
	assert_int_equal(refuse_host(&s.facts, false, &e), 0);
	for (int i = 0; i < 5; i++) {
		CLEANUP(scene_done) struct scene bad;

		scene_init(&bad);
		dont_touch(&bad, i);
		assert_true(refuse_host(&bad.facts, false, &e) < 0);
		assert_int_equal(e.code, ERROR_REFUSED);
		/* What a person can do instead, but for another architecture. */
		assert_int_equal(e.hint[0] != '\0', i != 0);
		assert_true(refuse_host(&bad.facts, true, &e) < 0);
	}
	scene_inactive(&s);
	s.facts.platform.virtualized = TRI_YES;
	assert_int_equal(refuse_host(&s.facts, false, &e), 0);
	s.facts.firmware.state = FIRMWARE_ABSENT;
	assert_true(refuse_host(&s.facts, false, &e) < 0);
	assert_int_equal(refuse_host(&s.facts, true, &e), 0);
}

/* Written there, it would be gone at the next boot. */
static void test_refuse_root(void **state)
{
	static const struct {
		const char *fstype;
		bool refused;
	} cases[] = {
		{ "ext4", false },   { "btrfs", false },   { "zfs", false },
		{ "overlay", true }, { "squashfs", true }, { "tmpfs", true },
		{ "erofs", true },   { "rootfs", true },
	};
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* The last one mounted is the one that is seen. */
		struct mount mounts[] = {
			{ .target = lit("/"), .fstype = lit("rootfs") },
			{ .target = lit("/"), .fstype = lit(cases[i].fstype) },
			{ .target = lit("/run"), .fstype = lit("tmpfs") },
		};
		struct error e = { 0 };

		s.facts.mounts = (struct mounts){ .v = mounts,
						  .n = ARRAY_SIZE(mounts),
						  .known = true };
		assert_int_equal(refuse_host(&s.facts, false, &e) < 0, cases[i].refused);
		if (cases[i].refused)
			assert_non_null(strstr(e.what, cases[i].fstype));
		assert_int_equal(refuse_host(&s.facts, true, &e), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_suggested_device),
		cmocka_unit_test(test_refuse_host),
		cmocka_unit_test(test_refuse_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
