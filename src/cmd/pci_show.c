/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show: what to know of a device before it is given away. */
#include <errno.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "cmd/old_view.h"
#include "cmd/values.h"
#include "report/pci_show.h"

static const struct option_spec options[] = { { 0 } };

static int print(const struct context *c, const struct pci_page *p, struct error *e)
{
	return c->out.json ? report_pci_show_json(&c->out, p, e)
			   : report_pci_show_text(&c->out, p, e);
}

/* Files that can't be used are none of this device's, but one may have been meant. */
static void load_persisted(const struct context *c, const struct pci_devices *all,
			   struct persisted_list *ret, struct strv *warnings)
{
	struct error unread = { 0 };

	if (persist_load(c->host, ret, &unread) < 0)
		strv_addf(warnings, "%s: %s", unread.path, unread.what);
	persist_match(c->host, all, ret);
	for (size_t i = 0; i < ret->broken.n; i++)
		strv_addf(warnings, "not usable: %s", ret->broken.v[i]);
	output_tell(&c->out, warnings);
}

static int show(const struct context *c, const struct strv *addresses, struct error *e)
{
	CLEANUP(named_devices_done) struct named_devices devices = { 0 };
	CLEANUP(persisted_done) struct persisted_list persisted = { 0 };
	CLEANUP(pci_topology_done) struct pci_topology topology = { 0 };
	CLEANUP(pci_detail_done) struct pci_detail detail = { 0 };
	CLEANUP(bind_world_done) struct bind_world world = { 0 };
	CLEANUP(group_reasons_done) struct group_reasons why = { 0 };
	CLEANUP(handover_done) struct handover handover = { 0 };
	CLEANUP(old_view_done) struct old_view old = { 0 };
	CLEANUP(vm_definitions_done) struct vm_definitions vms = { 0 };
	CLEANUP(vm_conflicts_done) struct vm_conflicts vm_conflicts = { 0 };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(free_char) char *cmdline = host_attr(c->host, "/proc/cmdline");
	struct pci_page page;
	int r = named_devices_load(c, addresses, false, &devices, e);

	if (r < 0)
		return r;
	mounts_load(c->host, &mounts, NULL);
	bind_world_load(c->host, &mounts, &devices.all, &world);
	load_persisted(c, &devices.all, &persisted, &warnings);
	pci_topology_load(c->host, &devices.all, &topology);
	pci_detail_load(c->host, devices.v[0], &detail);
	group_explain(&topology, devices.v[0], cmdline, &why);
	handover_make(&world, &persisted, devices.v[0], &handover);
	old_view_load(c, &devices.all, NULL, &old);
	vm_definitions_load(c->host, &vms);
	vm_conflicts_find(&vms, &devices.all, &vm_conflicts);
	page = (struct pci_page){
		.d = devices.v[0],
		.world = &world,
		.topology = &topology,
		.detail = &detail,
		.persisted = &persisted,
		.warnings = &warnings,
		.why = &why,
		.handover = &handover,
		.old = &old.setup,
		.vms = &vms,
		.vm_conflicts = &vm_conflicts,
		.root = c->root,
		.is_root = geteuid() == 0,
	};
	return print(c, &page, e);
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };

	if (options_parse(&command_pci_show, argc, argv, NULL, NULL, &addresses, e) < 0 ||
	    addresses_check(&command_pci_show, &addresses, e) < 0)
		return exit_of(e);
	if (addresses.n > 1) {
		error_usage(e, "pci show takes one address, and \"%.80s\" is another",
			    addresses.v[1]);
		error_hint(e, "\"slicer pci list\" shows all devices");
		return exit_of(e);
	}
	warn_interrupted(c);
	return show(c, &addresses, e) < 0 ? exit_of(e) : 0;
}

const struct command command_pci_show = {
	.verb = "pci show",
	.arguments = "ADDR",
	.summary = "show one device: its group, who uses it, what to do",
	.description = "Shows one device before it is given to a VM: its drivers, who "
		       "uses it, the members of its IOMMU group and why they are one "
		       "group, its memory, link and resets. The last lines are the "
		       "commands that give it to a VM and back to the host.\n\n"
		       "Changes nothing. Root is not needed, but sees more: which "
		       "programs have the device open, and the ACS of the ports.",
	.options = options,
	.operands = &values_device,
	.run = run,
	.schema = "slicer.device/1",
};
