/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/grubcfg.h"

#define UUID "8b1b2a0e-5d2f-4c7e-9b57-0f6a2f5f7f11"
#define ADVANCED "gnulinux-advanced-" UUID

static struct grub_cfg parse(const char *text)
{
	struct grub_cfg cfg;

	assert_int_equal(grub_cfg_parse(text, strlen(text), &cfg, NULL), 0);
	return cfg;
}

static struct grub_cfg parse_file(const char *name)
{
	struct str s = fixture_read(name);
	struct grub_cfg cfg = parse(s.s);

	str_done(&s);
	return cfg;
}

/* What makes an entry one for a single boot, and what does not. */
static void test_one_shot(void **state)
{
	static const struct {
		const char *text;
		bool clears, custom;
	} cases[] = {
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=\nsave_env "
		  "next_entry\nfi",
		  true, false },
		/* GRUB_BUTTON_CMOS_ADDRESS */
		{ "if cmostest 1; then set default=1\nelif [ \"${next_entry}\" ]; then\n"
		  "set next_entry=\nsave_env next_entry\nfi",
		  true, false },
		{ "if [ \"${next_entry}\" ]; then\nsave_env next_entry\nset "
		  "next_entry=\nfi",
		  false, false },
		/* GRUB 2.14 */
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=\n"
		  "if [ \"${env_block}\" ]; then save_env -f \"${env_block}\" "
		  "next_entry\n"
		  "else save_env next_entry\nfi\nfi",
		  true, false },
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=\n"
		  "if [ \"${env_block}\" ]; then save_env next_entry\nfi\nfi",
		  false, false },
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=\n"
		  "if [ \"${other}\" ]; then true; else save_env next_entry\nfi\nfi",
		  false, false },
		{ "if [ \"${env_block}\" ]; then true; else set next_entry=\n"
		  "save_env next_entry\nfi",
		  false, false },
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=\n"
		  "save_env -f x next_entry\nfi",
		  false, false },
		{ "if [ \"${next_entry}\" ]; then\nset next_entry=x\nsave_env "
		  "next_entry\nfi",
		  false, false },
		{ "if [ \"${next_entry}\" ]; then true; else\nset next_entry=\n"
		  "save_env next_entry\nfi",
		  false, false },
		{ "if [ x ]; then\nset next_entry=\nsave_env next_entry\nfi", false,
		  false },
		{ "function f {\nif [ \"${next_entry}\" ]; then\nset next_entry=\n"
		  "save_env next_entry\nfi\n}",
		  false, false },
		{ "if [ -f x ]; then source ${config_directory}/custom.cfg; fi", false,
		  true },
		{ "source $prefix/custom.cfg", false, true },
		{ "source $prefix/other.cfg", false, false },
		{ "configfile $prefix/custom.cfg", false, false },
		{ "submenu x {\nsource $prefix/custom.cfg\n}", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct grub_cfg cfg = parse(cases[i].text);

		assert_int_equal(cfg.clears_next_entry, cases[i].clears);
		assert_int_equal(cfg.reads_custom, cases[i].custom);
		grub_cfg_done(&cfg);
	}
}

/* GRUB 2.14 (Debian sid, November 2026). */
static void test_one_shot_2_14(void **state)
{
	struct grub_cfg cfg = parse_file("grubcfg/debian-sid-2.14.cfg");

	(void)state;
	assert_true(cfg.complete);
	assert_true(cfg.has_next_entry && cfg.clears_next_entry && cfg.reads_custom);
	assert_string_equal(cfg.default_value, "0");
	grub_cfg_done(&cfg);
}

