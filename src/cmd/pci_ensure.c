/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci ensure: devices are in VFIO's hands with their whole groups, or it is said why not.
 * For units and for programs that start virtual machines. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "cmd/pci_move.h"
#include "cmd/pci_persist.h"
#include "cmd/values.h"

enum { ENSURE_DRY_RUN = 1, ENSURE_TIMEOUT };
#define DEFAULT_TIMEOUT_S 30

static const struct option_spec options[] = {
	{ "dry-run", 0, NULL, "show the steps, change nothing", ENSURE_DRY_RUN, NULL },
	{ "timeout", 0, "S",
	  "how many seconds a driver may take, and how long to wait for another slicer "
	  "(30)",
	  ENSURE_TIMEOUT, NULL },
	{ 0 },
};

struct ensure_options {
	bool dry_run;
	unsigned timeout_s;
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct ensure_options *o = data;

	if (id == ENSURE_TIMEOUT)
		return option_seconds(value, &o->timeout_s, e);
	o->dry_run = true;
	return 0;
}

/* What a VM can't use although VFIO has it is refused, too: a VMM would only fail later.
 * A device that has a driver of VFIO's keeps it, whichever that is. */
static int add_target(const struct bind_world *w, const struct pci_device *d,
		      struct bind_request *r, struct error *e)
{
	CLEANUP(device_answer_done) struct device_answer a = { 0 };

	device_answer(w, d, false, false, &a);
	if (!a.usable)
		return device_refuse(&a, false, e);
	if (driver_is_vfio(d->driver))
		bind_request_add(r, d, d->driver);
	else
		bind_request_add_chosen(r, w->host, w->modules, d);
	return 0;
}

/* Looks, and plans what is missing. */
static int plan(const struct context *c, const struct strv *addresses,
		struct named_devices *devices, struct move *m, struct error *e)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	int err = named_devices_load(c, addresses, true, devices, e);

	if (err < 0)
		return err;
	mounts_load(c->host, &mounts, NULL);
	bind_world_load(c->host, &mounts, &devices->all, &w);
	for (size_t i = 0; i < devices->n && err == 0; i++)
		err = add_target(&w, devices->v[i], &m->request, e);
	return err < 0 ? err : move_plan(c, &devices->all, m, e);
}

/* Units start at the same time: another slicer that changes this host, such as
 * slicer-bind.service, is waited for. */
static int wait_for_lock(const struct host *h, unsigned timeout_s, struct error *e)
{
	static const struct timespec moment = { .tv_nsec = 100 * 1000 * 1000 };
	double until = seconds_now() + timeout_s;
	int lock = host_lock(h, e);

	while (lock == -EWOULDBLOCK && seconds_now() < until) {
		nanosleep(&moment, NULL);
		*e = (struct error){ 0 };
		lock = host_lock(h, e);
	}
	return lock;
}

/* What was planned before the lock was there may no longer be so. */
static int change(const struct context *c, const struct strv *addresses,
		  const struct ensure_options *o, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(move_done) struct move m = { .request.timeout_s = o->timeout_s };
	CLEANUP(close_fd) int lock = -1;
	int err = pci_check_may(c, &command_pci_ensure, false, e);

	if (err < 0)
		return err;
	lock = wait_for_lock(c->host, o->timeout_s, e);
	if (lock < 0)
		return lock;
	err = plan(c, addresses, &devices, &m, e);
	if (err == 0)
		err = move_apply(c, &m, e);
	if (err == 0)
		return move_print(c, &m, e);
	if (!c->out.json)
		move_print_warnings(c, &m);
	return err;
}

static int ensure(const struct context *c, const struct strv *addresses,
		  const struct ensure_options *o, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(move_done) struct move m = { .dry_run = o->dry_run };
	int err = plan(c, addresses, &devices, &m, e);

	if (err < 0)
		return err;
	if (o->dry_run || plan_is_empty(&m.drivers))
		return move_print(c, &m, e);
	return change(c, addresses, o, e);
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	struct ensure_options o = { .timeout_s = DEFAULT_TIMEOUT_S };

	if (options_parse(&command_pci_ensure, argc, argv, take_option, &o, &addresses,
			  e) < 0 ||
	    addresses_check(&command_pci_ensure, &addresses, e) < 0)
		return exit_of(e);
	warn_interrupted(c);
	return ensure(c, &addresses, &o, e) < 0 ? exit_of(e) : 0;
}

const struct command command_pci_ensure = {
	.verb = "pci ensure",
	.arguments = "ADDR...",
	.summary = "make devices ready for a VM, with their whole groups",
	.description = "For services and programs that start VMs. When it ends with "
		       "exit status 0, each device and every endpoint of its IOMMU "
		       "group is bound to VFIO. Else the exit status is 3, and the "
		       "reason is shown.\n\n"
		       "What is bound already stays as it is. If all is bound, nothing "
		       "is changed, and root is not needed. A device that the host "
		       "uses is refused. If another slicer is running, it waits.",
	.options = options,
	.operands = &values_endpoint,
	.run = run,
	.schema = "slicer.plan/1",
};
