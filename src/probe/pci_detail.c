/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/pci_detail.h"

#include <errno.h>

#define DEVICES "/sys/bus/pci/devices"
#define TEXT_MAX 65536

/* linux include/linux/ioport.h */
#define RESOURCE_IO UINT64_C(0x100)
#define RESOURCE_MEM UINT64_C(0x200)
#define RESOURCE_PREFETCH UINT64_C(0x2000)
#define RESOURCE_MEM_64 UINT64_C(0x100000)
#define RESOURCE_UNSET UINT64_C(0x20000000)
#define RESOURCE_ROM_SHADOW UINT64_C(0x2)

static char *attr(const struct host *h, const struct pci_device *d, const char *name)
{
	CLEANUP(free_char) char *path = xasprintf(DEVICES "/%s/%s", d->address, name);
	char *text = host_attr(h, path);

	if (text && !*text) {
		free(text);
		return NULL;
	}
	return text;
}

static long long attr_number(const struct host *h, const struct pci_device *d,
			     const char *name)
{
	CLEANUP(free_char) char *path = xasprintf(DEVICES "/%s/%s", d->address, name);

	return host_attr_number(h, path, -1);
}

/* Up to three hex numbers and what follows them. Returns how many there were. */
static size_t take_numbers(const char *s, uint64_t v[3], size_t most, const char **ret)
{
	size_t n = 0;

	for (; n < most; n++) {
		char *end;

		s += strspn(s, " \t");
		if (!str_starts(s, "0x"))
			break;
		errno = 0;
		v[n] = strtoull(s, &end, 16);
		if (errno || end == s + 2)
			break;
		s = end;
	}
	*ret = s + strspn(s, " \t");
	return n;
}

/* drivers/pci/pci-sysfs.c resource_show(): start, end and flags; a line of zeros is no
 * BAR, or the upper half of a 64-bit one. One without a place starts at 0. */
static void add_bar(struct pci_detail *ret, unsigned number, const uint64_t v[3])
{
	uint64_t start = v[0], end = v[1], flags = v[2];
	struct pci_bar *b;

	if (!(flags & (RESOURCE_IO | RESOURCE_MEM)) || end < start ||
	    (end == UINT64_MAX && start == 0))
		return;
	b = &ret->bars[ret->n_bars++];
	*b = (struct pci_bar){
		.number = number,
		.start = start,
		.size = end - start + 1,
		.io = flags & RESOURCE_IO,
		.is_64bit = flags & RESOURCE_MEM_64,
		.prefetchable = flags & RESOURCE_PREFETCH,
		.unassigned = flags & RESOURCE_UNSET,
		.shadow = number == PCI_ROM && flags & RESOURCE_ROM_SHADOW,
	};
}

void pci_bars_load(const struct host *h, const struct pci_device *d,
		   struct pci_detail *ret)
{
	CLEANUP(free_char) char *path = xasprintf(DEVICES "/%s/resource", d->address);
	CLEANUP(str_done) struct str text = { 0 };
	unsigned number = 0;
	size_t pos = 0, len;
	const char *line;

	if (host_read(h, path, TEXT_MAX, &text, NULL) < 0)
		return;
	ret->bars_known = true;
	while (number <= PCI_ROM &&
	       next_line(str_c(&text), text.len, &pos, &line, &len)) {
		CLEANUP(free_char) char *copy = xstrndup(line, len);
		const char *rest;
		uint64_t v[3];

		if (take_numbers(copy, v, 3, &rest) == 3)
			add_bar(ret, number, v);
		number++;
	}
}

/* linux drivers/iommu/iommu.c iommu_group_show_resv_regions() */
static void load_reserved(const struct host *h, const struct pci_device *d,
			  struct pci_detail *ret)
{
	CLEANUP(free_char)
	char *path = xasprintf("/sys/kernel/iommu_groups/%ld/reserved_regions",
			       d->iommu_group);
	CLEANUP(str_done) struct str text = { 0 };
	size_t pos = 0, len;
	const char *line;

	if (d->iommu_group < 0 || host_read(h, path, TEXT_MAX, &text, NULL) < 0)
		return;
	ret->reserved_known = true;
	while (next_line(str_c(&text), text.len, &pos, &line, &len)) {
		CLEANUP(free_char) char *copy = xstrndup(line, len);
		const char *rest;
		uint64_t v[3];

		if (take_numbers(copy, v, 2, &rest) != 2 || !*rest || v[1] < v[0])
			continue;
		ret->reserved = xgrow(ret->reserved, ret->n_reserved, &ret->cap_reserved,
				      sizeof(*ret->reserved));
		ret->reserved[ret->n_reserved++] = (struct pci_reserved){
			.start = v[0], .end = v[1], .type = xstrdup(rest)
		};
	}
}

/* drivers/pci/pci-sysfs.c: these exist for PCI Express only, and say "Unknown" and width
 * 0 or 255 where there is no link. */
static char *link_attr(const struct host *h, const struct pci_device *d, const char *name)
{
	CLEANUP(free_char) char *text = attr(h, d, name);

	if (!text || str_starts(text, "Unknown") || strcmp(text, "0") == 0 ||
	    strcmp(text, "255") == 0)
		return NULL;
	return take(text);
}

static void load_link(const struct host *h, const struct pci_device *d,
		      struct pci_detail *ret)
{
	ret->speed = link_attr(h, d, "current_link_speed");
	ret->max_speed = link_attr(h, d, "max_link_speed");
	ret->width = link_attr(h, d, "current_link_width");
	ret->max_width = link_attr(h, d, "max_link_width");
}

static long long huge_pages(const struct host *h, int node, const char *size,
			    const char *name)
{
	CLEANUP(free_char) char *path = NULL;

	if (node >= 0)
		path = xasprintf("/sys/devices/system/node/node%d/hugepages/"
				 "hugepages-%s/%s",
				 node, size, name);
	else
		path = xasprintf("/sys/kernel/mm/hugepages/hugepages-%s/%s", size, name);
	return host_attr_number(h, path, -1);
}

static void load_node(const struct host *h, const struct pci_device *d,
		      struct pci_detail *ret)
{
	ret->cpus = attr(h, d, "local_cpulist");
	ret->free_2m = huge_pages(h, d->numa_node, "2048kB", "free_hugepages");
	ret->all_2m = huge_pages(h, d->numa_node, "2048kB", "nr_hugepages");
	ret->free_1g = huge_pages(h, d->numa_node, "1048576kB", "free_hugepages");
	ret->all_1g = huge_pages(h, d->numa_node, "1048576kB", "nr_hugepages");
}

void pci_detail_load(const struct host *h, const struct pci_device *d,
		     struct pci_detail *ret)
{
	CLEANUP(free_char) char *revision = attr(h, d, "revision");

	*ret = (struct pci_detail){ .revision = -1 };
	if (revision)
		ret->revision = (int)strtoul(revision, NULL, 16) & 0xff;
	pci_bars_load(h, d, ret);
	load_reserved(h, d, ret);
	load_link(h, d, ret);
	load_node(h, d, ret);
	ret->power_state = attr(h, d, "power_state");
	ret->no_d3cold = attr_number(h, d, "d3cold_allowed") == 0;
	ret->total_vfs = (long)attr_number(h, d, "sriov_totalvfs");
}

void pci_detail_done(struct pci_detail *d)
{
	free(d->speed);
	free(d->max_speed);
	free(d->width);
	free(d->max_width);
	free(d->power_state);
	free(d->cpus);
	for (size_t i = 0; i < d->n_reserved; i++)
		free(d->reserved[i].type);
	free(d->reserved);
	*d = (struct pci_detail){ 0 };
}
