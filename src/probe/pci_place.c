/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/pci_place.h"

#define DEVICES "/sys/bus/pci/devices"

/*
 * "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0". The
 * parent is the nearest function in the way that is there. The controller is the nearest
 * that is no bridge: a VMD takes part in every transfer of what is below it (linux
 * drivers/pci/controller/vmd.c, pci_real_dma_dev()).
 */
static void find_place(const struct host *h, const struct pci_devices *all,
		       struct pci_device *d)
{
	char path[sizeof(DEVICES) + 256];
	CLEANUP(free_char) char *link = NULL;
	CLEANUP(strv_done) struct strv parts = { 0 };

	snprintf(path, sizeof(path), DEVICES "/%s", d->address);
	link = host_readlink(h, path);
	strv_split(&parts, link ? link : "", "/");
	for (size_t i = parts.n ? parts.n - 1 : 0; i-- > 0;) {
		const struct pci_device *above = NULL;
		struct pci_address at;

		if (pci_address_parse(parts.v[i], &at, NULL) == 0)
			above = pci_find(all, at);
		if (!above || above == d)
			continue;
		if (!d->parent)
			d->parent = above;
		if (pci_is_bridge(above))
			continue;
		d->controller = xstrdup(above->address);
		return;
	}
}

void pci_cut_circles(size_t *up, size_t n)
{
	enum { NEW, ON_THE_WAY, DONE };
	unsigned char *state = xcalloc(n ? n : 1, 1);

	for (size_t i = 0; i < n; i++) {
		size_t last = SIZE_MAX, k;

		for (k = i; k != SIZE_MAX && state[k] == NEW; k = up[k]) {
			state[k] = ON_THE_WAY;
			last = k;
		}
		if (k != SIZE_MAX && state[k] == ON_THE_WAY)
			up[last] = SIZE_MAX;
		for (k = i; k != SIZE_MAX && state[k] == ON_THE_WAY; k = up[k])
			state[k] = DONE;
	}
	free(state);
}

void pci_places_load(const struct host *h, struct pci_devices *all)
{
	size_t *up = xcalloc(all->n ? all->n : 1, sizeof(*up));

	for (size_t i = 0; i < all->n; i++) {
		struct pci_device *d = &all->v[i];

		find_place(h, all, d);
		up[i] = d->parent ? (size_t)(d->parent - all->v) : SIZE_MAX;
	}
	pci_cut_circles(up, all->n);
	for (size_t i = 0; i < all->n; i++)
		if (up[i] == SIZE_MAX)
			all->v[i].parent = NULL;
	free(up);
}
