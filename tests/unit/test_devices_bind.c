/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding: what is refused, the steps, and their execution on a machine made of structs
 * that behaves as drivers/base does. */
#include "devices/bind.h"
#include "tree.h"

#include <errno.h>

/* ---- a machine --------------------------------------------------------------------- */

struct function {
	char address[PCI_ADDRESS_MAX];
	char driver[32], override[32]; /* "" is none */
	char native[32]; /* the driver that knows it */
	bool hangs; /* its driver's unbind never comes back */
	bool stubborn; /* vfio-pci does not take it */
};
struct machine {
	struct function f[2];
	bool registered; /* vfio-pci */
	bool modprobe_fails, modprobe_lies;
	char log[4096];
};

static struct function *find(struct machine *m, const char *address)
{
	for (size_t i = 0; i < ARRAY_SIZE(m->f); i++)
		if (strcmp(m->f[i].address, address) == 0)
			return &m->f[i];
	return NULL;
}

static bool takes(const struct machine *m, const struct function *f, const char *driver)
{
	if (strcmp(driver, "vfio-pci") == 0)
		return m->registered && !f->stubborn && strcmp(f->override, driver) == 0;
	return !*f->override && strcmp(f->native, driver) == 0;
}

static int machine_write(void *data, const char *path, const char *text, unsigned timeout,
			 struct error *e)
{
	struct machine *m = data;
	struct function *f = NULL;
	char driver[32];

	assert_true(timeout > 0);
	snprintf(m->log + strlen(m->log), sizeof(m->log) - strlen(m->log), "%s < %s\n",
		 path + strlen("/sys/bus/pci/"), *text == '\n' ? "-" : text);
	for (size_t i = 0; i < ARRAY_SIZE(m->f); i++)
		if (strstr(path, m->f[i].address))
			f = &m->f[i];
	if (f && str_ends(path, "/driver_override")) {
		if (f->hangs && !strcmp(f->driver, "hung"))
			return error_set(e, ETIMEDOUT, "no answer");
		/* as driver_set_override(): an empty write changes nothing, a newline
		 * clears */
		snprintf(f->override, sizeof(f->override), "%s",
			 *text == '\n' ? "" : text);
		return 0;
	}
	f = find(m, text);
	if (!f)
		return error_set(e, ENODEV, "no such device");
	if (str_ends(path, "/drivers_probe")) {
		if (!*f->driver && takes(m, f, "vfio-pci"))
			strcpy(f->driver, "vfio-pci");
		else if (!*f->driver && takes(m, f, f->native))
			strcpy(f->driver, f->native);
		return 0; /* also when nothing took it */
	}
	assert_int_equal(sscanf(path, "/sys/bus/pci/drivers/%31[^/]", driver), 1);
	if (str_ends(path, "/unbind")) {
		if (f->hangs) {
			strcpy(f->driver, "hung");
			return error_set(e, ETIMEDOUT, "no answer");
		}
		if (strcmp(f->driver, driver) != 0)
			return error_set(e, ENODEV, "not bound to it");
		f->driver[0] = '\0';
		return 0;
	}
	if (*f->driver || !takes(m, f, driver))
		return error_set(e, *f->driver ? EBUSY : ENODEV, "no match");
	strcpy(f->driver, driver);
	return 0;
}

static int machine_run(void *data, const struct step *s, struct error *e)
{
	struct machine *m = data;

	assert_string_equal(s->argv.v[0], "modprobe");
	if (m->modprobe_fails)
		return error_set(e, EPROTO, "modprobe failed");
	m->registered = !m->modprobe_lies;
	return 0;
}

static bool machine_is_registered(void *data, const char *driver)
{
	const struct machine *m = data;

	return strcmp(driver, "vfio-pci") != 0 || m->registered;
}

static char *machine_driver(void *data, const char *address)
{
	struct function *f = find(data, address);

	return f && *f->driver ? xstrdup(f->driver) : NULL;
}

static char *machine_override(void *data, const char *address)
{
	struct function *f = find(data, address);

	return f && *f->override ? xstrdup(f->override) : NULL;
}

