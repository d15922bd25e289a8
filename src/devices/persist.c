/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/persist.h"

#include <errno.h>

#define DEVICES "/sys/bus/pci/devices"

/* No host has more PCI functions to give away. */
#define MAX_FILES 4096
/* A file has eight lines. */
#define MAX_SIZE 16384

void persisted_done(struct persisted_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].path);
		bindfile_done(&l->v[i].file);
	}
	free(l->v);
	strv_done(&l->broken);
	*l = (struct persisted_list){ 0 };
}

char *persisted_path(struct pci_address at)
{
	char address[PCI_ADDRESS_MAX];

	return xasprintf(PERSIST_DIR "/%s.conf", pci_address_format(at, address));
}

/* ---- reading ----------------------------------------------------------------------- */

static const struct persisted *at_address(const struct persisted_list *l,
					  struct pci_address at)
{
	for (size_t i = 0; i < l->n; i++)
		if (pci_address_compare(l->v[i].file.address, at) == 0)
			return &l->v[i];
	return NULL;
}

static void load_file(const struct host *h, const char *path, struct persisted_list *ret)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct persisted new = { 0 };
	const struct persisted *twin;
	struct error e = { 0 };
	int err = host_read(h, path, MAX_SIZE, &text, &e);

	if (err >= 0)
		err = bindfile_parse(str_c(&text), text.len, &new.file, &e);
	if (err < 0) {
		if (e.line)
			strv_addf(&ret->broken, "%s:%u: %s", path, e.line, e.what);
		else
			strv_addf(&ret->broken, "%s: %s", path, e.what);
		return;
	}
	twin = at_address(ret, new.file.address);
	if (twin) {
		strv_addf(&ret->broken, "%s: %s is about the same address", path,
			  twin->path);
		bindfile_done(&new.file);
		return;
	}
	new.path = xstrdup(path);
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n++] = new;
}

int persisted_load(const struct host *h, struct persisted_list *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int err = host_list(h, PERSIST_DIR, &names, e);

	if (err == -ENOENT)
		return 0;
	for (size_t i = 0; err >= 0 && i < names.n; i++) {
		CLEANUP(free_char) char *path = NULL;

		if (!str_ends(names.v[i], ".conf") || names.v[i][0] == '.')
			continue;
		path = xasprintf(PERSIST_DIR "/%s", names.v[i]);
		if (ret->n < MAX_FILES)
			load_file(h, path, ret);
		else
			strv_addf(&ret->broken, "%s: there are too many", path);
	}
	return err < 0 ? err : 0;
}

/* ---- what tells a device ----------------------------------------------------------- */

/*
 * "0000:00/01.1/00.0" of /sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0: the root bus,
 * and device and function of each port on the way. Bus numbers are left out: the kernel
 * gives them in the order in which it finds bridges. NULL: unknown.
 */
static char *ports_of(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char) char *link = xasprintf(DEVICES "/%s", d->address);
	CLEANUP(free_char) char *place = host_realpath(h, link);
	CLEANUP(strv_done) struct strv parts = { 0 };
	CLEANUP(str_done) struct str ret = { 0 };

	if (place)
		strv_split(&parts, place, "/");
	for (size_t i = 0; i < parts.n; i++) {
		struct pci_address at;

		if (str_starts(parts.v[i], "pci") && !ret.len)
			str_add(&ret, parts.v[i] + strlen("pci"));
		else if (ret.len && pci_address_parse(parts.v[i], &at, NULL) == 0)
			str_addf(&ret, "/%02x.%x", at.device, at.function);
	}
	return ret.len ? str_take(&ret) : NULL;
}

/* Of a PCI Express device that has one (linux drivers/pci/pci-sysfs.c,
 * serial_number_show(), since 6.18). */
static char *serial_of(const struct host *h, const struct pci_device *d)
{
	CLEANUP(free_char)
	char *path = xasprintf(DEVICES "/%s/serial_number", d->address);
	char *serial = host_attr(h, path);

	/* What reads as nothing, or as zeros or ones, tells no device from another. */
	if (serial && !serial[strspn(serial, "0-:")]) {
		free(serial);
		return NULL;
	}
	return serial;
}

