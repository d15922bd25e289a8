/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/devices.h"

#include <errno.h>

#include "devices/devices.h"

int addresses_check(const struct command *cmd, const struct strv *addresses,
		    struct error *e)
{
	struct pci_address at;

	if (!addresses->n) {
		error_usage(e, "slicer %s needs the address of a device", cmd->verb);
		error_hint(e, "\"slicer pci list\" shows the addresses: 0000:0b:00.0");
		return -EINVAL;
	}
	for (size_t i = 0; i < addresses->n; i++) {
		int r = pci_address_parse(addresses->v[i], &at, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Has it moved to another slot or another domain, or is a digit wrong? */
static bool is_near(struct pci_address a, struct pci_address b)
{
	if (a.bus == b.bus && a.device == b.device)
		return true;
	return a.domain == b.domain &&
	       (a.bus == b.bus ||
		(a.device == b.device && a.function == b.function && a.device != 0));
}

static int absent(const struct pci_devices *all, struct pci_address at, struct error *e)
{
	CLEANUP(strv_done) struct strv near = { 0 };
	CLEANUP(free_char) char *list = NULL;
	char address[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < all->n && near.n < 5; i++)
		if (is_near(all->v[i].at, at))
			strv_add(&near, all->v[i].address);
	error_set(e, ENODEV, "there is no PCI device %s",
		  pci_address_format(at, address));
	list = strv_join(&near, ", ");
	if (near.n)
		error_hint(e, "near it: %s; \"slicer pci list\" shows all", list);
	else
		error_hint(e, "\"slicer pci list\" shows the devices there are");
	return -ENODEV;
}

static void add_named(struct named_devices *ret, const struct pci_device *d)
{
	for (size_t i = 0; i < ret->n; i++)
		if (ret->v[i] == d)
			return;
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(struct pci_device *));
	ret->v[ret->n++] = d;
}

static int compare_named(const void *a, const void *b)
{
	const struct pci_device *const *x = a, *const *y = b;

	return pci_address_compare((*x)->at, (*y)->at);
}

static int add_operand(const char *text, bool group, struct named_devices *ret,
		       struct error *e)
{
	const struct pci_device **v = NULL;
	const struct pci_device *d;
	struct pci_address at;
	size_t n;
	int r = pci_address_parse(text, &at, e);

	if (r < 0)
		return r;
	d = pci_find(&ret->all, at);
	if (!d)
		return absent(&ret->all, at, e);
	add_named(ret, d);
	if (!group)
		return 0;
	n = group_endpoints(&ret->all, d, &v);
	for (size_t i = 0; i < n; i++)
		add_named(ret, v[i]);
	free(v);
	return 0;
}

int named_devices_load(const struct context *c, const struct strv *addresses, bool group,
		       struct named_devices *ret, struct error *e)
{
	CLEANUP(free_char)
	char *kernel = host_attr(c->host, "/proc/sys/kernel/osrelease");
	int r = pci_load(c->host, PCI_NAMES | PCI_DETAILS | PCI_MODULES | PCI_REGIONS,
			 kernel, &ret->all, e);

	return r < 0 ? r : named_devices_add(addresses, group, ret, e);
}

int named_devices_add(const struct strv *addresses, bool group, struct named_devices *ret,
		      struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < addresses->n && r == 0; i++)
		r = add_operand(addresses->v[i], group, ret, e);
	if (r == 0 && ret->n)
		qsort(ret->v, ret->n, sizeof(struct pci_device *), compare_named);
	return r;
}

void named_devices_done(struct named_devices *d)
{
	free(d->v);
	pci_devices_done(&d->all);
	*d = (struct named_devices){ 0 };
}
