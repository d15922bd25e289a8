/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM by SlicerVM: its YAML. Sources: docs.slicervm.com, reference/config (the keys),
 * examples/gpu-ollama (gpu_count), examples/router-firewall (pci, by the name of the VM,
 * which is the host group's name and a number), reference/images (that a PCI device needs
 * QEMU, and which image is for it).
 */
#include "devices/vm.h"
#include "steps/template.h"

/* A card of which one function is a display controller comes as a whole. */
static bool is_gpu(const struct endpoints *v, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (pci_is_display(v->v[i]))
			return true;
	return false;
}

static unsigned count_gpus(const struct endpoints *v)
{
	unsigned n = 0;

	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		n += is_gpu(v, start, end);
	}
	return n;
}

/* What is no GPU, by address. */
static void add_pci(const struct endpoints *v, struct str *out)
{
	for (size_t start = 0, end; start < v->n; start = end) {
		end = vm_slot_end(v, start);
		for (size_t i = start; i < end && !is_gpu(v, start, end); i++) {
			str_add(out, out->len ? ", " : "  pci:\n    vm-1: [");
			str_add_yaml(out, v->v[i]->address);
		}
	}
	if (out->len)
		str_addc(out, ']');
}

static int make(const struct vm_input *in, struct vm_command *ret, struct error *e)
{
	CLEANUP(free_char) char *bind = vm_bind_lines(in, "# ");
	CLEANUP(str_done) struct str pci = { 0 };
	CLEANUP(str_done) struct str gpus = { 0 };
	unsigned n = count_gpus(in->devices);

	add_pci(in->devices, &pci);
	if (n)
		str_addf(&gpus,
			 "    # A number names no card: of more GPUs that are bound, "
			 "it is SlicerVM that chooses.\n"
			 "    gpu_count: %u",
			 n);
	const struct template_value values[] = {
		{ "DEVICES", str_c(&in->device_lines) },
		{ "BIND", bind },
		{ "PCI", str_c(&pci) },
		{ "GPU_COUNT", str_c(&gpus) },
	};

	return template_fill("vm-slicer.yaml", values, ARRAY_SIZE(values), &ret->text, e);
}

const struct hypervisor vm_slicer = {
	.name = "slicer",
	.comment = "#   ",
	.add_comment = vm_add_line_comment,
	.make = make,
};
