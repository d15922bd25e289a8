/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the refusal of a value that can't be known says: which line, its text, and what to
 * do with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/shell.h"

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	unsigned line;
	const char *quotes; /* the end of the message */
	const char *hint; /* its start */
} rows[] = {
	{ "A=1\nV=\"$(x)\"\n", 2, ": a command substitution: V=\"$(x)\"",
	  "line 2: write it as a plain assignment: V=\"...\"" },
	{ "A=1\n  V=\"$(x\n)\"\n", 2, ": V=\"$(x", "line 2: write it" },
	/* The first cause of a chain. */
	{ "A=`x`\nB=$A\nV=\"a $B\"\n", 1,
	  "$A is not known: a command substitution: A=`x`",
	  "line 1: write it as a plain assignment: A=\"...\"" },
	{ "A=1\nV=\"$X a\"\n", 2, "$X is not set before it is used: V=\"$X a\"",
	  "line 2: write what $X is to stand for" },
	{ "V=a\nV+=\" b\"\n", 2, ": V+=\" b\"",
	  "line 2: not every sh knows \"+=\": write V=\"$V ...\"" },
	/* Where in the statement it is. */
	{ "V=a\nif x; then\n# V\n\tV=b\nfi\n", 4, ": V=b", "line 4: put V=\"...\"" },
	{ "V=a\ncase x in\nx) read -r V ;;\nesac\n", 3, ": x) read -r V ;;",
	  "line 3: put V=\"...\"" },
	{ "readonly V\n", 1, "it is readonly: readonly V",
	  "line 1: take \"readonly\" away" },
	{ "V=a\nif x\nthen\n  eval y\nfi\n", 4,
	  "the command \"eval\" may change it: eval y", "line 4: take it out" },
	{ "V=a\n\nf() {\n:\n}\n", 3, "a function or an array may change it: f() {",
	  "line 3: take it out" },
	{ "V=a\nset -a b\n", 2, ": set -a b", "line 2: take it out" },
	{ "V=a\n. /x\n", 2, "another file that is read in may change it: . /x",
	  "line 2: write what that file sets here" },
	{ "V=a\nA=$((V = 2))\n", 2, ": A=$((V = 2))", "line 2: take it out" },
	/* What is shown of a long line. */
	{ "V=`" SIXTY TEN TEN "`\n", 1, ": V=`" SIXTY "012345678...", "line 1" },
	{ "V=`" SIXTY "01234567\xc3\xa4" TEN "`\n", 1, ": V=`" SIXTY "01234567...",
	  "line 1" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
		CLEANUP(shell_done) struct shell_doc doc = { 0 };
		const char *value, *quotes = rows[i].quotes;
		struct error e = { 0 };

		print_message("# %s\n", rows[i].text);
		assert_int_equal(
			shell_parse(rows[i].text, strlen(rows[i].text), &doc, NULL), 0);
		shell_eval(&doc, 0, &vars);
		assert_true(shell_vars_value(&vars, "V", &value, NULL, &e) < 0);
		assert_int_equal(e.line, rows[i].line);
		if (strlen(e.what) < strlen(quotes) ||
		    strcmp(e.what + strlen(e.what) - strlen(quotes), quotes) != 0)
			fail_msg("'%s'", e.what);
		if (!str_starts(e.hint, rows[i].hint))
			fail_msg("'%s'", e.hint);
	}
}

/* The source that is named is that of the cause. */
static void test_source(void **state)
{
	static const char *const texts[] = { "A=`x`\n", "V=$A\n" };
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	const char *value;
	size_t source = 9;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(shell_done) struct shell_doc doc = { 0 };

		assert_int_equal(shell_parse(texts[i], strlen(texts[i]), &doc, NULL), 0);
		shell_eval(&doc, i, &vars);
	}
	assert_true(shell_vars_value(&vars, "V", &value, &source, NULL) < 0);
	assert_int_equal(source, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests_name("shell_cause", tests, NULL, NULL);
}
