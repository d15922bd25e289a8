/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: the nodes by which a VM opens the devices that VFIO has. */
#include <errno.h>
#include <unistd.h>

#include "cmd/doctor.h"

static struct node_view *find_node(struct doctor *doc, const char *path)
{
	for (size_t i = 0; i < doc->n_nodes; i++)
		if (strcmp(doc->nodes[i].path, path) == 0)
			return &doc->nodes[i];
	return NULL;
}

static void add_node(struct doctor *doc, const char *path, const struct pci_device *d)
{
	struct node_view *v = find_node(doc, path);
	struct stat st;

	if (!v) {
		doc->nodes = xgrow(doc->nodes, doc->n_nodes, &doc->nodes_cap,
				   sizeof(*doc->nodes));
		v = &doc->nodes[doc->n_nodes++];
		*v = (struct node_view){ .path = xstrdup(path),
					 .err = host_can_open(doc->c->host, path) };
		if (host_stat(doc->c->host, path, &st) == 0) {
			v->has_owner = true;
			v->uid = st.st_uid;
			v->gid = st.st_gid;
			v->mode = st.st_mode & 07777;
		}
	}
	strv_add(&v->devices, d->address);
}

/* A VM opens a device by its group's node and the container, or by its own node and
 * iommufd's (linux Documentation/driver-api/vfio.rst). */
struct way {
	char *own; /* NULL: there is none */
	const char *common;
};

/* 0: this user can open both; -EACCES and the like; -ENOENT: one of them is missing. */
static int look(const struct host *h, const struct way *w)
{
	int own = w->own ? host_can_open(h, w->own) : -ENOENT;
	int common = host_can_open(h, w->common);

	return own == -ENOENT || common == 0 ? own : common;
}

/* The first way that is open, else the first that is there. Where neither is, the nodes
 * of the one for which the device's own node is there tell what is missing. */
static void add_device(struct doctor *doc, const struct pci_device *d)
{
	const struct host *h = doc->c->host;
	CLEANUP(free_char) char *group = xasprintf("/dev/vfio/%ld", d->iommu_group);
	CLEANUP(free_char)
	char *cdev =
		d->vfio_cdev ? xasprintf("/dev/vfio/devices/%s", d->vfio_cdev) : NULL;
	const struct way ways[] = { { group, "/dev/vfio/vfio" }, { cdev, "/dev/iommu" } };
	int by_group = look(h, &ways[0]), by_cdev = look(h, &ways[1]);
	const struct way *w = &ways[0];

	if (by_group != 0 && (by_cdev == 0 || (by_group == -ENOENT && cdev)))
		w = &ways[1];
	add_node(doc, w->own, d);
	add_node(doc, w->common, d);
}

/* Without an IOMMU the nodes have other names, and are for no VM (drivers/vfio/group.c,
 * vfio_noiommu). */
static bool is_noiommu(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char)
	char *path = xasprintf("/dev/vfio/noiommu-%ld", d->iommu_group);

	return host_exists(h, path);
}

void doctor_read_nodes(struct doctor *doc)
{
	for (size_t i = 0; i < doc->pci.n; i++) {
		const struct pci_device *d = &doc->pci.v[i];

		if (driver_is_vfio(d->driver) && d->iommu_group >= 0 &&
		    !is_noiommu(doc->c->host, d))
			add_device(doc, d);
	}
	doc->d.nodes = doc->nodes;
	doc->d.n_nodes = doc->n_nodes;
}

void doctor_forget_nodes(struct doctor *doc)
{
	for (size_t i = 0; i < doc->n_nodes; i++) {
		free(doc->nodes[i].path);
		strv_done(&doc->nodes[i].devices);
	}
	free(doc->nodes);
}
