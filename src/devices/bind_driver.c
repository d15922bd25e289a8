/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which driver a device is to have: names, modules, and VFIO's best for a device. */
#include "devices/bind.h"
#include "probe/pci_variant.h"
#include "text/bindfile.h"

#define DRIVERS "/sys/bus/pci/drivers"

/* ---- names ------------------------------------------------------------------------- */

bool driver_is_registered(const struct host *h, const char *driver)
{
	CLEANUP(free_char) char *path = xasprintf(DRIVERS "/%s", driver);

	return host_is_dir(h, path);
}

int driver_name(const struct host *h, const char *text, char **ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	/* It becomes a part of paths and an argument of modprobe. */
	if (!bindfile_is_driver(text))
		return error_usage(e, "\"%.80s\" can't be the name of a driver", text);
	*ret = NULL;
	if (!driver_is_registered(h, text) && host_list(h, DRIVERS, &names, NULL) == 0)
		for (size_t i = 0; i < names.n && !*ret; i++)
			if (module_same_name(names.v[i], text))
				*ret = xstrdup(names.v[i]);
	/* Its module has an underscore, the driver has not (drivers/vfio/pci/vfio_pci.c).
	 */
	if (!*ret)
		*ret = xstrdup(module_same_name(text, "vfio-pci") ? "vfio-pci" : text);
	return 0;
}

void driver_option(const char *driver, struct str *ret)
{
	str_add(ret, " --driver=");
	str_add_shell_word(ret, driver);
}

char *driver_command(const struct pci_device *d, const char *driver)
{
	struct str ret = { 0 };

	str_addf(&ret, "sudo slicer pci bind %s", d->address);
	if (driver)
		driver_option(driver, &ret);
	return str_take(&ret);
}

/* Drivers whose module has another name (linux drivers/usb/host/xhci-pci.c,
 * drivers/i2c/busses/i2c-i801.c, i2c-piix4.c, drivers/vfio/pci/xe/main.c). */
static const struct {
	const char *driver, *module;
} holders[] = {
	{ "xhci_hcd", "xhci_pci" },
	{ "i801_smbus", "i2c_i801" },
	{ "piix4_smbus", "i2c_piix4" },
	{ "xe-vfio-pci", "xe_vfio_pci" },
};

const char *module_driver(const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		if (strcmp(holders[i].module, module) == 0)
			return holders[i].driver;
	return module;
}

void driver_modules(const struct host *h, const char *driver, struct strv *ret)
{
	CLEANUP(free_char) char *kernel = host_attr(h, "/proc/sys/kernel/osrelease");
	enum module_state state;

	if (driver_is_registered(h, driver))
		return;
	state = kernel ? module_state_of(h, kernel, driver) : MODULE_UNKNOWN;
	if (state == MODULE_LOADABLE || state == MODULE_UNKNOWN) {
		strv_add(ret, driver);
		return;
	}
	/* Loading what merely knows the device could take other devices (nouveau for a
	 * mistyped nvidia): only a module that is known to hold the driver. */
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		if (kernel && strcmp(holders[i].driver, driver) == 0 &&
		    module_state_of(h, kernel, holders[i].module) == MODULE_LOADABLE)
			strv_add(ret, holders[i].module);
}

/* ---- VFIO's driver for a device ---------------------------------------------------- */

char *bind_vfio_driver(const struct host *h, struct module_index *modules,
		       const struct pci_device *d)
{
	CLEANUP(free_char) char *module = pci_variant(modules, d->modalias);
	char *driver = NULL;

	if (module && driver_name(h, module_driver(module), &driver, NULL) == 0)
		return driver;
	return xstrdup("vfio-pci");
}

bool bind_is_variant(const struct bind_target *t)
{
	return t->is_chosen && t->driver && strcmp(t->driver, "vfio-pci") != 0;
}

/* ---- requests ---------------------------------------------------------------------- */

static struct bind_target *add(struct bind_request *r, const struct pci_device *d)
{
	r->v = xgrow(r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n] = (struct bind_target){ .d = d };
	return &r->v[r->n++];
}

void bind_request_add(struct bind_request *r, const struct pci_device *d,
		      const char *driver)
{
	add(r, d)->driver = driver ? xstrdup(driver) : NULL;
}

void bind_request_add_chosen(struct bind_request *r, const struct host *h,
			     struct module_index *modules, const struct pci_device *d)
{
	struct bind_target *t = add(r, d);

	t->driver = bind_vfio_driver(h, modules, d);
	t->is_chosen = true;
}

void bind_request_done(struct bind_request *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].driver);
	free(r->v);
	*r = (struct bind_request){ 0 };
}

bool bind_request_has(const struct bind_request *r, const struct pci_device *d)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].d == d)
			return true;
	return false;
}

bool bind_is_asked_for(const struct bind_request *r, const struct pci_device *d)
{
	if (bind_request_has(r, d))
		return true;
	for (size_t i = 0; i < r->n_others; i++)
		if (r->others[i] == d)
			return true;
	return false;
}
