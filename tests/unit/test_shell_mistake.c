/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What copy and paste, and a blank too many, make of /etc/default/grub. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/lookalike.h"
#include "text/shell_mistake.h"

#define DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT"

static const struct {
	const char *name, *text;
	unsigned line; /* 0: nothing is wrong */
	const char *says, *hint;
} rows[] = {
	{ "plain", "# x\n" DEFAULT "=\"quiet splash\"\n", 0, NULL, NULL },
	{ "blanks around", "A=1\n" DEFAULT " = \"quiet\"\n", 2, DEFAULT ": a command",
	  "remove the blanks" },
	{ "a blank before", DEFAULT " =\"quiet\"\n", 1, "a command, not an assignment",
	  "remove the blanks" },
	{ "a blank after", "\n\n" DEFAULT "= \"quiet\"\n", 3, "a command", "line 3" },
	{ "of any variable", "GRUB_TIMEOUT = 5\n", 1, "GRUB_TIMEOUT", NULL },
	{ "tabs", "GRUB_TIMEOUT\t=\t5\n", 1, "GRUB_TIMEOUT", NULL },
	{ "a test is no assignment", "if [ \"$A\" = 1 ]; then B=2; fi\n", 0, NULL, NULL },
	{ "a program is none", "echo = x >/dev/null\n", 0, NULL, NULL },
	{ "an empty value", "GRUB_GFXMODE= \n", 0, NULL, NULL },
	{ "an empty value at the end", "GRUB_GFXMODE= ", 0, NULL, NULL },
	{ "an environment for a program", "LC_ALL= uname\n", 0, NULL, NULL },
	{ "behind the closing quote", "A=1\n" DEFAULT "=\"quiet\" splash iommu=pt\n", 2,
	  "the closing quote is taken for a command: splash", "put it into the quotes" },
	{ "right behind it", DEFAULT "=\"a\"b c\n", 1, "a command: c",
	  "put it into the quotes" },
	{ "behind single ones, and assignments", DEFAULT "='a' b=1 c.d=2\n", 1,
	  "a command: c.d=2", NULL },
	{ "no quotes at all", "\n" DEFAULT "=quiet splash; A=1\n", 2,
	  "the blank is taken for a command: splash", "into quotes" },
	{ "assignments alone", DEFAULT "=\"a\" iommu=pt\n", 0, NULL, NULL },
	{ "another command behind it", DEFAULT "=\"a\" || true\n", 0, NULL, NULL },
	{ "in a pipe", DEFAULT "=\"a\" | cat\n", 0, NULL, NULL },
	{ "an environment of one's own", "LANG=\"C\" uname\n", 0, NULL, NULL },
	{ "typographic quotes", "A=1\n" DEFAULT "=\xe2\x80\x9cquiet splash\xe2\x80\x9d\n",
	  2, "U+201C (LEFT DOUBLE QUOTATION MARK)", "write a plain \" there" },
	{ "one word in them", DEFAULT "=\xe2\x80\x9cquiet\xe2\x80\x9d\n", 1, "U+201C",
	  NULL },
	{ "German ones", DEFAULT "=\xe2\x80\x9equiet splash\xe2\x80\x9c\n", 1, "U+201E",
	  NULL },
	{ "single ones", DEFAULT "=\xe2\x80\x98quiet\xe2\x80\x99\n", 1, "U+2018",
	  "a plain '" },
	{ "a no-break space inside", DEFAULT "=\"quiet\xc2\xa0iommu=pt\"\n", 1, "U+00A0",
	  "plain blank" },
	{ "... before the name", "A=1\n\xc2\xa0" DEFAULT "=\"quiet\"\n", 2, "U+00A0",
	  NULL },
	{ "a zero-width space", DEFAULT "=\"intel_iommu=on\xe2\x80\x8b\"\n", 1, "U+200B",
	  "delete it" },
	{ "an en dash", DEFAULT "=\"vfio\xe2\x80\x93pci.ids=1002:1\"\n", 1, "U+2013",
	  "a plain -" },
	{ "full-width", DEFAULT "=\"iommu\xef\xbc\x9dpt\"\n", 1, "U+FF1D", "a plain =" },
	{ "on the second line of a value",
	  "A=1\n" DEFAULT "=\"quiet \\\n iommu\xef\xbc\x9dpt\"\n", 3, "U+FF1D", NULL },
	{ "a byte order mark", "\xef\xbb\xbf# comment\nA=1\n", 1, "U+FEFF", "delete it" },
	{ "in a comment", "# \xe2\x80\x9cquoted\xe2\x80\x9d\n" DEFAULT "=\"quiet\"\n", 0,
	  NULL, NULL },
	{ "behind the value", DEFAULT "=\"quiet\" # \xe2\x80\x9cmine\xe2\x80\x9d\n", 0,
	  NULL, NULL },
	{ "in another variable", "GRUB_DISTRIBUTOR=\"\xe2\x80\x9cX\xe2\x80\x9d\"\n", 0,
	  NULL, NULL },
	{ "umlauts", DEFAULT "=\"root=LABEL=B\xc3\xbcro\"\n", 0, NULL, NULL },
	{ "no UTF-8", DEFAULT "=\"\xe2\x80\"\n", 0, NULL, NULL },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(shell_done) struct shell_doc doc = { 0 };
		struct error e = { 0 };
		int r;

		print_message("# %s\n", rows[i].name);
		assert_int_equal(
			shell_parse(rows[i].text, strlen(rows[i].text), &doc, NULL), 0);
		r = shell_find_mistake(&doc, "GRUB_CMDLINE", &e);
		assert_int_equal(e.line, rows[i].line);
		assert_int_equal(r < 0, rows[i].line != 0);
		if (rows[i].says && !strstr(e.what, rows[i].says))
			fail_msg("'%s'", e.what);
		if (rows[i].hint && !strstr(e.hint, rows[i].hint))
			fail_msg("'%s'", e.hint);
	}
}

static void test_place(void **state)
{
	static const char text[] = "a\nb\xc3\xbc\nc\xe2\x80\xafz";
	struct lookalike l;

	(void)state;
	assert_true(lookalike_find(text, strlen(text), &l));
	assert_int_equal(l.line, 3);
	assert_int_equal(l.code, 0x202f);
	assert_int_equal(l.at, 7);
	assert_int_equal(l.len, 3);
	assert_string_equal(l.plain, " ");
	assert_false(lookalike_find(text, 7, &l));
	/* Cut off in the middle of it. */
	assert_false(lookalike_find(text, 9, &l));
	assert_false(lookalike_find("", 0, &l));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
