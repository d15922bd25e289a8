/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces: where they hang, what is built on them (bridges, bonds, VLANs), and
 * whether the host's traffic goes through them. Sources: linux
 * Documentation/ABI/testing/sysfs-class-net (upper_*, master, flags), proc(5).
 */
#include "devices/usage.h"

#include <linux/if.h>

#define CLASS "/sys/class/net"

struct nic *nic_find(const struct nics *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->v[i].name, name) == 0)
			return &n->v[i];
	return NULL;
}

static void load_nic(const struct host *h, const char *name, struct nic *n)
{
	CLEANUP(free_char) char *dir = xasprintf(CLASS "/%s", name);
	CLEANUP(free_char) char *flags = xasprintf("%s/flags", dir);
	CLEANUP(free_char) char *index = xasprintf("%s/ifindex", dir);
	CLEANUP(free_char) char *master = xasprintf("%s/master", dir);
	CLEANUP(free_char) char *bridge = host_link_base(h, master);
	CLEANUP(strv_done) struct strv files = { 0 };

	*n = (struct nic){ .name = xstrdup(name), .place = host_realpath(h, dir) };
	n->index = (long)host_attr_number(h, index, -1);
	n->up = host_attr_number(h, flags, 0) & IFF_UP;
	if (bridge)
		strv_add(&n->above, bridge);
	host_list(h, dir, &files, NULL);
	for (size_t i = 0; i < files.n; i++)
		if (str_starts(files.v[i], "upper_"))
			strv_add_unique(&n->above, files.v[i] + strlen("upper_"));
}

/* The interface below ppp0 is not linked to it: /proc/net/pppoe has a line "ID ADDRESS
 * DEVICE" for each session (linux drivers/net/ppp/pppoe.c). */
static void mark_pppoe(const struct host *h, struct nics *all)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(strv_done) struct strv words = { 0 };

	if (host_read(h, "/proc/net/pppoe", HOST_MAX_CONFIG, &text, NULL) < 0)
		return;
	strv_split(&words, str_c(&text), " \t\n");
	for (size_t i = 5; i < words.n; i += 3) {
		struct nic *n = nic_find(all, words.v[i]);

		if (n)
			n->pppoe = true;
	}
}

void nics_load(const struct host *h, const struct mounts *m, const struct blocks *b,
	       struct nics *ret, struct strv *unknown)
{
	CLEANUP(remotes_done) struct remotes remotes = { 0 };
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, CLASS, &names, NULL) < 0) {
		strv_add(unknown, "network interfaces (" CLASS " can't be read)");
		ret->unseen = true;
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf(CLASS "/%s", names.v[i]);

		if (!host_is_dir(h, path)) /* bonding_masters is a file */
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		load_nic(h, names.v[i], &ret->v[ret->n++]);
	}
	mark_pppoe(h, ret);
	remotes_load(h, m, b, &remotes);
	routes_mark(h, &remotes, ret, unknown);
}

/* The directory is there while an interface is, and shows those of the reader's own
 * namespace (linux fs/sysfs/dir.c, drivers/base/core.c class_dir_create_and_add()). */
static bool is_net_hidden(const struct host *h, const char *dir)
{
	CLEANUP(free_char) char *net = xasprintf("%s/net", dir);
	CLEANUP(strv_done) struct strv names = { 0 };

	return host_list(h, net, &names, NULL) == 0 && !names.n;
}

bool nic_is_elsewhere(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char) char *dir = xasprintf("/sys/bus/pci/devices/%s", d->address);
	CLEANUP(strv_done) struct strv names = { 0 };

	if (!d->driver)
		return false;
	if (is_net_hidden(h, dir))
		return true;
	/* The interface of a virtio device is its child's. */
	if (strcmp(d->driver, "virtio-pci") == 0)
		host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *child = xasprintf("%s/%s", dir, names.v[i]);

		if (str_starts(names.v[i], "virtio") && is_net_hidden(h, child))
			return true;
	}
	return false;
}

void nics_done(struct nics *n)
{
	for (size_t i = 0; i < n->n; i++) {
		free(n->v[i].name);
		free(n->v[i].place);
		strv_done(&n->v[i].above);
		strv_done(&n->v[i].carries);
		strv_done(&n->v[i].system);
	}
	free(n->v);
	*n = (struct nics){ 0 };
}

/* "eth0", or "br0, on eth0," for what is built on it. */
static char *title_of(const struct nic *n, const struct nic *bottom)
{
	CLEANUP(free_char) char *name = printable(n->name);
	CLEANUP(free_char) char *below = printable(bottom->name);

	return n == bottom ? xstrdup(name) : xasprintf("%s, on %s,", name, below);
}

static void visit(const struct nics *all, const struct nic *n, const struct nic *bottom,
		  bool *seen, struct uses *ret)
{
	CLEANUP(free_char) char *title = title_of(n, bottom);

	if (seen[n - all->v])
		return;
	seen[n - all->v] = true;
	if (n->default_route)
		uses_add(ret, USE_ROUTE, "%s carries the default route", title);
	for (size_t i = 0; i < n->system.n; i++)
		uses_add(ret, USE_ROOT_DISK, "%s carries %s", title, n->system.v[i]);
	for (size_t i = 0; i < n->carries.n; i++)
		uses_add(ret, USE_ROUTE, "%s carries %s", title, n->carries.v[i]);
	if (n->pppoe)
		uses_add(ret, USE_ROUTE, "%s carries a PPPoE session", title);
	if (n->up && n->has_address && !n->default_route && !n->carries.n && !n->system.n)
		uses_add(ret, USE_INTERFACE, "%s is up and has an address", title);
	for (size_t i = 0; i < n->above.n; i++) {
		const struct nic *up = nic_find(all, n->above.v[i]);
		CLEANUP(free_char) char *name = printable(n->above.v[i]);

		uses_add(ret, USE_INTERFACE, "%s is a part of %s", title, name);
		if (up)
			visit(all, up, bottom, seen, ret);
	}
}

void nics_uses(const struct nics *n, const char *address, struct uses *ret)
{
	bool *seen = xcalloc(n->n, sizeof(*seen));

	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].place && place_is_below(n->v[i].place, address))
			visit(n, &n->v[i], &n->v[i], seen, ret);
	free(seen);
}