/* A graphics card of two functions in group 28, as the machine and as pci_load() has it.
 */
struct card {
	struct machine m;
	struct pci_device d[2];
	struct bind_request r;
	struct pci_devices all;
};

/* For n functions, from the one with that number on. */
static void ask(struct card *c, size_t first, size_t n, const char *driver)
{
	bool force = c->r.force;

	bind_request_done(&c->r);
	c->r.force = force;
	for (size_t i = first; i < first + n; i++)
		bind_request_add(&c->r, &c->d[i], driver);
}

static void card_init(struct card *c, const char *driver0, const char *driver1)
{
	const char *drivers[] = { driver0, driver1 };

	*c = (struct card){ .m = { .f = { { .native = "nvidia" },
					  { .native = "snd_hda_intel" } },
				   .registered = true } };
	for (unsigned i = 0; i < 2; i++) {
		struct pci_device *d = &c->d[i];

		d->at = (struct pci_address){ .bus = 0x0b, .function = (uint8_t)i };
		pci_address_format(d->at, d->address);
		d->class_code = i ? 0x040300 : 0x030000;
		d->iommu_group = 28;
		d->driver = *drivers[i] ? xstrdup(drivers[i]) : NULL;
		strcpy(c->m.f[i].address, d->address);
		strcpy(c->m.f[i].driver, drivers[i]);
	}
	ask(c, 0, 2, "vfio-pci");
	c->all = (struct pci_devices){ .v = c->d, .n = 2 };
}

static void card_done(struct card *c)
{
	bind_request_done(&c->r);
	for (size_t i = 0; i < 2; i++) {
		free(c->d[i].driver);
		free(c->d[i].driver_override);
		strv_done(&c->d[i].modules);
	}
}

static int execute(struct card *c, const struct tree *t, struct error *e)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	struct bind_io io = { .data = &c->m,
			      .write = machine_write,
			      .run = machine_run,
			      .is_registered = machine_is_registered,
			      .driver = machine_driver,
			      .override = machine_override };

	assert_int_equal(bind_plan(t->host, &c->r, &p, e), 0);
	return bind_execute(&io, &c->r, &p, e);
}

static void register_driver(const struct tree *t, const char *name)
{
	char *dir = xasprintf("/sys/bus/pci/drivers/%s", name);

	tree_mkdir(t, dir);
	free(dir);
}

/* ---- execution ----------------------------------------------------------------------
 */

static void test_bind_to_vfio(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	register_driver(*state, "vfio-pci");
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.f[0].driver, "vfio-pci");
	assert_string_equal(c.m.f[1].driver, "vfio-pci");
	/* the override comes before the unbind */
	assert_string_equal(c.m.log, "devices/0000:0b:00.0/driver_override < vfio-pci\n"
				     "drivers/nvidia/unbind < 0000:0b:00.0\n"
				     "drivers_probe < 0000:0b:00.0\n"
				     "devices/0000:0b:00.1/driver_override < vfio-pci\n"
				     "drivers/snd_hda_intel/unbind < 0000:0b:00.1\n"
				     "drivers_probe < 0000:0b:00.1\n");
}

static void test_already_there(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "vfio-pci", "vfio-pci");
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.log, "");
}

/* vfio-pci.ids= on the command line makes vfio-pci match by itself: the native driver
 * gets the device by its own bind file. */
static void test_back_to_the_native_driver(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "vfio-pci", "snd_hda_intel");
	c.d[0].driver_override = xstrdup("vfio-pci");
	strcpy(c.m.f[0].override, "vfio-pci");
	ask(&c, 0, 1, "nvidia");
	register_driver(*state, "nvidia");
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.f[0].driver, "nvidia");
	assert_string_equal(c.m.log, "devices/0000:0b:00.0/driver_override < -\n"
				     "drivers/vfio-pci/unbind < 0000:0b:00.0\n"
				     "drivers/nvidia/bind < 0000:0b:00.0\n");
}

/* An override that a bind left behind, and that its own driver did not obey: it goes, and
 * the driver stays. What is the driver's own, or VFIO's, stays. */
