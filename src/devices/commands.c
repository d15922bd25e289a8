/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person does after the reboot, with the host's own addresses. */
#include "devices/commands.h"

#include "devices/handover.h"
#include "steps/template.h"

/* Stands for a device that nobody has named yet. */
static const struct pci_device nobody = {
	.address = "<PCI_ADDRESS>",
	.iommu_group = -1,
	.vfio_group = -1,
};

static void name_lines(const struct endpoints *v, struct str *ret)
{
	if (v->n == 1 && v->v[0] == &nobody) {
		str_addf(ret, "     (put an address from that list for %s)\n",
			 nobody.address);
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		CLEANUP(free_char) char *text = pci_description(v->v[i]);

		str_addf(ret, "     %s  ", v->v[i]->address);
		str_add_printable(ret, text, strlen(text));
		str_addc(ret, '\n');
	}
}

static char *group_note(const struct endpoints *v)
{
	CLEANUP(str_done) struct str groups = { 0 };
	long last = -1;

	for (size_t i = 0; i < v->n; i++) {
		long group = v->v[i]->iommu_group;

		if (group < 0)
			return xstrdup(
				"IOMMU groups exist only with the IOMMU on: if step "
				"2 then shows\n   other devices in the same group, "
				"add --group to bind those too.");
		if (group != last)
			str_addf(&groups, "%s%ld", groups.len ? ", " : "", group);
		last = group;
	}
	return xasprintf("These are all the endpoints of IOMMU group %s.",
			 str_c(&groups));
}

static void give_back_lines(const struct endpoints *v, const char *addresses,
			    struct str *ret)
{
	str_addf(ret, "     sudo slicer pci unbind %s", addresses);
	for (size_t i = 0; i < v->n; i++) {
		const char *native = handover_native(v->v[i], NULL, NULL);

		CLEANUP(free_char)
		char *command = native ? driver_command(v->v[i], native)
				       : xasprintf("sudo slicer pci bind %s "
						   "--driver=<DRIVER>",
						   v->v[i]->address);

		str_addf(ret, "\n     %s", command);
	}
}

void commands_after_reboot(const struct pci_devices *all,
			   const struct pci_device *const *chosen, size_t n,
			   struct strv *ret)
{
	CLEANUP(endpoints_done) struct endpoints v = { 0 };
	CLEANUP(free_char) char *bound = NULL;
	CLEANUP(str_done) struct str given = { 0 };

	if (!n) {
		strv_add(ret, "sudo slicer pci bind ADDR --group");
		strv_add(ret, "slicer vm command ADDR");
		return;
	}
	endpoints_collect(all, chosen, n, &v);
	bound = endpoints_join(&v);
	for (size_t i = 0; i < n; i++)
		str_addf(&given, " %s", chosen[i]->address);
	strv_addf(ret, "sudo slicer pci bind %s --group", bound);
	strv_addf(ret, "slicer vm command%s", str_c(&given));
}

int commands_next_steps(const struct host *h, const struct pci_devices *all,
			const struct pci_device *const *chosen, size_t n,
			bool after_reboot, struct str *ret, struct error *e)
{
	const struct pci_device *placeholder = &nobody;
	CLEANUP(endpoints_done) struct endpoints v = { 0 };
	CLEANUP(vm_command_done) struct vm_command qemu = { 0 };
	CLEANUP(vm_command_done) struct vm_command cloud = { 0 };
	CLEANUP(str_done) struct str names = { 0 };
	CLEANUP(str_done) struct str back = { 0 };
	CLEANUP(free_char) char *addresses = NULL;
	CLEANUP(free_char) char *note = NULL;
	int r;

	if (!n) {
		chosen = &placeholder;
		n = 1;
	}
	endpoints_collect(all, chosen, n, &v);
	r = vm_command_make(h, all, chosen, n, "qemu", false, &qemu, e);
	if (r == 0)
		r = vm_command_make(h, all, chosen, n, "cloud-hypervisor", false, &cloud,
				    e);
	if (r < 0)
		return r;
	addresses = endpoints_join(&v);
	note = group_note(&v);
	name_lines(&v, &names);
	give_back_lines(&v, addresses, &back);
	struct template_value values[] = {
		{ "WHEN", after_reboot ? "After the reboot, in this order:"
				       : "Now, in this order:" },
		{ "NAMES", str_c(&names) },
		{ "ADDRESSES", addresses },
		{ "GROUP_NOTE", note },
		{ "QEMU", str_c(&qemu.text) },
		{ "CLOUD_HYPERVISOR", str_c(&cloud.text) },
		{ "FIRST", v.v[0]->address },
		{ "GIVE_BACK", str_c(&back) },
	};

	return template_fill("next-steps.txt", values, ARRAY_SIZE(values), ret, e);
}
