/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot on host trees: entries written by hand, refusals, several ESPs.
 */
#include "sdboot_tree.h"

/* ---- written by hand
 * ------------------------------------------------------------------- */

static void test_by_hand(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, back = { 0 };
	const struct boot_entry *entry;
	struct boot_config c;
	struct facts f;

	arch_host(t, &f);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 4);
	entry = boot_config_default(&c);
	assert_string_equal(entry->id, "arch.conf");
	assert_string_equal(entry->kernel, "/boot/vmlinuz-linux");
	assert_string_equal(entry->initrds.v[0], "/boot/initramfs-linux.img");
	assert_string_equal(entry->options, "root=/dev/a rw quiet");
	assert_int_equal(entry->line, 5);
	assert_string_equal(c.configured, entry->options);
	assert_false(c.has_generator);
	assert_null(c.generate_command);
	boot_config_done(&c);

	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	assert_int_equal(count_runs(&p), 0);
	tree_is(t, "/boot/loader/entries/arch.conf",
		ARCH "options root=/dev/a rw amd_iommu=on iommu=pt\noptions quiet\n");
	tree_is(t, "/boot/loader/entries/arch-lts.conf",
		"title Arch LTS\nlinux /vmlinuz-linux-lts\n"
		"options root=/dev/a rw iommu=pt amd_iommu=on");
	check_done(t, &f, WANT);

	must_plan(t, &f, "-amd_iommu=on", &back);
	assert_int_equal(do_files(t, &back), 2);
	tree_is(t, "/boot/loader/entries/arch-lts.conf",
		"title Arch LTS\nlinux /vmlinuz-linux-lts\noptions root=/dev/a rw "
		"iommu=pt");
	facts_done(&f);
}

static void test_by_hand_replace(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, back = { 0 };
	static const char text[] = ARCH "options root=/dev/a iommu=off rw\n";
	struct facts f;

	arch_host(t, &f);
	tree_write(t, "/boot/loader/entries/arch.conf", text);
	tree_write(t, "/boot/loader/entries/arch-lts.conf", text);
	must_plan(t, &f, "iommu=off>iommu=pt", &p);
	assert_int_equal(do_files(t, &p), 2);
	tree_is(t, "/boot/loader/entries/arch.conf",
		ARCH "options root=/dev/a iommu=pt rw\n");
	check_done(t, &f, "iommu=off>iommu=pt");
	must_plan(t, &f, "iommu=pt>iommu=off", &back);
	assert_int_equal(do_files(t, &back), 2);
	tree_is(t, "/boot/loader/entries/arch.conf", text);
	facts_done(&f);
}

#define REST "/initramfs-linux.img\noptions root=UUID=a rw\n"

/* Arch's installers write the kernel as an EFI program, with its initramfs in a line of
 * its own or among the options. */
