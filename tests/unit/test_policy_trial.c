/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a trial boot has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/trial.h"

#define BOOT_A "1a2b3c4d-0000-4000-8000-000000000000"
#define BOOT_B "5e6f7a8b-0000-4000-8000-000000000000"
#define ID_A "20261122T120344Z-1a2b3c4d"

static void test_id(void **state)
{
	CLEANUP(free_char) char *id = trial_make_id(1795349024, BOOT_A);
	CLEANUP(free_char) char *without = trial_make_id(1795349024, NULL);

	(void)state;
	assert_string_equal(id, ID_A);
	assert_string_equal(without, "20261122T120344Z-0");
	assert_int_equal(trial_time(id), 1795349024);
	assert_int_equal(trial_time("x"), 0);
	assert_int_equal(trial_time("20261122"), 0);
}

static void test_states(void **state)
{
	static const struct {
		const char *options; /* of the trial's entry; NULL: there is none */
		bool pending;
		const char *cmdline, *boot_id;
		enum trial_state want;
	} cases[] = {
		{ NULL, false, "quiet", BOOT_A, TRIAL_NONE },
		/* What it was is gone: nothing to deal with any more. */
		{ NULL, false, "slicer.trial=" ID_A, BOOT_B, TRIAL_NONE },
		{ NULL, true, "quiet", BOOT_A, TRIAL_PENDING },
		{ "a slicer.trial=" ID_A, true, "quiet", BOOT_A, TRIAL_PENDING },
		/* Booted some other way, but still to come. */
		{ "a slicer.trial=" ID_A, true, "quiet", BOOT_B, TRIAL_PENDING },
		{ "a slicer.trial=" ID_A, false, "x slicer.trial=" ID_A, BOOT_B,
		  TRIAL_RUNNING },
		{ "a slicer.trial=" ID_A, true, "x slicer.trial=" ID_A, BOOT_B,
		  TRIAL_RUNNING },
		{ "a slicer.trial=" ID_A, false, "quiet", BOOT_B, TRIAL_OVER },
		/* An earlier trial's boot */
		{ "a slicer.trial=" ID_A, false, "slicer.trial=20261121T000000Z-5e6f7a8b",
		  BOOT_B, TRIAL_OVER },
		{ "a slicer.trial=" ID_A, false, "quiet", BOOT_A, TRIAL_IDLE },
		{ "a slicer.trial=" ID_A, false, "quiet", NULL, TRIAL_IDLE },
		{ "a slicer.trial=" ID_A, false, NULL, BOOT_B, TRIAL_IDLE },
		{ "a slicer.trial=7", false, "quiet", BOOT_B, TRIAL_IDLE },
		{ "garbled", false, "quiet", BOOT_B, TRIAL_IDLE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_char) char *options = xstrdup_null(cases[i].options);
		struct boot_entry entry = { .options = options };
		struct boot_config c = { .trial = options ? &entry : NULL,
					 .trial_pending = cases[i].pending };

		assert_int_equal(trial_state_of(&c, cases[i].cmdline, cases[i].boot_id),
				 cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
