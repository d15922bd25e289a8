/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver that a device had before VFIO: what is noted, and what becomes of notes that
 * can't be used. */
#include "devices/original.h"
#include "tree.h"

#include <errno.h>

#define PORT "/sys/devices/pci0000:00/0000:00:01.1"
#define GPU PORT "/0000:0b:00.0"
#define NOTE ORIGINAL_DIR "/0000:0b:00.0.conf"
#define IDS "id=10de:2204\nsubsystem=10de:147d\n"
#define PORTS "ports=0000:00/01.1/00.0\n"

static void add_gpu(const struct tree *t, const char *driver)
{
	CLEANUP(free_char) char *target = xasprintf("/sys/bus/pci/drivers/%s", driver);

	tree_write(t, GPU "/vendor", "0x10de\n");
	tree_write(t, GPU "/device", "0x2204\n");
	tree_write(t, GPU "/subsystem_vendor", "0x10de\n");
	tree_write(t, GPU "/subsystem_device", "0x147d\n");
	tree_write(t, GPU "/class", "0x030000\n");
	tree_link(t, target, GPU "/driver");
	tree_link(t, GPU, "/sys/bus/pci/devices/0000:0b:00.0");
}

struct found {
	struct pci_devices all;
	struct persisted_list files;
	struct bind_request r;
	struct strv warnings;
	struct error e;
	const struct pci_device *v[1];
};

static void found_done(struct found *f)
{
	bind_request_done(&f->r);
	persisted_done(&f->files);
	pci_devices_done(&f->all);
	strv_done(&f->warnings);
	*f = (struct found){ 0 };
}

static void look(const struct tree *t, struct found *f)
{
	found_done(f);
	assert_int_equal(pci_load(t->host, PCI_DETAILS, NULL, &f->all, NULL), 0);
	assert_int_equal(persist_load(t->host, &f->files, NULL), 0);
	persist_match(t->host, &f->all, &f->files);
	f->v[0] = &f->all.v[0];
}

static void set_driver(struct found *f, const char *driver)
{
	free(f->all.v[0].driver);
	f->all.v[0].driver = driver ? xstrdup(driver) : NULL;
}

static void ask(struct found *f, const char *driver)
{
	bind_request_done(&f->r);
	bind_request_add(&f->r, f->v[0], driver);
}

static int request(const struct tree *t, struct found *f)
{
	bind_request_done(&f->r);
	strv_done(&f->warnings);
	f->e = (struct error){ 0 };
	return original_request(t->host, &f->all, &f->files, f->v, 1, &f->r, &f->warnings,
				&f->e);
}

static void test_noted_and_dropped(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_gpu(t, "nvidia");
	look(t, &f);
	ask(&f, "vfio-pci");
	original_remember(t->host, &f.r);
	tree_is(t, NOTE,
		"# For \"slicer pci bind --driver=original\".\n"
		"address=0000:0b:00.0\n" IDS PORTS "twins=yes\noriginal=nvidia\n");
	original_forget(t->host, &f.r, true);
	/* on VFIO now: a second bind, or one to a variant, does not lose it */
	set_driver(&f, "vfio-pci");
	ask(&f, "nvgrace_gpu_vfio_pci");
	original_remember(t->host, &f.r);
	original_forget(t->host, &f.r, true);
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nvidia");
	assert_int_equal(f.warnings.n, 0);
	/* nor does an unbind, after which it is given back by the same command */
	ask(&f, NULL);
	original_forget(t->host, &f.r, true);
	set_driver(&f, NULL);
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nvidia");
	original_forget(t->host, &f.r, true);
	assert_false(host_exists(t->host, NOTE));
	/* it has one of its own: nothing is to be done */
	set_driver(&f, "nouveau");
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nouveau");
	/* a bind that failed leaves it with its driver */
	ask(&f, "vfio-pci");
	original_remember(t->host, &f.r);
	assert_true(host_exists(t->host, NOTE));
	original_forget(t->host, &f.r, false);
	assert_false(host_exists(t->host, NOTE));
}