static void test_debian(void **state)
{
	struct grub_cfg cfg = parse_file("grubcfg/debian12.cfg");
	const struct grub_entry *e = cfg.v;

	(void)state;
	assert_true(cfg.complete);
	assert_true(cfg.has_next_entry && cfg.clears_next_entry && cfg.reads_custom);
	assert_false(cfg.has_blscfg);
	assert_string_equal(cfg.default_value, "0");
	assert_int_equal(cfg.n, 5);
	assert_string_equal(e[0].title, "Debian GNU/Linux");
	assert_string_equal(e[0].id, "gnulinux-simple-" UUID);
	assert_string_equal(e[0].section, "/etc/grub.d/10_linux");
	assert_null(e[0].parent);
	assert_int_equal(e[0].line, 103);
	assert_int_equal(e[0].n_kernels, 1);
	assert_string_equal(e[0].kernels[0].kernel, "/boot/vmlinuz-6.1.0-41-amd64");
	assert_string_equal(e[0].kernels[0].options,
			    "root=UUID=" UUID " ro quiet intel_iommu=on iommu=pt");
	assert_int_equal(e[0].kernels[0].line, 116);
	assert_int_equal(e[0].initrds.n, 1);
	assert_string_equal(e[0].initrds.v[0], "/boot/initrd.img-6.1.0-41-amd64");
	assert_false(e[0].xen);
	assert_string_equal(e[1].parent, ADVANCED);
	assert_string_equal(e[2].id, "gnulinux-6.1.0-41-amd64-recovery-" UUID);
	assert_string_equal(
		e[2].title,
		"Debian GNU/Linux, with Linux 6.1.0-41-amd64 (recovery mode)");
	assert_string_equal(e[2].kernels[0].options, "root=UUID=" UUID " ro single");
	assert_string_equal(e[4].id, "gnulinux-6.1.0-37-amd64-recovery-" UUID);
	grub_cfg_done(&cfg);
}

/* GRUB_DEFAULT=saved, no submenu, a quote in the title and a quoted parameter. */
static void test_debian_saved(void **state)
{
	struct grub_cfg cfg = parse_file("grubcfg/debian12-saved.cfg");

	(void)state;
	assert_true(cfg.complete);
	assert_string_equal(cfg.default_value, "${saved_entry}");
	assert_int_equal(cfg.n, 4);
	assert_string_equal(cfg.v[0].title,
			    "Bob's {Linux} GNU/Linux, with Linux 6.1.0-41-amd64");
	assert_null(cfg.v[3].parent);
	assert_string_equal(cfg.v[0].kernels[0].options,
			    "root=UUID=" UUID " ro console=ttyS0,115200n8 "
			    "\"dyndbg=file a.c +p\" quiet intel_iommu=on iommu=pt");
	assert_int_equal(grub_cfg_default(&cfg, "${saved_entry}"), SIZE_MAX);
	assert_int_equal(grub_cfg_default(&cfg, "gnulinux-6.1.0-37-amd64-advanced-" UUID),
			 2);
	assert_int_equal(grub_cfg_default(&cfg, "3"), 3);
	grub_cfg_done(&cfg);
}

static void test_debian_xen(void **state)
{
	struct grub_cfg cfg = parse_file("grubcfg/debian12-xen.cfg");
	const struct grub_entry *e;

	(void)state;
	assert_true(cfg.complete);
	assert_string_equal(cfg.default_value, "1>2");
	assert_int_equal(cfg.n, 10);
	assert_false(cfg.v[4].xen);
	e = &cfg.v[5];
	assert_true(e->xen);
	assert_string_equal(e->section, "/etc/grub.d/20_linux_xen");
	assert_int_equal(e->n_kernels, 1);
	assert_string_equal(e->kernels[0].kernel, "/boot/vmlinuz-6.1.0-41-amd64");
	assert_string_equal(e->kernels[0].options,
			    "root=UUID=" UUID " ro iommu=pt quiet splash");
	assert_int_equal(e->initrds.n, 1);
	assert_string_equal(e->initrds.v[0], "/boot/initrd.img-6.1.0-41-amd64");
	/* A submenu in a submenu. */
	assert_string_equal(cfg.v[6].parent, "xen-hypervisor-4.17-amd64-" UUID);
	assert_int_equal(grub_cfg_default(&cfg, cfg.default_value), 3);
	assert_int_equal(grub_cfg_default(&cfg, "2"), 5);
	assert_int_equal(grub_cfg_default(&cfg, "3>0>1"), 7);
	assert_int_equal(grub_cfg_default(&cfg, "3"), 6);
	assert_int_equal(
		grub_cfg_default(&cfg,
				 "Advanced options for GNU/Linux (with Xen hypervisor)>"
				 "Xen hypervisor, version 4.17-amd64>3"),
		9);
	grub_cfg_done(&cfg);
}

/* The variable and the recordfail code that Ubuntu's build of the same scripts writes. */
static void test_handoff(void **state)
{
	struct grub_cfg cfg = parse_file("grubcfg/debian12-handoff.cfg");

	(void)state;
	assert_true(cfg.complete);
	assert_int_equal(cfg.n, 7);
	assert_string_equal(cfg.v[0].kernels[0].options,
			    "root=UUID=" UUID " ro quiet splash $vt_handoff");
	assert_string_equal(cfg.v[3].kernels[0].options,
			    "root=UUID=" UUID " ro single nomodeset");
	grub_cfg_done(&cfg);
}