static void test_efi(void **state)
{
	struct tree *t = *state;
	struct facts f;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a rw");
	tree_write(t, ESP "/loader/loader.conf", "default arch.conf\n");
	tree_write(t, ENTRIES "arch.conf",
		   "title Arch\nefi /vmlinuz-linux\ninitrd " REST);
	tree_write(t, ENTRIES "lts.conf",
		   "efi /vmlinuz-linux-lts\noptions initrd=\\initramfs-lts.img\n"
		   "options root=PARTUUID=b rw\n");
	tree_write(t, ENTRIES "shell.conf", "title Shell\nefi /shellx64.efi\n");
	tree_write(t, ENTRIES "pi.conf", "architecture aa64\nlinux /vmlinuz\n");
	tree_write(t, ENTRIES "none.conf", "title nothing\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 2);
	assert_true(entry_of(&c, "arch.conf")->is_default);
	assert_string_equal(entry_of(&c, "arch.conf")->kernel, ESP "/vmlinuz-linux");
	assert_string_equal(entry_of(&c, "lts.conf")->initrds.v[0],
			    ESP "/initramfs-lts.img");
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	check_done(t, &f, WANT);
	facts_done(&f);
}

/* A kept entry is neither edited nor asked for the parameters. */
static void test_kept(void **state)
{
	struct tree *t = *state;
	struct facts f;
	CLEANUP(strv_done) struct strv notes = { 0 }, lacks = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(edit_done) struct edit ed = { 0 };
	struct error e = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ESP "/loader/loader.conf", "default a.conf\n");
	tree_write(t, ENTRIES "a.conf", "linux /vmlinuz\noptions root=UUID=a\n");
	tree_write(t, ENTRIES "b.conf",
		   "linux /vmlinuz\noptions root=UUID=a iommu=off\n");
	tree_write(t, ENTRIES "c.conf",
		   "linux /vmlinuz\noptions root=UUID=a intremap=off\n");
	tree_write(t, ENTRIES "d.conf",
		   "linux /vmlinuz\noptions root=UUID=a amd_iommu=off\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, &notes);
	assert_false(entry_of(&c, "a.conf")->is_kept);
	assert_true(entry_of(&c, "b.conf")->is_kept);
	assert_true(entry_of(&c, "c.conf")->is_kept);
	assert_false(entry_of(&c, "d.conf")->is_kept);
	assert_int_equal(notes.n, 2);
	assert_non_null(strstr(notes.v[0], "\"b.conf\" says iommu=off"));
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	assert_int_equal(bootloader_systemd_boot.plan(&c, &ed, &p, &e), 0);
	assert_int_equal(do_files(t, &p), 2);
	boot_config_done(&c);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, NULL);
	boot_config_verify(&c, &ed, &lacks);
	assert_int_equal(lacks.n, 0);
	assert_null(strstr(entry_of(&c, "b.conf")->options, "intel_iommu"));
	boot_config_done(&c);
	/* The default entry is never kept, nor is any where it can't be edited. */
	tree_write(t, ESP "/loader/loader.conf", "default b.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, NULL);
	assert_false(entry_of(&c, "b.conf")->is_kept);
	boot_config_done(&c);
	facts_done(&f);
}

static void test_refusals(void **state)
{
	struct tree *t = *state;
	struct facts f;

	arch_host(t, &f);
	refused(t, &f, "+a;b", ";");
	set_fact(&f.efi.entry_default, "arch-6.efi");
	tree_write(t, "/boot/EFI/Linux/arch-6.efi", "MZ");
	refused(t, &f, WANT, "unified kernel image");
	set_fact(&f.efi.entry_default, NULL);
	tree_write(t, "/boot/loader/entries/Pop_OS-current.conf",
		   "title Pop\nlinux /a\noptions root=/dev/a\n");
	refused(t, &f, WANT, "kernelstub");
	set_fact(&f.boot_partitions.esp, NULL);
	set_fact(&f.boot_partitions.esp_unmounted, "/dev/sda1");
	refused(t, &f, WANT, "not mounted");
	facts_done(&f);
}

/* Kernels on XBOOTLDR, the loader's configuration on the ESP. */
static void test_xbootldr(void **state)
{
	struct tree *t = *state;
	struct boot_config c;
	struct facts f;

	base_host(t, &f, NULL);
	set_fact(&f.boot_partitions.esp, "/efi");
	set_fact(&f.boot_partitions.xbootldr, "/boot");
	tree_write(t, "/efi/loader/loader.conf", "default b\n");
	tree_write(t, "/boot/loader/entries/a.conf", "linux /k\noptions root=/dev/a\n");
	tree_write(t, "/efi/loader/entries/b.conf", "linux \\k\noptions root=/dev/b\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.v[0].kernel, "/boot/k");
	assert_string_equal(c.v[1].kernel, "/efi/k");
	assert_true(c.v[1].is_default);
	boot_config_done(&c);
	facts_done(&f);
}

/* Of two ESPs, the one that the loader was started from is the one it reads. */
static void test_other_esp(void **state)
{
	static const char here[] = "8c0d9a6f-7c1e-4f0b-9e59-0d6b2a1f5c33";
	static const struct {
		const char *booted, *loader;
		bool elsewhere;
	} cases[] = {
		{ here, "systemd-boot 252", false },
		{ "8C0D9A6F-7C1E-4F0B-9E59-0D6B2A1F5C33", "systemd-boot 252", false },
		{ "11111111-7c1e-4f0b-9e59-0d6b2a1f5c33", "systemd-boot 252", true },
		{ "11111111-7c1e-4f0b-9e59-0d6b2a1f5c33", "GRUB 2.12", false },
		{ NULL, "systemd-boot 252", false },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_config c;
		struct facts f;

		base_host(t, &f, NULL);
		set_fact(&f.boot_partitions.esp_part_uuid, here);
		set_fact(&f.efi.loader_part_uuid, cases[i].booted);
		set_fact(&f.efi.loader_info, cases[i].loader);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_int_equal(c.elsewhere.code != ERROR_NONE, cases[i].elsewhere);
		if (cases[i].elsewhere) {
			assert_string_equal(c.elsewhere.path, ESP);
			assert_non_null(strstr(c.elsewhere.what, here));
			assert_non_null(strstr(c.elsewhere.hint, cases[i].booted));
			assert_int_equal(c.notes.n, 1);
		}
		boot_config_done(&c);
		facts_done(&f);
	}
}

/* kernel-install takes the first one that is mounted. */
static void test_esp_ahead(void **state)
{
	struct tree *t = *state;

	for (size_t i = 0; i < 3; i++) {
		bool by_hand = i == 0, xbootldr = i == 2;
		struct boot_config c;
		struct facts f;

		if (by_hand) {
			base_host(t, &f, NULL);
			tree_write(t, ENTRIES "a.conf", "linux /k\noptions quiet\n");
		} else {
			managed_host(t, &f, OPTIONS "\n");
		}
		set_fact(&f.boot_partitions.esp_ahead, "/efi");
		set_fact(&f.boot_partitions.xbootldr, xbootldr ? "/boot" : NULL);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_int_equal(c.elsewhere.code != ERROR_NONE, i == 1);
		if (i == 1)
			assert_string_equal(c.elsewhere.path, "/efi");
		boot_config_done(&c);
		facts_done(&f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_by_hand, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_by_hand_replace, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_efi, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_kept, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_refusals, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_xbootldr, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_esp, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_esp_ahead, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
