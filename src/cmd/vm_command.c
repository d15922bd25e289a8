/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm command: how to start a VM with these devices. */
#include <errno.h>

#include "cmd/devices.h"
#include "cmd/values.h"
#include "devices/devices.h"
#include "report/advice.h"

enum { OPTION_HYPERVISOR = 1, OPTION_IOMMUFD };

struct vm_options {
	const char *hypervisor;
	bool iommufd;
};

static const struct option_spec options[] = {
	{ "hypervisor", 0, "NAME", VM_HYPERVISORS, OPTION_HYPERVISOR,
	  &values_hypervisor },
	{ "iommufd", 0, NULL, "open the devices by iommufd (QEMU 9.0 or later)",
	  OPTION_IOMMUFD, NULL },
	{ 0 },
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct vm_options *o = data;

	if (id == OPTION_IOMMUFD) {
		o->iommufd = true;
		return 0;
	}
	o->hypervisor = vm_hypervisor(value, e);
	return o->hypervisor ? 0 : -EINVAL;
}

static int print_json(const struct context *c, const struct vm_command *vm,
		      const struct strv *obstacles, struct error *e)
{
	json_t *doc = json_document("slicer.vm/1");

	json_object_set_new(doc, "hypervisor", json_text(vm->hypervisor));
	json_object_set_new(doc, "devices", json_texts(&vm->devices));
	json_object_set_new(doc, "must_bind", json_texts(&vm->must_bind));
	json_object_set_new(doc, "warnings", json_advice(c->root, obstacles));
	json_object_set_new(doc, "device_argv", json_texts(&vm->device_argv));
	json_object_set_new(doc, "address_bits",
			    vm->address_bits ? json_integer(vm->address_bits)
					     : json_null());
	json_object_set_new(doc, "iommufd", json_boolean(vm->iommufd));
	json_object_set_new(doc, "command", json_text(str_c(&vm->text)));
	return json_print(&c->out, doc, e);
}

/* What keeps the printed command from working now, for a person. */
struct obstacles {
	struct strv texts;
	/* pci bind of at least one of the devices: as long as the host uses it. */
	bool bind_is_refused_now;
};

static void obstacles_done(struct obstacles *o)
{
	strv_done(&o->texts);
}

/* A warning may have said it already, with what to do about it. */
static bool is_said(const struct strv *obstacles, const char *reason)
{
	for (size_t i = 0; i < obstacles->n; i++)
		if (str_starts(obstacles->v[i], reason))
			return true;
	return false;
}

/* What pci bind would refuse now has to end before it, and what ends it is said. */
static void ask_now(const struct bind_world *w, const struct pci_device *d,
		    struct obstacles *ret)
{
	CLEANUP(device_answer_done) struct device_answer a = { 0 };

	device_answer(w, d, false, false, &a);
	if (!a.refused)
		return;
	ret->bind_is_refused_now = true;
	for (size_t i = 0; i < a.advice.n; i++)
		strv_add_unique(&ret->texts, a.advice.v[i]);
}

/* What pci bind refuses, no VM gets: the same words. What ends by itself, and what stays
 * in the way after binding (bridges with a driver in the group), are notes. */
static int ask(const struct context *c, const struct named_devices *d,
	       const char *hypervisor, struct obstacles *ret, struct error *e)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	int err = 0;

	mounts_load(c->host, &mounts, NULL);
	bind_world_load(c->host, &mounts, &d->all, &w);
	for (size_t i = 0; i < d->n && err == 0; i++) {
		CLEANUP(device_answer_done) struct device_answer a = { 0 };

		device_answer(&w, d->v[i], true, false, &a);
		if (a.refused)
			err = device_refuse(&a, false, e);
		for (size_t k = 0; k < a.warnings.n; k++)
			strv_add_unique(&ret->texts, a.warnings.v[k]);
		for (size_t k = 0; k < a.reasons.n; k++)
			if (!is_said(&ret->texts, a.reasons.v[k]))
				strv_add(&ret->texts, a.reasons.v[k]);
		if (err == 0 && !a.bound && groups_exist(&d->all))
			ask_now(&w, d->v[i], ret);
		if (a.usable && !a.bound && driver_is_vfio(d->v[i]->driver) &&
		    groups_exist(&d->all) && !vm_hypervisor_binds(hypervisor))
			strv_addf(&ret->texts, "sudo slicer pci bind %s --group",
				  d->v[i]->address);
	}
	return err;
}

/* What keeps the printed command from working now: a diagnosis, not the result. */
static void print_notes(const struct context *c, const struct named_devices *d,
			const struct vm_command *vm, const struct obstacles *o)
{
	CLEANUP(free_char) char *list = strv_join(&vm->must_bind, " ");
	CLEANUP(strv_done) struct strv notes = { 0 };
	struct advice a = { .root = c->root };

	if (!groups_exist(&d->all))
		strv_add(&notes, "there are no IOMMU groups: the IOMMU is off, see "
				 "\"sudo slicer doctor\"");
	else if (vm->must_bind.n && !o->bind_is_refused_now)
		strv_addf(&notes, "first: sudo slicer pci bind %s", list);
	strv_copy(&notes, &o->texts);
	if (vm->must_bind.n && o->bind_is_refused_now)
		strv_addf(&notes, "once that is done: sudo slicer pci bind %s", list);
	for (size_t i = 0; i < notes.n; i++) {
		CLEANUP(str_done) struct str text = { 0 }, safe = { 0 };

		advice_add(&a, notes.v[i], &text);
		str_add_printable(&safe, str_c(&text), text.len);
		fprintf(c->out.err, "note: %s\n", str_c(&safe));
	}
}

static int print(const struct context *c, const struct strv *addresses,
		 const struct vm_options *o, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(vm_command_done) struct vm_command vm = { 0 };
	CLEANUP(obstacles_done) struct obstacles obstacles = { 0 };
	int r = named_devices_load(c, addresses, false, &devices, e);

	if (r == 0)
		r = ask(c, &devices, o->hypervisor, &obstacles, e);
	if (r == 0)
		r = vm_command_make(c->host, &devices.all, devices.v, devices.n,
				    o->hypervisor, o->iommufd, &vm, e);
	if (r < 0)
		return r;
	strv_copy(&obstacles.texts, &vm.obstacles);
	if (c->out.json)
		return print_json(c, &vm, &obstacles.texts, e);
	if (!c->out.quiet)
		print_notes(c, &devices, &vm, &obstacles);
	fputs(str_c(&vm.text), c->out.out);
	return 0;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	struct vm_options o = { .hypervisor = vm_hypervisor_of(c->host) };

	if (options_parse(&command_vm_command, argc, argv, take_option, &o, &addresses,
			  e) < 0 ||
	    addresses_check(&command_vm_command, &addresses, e) < 0)
		return exit_of(e);
	warn_interrupted(c);
	return print(c, &addresses, &o, e) < 0 ? exit_of(e) : 0;
}

const struct command command_vm_command = {
	.verb = "vm command",
	.arguments = "ADDR...",
	.summary = "print the command that starts a VM with devices",
	.description = "Prints what starts a VM with every endpoint of the devices' "
		       "IOMMU groups, and says what has to be bound first. Changes "
		       "nothing.\n\n"
		       "For QEMU and Cloud Hypervisor it is a shell script, which "
		       "passes its arguments on to the hypervisor. For libvirt it is "
		       "XML, for SlicerVM YAML, for Proxmox VE the command that adds "
		       "the devices to a VM (the default there).",
	.options = options,
	.operands = &values_endpoint,
	.run = run,
	.schema = "slicer.vm/1",
};
