/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/vm_test.h"

#include <errno.h>
#include <time.h>

#include "devices/usage.h"
#include "devices/vm.h"
#include "host/talk.h"

/* Between two looks at what the firmware has done. */
#define LOOK_MS 50
/* What QEMU gets to put down the devices. */
#define QUIT_S 10.0
/* QEMU's lines that are kept: more than that says nothing new. */
#define MAX_SAID 20

void vm_test_done(struct vm_test *t)
{
	free(t->version);
	free(t->v);
	free(t->why);
	strv_done(&t->advice);
	strv_done(&t->said);
	*t = (struct vm_test){ 0 };
}

/*
 * The firmware is QEMU's own SeaBIOS, which finds and places the devices before it looks
 * for something to boot. "strict" and no bootindex: it halts then, and boots from none of
 * them (QEMU docs/bootindex.rst). A small memory: all of it is pinned.
 */
static void make_argv(const struct host *h, const struct endpoints *v, const char *qemu,
		      struct strv *ret)
{
	static const char *const fixed[] = { "-no-user-config",
					     "-nodefaults",
					     "-display",
					     "none",
					     "-m",
					     "128",
					     "-boot",
					     "menu=off,strict=on",
					     "-S",
					     "-qmp",
					     "stdio" };
	CLEANUP(strv_done) struct strv devices = { 0 };
	size_t n = 0;

	strv_add(ret, qemu);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_add(ret, fixed[i]);
	strv_add(ret, "-machine");
	strv_add(ret, host_exists(h, "/dev/kvm") ? "q35,accel=kvm:tcg" : "q35,accel=tcg");
	vm_qemu_arguments(v, vm_choose_iommufd(h, v, false) == VM_IOMMUFD_ONLY, &devices);
	for (size_t i = 0; i < devices.n; i++)
		if (str_starts(devices.v[i], "vfio-pci,"))
			strv_addf(ret, "%s,id=slicer%zu,rombar=0", devices.v[i], n++);
		else
			strv_add(ret, devices.v[i]);
}

/* Waits for the answer to a command; events come in between. */
static int read_answer(struct talk *q, double until, struct qmp_message *ret)
{
	CLEANUP(str_done) struct str line = { 0 };
	int r;

	do {
		qmp_message_done(ret);
		r = talk_line(q, until, &line);
		if (r == 0)
			r = qmp_parse(str_c(&line), line.len, ret, NULL);
	} while (r == 0 && ret->kind == QMP_EVENT);
	return r < 0 ? r : ret->kind == QMP_ERROR ? -EPROTO : 0;
}

static int ask(struct talk *q, const char *command, double until, struct qmp_message *ret)
{
	CLEANUP(free_char) char *line = xasprintf("{\"execute\": \"%s\"}", command);
	int r = talk_send(q, line);

	return r < 0 ? r : read_answer(q, until, ret);
}

/* QEMU attaches all devices before it greets. */
static int begin(struct talk *q, double until, struct vm_test *t)
{
	CLEANUP(qmp_message_done) struct qmp_message m = { 0 };
	int r = read_answer(q, until, &m);

	if (r == 0)
		t->version = take(m.text);
	if (r == 0)
		r = ask(q, "qmp_capabilities", until, &m);
	if (r == 0)
		r = ask(q, "query-kvm", until, &m);
	t->kvm = m.kvm;
	return r < 0 ? r : ask(q, "cont", until, &m);
}

static const struct qmp_device *find_device(const struct qmp_message *m, size_t number)
{
	CLEANUP(free_char) char *id = xasprintf("slicer%zu", number);

	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->devices[i].id, id) == 0)
			return &m->devices[i];
	return NULL;
}

static bool is_placed(const struct vm_test_device *d)
{
	for (size_t i = 0; i < d->n_bars; i++)
		if (!d->bars[i].is_io && !d->bars[i].is_mapped)
			return false;
	return d->is_there;
}

/* Takes over what the machine has. Is all there that is to be there? */
static bool take_devices(const struct qmp_message *m, struct vm_test *t)
{
	bool all = true;

	for (size_t i = 0; i < t->n; i++) {
		const struct qmp_device *there = find_device(m, i);
		struct vm_test_device *d = &t->v[i];

		d->is_there = there;
		d->n_bars = there ? there->n_bars : 0;
		if (there)
			memcpy(d->bars, there->bars, sizeof(d->bars));
		all = all && is_placed(d);
	}
	return all;
}

