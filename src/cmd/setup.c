/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer setup-iommu: options and the order of things. */
#include <errno.h>
#include <unistd.h>

#include "cmd/setup_trial.h"
#include "cmd/values.h"

enum {
	SETUP_DRY_RUN = 1,
	SETUP_CHECK,
	SETUP_YES,
	SETUP_FORCE,
	SETUP_BOOTLOADER,
	SETUP_INITRAMFS,
	SETUP_VENDOR,
	SETUP_DEVICE,
	SETUP_IDS,
	SETUP_PARAM,
	SETUP_REMOVE_PARAM,
	SETUP_NO_PT,
	SETUP_ACS,
	SETUP_NO_INITRAMFS,
	SETUP_UNDO,
	SETUP_STATUS,
	SETUP_TRIAL,
	SETUP_AUTO_CONFIRM,
	SETUP_CONFIRM,
};

static const struct option_spec options[] = {
	{ "dry-run", 'n', NULL, "show the plan, change nothing", SETUP_DRY_RUN, NULL },
	{ "check", 0, NULL, "as --dry-run; exit status 1 if anything would change",
	  SETUP_CHECK, NULL },
	{ "yes", 'y', NULL, "do not ask", SETUP_YES, NULL },
	{ "force", 0, NULL, "override a refusal (the reason is shown)", SETUP_FORCE,
	  NULL },
	{ "device", 0, "ADDR",
	  "the device for the commands that are printed (repeatable)", SETUP_DEVICE,
	  &values_endpoint },
	{ "ids", 0, "VVVV:DDDD,...",
	  "also add vfio-pci.ids=: from the next boot on, vfio-pci gets every device of "
	  "this model",
	  SETUP_IDS, &values_ids },
	{ "param", 0, "K[=V]", "add a kernel parameter (repeatable)", SETUP_PARAM, NULL },
	{ "remove-param", 0, "K[=V]", "remove a kernel parameter (repeatable)",
	  SETUP_REMOVE_PARAM, NULL },
	{ "no-pt", 0, NULL, "do not add iommu=pt", SETUP_NO_PT, NULL },
	{ "acs-override", 0, "[downstream,multifunction]",
	  "add pcie_acs_override=; it needs a patched kernel, and weakens the isolation "
	  "of devices",
	  SETUP_ACS, &values_acs },
	{ "no-initramfs", 0, NULL, "do not rebuild the initramfs", SETUP_NO_INITRAMFS,
	  NULL },
	{ "bootloader", 0, "NAME", "use this boot loader, not the detected one",
	  SETUP_BOOTLOADER, &values_bootloader },
	{ "initramfs", 0, "NAME", "use this initramfs generator, not the detected one",
	  SETUP_INITRAMFS, &values_initramfs },
	{ "vendor", 0, "intel|amd", "use this CPU vendor, not the detected one",
	  SETUP_VENDOR, &values_vendor },
	{ "trial", 0, NULL,
	  "set the parameters for the next boot only; any later boot has the old ones",
	  SETUP_TRIAL, NULL },
	{ "auto-confirm", 0, NULL,
	  "with --trial: in that boot, a service makes the trial permanent if the IOMMU "
	  "is on",
	  SETUP_AUTO_CONFIRM, NULL },
	{ "confirm", 0, NULL, "make permanent what this trial boot tries", SETUP_CONFIRM,
	  NULL },
	{ "undo", 0, NULL, "undo exactly what slicer changed", SETUP_UNDO, NULL },
	{ "status", 0, NULL,
	  "list what slicer did on this host, and what was interrupted", SETUP_STATUS,
	  NULL },
	{ 0 },
};

