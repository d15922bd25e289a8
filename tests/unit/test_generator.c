/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initramfs generators: whose images these are, what is written, and what is run. */
#include "boot_tree.h"

#define MODPROBE "/etc/modprobe.d/slicer-vfio.conf"
#define LOAD "/etc/modules-load.d/slicer-vfio.conf"
#define HOOK "/etc/initramfs-tools/hooks/slicer-vfio"
#define CONF "/etc/initramfs-tools/update-initramfs.conf"

static void write_program(const struct tree *t, const char *path, const char *text)
{
	CLEANUP(free_char) char *p = tree_path(t, path);

	tree_write(t, path, text);
	assert_int_equal(chmod(p, 0755), 0);
}

static void debian(const struct tree *t)
{
	write_program(t, "/usr/sbin/update-initramfs", "#!/bin/sh\nmkinitramfs -o x\n");
	write_program(t, "/usr/sbin/mkinitramfs", "#!/bin/sh\n");
	tree_write(t, "/usr/share/initramfs-tools/hook-functions", "\n");
	tree_write(t, CONF, "# c\nupdate_initramfs=yes\n");
	tree_write(t, "/boot/initrd.img-6.1", "i");
	tree_write(t, "/boot/initrd.img-6.2", "i");
}

static void load(const struct tree *t, const char *name, struct initramfs_config *ret)
{
	CLEANUP(strv_done) struct strv versions = { 0 };
	struct facts f = { 0 };
	struct error e = { 0 };

	strv_split(&versions, "6.1 6.2 6.3", " ");
	*ret = (struct initramfs_config){ 0 };
	if (initramfs_choose(t->host, &f, name, &versions, ret, &e) < 0)
		fail_msg("%s", e.what);
}

static void make_plan(const struct tree *t, const struct initramfs_wish *w,
		      struct plan *p)
{
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };

	load(t, NULL, &c);
	assert_non_null(c.generator);
	assert_int_equal(c.generator->plan(&c, w, p, NULL), 0);
}

#define RUNS "update-initramfs -u -k 6.1\nupdate-initramfs -u -k 6.2\n"

static void test_rebuild(void **state)
{
	struct tree *t = *state;
	struct initramfs_wish w = { .rebuild = true };
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *runs = NULL;

	debian(t);
	load(t, NULL, &c);
	assert_string_equal(c.generator->name, "initramfs-tools");
	assert_int_equal(c.versions.n, 2);
	assert_string_equal(c.images.v[1], "/boot/initrd.img-6.2");
	assert_string_equal(c.missing.v[0], "6.3");
	assert_null(c.switched_off);
	make_plan(t, &w, &p);
	runs = runs_of(&p);
	assert_string_equal(runs, RUNS);
	assert_int_equal(p.n, 2);
	assert_int_equal(p.next.n, 1);
	assert_non_null(strstr(p.next.v[0], "update-initramfs -c -k 6.3"));
}

