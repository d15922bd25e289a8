/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every verb, with every option of its own, with every global option, in every place. */
#include "cmd/invocation.h"
#include "tree.h"

/* What options_parse() handed over. */
struct taken {
	int id;
	char value[64];
	size_t n;
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct taken *t = data;

	(void)e;
	t->id = id;
	snprintf(t->value, sizeof(t->value), "%s", value ? value : "");
	t->n++;
	return 0;
}

/* Words of a command line: pointers into what the caller keeps. */
struct words {
	char *v[16];
	int n;
};

static void add(struct words *w, const char *word)
{
	assert_true((size_t)w->n + 1 < ARRAY_SIZE(w->v));
	w->v[w->n++] = (char *)word;
}

/* The places of one command line: after the program, after the verb's first word, after
 * the verb, after its option (with the value), after the operand. */
enum { BEFORE_VERB, IN_VERB, AFTER_VERB, AFTER_OPTION, AFTER_OPERAND, PLACES };

static void add_global(struct words *w, const struct option_spec *g, bool short_form)
{
	static char name[8][32];
	static size_t at;

	at = (at + 1) % ARRAY_SIZE(name);
	if (short_form)
		snprintf(name[at], sizeof(name[at]), "-%c", g->letter);
	else
		snprintf(name[at], sizeof(name[at]), "--%s", g->name);
	add(w, name[at]);
	if (g->argument)
		add(w, g->id == OPTION_COLOR ? "never" : "/tree");
}

static bool was_set(const struct invocation *in, int id)
{
	switch (id) {
	case OPTION_ROOT:
		return str_eq(in->c.root, "/tree");
	case OPTION_JSON:
		return in->c.out.json;
	case OPTION_COLOR:
		return str_eq(in->color, "never");
	case OPTION_QUIET:
		return in->c.out.quiet;
	case OPTION_VERBOSE:
		return in->c.out.verbose;
	case OPTION_HELP:
		return in->help;
	default:
		return in->version;
	}
}

/* The words of the verb, the option and the operand with the global option at place. The
 * value of the verb's option looks like a global option: it must stay a value. */
static void check_one(const struct command *cmd, const struct option_spec *o,
		      const struct option_spec *g, int place, bool short_form)
{
	CLEANUP(strv_done) struct strv verb = { 0 }, operands = { 0 };
	CLEANUP(invocation_done) struct invocation in = { 0 };
	CLEANUP(free_char) char *option = xasprintf("--%s", o->name);
	bool has_value = o->argument && o->argument[0] != '[';
	struct words w = { 0 };
	struct taken t = { 0 };
	struct error e = { 0 };
	size_t words;

	strv_split(&verb, cmd->verb, " ");
	add(&w, "slicer");
	if (place == BEFORE_VERB)
		add_global(&w, g, short_form);
	for (size_t i = 0; i < verb.n; i++) {
		add(&w, verb.v[i]);
		if (place == IN_VERB && i == 0)
			add_global(&w, g, short_form);
	}
	if (place == AFTER_VERB)
		add_global(&w, g, short_form);
	add(&w, option);
	if (has_value)
		add(&w, "--json");
	if (place == AFTER_OPTION)
		add_global(&w, g, short_form);
	add(&w, "0b:00.0");
	if (place == AFTER_OPERAND)
		add_global(&w, g, short_form);
	assert_int_equal(invocation_take(&in, w.n, w.v, &e), 0);
	words = invocation_verb(&in);
	assert_ptr_equal(in.cmd, cmd);
	assert_int_equal(words, verb.n);
	assert_true(was_set(&in, g->id));
	assert_int_equal(in.c.out.json, g->id == OPTION_JSON);
	assert_int_equal(options_parse(cmd, (int)(in.args.n - words), in.args.v + words,
				       take_option, &t, &operands, &e),
			 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.id, o->id);
	assert_string_equal(t.value, has_value ? "--json" : "");
	assert_int_equal(operands.n, 1);
	assert_string_equal(operands.v[0], "0b:00.0");
}

static void test_every_place(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		for (const struct option_spec *o = (*c)->options; o->name; o++)
			for (const struct option_spec *g = global_options; g->name; g++)
				for (int place = 0; place < PLACES; place++, n++) {
					check_one(*c, o, g, place, false);
					if (g->letter)
						check_one(*c, o, g, place, true);
				}
	assert_true(n > 1000);
}

/* A value that looks like a global option, the option's name cut short as getopt_long(3)
 * allows; the same word is no value where the name could be several. */
static void test_abbreviated(void **state)
{
	char *cut[] = { (char *)"slicer", (char *)"setup-iommu", (char *)"--dev",
			(char *)"--json" };
	char *several[] = { (char *)"slicer", (char *)"setup-iommu", (char *)"--no",
			    (char *)"--json" };
	CLEANUP(invocation_done) struct invocation a = { 0 };
	CLEANUP(invocation_done) struct invocation b = { 0 };

	(void)state;
	assert_int_equal(invocation_take(&a, ARRAY_SIZE(cut), cut, NULL), 0);
	assert_false(a.c.out.json);
	assert_int_equal(invocation_take(&b, ARRAY_SIZE(several), several, NULL), 0);
	assert_true(b.c.out.json);
}

/* What an option takes can be completed, unless only a person knows it. */
static void test_values(void **state)
{
	const char *const free_ones[] = { "param", "remove-param", "timeout", "line" };

	(void)state;
	for (const struct command *const *c = commands; *c; c++)
		for (const struct option_spec *o = (*c)->options; o->name; o++) {
			bool is_free = !o->argument;

			for (size_t i = 0; i < ARRAY_SIZE(free_ones); i++)
				is_free |= !strcmp(o->name, free_ones[i]);
			if (is_free == (o->values != NULL))
				fail_msg("%s --%s", (*c)->verb, o->name);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_abbreviated),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
