/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space is read through the host, not with libpci: libpci opens the paths
 * of a foreign root by itself, and would follow links out of it.
 */
#include "probe/pci_topology.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

static bool read_config(void *data, size_t at, uint8_t *ret, size_t n)
{
	const int *fd = data;

	for (size_t got = 0; got < n;) {
		ssize_t r = pread(*fd, ret + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		got += (size_t)r;
	}
	return true;
}

static void load_caps(const struct host *h, const struct pci_device *d,
		      struct pcicaps *ret)
{
	CLEANUP(free_char) char *path = xasprintf(DEVICES "/%s/config", d->address);
	CLEANUP(close_fd)
	int fd = host_openat(h, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	*ret = (struct pcicaps){ .express = PCI_EXPRESS_NONE };
	if (fd >= 0)
		pcicaps_parse(read_config, &fd, ret);
}

/* t->all is sorted by address, and so are pointers into it. */
static int compare_grouped(const void *a, const void *b)
{
	const struct pci_device *x = *(const struct pci_device *const *)a;
	const struct pci_device *y = *(const struct pci_device *const *)b;

	if (x->iommu_group != y->iommu_group)
		return x->iommu_group < y->iommu_group ? -1 : 1;
	return (x > y) - (x < y);
}

void pci_topology_sort(struct pci_topology *t)
{
	free(t->grouped);
	t->grouped = xcalloc(t->all->n + 1, sizeof(struct pci_device *));
	t->n_grouped = 0;
	for (size_t i = 0; i < t->all->n; i++)
		if (t->all->v[i].iommu_group >= 0)
			t->grouped[t->n_grouped++] = &t->all->v[i];
	qsort(t->grouped, t->n_grouped, sizeof(struct pci_device *), compare_grouped);
}

void pci_topology_load(const struct host *h, const struct pci_devices *all,
		       struct pci_topology *ret)
{
	*ret = (struct pci_topology){ .all = all };
	ret->caps = xcalloc(all->n ? all->n : 1, sizeof(*ret->caps));
	for (size_t i = 0; i < all->n; i++)
		load_caps(h, &all->v[i], &ret->caps[i]);
	pci_topology_sort(ret);
}

void pci_topology_done(struct pci_topology *t)
{
	free(t->caps);
	free(t->grouped);
	*t = (struct pci_topology){ 0 };
}

const struct pcicaps *pci_caps_of(const struct pci_topology *t,
				  const struct pci_device *d)
{
	return &t->caps[d - t->all->v];
}

/* How many of those in a group are in one before that, or (with it) in that one, too. */
static size_t count_before(const struct pci_topology *t, long group, bool with_it)
{
	size_t low = 0, high = t->n_grouped;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		long g = t->grouped[mid]->iommu_group;

		if (g < group || (with_it && g == group))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t pci_group_members(const struct pci_topology *t, long group,
			 const struct pci_device *const **ret)
{
	size_t first = count_before(t, group, false);

	*ret = t->grouped + first;
	return count_before(t, group, true) - first;
}
