/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bind: looked at before anything is touched, told all at once. */
#include "devices/bind.h"

#include <errno.h>

#include "policy/faults.h"
#include "probe/modules.h"

#define DRIVERS "/sys/bus/pci/drivers"

bool driver_is_registered(const struct host *h, const char *driver)
{
	CLEANUP(free_char) char *path = xasprintf(DRIVERS "/%s", driver);

	return host_is_dir(h, path);
}

int driver_name(const struct host *h, const char *text, char **ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	/* It becomes a part of paths and an argument of modprobe. */
	if (!*text || *text == '-' || *text == '.' || strlen(text) > 63 ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_-.+")])
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

/* Drivers whose module has another name (linux drivers/usb/host/xhci-pci.c,
 * drivers/i2c/busses/i2c-i801.c, i2c-piix4.c). */
static const struct {
	const char *driver, *module;
} holders[] = {
	{ "xhci_hcd", "xhci_pci" },
	{ "i801_smbus", "i2c_i801" },
	{ "piix4_smbus", "i2c_piix4" },
};

const char *module_driver(const char *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		if (strcmp(holders[i].module, module) == 0)
			return holders[i].driver;
	return module;
}

void driver_modules(const struct host *h, const struct bind_request *r, struct strv *ret)
{
	CLEANUP(free_char) char *kernel = host_attr(h, "/proc/sys/kernel/osrelease");
	enum module_state state;

	if (driver_is_registered(h, r->driver))
		return;
	state = kernel ? module_state_of(h, kernel, r->driver) : MODULE_UNKNOWN;
	if (state == MODULE_LOADABLE || state == MODULE_UNKNOWN) {
		strv_add(ret, r->driver);
		return;
	}
	/* Loading what merely knows the device could take other devices (nouveau for a
	 * mistyped nvidia): only a module that is known to hold the driver. */
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++)
		if (kernel && strcmp(holders[i].driver, r->driver) == 0 &&
		    module_state_of(h, kernel, holders[i].module) == MODULE_LOADABLE)
			strv_add(ret, holders[i].module);
}

static int check_driver(const struct host *h, const struct bind_request *r,
			struct error *e)
{
	CLEANUP(strv_done) struct strv modules = { 0 };

	if (!r->driver || driver_is_registered(h, r->driver))
		return 0;
	driver_modules(h, r, &modules);
	if (modules.n)
		return 0;
	error_set(
		e, ENOENT,
		"the running kernel has no driver %s, neither registered nor as a module",
		r->driver);
	error_hint(e,
		   "ls " DRIVERS " shows the drivers there are; after a kernel update, "
		   "reboot first");
	return -ENOENT;
}

/* Before anything is unbound: vfio-pci takes no device without a group, and the device
 * would be left without a driver. */
static int check_iommu(const struct host *h, const struct pci_devices *all,
		       const struct bind_request *r, struct error *e)
{
	CLEANUP(strv_done) struct strv without = { 0 };
	CLEANUP(free_char) char *list = NULL;

	if (!driver_is_vfio(r->driver))
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i]->iommu_group < 0)
			strv_add(&without, r->v[i]->address);
	if (!without.n)
		return 0;
	if (groups_exist(all))
		return bind_refuse_left_out(h, r, e);
	list = strv_join(&without, ", ");
	error_set(e, ENODEV,
		  "no IOMMU group for %s: the IOMMU is off, so VFIO can't take it", list);
	error_hint(e, "sudo slicer doctor says what is missing, and what switches it on");
	return -ENODEV;
}

/* The uses of every device that would be taken from its driver, in one message. */
struct verdict_text {
	struct str what, hint;
	size_t refused, forced;
	bool never; /* force does not help */
	struct strv unknown;
};

static void verdict_text_done(struct verdict_text *t)
{
	str_done(&t->what);
	str_done(&t->hint);
	strv_done(&t->unknown);
}

static void add_advice(struct verdict_text *t, enum use_kind kind)
{
	if (strstr(str_c(&t->hint), use_advice(kind)))
		return;
	str_addf(&t->hint, "%s%s", t->hint.len ? "\n" : "", use_advice(kind));
}

