/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rarer keys and names of systemd-boot's entries: Boot Loader Specification; systemd
 * src/boot/boot.c boot_entry_add_type1(), boot_entry_parse_tries(). */
#include "sdboot_tree.h"

/* What slicer does not edit stays, byte for byte and in its order. */
static void test_keys_stay(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct facts f;

#define ABOVE                                                                            \
	"title X\nlinux /k\ninitrd /i\ndevicetree /board.dtb\n"                          \
	"devicetree-overlay /a.dtbo /b.dtbo\nextra /one.addon.efi\nextra\t/two.cred\n"
	base_host(t, &f, NULL);
	tree_write(t, ENTRIES "x.conf", ABOVE "options root=/dev/a rw\nprofile 1\n");
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 1);
	tree_is(t, ENTRIES "x.conf",
		ABOVE "options root=/dev/a rw amd_iommu=on iommu=pt\nprofile 1\n");
	check_done(t, &f, WANT);
	facts_done(&f);
}

/* Several entries may start one image, each with a profile of it: the command line is
 * inside, whichever is the default. */
static void test_profiles(void **state)
{
	struct tree *t = *state;
	struct boot_config c;
	struct facts f;

	base_host(t, &f, NULL);
	tree_write(t, ENTRIES "main.conf", "title A\nuki /EFI/x.efi\nprofile 0\n");
	tree_write(t, ENTRIES "rescue.conf",
		   "title B\nuki /EFI/x.efi\nprofile 1\nextra /b.addon.efi\n");
	tree_write(t, ENTRIES "k.conf", "title K\nlinux /k\noptions root=/dev/a\n");
	tree_write(t, ESP "/loader/loader.conf", "default rescue.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 1);
	assert_null(boot_config_default(&c));
	boot_config_done(&c);
	refused(t, &f, WANT, "\"rescue.conf\" is a unified kernel image");
	tree_write(t, ESP "/loader/loader.conf", "default k.conf\n");
	default_is(t, &f, "k.conf");
	facts_done(&f);
}

/* The id is without the counter, the file keeps it; what is used up comes last. */
static void test_counters(void **state)
{
	static const char text[] = "linux /k\noptions root=/dev/a\n";
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct facts f;

	base_host(t, &f, NULL);
	tree_write(t, ENTRIES "a-1.conf", text);
	tree_write(t, ENTRIES "a-2+3-1.conf", text);
	tree_write(t, ENTRIES "a-3+00-3.conf", text);
	tree_write(t, ENTRIES "a-0+b.conf", text); /* no counter */
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 4);
	assert_string_equal(entry_of(&c, "a-2.conf")->source, ENTRIES "a-2+3-1.conf");
	entry_of(&c, "a-3.conf");
	entry_of(&c, "a-0+b.conf");
	boot_config_done(&c);
	default_is(t, &f, "a-2.conf");
	tree_write(t, ESP "/loader/loader.conf", "default a-3.conf\n");
	default_is(t, &f, "a-3.conf");
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 4);
	tree_is(t, ENTRIES "a-2+3-1.conf",
		"linux /k\noptions root=/dev/a amd_iommu=on iommu=pt\n");
	assert_false(host_exists(t->host, ENTRIES "a-2.conf"));
	facts_done(&f);
}

/* "@saved" is LoaderEntryLastBooted, where that is known; what matches no entry is passed
 * over. */
static void test_saved(void **state)
{
	static const struct {
		const char *saved, *selected, *id;
	} forms[] = {
		{ "a.conf", NULL, "a.conf" },	     { "a.conf", "b.conf", "a.conf" },
		{ NULL, "b.conf", "b.conf" },	     { NULL, NULL, "c.conf" },
		{ "gone.conf", "a.conf", "c.conf" }, { "", "a.conf", "c.conf" },
		{ NULL, SDBOOT_SHELTER, "c.conf" },
	};
	static const char text[] = "linux /k\noptions root=/dev/a\n";
	struct tree *t = *state;
	struct facts f;

	base_host(t, &f, NULL);
	tree_write(t, ENTRIES "a.conf", text);
	tree_write(t, ENTRIES "b.conf", text);
	tree_write(t, ENTRIES "c.conf", text);
	tree_write(t, ESP "/loader/loader.conf", "default b.conf\ndefault @saved\n");
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		print_message("# %zu\n", i);
		set_fact(&f.efi.entry_saved, forms[i].saved);
		set_fact(&f.efi.entry_selected, forms[i].selected);
		default_is(t, &f, forms[i].id);
	}
	/* The variable beats the file. */
	set_fact(&f.efi.entry_default, "b.conf");
	default_is(t, &f, "b.conf");
	facts_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys_stay, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_profiles, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_counters, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_saved, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
