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

/* "../../../devices/pci0000:00/0000:00:01.0/0000:0b:00.0": the last address before its
 * own. */
static const struct pci_device *find_above(const struct host *h,
					   const struct pci_devices *all,
					   const struct pci_device *d)
{
	CLEANUP(free_char) char *path = xasprintf(DEVICES "/%s", d->address);
	CLEANUP(free_char) char *link = host_readlink(h, path);
	CLEANUP(strv_done) struct strv parts = { 0 };

	strv_split(&parts, link ? link : "", "/");
	for (size_t i = parts.n ? parts.n - 1 : 0; i-- > 0;) {
		struct pci_address at;
		const struct pci_device *above;

		if (pci_address_parse(parts.v[i], &at, NULL) < 0)
			continue;
		above = pci_find(all, at);
		/* A link of a foreign root could lead in a circle. */
		return above != d ? above : NULL;
	}
	return NULL;
}

void pci_topology_load(const struct host *h, const struct pci_devices *all,
		       struct pci_topology *ret)
{
	*ret = (struct pci_topology){ .all = all };
	ret->v = xcalloc(all->n ? all->n : 1, sizeof(*ret->v));
	for (size_t i = 0; i < all->n; i++) {
		ret->v[i].above = find_above(h, all, &all->v[i]);
		load_caps(h, &all->v[i], &ret->v[i].caps);
	}
}

void pci_topology_done(struct pci_topology *t)
{
	free(t->v);
	*t = (struct pci_topology){ 0 };
}

const struct pci_place *pci_place_of(const struct pci_topology *t,
				     const struct pci_device *d)
{
	return &t->v[d - t->all->v];
}
