/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot's entries that kernel-install makes. */
#include "sdboot_tree.h"

/* What kernel-install would do. */
static void regenerate(const struct tree *t, const struct facts *f)
{
	struct boot_config c;

	load_config(t, &bootloader_systemd_boot, f, &c);
	assert_non_null(c.configured);
	write_managed(t, ENTRY(V1), V1, c.configured);
	write_managed(t, ENTRY(V2), V2, c.configured);
	boot_config_done(&c);
}

struct file_form {
	const char *before, *edit, *after;
	size_t warnings;
};

static void test_managed(void **state)
{
	static const struct file_form forms[] = {
		{ OPTIONS "\n", WANT, OPTIONS " amd_iommu=on iommu=pt\n", 0 },
		{ OPTIONS, WANT, OPTIONS " amd_iommu=on iommu=pt", 0 },
		{ OPTIONS " amd_iommu=off\n", "amd_iommu=off>amd_iommu=on",
		  OPTIONS " amd_iommu=on\n", 0 },
		{ "# my options\nroot=UUID=u ro\n  quiet\n", WANT,
		  OPTIONS " amd_iommu=on iommu=pt\n", 1 },
		{ NULL, WANT, OPTIONS " amd_iommu=on iommu=pt\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP(plan_done) struct plan p = { 0 };
		CLEANUP(free_char) char *runs = NULL;
		void *own = NULL;
		struct facts f;

		tree_setup(&own);
		managed_host(own, &f, forms[i].before);
		must_plan(own, &f, forms[i].edit, &p);
		assert_int_equal(p.warnings.n, forms[i].warnings);
		assert_int_equal(do_files(own, &p), 1);
		tree_is(own, SDBOOT_CMDLINE, forms[i].after);
		runs = runs_of(&p);
		assert_string_equal(runs, ADD(V1) ADD(V2));
		regenerate(own, &f);
		check_done(own, &f, forms[i].edit);
		facts_done(&f);
		tree_teardown(&own);
	}
}

static void test_managed_load(void **state)
{
	struct tree *t = *state;
	CLEANUP(strv_done) struct strv versions = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, NULL);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, OPTIONS);
	assert_string_equal(c.configured_sources.v[0], "/proc/cmdline");
	assert_true(c.has_generator && c.copies_kernels);
	assert_int_equal(boot_config_default(&c)->added,
			 strlen("initrd=\\" ID "\\" V2 "\\initrd.img-" V2 " "));
	assert_string_equal(c.generate_command,
			    "kernel-install add " V2 " /boot/vmlinuz-" V2
			    " /boot/initrd.img-" V2);
	boot_config_versions(&c, &versions);
	assert_int_equal(versions.n, 2);
	assert_string_equal(boot_config_default(&c)->version, V2);
	boot_config_done(&c);
	/* A mounted disk: nothing runs. */
	set_fact(&f.cmdline, NULL);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, OPTIONS);
	boot_config_done(&c);
	/* The vendor's file decides before what runs. */
	tree_write(t, SDBOOT_USR_CMDLINE, "root=/dev/usr\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, "root=/dev/usr");
	boot_config_done(&c);
	facts_done(&f);
}

/* Configured by hand, but the entries were not made anew. */
static void test_managed_stale(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct facts f;

	managed_host(t, &f, OPTIONS " amd_iommu=on iommu=pt\n");
	write_managed(t, ENTRY(V2), V2, OPTIONS " amd_iommu=on iommu=pt");
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 0);
	runs = runs_of(&p);
	assert_string_equal(runs, ADD(V1));
	facts_done(&f);
}

/* A boot counter in the name, and an entry of a person's beside them. */
static void test_managed_mixed(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, OPTIONS "\n");
	tree_write(t, ENTRIES "mine.conf", "title Mine\nlinux /k\noptions root=/dev/a\n");
	write_managed(t, ENTRIES ID "-" V1 "+2-1.conf", V1, OPTIONS);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 4);
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 3);
	assert_int_equal(count_runs(&p), 2);
	tree_is(t, ENTRIES "mine.conf",
		"title Mine\nlinux /k\noptions root=/dev/a amd_iommu=on iommu=pt\n");
	regenerate(t, &f);
	check_done(t, &f, WANT);
	facts_done(&f);
}

static void test_managed_refusals(void **state)
{
	struct tree *t = *state;
	CLEANUP(free_char) char *initrd = tree_path(t, "/boot/initrd.img-" V1);
	struct facts f;

	managed_host(t, &f, NULL);
	set_fact(&f.cmdline, OPTIONS " single");
	refused(t, &f, WANT, "not normal (single)");
	set_fact(&f.cmdline, OPTIONS " init=/bin/sh");
	refused(t, &f, WANT, "init=/bin/sh");
	set_fact(&f.cmdline, "ro quiet");
	refused(t, &f, WANT, "no root=");
	set_fact(&f.cmdline, "root=/dev/other ro quiet");
	refused(t, &f, WANT, "only here: \"root=/dev/other\"");
	/* Typed once at the menu: it must not become permanent unseen. */
	set_fact(&f.cmdline, OPTIONS " nomodeset");
	refused(t, &f, WANT, "nomodeset");
	tree_write(t, SDBOOT_CMDLINE, "ro quiet\n");
	refused(t, &f, WANT, "lose its root=");
	tree_write(t, SDBOOT_CMDLINE, OPTIONS "\n");
	unlink(initrd);
	refused(t, &f, WANT, "initramfs");
	facts_done(&f);
}

/* Without kernel-install, or where it makes images, the same names are a person's. */
static void test_not_managed(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, OPTIONS "\n");
	tree_write(t, "/etc/kernel/install.conf", "layout=other\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(c.has_generator);
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	assert_int_equal(count_runs(&p), 0);
	facts_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_managed),
		cmocka_unit_test_setup_teardown(test_managed_load, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_stale, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_mixed, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_refusals, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_not_managed, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
