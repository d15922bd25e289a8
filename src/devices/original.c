/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/original.h"

#include <errno.h>

#include "devices/bind.h"
#include "devices/identity.h"

/* ---- notes ------------------------------------------------------------------------- */

void original_load(const struct host *h, const struct pci_devices *all,
		   struct persisted_list *ret)
{
	persist_load_from(h, ORIGINAL_DIR, ret, NULL);
	persist_match(h, all, ret);
}

static char *path_of(const struct pci_device *d)
{
	return xasprintf(ORIGINAL_DIR "/%s.conf", d->address);
}

/* It counts for the device at its place only: elsewhere another of its model could be
 * taken for it, and the modules tell as much. */
static void note(const struct host *h, const struct pci_device *d, const char *driver)
{
	CLEANUP(free_char) char *path = path_of(d);
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(bindfile_done)
	struct bindfile f = {
		.address = d->at,
		.id = { d->vendor, d->device },
		.subsystem = { d->subsystem_vendor, d->subsystem_device },
		.ports = device_ports(h, d),
		.serial = device_serial(h, d),
		.has_twins = true,
		.original = xstrdup(driver),
	};

	str_add(&text, "# For \"slicer pci bind --driver=original\".\n");
	bindfile_print(&f, &text);
	if (host_mkdirs(h, ORIGINAL_DIR, 0755, NULL) >= 0)
		host_replace(h, path, str_c(&text), text.len, 0644, NULL);
}

static bool is_native(const char *driver)
{
	return driver && !driver_is_vfio(driver);
}

void original_remember(const struct host *h, const struct bind_request *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (driver_is_vfio(r->v[i].driver) && is_native(r->v[i].d->driver) &&
		    bindfile_is_driver(r->v[i].d->driver))
			note(h, r->v[i].d, r->v[i].d->driver);
}

void original_forget(const struct host *h, const struct bind_request *r, bool taken)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		CLEANUP(free_char) char *path = path_of(t->d);

		if (is_native(taken ? t->driver : t->d->driver))
			host_remove(h, path, NULL);
	}
}

void original_keep(const struct host *h, const struct persisted_list *l,
		   const struct bind_request *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct pci_device *d = r->v[i].d;
		const struct persisted *p = persist_of(l, d);
		CLEANUP(free_char) char *path = path_of(d);

		if (p && is_native(p->file.original) && !host_exists(h, path))
			note(h, d, p->file.original);
	}
}

/* ---- which driver it was ----------------------------------------------------------- */

/* A note with its address that is about another device. */
static void warn_of_other(const struct persisted_list *notes,
			  const struct pci_devices *all, const struct pci_device *d,
			  struct strv *warnings)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct persisted *p = &notes->v[i];
		CLEANUP(free_char) char *why = NULL;

		if (p->device == d || pci_address_compare(p->file.address, d->at) != 0)
			continue;
		why = persist_match_text(all, p);
		strv_addf(warnings, "%s is not used: %s", p->path, why);
	}
}

static int refuse_unknown(const struct pci_device *d, const struct strv *drivers,
			  struct error *e)
{
	CLEANUP(free_char) char *list = strv_join(drivers, ", ");
	CLEANUP(str_done) struct str hint = { 0 };

	if (!drivers->n)
		error_set(e, ENOENT,
			  "which driver %s had before is not known, and no module of the "
			  "running kernel knows it",
			  d->address);
	else
		error_set(e, ENOENT,
			  "which driver %s had before is not known: it could be one of "
			  "%s",
			  d->address, list);
	for (size_t i = 0; i < drivers->n; i++) {
		CLEANUP(free_char) char *command = driver_command(d, drivers->v[i]);

		str_addf(&hint, "%s%s", i ? "\n" : "", command);
	}
	error_hint(e, "%s", hint.len ? str_c(&hint) : "--driver=NAME names it");
	return -ENOENT;
}

static int add_by_modules(const struct host *h, const struct pci_device *d,
			  struct bind_request *r, struct error *e)
{
	CLEANUP(strv_done) struct strv drivers = { 0 };

	for (size_t i = 0; i < d->modules.n; i++) {
		CLEANUP(free_char) char *driver = NULL;

		if (is_native(d->modules.v[i]) &&
		    driver_name(h, module_driver(d->modules.v[i]), &driver, NULL) == 0)
			strv_add_unique(&drivers, driver);
	}
	if (drivers.n != 1)
		return refuse_unknown(d, &drivers, e);
	bind_request_add(r, d, drivers.v[0]);
	return 0;
}

int original_request(const struct host *h, const struct pci_devices *all,
		     const struct persisted_list *l, const struct pci_device *const *v,
		     size_t n, struct bind_request *r, struct strv *warnings,
		     struct error *e)
{
	CLEANUP(persisted_done) struct persisted_list notes = { 0 };
	int err = 0;

	original_load(h, all, &notes);
	for (size_t i = 0; i < notes.broken.n; i++)
		strv_addf(warnings, "not usable: %s", notes.broken.v[i]);
	for (size_t i = 0; i < n && err == 0; i++) {
		const struct persisted *file = persist_of(l, v[i]);
		const struct persisted *own = persist_of(&notes, v[i]);

		warn_of_other(&notes, all, v[i], warnings);
		if (is_native(v[i]->driver))
			bind_request_add(r, v[i], v[i]->driver);
		else if (file && is_native(file->file.original))
			bind_request_add(r, v[i], file->file.original);
		else if (own && is_native(own->file.original))
			bind_request_add(r, v[i], own->file.original);
		else
			err = add_by_modules(h, v[i], r, e);
	}
	return err;
}
