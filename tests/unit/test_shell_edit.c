/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edits of values in shell files, in every form of quoting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/shell.h"

static void parse(const char *text, struct shell_doc *doc)
{
	struct error e = { 0 };

	if (shell_parse(text, strlen(text), doc, &e) < 0)
		fail_msg("line %u: %s in: %s", e.line, e.what, text);
}

struct edit_case {
	const char *before, *after; /* the last assignment is the one edited */
};

static void assert_edit(const struct edit *ed, const char *before, const char *after)
{
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	CLEANUP(str_done) struct str out = { 0 };
	struct error e = { 0 };
	size_t stmt = SIZE_MAX;

	parse(before, &doc);
	for (size_t i = 0; i < doc.n; i++)
		if (doc.v[i].kind == SHELL_ASSIGN)
			stmt = i;
	assert_true(stmt < doc.n);
	if (shell_edit(&doc, stmt, ed, true, &out, &e) < 0)
		fail_msg("%s fails: %s", before, e.what);
	assert_string_equal(str_c(&out), after);
}

static void assert_edits(const struct edit *ed, const struct edit_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_edit(ed, cases[i].before, cases[i].after);
		/* The second time there is nothing to do. */
		assert_edit(ed, cases[i].after, cases[i].after);
	}
}

static void test_add(void **state)
{
	static const struct edit_case cases[] = {
		{ "V=\"\"", "V=\"x\"" },
		{ "V=''\n", "V='x'\n" },
		{ "V=", "V=\"x\"" },
		{ "V=a", "V=\"a x\"" },
		{ "V=x", "V=x" },
		{ "V='a'", "V='a x'" },
		{ "V=\"b  a\"", "V=\"b  a x\"" },
		{ "V=\"a \"", "V=\"a x \"" },
		{ "V=\" \"", "V=\"x \"" },
		{ "V=\"a\"'b'", "V=\"a\"'b x'" },
		{ "V=\"a\"b", "V=\"ab x\"" },
		{ "V=a\\ b", "V=\"a b x\"" },
		{ "V='a$b'c", "V=\"a\\$bc x\"" },
		{ "V=\"a\\\"b c\\\"\"", "V=\"a\\\"b c\\\" x\"" },
		{ "V=\"$X\"", "V=\"$X x\"" },
		{ "V=$X", "V=\"$X x\"" },
		{ "V=\"$X \"", "V=\"$X x \"" },
		{ "V=${X}a", "V=\"${X}a x\"" },
		{ "V=\"${X:+$X }a\"", "V=\"${X:+$X }a x\"" },
		{ "V=${X:-b c}'d'", "V=${X:-b c}'d x'" },
		{ "V=${X:-b c}d", "V=\"${X:-b c}d x\"" },
		{ "V=$X'a'b", "V=\"${X}ab x\"" },
		{ "V=\"a\\\nb\"", "V=\"a\\\nb x\"" },
		{ "V=\"a \\\n\"", "V=\"a x \\\n\"" },
		{ "V=a\\\n", "V=\"a x\"" },
		/* Nothing around the word changes. */
		{ "#V=1\n\texport V=\"a\"  # \"V=b\"\nif a; then V=2; fi\n",
		  "#V=1\n\texport V=\"a x\"  # \"V=b\"\nif a; then V=2; fi\n" },
		{ "A=1; V=a;", "A=1; V=\"a x\";" },
		/* A backslash that would swallow the quote behind it. */
		{ "V=\"a\\ \"", "V=\"a\\ x \"" },
		{ "V=\"intel_iommu=on,sm_on\"", "V=\"intel_iommu=on,sm_on x\"" },
	};
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "x", NULL);
	assert_edits(&ed, cases, ARRAY_SIZE(cases));
}

static void test_remove(void **state)
{
	static const struct edit_case cases[] = {
		{ "V=x", "V=" },
		{ "V=\"x\"", "V=\"\"" },
		{ "V=\"a x\"", "V=\"a\"" },
		{ "V=\"x  a\"", "V=\"a\"" },
		{ "V='a x  b x'", "V='a  b'" },
		{ "V=a\\ x\\ b", "V=a\\ b" },
		{ "V=a' 'x", "V=a''" },
		{ "V=\"a \\\nx b\"", "V=\"a\\\n b\"" },
		{ "V=\"a x$X\"", "V=\"a x$X\"" },
		{ "V=\"$X x\"", "V=\"$X\"" },
		{ "V=\"x $X\"b", "V=\"$X\"b" },
		{ "V=\"a\\ x\"", "V=\"a\\\\\"" },
		{ "V=a$\\ x\"\"", "V=\"a\\$\"" },
		{ "V=\"ax x=1 xx\"", "V=\"ax x=1 xx\"" },
	};
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REMOVE, "x", NULL);
	assert_edits(&ed, cases, ARRAY_SIZE(cases));
}

static void test_replace(void **state)
{
	static const struct edit_case cases[] = {
		{ "V=x", "V=y=1" },
		{ "V=\"a x b\"", "V=\"a y=1 b\"" },
		{ "V=a\\ 'x' ", "V=a\\ 'y=1' " },
		{ "V=a\\ \"\"x", "V=a\\ \"\"y=1" },
		{ "V='x y=1 x'", "V='y=1'" },
		{ "V=\"$X$X x\"", "V=\"$X$X y=1\"" },
	};
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_REPLACE, "x", "y=1");
	assert_edits(&ed, cases, ARRAY_SIZE(cases));
}

static void test_edit_refused(void **state)
{
	static const struct {
		const char *text, *add, *what;
	} cases[] = {
		{ "\nV=`a`", "x", "command substitution" },
		{ "\nV=${V#a}", "x", "parameter expansion" },
		{ "\nif a; then V=1; fi", "x", "other than a plain" },
		{ "\n# V=1", "x", "there is none" },
		{ "\nV=\"a\"", "x y", "contains the byte 0x20" },
		{ "\nV=\"a\"", "$(x)", "contains '$'" },
		{ "\nV='a \"b'", "x", "don't pair" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(shell_done) struct shell_doc doc = { 0 };
		CLEANUP(edit_done) struct edit ed = { 0 };
		CLEANUP(str_done) struct str out = { 0 };
		struct error e = { 0 };

		parse(cases[i].text, &doc);
		edit_push(&ed, EDIT_ADD, cases[i].add, NULL);
		assert_true(shell_edit(&doc, 1, &ed, true, &out, &e) < 0);
		assert_int_equal(e.line, 2);
		if (!strstr(e.what, cases[i].what))
			fail_msg("%s", e.what);
		assert_int_equal(out.len, 0);
	}
}

/* A parameter that can't be written safely does no harm where it is not written. */
static void test_edit_unsafe_but_there(void **state)
{
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	edit_push(&ed, EDIT_ADD, "a=\"b c\"", NULL);
	assert_edit(&ed, "V='a=\"b c\"'", "V='a=\"b c\"'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_edit_refused),
		cmocka_unit_test(test_edit_unsafe_but_there),
	};

	return cmocka_run_group_tests_name("shell_edit", tests, NULL, NULL);
}
