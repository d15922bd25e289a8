/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that start a virtual machine with devices. Sources: QEMU's docs/pcie.txt and
 * hw/vfio/pci.c (root ports, multifunction), Cloud Hypervisor's docs/vfio.md (several
 * values behind one --device).
 */
#include "devices/commands.h"

#include <errno.h>

#include "probe/facts.h"
#include "steps/template.h"
#include "policy/faults.h"

#define DEVICES "/sys/bus/pci/devices"

struct hypervisor {
	const char *template;
	/* The option of its processor that limits the guest's physical address bits:
	 * QEMU's target/i386/host-cpu.c, Cloud Hypervisor's vmm/src/config.rs. */
	const char *address_option;
	void (*arguments)(const struct endpoints *v, struct strv *argv);
};

void endpoints_done(struct endpoints *v)
{
	free(v->v);
	*v = (struct endpoints){ 0 };
}

static void add_endpoint(struct endpoints *v, const struct pci_device *d)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i] == d)
			return;
	v->v = xgrow(v->v, v->n, &v->cap, sizeof(struct pci_device *));
	v->v[v->n++] = d;
}

static bool is_same_slot(struct pci_address a, struct pci_address b)
{
	return a.domain == b.domain && a.bus == b.bus && a.device == b.device;
}

/* Before the IOMMU is on there are no groups: the functions of one slot will be in one,
 * or at least belong together. */
static void add_slot(const struct pci_devices *all, const struct pci_device *d,
		     struct endpoints *ret)
{
	add_endpoint(ret, d);
	if (pci_find(all, d->at) != d)
		return; /* a placeholder */
	for (size_t i = 0; i < all->n; i++)
		if (is_same_slot(all->v[i].at, d->at) && !pci_is_bridge(&all->v[i]))
			add_endpoint(ret, &all->v[i]);
}

static int compare_endpoints(const void *a, const void *b)
{
	const struct pci_device *const *x = a, *const *y = b;

	return pci_address_compare((*x)->at, (*y)->at);
}

void endpoints_collect(const struct pci_devices *all,
		       const struct pci_device *const *chosen, size_t n,
		       struct endpoints *ret)
{
	for (size_t i = 0; i < n; i++) {
		const struct pci_device **group = NULL;
		size_t many;

		if (chosen[i]->iommu_group < 0) {
			add_slot(all, chosen[i], ret);
			continue;
		}
		many = group_endpoints(all, chosen[i], &group);
		for (size_t k = 0; k < many; k++)
			add_endpoint(ret, group[k]);
		free(group);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(struct pci_device *), compare_endpoints);
}

char *endpoints_join(const struct endpoints *v)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };

	for (size_t i = 0; i < v->n; i++)
		strv_add(&addresses, v->v[i]->address);
	return strv_join(&addresses, " ");
}

/*
 * A root port for each slot of the host, with the slot's functions under their own
 * numbers: a driver finds its card's other functions there. A guest looks for functions
 * only if there is a function 0: without one they are numbered anew.
 */
static void qemu_arguments(const struct endpoints *v, struct strv *argv)
{
	unsigned port = 0;

	for (size_t i = 0; i < v->n;) {
		size_t end = i + 1;
		bool renumber = v->v[i]->at.function != 0;

		while (end < v->n && is_same_slot(v->v[end]->at, v->v[i]->at))
			end++;
		port++;
		strv_add(argv, "-device");
		strv_addf(argv, "pcie-root-port,id=rp%u,chassis=%u,slot=%u", port, port,
			  port);
		for (size_t k = i; k < end; k++) {
			const struct pci_device *d = v->v[k];

			strv_add(argv, "-device");
			strv_addf(argv, "vfio-pci,host=%s,bus=rp%u,addr=0.%u%s",
				  d->address, port,
				  renumber ? (unsigned)(k - i) : d->at.function,
				  k == i && end > i + 1 ? ",multifunction=on" : "");
		}
		i = end;
	}
}

static void cloud_hypervisor_arguments(const struct endpoints *v, struct strv *argv)
{
	strv_add(argv, "--device");
	for (size_t i = 0; i < v->n; i++)
		strv_addf(argv, "path=" DEVICES "/%s/", v->v[i]->address);
}

const char *const vm_hypervisors[] = { "qemu", "cloud-hypervisor", NULL };
static const struct hypervisor hypervisors[] = {
	{ "vm-qemu", "host-phys-bits-limit", qemu_arguments },
	{ "vm-cloud-hypervisor", "max_phys_bits", cloud_hypervisor_arguments },
};

static const struct hypervisor *find_hypervisor(const char *name, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(hypervisors); i++)
		if (strcmp(vm_hypervisors[i], name) == 0)
			return &hypervisors[i];
	error_usage(e, "there is no command for the hypervisor \"%.80s\"", name);
	error_hint(e, "--hypervisor takes qemu or cloud-hypervisor");
	return NULL;
}

/* One comment line for each device; what the device calls itself must not end the
 * comment. */
static void device_lines(const struct endpoints *v, struct str *ret)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct pci_device *d = v->v[i];
		CLEANUP(free_char) char *text = pci_description(d);

		str_addf(ret, "%s#   %s", i ? "\n" : "", d->address);
		if (d->address[0] == '<')
			continue; /* a placeholder has no name */
		str_add(ret, "  ");
		str_add_printable(ret, text, strlen(text));
		if (d->iommu_group >= 0)
			str_addf(ret, " (IOMMU group %ld)", d->iommu_group);
	}
}

