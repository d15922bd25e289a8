/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment block, as grub-editenv writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/grubenv.h"

static void assert_env(const struct str *block, const char *name, const char *want)
{
	CLEANUP(free_char) char *got = grubenv_get(block->s, block->len, name);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void test_grubenv(void **state)
{
	struct str s = fixture_read("grubenv/set");

	(void)state;
	assert_int_equal(s.len, 1024);
	assert_env(&s, "saved_entry", "gnulinux-simple-8b1b");
	assert_env(&s, "odd", "a\\b");
	assert_env(&s, "saved", NULL);
	assert_env(&s, "entry", NULL);
	s.s[0] = 'x';
	assert_env(&s, "saved_entry", NULL);
	str_set(&s, "", 0);
	assert_env(&s, "saved_entry", NULL);
	str_set(&s, "# GRUB Environment Block\na=b\\\nc=d\ne=\nf=g", 41);
	assert_env(&s, "a", "b\nc=d");
	assert_env(&s, "c", NULL);
	assert_env(&s, "e", "");
	assert_env(&s, "f", "g");
	str_done(&s);
}

static void test_grubenv_check(void **state)
{
	static const char *const names[] = { "created", "next", "set", "booted", "full" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_char) char *path = xasprintf("grubenv/%s", names[i]);
		struct str s = fixture_read(path);

		assert_int_equal(grubenv_check(s.s, s.len, NULL), 0);
		/* Shorter, longer, another beginning, a last line without an end. */
		assert_true(grubenv_check(s.s, s.len - 1, NULL) < 0);
		str_addc(&s, '#');
		assert_true(grubenv_check(s.s, s.len, NULL) < 0);
		s.s[GRUBENV_SIZE - 1] = 'x';
		assert_true(grubenv_check(s.s, GRUBENV_SIZE, NULL) < 0);
		s.s[GRUBENV_SIZE - 1] = '#';
		s.s[2] = 'g';
		assert_true(grubenv_check(s.s, GRUBENV_SIZE, NULL) < 0);
		str_done(&s);
	}
}

/* What is set for the next boot, and what GRUB leaves of it: an empty value. */
static void test_next_entry(void **state)
{
	struct str s = fixture_read("grubenv/next");

	(void)state;
	assert_env(&s, "next_entry", "slicer-trial");
	str_done(&s);
	s = fixture_read("grubenv/booted");
	assert_env(&s, "next_entry", "");
	str_done(&s);
	s = fixture_read("grubenv/created");
	assert_env(&s, "next_entry", NULL);
	str_done(&s);
	s = fixture_read("grubenv/full");
	assert_env(&s, "next_entry", "slicer-trial");
	str_done(&s);
}

/* What others keep beside it, as it stands there. */
static void test_others(void **state)
{
	static const char block[] = "# GRUB Environment Block\n# WARNING\nnext_entry=x\n"
				    "a=b\\\nnext_entry=d\n\nnext_entry_too=1\nc\n####";
	CLEANUP(free_char)
	char *others = grubenv_others(block, strlen(block), "next_entry");
	char *none;
	struct str s = fixture_read("grubenv/next");

	(void)state;
	assert_string_equal(others, "a=b\\\nnext_entry=d\nnext_entry_too=1\nc\n");
	none = grubenv_others(s.s, s.len, "next_entry");
	assert_string_equal(none, "");
	free(none);
	none = grubenv_others(s.s, 10, "a");
	assert_string_equal(none, "");
	free(none);
	str_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grubenv),
		cmocka_unit_test(test_grubenv_check),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_next_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
