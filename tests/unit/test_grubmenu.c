/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default entry: grubmenu.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/grubcfg.h"

static struct grub_cfg parse(const char *text)
{
	struct grub_cfg cfg;

	assert_int_equal(grub_cfg_parse(text, strlen(text), &cfg, NULL), 0);
	return cfg;
}

static void test_default_entry(void **state)
{
	struct grub_cfg cfg = parse("menuentry A --id a { true; }\n"
				    "submenu S --id s {\n"
				    "	menuentry B --id b { true; }\n"
				    "	menuentry C --id c { true; }\n"
				    "}\n"
				    "if x; then menuentry D --id d { true; }; fi\n"
				    "menuentry E --id e { true; }\n");
	static const struct {
		const char *value;
		size_t entry;
	} cases[] = {
		{ "0", 0 },
		{ "a", 0 },
		{ "A", 0 },
		{ "1", 1 },
		{ "1>1", 2 },
		{ "s>c", 2 },
		{ "S>C", 2 },
		{ "s>1", 2 },
		{ "1>c", 2 },
		{ "s>x", 1 },
		{ "s>9", 1 },
		{ "s", 1 },
		{ "", 0 },
		{ "x", 0 },
		{ "c", 0 },
		{ "s>", 1 },
		{ "d", 3 },
		{ "e", 4 },
		{ "0>1", 0 },
		/* Depends on the if; GRUBs differ; unknown. */
		{ "2", SIZE_MAX },
		{ "3", SIZE_MAX },
		{ "9", SIZE_MAX },
		{ "0 x", SIZE_MAX },
		{ "${saved_entry}", SIZE_MAX },
	};

	(void)state;
	assert_int_equal(cfg.n, 5);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(grub_cfg_default(&cfg, cases[i].value), cases[i].entry);
	grub_cfg_done(&cfg);
	cfg = parse("");
	assert_int_equal(grub_cfg_default(&cfg, "0"), SIZE_MAX);
	grub_cfg_done(&cfg);
	cfg = parse("submenu S { }\n");
	assert_int_equal(grub_cfg_default(&cfg, "0"), SIZE_MAX);
	grub_cfg_done(&cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
