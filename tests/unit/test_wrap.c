/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in rows: broken between words, and nowhere else. */
#include "report/wrap.h"
#include "tree.h"

static void wrapped(const char *text, size_t column, const struct wrap *w,
		    const char *expected)
{
	CLEANUP(str_done) struct str out = { 0 };

	text_wrap(&out, text, column, w);
	assert_string_equal(str_c(&out), expected);
}

static void test_between_words(void **state)
{
	const struct wrap w = { .indent = 2, .width = 12 };

	(void)state;
	wrapped("", 2, &w, "");
	wrapped("one two", 2, &w, "one two");
	wrapped("one two three", 2, &w, "one two\n  three");
	/* Exactly as wide as the row. */
	wrapped("1234567890 x", 2, &w, "1234567890\n  x");
	/* Runs of blanks are one. */
	wrapped("  one   two ", 2, &w, "one two");
}

static void test_words_stay_whole(void **state)
{
	const struct wrap w = { .indent = 2, .width = 12 };

	(void)state;
	wrapped("see /etc/default/grub.d/x.cfg now", 2, &w,
		"see\n  /etc/default/grub.d/x.cfg\n  now");
}

/* The row has text already: even the first word may have to go below it. */
static void test_after_text(void **state)
{
	const struct wrap w = { .indent = 2, .width = 12 };

	(void)state;
	wrapped("abc", 8, &w, "abc");
	wrapped("abcdef ghi", 8, &w, "\n  abcdef ghi");
}

static void test_characters_count(void **state)
{
	const struct wrap w = { .indent = 0, .width = 5 };

	(void)state;
	wrapped("\xc3\xa4\xc3\xb6 \xc3\xbc\xc3\x9f", 0, &w,
		"\xc3\xa4\xc3\xb6 \xc3\xbc\xc3\x9f");
}

static void test_rows_end(void **state)
{
	const struct wrap w = { .indent = 1, .width = 10, .rows = 2 };

	(void)state;
	wrapped("aaaa bbbb cccc dddd", 1, &w, "aaaa bbbb\n cccc dddd");
	wrapped("aaaa bbbb cccc dddd eeee", 1, &w, "aaaa bbbb\n cccc ...");
	/* The last word needs no room for the dots. */
	wrapped("aaaa bbbb cccccccccc dddd", 1, &w, "aaaa bbbb\n cccccccccc ...");
}

static void test_no_width(void **state)
{
	const struct wrap w = { .indent = 4, .rows = 1 };

	(void)state;
	wrapped("one two three four five six seven", 4, &w,
		"one two three four five six seven");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_between_words),
		cmocka_unit_test(test_words_stay_whole),
		cmocka_unit_test(test_after_text),
		cmocka_unit_test(test_characters_count),
		cmocka_unit_test(test_rows_end),
		cmocka_unit_test(test_no_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
