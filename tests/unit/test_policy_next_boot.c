/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the menu to the running kernel: a loader that reads another file, an entry that a
 * person chose, and what the next boot changes on a host that is ready. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/next_boot.h"
#include "tests/unit/diagnosis.h"

#define SAFE "root=/dev/sda1 ro quiet iommu=off"

/* configured and generated before this boot, and the boot is without it. */
static void scene_older(struct scene *s, const char *running)
{
	scene_init(s);
	scene_inactive(s);
	scene_lines(s, ON, ON, running);
	s->d.default_is_older = TRI_YES;
}

static enum verdict verdict(struct scene *s, struct strv *next)
{
	return verdict_of(&s->d, next);
}

static bool has(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->v[i], text))
			return true;
	return false;
}

static void test_not_read(void **state)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(free_char) char *why = NULL;
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_older(&s, "BOOT_IMAGE=/vmlinuz " OFF);
	assert_int_equal(verdict(&s, &next), VERDICT_ELSEWHERE);
	assert_true(has(&next, "sudo grub-install"));
	assert_false(has(&next, "setup-iommu"));
	why = next_boot_why_elsewhere(&s.d);
	assert_non_null(strstr(why, "/boot/grub/grub.cfg"));
}

/* Ubuntu's menu has a variable that GRUB fills in. */
static void test_variable_of_the_menu(void **state)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(scene_done) struct scene s;

	(void)state;
	scene_older(&s, "BOOT_IMAGE=/vmlinuz " OFF " vt.handoff=7");
	s.entries[0].options = lit(ON " $vt_handoff");
	assert_int_equal(verdict(&s, &next), VERDICT_ELSEWHERE);
}

/* Each is one thing away from that, and a reboot is right. */
static void test_near_misses(void **state)
{
	static const struct {
		const char *name, *running;
		enum tri older;
	} rows[] = {
		{ "written since", "BOOT_IMAGE=/vmlinuz " OFF, TRI_NO },
		{ "times unknown", "BOOT_IMAGE=/vmlinuz " OFF, TRI_UNKNOWN },
		{ "another root", "BOOT_IMAGE=/vmlinuz root=/dev/sdb1 ro quiet",
		  TRI_YES },
		{ "something typed", "BOOT_IMAGE=/vmlinuz " OFF " nomodeset", TRI_YES },
		{ "the recovery entry", "BOOT_IMAGE=/vmlinuz single", TRI_YES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_done) struct strv next = { 0 };
		CLEANUP(scene_done) struct scene s;

		print_message("# %s\n", rows[i].name);
		scene_older(&s, rows[i].running);
		s.d.default_is_older = rows[i].older;
		assert_int_equal(verdict(&s, &next), VERDICT_REBOOT_NEEDED);
	}
}

static void test_other_entry(void **state)
{
	CLEANUP(scene_done) struct scene s;
	CLEANUP(checks_done) struct checks checks = { 0 };
	bool told = false;

	(void)state;
	scene_older(&s, "BOOT_IMAGE=/vmlinuz single");
	assert_string_equal(next_boot_other_started(&s.d)->id, "gnulinux-recovery");
	checks_make(&s.d, &checks);
	for (size_t i = 0; i < checks.n; i++)
		told |= strcmp(checks.v[i].id, "cmdline.started") == 0 &&
			strstr(checks.v[i].evidence, "recovery mode");
	assert_true(told);
	/* The default entry has the same line: nobody knows which it was. */
	s.entries[0].options = lit("single");
	assert_null(next_boot_other_started(&s.d));
}

/* The loader's backend has proved it (GRUB's stub, systemd-boot's partition). */
static void test_proven(void **state)
{
	static const struct {
		const char *configured, *menu, *running;
		enum verdict verdict;
	} rows[] = {
		{ ON, ON, OFF, VERDICT_ELSEWHERE },
		{ ON, OFF, OFF, VERDICT_ELSEWHERE },
		{ ON, ON, NULL, VERDICT_ELSEWHERE },
		{ OFF, OFF, OFF, VERDICT_SETUP_NEEDED },
		/* What has the parameters was read, whatever the stub says. */
		{ ON, ON, ON, VERDICT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_done) struct strv next = { 0 };
		CLEANUP(scene_done) struct scene s;
		enum verdict v;

		scene_init(&s);
		scene_inactive(&s);
		scene_lines(&s, rows[i].configured, rows[i].menu, rows[i].running);
		error_set(&s.boot.elsewhere, 95, "GRUB reads another grub.cfg");
		error_hint(&s.boot.elsewhere, "sudo grub-install");
		v = verdict(&s, &next);
		if (rows[i].verdict == VERDICT_UNKNOWN) {
			assert_int_not_equal(v, VERDICT_ELSEWHERE);
			continue;
		}
		assert_int_equal(v, rows[i].verdict);
		assert_string_equal(next.v[0], "sudo grub-install");
		assert_false(has(&next, "setup-iommu"));
	}
}

/* Ready, by the kernel's own default, and what the next boot makes of it. */
static void test_ready_and_next_boot(void **state)
{
	static const struct {
		const char *name, *configured, *menu, *running;
		enum trial_state trial;
		const char *note, *first;
	} rows[] = {
		{ "nothing changes", ON, ON, ON, TRIAL_NONE, NULL, "slicer pci list" },
		{ "not configured at all", OFF, OFF, OFF, TRIAL_NONE, NULL,
		  "slicer pci list" },
		{ "set up, not booted", ON, ON, OFF, TRIAL_NONE, "at the next boot",
		  "sudo reboot" },
		{ "undone", SAFE, SAFE, ON, TRIAL_NONE, "switch it off: iommu=off",
		  "sudo slicer setup-iommu" },
		{ "undone, in no menu yet", SAFE, ON, ON, TRIAL_NONE,
		  "once the boot menu is regenerated: iommu=off",
		  "sudo slicer setup-iommu" },
		{ "undone, and the kernel needs the parameter", OFF, OFF, ON, TRIAL_NONE,
		  "the next boot will be without it", "sudo slicer setup-iommu" },
		{ "a trial to come", OFF, OFF, OFF, TRIAL_PENDING,
		  "the next boot is the trial", "sudo reboot" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_done) struct strv next = { 0 };
		CLEANUP(free_char) char *note = NULL;
		CLEANUP(scene_done) struct scene s;

		print_message("# %s\n", rows[i].name);
		scene_init(&s);
		scene_lines(&s, rows[i].configured, rows[i].menu, rows[i].running);
		s.facts.iommu.active = true;
		s.facts.iommu.interrupt_remapping = TRI_YES;
		s.kernels[0].intel_default_on = 'n';
		s.d.trial.state = rows[i].trial;
		assert_int_equal(verdict(&s, &next), VERDICT_READY);
		note = next_boot_note(&s.d, NULL);
		if (!rows[i].note)
			assert_null(note);
		else if (!note || !strstr(note, rows[i].note))
			fail_msg("note: %s", note ? note : "none");
		if (!str_starts(next.v[0], rows[i].first))
			fail_msg("next: %s", next.v[0]);
		assert_true(has(&next, "slicer pci list"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_read),
		cmocka_unit_test(test_variable_of_the_menu),
		cmocka_unit_test(test_near_misses),
		cmocka_unit_test(test_other_entry),
		cmocka_unit_test(test_proven),
		cmocka_unit_test(test_ready_and_next_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