void persisted_note(const struct host *h, const struct pci_device *d, const char *driver,
		    bool force, struct bindfile *ret)
{
	*ret = (struct bindfile){
		.address = d->at,
		.id = { d->vendor, d->device },
		.subsystem = { d->subsystem_vendor, d->subsystem_device },
		.ports = ports_of(h, d),
		.serial = serial_of(h, d),
		.driver = xstrdup_null(driver),
		.original = xstrdup_null(d->driver),
		.force = force,
	};
}

static bool is_of_kind(const struct pci_device *d, const struct bindfile *f)
{
	return d->vendor == f->id.vendor && d->device == f->id.device &&
	       d->subsystem_vendor == f->subsystem.vendor &&
	       d->subsystem_device == f->subsystem.device;
}

/* Is it the one that another file means, as far as its address says? */
static bool is_taken(const struct persisted_list *l, size_t i, const struct pci_device *d)
{
	for (size_t k = 0; k < l->n; k++)
		if (k != i && pci_address_compare(l->v[k].file.address, d->at) == 0 &&
		    is_of_kind(d, &l->v[k].file))
			return true;
	return false;
}

/* The only one of the kind for which tells() holds; *ret_n says how many there are. */
static const struct pci_device *
only_one(const struct host *h, const struct pci_devices *all,
	 const struct persisted_list *l, size_t i,
	 bool (*tells)(const struct host *h, const struct persisted_list *l, size_t i,
		       const struct pci_device *d),
	 size_t *ret_n)
{
	const struct pci_device *found = NULL;

	*ret_n = 0;
	for (size_t k = 0; k < all->n; k++) {
		const struct pci_device *d = &all->v[k];

		if (!is_of_kind(d, &l->v[i].file) || !tells(h, l, i, d))
			continue;
		found = d;
		++*ret_n;
	}
	return *ret_n == 1 ? found : NULL;
}

static bool has_serial(const struct host *h, const struct persisted_list *l, size_t i,
		       const struct pci_device *d)
{
	CLEANUP(free_char) char *serial = serial_of(h, d);
	char *ports;
	bool same = str_eq(serial, l->v[i].file.serial);

	/* The functions of one card have one serial number. */
	if (!same || !l->v[i].file.ports)
		return same;
	ports = ports_of(h, d);
	same = ports && str_eq(strrchr(ports, '.'), strrchr(l->v[i].file.ports, '.'));
	free(ports);
	return same;
}

static bool has_ports(const struct host *h, const struct persisted_list *l, size_t i,
		      const struct pci_device *d)
{
	CLEANUP(free_char) char *ports = ports_of(h, d);

	return str_eq(ports, l->v[i].file.ports);
}

static bool is_free(const struct host *h, const struct persisted_list *l, size_t i,
		    const struct pci_device *d)
{
	(void)h;
	return !is_taken(l, i, d);
}

static enum persisted_match where(const struct persisted *p, const struct pci_device *d)
{
	return pci_address_compare(p->file.address, d->at) == 0 ? PERSISTED_HERE
								: PERSISTED_MOVED;
}

enum persisted_match persisted_find(const struct host *h, const struct pci_devices *all,
				    const struct persisted_list *l, size_t i,
				    const struct pci_device **ret)
{
	const struct persisted *p = &l->v[i];
	const struct pci_device *there = pci_find(all, p->file.address), *d = NULL;
	size_t n;

	if (p->file.serial) {
		d = only_one(h, all, l, i, has_serial, &n);
		if (!d && n)
			return PERSISTED_UNCLEAR;
	}
	if (!d && !p->file.serial && p->file.ports)
		d = only_one(h, all, l, i, has_ports, &n);
	if (!d && !p->file.serial && there && is_of_kind(there, &p->file))
		d = there;
	if (!d && !p->file.serial) {
		d = only_one(h, all, l, i, is_free, &n);
		if (!d && n)
			return PERSISTED_UNCLEAR;
	}
	if (!d)
		return there ? PERSISTED_OTHER : PERSISTED_GONE;
	*ret = d;
	return where(p, d);
}
