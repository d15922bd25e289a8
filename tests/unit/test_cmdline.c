/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel command lines: taking apart, comparing, editing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/cmdline.h"

static void split(struct strv *v, const char *text)
{
	cmdline_split(text, strlen(text), v);
}

static void assert_split(const char *text, const char *joined)
{
	CLEANUP(strv_done) struct strv v = { 0 };
	CLEANUP(free_char) char *s = NULL;

	split(&v, text);
	s = strv_join(&v, "|");
	assert_string_equal(s, joined);
}

static void test_split(void **state)
{
	(void)state;
	assert_split("", "");
	assert_split(" \t\n", "");
	assert_split("quiet", "quiet");
	assert_split("  ro  quiet\tsplash\n", "ro|quiet|splash");
	assert_split("a=\"b c\" d", "a=\"b c\"|d");
	assert_split("\"a=b c\" d", "\"a=b c\"|d");
	assert_split("a \"b c", "a|\"b c");
	/* The kernel's white space, not the locale's. */
	assert_split("a\v\f\rb\xa0"
		     "c",
		     "a|b|c");
}

static void test_split_stops_at_nul(void **state)
{
	CLEANUP(strv_done) struct strv v = { 0 };

	(void)state;
	cmdline_split("a b\0c d", 7, &v);
	assert_int_equal(v.n, 2);
	assert_string_equal(v.v[1], "b");
}

static void test_same(void **state)
{
	(void)state;
	assert_true(param_name_same("vfio-pci.ids=1", "vfio_pci.ids=2"));
	assert_true(param_name_same("quiet", "quiet=1"));
	assert_false(param_name_same("iommu", "intel_iommu"));
	assert_false(param_name_same("iommu", "iommu.passthrough"));
	assert_true(param_same("vfio-pci.ids=1", "vfio_pci.ids=1"));
	assert_false(param_same("a=b-c", "a=b_c"));
	assert_true(param_same("a=\"b c\"", "\"a=b c\""));
	assert_true(param_same("a=\"b\"", "a=b"));
	assert_false(param_same("a", "a="));
	assert_false(param_same("intel_iommu=on", "intel_iommu=on,sm_on"));
	assert_false(param_same("intel_iommu=on", "intel_iommu"));
	assert_true(param_same("\"", "\""));
	assert_true(param_same("a=\"", "a="));
	/* A '=' in front belongs to the name, as for the kernel. */
	assert_false(param_name_same("=a", "=b"));
}

static void test_look_up(void **state)
{
	CLEANUP(strv_done) struct strv v = { 0 };

	(void)state;
	split(&v, "iommu=off quiet vfio-pci.ids=1:2,3:4 iommu=pt a=\"x,y\"");
	assert_string_equal(cmdline_last(&v, "iommu"), "pt");
	assert_string_equal(cmdline_last(&v, "quiet"), "");
	assert_null(cmdline_last(&v, "splash"));
	assert_true(cmdline_has(&v, "iommu=off"));
	assert_false(cmdline_has(&v, "iommu"));
	assert_int_equal(cmdline_count(&v, "iommu=pt"), 1);
	assert_int_equal(cmdline_count(&v, "iommu=soft"), 0);
	assert_true(cmdline_list_has(&v, "vfio_pci.ids", "3:4"));
	assert_false(cmdline_list_has(&v, "vfio_pci.ids", "3:"));
	assert_true(cmdline_list_has(&v, "a", "x"));
	assert_true(cmdline_list_has(&v, "a", "y"));
	assert_false(cmdline_list_has(&v, "quiet", "y"));
	assert_false(cmdline_list_has(&v, "none", "y"));
}

struct edit_case {
	enum edit_op op;
	const char *param, *to, *before, *after;
};