static void test_stale_override(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	c.d[0].driver_override = xstrdup("vfio-pci");
	strcpy(c.m.f[0].override, "vfio-pci");
	c.d[1].driver_override = xstrdup("snd_hda_intel");
	strcpy(c.m.f[1].override, "snd_hda_intel");
	bind_request_done(&c.r);
	bind_request_add(&c.r, &c.d[0], "nvidia");
	bind_request_add(&c.r, &c.d[1], "snd_hda_intel");
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.log, "devices/0000:0b:00.0/driver_override < -\n");
	assert_string_equal(c.m.f[0].driver, "nvidia");
	assert_string_equal(c.m.f[1].override, "snd_hda_intel");
}

static void test_unbind(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "vfio-pci", "");
	c.d[0].driver_override = xstrdup("vfio-pci");
	strcpy(c.m.f[0].override, "vfio-pci");
	ask(&c, 0, 2, NULL);
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.f[0].driver, "");
	assert_string_equal(c.m.f[0].override, "");
	assert_string_equal(c.m.f[1].driver, "");
}

/* One goes to a VM and the other comes back: each has its own driver. */
static void test_drivers_of_their_own(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "vfio-pci");
	c.d[1].driver_override = xstrdup("vfio-pci");
	strcpy(c.m.f[1].override, "vfio-pci");
	ask(&c, 0, 1, "vfio-pci");
	bind_request_add(&c.r, &c.d[1], "snd_hda_intel");
	register_driver(*state, "vfio-pci");
	register_driver(*state, "snd_hda_intel");
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.f[0].driver, "vfio-pci");
	assert_string_equal(c.m.f[1].driver, "snd_hda_intel");
	assert_string_equal(c.m.f[1].override, "");
}

/* As pci_load() would have it now. */
static void look_again(struct card *c)
{
	for (size_t i = 0; i < 2; i++) {
		free(c->d[i].driver);
		free(c->d[i].driver_override);
		c->d[i].driver = machine_driver(&c->m, c->d[i].address);
		c->d[i].driver_override = machine_override(&c->m, c->d[i].address);
	}
}

/* Nothing is kept of a bind that was taken back, in either of the two ways. */
static void test_there_and_back(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	register_driver(*state, "vfio-pci");
	register_driver(*state, "nvidia");
	register_driver(*state, "snd_hda_intel");
	for (int i = 0; i < 100; i++) {
		c.m.log[0] = '\0';
		ask(&c, 0, 2, "vfio-pci");
		assert_int_equal(execute(&c, *state, &e), 0);
		look_again(&c);
		if (i % 2) {
			ask(&c, 0, 2, NULL);
			assert_int_equal(execute(&c, *state, &e), 0);
			look_again(&c);
			/* what the next probe does */
			assert_string_equal(c.m.f[0].driver, "");
			assert_int_equal(machine_write(&c.m, "/sys/bus/pci/drivers_probe",
						       c.d[0].address, 1, NULL),
					 0);
			look_again(&c);
		}
		ask(&c, 0, 1, "nvidia");
		bind_request_add(&c.r, &c.d[1], "snd_hda_intel");
		assert_int_equal(execute(&c, *state, &e), 0);
		look_again(&c);
		assert_string_equal(c.m.f[0].driver, "nvidia");
		assert_string_equal(c.m.f[1].driver, "snd_hda_intel");
		assert_null(c.d[0].driver_override);
		assert_null(c.d[1].driver_override);
		assert_null(strstr(c.m.log, "new_id"));
	}
}

/* drivers_probe says yes though nothing took the device: both get their drivers back. */
static void test_probe_that_lies(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	c.m.f[1].stubborn = true;
	register_driver(*state, "vfio-pci");
	assert_true(execute(&c, *state, &e) < 0);
	assert_int_equal(e.code, ERROR_FAILED);
	assert_true(e.rolled_back);
	assert_string_equal(e.what, "vfio-pci did not take 0000:0b:00.1; every device is "
				    "as it was before");
	assert_string_equal(c.m.f[0].driver, "nvidia");
	assert_string_equal(c.m.f[0].override, "");
	assert_string_equal(c.m.f[1].driver, "snd_hda_intel");
	assert_string_equal(c.m.f[1].override, "");
}

