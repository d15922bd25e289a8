/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups, and the device that printed commands are about. Who keeps a group from a
 * VM: up to Linux 5.18 vfio_dev_viable() (drivers/vfio/vfio.c), which no bridge bothers;
 * since 5.19 the DMA ownership of drivers with driver_managed_dma
 * (drivers/iommu/iommu.c): VFIO's, pci-stub and pcieport.
 */
#include "devices/commands.h"

#include "text/bls.h"

bool driver_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !a && !b;
}

size_t group_endpoints(const struct pci_devices *all, const struct pci_device *d,
		       const struct pci_device ***ret)
{
	const struct pci_device **v = xcalloc(all->n + 1, sizeof(struct pci_device *));
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *x = &all->v[i];

		if (x == d || (d->iommu_group >= 0 && x->iommu_group == d->iommu_group &&
			       !pci_is_bridge(x) && !x->controller))
			v[n++] = x;
	}
	*ret = v;
	return n;
}

void endpoints_below(const struct pci_devices *all, const struct pci_device *d,
		     struct strv *ret)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->v[i].controller, d->address) &&
		    !pci_is_bridge(&all->v[i]))
			strv_add(ret, all->v[i].address);
}

bool groups_exist(const struct pci_devices *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].iommu_group >= 0)
			return true;
	return false;
}

/* vfio_dev_driver_allowed() goes by the header. Red Hat's kernels have the rules of later
 * ones, under the number of an old one. */
static bool is_free_bridge(const struct pci_device *d, const char *kernel)
{
	return (d->header_type == 1 || d->header_type == 2) && kernel &&
	       bls_version_compare(kernel, "5.19") < 0 && !strstr(kernel, ".el");
}

const char *group_blocker(const struct pci_device *d, const char *kernel)
{
	/* What is below a controller is gone once that has another driver. */
	if (!d->driver || d->controller || driver_is_vfio(d->driver) ||
	    strcmp(d->driver, "pci-stub") == 0 || strcmp(d->driver, "pcieport") == 0 ||
	    is_free_bridge(d, kernel))
		return NULL;
	return d->driver;
}

/* Is it in nobody's hands, and can the host do without what goes along with it? A program
 * that has only the card's audio function open can be ended. */
static bool is_spare(const struct bind_world *w, const struct pci_device *d)
{
	CLEANUP(device_answer_done) struct device_answer answer = { 0 };
	CLEANUP(endpoints_done) struct endpoints v = { 0 };
	CLEANUP(uses_done) struct uses own = { 0 };
	bool spare;

	usage_of(w->usage, d, &own);
	if (own.n)
		return false;
	device_answer(w, d, true, false, &answer);
	spare = answer.usable;
	endpoints_collect(w->all, &d, 1, &v);
	for (size_t i = 0; i < v.n && spare; i++)
		spare = !v.v[i]->boot_vga;
	return spare;
}

const struct pci_device *devices_suggest_from(const struct bind_world *w)
{
	const struct pci_device *found = NULL;

	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *d = &w->all->v[i];

		if (!pci_is_display(d) || d->no_answer || d->controller ||
		    !is_spare(w, d))
			continue;
		if (found && (found->vendor != d->vendor || found->device != d->device))
			return NULL;
		if (!found)
			found = d;
	}
	return found;
}

const struct pci_device *devices_suggest(const struct host *h, const struct mounts *m,
					 const struct pci_devices *all)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };

	bind_world_load(h, m, all, &w);
	return devices_suggest_from(&w);
}