static int follow_firmware(struct talk *q, double until, struct vm_test *t)
{
	static const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };

	for (;;) {
		CLEANUP(qmp_message_done) struct qmp_message m = { 0 };
		int r = ask(q, "query-pci", until, &m);

		if (r < 0)
			return r;
		t->works = take_devices(&m, t);
		if (t->works)
			return 0;
		if (seconds_now() > until)
			return -ETIMEDOUT;
		nanosleep(&moment, NULL);
	}
}

static void take_said(const struct str *said, struct vm_test *t)
{
	CLEANUP(strv_done) struct strv lines = { 0 };

	strv_split(&lines, str_c(said), "\n");
	for (size_t i = 0; i < lines.n && t->said.n < MAX_SAID; i++)
		if (*lines.v[i])
			strv_take(&t->said, printable(lines.v[i]));
}

/* The machine ran, and time is up: what is missing? */
static void tell_missing(unsigned timeout_s, struct vm_test *t)
{
	for (size_t i = 0; i < t->n && !t->why; i++) {
		const struct vm_test_device *d = &t->v[i];

		if (!t->version)
			t->why = xasprintf("QEMU did not take the devices within %u s",
					   timeout_s);
		else if (!d->is_there)
			t->why = xasprintf(
				"the virtual machine's firmware did not find %s within "
				"%u s",
				d->device->address, timeout_s);
		for (size_t k = 0; k < d->n_bars && !t->why; k++)
			if (!d->bars[k].is_io && !d->bars[k].is_mapped)
				t->why = xasprintf("BAR %u of %s got no address from the "
						   "virtual machine's firmware",
						   d->bars[k].number, d->device->address);
	}
	strv_add(&t->advice, "the kernel log may say more: sudo dmesg | tail");
}

/* It runs, and does not speak QEMU's control protocol. */
static void tell_not_understood(const char *qemu, struct vm_test *t)
{
	t->why = xasprintf("%s did not answer as QEMU does (QMP)", qemu);
	strv_addf(&t->advice, "is it QEMU? see: %s --version", qemu);
}

int vm_test_run(const struct host *h, const struct pci_devices *all,
		const struct endpoints *v, const char *qemu, unsigned timeout_s,
		struct vm_test *ret, struct error *e)
{
	CLEANUP(qmp_message_done) struct qmp_message last = { 0 };
	CLEANUP(talk_done) struct talk q = { .lines = -1, .errors = -1 };
	CLEANUP(strv_done) struct strv argv = { 0 };
	CLEANUP(free_char) char *kernel = host_attr(h, "/proc/sys/kernel/osrelease");
	double start = seconds_now(), until = start + timeout_s;
	int r, ended;

	ret->v = xcalloc(v->n, sizeof(*ret->v));
	ret->n = v->n;
	for (size_t i = 0; i < v->n; i++)
		ret->v[i].device = v->v[i];
	make_argv(h, v, qemu, &argv);
	r = talk_start(h, (const char *const *)argv.v, &q, e);
	if (r < 0)
		return r;
	r = begin(&q, until, ret);
	if (r == 0)
		r = follow_firmware(&q, until, ret);
	ret->seconds = seconds_now() - start;
	if (r == 0)
		ask(&q, "quit", seconds_now() + QUIT_S, &last);
	ended = talk_end(&q, r == 0 ? QUIT_S : r == -EPIPE ? 1 : 0, e);
	take_said(&q.said, ret);
	if (ended < 0)
		return ended;
	if (r == 0)
		vm_test_look_at_said(ret);
	else if (r == -ETIMEDOUT)
		tell_missing(timeout_s, ret);
	else if (r == -EPIPE)
		vm_test_explain(all, v, kernel, ret);
	else if (r < 0)
		tell_not_understood(qemu, ret);
	return 0;
}

bool vm_test_is_possible(const struct host *h)
{
	struct hypervisor_facts there = { 0 };

	return host_is_live(h) && hypervisors_probe(h, &there, NULL) == 0 && there.qemu;
}
