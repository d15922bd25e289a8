/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joined lines, and rules of udev. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/joined.h"
#include "text/udevrule.h"

/* All lines, each as NUMBER[START-END]TEXT and a newline. */
static char *lines(const char *text, enum joined_comments comments)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	struct str out = { 0 };
	size_t pos = 0;

	while (joined_next(text, strlen(text), comments, &pos, &l))
		str_addf(&out, "%u[%zu-%zu]%s\n", l.number, l.start, l.end,
			 str_c(&l.text));
	return str_take(&out);
}

static void expect_lines(const char *text, enum joined_comments comments,
			 const char *expected)
{
	CLEANUP(free_char) char *got = lines(text, comments);

	assert_string_equal(got, expected);
}

static void test_joined(void **state)
{
	(void)state;
	expect_lines("", JOINED_COMMENTS, "");
	expect_lines("a\\\nb\nc", JOINED_COMMENTS, "1[0-5]ab\n3[5-6]c\n");
	expect_lines("a\\", JOINED_COMMENTS, "1[0-2]a\n");
	expect_lines("# x\\\noptions\n", JOINED_COMMENTS, "1[0-13]# xoptions\n");
	expect_lines("# x\\\n rule\n", DROPPED_COMMENTS, "1[0-5]\n2[5-11]rule\n");
	expect_lines("a,\\\n# no\n  b\n", DROPPED_COMMENTS, "1[0-13]a,b\n");
}

static void test_places(void **state)
{
	static const char text[] = "ids=1:2,\\\n3:4\n";
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	size_t pos = 0, start, end;

	(void)state;
	assert_true(joined_next(text, strlen(text), JOINED_COMMENTS, &pos, &l));
	assert_string_equal(str_c(&l.text), "ids=1:2,3:4");
	joined_place(&l, 8, 11, &start, &end);
	assert_int_equal(start, 10);
	assert_int_equal(end, 13);
	/* A part on both lines has what is between them. */
	joined_place(&l, 7, 11, &start, &end);
	assert_int_equal(start, 7);
	assert_int_equal(end, 13);
	joined_place(&l, 11, 11, &start, &end);
	assert_int_equal(start, end);
}

static bool understood(const char *line, size_t tokens)
{
	CLEANUP(udev_rule_done) struct udev_rule r = { 0 };

	return udev_rule_parse(line, strlen(line), &r) && r.n == tokens;
}

static void test_rules(void **state)
{
	static const char line[] =
		"SUBSYSTEM==\"pci\", KERNEL==\"0000:01:00.[01]|0000:02:00.0\" , "
		"ATTR{driver_override} = \"vfio-pci\",RUN+=\"sh -c \\\"x\\\"\"";
	CLEANUP(udev_rule_done) struct udev_rule r = { 0 };

	(void)state;
	assert_true(udev_rule_parse(line, strlen(line), &r));
	assert_int_equal(r.n, 4);
	assert_true(udev_token_is_match(&r.v[1]));
	assert_true(udev_token_holds(&r.v[1], "0000:01:00.1"));
	assert_true(udev_token_holds(&r.v[1], "0000:02:00.0"));
	assert_false(udev_token_holds(&r.v[1], "0000:02:00.1"));
	assert_string_equal(r.v[2].key, "ATTR");
	assert_string_equal(r.v[2].attribute, "driver_override");
	assert_string_equal(r.v[2].op, "=");
	assert_string_equal(r.v[2].value, "vfio-pci");
	assert_false(udev_token_is_match(&r.v[2]));
	assert_string_equal(r.v[3].op, "+=");
	assert_string_equal(r.v[3].value, "sh -c \"x\"");
}

static void test_not_understood(void **state)
{
	(void)state;
	assert_true(understood("ACTION!=\"remove\"", 1));
	assert_true(understood("A=\"1\" B=\"2\",", 2));
	assert_false(understood("", 0));
	assert_false(understood("A", 1));
	assert_false(understood("A==", 1));
	assert_false(understood("A==1", 1));
	assert_false(understood("A==\"1", 1));
	assert_false(understood("A==\"1\\\"", 1));
	assert_false(understood("A{b==\"1\"", 1));
	assert_false(understood("==\"1\"", 1));
	assert_false(understood("A==e\"1\"", 1));
	assert_false(understood("A==i\"1\"", 1));
	assert_false(understood("A~\"1\"", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
