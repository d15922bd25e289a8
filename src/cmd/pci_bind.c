/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci bind and pci unbind: move devices between drivers, all or nothing. */
#include <errno.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "devices/devices.h"
#include "report/advice.h"

enum { BIND_DRIVER = 1, BIND_GROUP, BIND_DRY_RUN, BIND_FORCE, BIND_TIMEOUT };

/* The first one is pci bind's alone. */
static const struct option_spec options[] = {
	{ "driver", 0, "NAME", "the driver to bind to (vfio-pci)", BIND_DRIVER },
	{ "group", 0, NULL, "take every endpoint of the IOMMU group", BIND_GROUP },
	{ "dry-run", 0, NULL, "show the steps, change nothing", BIND_DRY_RUN },
	{ "force", 0, NULL, "also take what the host uses; never the root disk",
	  BIND_FORCE },
	{ "timeout", 0, "S", "seconds that a driver has to answer (30)", BIND_TIMEOUT },
	{ 0 },
};

struct bind_options {
	const char *driver;
	bool group, dry_run, force;
	unsigned timeout_s;
};

static int parse_timeout(const char *value, unsigned *ret, struct error *e)
{
	size_t n = strlen(value);
	unsigned long s = strtoul(value, NULL, 10);

	if (!n || n > 5 || strspn(value, "0123456789") != n || s < 1 || s > 3600) {
		error_usage(e, "--timeout takes 1 to 3600 seconds, not \"%.80s\"", value);
		error_hint(e, "without --timeout a driver has 30 seconds to answer");
		return -EINVAL;
	}
	*ret = (unsigned)s;
	return 0;
}

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct bind_options *o = data;

	switch (id) {
	case BIND_DRIVER:
		o->driver = value;
		return 0;
	case BIND_GROUP:
		o->group = true;
		return 0;
	case BIND_DRY_RUN:
		o->dry_run = true;
		return 0;
	case BIND_FORCE:
		o->force = true;
		return 0;
	default:
		return parse_timeout(value, &o->timeout_s, e);
	}
}

/* Is this the machine, and are we its root? Said before anything is looked at. */
static int check_may(const struct context *c, const struct command *cmd, bool dry_run,
		     struct error *e)
{
	if (dry_run)
		return 0;
	if (!host_is_live(c->host)) {
		error_set(e, EOPNOTSUPP, "slicer %s works on the running machine only",
			  cmd->verb);
		error_hint(e, "--dry-run shows the steps for %s", host_root(c->host));
		return -EOPNOTSUPP;
	}
	if (geteuid() != 0) {
		error_set(e, EPERM, "slicer %s has to be run as root", cmd->verb);
		error_hint(e, "sudo slicer %s ...; --dry-run shows the steps", cmd->verb);
		return -EPERM;
	}
	return 0;
}

static json_t *json_moves(const struct bind_request *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->n; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "address", json_text(r->v[i]->address));
		json_object_set_new(o, "driver_before", json_text(r->v[i]->driver));
		json_object_set_new(o, "driver_after", json_text(r->driver));
		json_array_append_new(a, o);
	}
	return a;
}

static int print_json(const struct context *c, const struct bind_request *r,
		      const struct plan *p, bool dry_run, struct error *e)
{
	json_t *doc = json_document("slicer.plan/1");
	bool changed = !plan_is_empty(p);

	json_object_set_new(doc, "changed", json_boolean(changed));
	json_object_set_new(doc, "applied", json_boolean(changed && !dry_run));
	json_object_set_new(doc, "verified", dry_run ? json_null() : json_true());
	json_object_set_new(doc, "rolled_back", json_false());
	json_object_set_new(doc, "deferred", json_array());
	json_object_set_new(doc, "reboot_required", json_false());
	json_object_set_new(doc, "steps", report_plan_steps(p));
	json_object_set_new(doc, "warnings", json_advice(c->root, &p->warnings));
	json_object_set_new(doc, "next", json_advice(c->root, &p->next));
	json_object_set_new(doc, "devices", json_moves(r));
	return json_print(&c->out, doc, e);
}

static void print_warnings(const struct context *c, const struct plan *p)
{
	const struct output *o = &c->out;
	struct advice a = { .root = c->root };

	for (size_t i = 0; i < p->warnings.n; i++) {
		CLEANUP(str_done) struct str text = { 0 }, safe = { 0 };

		advice_add(&a, p->warnings.v[i], &text);
		str_add_printable(&safe, str_c(&text), text.len);
		fprintf(o->err, "%swarning:%s %s\n", paint_on(o->color_err, PAINT_WARN),
			paint_off(o->color_err), str_c(&safe));
	}
}

static void print_moves(const struct context *c, const struct bind_request *r,
			const struct plan *p)
{
	const struct output *o = &c->out;
	struct advice a = { .root = c->root };
	const char *now = r->driver ? r->driver : "no driver";

	if (o->quiet)
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct pci_device *d = r->v[i];

		if (!driver_same(d->driver, r->driver))
			fprintf(o->out, "%s: %s -> %s\n", d->address,
				d->driver ? d->driver : "no driver", now);
		else if (!r->driver && d->driver_override)
			fprintf(o->out, "%s: no driver, driver_override cleared\n",
				d->address);
		else
			fprintf(o->out, "%s: has %s already, nothing to do\n", d->address,
				now);
	}
	for (size_t i = 0; i < p->next.n; i++) {
		CLEANUP(str_done) struct str text = { 0 }, safe = { 0 };

		advice_add(&a, p->next.v[i], &text);
		str_add_printable(&safe, str_c(&text), text.len);
		fprintf(o->out, "%s\n", str_c(&safe));
	}
}

