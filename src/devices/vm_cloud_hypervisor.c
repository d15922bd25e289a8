/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM by Cloud Hypervisor: a shell script. Sources: its docs/vfio.md (several values
 * after one --device), vmm/src/config.rs (max_phys_bits), pci/src/bus.rs (a device gets
 * a slot, never a function number). */
#include "devices/vm.h"
#include "steps/template.h"

#define DEVICES "/sys/bus/pci/devices"

/* Has a slot more than one function here? */
static bool has_multifunction(const struct endpoints *v)
{
	for (size_t start = 0; start < v->n; start = vm_slot_end(v, start))
		if (vm_slot_end(v, start) > start + 1)
			return true;
	return false;
}

static char *huge_lines(const struct vm_input *in)
{
	CLEANUP(free_char)
	char *line = vm_huge_line(in, "# ", "with this\n# after size=...:");

	if (!*line)
		return xstrdup("");
	return xasprintf("%s\n#   ,hugepages=on,hugepage_size=%s", line, in->huge_size);
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	const struct endpoints *v = in->devices;
	CLEANUP(free_char) char *bind = vm_bind_lines(in, "# ");
	CLEANUP(free_char) char *limit = vm_limit_line(in, "# ");
	CLEANUP(free_char) char *huge = huge_lines(in);
	CLEANUP(str_done) struct str arguments = { 0 };
	CLEANUP(str_done) struct str cpu = { 0 };

	strv_add(&ret->device_argv, "--device");
	for (size_t i = 0; i < v->n; i++)
		strv_addf(&ret->device_argv, "path=" DEVICES "/%s/", v->v[i]->address);
	vm_add_arguments(&ret->device_argv, &arguments);
	if (in->address_bits)
		str_addf(&cpu, ",max_phys_bits=%u", in->address_bits);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "BIND", bind },
		{ "ARGUMENTS", str_c(&arguments) },
		{ "CPU_LIMIT", str_c(&cpu) },
		{ "CPU_NOTE", limit },
		{ "HUGE_NOTE", huge },
		{ "FUNCTIONS_NOTE",
		  has_multifunction(v)
			  ? "# Cloud Hypervisor gives each function a slot of its own in "
			    "the guest, as function 0: a card's\n# functions do not stay "
			    "together. A driver that needs that: use QEMU or libvirt."
			  : "" },
	};

	return template_fill("vm-cloud-hypervisor", values, ARRAY_SIZE(values),
			     &ret->text, e);
}

const struct hypervisor vm_cloud_hypervisor = {
	.name = "cloud-hypervisor",
	.comment = "#   ",
	.add_comment = vm_add_line_comment,
	.make = make,
};