static void test_hung_unbind(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	c.m.f[1].hangs = true;
	register_driver(*state, "vfio-pci");
	assert_int_equal(execute(&c, *state, &e), -ETIMEDOUT);
	assert_int_equal(e.code, ERROR_FAILED);
	assert_false(e.rolled_back);
	assert_non_null(strstr(e.what, "not as before: 0000:0b:00.1 has the driver hung "
				       "now, before it had snd_hda_intel"));
	assert_non_null(strstr(e.hint, "sudo slicer pci bind 0000:0b:00.1 "
				       "--driver=snd_hda_intel"));
	assert_string_equal(c.m.f[0].driver, "nvidia");
}

/* A native driver that does not know the device: vfio-pci, by its override, has it again.
 */
static void test_wrong_native_driver(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "vfio-pci", "");
	c.d[0].driver_override = xstrdup("vfio-pci");
	strcpy(c.m.f[0].override, "vfio-pci");
	ask(&c, 0, 1, "e1000e");
	register_driver(*state, "e1000e");
	assert_int_equal(execute(&c, *state, &e), -ENODEV);
	assert_int_equal(e.code, ERROR_FAILED);
	assert_true(e.rolled_back);
	assert_string_equal(c.m.f[0].driver, "vfio-pci");
	assert_string_equal(c.m.f[0].override, "vfio-pci");
}

/* A module that does not load has changed nothing: refused, not failed. */
static void test_module(void **state)
{
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	c.m.registered = false;
	c.m.modprobe_fails = true;
	assert_int_equal(execute(&c, *state, &e), -EPROTO);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(c.m.log, "");
	c.m.modprobe_fails = false;
	/* ... nor has one that loads without bringing the driver */
	c.m.modprobe_lies = true;
	assert_int_equal(execute(&c, *state, &e), -ENOENT);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(c.m.log, "");
	c.m.modprobe_lies = false;
	assert_int_equal(execute(&c, *state, &e), 0);
	assert_string_equal(c.m.f[0].driver, "vfio-pci");
}

/* ---- checks --------------------------------------------------------------------------
 */

static void test_no_iommu(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	c.d[0].iommu_group = c.d[1].iommu_group = -1;
	register_driver(t, "vfio-pci");
	c.r.force = true;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -ENODEV);
	assert_int_equal(e.code, ERROR_REFUSED);
	/* the way back needs no IOMMU */
	ask(&c, 0, 2, NULL);
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
}

static void test_rest_of_the_group(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };
	char *all;

	card_init(&c, "nvidia", "snd_hda_intel");
	register_driver(t, "vfio-pci");
	ask(&c, 0, 1, "vfio-pci");
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	all = strv_join(&warnings, "\n");
	assert_non_null(strstr(all, "IOMMU group 28 also holds 0000:0b:00.1 "
				    "(snd_hda_intel)"));
	assert_non_null(strstr(all, "--group"));
	free(all);
}

/* The IOMMU is on, and one device has no group: igfx_off leaves out the unit that only
 * graphics are behind (linux drivers/iommu/intel/iommu.c, init_no_remapping_devices()).
 */
static void test_left_out_of_the_iommu(void **state)
{
	static const struct {
		const char *cmdline;
		uint32_t class_code;
		const char *says, *hint;
	} cases[] = {
		{ "quiet intel_iommu=on,igfx_off iommu=pt", 0x030000,
		  "(intel_iommu=on,igfx_off)", "--remove-param intel_iommu=on,igfx_off" },
		{ "intel-iommu=igfx_off", 0x038000, "(intel-iommu=igfx_off)",
		  "--remove-param intel-iommu=igfx_off" },
		/* another device's reason is another one, and so is another word */
		{ "intel_iommu=on,igfx_off", 0x020000,
		  "no unit that is on has this device", "firmware" },
		{ "intel_iommu=on myigfx_off", 0x030000,
		  "no unit that is on has this device", "firmware" },
	};
	const struct tree *t = *state;
	struct mounts m = { .known = true };

	register_driver(t, "vfio-pci");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_done) struct strv warnings = { 0 };
		CLEANUP(card_done) struct card c;
		struct error e = { 0 };

		card_init(&c, "i915", "snd_hda_intel");
		tree_write(t, "/proc/cmdline", cases[i].cmdline);
		c.d[0].iommu_group = -1;
		c.d[0].class_code = cases[i].class_code;
		ask(&c, 0, 1, "vfio-pci");
		assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e),
				 -ENODEV);
		assert_null(strstr(e.what, "IOMMU is off"));
		assert_non_null(strstr(e.what, "0000:0b:00.0 is in no IOMMU group"));
		assert_non_null(strstr(e.what, cases[i].says));
		assert_non_null(strstr(e.hint, cases[i].hint));
		/* the other one can go */
		ask(&c, 1, 1, "vfio-pci");
		assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	}
}