static bool is_moved(const struct bind_request *r, const struct pci_device *d)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i] == d)
			return true;
	return false;
}

/* Whole groups in VFIO's hands can go to a VM. */
static void add_next(const struct pci_devices *all, const struct bind_request *r,
		     struct plan *p)
{
	if (!driver_is_vfio(r->driver))
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct pci_device *d = r->v[i];
		bool ready = true, first = true;

		for (size_t k = 0; k < all->n; k++) {
			const struct pci_device *x = &all->v[k];

			if (x->iommu_group == d->iommu_group && !is_moved(r, x) &&
			    group_blocker(x))
				ready = false;
		}
		for (size_t k = 0; k < i; k++)
			first &= r->v[k]->iommu_group != d->iommu_group;
		if (ready && first)
			plan_next(p,
				  "IOMMU group %ld is ready for a VM: sudo slicer vm "
				  "command %s",
				  d->iommu_group, d->address);
	}
}

static int make_plan(const struct context *c, const struct pci_devices *all,
		     const struct bind_request *r, struct plan *p, struct error *e)
{
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	int err;

	mounts_load(c->host, &mounts, NULL);
	err = bind_check(c->host, &mounts, all, r, &p->warnings, e);
	if (err == 0)
		err = bind_plan(c->host, r, p, e);
	if (err == 0)
		add_next(all, r, p);
	return err;
}

static int carry_out(const struct context *c, const struct bind_request *r,
		     const struct plan *p, bool dry_run, struct error *e)
{
	const struct output *o = &c->out;
	int err = 0;

	if (!dry_run)
		err = bind_apply(c->host, r, p, e);
	if (err < 0) {
		if (!o->json)
			print_warnings(c, p);
		return err;
	}
	if (o->json)
		return print_json(c, r, p, dry_run, e);
	if (dry_run && !plan_is_empty(p)) {
		report_plan_text(o, c->root, p);
		return 0;
	}
	print_warnings(c, p);
	print_moves(c, r, p);
	return 0;
}

static int move(const struct context *c, const struct strv *addresses,
		const struct bind_options *o, const char *driver, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	CLEANUP(close_fd) int lock = -1;
	struct bind_request r = { .driver = driver,
				  .force = o->force,
				  .timeout_s = o->timeout_s };
	int err;

	if (!o->dry_run) {
		lock = host_lock(c->host, e);
		if (lock < 0)
			return lock;
	}
	err = named_devices_load(c, addresses, o->group, &devices, e);
	if (err < 0)
		return err;
	r.v = devices.v;
	r.n = devices.n;
	err = make_plan(c, &devices.all, &r, &plan, e);
	return err < 0 ? err : carry_out(c, &r, &plan, o->dry_run, e);
}

static int run(const struct command *cmd, struct context *c, int argc, char **argv,
	       struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	CLEANUP(free_char) char *driver = NULL;
	struct bind_options o = { .driver = "vfio-pci" };

	if (options_parse(cmd, argc, argv, take_option, &o, &addresses, e) < 0 ||
	    addresses_check(cmd, &addresses, e) < 0)
		return exit_of(e);
	if (cmd == &command_pci_bind && driver_name(c->host, o.driver, &driver, e) < 0)
		return exit_of(e);
	if (check_may(c, cmd, o.dry_run, e) < 0)
		return exit_of(e);
	warn_interrupted(c); /* before the lock is taken */
	return move(c, &addresses, &o, driver, e) < 0 ? exit_of(e) : 0;
}

static int run_bind(struct context *c, int argc, char **argv, struct error *e)
{
	return run(&command_pci_bind, c, argc, argv, e);
}

static int run_unbind(struct context *c, int argc, char **argv, struct error *e)
{
	return run(&command_pci_unbind, c, argc, argv, e);
}

const struct command command_pci_bind = {
	.verb = "pci bind",
	.arguments = "ADDR...",
	.summary = "bind devices to vfio-pci, or to another driver",
	.description = "Binds devices to vfio-pci, so that a VM can have them; with "
		       "--driver, to\n"
		       "another driver, so that the host has them again. All devices or "
		       "none: on a\n"
		       "failure each one is given back to the driver it had. A device "
		       "that the host\n"
		       "uses is refused, and the users are named.",
	.options = options,
	.run = run_bind,
	.schema = "slicer.plan/1",
};

const struct command command_pci_unbind = {
	.verb = "pci unbind",
	.arguments = "ADDR...",
	.summary = "leave devices without a driver",
	.description =
		"Takes devices from their drivers and clears the driver_override, so "
		"that the\nnext probe is native. \"pci bind --driver NAME\" gives "
		"them to a driver again.",
	.options = options + 1,
	.run = run_unbind,
	.schema = "slicer.plan/1",
};
