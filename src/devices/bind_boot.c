/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bind at every boot, besides what speaks against it now. */
#include "devices/bind.h"
#include "devices/usage.h"
#include "text/cmdline.h"

static bool is_below_any(const struct bind_world *w, const struct bind_request *r,
			 const char *place)
{
	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *d = &w->all->v[i];

		/* A PCI controller is judged by itself, below. */
		if ((pci_is_network(d) || bind_is_asked_for(r, d)) &&
		    place_is_below(place, d->address))
			return true;
	}
	return false;
}

/* Would the host have a network controller with a driver? At boot the driver may not be
 * loaded yet: one whose module is known counts. */
static bool keeps_network(const struct bind_world *w, const struct bind_request *r)
{
	CLEANUP(strv_done) struct strv places = { 0 };

	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *d = &w->all->v[i];

		if (!pci_is_network(d) || bind_is_asked_for(r, d) ||
		    driver_is_vfio(d->driver) || driver_is_vfio(d->driver_override))
			continue;
		if (d->driver || d->modules.n)
			return true;
	}
	/* USB and others that are no PCI functions themselves */
	usage_interfaces(w->usage, &places);
	for (size_t i = 0; i < places.n; i++)
		if (!is_below_any(w, r, places.v[i]))
			return true;
	return false;
}

void bind_boot_uses(const struct bind_world *w, const struct bind_request *r,
		    const struct pci_device *d, struct uses *ret)
{
	usage_at_boot(w->usage, d, ret);
	if (driver_is_vfio(r->driver) && pci_is_network(d) && !keeps_network(w, r))
		uses_add(ret, USE_LAST_NIC,
			 "no other network controller would have a driver after a boot");
}

/* "/dev/sda1", "/dev/nvme0n1p2": numbers that are given in the order of discovery. */
static bool is_kernel_name(const char *source)
{
	return str_starts(source, "/dev/sd") || str_starts(source, "/dev/nvme");
}

void bind_warn_of_names(const struct bind_world *w, const struct bind_request *r,
			struct strv *warnings)
{
	CLEANUP(free_char) char *text = host_attr(w->host, "/proc/cmdline");
	CLEANUP(strv_done) struct strv params = { 0 };
	const char *root;
	bool has_storage = false;

	for (size_t i = 0; i < r->n; i++)
		has_storage |= r->v[i]->class_code >> 16 == 0x01;
	if (!has_storage || !driver_is_vfio(r->driver))
		return;
	if (text)
		cmdline_split(text, strlen(text), &params);
	root = cmdline_last(&params, "root");
	if (root && is_kernel_name(root))
		strv_addf(warnings,
			  "the kernel command line has root=%s, a name that can change "
			  "when a disk controller is taken: use root=UUID=...",
			  root);
	for (size_t i = 0; i < w->mounts->n_fstab; i++) {
		const struct mount *m = &w->mounts->fstab[i];

		if (is_kernel_name(m->source))
			strv_addf(warnings,
				  "/etc/fstab names %s, which can become another disk "
				  "when a disk controller is taken: use UUID=...",
				  m->source);
	}
}
