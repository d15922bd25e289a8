/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that make a bind last, and those that end it. */
#include <errno.h>

#include "devices/identity.h"
#include "devices/persist.h"

/* ---- the unit ---------------------------------------------------------------------- */

static void plan_enable(const struct host *h, struct plan *ret)
{
	static const char *const enable[] = { "systemctl", "enable", PERSIST_UNIT, NULL };
	static const char *const undo[] = { "systemctl", "disable", PERSIST_UNIT, NULL };

	if (!persist_is_enabled(h))
		plan_run_with_undo(ret, enable, undo, 60,
				   "binds these devices at every boot");
}

static void plan_disable(const struct host *h, struct plan *ret)
{
	static const char *const disable[] = { "systemctl", "disable", PERSIST_UNIT,
					       NULL };
	static const char *const undo[] = { "systemctl", "enable", PERSIST_UNIT, NULL };

	if (persist_is_enabled(h))
		plan_run_with_undo(ret, disable, undo, 60,
				   "no device is left to be bound at boot");
}

/* ---- a file ------------------------------------------------------------------------ */

static bool is_twin(const struct pci_device *x, const struct pci_device *d)
{
	return x != d && x->vendor == d->vendor && x->device == d->device &&
	       x->subsystem_vendor == d->subsystem_vendor &&
	       x->subsystem_device == d->subsystem_device &&
	       x->at.function == d->at.function;
}

static bool has_twins(const struct pci_devices *all, const struct pci_device *d)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_twin(&all->v[i], d))
			return true;
	return false;
}

/* NULL also if a twin has the same: then it tells nothing. */
static char *serial_of(const struct host *h, const struct pci_devices *all,
		       const struct pci_device *d)
{
	char *serial = device_serial(h, d);

	for (size_t i = 0; i < all->n && serial; i++) {
		CLEANUP(free_char) char *other = NULL;

		if (!is_twin(&all->v[i], d))
			continue;
		other = device_serial(h, &all->v[i]);
		if (!str_eq(serial, other))
			continue;
		free(serial);
		serial = NULL;
	}
	return serial;
}

int persist_note_twins(const struct host *h, const struct pci_devices *all,
		       const struct persisted *p, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	int err;

	if (p->file.has_twins || !p->device || !has_twins(all, p->device))
		return 0;
	err = host_read(h, p->path, HOST_MAX_CONFIG, &text, e);
	/* What a person wrote stays, also "twins=no". */
	if (err < 0 || strstr(str_c(&text), "twins="))
		return err;
	str_addf(&text, "%stwins=yes\n",
		 text.len && text.s[text.len - 1] != '\n' ? "\n" : "");
	return host_replace(h, p->path, str_c(&text), text.len, 0644, e);
}

/* The driver to give the device back to. One that VFIO has already, or that no driver
 * has, keeps what an earlier file says. */
static char *original_of(const struct pci_device *d, const struct persisted *old)
{
	if (d->driver && !driver_is_vfio(d->driver))
		return bindfile_is_driver(d->driver) ? xstrdup(d->driver) : NULL;
	return old && old->file.original ? xstrdup(old->file.original) : NULL;
}

static void describe(const struct pci_device *d, const struct bindfile *f,
		     struct str *ret)
{
	CLEANUP(free_char) char *description = pci_description(d);

	str_add(ret, "# ");
	str_add_printable(ret, description, strlen(description));
	str_add(ret,
		"\n# Written by \"slicer pci bind --persist\", see slicer-pci(8).\n");
	bindfile_print(f, ret);
}

static bool says_the_same(const struct persisted *old, const struct bindfile *f)
{
	CLEANUP(str_done) struct str before = { 0 }, after = { 0 };

	bindfile_print(&old->file, &before);
	bindfile_print(f, &after);
	return str_same(&before, &after);
}

static int refuse_vf(const struct pci_device *d, struct error *e)
{
	error_set(e, EOPNOTSUPP,
		  "%s is a virtual function of %s: it is not there yet when devices are "
		  "bound at boot",
		  d->address, d->physfn);
	error_hint(e,
		   "bind it after the program that enables the virtual functions: sudo "
		   "slicer pci bind %s",
		   d->address);
	return -EOPNOTSUPP;
}

static int refuse_early(const char *driver, struct error *e)
{
	error_set(e, EOPNOTSUPP,
		  "\"%s\" can't be put into the initramfs: no module has a blank in its "
		  "name",
		  driver);
	error_hint(e, "--persist alone binds the device after the initramfs");
	return -EOPNOTSUPP;
}

static char *path_of(const struct pci_device *d)
{
	return xasprintf(PERSIST_DIR "/%s.conf", d->address);
}

/* Does a device of r get a file of that path? */
static bool is_written(const struct bind_request *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char) char *one = path_of(r->v[i].d);

		if (strcmp(one, path) == 0)
			return true;
	}
	return false;
}

