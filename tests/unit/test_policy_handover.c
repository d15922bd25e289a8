/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of what VFIO has, and of what binds left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/unit/expect.h"

static void expect_no_fix(const struct scene *s, const char *id, const char *fix)
{
	CLEANUP(checks_done) struct checks all = { 0 };

	checks_make(&s->d, &all);
	assert_non_null(find(&all, id));
	assert_null(fix_of(find(&all, id), fix));
}

static struct node_view node(const char *path, int err, unsigned gid, unsigned mode)
{
	static char *gpu[] = { (char *)"0000:0b:00.0", (char *)"0000:0b:00.1", NULL };

	return (struct node_view){ .path = lit(path),
				   .err = err,
				   .has_owner = err != -ENOENT,
				   .gid = gid,
				   .mode = mode,
				   .devices = { .v = gpu, .n = 2 } };
}

/* May this user open what VFIO has? No verdict rests on it. */
static void test_nodes(void **state)
{
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(scene_done) struct scene s;
	struct node_view v[2];

	(void)state;
	scene_init(&s);
	expect_none(&s, "limits.nodes");
	s.d.nodes = v;
	s.d.n_nodes = 2;
	v[0] = node("/dev/vfio/28", 0, 0, 0600);
	v[1] = node("/dev/vfio/vfio", 0, 0, 0666);
	expect(&s, "limits.nodes", CHECK_PASS,
	       "/dev/vfio/28 (user root, group root, mode 0600) for 0000:0b:00.0 "
	       "0000:0b:00.1; /dev/vfio/vfio (",
	       NULL);
	v[0].err = -EACCES;
	expect(&s, "limits.nodes", CHECK_WARN, "mode 0600) for 0000:0b:00.0",
	       "SUBSYSTEM==\"vfio\", OWNER=\"root\", GROUP=\"kvm\", MODE=\"0660\"");
	expect(&s, "limits.nodes", CHECK_WARN, NULL, "udevadm trigger");
	expect(&s, "limits.nodes", CHECK_WARN, NULL, "start VMs as root");
	/* The rule is there already: nothing is missing but the user in the group. */
	v[0] = node("/dev/vfio/28", -EACCES, 78, 0660);
	expect(&s, "limits.nodes", CHECK_WARN, "group 78", "usermod -aG 78 USER");
	expect_no_fix(&s, "limits.nodes", "udevadm");
	/* The directory is closed, so nobody knows whose the node is. */
	v[0] = node("/dev/vfio/28", -EACCES, 0, 0);
	v[0].has_owner = false;
	expect(&s, "limits.nodes", CHECK_WARN, "/dev/vfio/28 for 0000:0b:00.0", NULL);
	v[1] = node("/dev/vfio/vfio", -EACCES, 0, 0600);
	expect(&s, "limits.nodes", CHECK_WARN, NULL, "KERNEL==\"vfio\"");
	v[0] = node("/dev/vfio/devices/vfio0", -EACCES, 0, 0600);
	v[1] = node("/dev/iommu", -EACCES, 0, 0660);
	expect(&s, "limits.nodes", CHECK_WARN, NULL, "SUBSYSTEM==\"vfio-dev\"");
	expect(&s, "limits.nodes", CHECK_WARN, NULL, "KERNEL==\"iommu\"");
	v[1] = node("/dev/iommu", -ENOENT, 0, 0);
	expect(&s, "limits.nodes", CHECK_WARN, "/dev/iommu for", "sudo modprobe iommufd");
	v[0] = node("/dev/vfio/28", -ENOENT, 0, 0);
	v[1] = node("/dev/vfio/vfio", 0, 0, 0666);
	expect(&s, "limits.nodes", CHECK_WARN, "/dev/vfio/28 for", "findmnt /dev");
	expect_no_fix(&s, "limits.nodes", "modprobe");
	v[0].err = v[1].err = -EOPNOTSUPP; /* another root's */
	expect(&s, "limits.nodes", CHECK_SKIP, "/dev/vfio/28 ", "on the machine");
	assert_int_equal(verdict_of(&s.d, &next), VERDICT_READY);
}

/* What binds left behind. A note does no harm, and no verdict rests on any. */
static void test_leftovers(void **state)
{
	struct pci_device gpu = { .address = "0000:0b:00.0",
				  .driver_override = lit("vfio-pci"),
				  .vendor_name = lit("NVIDIA Corporation") };
	CLEANUP(strv_done) struct strv next = { 0 };
	CLEANUP(checks_done) struct checks all = { 0 };
	CLEANUP(scene_done) struct scene s;
	char *commands[] = { lit("sudo slicer pci unbind 0000:0b:00.0"), NULL };
	struct leftover v = { .dev = &gpu,
			      .what = lit("what"),
			      .next = { .v = commands, .n = 1 } };

	(void)state;
	scene_init(&s);
	expect_none(&s, "devices.0000:0b:00.0.leftover");
	s.d.leftovers = &v;
	s.d.n_leftovers = 1;
	expect(&s, "devices.0000:0b:00.0.leftover", CHECK_WARN, "what", "pci unbind");
	v.kind = LEFTOVER_DRIVERLESS;
	expect(&s, "devices.0000:0b:00.0.leftover", CHECK_WARN, "what", "pci unbind");
	v.kind = LEFTOVER_NOTE;
	expect_none(&s, "devices.0000:0b:00.0.leftover");
	checks_make(&s.d, &all);
	assert_int_equal(find(&all, "devices.0000:0b:00.0.note")->status, CHECK_PASS);
	assert_true(find(&all, "devices.0000:0b:00.0.note")->minor);
	assert_int_equal(verdict_of(&s.d, &next), VERDICT_READY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_leftovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