/* Intel's VMD and a disk below it: one group, but no siblings (linux
 * drivers/pci/controller/vmd.c; a report: spdk/spdk issue 1360). */
static void test_below_a_controller(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	const struct pci_device **group;
	struct mounts m = { .known = true };
	struct error e = { 0 };
	char *all;

	card_init(&c, "vmd", "nvme");
	register_driver(t, "vfio-pci");
	tree_mkdir(t, "/sys/class/block");
	c.d[0].class_code = 0x010400;
	c.d[1].class_code = 0x010802;
	c.d[1].controller = xstrdup(c.d[0].address);
	/* --group takes the controller alone; the disk is no blocker, it goes along */
	assert_int_equal(group_endpoints(&c.all, &c.d[0], &group), 1);
	assert_ptr_equal(group[0], &c.d[0]);
	free(group);
	ask(&c, 0, 1, "vfio-pci");
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	all = strv_join(&warnings, "\n");
	assert_non_null(strstr(all, "what is below 0000:0b:00.0 goes along with it: "
				    "0000:0b:00.1"));
	assert_null(strstr(all, "also holds"));
	free(all);
	/* The disk by itself: not by force either. The way back is free. */
	ask(&c, 1, 1, "vfio-pci");
	c.r.force = true;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EPERM);
	assert_non_null(strstr(e.what, "it is below 0000:0b:00.0"));
	assert_non_null(strstr(e.hint, "slicer doctor 0000:0b:00.0"));
	register_driver(t, "nvme");
	ask(&c, 1, 1, NULL);
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	free(c.d[1].controller);
}

static void test_no_driver(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	tree_write(t, "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	tree_write(t, "/usr/lib/modules/6.1.0-18-amd64/modules.builtin", "");
	tree_write(t, "/usr/lib/modules/6.1.0-18-amd64/modules.dep", "");
	tree_link(t, "usr/lib", "/lib");
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -ENOENT);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_non_null(strstr(e.what, "vfio-pci"));
}

static void test_force(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };

	card_init(&c, "nvidia", "snd_hda_intel");
	register_driver(t, "vfio-pci");
	c.d[0].num_vfs = 2;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EBUSY);
	assert_string_equal(e.what, "0000:0b:00.0 can't be taken: 2 virtual functions of "
				    "it are enabled");
	assert_non_null(strstr(e.hint, "--force"));
	c.r.force = true;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	/* a bridge is never taken */
	c.d[0].class_code = 0x060400;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EBUSY);
	assert_null(strstr(e.hint, "--force"));
	/* nor is a CardBus bridge, whatever its class says */
	c.d[0].class_code = 0xff0000;
	c.d[0].header_type = 2;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EBUSY);
	assert_null(strstr(e.hint, "--force"));
	/* one that is where it should be is not looked at */
	free(c.d[0].driver);
	c.d[0].driver = xstrdup("vfio-pci");
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
}

static int check_all(const struct tree *t, struct card *c, struct strv *warnings,
		     struct error *e)
{
	struct mounts m = { .known = true };

	strv_done(warnings);
	return bind_check(t->host, &m, &c->all, &c->r, warnings, e);
}