static int take_vendor(struct setup_options *o, const char *value, struct error *e)
{
	if (!strcmp(value, "intel"))
		o->vendor = CPU_INTEL;
	else if (!strcmp(value, "amd"))
		o->vendor = CPU_AMD;
	else {
		error_usage(e, "--vendor takes intel or amd, not '%s'", value);
		error_hint(e, "without --vendor the processor's own is taken, where "
			      "/proc/cpuinfo can be read");
		return -EINVAL;
	}
	return 0;
}

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct setup_options *o = data;

	switch (id) {
	case SETUP_DRY_RUN:
		o->dry_run = true;
		break;
	case SETUP_CHECK:
		o->check = true;
		break;
	case SETUP_YES:
		o->yes = true;
		break;
	case SETUP_FORCE:
		o->force = true;
		break;
	case SETUP_NO_PT:
		o->no_pt = true;
		break;
	case SETUP_NO_INITRAMFS:
		o->no_initramfs = true;
		break;
	case SETUP_UNDO:
		o->undo = true;
		break;
	case SETUP_STATUS:
		o->status = true;
		break;
	case SETUP_TRIAL:
		o->trial = true;
		break;
	case SETUP_AUTO_CONFIRM:
		o->auto_confirm = true;
		break;
	case SETUP_CONFIRM:
		o->confirm = true;
		break;
	case SETUP_BOOTLOADER:
		o->bootloader = value;
		break;
	case SETUP_INITRAMFS:
		o->initramfs = value;
		break;
	case SETUP_IDS:
		o->ids = value;
		break;
	case SETUP_ACS:
		o->acs_override = value ? value : "downstream,multifunction";
		break;
	case SETUP_VENDOR:
		return take_vendor(o, value, e);
	case SETUP_DEVICE:
		strv_add(&o->devices, value);
		break;
	case SETUP_PARAM:
		strv_add(&o->params, value);
		break;
	default:
		strv_add(&o->remove_params, value);
		break;
	}
	return 0;
}

static int unknown_bootloader(const char *name, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	CLEANUP(free_char) char *known = NULL;

	for (size_t i = 0; bootloaders[i]; i++)
		strv_add(&names, bootloaders[i]->name);
	known = strv_join(&names, ", ");
	error_usage(e, "there is no boot loader \"%s\"", name);
	error_hint(e, "known are: %s", known);
	return -EINVAL;
}

static bool sets_something(const struct setup_options *o)
{
	return o->ids || o->acs_override || o->params.n || o->remove_params.n ||
	       o->devices.n || o->no_pt;
}

static int check_trial_options(const struct setup_options *o, struct error *e)
{
	if (o->auto_confirm && !o->trial) {
		error_usage(e, "--auto-confirm goes with --trial");
		error_hint(e, "slicer setup-iommu --trial --auto-confirm");
		return -EINVAL;
	}
	if (o->trial && (o->undo || o->status || o->confirm)) {
		error_usage(e, "--trial sets up: it does not go with --undo, --status or "
			       "--confirm");
		error_hint(e, "one after the other: --trial, a reboot, --confirm");
		return -EINVAL;
	}
	if (o->trial && o->ids) {
		error_usage(e, "--trial tries the command line only: --ids also needs an "
			       "initramfs");
		error_hint(e, "bind the device after the trial boot: slicer pci bind "
			      "ADDR; or give --ids once it is confirmed");
		return -EINVAL;
	}
	if (o->confirm && (o->undo || o->status || sets_something(o))) {
		error_usage(e, "--confirm makes permanent what was tried: it goes with "
			       "no option that sets, lists or undoes");
		error_hint(e, "run slicer setup-iommu --confirm alone");
		return -EINVAL;
	}
	return 0;
}

/* Everything that can be wrong with the words alone, before the host is looked at. */
static int check_options(const struct setup_options *o, const struct strv *operands,
			 struct wish *w, struct error *e)
{
	struct pci_address at;
	int n;

