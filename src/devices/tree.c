/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/tree.h"

#include "probe/pci_place.h"

#define NONE SIZE_MAX

/* Of all->v[i], as indexes; NONE: there is none. */
struct links {
	size_t *up, *first, *next; /* the first below it, the next below the same one */
	bool *kept; /* it is wanted, or on the way to one that is */
	size_t first_root;
};

static void links_done(struct links *l)
{
	free(l->up);
	free(l->first);
	free(l->next);
	free(l->kept);
}

/* The physical function of a virtual one, else what it is below. */
static size_t find_up(const struct pci_devices *all, const struct pci_device *d)
{
	const struct pci_device *up = NULL;
	struct pci_address at;

	if (d->physfn && pci_address_parse(d->physfn, &at, NULL) == 0)
		up = pci_find(all, at);
	if (!up)
		up = d->parent;
	return up ? (size_t)(up - all->v) : NONE;
}

static void links_make(const struct pci_devices *all, const bool *wanted,
		       struct links *ret)
{
	size_t n = all->n;

	*ret = (struct links){ .first_root = NONE };
	ret->up = xcalloc(n + 1, sizeof(*ret->up));
	ret->first = xcalloc(n + 1, sizeof(*ret->first));
	ret->next = xcalloc(n + 1, sizeof(*ret->next));
	ret->kept = xcalloc(n + 1, sizeof(*ret->kept));
	for (size_t i = 0; i < n; i++) {
		ret->up[i] = find_up(all, &all->v[i]);
		ret->first[i] = NONE;
	}
	pci_cut_circles(ret->up, n);
	for (size_t i = 0; i < n; i++)
		if (wanted[i])
			for (size_t k = i; k != NONE && !ret->kept[k]; k = ret->up[k])
				ret->kept[k] = true;
	/* From the last on, so that those below one are in the order of addresses. */
	for (size_t i = n; i-- > 0;) {
		size_t up = ret->up[i];
		size_t *head = up == NONE ? &ret->first_root : &ret->first[up];

		if (!ret->kept[i])
			continue;
		ret->next[i] = *head;
		*head = i;
	}
}

static bool is_same_bus(const struct pci_device *a, const struct pci_device *b)
{
	return a->at.domain == b->at.domain && a->at.bus == b->at.bus;
}

static bool is_last(const struct pci_devices *all, const struct links *l, size_t i)
{
	if (l->next[i] == NONE)
		return true;
	return l->up[i] == NONE && !is_same_bus(&all->v[i], &all->v[l->next[i]]);
}

/* The one after i in the order of the tree; NONE after the last. */
static size_t step(const struct links *l, size_t i, unsigned *depth)
{
	if (l->first[i] != NONE) {
		++*depth;
		return l->first[i];
	}
	while (i != NONE && l->next[i] == NONE) {
		i = l->up[i];
		--*depth;
	}
	return i != NONE ? l->next[i] : NONE;
}

void device_tree_done(struct device_tree *t)
{
	free(t->v);
	*t = (struct device_tree){ 0 };
}

void device_tree_make(const struct pci_devices *all, const bool *wanted,
		      struct device_tree *ret)
{
	CLEANUP(links_done) struct links l;
	unsigned depth = 0;

	links_make(all, wanted, &l);
	*ret = (struct device_tree){ 0 };
	ret->v = xcalloc(all->n + 1, sizeof(*ret->v));
	for (size_t i = l.first_root; i != NONE; i = step(&l, i, &depth)) {
		const struct pci_device *d = &all->v[i];

		ret->v[ret->n++] = (struct tree_line){
			.d = d,
			.depth = depth,
			.is_last = is_last(all, &l, i),
			.is_wanted = wanted[i],
			.is_virtual = d->physfn && l.up[i] != NONE &&
				      str_eq(all->v[l.up[i]].address, d->physfn),
		};
	}
}
