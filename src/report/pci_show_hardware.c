/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show as text: memory, link, power, resets, where it is. */
#include "report/pci_show.h"

#include <inttypes.h>

/* From here on firmware of a guest has trouble to find room below 4 GiB. */
#define LARGE_BAR (UINT64_C(256) << 20)

char *size_text(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	return xasprintf("%" PRIu64 " %s", bytes, units[i]);
}

bool bar_is_large(const struct pci_bar *b)
{
	return b->is_64bit && b->size >= LARGE_BAR;
}

static void print_bars(const struct output *o, const struct pci_page *p)
{
	const struct pci_detail *t = p->detail;

	if (!t->bars_known)
		page_row(o, "memory", "unknown: its file \"resource\" can't be read");
	else if (!t->n_bars)
		page_row(o, "memory", "it has none of its own");
	for (size_t i = 0; i < t->n_bars; i++) {
		const struct pci_bar *b = &t->bars[i];
		CLEANUP(free_char) char *size = size_text(b->size);
		char name[16];

		snprintf(name, sizeof(name), "BAR %u", b->number);
		page_row(o, i ? "" : "memory", "%-5s  %s%s%s%s%s%s%s",
			 b->number == PCI_ROM ? "ROM" : name, size,
			 b->io ? " of I/O ports" : "", b->is_64bit ? ", 64-bit" : "",
			 b->prefetchable && b->number != PCI_ROM ? ", prefetchable" : "",
			 b->shadow ? ", a copy that the firmware made" : "",
			 b->unassigned ? "; the host found no room for it" : "",
			 bar_is_large(b)
				 ? "; large: a guest needs room above 4 GiB for it"
				 : "");
	}
}

static void print_link(const struct output *o, const struct pci_page *p)
{
	const struct pci_detail *t = p->detail;
	bool slow = t->speed && t->max_speed && strcmp(t->speed, t->max_speed) != 0;
	bool narrow = t->width && t->max_width && strcmp(t->width, t->max_width) != 0;

	if (!t->max_speed && !t->max_width)
		return; /* conventional PCI, or a part of the processor */
	if (!t->speed || !t->width) {
		page_row(o, "link", "down; it can do %s, %s lanes",
			 t->max_speed ? t->max_speed : "?",
			 t->max_width ? t->max_width : "?");
		return;
	}
	page_row(o, "link", "%s, %s lane%s", t->speed, t->width,
		 strcmp(t->width, "1") == 0 ? "" : "s");
	if (slow)
		page_row(o, "", "it can do %s; many devices go slower while idle",
			 t->max_speed);
	if (narrow)
		page_row(o, "", "it can do %s lanes: the slot may have no more",
			 t->max_width);
}

/* linux drivers/pci/pci.c pci_reset_fn_methods[], and what each does there. */
static const struct {
	const char *name, *text;
} resets[] = {
	{ "device_specific", "the kernel's own way for this device" },
	{ "acpi", "by the firmware (_RST)" },
	{ "flr", "of this function alone" },
	{ "af_flr", "of this function alone" },
	{ "pm", "to power state D3 and back" },
	{ "bus", "of its bus, with all that is on it" },
	{ "cxl_bus", "of the CXL bus" },
};

static void print_resets(const struct output *o, const struct pci_page *p)
{
	const struct strv *v = &p->d->reset_methods;

	if (!v->n)
		page_row(o, "reset",
			 "no way that is shown (Linux shows them since 5.15): "
			 "it may keep what a guest left in it");
	for (size_t i = 0; i < v->n; i++) {
		const char *text = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(resets); k++)
			if (strcmp(resets[k].name, v->v[i]) == 0)
				text = resets[k].text;
		page_row(o, i ? "" : "reset", "%s%s%s", v->v[i], text ? ": " : "",
			 text ? text : "");
	}
}

static void print_power(const struct output *o, const struct pci_page *p)
{
	const struct pci_detail *t = p->detail;

	if (t->power_state)
		page_row(o, "power", "%s%s", t->power_state,
			 t->no_d3cold ? ", D3cold is not allowed" : "");
	else
		page_row(o, "power", "unknown (Linux shows it since 5.11)");
}

static void print_pages(const struct output *o, const char *size, long long free_pages,
			long long all)
{
	if (all > 0 && free_pages >= 0)
		page_row(o, "", "huge pages of %s: %lld of %lld free", size, free_pages,
			 all);
}

static void print_node(const struct output *o, const struct pci_page *p)
{
	const struct pci_detail *t = p->detail;

	if (p->d->numa_node >= 0)
		page_row(o, "NUMA node", "%d%s%s", p->d->numa_node,
			 t->cpus ? ", processors " : "", t->cpus ? t->cpus : "");
	else
		page_row(o, "NUMA node",
			 "none is named: the host has one, or its "
			 "firmware does not tell");
	if (t->all_2m < 0 && t->all_1g < 0)
		page_row(o, "", "huge pages: unknown");
	else if (t->all_2m <= 0 && t->all_1g <= 0)
		page_row(o, "", "huge pages: none are set aside");
	print_pages(o, "2 MiB", t->free_2m, t->all_2m);
	print_pages(o, "1 GiB", t->free_1g, t->all_1g);
}

static void print_vf(const struct output *o, const struct pci_page *p,
		     const struct pci_device *vf)
{
	CLEANUP(uses_done) struct uses u = { 0 };

	usage_of(p->world->usage, vf, &u);
	page_row(o, "", "%s  %s%s%s", vf->address, vf->driver ? vf->driver : "-",
		 u.n ? ", in use: " : "", u.n ? u.v[0].text : "");
}

static void print_sriov(const struct output *o, const struct pci_page *p)
{
	if (p->d->physfn)
		page_row(o, "SR-IOV", "it is a virtual function of %s", p->d->physfn);
	if (p->detail->total_vfs < 0)
		return;
	page_row(o, "SR-IOV", "%u of %ld virtual functions are enabled", p->d->num_vfs,
		 p->detail->total_vfs);
	for (size_t i = 0; i < p->world->all->n; i++)
		if (str_eq(p->world->all->v[i].physfn, p->d->address))
			print_vf(o, p, &p->world->all->v[i]);
}

/* Those of type "direct" keep a device from a VM; "direct-relaxable" ones don't. */
static void print_reserved(const struct output *o, const struct pci_page *p)
{
	const struct pci_detail *t = p->detail;
	const char *label = "reserved";

	if (p->d->iommu_group < 0)
		return;
	if (!t->reserved_known) {
		page_row(o, label, "unknown: the group's reserved_regions can't be read");
		return;
	}
	for (size_t i = 0; i < t->n_reserved; i++) {
		const struct pci_reserved *r = &t->reserved[i];

		if (!str_starts(r->type, "direct"))
			continue;
		page_row(o, label, "0x%" PRIx64 "-0x%" PRIx64 " %s%s", r->start, r->end,
			 r->type,
			 strcmp(r->type, "direct") == 0
				 ? ": the firmware keeps this memory of the group for "
				   "itself"
				 : ": only the boot needs it");
		label = "";
	}
	if (*label)
		page_row(o, label, "the firmware keeps no memory of the group");
}

void page_hardware(const struct output *o, const struct pci_page *p)
{
	print_bars(o, p);
	print_link(o, p);
	print_power(o, p);
	if (!pci_is_bridge(p->d)) {
		print_resets(o, p);
		print_node(o, p);
	}
	print_sriov(o, p);
	print_reserved(o, p);
}