/* Option by option, each on its own line. */
static void argument_lines(const struct strv *argv, struct str *ret)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (i)
			str_add(ret, argv->v[i][0] == '-' ? " \\\n\t" : " ");
		str_add_shell_word(ret, argv->v[i]);
	}
}

/* What the text names if no UEFI firmware is there: where Debian's package ovmf puts it.
 */
#define FIRMWARE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define FIRMWARE_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

/*
 * A guest with as many address bits as the processor may place memory or BARs where the
 * IOMMU can't map. Only Intel's units can have fewer than their processor; of several the
 * narrowest counts (linux drivers/iommu/intel/iommu.c, cap_mgaw()).
 */
static unsigned address_limit(const struct cpu_facts *cpu,
			      const struct iommu_facts *iommu)
{
	/* No unit maps less than 32 bits: such a register is junk. */
	if (iommu->address_bits < 32)
		return 0;
	return iommu->address_bits < cpu->address_bits ? iommu->address_bits : 0;
}

/* What the guest's processor must be told. limit: its option, with %u for the bits. */
static int read_limit(const struct host *h, const char *option, struct vm_command *c,
		      char **ret_option, char **ret_note, struct error *e)
{
	struct iommu_facts iommu = { 0 };
	struct cpu_facts cpu = { 0 };
	int r = cpu_probe(h, &cpu, e);

	if (r == 0)
		r = iommu_probe(h, &iommu, e);
	c->address_bits = address_limit(&cpu, &iommu);
	if (c->address_bits) {
		*ret_option = xasprintf(",%s=%u", option, c->address_bits);
		*ret_note = xasprintf(
			"# The IOMMU here can translate only %u address bits, the "
			"processor has %u: the guest gets no more.",
			c->address_bits, cpu.address_bits);
	} else {
		*ret_option = xstrdup("");
		*ret_note = xstrdup("");
	}
	iommu_done(&iommu);
	cpu_done(&cpu);
	return r;
}

static int fill(const struct host *h, const struct hypervisor *hv,
		const struct endpoints *v, struct vm_command *c, struct error *e)
{
	CLEANUP(free_char) char *addresses = endpoints_join(v);
	CLEANUP(free_char) char *bind = xasprintf("sudo slicer pci bind %s", addresses);
	CLEANUP(str_done) struct str devices = { 0 };
	CLEANUP(str_done) struct str arguments = { 0 };
	CLEANUP(free_char) char *limit = NULL;
	CLEANUP(free_char) char *note = NULL;
	struct hypervisor_facts there;

	if (hypervisors_probe(h, &there, e) < 0 ||
	    read_limit(h, hv->address_option, c, &limit, &note, e) < 0)
		return -EIO;
	device_lines(v, &devices);
	argument_lines(&c->device_argv, &arguments);
	struct template_value values[] = {
		{ "DEVICES", str_c(&devices) },
		{ "BIND", bind },
		{ "ARGUMENTS", str_c(&arguments) },
		{ "CPU_LIMIT", limit },
		{ "CPU_NOTE", note },
		{ "FIRMWARE", there.firmware ? there.firmware : FIRMWARE },
		{ "VARS_TEMPLATE", there.firmware ? there.firmware_vars : FIRMWARE_VARS },
	};

	return template_fill(hv->template, values,
			     hv == &hypervisors[0] ? ARRAY_SIZE(values) : 5, &c->text, e);
}

void vm_command_done(struct vm_command *c)
{
	strv_done(&c->devices);
	strv_done(&c->must_bind);
	strv_done(&c->device_argv);
	str_done(&c->text);
	*c = (struct vm_command){ 0 };
}

int vm_command_make(const struct host *h, const struct pci_devices *all,
		    const struct pci_device *const *chosen, size_t n,
		    const char *hypervisor, struct vm_command *ret, struct error *e)
{
	const struct hypervisor *hv = find_hypervisor(hypervisor, e);
	CLEANUP(endpoints_done) struct endpoints v = { 0 };

	if (!hv)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(free_char) char *advice = NULL;
		CLEANUP(free_char) char *below = device_below(chosen[i], &advice);

		if (!below)
			continue;
		error_set(e, EPERM, "%s: %s", chosen[i]->address, below);
		error_hint(e, "%s", advice);
		return -EPERM;
	}
	for (size_t i = 0; i < n; i++) {
		if (!pci_is_bridge(chosen[i]))
			continue;
		error_set(e, EINVAL, "%s is a bridge: it can't be given to a VM",
			  chosen[i]->address);
		error_hint(e, "%s", use_advice(USE_BRIDGE));
		return -EINVAL;
	}
	endpoints_collect(all, chosen, n, &v);
	ret->hypervisor = vm_hypervisors[hv - hypervisors];
	for (size_t i = 0; i < v.n; i++) {
		strv_add(&ret->devices, v.v[i]->address);
		if (!driver_is_vfio(v.v[i]->driver))
			strv_add(&ret->must_bind, v.v[i]->address);
	}
	hv->arguments(&v, &ret->device_argv);
	return fill(h, hv, &v, ret, e);
}