static void test_early_bind(void **state)
{
	struct tree *t = *state;
	struct initramfs_wish w = { .early_bind = true };
	CLEANUP(plan_done) struct plan p = { 0 }, q = { 0 }, r = { 0 }, s = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct stat st;

	debian(t);
	strv_add(&w.drivers, "nvme");
	make_plan(t, &w, &p);
	assert_int_equal(do_files(t, &p), 3);
	runs = runs_of(&p);
	assert_string_equal(runs, RUNS);
	assert_int_equal(host_stat(t->host, HOOK, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	/* Again: nothing. */
	make_plan(t, &w, &q);
	assert_true(plan_is_empty(&q));
	/* Another device: the first one's driver stays. */
	strv_done(&w.drivers);
	strv_add(&w.drivers, "igb");
	make_plan(t, &w, &r);
	assert_int_equal(do_files(t, &r), 1);
	tree_is(t, MODPROBE,
		"# Written by slicer setup-iommu: vfio-pci is loaded before these "
		"drivers, so "
		"that it\n"
		"# gets the devices that vfio-pci.ids= on the kernel command line "
		"names.\n"
		"# \"slicer setup-iommu --undo\" takes this file away again.\n"
		"softdep nvme pre: vfio-pci\nsoftdep igb pre: vfio-pci\n");
	/* And away. */
	strv_done(&w.drivers);
	w = (struct initramfs_wish){ .remove = true };
	make_plan(t, &w, &s);
	assert_int_equal(do_files(t, &s), 3);
	assert_int_equal(count_runs(&s), 2);
	assert_false(host_exists(t->host, MODPROBE) || host_exists(t->host, LOAD) ||
		     host_exists(t->host, HOOK));
}

/* The hook is a script that mkinitramfs asks for its prerequisites first. */
static void test_hook(void **state)
{
	struct tree *t = *state;
	struct initramfs_wish w = { .early_bind = true };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *hook = tree_path(t, HOOK), *command = NULL;
	char output[16] = { 0 };
	FILE *pipe;

	debian(t);
	make_plan(t, &w, &p);
	assert_int_equal(do_files(t, &p), 2);
	assert_false(host_exists(t->host, MODPROBE));
	command = xasprintf("%s prereqs", hook);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fread(output, 1, sizeof(output) - 1, pipe), 1);
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(output, "\n");
}

static void test_switched_off(void **state)
{
	struct tree *t = *state;
	struct initramfs_wish w = { .rebuild = true };
	CLEANUP(plan_done) struct plan p = { 0 };

	debian(t);
	tree_write(t, CONF, "update_initramfs=no\n");
	make_plan(t, &w, &p);
	assert_true(plan_is_empty(&p));
	assert_non_null(strstr(p.warnings.v[0], "update_initramfs=no"));
	assert_int_equal(p.next.n, 1);
}

static void test_broken_switch(void **state)
{
	struct tree *t = *state;
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };
	struct strv none = { 0 };
	struct facts f = { 0 };
	struct error e = { 0 };

	debian(t);
	tree_write(t, CONF, "\nupdate_initramfs='no\n");
	assert_true(initramfs_choose(t->host, &f, NULL, &none, &c, &e) < 0);
	assert_string_equal(e.path, CONF);
	assert_int_equal(e.line, 2);
}

struct other {
	const char *name;
	const char *files[4]; /* each is an executable too */
	const char *advice, *command;
};

static const struct other others[] = {
	{ "dracut",
	  { "/usr/bin/dracut" },
	  "force_drivers+=\" vfio_pci vfio vfio_iommu_type1 \"",
	  "dracut --force --regenerate-all" },
	{ "mkinitcpio",
	  { "/usr/bin/mkinitcpio", "/etc/mkinitcpio.d/linux.preset", "/usr/bin/dracut" },
	  "MODULES=(vfio_pci",
	  "mkinitcpio -P" },
	{ "booster",
	  { "/usr/bin/booster", "/boot/booster-linux.img" },
	  "modules_force_load",
	  "/usr/lib/booster/regenerate_images" },
	{ "tiny-initramfs",
	  { "/usr/sbin/update-tirfs" },
	  "INCLUDE_MODULES",
	  "update-tirfs" },
};

static void check_other(const struct tree *t, const struct other *o)
{
	struct initramfs_wish w = { .rebuild = true, .early_bind = true };
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *next = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(o->files) && o->files[i]; i++)
		write_program(t, o->files[i], "x");
	strv_add(&w.drivers, "igb");
	load(t, NULL, &c);
	assert_string_equal(c.generator->name, o->name);
	assert_false(c.generator->supported);
	assert_true(c.evidence.n > 0);
	assert_int_equal(c.generator->plan(&c, &w, &p, NULL), 0);
	assert_true(plan_is_empty(&p));
	next = strv_join(&p.next, "\n");
	assert_non_null(strstr(next, o->advice));
	assert_non_null(strstr(next, o->command));
	assert_non_null(strstr(next, "softdep igb pre: vfio-pci"));
	strv_done(&w.drivers);
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		void *own = NULL;

		tree_setup(&own);
		check_other(own, &others[i]);
		tree_teardown(&own);
	}
}