	if (operands->n) {
		error_usage(e, "setup-iommu takes no operand '%s'", operands->v[0]);
		error_hint(e, "a device is named with --device %s", operands->v[0]);
		return -EINVAL;
	}
	if (o->undo && sets_something(o)) {
		error_usage(
			e,
			"--undo undoes what was set: it can't be combined with an option "
			"that sets");
		error_hint(e, "run slicer setup-iommu --undo alone, then setup-iommu "
			      "with what is to be set");
		return -EINVAL;
	}
	if (o->status && (o->undo || o->yes || o->force || o->dry_run || o->check ||
			  o->no_initramfs || sets_something(o))) {
		error_usage(e, "--status only lists: it can't be combined with another "
			       "option of "
			       "setup-iommu");
		error_hint(e, "run slicer setup-iommu --status alone");
		return -EINVAL;
	}
	if (check_trial_options(o, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < o->devices.n; i++)
		if (pci_address_parse(o->devices.v[i], &at, e) < 0)
			return -EINVAL;
	for (size_t i = 0; i < o->params.n; i++)
		if (param_check_safe(o->params.v[i], e) < 0)
			return -EINVAL;
	if (o->bootloader && !bootloader_find(o->bootloader))
		return unknown_bootloader(o->bootloader, e);
	if (o->initramfs && initramfs_check_name(o->initramfs, e) < 0)
		return -EINVAL;
	if (o->ids) {
		n = pci_ids_parse(o->ids, &w->ids, e);
		if (n < 0)
			return n;
		w->n_ids = (size_t)n;
	}
	return 0;
}

static void options_done(struct setup_options *o)
{
	strv_done(&o->devices);
	strv_done(&o->params);
	strv_done(&o->remove_params);
}

/* What was read and planned; what it is for stays. */
static void forget(struct setup *s)
{
	struct setup fresh = { .c = s->c,
			       .o = s->o,
			       .lock = s->lock,
			       .recovered = s->recovered,
			       .wish = s->wish };

	s->wish = (struct wish){ 0 };
	s->recovered = (struct strv){ 0 };
	s->lock = -1;
	setup_done(s);
	*s = fresh;
}

void setup_done(struct setup *s)
{
	host_unlock(s->c->host, s->lock);
	strv_done(&s->recovered);
	plan_done(&s->plan);
	wanted_done(&s->wanted);
	wish_done(&s->wish);
	strv_done(&s->initramfs_wish.drivers);
	strv_done(&s->initramfs_wish.bind_drivers);
	initramfs_config_done(&s->initramfs);
	free(s->chosen);
	free(s->trial_id);
	pci_devices_done(&s->devices);
	boot_config_done(&s->boot);
	boot_probe_done(&s->probe);
	facts_done(&s->facts);
}

static bool changes_nothing(const struct setup *s)
{
	return s->o->dry_run || s->o->check;
}

/* Whose run was interrupted can only be told while nobody else runs. */
static int begin(struct setup *s, struct error *e)
{
	int err = setup_look(s, e);

	if (err < 0 || changes_nothing(s))
		return err;
	s->lock = host_lock(s->c->host, e);
	if (s->lock < 0)
		return s->lock;
	journal_sweep(s->c->host);
	host_replace_sweep(s->c->host, NEXT_STEPS_PATH);
	/* Until the lock was taken, another one may have been at work. */
	forget(s);
	return setup_look(s, e);
}

/* A trial that is there has no use any more. */
static int make_permanent(struct setup *s, struct error *e)
{
	int err = setup_want(s, e);

	if (err >= 0 &&
	    trial_state_of(&s->boot, s->facts.cmdline, s->facts.boot_id) == TRIAL_OVER)
		plan_warn(&s->plan, "a trial boot failed, or was not confirmed: what it "
				    "tried may not boot ('slicer doctor' tells more)");
	if (err >= 0)
		err = setup_make(s, e);
	return err < 0 ? err : setup_end_trial(s, e);
}

static int go(struct setup *s, int *status, struct error *e)
{
	int err = begin(s, e);

	if (err >= 0 && s->o->undo)
		return setup_undo(s, status, e);
	if (err >= 0)
		err = setup_recover(s, e);
	if (err > 0 && changes_nothing(s))
		return setup_carry_out(s, NULL, status, e);
	if (err > 0) {
		forget(s);
		err = setup_look(s, e);
	}
	if (err >= 0 && s->o->confirm)
		return setup_confirm(s, status, e);
	if (err >= 0)
		err = setup_devices(s, e);
	if (err >= 0)
		err = s->o->trial ? setup_make_trial(s, e) : make_permanent(s, e);
	if (err >= 0)
		err = setup_carry_out(s, NULL, status, e);
	return err;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	struct setup_options o = { 0 };
	struct setup s = { .c = c, .o = &o, .lock = -1 };
	CLEANUP(strv_done) struct strv operands = { 0 };
	int status = 0;
	int err =
		options_parse(&command_setup, argc, argv, take_option, &o, &operands, e);

	if (o.status)
		c->schema = STATUS_SCHEMA;
	if (err >= 0)
		err = check_options(&o, &operands, &s.wish, e);
	if (err >= 0)
		err = o.status ? setup_status(&s, &status, e) : go(&s, &status, e);
	setup_done(&s);
	options_done(&o);
	return err < 0 ? exit_of(e) : status;
}

const struct command command_setup = {
	.verb = "setup-iommu",
	.arguments = "",
	.summary = "set the kernel parameters, regenerate boot menu and initramfs",
	.description = "Sets the kernel parameters for the IOMMU. First it shows every "
		       "change (a diff of each file, each program and why) and asks. "
		       "Then it makes the changes, checks the result, and prints the "
		       "commands for after the reboot.\n\n"
		       "If a step fails, all changes are undone. --undo undoes what "
		       "earlier runs changed. A second run changes nothing. Without a "
		       "terminal it needs --yes.",
	.options = options,
	.run = run,
	.schema = "slicer.plan/1",
};