static const struct edit_case edit_cases[] = {
	{ EDIT_ADD, "x", NULL, "", "x" },
	{ EDIT_ADD, "x", NULL, "\n", "x\n" },
	{ EDIT_ADD, "x", NULL, "b a\n", "b a x\n" },
	{ EDIT_ADD, "x", NULL, "  b   a  ", "  b   a x  " },
	{ EDIT_ADD, "x", NULL, "a x b", "a x b" },
	{ EDIT_ADD, "x", NULL, "a xy", "a xy x" },
	{ EDIT_ADD, "a-b=1", NULL, "a_b=1", "a_b=1" },
	{ EDIT_ADD, "intel_iommu=on", NULL, "intel_iommu=on,sm_on",
	  "intel_iommu=on,sm_on intel_iommu=on" },
	/* An open quote would swallow what is added behind it. */
	{ EDIT_ADD, "x", NULL, "a \"b c ", "a x \"b c " },
	{ EDIT_ADD, "x", NULL, " \"b", " x \"b" },
	/* 0xa0 separates, but may be the end of a UTF-8 character: it stays. */
	{ EDIT_ADD, "x", NULL, "caf\xc3\xa0\n", "caf\xc3\xa0 x\n" },
	{ EDIT_REMOVE, "x", NULL, "caf\xc3\xa0 x", "caf\xc3\xa0" },
	{ EDIT_REMOVE, "x", NULL,
	  "a x\xa0"
	  "b",
	  "a\xa0"
	  "b" },
	{ EDIT_REMOVE, "x", NULL, "", "" },
	{ EDIT_REMOVE, "x", NULL, "x", "" },
	{ EDIT_REMOVE, "x", NULL, "x\n", "\n" },
	{ EDIT_REMOVE, "x", NULL, " x  b", " b" },
	{ EDIT_REMOVE, "x", NULL, "a  x b x\tc\n", "a b\tc\n" },
	{ EDIT_REMOVE, "x", NULL, "x x x", "" },
	{ EDIT_REMOVE, "x", NULL, "ax xa x=1", "ax xa x=1" },
	{ EDIT_REMOVE, "x", NULL, "a \"b x", "a \"b x" },
	{ EDIT_REMOVE, "a=\"b c\"", NULL, "q a=\"b c\" r", "q r" },
	{ EDIT_REPLACE, "iommu=off", "iommu=pt", "a iommu=off  b", "a iommu=pt  b" },
	{ EDIT_REPLACE, "x", "y", "x a x", "y a" },
	{ EDIT_REPLACE, "x", "y", "a x y", "a y" },
	{ EDIT_REPLACE, "x", "y", "y x a", "y a" },
	{ EDIT_REPLACE, "x", "y", "a b", "a b" },
	{ EDIT_REPLACE, "x-y", "x_y", "x-y", "x-y" },
	/* Bugs of others: sed's '&', a pattern's dot, a sorted command line. */
	{ EDIT_ADD, "x=a&b", NULL, "quiet", "quiet x=a&b" },
	{ EDIT_REPLACE, "a.b", "c&d\\1", "axb a.b", "axb c&d\\1" },
	{ EDIT_REMOVE, "a.b", NULL, "axb a.b", "axb" },
	{ EDIT_ADD, "a", NULL, "z y root=/dev/sda1 m", "z y root=/dev/sda1 m a" },
};

static void assert_edit(const struct edit *ed, const char *before, const char *after)
{
	CLEANUP(strv_done) struct strv params = { 0 }, wanted = { 0 };
	CLEANUP(str_done) struct str out = { 0 }, again = { 0 };
	bool differs = edit_apply(ed, before, strlen(before), true, &out);

	assert_string_equal(str_c(&out), after);
	assert_int_equal(differs, strcmp(before, after) != 0);
	assert_false(edit_apply(ed, after, strlen(after), true, &again));

	split(&params, before);
	split(&wanted, after);
	edit_apply_params(ed, &params);
	assert_int_equal(params.n, wanted.n);
	for (size_t i = 0; i < params.n; i++)
		assert_string_equal(params.v[i], wanted.v[i]);
}