static void test_unusable(void **state)
{
	static const struct {
		const char *text, *warning;
	} cases[] = {
		{ "", "a key is missing" },
		{ "address=0000:0b:00.0\n" IDS "original=../../etc\n", "can't be used" },
		{ "address=0000:0b:00.0\n" IDS "original=nvidia\nnvidia\n", ":5:" },
		{ "address=../x\n" IDS "original=nvidia\n", "can't be used" },
		{ "\x1b[31m\n", "\\x1b" },
		/* another card of the same model's, and of another model's */
		{ "address=0000:0b:00.0\n" IDS
		  "ports=0000:00/02.0/00.0\ntwins=yes\noriginal=nvidia\n",
		  "is not used: it is not where it was" },
		{ "address=0000:0b:00.0\nid=1002:73ff\nsubsystem=1002:73ff\n"
		  "original=amdgpu\n",
		  "is not used: another device is at its address now" },
		/* nothing that it could be given back to */
		{ "address=0000:0b:00.0\n" IDS PORTS "original=vfio-pci\n", NULL },
		{ "address=0000:0b:00.0\n" IDS PORTS, NULL },
	};
	const struct tree *t = *state;

	add_gpu(t, "vfio-pci");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(found_done) struct found f = { 0 };
		CLEANUP(free_char) char *said = NULL;

		tree_write(t, NOTE, cases[i].text);
		look(t, &f);
		strv_add(&f.all.v[0].modules, "nouveau");
		assert_int_equal(request(t, &f), 0);
		assert_string_equal(f.r.v[0].driver, "nouveau");
		said = strv_join(&f.warnings, "\n");
		if (cases[i].warning)
			assert_non_null(strstr(said, cases[i].warning));
		else
			assert_string_equal(said, "");
	}
}

static void test_modules(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_gpu(t, "vfio-pci");
	look(t, &f);
	assert_int_equal(request(t, &f), -ENOENT);
	assert_int_equal(f.e.code, ERROR_REFUSED);
	assert_non_null(strstr(f.e.what, "no module of the running kernel knows it"));
	strv_add(&f.all.v[0].modules, "nvgrace_gpu_vfio_pci");
	strv_add(&f.all.v[0].modules, "xhci_pci");
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "xhci_hcd");
	strv_add(&f.all.v[0].modules, "nvidia");
	assert_int_equal(request(t, &f), -ENOENT);
	assert_string_equal(f.e.what,
			    "which driver 0000:0b:00.0 had before is not known: it "
			    "could be one of xhci_hcd, nvidia");
	assert_string_equal(f.e.hint,
			    "sudo slicer pci bind 0000:0b:00.0 --driver=xhci_hcd\n"
			    "sudo slicer pci bind 0000:0b:00.0 --driver=nvidia");
}

/* What a file of devices.d says wins: a person may have written it. Once it goes, it is
 * noted. */
static void test_file(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_gpu(t, "vfio-pci");
	tree_write(t, PERSIST_DIR "/gpu.conf",
		   "address=0000:0b:00.0\n" IDS PORTS "original=nvidia\n");
	look(t, &f);
	tree_write(t, NOTE, "address=0000:0b:00.0\n" IDS PORTS "original=nouveau\n");
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nvidia");
	ask(&f, NULL);
	original_keep(t->host, &f.files, &f.r);
	persisted_done(&f.files);
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nouveau");
	look(t, &f);
	assert_int_equal(host_remove(t->host, NOTE, NULL), 0);
	ask(&f, NULL);
	original_keep(t->host, &f.files, &f.r);
	persisted_done(&f.files);
	assert_int_equal(request(t, &f), 0);
	assert_string_equal(f.r.v[0].driver, "nvidia");
}

/* Nothing is bound any worse where no note can be written. */
static void test_no_place(void **state)
{
	const struct tree *t = *state;
	CLEANUP(found_done) struct found f = { 0 };

	add_gpu(t, "nvidia");
	tree_write(t, "/var/lib/slicer", "a file");
	look(t, &f);
	ask(&f, "vfio-pci");
	original_remember(t->host, &f.r);
	original_forget(t->host, &f.r, true);
	assert_int_equal(request(t, &f), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = { TEST(test_noted_and_dropped),
					    TEST(test_unusable), TEST(test_modules),
					    TEST(test_file), TEST(test_no_place) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