/* Who uses the virtual functions is said, too, and the command is for that device. */
static void test_virtual_functions(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct error e = { 0 };

	card_init(&c, "mlx5_core", "vfio-pci");
	register_driver(t, "vfio-pci");
	c.d[0].num_vfs = 1;
	c.d[1].physfn = xstrdup(c.d[0].address);
	ask(&c, 0, 1, "vfio-pci");
	assert_int_equal(check_all(t, &c, &warnings, &e), -EBUSY);
	assert_string_equal(e.what, "0000:0b:00.0 can't be taken: 1 virtual functions of "
				    "it are enabled: 0000:0b:00.1 (vfio-pci)");
	assert_non_null(strstr(e.hint, "/sys/bus/pci/devices/0000:0b:00.0/sriov_numvfs"));
	/* one of them is bound like any other */
	ask(&c, 1, 1, "vfio-pci");
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	free(c.d[1].physfn);
}

/* vfio-pci's list of devices; a report: intel/intel-device-plugins-for-kubernetes 517. */
static void test_denylist(void **state)
{
	static const char option[] = "/sys/module/vfio_pci/parameters/disable_denylist";
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	CLEANUP(free_char) char *path = tree_path(t, option);
	struct error e = { 0 };

	card_init(&c, "c6xxvf", "c6xxvf");
	register_driver(t, "vfio-pci");
	register_driver(t, "qat_vfio_pci");
	c.d[0].vendor = 0x8086;
	c.d[0].device = 0x37c9; /* a virtual function of C62x */
	assert_int_equal(check_all(t, &c, &warnings, &e), -EPERM);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_non_null(strstr(e.what, "0000:0b:00.0 can't be bound: vfio-pci refuses"));
	assert_non_null(strstr(e.hint, "vfio_pci.disable_denylist=1"));
	/* to be loaded with the option, as modprobe(8) is told */
	tree_write(t, "/etc/modprobe.d/qat.conf",
		   "options vfio-pci ids=8086:37c9 disable_denylist=1\n");
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	assert_non_null(strstr(warnings.v[0], "guests that you trust"));
	tree_write(t, "/proc/cmdline", "quiet vfio-pci.disable_denylist=0\n");
	assert_int_equal(check_all(t, &c, &warnings, &e), -EPERM);
	/* loaded: what it was told then counts, and not what the files say now */
	tree_write(t, option, "Y\n");
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	tree_write(t, option, "N\n");
	assert_int_equal(check_all(t, &c, &warnings, &e), -EPERM);
	/* Linux before 5.9 has no such list */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	tree_write(t, option, "N\n");
	c.r.force = true;
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	c.r.force = false;
	/* VFIO's other drivers have no list, nor has the way back; other models are free
	 */
	ask(&c, 0, 2, "qat_vfio_pci");
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	ask(&c, 0, 2, NULL);
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	ask(&c, 0, 2, "vfio-pci");
	c.d[0].device = 0x4941;
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
	/* it was bound before: with the option, or by an older kernel */
	c.d[0].device = 0x37c9;
	free(c.d[0].driver);
	c.d[0].driver = xstrdup("vfio-pci");
	assert_int_equal(check_all(t, &c, &warnings, &e), 0);
}

static void test_dead(void **state)
{
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };

	card_init(&c, "amdgpu", "snd_hda_intel");
	register_driver(t, "vfio-pci");
	c.d[0].no_answer = true;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EIO);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(e.what,
			    "0000:0b:00.0 can't be bound: it does not answer: its "
			    "configuration space is all ones");
	assert_non_null(strstr(e.hint, "power"));
	c.r.force = true;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	assert_non_null(strstr(warnings.v[0], "overruled by --force"));
	/* By the log, of the other function; nothing is bound by an unbind. */
	c.r.force = c.d[0].no_answer = false;
	tree_write(t, "/dev/kmsg",
		   "6,0,0,-;Linux version 6.8.0\n"
		   "3,901,675590673,-;snd_hda_intel 0000:0b:00.1: Unable to change power "
		   "state from D3cold to D0, device inaccessible\n");
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), -EIO);
	assert_non_null(strstr(e.what, "0000:0b:00.1 can't be bound"));
	assert_null(strstr(e.what, "0000:0b:00.0"));
	ask(&c, 0, 2, NULL);
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
}

