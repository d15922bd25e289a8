/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What says the default is not overwritten where somebody else changed it, and what
 * slicer put there goes. Variables, programs and power cuts: tests/cli, tests/crash,
 * tests/vm. */
#include "unit/tree.h"

#include <errno.h>

#include "plan/shelter.h"

#define CONF "/efi/loader/loader.conf"
#define OURS "default slicer-shelter.conf\n"

static struct shelter make(bool existed, const char *before)
{
	struct shelter s = { .dir = xstrdup("/efi/slicer-shelter"),
			     .entry = xstrdup("/efi/loader/entries/slicer-shelter.conf"),
			     .conf = xstrdup(CONF),
			     .conf_existed = existed };

	str_add(&s.conf_before, before);
	str_add(&s.conf_found, before);
	str_addf(&s.conf_after, "%s%s", before, OURS);
	str_add(&s.entry_text, "linux /slicer-shelter/linux\n");
	return s;
}

static void test_check(void **state)
{
	static const struct {
		bool existed;
		const char *before, *now; /* now NULL: not there */
		int want;
	} cases[] = {
		{ true, "timeout 3\n", "timeout 3\n", 0 },
		{ true, "timeout 3\n", "timeout 9\n", -ESTALE },
		{ true, "timeout 3\n", "", -ESTALE },
		{ true, "timeout 3\n", NULL, -ESTALE },
		{ false, "", NULL, 0 },
		{ false, "", "timeout 3\n", -ESTALE },
		/* One that was interrupted stands. */
		{ true, "timeout 3\n", "timeout 3\n" OURS, 0 },
		{ false, "", OURS, 0 },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct shelter s = make(cases[i].existed, cases[i].before);
		struct error e = { 0 };

		if (cases[i].now)
			tree_write(t, CONF, cases[i].now);
		else if (host_exists(t->host, CONF))
			assert_int_equal(host_remove(t->host, CONF, NULL), 0);
		assert_int_equal(shelter_check(t->host, &s, &e), cases[i].want);
		if (cases[i].want)
			assert_string_equal(e.path, CONF);
		shelter_done(&s);
	}
}

/* Up and down, with a line that somebody else adds meanwhile. */
static void test_up_and_down(void **state)
{
	struct tree *t = *state;
	struct shelter s = make(true, "timeout 3\n");
	CLEANUP(str_done) struct str now = { 0 };
	struct error e = { 0 };

	tree_write(t, CONF, "timeout 3\n");
	tree_mkdir(t, "/efi/loader/entries");
	assert_false(shelter_is_up(t->host, &s));
	assert_int_equal(shelter_up(t->host, &s, NULL, &e), 0);
	assert_true(shelter_is_up(t->host, &s));
	tree_write(t, CONF, "timeout 3\n" OURS "editor no\n");
	assert_true(shelter_is_up(t->host, &s));
	assert_int_equal(shelter_down(t->host, &s, NULL, &e), 0);
	assert_false(shelter_is_up(t->host, &s));
	assert_int_equal(host_read(t->host, CONF, 4096, &now, &e), 0);
	assert_string_equal(str_c(&now), "timeout 3\neditor no\n");
	assert_false(host_exists(t->host, s.entry));
	shelter_done(&s);
}

int main(void)
{
#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		TREE(test_check),
		TREE(test_up_and_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