/* grub-mkconfig copies over the old file: a crash leaves a part of it. Wherever the cut
 * is, it shows; only between two sections it can't. */
static void test_cut_off(void **state)
{
	struct str s = fixture_read("grubcfg/debian12.cfg");
	unsigned undetected = 0;

	(void)state;
	for (size_t n = 0; n < s.len; n++) {
		struct grub_cfg cfg;

		assert_int_equal(grub_cfg_parse(s.s, n, &cfg, NULL), 0);
		if (cfg.complete) {
			const char *before = s.s + n;

			assert_int_equal(before[-1], '\n');
			while (before > s.s && before[-1] == '\n')
				before--;
			while (before > s.s && before[-1] != '\n')
				before--;
			assert_true(str_starts(before, "### END "));
			undetected++;
		}
		grub_cfg_done(&cfg);
	}
	assert_true(undetected < 40);
	str_done(&s);
}

static void test_incomplete(void **state)
{
	static const char *const texts[] = {
		"",
		"# It is automatically generated by grub-mkconfig\n",
		"menuentry a {\n",
		"menuentry a {\n}\n}\n",
		"echo 'a\n",
		"echo \"a\n",
		"### BEGIN /etc/grub.d/10_linux ###\n",
		"### END /etc/grub.d/10_linux ###\n",
		"### BEGIN a ###\n### END b ###\n",
		"### BEGIN a ###\n### BEGIN b ###\n### END b ###\n",
		"### BEGIN a ###\n### END a ###",
		"if true; then\n",
		"fi\n",
		"if true; then menuentry a { fi }\n",
		"menuentry a { if true; then }\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct grub_cfg cfg = parse(texts[i]);

		assert_false(cfg.complete);
		grub_cfg_done(&cfg);
	}
}

static void test_binary_refused(void **state)
{
	struct grub_cfg cfg;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(grub_cfg_parse("a\nb\0c", 5, &cfg, &e), -EINVAL);
	assert_int_equal(e.line, 2);
}