/* The message has 1,024 bytes: what does not fit is counted, the worst comes first. */
static void add_refusals(struct verdict_text *t, const struct pci_device *d,
			 const struct uses *u, const struct bind_request *r,
			 struct strv *warnings)
{
	bool named = false;

	for (size_t i = 0; i < u->n; i++) {
		enum use_kind kind = u->v[i].kind;
		bool never = kind == USE_ROOT_DISK || kind == USE_BRIDGE;

		if (r->later && kind > USE_DISPLAY) {
			strv_addf(warnings, "the host uses %s: %s", d->address,
				  u->v[i].text);
			continue;
		}
		if (r->force && !never) {
			t->forced++;
			strv_addf(warnings, "%s: %s (overruled by --force)", d->address,
				  u->v[i].text);
			continue;
		}
		t->refused++;
		t->never |= never;
		add_advice(t, kind);
		if (t->what.len + strlen(u->v[i].text) > 800)
			continue;
		if (!named)
			str_addf(&t->what,
				 "%s%s can't be taken: ", t->what.len ? "\n" : "",
				 d->address);
		str_addf(&t->what, "%s%s", named ? ", " : "", u->v[i].text);
		named = true;
	}
}

static bool is_where_it_should_be(const struct pci_device *d,
				  const struct bind_request *r)
{
	return driver_same(d->driver, r->driver) && (r->driver || !d->driver_override);
}

/* Mass storage controllers, and USB's: PCI Code and ID Assignment, classes 01 and 0c03.
 */
static bool can_hold_disks(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x01 || d->class_code >> 8 == 0x0c03;
}

static int check_uses(const struct bind_world *w, const struct bind_request *r,
		      struct strv *warnings, struct error *e)
{
	CLEANUP(verdict_text_done) struct verdict_text t = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(uses_done) struct uses u = { 0 };

		if (r->every_boot)
			bind_boot_uses(w, r, r->v[i], &u);
		if (!is_where_it_should_be(r->v[i], r)) {
			usage_of(w->usage, r->v[i], &u);
			usage_claims(w->usage, w->host, r->v[i], &u);
		} else if (!u.n) {
			continue;
		}
		if (!w->mounts->known && can_hold_disks(r->v[i])) {
			error_set(e, ENODATA,
				  "%s can hold disks, and without a mount table "
				  "nobody knows whether the system is on one",
				  r->v[i]->address);
			error_at(e, "/proc/self/mountinfo", 0);
			return -ENODATA;
		}
		for (size_t k = 0; k < u.unknown.n; k++)
			strv_add_unique(&t.unknown, u.unknown.v[k]);
		add_refusals(&t, r->v[i], &u, r, warnings);
	}
	for (size_t i = 0; i < t.unknown.n; i++)
		strv_addf(warnings, "could not look at: %s", t.unknown.v[i]);
	if (!t.refused)
		return 0;
	error_set(e, EBUSY, "%s", str_c(&t.what));
	error_hint(e, "%s%s", str_c(&t.hint), t.never ? "" : "\n--force does it anyway");
	return -EBUSY;
}

/* Dead devices: no driver can do anything with them, and an unbind may hang. */
static int check_dead(const struct bind_world *w, const struct bind_request *r,
		      struct strv *warnings, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };

	for (size_t i = 0; i < r->n && r->driver; i++) {
		CLEANUP(free_char) char *dead = device_dead(r->v[i], w->log);

		if (!dead || is_where_it_should_be(r->v[i], r))
			continue;
		if (r->force)
			strv_addf(warnings, "%s: %s (overruled by --force)",
				  r->v[i]->address, dead);
		else if (text.len + strlen(dead) < 800)
			str_addf(&text, "%s%s can't be bound: %s", text.len ? "\n" : "",
				 r->v[i]->address, dead);
	}
	if (!text.len)
		return 0;
	error_set(e, EIO, "%s", str_c(&text));
	error_hint(e, "%s\n--force does it anyway", device_dead_advice());
	return -EIO;
}

