/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that start a virtual machine with devices: what all hypervisors share. */
#include "devices/vm.h"

#include <errno.h>

#include "policy/faults.h"

static const struct hypervisor *const hypervisors[] = {
	&vm_qemu, &vm_cloud_hypervisor, &vm_libvirt, &vm_slicer, &vm_proxmox,
};

static const struct hypervisor *find_hypervisor(const char *name, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(hypervisors); i++)
		if (strcmp(hypervisors[i]->name, name) == 0)
			return hypervisors[i];
	error_usage(e, "there is no command for the hypervisor \"%.80s\"", name);
	error_hint(e, "--hypervisor takes " VM_HYPERVISORS);
	return NULL;
}

void vm_hypervisors(struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(hypervisors); i++)
		strv_add(ret, hypervisors[i]->name);
}

const char *vm_hypervisor_of(const struct host *h)
{
	bool is_proxmox = host_exists(h, "/etc/pve") && (host_exists(h, "/usr/sbin/qm") ||
							 host_exists(h, "/usr/bin/qm"));

	return is_proxmox ? vm_proxmox.name : vm_qemu.name;
}

const char *vm_hypervisor(const char *name, struct error *e)
{
	const struct hypervisor *hv = find_hypervisor(name, e);

	return hv ? hv->name : NULL;
}

bool vm_hypervisor_binds(const char *name)
{
	const struct hypervisor *hv = find_hypervisor(name, NULL);

	return hv && hv->binds;
}

/* ---- the devices ------------------------------------------------------------------- */

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
 * or at least belong together. A virtual function is made to be given away by itself. */
static void add_slot(const struct pci_devices *all, const struct pci_device *d,
		     struct endpoints *ret)
{
	add_endpoint(ret, d);
	if (pci_find(all, d->at) != d || d->physfn)
		return; /* a placeholder, or a virtual function */
	for (size_t i = 0; i < all->n; i++)
		if (is_same_slot(all->v[i].at, d->at) && !pci_is_bridge(&all->v[i]) &&
		    !all->v[i].physfn)
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

size_t vm_slot_end(const struct endpoints *v, size_t start)
{
	size_t end = start + 1;

	while (end < v->n && is_same_slot(v->v[end]->at, v->v[start]->at))
		end++;
	return end;
}

unsigned vm_guest_function(const struct endpoints *v, size_t start, size_t i)
{
	return v->v[start]->at.function ? (unsigned)(i - start) : v->v[i]->at.function;
}

/* ---- parts of the text ------------------------------------------------------------- */

static void add_device_lines(const struct endpoints *v, const struct hypervisor *hv,
			     struct str *ret)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct pci_device *d = v->v[i];
		CLEANUP(free_char) char *text = pci_description(d);

		str_addf(ret, "%s%s%s", i ? "\n" : "", hv->comment, d->address);
		if (d->address[0] == '<')
			continue; /* a placeholder has no name */
		str_add(ret, "  ");
		hv->add_comment(ret, text);
		if (d->iommu_group >= 0)
			str_addf(ret, " (IOMMU group %ld)", d->iommu_group);
	}
}

void vm_add_line_comment(struct str *out, const char *text)
{
	str_add_printable(out, text, strlen(text));
}

void vm_add_arguments(const struct strv *argv, struct str *out)
{
	for (size_t i = 0; i < argv->n; i++) {
		if (i)
			str_add(out, argv->v[i][0] == '-' ? " \\\n\t" : " ");
		str_add_shell_word(out, argv->v[i]);
	}
}

char *vm_bind_lines(const struct vm_input *in, const char *prefix)
{
	CLEANUP(free_char) char *addresses = strv_join(&in->to_bind, " ");

	if (!in->to_bind.n)
		return xstrdup("");
	return xasprintf("%sThey must be bound to VFIO first:\n"
			 "%s  sudo slicer pci bind %s",
			 prefix, prefix, addresses);
}

