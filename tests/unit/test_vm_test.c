/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU says, and what is made of it. The messages of QMP are those of QEMU 7.2.22
 * (tests/fuzz/corpus/qmp); the complaints are in the words of QEMU's source and of
 * reports to public projects.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "devices/vm_test.h"
#include "fixture.h"
#include "host/talk.h"

static struct qmp_message parse(const char *name)
{
	CLEANUP(free_char) char *path = xasprintf("../../fuzz/corpus/qmp/%s", name);
	CLEANUP(str_done) struct str s = fixture_read(path);
	struct qmp_message m = { 0 };

	assert_int_equal(qmp_parse(s.s, s.len, &m, NULL), 0);
	return m;
}

static void test_messages(void **state)
{
	static const struct {
		const char *name, *text;
		enum qmp_kind kind;
	} cases[] = {
		{ "greeting", "7.2.22", QMP_GREETING },
		{ "kvm", NULL, QMP_RETURN },
		{ "quit", NULL, QMP_RETURN },
		{ "error", "The command nonsense has not been found", QMP_ERROR },
		{ "event-resume", "RESUME", QMP_EVENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(qmp_message_done)
		struct qmp_message m = parse(cases[i].name);

		assert_int_equal(m.kind, cases[i].kind);
		if (cases[i].text)
			assert_string_equal(m.text, cases[i].text);
		else
			assert_null(m.text);
		assert_false(m.kvm);
	}
}

static const struct qmp_device *device(const struct qmp_message *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->devices[i].id, id) == 0)
			return &m->devices[i];
	return NULL;
}

/* Before the firmware ran, the bridges lead nowhere. */
static void test_devices(void **state)
{
	CLEANUP(qmp_message_done) struct qmp_message before = parse("pci-before");
	CLEANUP(qmp_message_done) struct qmp_message placed = parse("pci-placed");
	const struct qmp_device *d;

	(void)state;
	assert_null(device(&before, "slicer0"));
	d = device(&before, "rp1");
	assert_non_null(d);
	assert_int_equal(d->n_bars, 1);
	assert_false(d->bars[0].is_mapped);

	d = device(&placed, "slicer0");
	assert_non_null(d);
	assert_int_equal(d->vendor, 0x8086);
	assert_int_equal(d->device, 0x10d3);
	assert_int_equal(d->n_bars, 4);
	assert_true(d->bars[0].is_mapped && !d->bars[0].is_io);
	assert_int_equal(d->bars[0].size, 0x20000);
	assert_true(d->bars[2].is_mapped && d->bars[2].is_io);
	assert_non_null(device(&placed, "slicer1"));
	d = device(&placed, "slicer2");
	assert_non_null(d);
	assert_int_equal(d->bars[1].number, 2);
	assert_true(d->bars[1].size == UINT64_C(8) << 30);
	assert_true(d->bars[1].address == UINT64_C(8) << 30);
}

static void test_not_qmp(void **state)
{
	static const char *const lines[] = {
		"", "[]", "1", "{", "{}", "{\"event\": 1}", "qemu: error", "\xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct qmp_message m = { 0 };

		assert_int_equal(qmp_parse(lines[i], strlen(lines[i]), &m, NULL),
				 -EINVAL);
	}
}

/* ---- why it does not work -------------------------------------------------------- */

static struct pci_device devices[] = {
	{ .address = "0000:01:00.0", .iommu_group = 12, .driver = (char *)"vfio-pci" },
	{ .address = "0000:01:00.1",
	  .iommu_group = 12,
	  .driver = (char *)"snd_hda_intel" },
	{ .address = "0000:02:00.0", .iommu_group = 13, .driver = (char *)"nvme" },
};

static struct vm_test explain(const char *line)
{
	const struct pci_device *v[] = { &devices[0] };
	struct pci_devices all = { .v = devices, .n = ARRAY_SIZE(devices) };
	struct endpoints endpoints = { .v = v, .n = 1 };
	struct vm_test t = { 0 };