/* Memory that the firmware keeps: each group once. */
static void warn_of_reserved(const struct bind_world *w, const struct bind_request *r,
			     struct strv *warnings)
{
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char)
		char *reserved = device_reserved(r->v[i], w->vendor, w->kernel);
		CLEANUP(free_char) char *line = NULL;

		if (!reserved)
			continue;
		line = xasprintf("%s: %s", reserved, device_reserved_advice());
		strv_add_unique(warnings, line);
	}
}

bool bind_request_has(const struct bind_request *r, const struct pci_device *d)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i] == d)
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

/* A VM can use a group only when nothing in it is in a host driver's hands. */
static void warn_of_group(const struct pci_devices *all, const struct bind_request *r,
			  const struct pci_device *d, struct strv *warnings)
{
	CLEANUP(str_done) struct str rest = { 0 };
	bool endpoints = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *x = &all->v[i];
		const char *blocker = group_blocker(x);

		if (x->iommu_group != d->iommu_group || bind_is_asked_for(r, x) ||
		    !blocker)
			continue;
		endpoints |= !pci_is_bridge(x);
		str_addf(&rest, "%s%s (%s)", rest.len ? ", " : "", x->address, blocker);
	}
	if (!rest.len)
		return;
	strv_addf(warnings,
		  "IOMMU group %ld also holds %s: a VM can't use the group while these "
		  "have "
		  "it%s",
		  d->iommu_group, str_c(&rest),
		  endpoints ? " (--group takes every endpoint)" : "");
}

/* Names that change: once the initramfs takes the controller, they have changed before
 * anything is mounted. */
static int check_names(const struct bind_world *w, const struct bind_request *r,
		       struct strv *warnings, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	bind_warn_of_names(w, r, &names);
	if (names.n && r->early && !r->force) {
		error_set(e, EPERM, "%s", names.v[0]);
		error_hint(e, "--force does it anyway");
		return -EPERM;
	}
	strv_copy(warnings, &names);
	return 0;
}

int bind_check_in(const struct bind_world *w, const struct bind_request *r,
		  struct strv *warnings, struct error *e)
{
	CLEANUP(strv_done) struct strv said = { 0 };
	int ret = bind_check_below(r, e);

	if (ret == 0 && !r->later)
		ret = check_iommu(w->host, w->all, r, e);
	if (ret == 0 && !r->later)
		ret = check_driver(w->host, r, e);
	if (ret == 0)
		ret = check_dead(w, r, &said, e);
	if (ret == 0)
		ret = check_uses(w, r, &said, e);
	if (ret == 0 && r->every_boot)
		ret = check_names(w, r, &said, e);
	if (ret < 0)
		return ret;
	if (driver_is_vfio(r->driver)) {
		warn_of_reserved(w, r, &said);
		for (size_t i = 0; i < r->n; i++) {
			CLEANUP(strv_done) struct strv one = { 0 };

			bind_warn_of_below(w->all, r->v[i], &said);
			if (r->v[i]->iommu_group >= 0)
				warn_of_group(w->all, r, r->v[i], &one);
			if (one.n)
				strv_add_unique(&said, one.v[0]);
		}
	}
	strv_copy(warnings, &said);
	return 0;
}

void bind_world_load(const struct host *h, const struct mounts *m,
		     const struct pci_devices *all, struct bind_world *ret)
{
	*ret = (struct bind_world){ .host = h, .mounts = m, .all = all };
	ret->usage = usage_load(h, m);
	log_probe(h, &ret->own_log, NULL);
	ret->log = &ret->own_log;
	cpu_probe(h, &ret->own_cpu, NULL);
	ret->vendor = ret->own_cpu.vendor;
	ret->own_kernel = host_attr(h, "/proc/sys/kernel/osrelease");
	ret->kernel = ret->own_kernel;
}

void bind_world_done(struct bind_world *w)
{
	usage_free(&w->usage);
	log_done(&w->own_log);
	cpu_done(&w->own_cpu);
	free(w->own_kernel);
	*w = (struct bind_world){ 0 };
}

int bind_check(const struct host *h, const struct mounts *m,
	       const struct pci_devices *all, const struct bind_request *r,
	       struct strv *warnings, struct error *e)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };

	bind_world_load(h, m, all, &w);
	return bind_check_in(&w, r, warnings, e);
}
