/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci bind and pci unbind: move devices between drivers, all or nothing, now and with
 * --persist at every boot. */
#include <errno.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "cmd/pci_early.h"
#include "cmd/pci_move.h"
#include "cmd/pci_persist.h"
#include "cmd/setup.h"
#include "cmd/values.h"
#include "devices/original.h"

enum {
	BIND_DRIVER = 1,
	BIND_GROUP,
	BIND_PERSIST,
	BIND_TAKE_OVER,
	BIND_YES,
	BIND_DRY_RUN,
	BIND_FORCE,
	BIND_TIMEOUT
};

#define OPTION_GROUP                                                                     \
	{                                                                                \
		"group", 0, NULL, "take every endpoint of the IOMMU group", BIND_GROUP,  \
			NULL                                                             \
	}
#define OPTIONS_OF_BOTH                                                                  \
	{ "dry-run", 0, NULL, "show the steps, change nothing", BIND_DRY_RUN, NULL },    \
		{ "force",                                                               \
		  0,                                                                     \
		  NULL,                                                                  \
		  "override a refusal (the reason is shown); never for the root disk",   \
		  BIND_FORCE,                                                            \
		  NULL },                                                                \
		{ "timeout",	0,   "S", "how many seconds a driver may take (30)",     \
		  BIND_TIMEOUT, NULL },                                                  \
	{                                                                                \
		0                                                                        \
	}

static const struct option_spec bind_options[] = {
	{ "driver", 0, "NAME",
	  "bind to this driver; original: to the driver that each device had before",
	  BIND_DRIVER, &values_driver },
	OPTION_GROUP,
	{ "persist", 0, "[initramfs]",
	  "also bind them at every boot; =initramfs: before other drivers are loaded",
	  BIND_PERSIST, &values_early },
	{ "take-over", 0, NULL,
	  "with --persist: remove the devices from other set-ups that bind them at boot",
	  BIND_TAKE_OVER, NULL },
	{ "yes", 0, NULL, "with --take-over: do not ask", BIND_YES, NULL },
	OPTIONS_OF_BOTH,
};
static const struct option_spec unbind_options[] = {
	OPTION_GROUP,
	{ "persist", 0, NULL, "also stop binding them at every boot", BIND_PERSIST,
	  NULL },
	OPTIONS_OF_BOTH,
};

struct bind_options {
	const char *driver;
	bool group, persist, early, take_over, yes, dry_run, force;
	unsigned timeout_s;
};

static int take_early(const char *value, bool *ret, struct error *e)
{
	*ret = value != NULL;
	if (!value || value_is_known(&values_early, value))
		return 0;
	error_usage(e, "--persist takes initramfs or nothing, not \"%.80s\"", value);
	error_hint(e, "--persist binds at every boot by a unit of systemd's, "
		      "--persist=initramfs before other drivers are loaded");
	return -EINVAL;
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
	case BIND_PERSIST:
		o->persist = true;
		return take_early(value, &o->early, e);
	case BIND_TAKE_OVER:
		o->take_over = true;
		return 0;
	case BIND_YES:
		o->yes = true;
		return 0;
	case BIND_DRY_RUN:
		o->dry_run = true;
		return 0;
	case BIND_FORCE:
		o->force = true;
		return 0;
	default:
		return option_seconds(value, &o->timeout_s, e);
	}
}

/* Is this the machine, and are we its root? Said before anything is looked at. */
int pci_check_may(const struct context *c, const struct command *cmd, bool files_only,
		  struct error *e)
{
	if (!host_is_live(c->host) && !files_only) {
		error_set(e, EOPNOTSUPP, "slicer %s works on the running machine only",
			  cmd->verb);
		error_hint(e, "--dry-run shows the steps for %s%s", host_root(c->host),
			   cmd == &command_pci_bind || cmd == &command_pci_unbind
				   ? "; with --persist its files are changed"
				   : "");
		return -EOPNOTSUPP;
	}
	if (geteuid() != 0) {
		error_set(e, EPERM, "slicer %s has to be run as root", cmd->verb);
		error_hint(e, "sudo slicer %s ...; --dry-run shows the steps", cmd->verb);
		return -EPERM;
	}
	return 0;
}

