/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm command: how to start a VM with these devices. */
#include <errno.h>

#include "cmd/devices.h"
#include "devices/devices.h"
#include "policy/faults.h"

enum { VM_HYPERVISOR = 1 };

static const struct option_spec options[] = {
	{ "hypervisor", 0, "NAME", "qemu (the default) or cloud-hypervisor",
	  VM_HYPERVISOR },
	{ 0 },
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	(void)id;
	for (size_t i = 0; vm_hypervisors[i]; i++) {
		if (strcmp(vm_hypervisors[i], value) == 0) {
			*(const char **)data = vm_hypervisors[i];
			return 0;
		}
	}
	error_usage(e, "there is no command for the hypervisor \"%.80s\"", value);
	error_hint(e, "--hypervisor takes qemu or cloud-hypervisor");
	return -EINVAL;
}

static int print_json(const struct context *c, const struct vm_command *vm,
		      const struct strv *obstacles, struct error *e)
{
	json_t *doc = json_document("slicer.vm/1");

	json_object_set_new(doc, "hypervisor", json_text(vm->hypervisor));
	json_object_set_new(doc, "devices", json_texts(&vm->devices));
	json_object_set_new(doc, "must_bind", json_texts(&vm->must_bind));
	json_object_set_new(doc, "warnings", json_texts(obstacles));
	json_object_set_new(doc, "device_argv", json_texts(&vm->device_argv));
	json_object_set_new(doc, "address_bits",
			    vm->address_bits ? json_integer(vm->address_bits)
					     : json_null());
	json_object_set_new(doc, "command", json_text(str_c(&vm->text)));
	return json_print(&c->out, doc, e);
}

/* A device that is dead, and memory that the firmware keeps (said once for a group). */
static void add_faults(const struct pci_device *dev, const struct log_facts *log,
		       enum cpu_vendor vendor, const char *kernel, struct strv *ret)
{
	CLEANUP(free_char) char *dead = device_dead(dev, log);
	CLEANUP(free_char) char *reserved = device_reserved(dev, vendor, kernel);
	CLEANUP(free_char) char *line = NULL;

	if (dead)
		strv_addf(ret, "%s: %s: %s", dev->address, dead, device_dead_advice());
	if (!reserved)
		return;
	line = xasprintf("%s: %s", reserved, device_reserved_advice());
	strv_add_unique(ret, line);
}

/* What stays in the way after binding: bridges with a driver in the group, and what the
 * host does with the devices. */
static void add_obstacles(const struct context *c, const struct named_devices *d,
			  const struct vm_command *vm, struct strv *ret)
{
	CLEANUP(free_char)
	char *kernel = host_attr(c->host, "/proc/sys/kernel/osrelease");
	CLEANUP(log_done) struct log_facts log = { 0 };
	CLEANUP(cpu_done) struct cpu_facts cpu = { 0 };
	struct mounts mounts = { 0 };
	struct usage *usage;

	mounts_load(c->host, &mounts, NULL);
	usage = usage_load(c->host, &mounts);
	log_probe(c->host, &log, NULL);
	cpu_probe(c->host, &cpu, NULL);
	for (size_t i = 0; i < d->all.n; i++) {
		const struct pci_device *x = &d->all.v[i];
		bool taken = strv_has(&vm->devices, x->address), in_group = taken;
		struct uses uses = { 0 };

		for (size_t k = 0; k < d->n; k++)
			in_group |= x->iommu_group >= 0 &&
				    x->iommu_group == d->v[k]->iommu_group;
		if (taken)
			add_faults(x, &log, cpu.vendor, kernel, ret);
		if (in_group && !taken && group_blocker(x))
			strv_addf(
				ret,
				"IOMMU group %ld also holds %s (%s): a VM can't use the "
				"group while it has that driver",
				x->iommu_group, x->address, group_blocker(x));
		if (taken && !driver_is_vfio(x->driver))
			usage_of(usage, x, &uses);
		for (size_t k = 0; k < uses.n; k++)
			strv_addf(ret, "the host uses %s: %s", x->address,
				  uses.v[k].text);
		uses_done(&uses);
	}
	usage_free(&usage);
	mounts_done(&mounts);
}

/* What keeps the printed command from working now: a diagnosis, not the result. */
static void print_notes(const struct context *c, const struct named_devices *d,
			const struct vm_command *vm, const struct strv *obstacles)
{
	CLEANUP(free_char) char *list = strv_join(&vm->must_bind, " ");
	bool no_iommu = false;

	for (size_t i = 0; i < d->n; i++)
		no_iommu |= d->v[i]->iommu_group < 0;
	if (no_iommu)
		fprintf(c->out.err,
			"note: there are no IOMMU groups: the IOMMU is off, see \"sudo "
			"slicer doctor\"\n");
	if (vm->must_bind.n)
		fprintf(c->out.err, "note: first: sudo slicer pci bind %s\n", list);
	for (size_t i = 0; i < obstacles->n; i++) {
		CLEANUP(str_done) struct str safe = { 0 };

		str_add_printable(&safe, obstacles->v[i], strlen(obstacles->v[i]));
		fprintf(c->out.err, "note: %s\n", str_c(&safe));
	}
}

static int print(const struct context *c, const struct strv *addresses,
		 const char *hypervisor, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(vm_command_done) struct vm_command vm = { 0 };
	CLEANUP(strv_done) struct strv obstacles = { 0 };
	int r = named_devices_load(c, addresses, false, &devices, e);

	if (r == 0)
		r = vm_command_make(c->host, &devices.all, devices.v, devices.n,
				    hypervisor, &vm, e);
	if (r < 0)
		return r;
	add_obstacles(c, &devices, &vm, &obstacles);
	if (c->out.json)
		return print_json(c, &vm, &obstacles, e);
	if (!c->out.quiet)
		print_notes(c, &devices, &vm, &obstacles);
	fputs(str_c(&vm.text), c->out.out);
	return 0;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	const char *hypervisor = vm_hypervisors[0];

	if (options_parse(&command_vm_command, argc, argv, take_option, &hypervisor,
			  &addresses, e) < 0 ||
	    addresses_check(&command_vm_command, &addresses, e) < 0)
		return exit_of(e);
	warn_interrupted(c);
	return print(c, &addresses, hypervisor, e) < 0 ? exit_of(e) : 0;
}

const struct command command_vm_command = {
	.verb = "vm command",
	.arguments = "ADDR...",
	.summary = "print the command that starts a VM with devices",
	.description = "Prints a shell script that starts a virtual machine with every "
		       "endpoint of\n"
		       "the devices' IOMMU groups, ready to paste, and says what has to "
		       "be bound\n"
		       "first. Further arguments of the script go to the hypervisor.",
	.options = options,
	.run = run,
	.schema = "slicer.vm/1",
};