/* Debian's dracut has an update-initramfs of its own. */
static void test_wrapper(void **state)
{
	struct tree *t = *state;
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };

	debian(t);
	write_program(t, "/usr/sbin/update-initramfs",
		      "#!/bin/sh\nexec dracut --force x\n");
	write_program(t, "/usr/bin/dracut", "x");
	load(t, NULL, &c);
	assert_string_equal(c.generator->name, "dracut");
}

static void test_names(void **state)
{
	struct tree *t = *state;
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 }, d = { 0 };
	struct strv none = { 0 };
	struct facts f = { 0 };
	struct error e = { 0 };

	load(t, NULL, &c);
	assert_null(c.generator);
	assert_int_equal(initramfs_choose(t->host, &f, "lilo", &none, &c, &e), -EINVAL);
	assert_int_equal(e.code, ERROR_USAGE);
	assert_non_null(strstr(e.hint, "initramfs-tools"));
	load(t, "dracut", &d);
	assert_string_equal(d.generator->name, "dracut");
}

/* ---- devices that the initramfs binds ---------------------------------------------- */

#define BIND_HOOK "/etc/initramfs-tools/hooks/slicer-bind"
#define BIND "/etc/initramfs-tools/scripts/init-top/slicer-bind"

static void plan_binds(const struct tree *t, size_t n, struct plan *p)
{
	char gpu[] = "0000:0b:00.0", ports[] = "0000:00/03.0/00.0",
	     disk[] = "10000:01:00.0", serial[] = "00-1b-21-ff-ff-aa-bb-cc",
	     vfio[] = "vfio-pci", stub[] = "pci-stub";
	const struct initramfs_bind binds[] = {
		{ gpu, { 0x10de, 0x2204 }, { 0x10de, 0x147d }, ports, NULL, vfio, false },
		{ disk,
		  { 0x8086, 0x0a54 },
		  { 0x8086, 0x0001 },
		  NULL,
		  serial,
		  stub,
		  true },
	};
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 };

	load(t, NULL, &c);
	assert_int_equal(c.generator->plan_bind(&c, binds, n, p, NULL), 0);
}

/* The lines of that file which begin with start, one after the other. */
static char *lines_of(const struct tree *t, const char *path, const char *start)
{
	CLEANUP(str_done) struct str text = { 0 }, ret = { 0 };
	const char *line;
	size_t pos = 0, n;

	assert_int_equal(host_read(t->host, path, HOST_MAX_CONFIG, &text, NULL), 0);
	while (next_line(str_c(&text), text.len, &pos, &line, &n))
		if (n >= strlen(start) && memcmp(line, start, strlen(start)) == 0)
			str_addf(&ret, "%.*s\n", (int)n, line);
	return str_take(&ret);
}

static void lines_are(const struct tree *t, const char *path, const char *start,
		      const char *wanted)
{
	CLEANUP(free_char) char *lines = lines_of(t, path, start);

	assert_string_equal(lines, wanted);
}