static int carry_out(const struct context *c, struct move *m, struct error *e)
{
	int err = move_apply(c, m, e);

	if (err >= 0)
		return move_print(c, m, e);
	if (!c->out.json)
		move_print_warnings(c, m);
	return err;
}

/* Why a note is not used belongs to the refusal: in JSON, too. */
static void add_to_refusal(const struct strv *warnings, struct error *e)
{
	for (size_t i = 0; i < warnings->n; i++) {
		size_t n = strlen(e->what);

		if (n + strlen(warnings->v[i]) + 2 < sizeof(e->what))
			snprintf(e->what + n, sizeof(e->what) - n, "\n%s",
				 warnings->v[i]);
	}
}

static int add_original(const struct context *c, const struct named_devices *devices,
			struct move *m, struct error *e)
{
	CLEANUP(persisted_done) struct persisted_list files = { 0 };
	int err;

	persist_load(c->host, &files, NULL);
	persist_match(c->host, &devices->all, &files);
	err = original_request(c->host, &devices->all, &files, devices->v, devices->n,
			       &m->request, &m->drivers.warnings, e);
	if (err < 0)
		add_to_refusal(&m->drivers.warnings, e);
	return err;
}

/* driver: NULL if none was named. */
static void add_targets(const struct host *h, const struct named_devices *devices,
			const char *driver, struct bind_request *r)
{
	CLEANUP(module_index_close) struct module_index *modules = NULL;
	CLEANUP(free_char) char *kernel = host_attr(h, "/proc/sys/kernel/osrelease");

	if (kernel)
		module_index_open(h, kernel, &modules, NULL);
	for (size_t i = 0; i < devices->n; i++) {
		if (driver)
			bind_request_add(r, devices->v[i], driver);
		else
			bind_request_add_chosen(r, h, modules, devices->v[i]);
	}
}

static int bind(const struct context *c, const struct strv *addresses,
		const struct bind_options *o, const char *driver, struct move *m,
		struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(lasting_done) struct lasting lasting = { 0 };
	int err = named_devices_load(c, addresses, o->group, &devices, e);

	if (err < 0)
		return err;
	if (str_eq(driver, "original"))
		err = add_original(c, &devices, m, e);
	else
		add_targets(c->host, &devices, driver, &m->request);
	m->request.early = o->early;
	if (err >= 0 && o->persist)
		err = lasting_prepare(c, &devices.all, &lasting, &m->request, e);
	if (err >= 0)
		err = move_plan(c, &devices.all, m, e);
	if (err >= 0 && o->persist)
		err = lasting_plan(c, &devices.all, &lasting, m, e);
	if (err >= 0 &&
	    (o->take_over || (o->persist && early_is_changed(c->host, &lasting, m))))
		err = early_carry_out(c, &devices.all, &lasting, m, e);
	else if (err >= 0)
		return carry_out(c, m, e);
	if (err <= 0)
		return err;
	plan_next(&m->drivers, "nothing else that slicer could change names the devices");
	return carry_out(c, m, e);
}

static int unbind(const struct context *c, const struct strv *addresses,
		  const struct bind_options *o, struct move *m, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(lasting_done) struct lasting lasting = { 0 };
	int err;

	if (o->persist)
		err = lasting_choose(c, addresses, o->group, &devices, &lasting, m, e);
	else
		err = named_devices_load(c, addresses, o->group, &devices, e);
	if (err < 0)
		return err;
	for (size_t i = 0; i < devices.n; i++)
		bind_request_add(&m->request, devices.v[i], NULL);
	err = move_plan(c, &devices.all, m, e);
	if (err >= 0 && !o->dry_run && !m->files_only)
		original_keep(c->host, &lasting.list, &m->request);
	/* Without --persist the files were not read, and what lasts stays. */
	if (err >= 0 && o->persist && early_is_changed(c->host, &lasting, m))
		return early_carry_out(c, &devices.all, &lasting, m, e);
	return err < 0 ? err : carry_out(c, m, e);
}

