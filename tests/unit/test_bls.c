/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/bls.h"

#define ENTRY "bls/0123456789abcdef0123456789abcdef-6.1.0-41-amd64.conf"

static struct bls parse(const char *text)
{
	struct bls b;

	assert_int_equal(bls_parse(text, strlen(text), &b, NULL), 0);
	assert_string_equal(str_c(&b.text), text);
	return b;
}

static void assert_options(const char *text, const char *want)
{
	struct bls b = parse(text);
	CLEANUP(free_char) char *got = bls_options(&b);

	assert_string_equal(got, want);
	bls_done(&b);
}

static void test_real_entry(void **state)
{
	struct str s = fixture_read(ENTRY);
	struct bls b = parse(s.s);
	CLEANUP(free_char) char *options = bls_options(&b);

	(void)state;
	assert_string_equal(bls_get(&b, "title"), "Debian GNU/Linux 12 (bookworm)");
	assert_string_equal(bls_get(&b, "version"), "6.1.0-41-amd64");
	assert_string_equal(
		bls_get(&b, "linux"),
		"/boot/0123456789abcdef0123456789abcdef/6.1.0-41-amd64/linux");
	assert_null(bls_get(&b, "efi"));
	assert_string_equal(options,
			    "root=UUID=8b1b2a0e-5d2f-4c7e-9b57-0f6a2f5f7f11 ro quiet "
			    "systemd.machine_id=0123456789abcdef0123456789abcdef");
	bls_done(&b);
	str_done(&s);
}

static void test_grammar(void **state)
{
	struct bls b =
		parse("# c\n\n  title\t A  B \t\ninitrd /a\r\ninitrd\t/b\nefi\nversion \n"
		      "linux /l # kept\n\t# d\nlast x");
	struct strv initrds = { 0 };

	(void)state;
	assert_int_equal(b.n, 10);
	assert_null(b.v[0].key);
	assert_null(b.v[1].key);
	assert_string_equal(bls_get(&b, "title"), "A  B");
	bls_get_all(&b, "initrd", &initrds);
	assert_int_equal(initrds.n, 2);
	assert_string_equal(initrds.v[0], "/a");
	assert_string_equal(initrds.v[1], "/b");
	/* A key without a value doesn't count. */
	assert_null(bls_get(&b, "efi"));
	assert_null(bls_get(&b, "version"));
	assert_string_equal(bls_get(&b, "linux"), "/l # kept");
	assert_string_equal(bls_get(&b, "last"), "x");
	assert_null(b.v[8].key);
	assert_int_equal(b.v[9].line, 10);
	strv_done(&initrds);
	bls_done(&b);
}

static void test_options_join(void **state)
{
	(void)state;
	assert_options("", "");
	assert_options("options\n", "");
	assert_options("options a  b\noptions\noptions c\n", "a  b c");
	assert_options("options \"a b\"\n", "a b");
	assert_options("options \"\noptions x=\"y z\"\n", "\" x=\"y z\"");
	assert_options("a\roptions b\n", "b");
}

static void test_binary_refused(void **state)
{
	struct bls b;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(bls_parse("a b\nc\0d\n", 8, &b, &e), -EINVAL);
	assert_int_equal(e.line, 2);
	assert_int_equal(e.code, ERROR_REFUSED);
}

/* Applies the edit and looks that a second time changes nothing. */
static void assert_edit(const char *text, const struct edit *ed, const char *want)
{
	struct bls b = parse(text);
	struct str got = { 0 }, again = { 0 };

	bls_edit(&b, ed, &got);
	assert_string_equal(str_c(&got), want);
	bls_done(&b);
	b = parse(str_c(&got));
	bls_edit(&b, ed, &again);
	assert_string_equal(str_c(&again), want);
	bls_done(&b);
	str_done(&got);
	str_done(&again);
}

static void test_edit_add(void **state)
{
	struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	edit_push(&ed, EDIT_ADD, "iommu=pt", NULL);
	assert_edit("title x\noptions  root=a ro  \nlinux /l\n", &ed,
		    "title x\noptions  root=a ro intel_iommu=on iommu=pt  \nlinux /l\n");
	/* The first line gets them; what another line has is not added again. */
	assert_edit("options a\noptions iommu=pt b\n", &ed,
		    "options a intel_iommu=on\noptions iommu=pt b\n");
	assert_edit("options\n", &ed, "options intel_iommu=on iommu=pt\n");
	assert_edit("options \"a b\"\r\nlinux /l\r\n", &ed,
		    "options \"a b intel_iommu=on iommu=pt\"\r\nlinux /l\r\n");
	/* No options at all: behind the last key, before what ends the entry for GRUB. */
	assert_edit("title x\nlinux /l\n\n# end\n", &ed,
		    "title x\nlinux /l\noptions intel_iommu=on iommu=pt\n\n# end\n");
	assert_edit("linux /l", &ed, "linux /l\noptions intel_iommu=on iommu=pt\n");
	assert_edit("", &ed, "options intel_iommu=on iommu=pt\n");
	edit_done(&ed);
}