char *vm_limit_line(const struct vm_input *in, const char *prefix)
{
	if (!in->address_bits)
		return xstrdup("");
	return xasprintf("%sThe IOMMU here can translate only %u address bits, the "
			 "processor has %u: the guest gets no more.",
			 prefix, in->address_bits, in->cpu_bits);
}

/* ---- the command ------------------------------------------------------------------- */

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

static int read_host(const struct host *h, struct vm_input *in, struct error *e)
{
	struct iommu_facts iommu = { 0 };
	struct cpu_facts cpu = { 0 };
	int r = hypervisors_probe(h, &in->there, e);

	if (r == 0)
		r = cpu_probe(h, &cpu, e);
	if (r == 0)
		r = iommu_probe(h, &iommu, e);
	in->cpu_bits = cpu.address_bits;
	in->address_bits = address_limit(&cpu, &iommu);
	iommu_done(&iommu);
	cpu_done(&cpu);
	return r;
}

/* What no hypervisor can give to a VM. */
static int refuse(const struct pci_device *const *chosen, size_t n, struct error *e)
{
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
	return 0;
}

static void list_devices(const struct hypervisor *hv, struct vm_input *in,
			 struct vm_command *ret)
{
	for (size_t i = 0; i < in->devices->n; i++) {
		const struct pci_device *d = in->devices->v[i];

		strv_add(&ret->devices, d->address);
		if (hv->binds && hv->binds(in, d))
			continue;
		strv_add(&in->to_bind, d->address);
		if (!driver_is_vfio(d->driver))
			strv_add(&ret->must_bind, d->address);
	}
}

static void read_needs(const struct host *h, const struct hypervisor *hv, bool iommufd,
		       struct vm_input *in, struct vm_command *ret)
{
	in->region_bytes = vm_region_bytes(h, in->devices);
	in->window_mib = vm_window_mib(in->region_bytes);
	vm_read_huge_pages(h, in);
	if (!hv->takes_iommufd)
		return;
	in->iommufd = vm_choose_iommufd(h, in->devices, iommufd);
	if (iommufd)
		vm_iommufd_obstacles(h, in->devices, &ret->obstacles);
}

void vm_command_done(struct vm_command *c)
{
	strv_done(&c->devices);
	strv_done(&c->must_bind);
	strv_done(&c->obstacles);
	strv_done(&c->device_argv);
	str_done(&c->text);
	*c = (struct vm_command){ 0 };
}

int vm_command_make(const struct host *h, const struct pci_devices *all,
		    const struct pci_device *const *chosen, size_t n,
		    const char *hypervisor, bool iommufd, struct vm_command *ret,
		    struct error *e)
{
	const struct hypervisor *hv = find_hypervisor(hypervisor, e);
	CLEANUP(endpoints_done) struct endpoints v = { 0 };
	CLEANUP(persisted_done) struct persisted_list persisted = { 0 };
	struct vm_input in = { .devices = &v, .all = all, .persisted = &persisted };
	int r;

	if (!hv)
		return -EINVAL;
	if (iommufd && !hv->takes_iommufd) {
		error_usage(e, "--iommufd is for QEMU's command only");
		error_hint(e, "leave it out for %s", hv->name);
		return -EINVAL;
	}
	r = refuse(chosen, n, e);
	if (r == 0)
		r = read_host(h, &in, e);
	if (r == 0 && hv->binds)
		r = persist_load(h, &persisted, e);
	if (r < 0)
		return r;
	persist_match(h, all, &persisted);
	endpoints_collect(all, chosen, n, &v);
	read_needs(h, hv, iommufd, &in, ret);
	ret->hypervisor = hv->name;
	ret->address_bits = in.address_bits;
	list_devices(hv, &in, ret);
	add_device_lines(&v, hv, &in.device_lines);
	r = hv->make(&in, ret, e);
	str_done(&in.device_lines);
	strv_done(&in.to_bind);
	return r;
}
