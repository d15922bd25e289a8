/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a bind. driver_override makes the device match that driver and no other;
 * it neither unbinds nor loads a module, and only a newline clears it: an empty write
 * never reaches the kernel (linux Documentation/ABI/testing/sysfs-bus-pci,
 * drivers/base/driver.c driver_set_override()). new_id is not used: it holds for every
 * device of that model, for ever.
 */
#include "devices/bind.h"

#define BUS "/sys/bus/pci"

/* Drivers without device ids of their own: only the override makes them match. The others
 * know their devices, and keep no override that would outlive the bind. */
static bool needs_override(const char *driver)
{
	static const char *const names[] = { "pci-stub", "pciback", "uio_pci_generic",
					     "igb_uio" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(driver, names[i]) == 0)
			return true;
	return driver_is_vfio(driver);
}

static void plan_override(struct plan *p, const struct pci_device *d, const char *to,
			  const char *why)
{
	CLEANUP(free_char)
	char *path = xasprintf(BUS "/devices/%s/driver_override", d->address);

	if (driver_same(d->driver_override, to))
		return;
	plan_sysfs(p, path, d->driver_override ? d->driver_override : "\n",
		   to ? to : "\n", why);
}

static void plan_leave(struct plan *p, const struct pci_device *d)
{
	CLEANUP(free_char) char *path = NULL;
	CLEANUP(free_char) char *why = NULL;

	if (!d->driver)
		return;
	path = xasprintf(BUS "/drivers/%s/unbind", d->driver);
	why = xasprintf("take %s from %s", d->address, d->driver);
	plan_sysfs(p, path, NULL, d->address, why);
}

/* The override comes first: a native driver that is loaded meanwhile must not take the
 * device again. */
static void plan_by_override(struct plan *p, const struct bind_target *t)
{
	const struct pci_device *d = t->d;
	CLEANUP(free_char)
	char *why = xasprintf("let nothing but %s have %s", t->driver, d->address);
	CLEANUP(free_char)
	char *probe = xasprintf("give %s to %s%s", d->address, t->driver,
				bind_is_variant(t) ? ", " BIND_VARIANT_TEXT : "");

	plan_override(p, d, t->driver, why);
	plan_leave(p, d);
	plan_sysfs(p, BUS "/drivers_probe", NULL, d->address, probe);
}

/* By the driver's own bind file: drivers_probe would ask vfio-pci first if it was given
 * the device's model by vfio-pci.ids=. */
static void plan_by_name(struct plan *p, const struct pci_device *d, const char *driver)
{
	CLEANUP(free_char) char *path = xasprintf(BUS "/drivers/%s/bind", driver);
	CLEANUP(free_char) char *why = xasprintf("give %s to %s", d->address, driver);

	plan_override(p, d, NULL, "let the native driver match again");
	plan_leave(p, d);
	plan_sysfs(p, path, NULL, d->address, why);
}

static void plan_modules(const struct host *h, const char *driver, struct plan *p)
{
	CLEANUP(strv_done) struct strv modules = { 0 };
	CLEANUP(free_char) char *why = xasprintf("the driver %s is not loaded", driver);

	driver_modules(h, driver, &modules);
	for (size_t i = 0; i < modules.n; i++) {
		const char *argv[] = { "modprobe", modules.v[i], NULL };

		plan_run(p, argv, 60, why);
	}
}

/* The device has the driver already, and an override that keeps it for another one: once
 * it is taken from its driver, that one could not have it again. */
static void plan_stale_override(struct plan *p, const struct bind_target *t)
{
	if (!needs_override(t->driver) && !driver_same(t->d->driver_override, t->driver))
		plan_override(p, t->d, NULL, "let the native driver match again");
}

static bool is_there(const struct bind_target *t)
{
	return driver_same(t->d->driver, t->driver);
}

int bind_plan(const struct host *h, const struct bind_request *r, struct plan *ret,
	      struct error *e)
{
	CLEANUP(strv_done) struct strv drivers = { 0 };

	(void)e;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].driver && !is_there(&r->v[i]))
			strv_add_unique(&drivers, r->v[i].driver);
	for (size_t i = 0; i < drivers.n; i++)
		plan_modules(h, drivers.v[i], ret);
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];

		if (!t->driver) {
			plan_override(ret, t->d, NULL, "let the next probe be native");
			plan_leave(ret, t->d);
		} else if (is_there(t)) {
			plan_stale_override(ret, t);
		} else if (needs_override(t->driver)) {
			plan_by_override(ret, t);
		} else {
			plan_by_name(ret, t->d, t->driver);
		}
	}
	return 0;
}