static void test_edit_remove_and_replace(void **state)
{
	struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REMOVE, "quiet", NULL);
	edit_push(&ed, EDIT_REPLACE, "intel_iommu=off", "intel_iommu=on");
	assert_edit("options a quiet b intel_iommu=off\noptions quiet c\n", &ed,
		    "options a b intel_iommu=on\noptions c\n");
	/* The new value stands on another line already: it is not made twice. */
	assert_edit("options a intel_iommu=off\noptions intel_iommu=on\n", &ed,
		    "options a\noptions intel_iommu=on\n");
	assert_edit("options intel_iommu=off\noptions x intel_iommu=off\n", &ed,
		    "options intel_iommu=on\noptions x\n");
	/* GRUB stops reading at a key without a value, so such a line goes. */
	assert_edit("options quiet\nlinux /l\n", &ed, "linux /l\n");
	/* Quotes that would become the line's own are kept by a pair more. */
	assert_edit("options \"b c\" d=\"e f\" quiet\n", &ed,
		    "options \"\"b c\" d=\"e f\"\"\n");
	assert_edit("options \"b c d quiet\"\n", &ed, "options \"b c d\"\n");
	assert_edit("linux /l\n", &ed, "linux /l\n");
	edit_done(&ed);
}

static void test_edit_real(void **state)
{
	struct str s = fixture_read(ENTRY), got = { 0 }, back = { 0 };
	struct bls b = parse(s.s);
	struct edit ed = { 0 }, inverse = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	edit_push(&ed, EDIT_REPLACE, "quiet", "loglevel=7");
	edit_inverse(&ed, &inverse);
	bls_edit(&b, &ed, &got);
	assert_non_null(strstr(got.s, "ro loglevel=7 systemd.machine_id="));
	assert_non_null(strstr(got.s, "cdef intel_iommu=on\nlinux"));
	bls_done(&b);
	b = parse(got.s);
	bls_edit(&b, &inverse, &back);
	assert_string_equal(back.s, s.s);
	bls_done(&b);
	edit_done(&ed);
	edit_done(&inverse);
	str_done(&s);
	str_done(&got);
	str_done(&back);
}

static void test_names(void **state)
{
	static const struct {
		const char *file, *id;
	} ids[] = {
		{ "arch.conf", "arch.conf" },
		{ "Pop_OS-current.conf", "pop_os-current.conf" },
		{ "a+3-1.conf", "a.conf" },
		{ "a+3.CONF", "a.conf" },
		{ "0123456789abcdef0123456789abcdef-6.1.0-37-amd64+3.conf",
		  "0123456789abcdef0123456789abcdef-6.1.0-37-amd64.conf" },
		{ "a+1+2.conf", "a+1.conf" },
		{ "5.4.0+deb11.conf", "5.4.0+deb11.conf" },
		{ "a+3-.conf", "a+3-.conf" },
		{ "a+.conf", "a+.conf" },
		{ "a+3-1", "a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CLEANUP(free_char) char *id = bls_entry_id(ids[i].file);

		assert_string_equal(id, ids[i].id);
	}
	assert_true(bls_is_entry_name("a.conf"));
	assert_true(bls_is_entry_name("a.CONF"));
	assert_false(bls_is_entry_name(".a.conf"));
	assert_false(bls_is_entry_name(".conf"));
	assert_false(bls_is_entry_name("auto-windows.conf"));
	assert_false(bls_is_entry_name("a.conf~"));
	assert_false(bls_is_entry_name("a.conf.rpmsave"));
	assert_false(bls_is_entry_name(""));
}

static void test_default(void **state)
{
	(void)state;
	assert_true(bls_default_matches("arch.conf", "arch.conf"));
	assert_true(bls_default_matches("arch", "arch.conf"));
	assert_true(bls_default_matches("ARCH*", "arch-lts.conf"));
	assert_true(bls_default_matches("*", "x.conf"));
	assert_true(bls_default_matches("a?ch-[0-9]*", "arch-6.conf"));
	assert_true(bls_default_matches("a[!b]c", "axc.conf"));
	assert_true(bls_default_matches("a\\*c", "a*c.conf"));
	assert_true(bls_default_matches("[x", "[x.conf"));
	assert_true(bls_default_matches("[]a]", "].conf"));
	assert_false(bls_default_matches("a\\*c", "abc.conf"));
	assert_false(bls_default_matches("a[!b]c", "abc.conf"));
	assert_false(bls_default_matches("arc", "arch.conf"));
	assert_false(bls_default_matches("", "arch.conf"));
	assert_false(bls_default_matches("@saved", "arch.conf"));
	/* Time must not explode with the number of stars. */
	assert_false(
		bls_default_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
				    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.conf"));
}

/* In the order that the specification and systemd's strverscmp_improved give. */
static void test_versions(void **state)
{
	static const char *const sorted[] = {
		"",	   "122.1",  "123~rc1-1", "123",       "123-a",
		"123-a.1", "123-1",  "123-1.1",	  "123^post1", "123.a-1",
		"123.1-1", "123a-1", "124-1",	  "6000.0.0",
	};
	static const char *const same[][2] = {
		{ "00123", "123" },
		{ "123_", "123" },
		{ "_1_", "1" },
		{ "1.0", "1.00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int r = bls_version_compare(sorted[i], sorted[k]);

			assert_int_equal(r < 0, i < k);
			assert_int_equal(r > 0, i > k);
		}
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		assert_int_equal(bls_version_compare(same[i][0], same[i][1]), 0);
	assert_true(bls_version_compare("6.1.0-9-amd64", "6.1.0-10-amd64") < 0);
	assert_true(bls_version_compare("6.9.12-200.fc40.x86_64",
					"6.10.3-200.fc40.x86_64") < 0);
	assert_true(bls_version_compare("18446744073709551616", "18446744073709551617") <
		    0);
	assert_true(bls_version_compare("abc", "abcde") < 0);
	assert_true(bls_version_compare("B", "a") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_entry),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_options_join),
		cmocka_unit_test(test_binary_refused),
		cmocka_unit_test(test_edit_add),
		cmocka_unit_test(test_edit_remove_and_replace),
		cmocka_unit_test(test_edit_real),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
