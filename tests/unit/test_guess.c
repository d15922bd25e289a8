/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guesses are close, and lead to something that exists. */
#include "base/nearest.h"
#include "cmd/help.h"
#include "tree.h"

static const char *const words[] = { "bind",   "unbind",   "list",  "restore",
				     "doctor", "pci list", "no-pt", "no-initramfs" };

static void assert_nearest(const char *typed, const char *expected)
{
	const char *near = nearest_word(typed, words, ARRAY_SIZE(words));

	if (expected) {
		assert_non_null(near);
		assert_string_equal(near, expected);
	} else if (near) {
		fail_msg("'%s' gives '%s'", typed, near);
	}
}

static void test_close(void **state)
{
	(void)state;
	assert_nearest("bnd", "bind");
	assert_nearest("binde", "bind");
	assert_nearest("bend", "bind");
	assert_nearest("bidn", "bind"); /* two letters changed places: one mistake */
	assert_nearest("unbidn", "unbind");
	assert_nearest("doktor", "doctor");
	assert_nearest("DOCTOR", "doctor");
	assert_nearest("pcilist", "pci list");
	assert_nearest("resto", "restore"); /* how the only one begins */
}

static void test_not_close(void **state)
{
	char word[200];

	(void)state;
	assert_nearest("band-aid", NULL);
	assert_nearest("hand", NULL); /* two of four letters */
	assert_nearest("bidnx", NULL);
	assert_nearest("at", NULL);
	assert_nearest("x", NULL);
	assert_nearest("", NULL);
	assert_nearest("no-", NULL); /* the beginning of two */
	memset(word, 'b', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_nearest(word, NULL);
}

static int take_option(void *data, int id, const char *value, struct error *e)
{
	(void)data;
	(void)id;
	(void)value;
	(void)e;
	return 0;
}

/* What a synonym leads to is a verb with options that it has, and no synonym is a verb.
 */
static void test_synonyms(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct verb_synonym *s = verb_synonyms; s->typed; s++, n++) {
		CLEANUP(strv_done) struct strv argv = { 0 }, operands = { 0 };
		CLEANUP(invocation_done) struct invocation in = { 0 }, typed = { 0 };
		struct error e = { 0 };
		size_t used;

		strv_split(&typed.args, s->typed, " ");
		assert_int_equal(invocation_verb(&typed), 0);
		if (!s->meant)
			continue;
		strv_add(&argv, "slicer");
		strv_split(&argv, s->meant, " ");
		assert_int_equal(invocation_take(&in, (int)argv.n, argv.v, &e), 0);
		used = invocation_verb(&in);
		if (!used)
			fail_msg("no verb: %s", s->meant);
		if (options_parse(in.cmd, (int)(in.args.n - used), in.args.v + used,
				  take_option, NULL, &operands, &e) < 0)
			fail_msg("%s: %s", s->meant, e.what);
		assert_int_equal(operands.n, 0);
	}
	assert_true(n > 50);
}

/* The table of first words has those of the verbs, each once. */
static void test_groups(void **state)
{
	(void)state;
	for (const struct command_group *g = command_groups; g->word; g++) {
		size_t n = 0;

		for (const struct command *const *c = commands; *c; c++)
			n += command_is_in_group((*c)->verb, g->word);
		assert_true(n > 1);
	}
	for (const struct command *const *c = commands; *c; c++) {
		CLEANUP(free_char)
		char *first = xstrndup((*c)->verb, strcspn((*c)->verb, " "));

		assert_int_equal(command_is_group(first),
				 strchr((*c)->verb, ' ') != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_not_close),
		cmocka_unit_test(test_synonyms),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
