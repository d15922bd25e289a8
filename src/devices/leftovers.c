/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/leftovers.h"

#include "devices/bind.h"
#include "devices/original.h"

void leftovers_done(struct leftovers *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].what);
		strv_done(&l->v[i].next);
	}
	free(l->v);
	*l = (struct leftovers){ 0 };
}

static struct leftover *add(struct leftovers *ret, enum leftover_kind kind,
			    const struct pci_device *d)
{
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n] = (struct leftover){ .kind = kind, .dev = d };
	return &ret->v[ret->n++];
}

/* ---- commands that would be carried out -------------------------------------------- */

/* "pci bind" with this driver; NULL: the one that it chooses for VFIO. false, with the
 * reason: it would be refused. */
static bool offer_bind(const struct bind_world *w, const struct pci_device *d,
		       const char *driver, struct strv *next, struct error *e)
{
	CLEANUP(bind_request_done) struct bind_request r = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(free_char) char *command = NULL;

	if (driver)
		bind_request_add(&r, d, driver);
	else
		bind_request_add_chosen(&r, w->host, w->modules, d);
	if (bind_check_in(w, &r, &warnings, e) < 0)
		return false;
	command = driver_command(d, driver);
	strv_add(next, command);
	return true;
}

static bool offer_original(const struct bind_world *w, const struct persisted_list *files,
			   const struct pci_device *d, struct strv *next, struct error *e)
{
	CLEANUP(bind_request_done) struct bind_request r = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };

	if (original_request(w->host, w->all, files, &d, 1, &r, &warnings, e) < 0 ||
	    bind_check_in(w, &r, &warnings, e) < 0)
		return false;
	strv_addf(next, "sudo slicer pci bind %s --driver=original", d->address);
	return true;
}

static void offer_unbind(const struct bind_world *w, const struct pci_device *d,
			 struct strv *next)
{
	CLEANUP(bind_request_done) struct bind_request r = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct error e = { 0 };

	bind_request_add(&r, d, NULL);
	if (bind_check_in(w, &r, &warnings, &e) == 0)
		strv_addf(next, "sudo slicer pci unbind %s", d->address);
}

/* Each of them alone is enough. */
static void mark_choices(struct strv *next)
{
	for (size_t i = 1; i < next->n; i++) {
		char *line = xasprintf("# or:\n%s", next->v[i]);

		free(next->v[i]);
		next->v[i] = line;
	}
}

/* ---- an override that is not obeyed ------------------------------------------------ */

/* "none" is no driver's name: people and driverctl(8) write it so that no driver takes
 * the device. */
static bool is_disobeyed(const struct pci_device *d)
{
	return d->driver_override && !driver_same(d->driver_override, d->driver) &&
	       strcmp(d->driver_override, "none") != 0;
}

/* The driver that it asks for first, then the host's own. A device without a driver can
 * also be left so: the override goes. */
static void find_override(const struct bind_world *w, const struct persisted_list *files,
			  const struct pci_device *d, struct leftovers *ret)
{
	struct leftover *l = add(ret, LEFTOVER_OVERRIDE, d);
	CLEANUP(free_char) char *wanted = NULL;
	struct error e = { 0 }, other = { 0 };
	bool is_vfio = driver_is_vfio(d->driver_override), done = false;

	if (is_vfio || driver_name(w->host, d->driver_override, &wanted, &e) == 0)
		done = offer_bind(w, d, is_vfio ? NULL : wanted, &l->next, &e);
	if (!offer_original(w, files, d, &l->next, &other) && !d->driver)
		offer_unbind(w, d, &l->next);
	mark_choices(&l->next);
	/* What keeps it from that driver is what a person wants to know. */
	l->what = xasprintf("/sys/bus/pci/devices/%s/driver_override: %s%s%.*s",
			    d->address, d->driver_override, done ? "" : "; ",
			    done ? 0 : (int)strcspn(e.what, "\n"), e.what);
}

/* ---- a device that is missed ------------------------------------------------------- */

/* What people use all the time (PCI Code and ID Assignment): disks, network, display,
 * audio, USB. */
static bool is_missed(const struct pci_device *d)
{
	unsigned class = d->class_code >> 16, sub = d->class_code >> 8;

	return class == 0x01 || class == 0x02 || class == 0x03 || sub == 0x0401 ||
	       sub == 0x0403 || sub == 0x0c03;
}

static bool is_by_ids(const struct pci_device *d, const struct strv *ids)
{
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", d->vendor, d->device);
	for (size_t i = 0; i < ids->n; i++)
		if (strcasestr(ids->v[i], id))
			return true;
	return false;
}

/* The drivers of the host's that know the device and are loaded: each has been asked to
 * take it when it was loaded, so somebody took it from them, or they did not want it. A
 * module that is not loaded tells nothing: people keep drivers from being loaded. */
static void loaded_drivers(const struct bind_world *w, const struct pci_device *d,
			   struct strv *ret)
{
	for (size_t i = 0; i < d->modules.n; i++) {
		CLEANUP(free_char) char *driver = NULL;

		if (!driver_is_vfio(d->modules.v[i]) &&
		    driver_name(w->host, module_driver(d->modules.v[i]), &driver, NULL) ==
			    0 &&
		    driver_is_registered(w->host, driver))
			strv_add_unique(ret, driver);
	}
}

static void find_driverless(const struct bind_world *w,
			    const struct persisted_list *files,
			    const struct pci_device *d, struct leftovers *ret)
{
	CLEANUP(strv_done) struct strv drivers = { 0 };
	CLEANUP(free_char) char *list = NULL;
	struct leftover *l;
	struct error e = { 0 };

	loaded_drivers(w, d, &drivers);
	if (!drivers.n)
		return;
	list = strv_join(&drivers, ", ");
	l = add(ret, LEFTOVER_DRIVERLESS, d);
	l->what = xasprintf("loaded, and made for it: %s", list);
	if (offer_original(w, files, d, &l->next, &e))
		return;
	for (size_t i = 0; i < drivers.n; i++)
		offer_bind(w, d, drivers.v[i], &l->next, &e);
	mark_choices(&l->next);
	if (!l->next.n && e.hint[0])
		strv_split(&l->next, e.hint, "\n");
}

/* ---- a note about a device that is back -------------------------------------------- */

static void find_notes(const struct bind_world *w, const struct persisted_list *files,
		       struct leftovers *ret)
{
	CLEANUP(persisted_done) struct persisted_list notes = { 0 };

	original_load(w->host, w->all, &notes);
	for (size_t i = 0; i < notes.n; i++) {
		const struct pci_device *d = notes.v[i].device;
		CLEANUP(strv_done) struct strv next = { 0 };
		struct error e = { 0 };
		struct leftover *l;

		if (!d || !d->driver || driver_is_vfio(d->driver) ||
		    !offer_original(w, files, d, &next, &e))
			continue;
		l = add(ret, LEFTOVER_NOTE, d);
		l->what = xstrdup(notes.v[i].path);
		strv_copy(&l->next, &next);
	}
}

void leftovers_find(const struct bind_world *w, const struct persisted_list *files,
		    const struct strv *ids, struct leftovers *ret)
{
	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *d = &w->all->v[i];

		if (pci_is_bridge(d) || persist_of(files, d))
			continue;
		if (is_disobeyed(d))
			find_override(w, files, d, ret);
		else if (!d->driver && !d->driver_override && !d->physfn &&
			 !d->controller && is_missed(d) && !is_by_ids(d, ids))
			find_driverless(w, files, d, ret);
	}
	find_notes(w, files, ret);
}
