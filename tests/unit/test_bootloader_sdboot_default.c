/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of systemd-boot's entries is the default one, and which are this system's. */
#include "sdboot_tree.h"

#define REST "/initramfs-linux.img\noptions root=UUID=a rw\n"

static void test_default(void **state)
{
	struct tree *t = *state;
	struct facts f;

	arch_host(t, &f);
	tree_write(t, "/boot/loader/loader.conf", "default arch-*\n");
	default_is(t, &f, "arch-lts.conf");
	set_fact(&f.efi.entry_default, "gone.conf");
	default_is(t, &f, "arch-lts.conf");
	set_fact(&f.efi.entry_default, "@saved");
	set_fact(&f.efi.entry_selected, "rescue.conf");
	default_is(t, &f, "rescue.conf");
	set_fact(&f.efi.entry_oneshot, "arch.conf");
	default_is(t, &f, "arch.conf");
	set_fact(&f.efi.entry_oneshot, NULL);
	set_fact(&f.efi.entry_default, NULL);
	/* By order: with a sort-key first, then the newest; used-up counters last. */
	tree_write(t, "/boot/loader/loader.conf", "timeout 3\n");
	tree_write(t, "/boot/loader/entries/a-1.conf",
		   "sort-key x\nversion 6.9\nlinux /a\noptions root=/dev/a\n");
	tree_write(t, "/boot/loader/entries/a-2.conf",
		   "sort-key x\nversion 6.10\nlinux /a\noptions root=/dev/a\n");
	tree_write(t, "/boot/loader/entries/a-3+0-3.conf",
		   "sort-key x\nversion 6.11\nlinux /a\noptions root=/dev/a\n");
	default_is(t, &f, "a-2.conf");
	/* Images stand in the same order, by what is in them. */
	tree_write(t, "/boot/EFI/Linux/x.efi", "MZ");
	default_is(t, &f, NULL);
	facts_done(&f);
}

