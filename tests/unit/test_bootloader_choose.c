/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which loader is it? By what booted, then by what is there; doubt is refused. */
#include "boot_tree.h"

struct machine {
	const char *name;
	const char *loader_info, *stub_info, *boot_file, *cmdline, *esp;
	/* files: made with this content "x", ending with NULL; a name in /usr/ is a
	 * program */
	const char *files[6];
	const char *asked; /* --bootloader */
	const char *loader; /* chosen; NULL: refused */
	enum boot_match match;
	const char *says; /* a part of the evidence or of the refusal, message or hint */
};

#define GRUB_LINE "BOOT_IMAGE=/boot/vmlinuz-6.1 root=UUID=u ro"
#define SD_LINE "initrd=\\x\\initrd root=UUID=u ro"
#define SD_FILE "/efi/EFI/systemd/systemd-bootx64.efi"
#define CFG "/boot/grub/grub.cfg"

static const struct machine machines[] = {
	{ .name = "GRUB with LoaderInfo",
	  .loader_info = "GRUB 2.12-1ubuntu7",
	  .boot_file = "\\EFI\\ubuntu\\shimx64.efi",
	  .cmdline = GRUB_LINE,
	  .files = { CFG },
	  .loader = "grub",
	  .match = BOOT_BOOTED,
	  .says = "LoaderInfo: GRUB 2.12" },
	{ .name = "GRUB, BIOS",
	  .cmdline = GRUB_LINE,
	  .files = { CFG },
	  .loader = "grub",
	  .match = BOOT_BOOTED,
	  .says = "/proc/cmdline: BOOT_IMAGE=/boot/vmlinuz-6.1" },
	{ .name = "GRUB, systemd-boot lies about",
	  .cmdline = GRUB_LINE,
	  .esp = "/efi",
	  .files = { CFG, SD_FILE },
	  .loader = "grub",
	  .match = BOOT_BOOTED },
	{ .name = "systemd-boot, GRUB lies about",
	  .loader_info = "systemd-boot 252.38",
	  .cmdline = SD_LINE,
	  .esp = "/efi",
	  .files = { CFG, SD_FILE },
	  .loader = "systemd-boot",
	  .match = BOOT_BOOTED,
	  .says = "LoaderInfo: systemd-boot 252.38" },
	{ .name = "systemd-boot without efivarfs",
	  .cmdline = SD_LINE,
	  .esp = "/efi",
	  .files = { SD_FILE },
	  .loader = "systemd-boot",
	  .match = BOOT_BOOTED,
	  .says = "/proc/cmdline: initrd=\\" },
	{ .name = "a mounted disk",
	  .files = { CFG },
	  .loader = "grub",
	  .match = BOOT_INSTALLED,
	  .says = CFG },
	{ .name = "a mounted disk with both",
	  .esp = "/efi",
	  .files = { CFG, SD_FILE },
	  .says = "--bootloader systemd-boot or --bootloader grub" },
	{ .name = "both, and somebody says which",
	  .esp = "/efi",
	  .files = { CFG, SD_FILE },
	  .asked = "grub",
	  .loader = "grub",
	  .match = BOOT_INSTALLED,
	  .says = "--bootloader grub" },
	{ .name = "two that booted",
	  .loader_info = "systemd-boot 252.38",
	  .cmdline = GRUB_LINE,
	  .esp = "/efi",
	  .files = { CFG, SD_FILE },
	  .says = "several boot loaders look active" },
	{ .name = "nothing", .says = "no boot loader was recognised" },
	{ .name = "nonsense", .files = { CFG }, .asked = "lilo", .says = "grub" },
	{ .name = "an image",
	  .loader_info = "systemd-boot 257",
	  .stub_info = "systemd-stub 257",
	  .esp = "/efi",
	  .files = { SD_FILE },
	  .says = "StubInfo: systemd-stub 257" },
	{ .name = "Proxmox",
	  .cmdline = GRUB_LINE,
	  .files = { CFG, "/etc/kernel/proxmox-boot-uuids" },
	  .says = "proxmox-boot-tool refresh" },
	{ .name = "Pop!_OS",
	  .loader_info = "systemd-boot 249",
	  .esp = "/efi",
	  .files = { SD_FILE, "/etc/kernelstub/configuration", "/usr/bin/kernelstub" },
	  .says = "kernelstub -a \"intel_iommu=on iommu=pt\"" },
	{ .name = "Proxmox overruled",
	  .cmdline = GRUB_LINE,
	  .files = { CFG, "/etc/kernel/proxmox-boot-uuids" },
	  .asked = "grub",
	  .loader = "grub",
	  .match = BOOT_BOOTED },
	{ .name = "Limine",
	  .loader_info = "Limine 9.3",
	  .files = { "/boot/limine.conf", CFG },
	  .says = "limine.conf" },
	{ .name = "Limine with its tool",
	  .loader_info = "Limine 9.3",
	  .files = { "/boot/limine.conf", "/etc/default/limine",
		     "/usr/bin/limine-update" },
	  .says = "limine-update" },
	{ .name = "rEFInd",
	  .boot_file = "\\EFI\\refind\\refind_x64.efi",
	  .cmdline = SD_LINE,
	  .files = { "/boot/refind_linux.conf" },
	  .says = "/boot/refind_linux.conf" },
	{ .name = "extlinux",
	  .cmdline = "BOOT_IMAGE=/vmlinuz initrd=/initrd root=/dev/a",
	  .files = { "/boot/extlinux/extlinux.conf", CFG },
	  .says = "APPEND" },
	{ .name = "the firmware itself",
	  .boot_file = "\\EFI\\Linux\\vmlinuz-linux.efi",
	  .cmdline = "root=/dev/a rw",
	  .files = { "/etc/fstab" },
	  .says = "efibootmgr" },
	{ .name = "openSUSE",
	  .cmdline = GRUB_LINE,
	  .files = { "/boot/grub2/grub.cfg", "/usr/sbin/update-bootloader" },
	  .says = "update-bootloader --config" },
	{ .name = "Fedora",
	  .cmdline = GRUB_LINE,
	  .files = { "/boot/grub2/grub.cfg" },
	  .says = "grubby --update-kernel=ALL --args=\"intel_iommu=on iommu=pt\"" },
	/* What contradicts goes away by the same command. */
	{ .name = "Fedora, switched off",
	  .cmdline = GRUB_LINE " intel_iommu=off intremap=off",
	  .files = { "/boot/grub2/grub.cfg" },
	  .says = "grubby --update-kernel=ALL --remove-args=\"intel_iommu=off "
		  "intremap=off\" --args=\"intel_iommu=on iommu=pt\"" },
	{ .name = "Pop!_OS, switched off",
	  .loader_info = "systemd-boot 249",
	  .cmdline = "root=/dev/sda1 iommu=soft",
	  .esp = "/efi",
	  .files = { SD_FILE, "/etc/kernelstub/configuration", "/usr/bin/kernelstub" },
	  .says = "kernelstub -d \"iommu=soft\" -a \"intel_iommu=on iommu=pt\"" },
	{ .name = "Limine, switched off",
	  .cmdline = "root=/dev/sda1 intel_iommu=off",
	  .files = { "/boot/limine.conf" },
	  .says = "take intel_iommu=off out, and add intel_iommu=on iommu=pt to every "
		  "\"cmdline:\" line" },
	{ .name = "asked for one that isn't here",
	  .cmdline = GRUB_LINE,
	  .files = { CFG },
	  .asked = "systemd-boot",
	  .says = "no systemd-boot on this host; detected was GRUB (" CFG },
	{ .name = "asked for one where another is",
	  .loader_info = "Limine 9.3",
	  .files = { "/boot/limine.conf" },
	  .asked = "grub",
	  .says = "detected was Limine" },
	{ .name = "asked for, and no trace of any",
	  .asked = "grub",
	  .loader = "grub",
	  .match = BOOT_NO,
	  .says = "--bootloader grub" },
	{ .name = "asked for one that isn't supported",
	  .files = { CFG },
	  .asked = "limine",
	  .says = "can't edit the boot menu of Limine" },
};