static void test_edit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edit_cases); i++) {
		const struct edit_case *c = &edit_cases[i];
		CLEANUP(edit_done) struct edit ed = { 0 };

		edit_push(&ed, c->op, c->param, c->to);
		assert_edit(&ed, c->before, c->after);
	}
}

static void test_edit_several(void **state)
{
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REMOVE, "intel_iommu=off", NULL);
	edit_push(&ed, EDIT_REPLACE, "iommu=off", "iommu=pt");
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	edit_push(&ed, EDIT_ADD, "x=1", NULL);
	assert_edit(&ed, "intel_iommu=off ro iommu=off quiet\n",
		    "ro iommu=pt quiet intel_iommu=on x=1\n");
	assert_edit(&ed, "intel_iommu=off", "intel_iommu=on x=1");
	assert_edit(&ed, "", "intel_iommu=on x=1");
}

static void test_edit_without_adding(void **state)
{
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str out = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "x", NULL);
	edit_push(&ed, EDIT_REPLACE, "a", "b");
	assert_true(edit_apply(&ed, "a c", 3, false, &out));
	assert_string_equal(str_c(&out), "b c");
}

/* Padding behind the command line of a UKI. */
static void test_edit_keeps_what_follows_a_nul(void **state)
{
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str out = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "x", NULL);
	assert_true(edit_apply(&ed, "a\n\0\0x", 5, true, &out));
	assert_int_equal(out.len, 7);
	assert_memory_equal(out.s, "a x\n\0\0x", 7);
}

static void test_inverse(void **state)
{
	static const char before[] = "b  a iommu=off quiet\n";
	CLEANUP(edit_done) struct edit ed = { 0 }, back = { 0 };
	CLEANUP(str_done) struct str out = { 0 }, restored = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REPLACE, "iommu=off", "iommu=pt");
	edit_push(&ed, EDIT_ADD, "x", NULL);
	edit_push(&ed, EDIT_ADD, "x", NULL);
	assert_int_equal(ed.n, 2);
	edit_inverse(&ed, &back);
	edit_apply(&ed, before, strlen(before), true, &out);
	assert_string_equal(str_c(&out), "b  a iommu=pt quiet x\n");
	/* Order and blanks of what is not slicer's are not shuffled. */
	edit_apply(&back, out.s, out.len, true, &restored);
	assert_string_equal(str_c(&restored), before);
}

static void test_copy(void **state)
{
	CLEANUP(edit_done) struct edit ed = { 0 }, copy = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REPLACE, "a", "b");
	edit_push(&ed, EDIT_REPLACE, "a", "c");
	edit_push(&ed, EDIT_REMOVE, "a", NULL);
	edit_copy(&copy, &ed);
	edit_copy(&copy, &ed);
	assert_int_equal(copy.n, 3);
	assert_string_equal(copy.v[1].to, "c");
	assert_null(copy.v[2].to);
}

static void test_safe(void **state)
{
	static const char *const good[] = { "intel_iommu=on",
					    "vfio-pci.ids=10de:2204,10de:1aef",
					    "root=UUID=a-b", "a=/dev/x+y@z%1^" };
	static const char bad[] = " \t\n\"'$`\\;&|{}<>()*?[]#!~\x01\x7f\x80\xc3";
	struct error e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(param_check_safe(good[i], NULL), 0);
	for (const char *p = bad; *p; p++) {
		char param[] = { 'a', '=', *p, '\0' };

		e = (struct error){ 0 };
		assert_int_equal(param_check_safe(param, &e), -22);
		assert_int_equal(e.code, ERROR_USAGE);
		assert_non_null(strstr(e.what, "contains"));
	}
	assert_int_equal(param_check_safe("", &e), -22);
	/* What can't be printed safely isn't. */
	param_check_safe("a\x1b[2J", &e);
	assert_non_null(strstr(e.what, "0x1b"));
	assert_null(strchr(e.what, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_stops_at_nul),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_look_up),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_several),
		cmocka_unit_test(test_edit_without_adding),
		cmocka_unit_test(test_edit_keeps_what_follows_a_nul),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_safe),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