/* The grammar of words, as grub-core/script/yylex.l has it. */
static void test_quoting(void **state)
{
	static const struct {
		const char *in, *options;
	} cases[] = {
		{ "a  b\tc", "a b c" },
		{ "a='b'", "a=b" },
		{ "a=\"b c\"", "\"a=b c\"" },
		{ "'a\\b'", "a\\\\b" },
		{ "\"a\\\"b\"", "a\\\"b" },
		{ "\"a\\$b\\\\\"", "a$b\\\\" },
		{ "\"a\\b\"", "a\\\\b" },
		{ "a\\ b", "\"a b\"" },
		{ "a\\\nb", "ab" },
		{ "a \\\n b", "a b" },
		{ "${x}y $z ${?}", "${x}y $z ${?}" },
		{ "\"${x} y\"", "\"${x} y\"" },
		{ "a#b # c", "a#b" },
		{ "''", "" },
		{ "a ; echo b", "a" },
		{ "a&b", "a" },
		{ "$\"text\"", "text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_char)
		char *text = xasprintf("menuentry x {\nlinux /k %s\n}\n", cases[i].in);
		struct grub_cfg cfg = parse(text);

		assert_int_equal(cfg.n, 1);
		assert_int_equal(cfg.v[0].n_kernels, 1);
		assert_string_equal(cfg.v[0].kernels[0].options, cases[i].options);
		grub_cfg_done(&cfg);
	}
}

static void test_entry_forms(void **state)
{
	struct grub_cfg cfg =
		parse("menuentry --class a --unrestricted 'T' --id i --hotkey x {\n"
		      "	if [ \"$grub_platform\" = efi ]; then linuxefi /k a; else "
		      "linux16 /k b; fi\n"
		      "	initrd (hd0,1)/u /i\n"
		      "	initrd16 /j; }\n"
		      "menuentry \"A>B\" ${menuentry_id_option} 'c' { linux }\n"
		      "menuentry --id=z Z{\n\tlinux /z\n}\n"
		      "function f { linux /outside x; }\n");

	(void)state;
	assert_true(cfg.complete);
	assert_int_equal(cfg.n, 3);
	assert_string_equal(cfg.v[0].title, "T");
	assert_string_equal(cfg.v[0].id, "i");
	assert_null(cfg.v[0].section);
	assert_int_equal(cfg.v[0].n_kernels, 2);
	assert_string_equal(cfg.v[0].kernels[1].options, "b");
	assert_int_equal(cfg.v[0].initrds.n, 3);
	assert_string_equal(cfg.v[0].initrds.v[0], "(hd0,1)/u");
	assert_string_equal(cfg.v[1].id, "c");
	assert_int_equal(cfg.v[1].n_kernels, 0);
	assert_string_equal(cfg.v[2].id, "z");
	assert_string_equal(cfg.v[2].kernels[0].options, "");
	/* ">>" is a literal ">". */
	assert_int_equal(grub_cfg_default(&cfg, "A>>B"), 1);
	grub_cfg_done(&cfg);
}

/* Ubuntu's 10_linux with GRUB_FORCE_PARTUUID: first without initrd, then with one. */
static void test_partuuid(void **state)
{
	struct grub_cfg cfg =
		parse("menuentry 'Ubuntu' $menuentry_id_option 'gnulinux-simple-x' {\n"
		      "	if [ \"${initrdfail}\" = 1 ]; then\n"
		      "	  linux	/boot/vmlinuz-6.8 root=UUID=x ro  console=ttyS0\n"
		      "	  initrd	/boot/initrd.img-6.8\n"
		      "	else\n"
		      "	  linux	/boot/vmlinuz-6.8 root=PARTUUID=y ro  console=ttyS0 "
		      "panic=-1\n"
		      "	fi\n"
		      "	initrdfail\n"
		      "}\n");

	(void)state;
	assert_true(cfg.complete);
	assert_int_equal(cfg.v[0].n_kernels, 2);
	assert_string_equal(cfg.v[0].kernels[1].options,
			    "root=PARTUUID=y ro console=ttyS0 panic=-1");
	assert_int_equal(cfg.v[0].kernels[1].line, 6);
	assert_int_equal(cfg.v[0].initrds.n, 1);
	grub_cfg_done(&cfg);
}

/* What Fedora's 10_linux writes: the entries come from /boot/loader/entries at boot. */
static void test_blscfg(void **state)
{
	struct grub_cfg cfg =
		parse("set default=\"0\"\ninsmod blscfg\nblscfg\n"
		      "menuentry 'UEFI' --id 'uefi-firmware' { fwsetup; }\n");

	(void)state;
	assert_true(cfg.has_blscfg);
	assert_int_equal(cfg.n, 1);
	assert_int_equal(grub_cfg_default(&cfg, "0"), SIZE_MAX);
	assert_int_equal(grub_cfg_default(&cfg, "abc-6.1"), SIZE_MAX);
	assert_int_equal(grub_cfg_default(&cfg, "uefi-firmware"), 0);
	grub_cfg_done(&cfg);
}

static void assert_default_value(const char *text, const char *want)
{
	struct grub_cfg cfg = parse(text);

	if (want)
		assert_string_equal(cfg.default_value, want);
	else
		assert_null(cfg.default_value);
	grub_cfg_done(&cfg);
}

static void test_default_value(void **state)
{
	(void)state;
	assert_default_value("", NULL);
	assert_default_value("set default=0\n", "0");
	assert_default_value("default=2\nset default='a b'\n", "a b");
	assert_default_value("if [ x = y ]; then set default=1; fi\n", NULL);
	assert_default_value("if [ x = y ]; then true; else set default=1; fi\n", NULL);
	assert_default_value("set default=3\nif [ \"$n\" = 0 ]; then set default=1; fi\n",
			     "3");
	assert_default_value("function f {\nset default=1\n}\n", NULL);
	assert_default_value(
		"if [ \"${next_entry}\" ] ; then\nset default=\"${next_entry}\"\n"
		"else\nset default=\"1>2\"\nfi\n",
		"1>2");
	/* 00_header with GRUB_BUTTON_CMOS_ADDRESS */
	assert_default_value("if cmostest 54:5 ; then\nset default=\"4\"\n"
			     "elif [ \"${next_entry}\" ] ; then\n"
			     "set default=\"${next_entry}\"\n"
			     "else\nset default=\"5\"\nfi\n",
			     "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_shot),
		cmocka_unit_test(test_one_shot_2_14),
		cmocka_unit_test(test_debian),
		cmocka_unit_test(test_debian_saved),
		cmocka_unit_test(test_debian_xen),
		cmocka_unit_test(test_handoff),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_binary_refused),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_entry_forms),
		cmocka_unit_test(test_partuuid),
		cmocka_unit_test(test_blscfg),
		cmocka_unit_test(test_default_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