static int refuse_rename(const struct persisted *other, const struct pci_device *d,
			 struct error *e)
{
	error_set(e, EEXIST, "the file is that of another device, now at %s",
		  other->device->address);
	error_at(e, other->path, 0);
	error_hint(e, "sudo slicer pci bind %s %s --persist writes both files again",
		   d->address, other->device->address);
	return -EEXIST;
}

/*
 * The former file of d, and those that would stand in the new one's way: they have its
 * name, or its address, of which only one file can be used. They are removed, unless r
 * replaces them. Refused: that of a device which is there and which r has not.
 */
static int plan_others(const struct host *h, const struct persisted_list *l,
		       const struct pci_device *d, const struct bind_request *r,
		       struct plan *ret, struct error *e)
{
	CLEANUP(free_char) char *path = path_of(d);
	CLEANUP(strv_done) struct strv paths = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct persisted *p = &l->v[i];
		bool is_in_way = strcmp(p->path, path) == 0 ||
				 pci_address_compare(p->file.address, d->at) == 0;

		if (p->device != d && !is_in_way)
			continue;
		if (p->device && !bind_request_has(r, p->device))
			return refuse_rename(p, d, e);
		if (!is_written(r, p->path))
			strv_add(&paths, p->path);
	}
	return persist_plan_removal(h, &paths, ret, e);
}

static int plan_file(const struct host *h, const struct pci_devices *all,
		     const struct persisted_list *l, const struct bind_target *t,
		     const struct bind_request *r, bool early, bool force,
		     struct plan *ret, struct error *e)
{
	const struct pci_device *d = t->d;
	CLEANUP(free_char) char *path = path_of(d);
	const struct persisted *old = persist_of(l, d);
	CLEANUP(str_done) struct str before = { 0 }, after = { 0 };
	CLEANUP(bindfile_done)
	struct bindfile f = {
		.address = d->at,
		.id = { d->vendor, d->device },
		.subsystem = { d->subsystem_vendor, d->subsystem_device },
		.ports = device_ports(h, d),
		.serial = serial_of(h, all, d),
		.has_twins = has_twins(all, d),
		/* What was chosen is chosen anew at each boot: another kernel may have
		 * another driver. */
		.driver = t->is_chosen ? NULL : xstrdup(t->driver),
		.original = original_of(d, old),
		.early = early,
		.force = force,
	};
	int err;

	if (d->physfn)
		return refuse_vf(d, e);
	if (early && f.driver && strchr(f.driver, ' '))
		return refuse_early(f.driver, e);
	if (old && says_the_same(old, &f))
		return 0;
	err = host_read(h, path, HOST_MAX_CONFIG, &before, e);
	if (err < 0 && err != -ENOENT)
		return err;
	describe(d, &f, &after);
	plan_replace(ret, path, err == 0, &before, &after, 0644,
		     "the device is bound at every boot");
	return plan_others(h, l, d, r, ret, e);
}

int persist_plan(const struct host *h, const struct pci_devices *all,
		 const struct persisted_list *l, const struct bind_request *r, bool early,
		 bool force, struct plan *ret, struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		int err = plan_file(h, all, l, &r->v[i], r, early, force, ret, e);

		if (err < 0)
			return err;
	}
	plan_enable(h, ret);
	return 0;
}

/* Does the plan remove, or make, that file? */
static bool plan_has(const struct plan *p, enum step_kind kind, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == kind && str_eq(p->v[i].path, path))
			return true;
	return false;
}

/* Will a file be left that may be about a device? Also one that can't be used now. */
static bool leaves_any(const struct host *h, const struct plan *p)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, PERSIST_DIR, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf(PERSIST_DIR "/%s", names.v[i]);

		if (persist_is_name(names.v[i]) && !plan_has(p, STEP_REMOVE, path))
			return true;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_REPLACE &&
		    str_starts(p->v[i].path, PERSIST_DIR "/"))
			return true;
	return false;
}

/* With the mode that it has: taking back makes it anew. */
static void plan_remove_file(const struct host *h, const char *path,
			     const struct str *text, struct plan *ret)
{
	struct stat st;

	plan_remove(ret, path, text, "the device is no longer bound at every boot");
	for (size_t i = 0; i < ret->n && host_stat(h, path, &st) == 0; i++)
		if (str_eq(ret->v[i].path, path))
			ret->v[i].mode = st.st_mode & 07777;
}

int persist_plan_removal(const struct host *h, const struct strv *paths, struct plan *ret,
			 struct error *e)
{
	for (size_t i = 0; i < paths->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		int err = host_read(h, paths->v[i], HOST_MAX_CONFIG, &text, e);

		if (err < 0)
			return err;
		plan_remove_file(h, paths->v[i], &text, ret);
	}
	if (!leaves_any(h, ret))
		plan_disable(h, ret);
	return 0;
}
