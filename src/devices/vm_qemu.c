/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM by QEMU: a shell script. Sources: QEMU's docs/pcie.txt and hw/vfio/pci.c (root
 * ports, multifunction), target/i386/host-cpu.c (address bits). */
#include "devices/vm.h"
#include "steps/template.h"

/* What the text names if no UEFI firmware is there: where Debian's package ovmf puts it.
 */
#define FIRMWARE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define FIRMWARE_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

/* A root port for each slot of the host, with the slot's functions behind it. */
static void add_devices(const struct endpoints *v, struct strv *argv)
{
	unsigned port = 0;

	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		port++;
		strv_add(argv, "-device");
		strv_addf(argv, "pcie-root-port,id=rp%u,chassis=%u,slot=%u", port, port,
			  port);
		for (size_t i = start; i < end; i++) {
			strv_add(argv, "-device");
			strv_addf(argv, "vfio-pci,host=%s,bus=rp%u,addr=0.%u%s",
				  v->v[i]->address, port, vm_guest_function(v, start, i),
				  i == start && end > start + 1 ? ",multifunction=on"
								: "");
		}
	}
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	CLEANUP(free_char) char *bind = vm_bind_lines(in, "# ");
	CLEANUP(free_char) char *limit = vm_limit_line(in, "# ");
	CLEANUP(str_done) struct str arguments = { 0 };
	CLEANUP(str_done) struct str cpu = { 0 };

	add_devices(in->devices, &ret->device_argv);
	vm_add_arguments(&ret->device_argv, &arguments);
	if (in->address_bits)
		str_addf(&cpu, ",host-phys-bits-limit=%u", in->address_bits);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "BIND", bind },
		{ "ARGUMENTS", str_c(&arguments) },
		{ "CPU_LIMIT", str_c(&cpu) },
		{ "CPU_NOTE", limit },
		{ "FIRMWARE", in->there.firmware ? in->there.firmware : FIRMWARE },
		{ "VARS_TEMPLATE",
		  in->there.firmware ? in->there.firmware_vars : FIRMWARE_VARS },
	};

	return template_fill("vm-qemu", values, ARRAY_SIZE(values), &ret->text, e);
}

const struct hypervisor vm_qemu = {
	.name = "qemu",
	.comment = "#   ",
	.add_comment = vm_add_line_comment,
	.make = make,
};