/* Memory that the firmware keeps is a warning, once for the group. */
static void test_reserved(void **state)
{
	static char region[] = "0x000000005fffe000 0x000000005fffffff direct";
	char *text, *found;
	const struct tree *t = *state;
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(card_done) struct card c;
	struct mounts m = { .known = true };
	struct error e = { 0 };

	card_init(&c, "igb", "igb");
	register_driver(t, "vfio-pci");
	tree_write(t, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n\n");
	c.d[0].direct_region = c.d[1].direct_region = region;
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	text = strv_join(&warnings, "\n");
	found = strstr(text, "IOMMU group 28");
	assert_non_null(found);
	assert_non_null(strstr(found, "refuses to give it to a VM"));
	assert_null(strstr(found + 1, "IOMMU group 28"));
	free(text);
	strv_done(&warnings);
	ask(&c, 0, 2, NULL);
	assert_int_equal(bind_check(t->host, &m, &c.all, &c.r, &warnings, &e), 0);
	text = strv_join(&warnings, "\n");
	assert_null(strstr(text, "IOMMU group 28"));
	free(text);
}

static void test_driver_names(void **state)
{
	static const char *const bad[] = {
		"", "-r", "../x", "a/b", "a ", " a", "a;b", "."
	};
	const struct tree *t = *state;
	struct error e = { 0 };
	char *name;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(driver_name(t->host, bad[i], &name, &e), -EINVAL);
		assert_int_equal(e.code, ERROR_USAGE);
	}
	assert_int_equal(driver_name(t->host, "vfio_pci", &name, &e), 0);
	assert_string_equal(name, "vfio-pci");
	free(name);
	register_driver(t, "xhci_hcd");
	assert_int_equal(driver_name(t->host, "xhci-hcd", &name, &e), 0);
	assert_string_equal(name, "xhci_hcd");
	free(name);
}

static void test_groups(void **state)
{
	CLEANUP(card_done) struct card c;
	const struct pci_device **v = NULL;
	struct pci_device d = { 0 };
	char driver[] = "shpchp";

	(void)state;
	card_init(&c, "nvidia", "snd_hda_intel");
	assert_int_equal(group_endpoints(&c.all, &c.d[1], &v), 2);
	assert_ptr_equal(v[0], &c.d[0]);
	free(v);
	c.d[0].class_code = 0x060400;
	assert_int_equal(group_endpoints(&c.all, &c.d[1], &v), 1);
	free(v);
	assert_null(group_blocker(&d, "6.8.0"));
	d.driver = driver;
	assert_string_equal(group_blocker(&d, "6.8.0"), "shpchp");
	/* up to 5.18 a bridge is in nobody's way; what is none by its header is */
	assert_string_equal(group_blocker(&d, "5.15.0-161-generic"), "shpchp");
	d.header_type = 1;
	assert_null(group_blocker(&d, "5.15.0-161-generic"));
	assert_null(group_blocker(&d, "5.18.19"));
	assert_string_equal(group_blocker(&d, "5.19.0"), "shpchp");
	assert_string_equal(group_blocker(&d, "5.14.0-503.11.1.el9_5.x86_64"), "shpchp");
	assert_string_equal(group_blocker(&d, NULL), "shpchp");
	strcpy(driver, "pci");
	assert_true(driver_is_vfio("mlx5_vfio_pci"));
	assert_false(driver_is_vfio(NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bind_to_vfio),
		TEST(test_already_there),
		TEST(test_back_to_the_native_driver),
		TEST(test_stale_override),
		TEST(test_unbind),
		TEST(test_drivers_of_their_own),
		TEST(test_there_and_back),
		TEST(test_probe_that_lies),
		TEST(test_hung_unbind),
		TEST(test_wrong_native_driver),
		TEST(test_module),
		TEST(test_no_iommu),
		TEST(test_rest_of_the_group),
		TEST(test_left_out_of_the_iommu),
		TEST(test_below_a_controller),
		TEST(test_no_driver),
		TEST(test_force),
		TEST(test_virtual_functions),
		TEST(test_denylist),
		TEST(test_dead),
		TEST(test_reserved),
		TEST(test_driver_names),
		TEST(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
