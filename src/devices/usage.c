/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a device: the parts put together. */
#include "devices/usage.h"

#include <stdarg.h>

struct usage {
	const struct host *host;
	struct blocks blocks;
	struct nics nics;
	struct openeds openeds;
	struct display display;
	struct strv mediated;
	struct strv unknown;
};

struct usage *usage_load(const struct host *h, const struct mounts *mounts)
{
	struct usage *u = xcalloc(1, sizeof(*u));

	u->host = h;
	blocks_load(h, mounts, &u->blocks, &u->unknown);
	blocks_mark_boot(h, mounts, &u->blocks);
	nics_load(h, mounts, &u->blocks, &u->nics, &u->unknown);
	openeds_load(h, &u->openeds, &u->unknown);
	display_load(h, &u->display, &u->unknown);
	mediated_load(h, &u->mediated);
	return u;
}

void usage_free(struct usage **u)
{
	if (!*u)
		return;
	blocks_done(&(*u)->blocks);
	nics_done(&(*u)->nics);
	openeds_done(&(*u)->openeds);
	display_done(&(*u)->display);
	strv_done(&(*u)->mediated);
	strv_done(&(*u)->unknown);
	free(*u);
	*u = NULL;
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->text, y->text);
}

void usage_of(const struct usage *u, const struct pci_device *d, struct uses *ret)
{
	if (pci_is_bridge(d))
		uses_add(ret, USE_BRIDGE, "it is a bridge: other devices are behind it");
	/* PCI Code and ID Assignment, class 0806: in no group, AMD's has no driver. */
	if (d->class_code >> 8 == 0x0806)
		uses_add(ret, USE_BRIDGE, "it is the IOMMU itself");
	if (d->num_vfs)
		uses_add(ret, USE_SRIOV, "%u virtual functions of it are enabled",
			 d->num_vfs);
	mediated_uses(&u->mediated, d->address, ret);
	/* What is behind a bridge is said of the devices there. */
	if (!pci_is_bridge(d)) {
		blocks_uses(&u->blocks, d->address, ret);
		nics_uses(&u->nics, d->address, ret);
		if (pci_is_network(d) && nic_is_elsewhere(u->host, d))
			uses_add(ret, USE_INTERFACE,
				 "its interface is in another network namespace (ip "
				 "netns, "
				 "a container)");
		openeds_uses(&u->openeds, d, ret);
		display_uses(&u->display, d, ret);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_uses);
	strv_copy(&ret->unknown, &u->unknown);
}

void usage_claims(const struct usage *u, const struct pci_device *d, struct uses *ret)
{
	if (!pci_is_bridge(d))
		blocks_claims(u->host, &u->blocks, d->address, ret);
}

/* Mass storage controllers, and USB's: PCI Code and ID Assignment, classes 01 and 0c03.
 * What has no class that can be read may be one. */
static bool can_hold_disks(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x01 || d->class_code >> 8 == 0x0c03 ||
	       !d->class_code;
}

const char *usage_disk_doubt(const struct usage *u, const struct pci_device *d)
{
	return can_hold_disks(d) ? u->blocks.doubt : NULL;
}

bool usage_net_doubt(const struct usage *u, const struct pci_device *d)
{
	return u->nics.unseen && (pci_is_network(d) || !d->class_code);
}

void usage_losses(const struct usage *u, const struct pci_device *d, struct strv *ret)
{
	if (!pci_is_bridge(d))
		keyboard_losses(u->host, d->address, ret);
}

void usage_at_boot(const struct usage *u, const struct pci_device *d, struct uses *ret)
{
	if (!pci_is_bridge(d))
		blocks_boot_uses(&u->blocks, d->address, ret);
}

void usage_interfaces(const struct usage *u, struct strv *ret)
{
	for (size_t i = 0; i < u->nics.n; i++)
		if (u->nics.v[i].place && !strstr(u->nics.v[i].place, "/virtual/"))
			strv_add(ret, u->nics.v[i].place);
}

int device_uses(const struct host *h, const struct mounts *m, const struct pci_device *d,
		struct uses *ret, struct error *e)
{
	CLEANUP(usage_free) struct usage *u = usage_load(h, m);

	(void)e;
	usage_of(u, d, ret);
	return 0;
}

void uses_done(struct uses *u)
{
	for (size_t i = 0; i < u->n; i++) {
		free(u->v[i].text);
		free(u->v[i].advice);
	}
	free(u->v);
	strv_done(&u->unknown);
	*u = (struct uses){ 0 };
}

void uses_add(struct uses *u, enum use_kind kind, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < u->n; i++) {
		if (u->v[i].kind == kind && strcmp(u->v[i].text, text) == 0) {
			free(text);
			return;
		}
	}
	u->v = xgrow(u->v, u->n, &u->cap, sizeof(*u->v));
	u->v[u->n++] = (struct use){ .kind = kind, .text = text };
}

void uses_advise(struct uses *u, const char *advice)
{
	struct use *last = &u->v[u->n - 1];

	free(last->advice);
	last->advice = xstrdup_null(advice);
}

const char *use_advice_of(const struct use *u)
{
	return u->advice ? u->advice : use_advice(u->kind);
}

bool use_is_needed_at_boot(enum use_kind kind)
{
	return kind == USE_ROOT_DISK || kind == USE_MOUNT || kind == USE_ROUTE ||
	       kind == USE_INTERFACE || kind == USE_DISPLAY;
}

const char *use_advice(enum use_kind kind)
{
	static const char *const advice[] = {
		[USE_ROOT_DISK] = "the running system lives on it: it can't be "
				  "given away, not by --force either",
		[USE_BRIDGE] =
			"name the device behind the bridge: bridges, and the IOMMU "
			"itself, stay with the host",
		[USE_MOUNT] =
			"unmount what is on the disk and dissolve what it is a part of "
			"(umount, swapoff, vgchange -an, cryptsetup close, mdadm --stop, "
			"multipath -f, zpool export)",
		[USE_BOOT] =
			"take the disk out of what the boot needs: remove its line, or "
			"add nofail to its options",
		[USE_LAST_NIC] = "leave the host another network controller",
		[USE_ROUTE] = "move the route to another interface, or work at the "
			      "machine's own console",
		[USE_DISPLAY] =
			"make another card the boot display in the firmware; over "
			"SSH, the console's display can be forced away",
		[USE_VFIO] = "shut that VM down",
		[USE_SRIOV] = "switch the virtual functions off: echo 0 | sudo tee "
			      "/sys/bus/pci/devices/ADDRESS/sriov_numvfs",
		[USE_INTERFACE] =
			"take the interface down (sudo ip link set NAME down) and "
			"out of its bridge or bond",
		[USE_OPEN] = "end those programs (a desktop: sudo systemctl isolate "
			     "multi-user.target)",
	};

	return advice[kind];
}

bool place_is_below(const char *place, const char *address)
{
	size_t n = strlen(address);

	for (const char *p = strstr(place, address); p; p = strstr(p + 1, address))
		if (p > place && p[-1] == '/' && (p[n] == '/' || !p[n]))
			return true;
	return false;
}

char *printable(const char *s)
{
	struct str out = { 0 };

	str_add_printable(&out, s, strlen(s));
	return str_take(&out);
}
