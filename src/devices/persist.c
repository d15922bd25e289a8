/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/persist.h"

#include <errno.h>

#include "devices/identity.h"
#include "devices/usage.h"

/* No host has more PCI functions to give away. */
#define MAX_FILES 4096
/* A file has ten lines. */
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
	CLEANUP(free_char) char *shown = printable(path);
	struct persisted new = { 0 };
	const struct persisted *twin;
	struct error e = { 0 };
	int err = host_read(h, path, MAX_SIZE, &text, &e);

	if (err >= 0)
		err = bindfile_parse(str_c(&text), text.len, &new.file, &e);
	if (err < 0) {
		if (e.line)
			strv_addf(&ret->broken, "%s:%u: %s", shown, e.line, e.what);
		else
			strv_addf(&ret->broken, "%s: %s", shown, e.what);
		return;
	}
	twin = at_address(ret, new.file.address);
	if (twin) {
		CLEANUP(free_char) char *first = printable(twin->path);

		strv_addf(&ret->broken, "%s: %s has the same address", shown, first);
		bindfile_done(&new.file);
		return;
	}
	new.path = xstrdup(path);
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n++] = new;
}

bool persist_is_name(const char *name)
{
	return str_ends(name, ".conf") && name[0] != '.';
}

int persist_load_from(const struct host *h, const char *dir, struct persisted_list *ret,
		      struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int err = host_list(h, dir, &names, e);

	*ret = (struct persisted_list){ 0 };
	if (err == -ENOENT) {
		if (e)
			*e = (struct error){ 0 };
		return 0;
	}
	for (size_t i = 0; err >= 0 && i < names.n; i++) {
		CLEANUP(free_char) char *path = NULL;
		CLEANUP(free_char) char *shown = NULL;

		if (!persist_is_name(names.v[i]))
			continue;
		path = xasprintf("%s/%s", dir, names.v[i]);
		if (ret->n < MAX_FILES) {
			load_file(h, path, ret);
		} else {
			shown = printable(path);
			strv_addf(&ret->broken, "%s: one file too many (%u can be used)",
				  shown, MAX_FILES);
		}
	}
	return err < 0 ? err : 0;
}

int persist_load(const struct host *h, struct persisted_list *ret, struct error *e)
{
	return persist_load_from(h, PERSIST_DIR, ret, e);
}

/* ---- which device is meant --------------------------------------------------------- */

static bool is_of_model(const struct pci_device *d, const struct bindfile *f)
{
	return d->vendor == f->id.vendor && d->device == f->id.device &&
	       d->subsystem_vendor == f->subsystem.vendor &&
	       d->subsystem_device == f->subsystem.device &&
	       d->at.function == f->address.function;
}

/* What a device of the right model is recognized by. */
typedef bool tells_fn(const struct host *h, const struct bindfile *f,
		      const struct pci_device *d);

static bool shows_serial(const struct host *h, const struct bindfile *f,
			 const struct pci_device *d)
{
	CLEANUP(free_char) char *serial = device_serial(h, d);

	(void)f;
	return serial != NULL;
}

static bool has_serial(const struct host *h, const struct bindfile *f,
		       const struct pci_device *d)
{
	CLEANUP(free_char) char *serial = device_serial(h, d);

	return str_eq(serial, f->serial);
}

/* Behind the same ports, or at the address if no ports are noted. */
static bool has_place(const struct host *h, const struct bindfile *f,
		      const struct pci_device *d)
{
	CLEANUP(free_char) char *ports = f->ports ? device_ports(h, d) : NULL;

	return f->ports ? str_eq(ports, f->ports)
			: pci_address_compare(d->at, f->address) == 0;
}

static bool has_model(const struct host *h, const struct bindfile *f,
		      const struct pci_device *d)
{
	(void)h;
	(void)f;
	(void)d;
	return true;
}

/* How many devices of the model tells() recognizes; *ret is the last of them. */
static size_t find(const struct host *h, const struct pci_devices *all,
		   const struct bindfile *f, tells_fn *tells,
		   const struct pci_device **ret)
{
	size_t n = 0;

	*ret = NULL;
	for (size_t i = 0; i < all->n; i++) {
		if (!is_of_model(&all->v[i], f) || !tells(h, f, &all->v[i]))
			continue;
		*ret = &all->v[i];
		n++;
	}
	return n;
}

static void found(struct persisted *p, const struct pci_device *d)
{
	p->device = d;
	p->match = pci_address_compare(p->file.address, d->at) == 0 ? PERSIST_HERE
								    : PERSIST_MOVED;
}