static void test_binds(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, q = { 0 }, r = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct stat st;

	debian(t);
	plan_binds(t, 1, &p);
	assert_int_equal(do_files(t, &p), 2);
	runs = runs_of(&p);
	assert_string_equal(runs, RUNS);
	lines_are(
		t, BIND, "give ",
		"give 0000:0b:00.0 vfio-pci 10de 2204 10de 147d 0000:00/03.0/00.0 - -\n");
	lines_are(t, BIND_HOOK, "manual_add_modules", "manual_add_modules vfio-pci\n");
	lines_are(t, BIND, "@", "");
	assert_int_equal(host_stat(t->host, BIND, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(host_stat(t->host, BIND_HOOK, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	plan_binds(t, 1, &q);
	assert_true(plan_is_empty(&q));
	plan_binds(t, 2, &r);
	assert_int_equal(do_files(t, &r), 2);
	assert_int_equal(count_runs(&r), 2);
	lines_are(t, BIND, "give ",
		  "give 0000:0b:00.0 vfio-pci 10de 2204 10de 147d 0000:00/03.0/00.0 - -\n"
		  "give 10000:01:00.0 pci-stub 8086 0a54 8086 0001 - "
		  "00-1b-21-ff-ff-aa-bb-cc forced\n");
	lines_are(t, BIND_HOOK, "manual_add_modules",
		  "manual_add_modules vfio-pci pci-stub\n");
}

/* The files of setup-iommu's and these are taken away each by its own. */
static void test_no_binds(void **state)
{
	struct tree *t = *state;
	struct initramfs_wish add = { .early_bind = true }, remove = { .remove = true };
	CLEANUP(plan_done)
	struct plan p = { 0 }, q = { 0 }, r = { 0 }, s = { 0 }, u = { 0 };
	CLEANUP(free_char) char *runs = NULL;

	debian(t);
	plan_binds(t, 0, &p);
	assert_true(plan_is_empty(&p));
	plan_binds(t, 2, &q);
	make_plan(t, &add, &q);
	assert_int_equal(do_files(t, &q), 4);
	make_plan(t, &remove, &r);
	assert_int_equal(do_files(t, &r), 2);
	assert_false(host_exists(t->host, HOOK));
	assert_true(host_exists(t->host, BIND) && host_exists(t->host, BIND_HOOK));
	make_plan(t, &add, &s);
	assert_int_equal(do_files(t, &s), 2);
	plan_binds(t, 0, &u);
	assert_int_equal(do_files(t, &u), 2);
	runs = runs_of(&u);
	assert_string_equal(runs, RUNS);
	assert_true(host_exists(t->host, HOOK));
	assert_false(host_exists(t->host, BIND) || host_exists(t->host, BIND_HOOK));
}

/* An image that slicer made and that is gone is made again; others are none of its. */
static void test_expect(void **state)
{
	struct tree *t = *state;
	CLEANUP(initramfs_config_done) struct initramfs_config c = { 0 }, none = { 0 };
	CLEANUP(strv_done) struct strv rebuilt = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct initramfs_wish w = { .rebuild = true };

	debian(t);
	assert_int_equal(host_remove(t->host, "/boot/initrd.img-6.2", NULL), 0);
	strv_split(&rebuilt, "6.1 6.2 6.4", " ");
	load(t, NULL, &c);
	assert_int_equal(c.versions.n, 1);
	assert_int_equal(c.missing.n, 2);
	initramfs_expect(&c, &rebuilt);
	assert_int_equal(c.versions.n, 2);
	assert_string_equal(c.versions.v[1], "6.2");
	assert_string_equal(c.images.v[1], "/boot/initrd.img-6.2");
	assert_int_equal(c.lost.n, 1);
	assert_string_equal(c.lost.v[0], "6.2");
	assert_int_equal(c.missing.n, 1);
	assert_string_equal(c.missing.v[0], "6.3");
	assert_int_equal(c.generator->plan(&c, &w, &p, NULL), 0);
	runs = runs_of(&p);
	assert_string_equal(runs,
			    "update-initramfs -u -k 6.1\nupdate-initramfs -c -k 6.2\n");
	/* Where nobody knows the image's name, or the generator. */
	strv_add(&none.missing, "6.2");
	initramfs_expect(&none, &rebuilt);
	assert_int_equal(none.missing.n, 1);
	none.generator = &initramfs_dracut;
	initramfs_expect(&none, &rebuilt);
	assert_int_equal(none.missing.n, 1);
	assert_int_equal(none.versions.n + none.lost.n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rebuild, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_early_bind, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_hook, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_switched_off, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_broken_switch, tree_setup,
						tree_teardown),
		cmocka_unit_test(test_others),
		cmocka_unit_test_setup_teardown(test_wrapper, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_names, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_binds, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_no_binds, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_expect, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
