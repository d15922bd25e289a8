/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM by QEMU: a shell script. Sources: QEMU's docs/pcie.txt and hw/vfio/pci.c (root
 * ports, multifunction), target/i386/host-cpu.c (address bits),
 * docs/devel/vfio-iommufd.rst, qapi/qom.json (memory backends). */
#include "devices/vm.h"

#include <inttypes.h>

#include "steps/template.h"

/* What the text names if no UEFI firmware is there: where Debian's package ovmf puts it.
 */
#define FIRMWARE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define FIRMWARE_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

static bool uses_iommufd(const struct vm_input *in)
{
	return in->iommufd == VM_IOMMUFD_ONLY || in->iommufd == VM_IOMMUFD_WANTED;
}

void vm_qemu_arguments(const struct endpoints *v, bool iommufd, struct strv *argv)
{
	const char *backend = iommufd ? ",iommufd=iommufd0" : "";
	unsigned port = 0;

	if (iommufd) {
		strv_add(argv, "-object");
		strv_add(argv, "iommufd,id=iommufd0");
	}
	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		port++;
		strv_add(argv, "-device");
		strv_addf(argv, "pcie-root-port,id=rp%u,chassis=%u,slot=%u", port, port,
			  port);
		for (size_t i = start; i < end; i++) {
			bool first = i == start && end > start + 1;

			strv_add(argv, "-device");
			strv_addf(argv, "vfio-pci,host=%s,bus=rp%u,addr=0.%u%s%s",
				  v->v[i]->address, port, vm_guest_function(v, start, i),
				  first ? ",multifunction=on" : "", backend);
		}
	}
}

static void add_arguments(const struct vm_input *in, struct strv *argv)
{
	vm_qemu_arguments(in->devices, uses_iommufd(in), argv);
	if (in->window_mib) {
		strv_add(argv, "-fw_cfg");
		strv_addf(argv, "name=opt/ovmf/X-PciMmio64Mb,string=%" PRIu64,
			  in->window_mib);
	}
}

/* QEMU has it since 9.0. slicer runs no program of the host to find out which one it is.
 */
static char *iommufd_lines(const struct vm_input *in)
{
	switch (in->iommufd) {
	case VM_IOMMUFD_OFFERED:
		return xasprintf(
			"# This kernel has iommufd, too. With QEMU 9.0 or later:\n"
			"#   slicer vm command --iommufd %s",
			in->devices->v[0]->address);
	case VM_IOMMUFD_ONLY:
		return xstrdup(
			"# This kernel gives devices to VMs by iommufd only (there "
			"is no /dev/vfio/vfio): that needs\n"
			"# QEMU 9.0 or later.");
	case VM_IOMMUFD_WANTED:
		return xstrdup("# By iommufd: that needs QEMU 9.0 or later.");
	default:
		return xstrdup("");
	}
}

static char *huge_lines(const struct vm_input *in)
{
	CLEANUP(free_char)
	char *line =
		vm_huge_line(in, "# ", "with these arguments,\n# and 4G as MEMORY is:");

	if (!*line)
		return xstrdup("");
	return xasprintf("%s\n"
			 "#   -object memory-backend-memfd,id=ram,size=4G,hugetlb=on,"
			 "hugetlbsize=%s -machine memory-backend=ram",
			 line, in->huge_size);
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	const struct hypervisor_facts *there = &in->there;
	CLEANUP(free_char) char *bind = vm_bind_lines(in, "# ");
	CLEANUP(free_char) char *limit = vm_limit_line(in, "# ");
	CLEANUP(free_char) char *window = vm_window_lines(in, "# ");
	CLEANUP(free_char) char *iommufd = iommufd_lines(in);
	CLEANUP(free_char) char *huge = huge_lines(in);
	CLEANUP(str_done) struct str arguments = { 0 };
	CLEANUP(str_done) struct str cpu = { 0 };

	add_arguments(in, &ret->device_argv);
	vm_add_arguments(&ret->device_argv, &arguments);
	if (in->address_bits)
		str_addf(&cpu, ",host-phys-bits-limit=%u", in->address_bits);
	ret->iommufd = uses_iommufd(in);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "BIND", bind },
		{ "ARGUMENTS", str_c(&arguments) },
		{ "CPU_LIMIT", str_c(&cpu) },
		{ "CPU_NOTE", limit },
		{ "WINDOW_NOTE", window },
		{ "IOMMUFD_NOTE", iommufd },
		{ "NODES",
		  ret->iommufd ? "/dev/iommu and the devices' nodes in /dev/vfio/devices"
			       : "the groups' nodes in /dev/vfio" },
		{ "HUGE_NOTE", huge },
		{ "FIRMWARE", there->firmware ? there->firmware : FIRMWARE },
		{ "VARS_TEMPLATE",
		  there->firmware ? there->firmware_vars : FIRMWARE_VARS },
	};

	return template_fill("vm-qemu", values, ARRAY_SIZE(values), &ret->text, e);
}

const struct hypervisor vm_qemu = {
	.name = "qemu",
	.comment = "#   ",
	.add_comment = vm_add_line_comment,
	.takes_iommufd = true,
	.make = make,
};