/* The default is something else than Linux: no other one is called so. */
static void test_other_default(void **state)
{
	struct tree *t = *state;
	static const struct {
		const char *conf, *note;
		bool refused;
	} cases[] = {
		{ "default shell.conf\n", "shell.conf, which starts another program",
		  false },
		{ "default s*\n", "shell.conf", false },
		{ "default auto-windows\n", "auto-windows", false },
		{ "default image.conf\n", "unified kernel image", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts f;
		CLEANUP(plan_done) struct plan p = { 0 };
		CLEANUP(free_char) char *notes = NULL;
		struct error e = { 0 };
		struct boot_config c;

		base_host(t, &f, "root=UUID=a rw");
		tree_write(t, ESP "/loader/loader.conf", cases[i].conf);
		tree_write(t, ENTRIES "arch.conf", "linux /vmlinuz-linux\ninitrd " REST);
		tree_write(t, ENTRIES "shell.conf", "efi /shellx64.efi\n");
		tree_write(t, ENTRIES "image.conf", "uki /EFI/arch.efi\nprofile 1\n");
		load_config(t, &bootloader_systemd_boot, &f, &c);
		notes = strv_join(&c.notes, "|");
		print_message("# %s: %s\n", cases[i].conf, notes);
		assert_null(boot_config_default(&c));
		assert_non_null(strstr(notes, cases[i].note));
		boot_config_done(&c);
		assert_int_equal(make_plan(t, &f, WANT, &p, &e) < 0, cases[i].refused);
		facts_done(&f);
	}
}

/* Another Linux on the same ESP, told by its root=; what proves nothing stays ours. */
static void test_other_root(void **state)
{
	struct tree *t = *state;
	static const struct {
		const char *running, *fstab, *root;
		bool foreign;
	} cases[] = {
		{ "root=UUID=a", "", "root=UUID=b", true },
		{ "root=UUID=a", "", "root=UUID=A rootflags=subvol=@snap/1", false },
		{ "root=UUID=a", "", "root=PARTUUID=b", false },
		{ "root=UUID=a", "", "root=/dev/sda3", false },
		{ "root=UUID=a", "", "root=LABEL=arch", false },
		{ "root=/dev/sda2", "", "root=/dev/sdb2", false },
		{ "root=ZFS=p/a", "", "root=ZFS=p/b", false },
		{ "root=/dev/mapper/a", "", "root=/dev/mapper/b", false },
		{ "root=/dev/sda2", "UUID=a / ext4 defaults 0 1\n", "root=UUID=b", true },
		{ "root=UUID=a", "UUID=b / ext4 defaults 0 1\n", "root=UUID=b", false },
		{ "root=UUID=a", "# UUID=b / ext4\nUUID=b /home ext4\n", "root=UUID=b",
		  true },
		{ "root=PARTUUID=1", "", "root=PARTUUID=2", true },
		{ "root=LABEL=a", "", "root=LABEL=b", true },
		{ "quiet", "", "root=UUID=b", false },
		/* libmount takes the quotes away. */
		{ "root=/dev/sda2", "UUID=\"a\" / ext4 defaults 0 1\n", "root=UUID=a",
		  false },
		{ "root=/dev/sda2", "UUID=\"a\" / ext4 defaults 0 1\n", "root=UUID=b",
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts f;
		CLEANUP(free_char) char *text = NULL, *own = NULL;
		struct boot_config c;

		print_message("# %s, %s\n", cases[i].running, cases[i].root);
		base_host(t, &f, cases[i].running);
		text = xasprintf("linux /vmlinuz\noptions %s\n", cases[i].root);
		own = xasprintf("linux /vmlinuz\noptions %s\n", cases[i].running);
		tree_write(t, ENTRIES "x.conf", text);
		tree_write(t, ENTRIES "own.conf", own);
		tree_write(t, "/etc/fstab", cases[i].fstab);
		assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_string_equal(c.v[1].id, "x.conf");
		assert_int_equal(c.v[1].is_foreign, cases[i].foreign);
		assert_false(c.v[0].is_foreign);
		boot_config_done(&c);
		facts_done(&f);
	}
}

/* An old fstab, and no running kernel that says better: no entry is another system's. */
static void test_old_fstab(void **state)
{
	struct tree *t = *state;
	struct facts f;
	struct boot_config c;

	base_host(t, &f, "quiet");
	free(f.cmdline);
	f.cmdline = NULL;
	tree_write(t, ENTRIES "x.conf", "linux /vmlinuz\noptions root=UUID=b\n");
	tree_write(t, "/etc/fstab", "UUID=a / ext4 defaults 0 1\n");
	assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(c.v[0].is_foreign);
	boot_config_done(&c);
	facts_done(&f);
}

/* The default starts another system: of this one's entries none is called the default. */
static void test_other_system_is_default(void **state)
{
	struct tree *t = *state;
	struct facts f;
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ENTRIES "own.conf", "linux /vmlinuz\noptions root=UUID=a\n");
	tree_write(t, ENTRIES "x.conf",
		   "title Other\nlinux /vmlinuz\noptions root=UUID=b\n");
	tree_write(t, "/boot/loader/loader.conf", "default x.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_null(boot_config_default(&c));
	assert_string_equal(c.configured, "root=UUID=a");
	assert_non_null(strstr(c.notes.v[0], "\"Other\" starts another system"));
	boot_config_done(&c);
	facts_done(&f);
}

/* A fallback entry is the way back, unless it is the default or the only one. */
static void test_fallback(void **state)
{
	static const char *const normal = "linux /vmlinuz\ninitrd /initramfs.img\n"
					  "options root=UUID=a\n";
	static const char *const fallback = "linux /vmlinuz\n"
					    "initrd /initramfs-fallback.img\n"
					    "options root=UUID=a\n";
	struct tree *t = *state;
	struct facts f;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ESP "/loader/loader.conf", "default a.conf\n");
	tree_write(t, ENTRIES "a.conf", normal);
	tree_write(t, ENTRIES "b.conf", fallback);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 1);
	check_done(t, &f, WANT);
	tree_write(t, ESP "/loader/loader.conf", "default b.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(entry_of(&c, "b.conf")->is_recovery);
	boot_config_done(&c);
	facts_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_default, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_default, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_root, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_old_fstab, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_system_is_default, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_fallback, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