static void write_machine(const struct tree *t, const struct machine *m, struct facts *f)
{
	*f = (struct facts){ 0 };
	f->cpu.vendor = CPU_INTEL;
	set_fact(&f->efi.loader_info, m->loader_info);
	set_fact(&f->efi.stub_info, m->stub_info);
	set_fact(&f->efi.boot_file, m->boot_file);
	set_fact(&f->cmdline, m->cmdline);
	set_fact(&f->boot_partitions.esp, m->esp);
	for (size_t i = 0; i < ARRAY_SIZE(m->files) && m->files[i]; i++) {
		CLEANUP(free_char) char *path = tree_path(t, m->files[i]);

		tree_write(t, m->files[i], "x");
		assert_int_equal(chmod(path, 0755), 0);
	}
}

static void check_machine(const struct tree *t, const struct machine *m)
{
	CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };
	const struct bootloader *loader = NULL;
	CLEANUP(free_char) char *evidence = NULL;
	struct error e = { 0 };
	struct facts f;
	int r;

	write_machine(t, m, &f);
	r = bootloader_choose(t->host, &f, m->asked, &loader, &probe, &e);
	evidence = strv_join(&probe.evidence, "; ");
	if (r < 0)
		print_message("# %s: %s (%s)\n", m->name, e.what, e.hint);
	else
		print_message("# %s: %s (%s)\n", m->name, loader->name, evidence);
	assert_int_equal(r < 0, m->loader == NULL);
	if (m->loader) {
		assert_string_equal(loader->name, m->loader);
		assert_int_equal(probe.match, m->match);
	}
	if (m->says)
		assert_true(strstr(evidence, m->says) || strstr(e.what, m->says) ||
			    strstr(e.hint, m->says));
	facts_done(&f);
}

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		void *own = NULL;

		tree_setup(&own);
		check_machine(own, &machines[i]);
		tree_teardown(&own);
	}
}

