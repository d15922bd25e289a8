/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems and disks that the host reaches by the network, and the other end's
 * address. Sources: nfs(5) and mount.cifs(8) (the kernel shows addr=), linux
 * Documentation/filesystems/ceph.rst (monitors in the source),
 * drivers/scsi/scsi_transport_iscsi.c (iscsi_connection), drivers/nvme/host/sysfs.c
 * (address, transport).
 */
#include "devices/usage.h"

void remotes_done(struct remotes *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].peer);
		free(r->v[i].what);
	}
	free(r->v);
	*r = (struct remotes){ 0 };
}

/* Takes peer and what. */
static void add(struct remotes *r, char *peer, char *what, bool is_system)
{
	r->v = xgrow(r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n++] = (struct remote){ peer, what, is_system };
}

/* The first monitor of "10.0.0.1:6789,10.0.0.2:6789:/" or "[2001:db8::1]:6789:/". NULL: a
 * name. */
static char *first_monitor(const char *source)
{
	size_t n =
		*source == '[' ? strcspn(++source, "]") : strspn(source, "0123456789.");

	return n ? xstrndup(source, n) : NULL;
}

static char *peer_of_mount(const struct mount *m)
{
	if (!m->fstype)
		return NULL;
	if (strcmp(m->fstype, "ceph") == 0)
		return m->source ? first_monitor(m->source) : NULL;
	if (str_starts(m->fstype, "nfs") || strcmp(m->fstype, "cifs") == 0 ||
	    strcmp(m->fstype, "smb3") == 0)
		return mount_option(m, "addr");
	return NULL;
}

static void add_mounts(const struct mounts *m, struct remotes *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *x = &m->v[i];
		char *peer = peer_of_mount(x);
		CLEANUP(free_char) char *target = printable(x->target);
		CLEANUP(free_char) char *type = printable(x->fstype ? x->fstype : "?");
		CLEANUP(free_char) char *shown = peer ? printable(peer) : NULL;

		if (peer)
			add(ret, peer,
			    xasprintf("the filesystem on %s (%s from %s)", target, type,
				      shown),
			    mount_is_of_system(x->target));
	}
}

/* "connection3:0" is of session3, below which the disks are. */
static void add_iscsi(const struct host *h, const struct blocks *b, struct remotes *ret)
{
	static const char class[] = "/sys/class/iscsi_connection";
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, class, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s/%s/address", class, names.v[i]);
		char *peer = host_attr(h, path);
		CLEANUP(free_char) char *shown = peer ? printable(peer) : NULL;
		CLEANUP(free_char) char *part = NULL;

		if (!peer)
			continue;
		part = xasprintf("/session%.*s/",
				 (int)strspn(names.v[i] +
						     strcspn(names.v[i], "0123456789"),
					     "0123456789"),
				 names.v[i] + strcspn(names.v[i], "0123456789"));
		add(ret, peer, xasprintf("an iSCSI session with %s", shown),
		    blocks_system_below(b, part));
	}
}

/* "traddr=10.0.0.2,trsvcid=4420"; that of a PCI device is its address. */
static void add_nvme(const struct host *h, const struct blocks *b, struct remotes *ret)
{
	static const char class[] = "/sys/class/nvme";
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, class, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *dir = xasprintf("%s/%s", class, names.v[i]);
		CLEANUP(free_char) char *path = xasprintf("%s/address", dir);
		CLEANUP(free_char) char *address = host_attr(h, path);
		CLEANUP(free_char) char *place = NULL, *part = NULL, *name = NULL;
		CLEANUP(free_char) char *shown = NULL;
		char *peer;

		if (!address || !str_starts(address, "traddr="))
			continue;
		peer = xstrndup(address + strlen("traddr="),
				strcspn(address + strlen("traddr="), ","));
		place = host_realpath(h, dir);
		part = xasprintf("%s/", place ? place : dir);
		name = printable(names.v[i]);
		shown = printable(peer);
		add(ret, peer, xasprintf("the NVMe controller %s at %s", name, shown),
		    blocks_system_below(b, part));
	}
}

void remotes_load(const struct host *h, const struct mounts *m, const struct blocks *b,
		  struct remotes *ret)
{
	if (m)
		add_mounts(m, ret);
	add_iscsi(h, b, ret);
	add_nvme(h, b, ret);
}
