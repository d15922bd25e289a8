/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual machines that are defined to have the same devices. */
#include "probe/vm_conflicts.h"

void vm_conflicts_done(struct vm_conflicts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].address);
		free(c->v[i].what);
	}
	free(c->v);
	*c = (struct vm_conflicts){ 0 };
}

static bool names(const struct vm_definition *v, struct pci_address at)
{
	return vm_definition_names(v, at) == VM_NAMES;
}

static struct vm_conflict *add(struct vm_conflicts *c, const struct pci_device *d,
			       const struct vm_definition *a,
			       const struct vm_definition *b)
{
	struct vm_conflict *x;

	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	x = &c->v[c->n++];
	*x = (struct vm_conflict){ .address = xstrdup(d->address),
				   .group = d->iommu_group,
				   .at_boot = a->autostart && b->autostart };
	return x;
}

static void find_shared(const struct vm_definitions *vms, const struct pci_device *d,
			struct vm_conflicts *ret)
{
	for (size_t i = 0; i < vms->n; i++)
		for (size_t k = i + 1; k < vms->n; k++) {
			const struct vm_definition *a = &vms->v[i], *b = &vms->v[k];

			if (!names(a, d->at) || !names(b, d->at))
				continue;
			add(ret, d, a, b)->what =
				xasprintf("%s is in %s and in %s", d->address, a->title,
					  b->title);
		}
}

/* Is d in a, and in the same group an endpoint in b? The group's devices that both have
 * are told by find_shared(). */
static const struct pci_device *other_of_group(const struct pci_devices *all,
					       const struct pci_device *d,
					       const struct vm_definition *a,
					       const struct vm_definition *b)
{
	if (!names(a, d->at) || names(b, d->at))
		return NULL;
	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *x = &all->v[i];

		if (x != d && x->iommu_group == d->iommu_group && !pci_is_bridge(x) &&
		    names(b, x->at) && !names(a, x->at))
			return x;
	}
	return NULL;
}

static bool is_told(const struct vm_conflicts *c, long group, const char *what)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].is_split && c->v[i].group == group &&
		    strcmp(c->v[i].what, what) == 0)
			return true;
	return false;
}

static void find_split(const struct vm_definitions *vms, const struct pci_devices *all,
		       const struct pci_device *d, struct vm_conflicts *ret)
{
	for (size_t i = 0; i < vms->n && d->iommu_group >= 0; i++)
		for (size_t k = i + 1; k < vms->n; k++) {
			const struct vm_definition *a = &vms->v[i], *b = &vms->v[k];
			const struct pci_device *x = other_of_group(all, d, a, b);
			CLEANUP(free_char) char *what = NULL;
			struct vm_conflict *c;

			if (!x)
				x = other_of_group(all, d, b, a);
			if (!x)
				continue;
			what = xasprintf("IOMMU group %ld is split over %s and %s",
					 d->iommu_group, a->title, b->title);
			if (is_told(ret, d->iommu_group, what))
				continue;
			c = add(ret, d, a, b);
			c->is_split = true;
			c->what = take(what);
		}
}

void vm_conflicts_find(const struct vm_definitions *vms, const struct pci_devices *all,
		       struct vm_conflicts *ret)
{
	for (size_t i = 0; i < all->n && vms->n > 1; i++) {
		if (pci_is_bridge(&all->v[i]))
			continue;
		find_shared(vms, &all->v[i], ret);
		find_split(vms, all, &all->v[i], ret);
	}
}