/* A value that may be left out needs the sign. */
static int check_persist(const struct bind_options *o, const struct strv *addresses,
			 struct error *e)
{
	if (!o->persist || !strv_has(addresses, "initramfs"))
		return 0;
	error_usage(e, "initramfs is no address of a device");
	error_hint(e,
		   "slicer pci bind ADDR --persist=initramfs, with the sign = between");
	return -EINVAL;
}

static int check_take_over(const struct bind_options *o, struct error *e)
{
	if (o->take_over && (!o->persist || o->driver)) {
		error_usage(e, "--take-over goes with --persist, and without --driver");
		error_hint(e, "slicer pci bind ADDR --persist --take-over");
		return -EINVAL;
	}
	if (o->yes && !o->take_over)
		return error_usage(e, "--yes goes with --take-over: nothing else asks");
	return 0;
}

static int run(const struct command *cmd, struct context *c, int argc, char **argv,
	       struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	CLEANUP(free_char) char *driver = NULL;
	CLEANUP(move_done) struct move m = { 0 };
	int lock = -1;
	struct bind_options o = { 0 };
	bool is_bind = cmd == &command_pci_bind;
	int err = 0;

	if (options_parse(cmd, argc, argv, take_option, &o, &addresses, e) < 0 ||
	    check_persist(&o, &addresses, e) < 0 ||
	    addresses_check(cmd, &addresses, e) < 0 || check_take_over(&o, e) < 0)
		return exit_of(e);
	if (o.driver && driver_name(c->host, o.driver, &driver, e) < 0)
		return exit_of(e);
	if (!o.dry_run && pci_check_may(c, cmd, o.persist, e) < 0)
		return exit_of(e);
	if (o.dry_run || !o.persist) /* the others deal with one */
		warn_interrupted(c); /* before the lock is taken */
	if (!o.dry_run) {
		lock = host_lock(c->host, e);
		if (lock < 0)
			return exit_of(e);
		if (o.persist)
			err = setup_recover_binds(c, o.force, &m.recovered, e);
	}
	m.dry_run = o.dry_run;
	m.take_over = o.take_over;
	m.yes = o.yes;
	m.files_only = o.persist && !host_is_live(c->host);
	m.request.force = o.force;
	m.request.later = m.files_only || o.early;
	m.request.timeout_s = o.timeout_s;
	if (err >= 0) {
		err = is_bind ? bind(c, &addresses, &o, driver, &m, e)
			      : unbind(c, &addresses, &o, &m, e);
		if (err < 0)
			setup_tell_recovered(&m.recovered, e);
	}
	host_unlock(c->host, lock);
	return err < 0 ? exit_of(e) : 0;
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
	.summary = "bind devices to VFIO, or back to another driver",
	.description = "Binds devices to VFIO, so that a VM can have them: to "
		       "vfio-pci, or to VFIO's own driver for the device if the kernel "
		       "has one. --driver binds them to another driver, so that the "
		       "host has them again.\n\n"
		       "All devices or none: if one fails, each gets the driver that "
		       "it had before. A device that the host uses is refused, and its "
		       "users are named.\n\n"
		       "A reboot ends the bind. With --persist the devices are bound "
		       "at every boot, until \"pci unbind --persist\".",
	.options = bind_options,
	.operands = &values_endpoint,
	.run = run_bind,
	.schema = "slicer.plan/1",
};

const struct command command_pci_unbind = {
	.verb = "pci unbind",
	.arguments = "ADDR...",
	.summary = "take devices from their drivers",
	.description = "Takes devices from their drivers and clears driver_override, "
		       "so that the kernel chooses the driver the next time. \"pci bind "
		       "--driver NAME\" gives them to a driver again. With --persist "
		       "they are no longer bound at boot either.",
	.options = unbind_options,
	.operands = &values_endpoint,
	.run = run_unbind,
	.schema = "slicer.plan/1",
};
