/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm test: does pass-through work, asked of QEMU itself. */
#include <errno.h>

#include "cmd/devices.h"
#include "cmd/values.h"
#include "devices/vm_test.h"
#include "report/vm_test.h"

enum { TEST_TIMEOUT = 1 };
#define DEFAULT_TIMEOUT_S 60

static const struct option_spec options[] = {
	{ "timeout", 0, "S", "how many seconds the test may take (60)", TEST_TIMEOUT,
	  NULL },
	{ 0 },
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	(void)id;
	return option_seconds(value, data, e);
}

static int check_live(const struct context *c, struct error *e)
{
	if (host_is_live(c->host))
		return 0;
	error_set(e, EOPNOTSUPP, "slicer vm test works on the running machine only");
	error_hint(e, "\"slicer vm command\" prints the launch command for %s",
		   host_root(c->host));
	return -EOPNOTSUPP;
}

static int find_qemu(const struct host *h, const char **ret, struct error *e)
{
	struct hypervisor_facts there;

	if (hypervisors_probe(h, &there, e) < 0)
		return -EIO;
	*ret = there.qemu;
	if (*ret)
		return 0;
	error_set(e, ENOENT, "QEMU is not installed: there is nothing to test with");
	error_hint(e, "install it (Debian, Ubuntu: sudo apt install qemu-system-x86)");
	return -ENOENT;
}

/* What VFIO has not got can't be attached; and what pci bind refuses, it will not get. */
static int check_bound(const struct bind_world *w, const struct pci_device *d,
		       struct error *e)
{
	CLEANUP(device_answer_done) struct device_answer a = { 0 };

	device_answer(w, d, false, false, &a);
	if (a.refused)
		return device_refuse(&a, false, e);
	if (a.bound)
		return 0;
	error_set(e, EBUSY, "%s%s is not bound to VFIO yet", d->address,
		  driver_is_vfio(d->driver) ? ": another device of its IOMMU group" : "");
	error_hint(e, "sudo slicer pci bind %s --group", d->address);
	return -EBUSY;
}

static int check_all_bound(const struct context *c, const struct named_devices *d,
			   struct error *e)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	int r = 0;

	mounts_load(c->host, &mounts, NULL);
	bind_world_load(c->host, &mounts, &d->all, &w);
	for (size_t i = 0; i < d->n && r == 0; i++)
		r = check_bound(&w, d->v[i], e);
	return r;
}

/* Returns the exit status, or a negative errno. */
static int test(const struct context *c, const struct strv *addresses, unsigned timeout_s,
		struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(endpoints_done) struct endpoints endpoints = { 0 };
	CLEANUP(vm_test_done) struct vm_test result = { 0 };
	const char *qemu = NULL;
	int r = check_live(c, e);

	if (r == 0)
		r = named_devices_load(c, addresses, false, &devices, e);
	if (r == 0)
		r = check_all_bound(c, &devices, e);
	if (r == 0)
		r = find_qemu(c->host, &qemu, e);
	if (r < 0)
		return r;
	endpoints_collect(&devices.all, devices.v, devices.n, &endpoints);
	r = vm_test_run(c->host, &devices.all, &endpoints, qemu, timeout_s, &result, e);
	if (r == 0)
		r = c->out.json ? report_vm_test_json(&c->out, qemu, &result, e)
				: report_vm_test_text(&c->out, &result, e);
	return r < 0 ? r : !result.works;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	unsigned timeout_s = DEFAULT_TIMEOUT_S;
	int r;

	if (options_parse(&command_vm_test, argc, argv, take_option, &timeout_s,
			  &addresses, e) < 0 ||
	    addresses_check(&command_vm_test, &addresses, e) < 0)
		return exit_of(e);
	warn_interrupted(c);
	r = test(c, &addresses, timeout_s, e);
	return r < 0 ? exit_of(e) : r;
}

const struct command command_vm_test = {
	.verb = "vm test",
	.arguments = "ADDR...",
	.summary = "test that devices work in a VM, without a guest system",
	.description = "Tests that pass-through works. It starts QEMU with every "
		       "endpoint of the devices' IOMMU groups, lets its firmware place "
		       "their memory, asks QEMU what it has, and stops it. All of them "
		       "must be bound to VFIO.\n\n"
		       "No disk is attached and no system is booted. The devices are "
		       "reset, as at every start of a VM.\n\n"
		       "Exit status 0: the devices were there and their memory was "
		       "mapped. 1: they were not; the reason is shown.",
	.options = options,
	.operands = &values_endpoint,
	.run = run,
	.schema = "slicer.vm_test/1",
};
