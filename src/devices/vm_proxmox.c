/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM of Proxmox VE: the command that adds the devices to it. Sources: qm(1), hostpci
 * (an address without a function is the whole slot, several are separated by semicolons,
 * pcie needs q35); PVE/SysFSTools.pm, pci_dev_group_bind_to_vfio(): at the start of the
 * VM the device's whole group is bound, whatever driver it has, but for bridges.
 */
#include "devices/vm.h"
#include "steps/template.h"

static bool binds(const struct vm_input *in, const struct pci_device *d)
{
	(void)in;
	(void)d;
	return true;
}

/* Do these endpoints have every function of their slot? */
static bool is_whole_slot(const struct vm_input *in, size_t start, size_t end)
{
	const struct pci_address at = in->devices->v[start]->at;
	size_t n = 0;

	if (!in->all)
		return false;
	for (size_t i = 0; i < in->all->n; i++) {
		const struct pci_address a = in->all->v[i].at;

		n += a.domain == at.domain && a.bus == at.bus && a.device == at.device;
	}
	return n == end - start && n > 1;
}

static void add_slot(const struct vm_input *in, size_t start, size_t end, struct str *out)
{
	const struct endpoints *v = in->devices;

	if (is_whole_slot(in, start, end)) {
		const char *address = v->v[start]->address;

		str_addf(out, "%.*s", (int)strcspn(address, "."), address);
		return;
	}
	for (size_t i = start; i < end; i++)
		str_addf(out, "%s%s", i == start ? "" : ";", v->v[i]->address);
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	CLEANUP(free_char) char *limit = vm_limit_line(in, "# ");
	CLEANUP(str_done) struct str arguments = { 0 };
	unsigned n = 0;

	for (size_t start = 0, end; start < in->devices->n; start = end) {
		CLEANUP(str_done) struct str slot = { 0 };

		end = vm_slot_end(in->devices, start);
		add_slot(in, start, end, &slot);
		str_add(&slot, ",pcie=1");
		strv_addf(&ret->device_argv, "--hostpci%u", n++);
		strv_add(&ret->device_argv, str_c(&slot));
	}
	vm_add_arguments(&ret->device_argv, &arguments);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "CPU_NOTE", limit },
		{ "ARGUMENTS", str_c(&arguments) },
	};

	return template_fill("vm-proxmox", values, ARRAY_SIZE(values), &ret->text, e);
}

const struct hypervisor vm_proxmox = {
	.name = "proxmox",
	.comment = "#   ",
	.add_comment = vm_add_line_comment,
	.binds = binds,
	.make = make,
};