	strv_add(&t.said, "qemu-system-x86_64: warning: Permission denied /dev/vfio/x");
	strv_add(&t.said, line);
	vm_test_explain(&all, &endpoints, "6.1.0-18-amd64", &t);
	return t;
}

#define QEMU "qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: vfio 0000:01:00.0: "

static void test_causes(void **state)
{
	static const struct {
		const char *line, *why, *advice;
	} cases[] = {
		{ QEMU "group 12 is not viable",
		  "not in VFIO's hands: 0000:01:00.1 (snd_hda_intel)",
		  "sudo slicer pci bind 0000:01:00.0 --group" },
		{ QEMU "failed to open /dev/vfio/12: Permission denied", "may not open",
		  "run it as root" },
		{ QEMU "Could not open '/dev/vfio/12': Permission denied", "may not open",
		  "run it as root" },
		{ QEMU "Could not open '/dev/vfio/12': Device or resource busy",
		  "another virtual machine", "pci show" },
		{ QEMU "Could not open '/dev/vfio/vfio': No such file or directory",
		  "vfio is not loaded", "modprobe vfio-pci" },
		{ QEMU "failed to setup container for group 12: No available IOMMU "
		       "models",
		  "vfio_iommu_type1", "modprobe vfio_iommu_type1" },
		{ QEMU "failed to setup container for group 12: Failed to set iommu for "
		       "container: Operation not permitted",
		  "interrupt remapping", "slicer doctor" },
		/* Before QEMU 5. */
		{ QEMU "failed to setup container for group 12: failed to set iommu for "
		       "container: Operation not permitted",
		  "interrupt remapping", "slicer doctor" },
		{ "qemu-system-x86_64: VFIO_MAP_DMA failed: Cannot allocate memory",
		  "limit of locked memory", "ulimit -l" },
		{ QEMU "failed to setup container for group 12: memory listener "
		       "initialization failed: Region pc.ram: "
		       "vfio_dma_map(0x55a, 0x0, 0x8000000, 0x7f0) = -12 (Cannot "
		       "allocate memory)",
		  "limit of locked memory", "ulimit -l" },
		{ "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot "
		  "allocate memory",
		  "not enough free memory", NULL },
		{ QEMU "error getting device from group 12: Invalid argument",
		  "does not hand out", "pci show" },
		{ "qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0: no such host "
		  "device: No such file or directory",
		  "has gone", NULL },
		/* QEMU 7.2.22 */
		{ "qemu-system-x86_64: -object iommufd,id=iommufd0: Parameter 'qom-type' "
		  "does not accept value 'iommufd'",
		  "by iommufd only", "QEMU 9.0" },
		{ "qemu-system-x86_64: -device vfio-pci,host=0000:01:00.0,"
		  "iommufd=iommufd0: Property 'vfio-pci.iommufd' not found",
		  "by iommufd only", "QEMU 9.0" },
		{ "qemu-system-x86_64: -foo: invalid option", "too old", "--version" },
		{ "qemu-system-x86_64: Property 'pc-q35-7.2-machine.foo' not found",
		  "too old", "--version" },
		{ "qemu-system-x86_64: -device vfio-pcx: 'vfio-pcx' is not a valid "
		  "device model name",
		  "too old", "--version" },
		{ QEMU "failed to setup container for group 51: memory listener "
		       "initialization failed: Region dimm1: vfio_dma_map(0x1) = -14 "
		       "(Bad address)",
		  "did not start", "dmesg" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(vm_test_done) struct vm_test t = explain(cases[i].line);
		CLEANUP(free_char) char *advice = strv_join(&t.advice, "; ");

		if (!strstr(t.why, cases[i].why))
			fail_msg("%s: %s", cases[i].line, t.why);
		if (cases[i].advice && !strstr(advice, cases[i].advice))
			fail_msg("%s: %s", cases[i].line, advice);
	}
}

static void test_kept_by_firmware(void **state)
{
	(void)state;
	devices[0].direct_region = (char *)"0x0 0xfff direct";
	CLEANUP(vm_test_done)
	struct vm_test t = explain(QEMU "failed to setup container for group 12: Failed "
					"to set iommu for container: Operation not "
					"permitted");

	devices[0].direct_region = NULL;
	assert_non_null(strstr(t.why, "RMRR"));
}

/* ---- a program that is spoken to ------------------------------------------------- */

static struct host *open_host(void)
{
	struct host *h = NULL;

	assert_int_equal(host_open(NULL, &h, NULL), 0);
	return h;
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

static void test_talk(void **state)
{
	static const char *const cat[] = { "cat", NULL };
	CLEANUP(host_close) struct host *h = open_host();
	CLEANUP(talk_done) struct talk t = { 0 };
	CLEANUP(str_done) struct str line = { 0 };
	pid_t pid;

	(void)state;
	assert_int_equal(talk_start(h, cat, &t, NULL), 0);
	pid = t.pid;
	assert_int_equal(talk_send(&t, "one"), 0);
	assert_int_equal(talk_send(&t, "two"), 0);
	assert_int_equal(talk_line(&t, seconds_now() + 30, &line), 0);
	assert_string_equal(str_c(&line), "one");
	assert_int_equal(talk_line(&t, seconds_now() + 30, &line), 0);
	assert_string_equal(str_c(&line), "two");
	assert_int_equal(talk_line(&t, seconds_now() + 0.1, &line), -ETIMEDOUT);
	assert_int_equal(talk_end(&t, 0, NULL), 0);
	assert_true(is_gone(pid));
	assert_int_equal(talk_end(&t, 0, NULL), 0);
}

static void test_talk_that_ends(void **state)
{
	static const char *const argv[] = {
		"sh", "-c", "echo last; printf part; echo bad luck >&2; exit 3", NULL
	};
	CLEANUP(host_close) struct host *h = open_host();
	CLEANUP(talk_done) struct talk t = { 0 };
	CLEANUP(str_done) struct str line = { 0 };

	(void)state;
	assert_int_equal(talk_start(h, argv, &t, NULL), 0);
	assert_int_equal(talk_line(&t, seconds_now() + 30, &line), 0);
	assert_string_equal(str_c(&line), "last");
	assert_int_equal(talk_line(&t, seconds_now() + 30, &line), -EPIPE);
	assert_int_equal(talk_end(&t, 30, NULL), 0);
	assert_string_equal(str_c(&t.said), "bad luck\n");
	assert_int_equal(t.status, 3 << 8);
}

/* Endless output without a line, a full stderr, a deaf program with a child. */
static void test_talk_that_misbehaves(void **state)
{
	static const char *const scripts[] = {
		"cat /dev/zero",
		"cat /dev/zero >&2",
		"trap '' TERM INT HUP; sleep 1000 & while :; do sleep 1; done",
	};
	static const int expected[] = { -EMSGSIZE, -ETIMEDOUT, -ETIMEDOUT };
	CLEANUP(host_close) struct host *h = open_host();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		const char *const argv[] = { "sh", "-c", scripts[i], NULL };
		CLEANUP(talk_done) struct talk t = { 0 };
		CLEANUP(str_done) struct str line = { 0 };
		double patience = expected[i] == -ETIMEDOUT ? 0.3 : 60;
		pid_t pid;

		assert_int_equal(talk_start(h, argv, &t, NULL), 0);
		pid = t.pid;
		assert_int_equal(talk_line(&t, seconds_now() + patience, &line),
				 expected[i]);
		assert_int_equal(talk_end(&t, 0, NULL), 0);
		assert_true(is_gone(pid));
		assert_true(t.said.len <= 128u << 10);
	}
}

static void test_talk_not_there(void **state)
{
	static const char *const argv[] = { "no-such-program-at-all", NULL };
	CLEANUP(host_close) struct host *h = open_host();
	CLEANUP(talk_done) struct talk t = { 0 };

	(void)state;
	assert_int_equal(talk_start(h, argv, &t, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_not_qmp),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_kept_by_firmware),
		cmocka_unit_test(test_talk),
		cmocka_unit_test(test_talk_that_ends),
		cmocka_unit_test(test_talk_that_misbehaves),
		cmocka_unit_test(test_talk_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
