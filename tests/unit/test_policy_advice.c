/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice: a command that works here, for what failed and for what could not be seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/diagnosis.h"

#define SETUP "sudo slicer setup-iommu"
#define ITSELF "run slicer doctor on the machine itself"
#define BLOCKED "root=/dev/sda1 ro intel_iommu=off"

static const struct check *find(const struct checks *all, const char *id)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].id, id) == 0)
			return &all->v[i];
	fail_msg("there is no check %s", id);
	return NULL;
}

/* fix: the first one, "" for none. */
static void advises(const struct scene *s, const char *id, enum check_status status,
		    const char *evidence, const char *fix)
{
	CLEANUP(checks_done) struct checks all = { 0 };
	const struct check *c;

	checks_make(&s->d, &all);
	c = find(&all, id);
	assert_int_equal(c->status, status);
	if (evidence)
		assert_string_equal(c->evidence, evidence);
	assert_string_equal(c->fix.n ? c->fix.v[0] : "", fix);
}

static char *next_of(const struct scene *s, enum verdict verdict)
{
	CLEANUP(strv_done) struct strv next = { 0 };

	assert_int_equal(verdict_of(&s->d, &next), verdict);
	return strv_join(&next, "\n");
}

/* --yes alone refuses what a person wrote: the way for scripts is said with it. */
static void test_blocked(void **state)
{
	struct scene s;
	CLEANUP(free_char) char *next = NULL;

	(void)state;
	scene_init(&s);
	scene_lines(&s, BLOCKED, BLOCKED, BLOCKED);
	next = next_of(&s, VERDICT_BLOCKED);
	assert_true(str_starts(next, SETUP "\n# or, without a terminal"));
	assert_non_null(strstr(next, "\n" SETUP " --yes --force\n"));
	/* A Dell R420 and some Macs do not boot with VT-d on. */
	assert_non_null(strstr(next, "for one boot only:\n" SETUP " --trial\n"));
	scene_done(&s);
}

/* Where setup-iommu refuses, nobody is sent there. */
static void test_unsupported(void **state)
{
	static const char *const lines[] = { OFF, BLOCKED, ON };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(checks_done) struct checks all = { 0 };
		struct scene s;

		scene_init(&s);
		scene_lines(&s, lines[i], lines[i], OFF);
		s.facts.platform.virtualized = TRI_YES;
		s.facts.firmware.state = FIRMWARE_ABSENT;
		checks_make(&s.d, &all);
		for (size_t k = 0; k < all.n; k++)
			for (size_t f = 0; f < all.v[k].fix.n; f++)
				assert_null(strstr(all.v[k].fix.v[f], "setup-iommu"));
		assert_true(str_starts(find(&all, "cmdline.running")->fix.v[0],
				       "run slicer on the physical host"));
		scene_done(&s);
	}
}

/* A menu that can't be read is neither an empty one nor one that lacks anything. */
static void test_unreadable_menu(void **state)
{
	struct scene s;
	CLEANUP(free_char) char *next = NULL;

	(void)state;
	scene_init(&s);
	scene_lines(&s, ON, ON, OFF);
	s.boot.n = 0;
	advises(&s, "cmdline.next-boot", CHECK_SKIP, "the boot menu is empty",
		"sudo update-grub");
	error_set(&s.boot.menu_error, 13, "can't read: Permission denied");
	error_at(&s.boot.menu_error, "/boot/grub/grub.cfg", 0);
	error_hint(&s.boot.menu_error, "run it as root (sudo)");
	advises(&s, "cmdline.next-boot", CHECK_SKIP,
		"/boot/grub/grub.cfg: can't read: Permission denied",
		"run it as root (sudo)");
	s.d.unprivileged = true;
	advises(&s, "cmdline.next-boot", CHECK_SKIP, NULL, "sudo slicer doctor");
	advises(&s, "kernel.next", CHECK_SKIP,
		"/boot/grub/grub.cfg: can't read: Permission denied",
		"sudo slicer doctor");
	next = next_of(&s, VERDICT_UNKNOWN);
	assert_non_null(strstr(next, "Permission denied"));
	assert_true(str_ends(next, "sudo slicer doctor"));
	scene_done(&s);
}

static void test_skips(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	/* Arch: the file's name is the package's */
	s.entries[0].version = NULL;
	s.entries[0].kernel = lit("/boot/vmlinuz-linux");
	advises(&s, "kernel.next", CHECK_SKIP, NULL,
		"# its version:\nsudo file -L /boot/vmlinuz-linux");
	/* ... and an update takes the running kernel's modules away */
	s.facts.iommu.vfio_pci_registered = false;
	s.kernels[0].vfio_pci_state = MODULE_UNKNOWN;
	advises(&s, "kernel.vfio", CHECK_SKIP, NULL, "sudo reboot");
	/* a mounted disk */
	s.facts.kernels.n = 0;
	s.facts.cmdline = NULL;
	s.facts.iommu.known = s.facts.platform.firmware_known = false;
	s.facts.firmware.state = FIRMWARE_UNKNOWN;
	s.facts.platform.arch = NULL;
	s.facts.platform.virtualized = TRI_UNKNOWN;
	s.facts.log.readable = false;
	advises(&s, "platform.arch", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "platform.virtualized", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "firmware.mode", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "firmware.table", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "kernel.config", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "kernel.vfio", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "cmdline.running", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "iommu.active", CHECK_SKIP, NULL, ITSELF);
	advises(&s, "iommu.log", CHECK_SKIP, NULL, ITSELF);
	scene_done(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_unreadable_menu),
		cmocka_unit_test(test_skips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