/* A grub.cfg that takes its entries from elsewhere. */
static void test_blscfg(void **state)
{
	const struct tree *t = *state;
	static const struct machine m = { .name = "blscfg", .cmdline = GRUB_LINE };
	CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };
	const struct bootloader *loader = NULL;
	struct error e = { 0 };
	struct facts f;

	write_machine(t, &m, &f);
	tree_write(t, CFG, "insmod blscfg\nblscfg\n");
	assert_true(bootloader_choose(t->host, &f, NULL, &loader, &probe, &e) < 0);
	assert_non_null(strstr(e.hint, "grubby"));
	facts_done(&f);
}

static void add(struct boot_config *c, const char *id, const char *options, bool recovery)
{
	struct boot_entry *entry = boot_config_add(c);

	entry->id = xstrdup(id);
	entry->options = xstrdup(options);
	entry->is_recovery = recovery;
}

static void shortfalls_are(const struct boot_config *c, const char *edit,
			   const char *want)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	CLEANUP(strv_done) struct strv found = { 0 };
	CLEANUP(free_char) char *is = NULL;

	boot_config_verify(c, &ed, &found);
	is = strv_join(&found, "; ");
	assert_string_equal(is, want);
}

static void test_verify(void **state)
{
	CLEANUP(boot_config_done) struct boot_config c = { 0 };

	(void)state;
	add(&c, "a", "root=/dev/a intel_iommu=on,sm_on iommu=pt iommu=pt", false);
	add(&c, "r", "root=/dev/a single", true);
	shortfalls_are(&c, "+root=/dev/a", "");
	shortfalls_are(&c, "+intel_iommu=on", "entry \"a\" lacks intel_iommu=on");
	shortfalls_are(&c, "+iommu=pt", "entry \"a\" has iommu=pt 2 times");
	shortfalls_are(&c, "-iommu=pt", "entry \"a\" still has iommu=pt");
	shortfalls_are(&c, "-root=/dev/a +root=/dev/a", "");
	shortfalls_are(&c, "x>y", "entry \"a\" lacks y");
	shortfalls_are(&c, "+x -x", "");
}

static void test_carry(void **state)
{
	static const struct {
		const char *options, *params;
		bool carries;
	} cases[] = {
		{ "root=u ro quiet a=1", "quiet a=1", true },
		{ "root=u ro quiet a=1 $vt_handoff", "quiet a=1", true },
		{ "root=u ro quiet x a=1", "quiet a=1", false },
		{ "root=u ro", "", true },
		{ "", "a", false },
		{ "root=u \"dyndbg=file x +p\" b", "dyndbg=\"file x +p\" b", true },
		{ "root=u quiet splash 7 b", "quiet $x", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_done) struct strv params = { 0 };

		cmdline_split(cases[i].params, strlen(cases[i].params), &params);
		assert_int_equal(boot_options_carry(cases[i].options, &params),
				 cases[i].carries);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test_setup_teardown(test_blscfg, tree_setup, tree_teardown),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
