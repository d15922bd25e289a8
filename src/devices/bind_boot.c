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
 * loaded yet: one whose module is known counts. Virtual functions are not there yet. */
static bool keeps_network(const struct bind_world *w, const struct bind_request *r)
{
	CLEANUP(strv_done) struct strv places = { 0 };

	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *d = &w->all->v[i];

		if (!pci_is_network(d) || d->physfn || bind_is_asked_for(r, d) ||
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

/* Also a USB controller with a network adapter. */
static bool has_network(const struct bind_world *w, const struct pci_device *d)
{
	CLEANUP(strv_done) struct strv places = { 0 };

	usage_interfaces(w->usage, &places);
	for (size_t i = 0; i < places.n; i++)
		if (place_is_below(places.v[i], d->address))
			return true;
	return pci_is_network(d);
}

void bind_boot_uses(const struct bind_world *w, const struct bind_request *r,
		    const struct bind_target *t, struct uses *ret)
{
	bool is_taken = driver_is_vfio(t->driver);

	/* Another native driver may not do for the disks; the one that it has, does. */
	if (is_taken || !driver_same(t->d->driver, t->driver))
		usage_at_boot(w->usage, t->d, ret);
	if (is_taken && has_network(w, t->d) && !keeps_network(w, r))
		uses_add(ret, USE_LAST_NIC,
			 "no other network controller would have a driver after a boot");
}

/* "/dev/sda1", "/dev/nvme0n1p2", "/dev/vda1": given in the order of discovery. */
static bool is_kernel_name(const char *source)
{
	return str_starts(source, "/dev/sd") || str_starts(source, "/dev/nvme") ||
	       str_starts(source, "/dev/vd");
}

static void warn_of_cmdline(const struct host *h, struct strv *warnings)
{
	static const char *const names[] = { "root", "resume" };
	CLEANUP(free_char) char *text = host_attr(h, "/proc/cmdline");
	CLEANUP(strv_done) struct strv params = { 0 };

	if (text)
		cmdline_split(text, strlen(text), &params);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = cmdline_last(&params, names[i]);

		if (value && is_kernel_name(value))
			strv_addf(warnings,
				  "the kernel command line has %s=%s, a name that can "
				  "change when a disk controller is taken: use "
				  "%s=UUID=...",
				  names[i], value, names[i]);
	}
}

static void warn_of_fstab(const struct bind_world *w, struct strv *warnings)
{
	for (size_t i = 0; i < w->mounts->n_fstab; i++) {
		const struct mount *m = &w->mounts->fstab[i];

		if (is_kernel_name(m->source))
			strv_addf(warnings,
				  "/etc/fstab names %s, which can become another disk "
				  "when a disk controller is taken: use UUID=...",
				  m->source);
	}
}

/* "eth0", "wlan1": what the kernel itself calls interfaces, in the order of discovery
 * (systemd.net-naming-scheme(7) has the names that stay). */
static bool is_kernel_nic(const char *place)
{
	const char *name = path_base(place);

	return (str_starts(name, "eth") && name[3] >= '0' && name[3] <= '9') ||
	       (str_starts(name, "wlan") && name[4] >= '0' && name[4] <= '9');
}

/* Another interface of the host's that would have another name without those of r. */
static void warn_of_nics(const struct bind_world *w, const struct bind_request *r,
			 struct strv *warnings)
{
	CLEANUP(strv_done) struct strv places = { 0 };

	usage_interfaces(w->usage, &places);
	for (size_t i = 0; i < places.n; i++) {
		bool goes = false;

		for (size_t k = 0; k < r->n; k++)
			goes |= place_is_below(places.v[i], r->v[k].d->address);
		if (goes || !is_kernel_nic(places.v[i]))
			continue;
		strv_addf(warnings,
			  "the host's network interface %s has a name that can become "
			  "another one's when a network controller is taken: see "
			  "systemd.net-naming-scheme(7)",
			  path_base(places.v[i]));
	}
}

void bind_warn_of_names(const struct bind_world *w, const struct bind_request *r,
			struct strv *warnings)
{
	bool has_storage = false, has_nic = false;

	for (size_t i = 0; i < r->n; i++) {
		if (!driver_is_vfio(r->v[i].driver))
			continue;
		has_storage |= r->v[i].d->class_code >> 16 == 0x01;
		has_nic |= has_network(w, r->v[i].d);
	}
	if (has_nic)
		warn_of_nics(w, r, warnings);
	if (!has_storage)
		return;
	warn_of_cmdline(w->host, warnings);
	warn_of_fstab(w, warnings);
}