static void match_one(const struct host *h, const struct pci_devices *all,
		      struct persisted *p)
{
	const struct bindfile *f = &p->file;
	const struct pci_device *d;
	size_t n;

	p->device = NULL;
	p->match = pci_find(all, f->address) ? PERSIST_OTHER : PERSIST_GONE;
	if (f->serial && find(h, all, f, shows_serial, &d)) {
		n = find(h, all, f, has_serial, &d);
		if (n == 1)
			return found(p, d);
		/* Realtek gives one number to all of its cards: the place tells. */
		if (n)
			p->match = PERSIST_UNCLEAR;
		if (n && find(h, all, f, has_place, &d) == 1 && has_serial(h, f, d))
			found(p, d);
		return;
	}
	if (find(h, all, f, has_place, &d) == 1)
		return found(p, d);
	n = find(h, all, f, has_model, &d);
	if (n == 1 && !f->has_twins)
		return found(p, d);
	if (n)
		p->match = PERSIST_UNCLEAR;
}

/* Of two files that mean one device, only one that has its address may have it. */
static void part_rivals(struct persisted_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct persisted *p = &l->v[i];
		bool has_rival = false;

		for (size_t k = 0; k < l->n && !has_rival; k++)
			has_rival = k != i && l->v[k].device == p->device;
		if (p->device && has_rival && p->match == PERSIST_MOVED)
			p->match = PERSIST_UNCLEAR;
	}
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].match == PERSIST_UNCLEAR)
			l->v[i].device = NULL;
}

void persist_match(const struct host *h, const struct pci_devices *all,
		   struct persisted_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		match_one(h, all, &l->v[i]);
	part_rivals(l);
}

char *persist_match_text(const struct pci_devices *all, const struct persisted *p)
{
	const struct pci_device *there = pci_find(all, p->file.address);

	switch (p->match) {
	case PERSIST_HERE:
		return xstrdup("it is at its address");
	case PERSIST_MOVED:
		return xasprintf("it has moved to %s", p->device->address);
	case PERSIST_GONE:
		return xstrdup("the device is not there");
	case PERSIST_OTHER:
		return xasprintf("another device is at its address now: %04x:%04x, "
				 "subsystem %04x:%04x",
				 there->vendor, there->device, there->subsystem_vendor,
				 there->subsystem_device);
	default:
		return xasprintf("it is not where it was, and another device of the same "
				 "model could be mistaken for it%s",
				 there ? "" : " (nothing is at its address)");
	}
}

const struct persisted *persist_of(const struct persisted_list *l,
				   const struct pci_device *d)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].device == d)
			return &l->v[i];
	return NULL;
}

size_t persist_given_away(const struct persisted_list *l, const struct pci_device **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].device && driver_is_vfio(persist_driver(&l->v[i])))
			ret[n++] = l->v[i].device;
	return n;
}

void persist_leftover(const struct persisted_list *l, const struct strv *bound,
		      struct strv *ret)
{
	CLEANUP(strv_done) struct strv early = { 0 };
	char address[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].file.early)
			strv_add(&early,
				 pci_address_format(l->v[i].file.address, address));
	for (size_t i = 0; i < bound->n; i++)
		if (!strv_has(&early, bound->v[i]))
			strv_add(ret, bound->v[i]);
}

bool persist_is_forced(const struct persisted *p)
{
	return p->file.force && (p->match == PERSIST_HERE || p->file.serial);
}

const char *persist_driver(const struct persisted *p)
{
	if (p->file.driver)
		return p->file.driver;
	return p->device && driver_is_vfio(p->device->driver) ? p->device->driver
							      : "vfio-pci";
}

bool persist_is_bound(const struct persisted *p)
{
	return p->file.driver ? driver_same(p->device->driver, p->file.driver)
			      : driver_is_vfio(p->device->driver);
}

void persist_request(const struct persisted *p, const struct host *h,
		     struct module_index *modules, struct bind_request *r)
{
	if (p->file.driver)
		bind_request_add(r, p->device, p->file.driver);
	else
		bind_request_add_chosen(r, h, modules, p->device);
}

void persist_hint_force(const struct persisted *p, struct error *e)
{
	static const char said[] = "--force does it anyway";
	char *at = strstr(e->hint, said);
	CLEANUP(free_char) char *command = NULL;
	CLEANUP(free_char) char *before = NULL;

	if (!at || (at > e->hint && at[-1] != '\n'))
		return;
	command = driver_command(p->device, p->file.driver);
	before = xstrndup(e->hint, (size_t)(at - e->hint));
	error_hint(e, "%s%s --persist%s --force does it anyway", before, command,
		   p->file.early ? "=initramfs" : "");
}
