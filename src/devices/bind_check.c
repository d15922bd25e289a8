/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bind: looked at before anything is touched, told all at once. */
#include "devices/bind.h"

#include <errno.h>

#include "policy/faults.h"
#include "probe/modprobe_files.h"

#define DRIVERS "/sys/bus/pci/drivers"

/* modprobe would report success without loading the module, or the kernel refuse it. */
static int refuse_kept_out(const struct host *h, const char *module, struct error *e)
{
	bool by_kernel;
	CLEANUP(free_char) char *why = module_kept_out(h, module, &by_kernel);

	if (!why)
		return 0;
	error_set(e, EPERM, "the module %s is kept from being loaded: %s", module, why);
	if (by_kernel)
		error_hint(e, "take the module out of module_blacklist= (in the boot "
			      "loader's configuration), and reboot");
	else
		error_hint(e,
			   "take that line out, or load it once: sudo modprobe "
			   "--ignore-install %s",
			   module);
	return -EPERM;
}

static int check_driver(const struct host *h, const struct bind_request *r,
			struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		CLEANUP(strv_done) struct strv modules = { 0 };

		if (!t->driver || driver_is_registered(h, t->driver))
			continue;
		driver_modules(h, t->driver, &modules);
		for (size_t k = 0; k < modules.n; k++)
			if (refuse_kept_out(h, modules.v[k], e) < 0)
				return -EPERM;
		if (modules.n)
			continue;
		error_set(e, ENOENT,
			  "the running kernel has no driver %s, neither registered nor "
			  "as a module",
			  t->driver);
		error_hint(
			e,
			"ls " DRIVERS " shows the drivers there are; after a kernel "
			"update, reboot first%s",
			bind_is_variant(t)
				? "\n--driver=vfio-pci takes the driver for all devices"
				: "");
		return -ENOENT;
	}
	return 0;
}

/* Before anything is unbound: vfio-pci takes no device without a group, and the device
 * would be left without a driver. */
static int check_iommu(const struct host *h, const struct pci_devices *all,
		       const struct bind_request *r, struct error *e)
{
	CLEANUP(strv_done) struct strv without = { 0 };
	CLEANUP(free_char) char *list = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (driver_is_vfio(r->v[i].driver) && r->v[i].d->iommu_group < 0)
			strv_add(&without, r->v[i].d->address);
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

/* Each once, with the device's address where it has a place for one. */
static void add_advice(struct verdict_text *t, const struct use *u,
		       const struct pci_device *d)
{
	const char *advice = use_advice_of(u), *gap = strstr(advice, "ADDRESS");
	CLEANUP(str_done) struct str text = { 0 };

	if (gap)
		str_addf(&text, "%.*s%s%s", (int)(gap - advice), advice, d->address,
			 gap + strlen("ADDRESS"));
	else
		str_add(&text, advice);
	/* A hint has 1,024 bytes. */
	if (!strstr(str_c(&t->hint), str_c(&text)) && t->hint.len + text.len <= 900)
		str_addf(&t->hint, "%s%s", t->hint.len ? "\n" : "", str_c(&text));
}

/* What does not fit into the message is counted; the worst comes first. */
static void add_refusals(struct verdict_text *t, const struct pci_device *d,
			 const struct uses *u, const struct bind_request *r,
			 struct strv *warnings)
{
	size_t left_out = 0;
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
		add_advice(t, &u->v[i], d);
		if (t->what.len + strlen(u->v[i].text) > 800) {
			left_out++;
			continue;
		}
		if (!named)
			str_addf(&t->what,
				 "%s%s can't be taken: ", t->what.len ? "\n" : "",
				 d->address);
		str_addf(&t->what, "%s%s", named ? ", " : "", u->v[i].text);
		named = true;
	}
	if (left_out && named)
		str_addf(&t->what, " (and %zu more)", left_out);
	else if (left_out)
		str_addf(&t->what, "\n%s can't be taken: %zu uses", d->address, left_out);
}

static bool is_where_it_should_be(const struct bind_target *t)
{
	return driver_same(t->d->driver, t->driver) &&
	       (t->driver || !t->d->driver_override);
}

/* What nobody can tell is not taken for a no. */
static int check_doubts(const struct bind_world *w, const struct bind_request *r,
			const struct pci_device *d, struct error *e)
{
	const char *disks = usage_disk_doubt(w->usage, d);

	if (disks) {
		error_set(e, ENODATA,
			  "%s can hold disks, and nobody knows whether the system is on "
			  "one: %s",
			  d->address, disks);
		error_hint(e, "run slicer on the host itself, outside of containers and "
			      "of chroot, with /proc and /sys mounted");
		return -ENODATA;
	}
	if (!r->force && usage_net_doubt(w->usage, d)) {
		error_set(e, ENODATA,
			  "nobody knows whether %s is the host's own network: "
			  "/sys/class/net can't be read",
			  d->address);
		error_hint(e, "--force does it anyway");
		return -ENODATA;
	}
	return 0;
}

static int check_uses(const struct bind_world *w, const struct bind_request *r,
		      struct strv *warnings, struct error *e)
{
	CLEANUP(verdict_text_done) struct verdict_text text = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		const struct pci_device *d = t->d;
		CLEANUP(uses_done) struct uses u = { 0 };

		if (r->every_boot)
			bind_boot_uses(w, r, t, &u);
		if (!is_where_it_should_be(t)) {
			usage_of(w->usage, d, &u);
			usage_claims(w->usage, d, &u);
			usage_losses(w->usage, d, warnings);
			bind_name_vfs(w, d, &u);
		} else if (!u.n) {
			continue;
		}
		if (check_doubts(w, r, d, e) < 0)
			return -ENODATA;
		for (size_t k = 0; k < u.unknown.n; k++)
			strv_add_unique(&text.unknown, u.unknown.v[k]);
		add_refusals(&text, d, &u, r, warnings);
	}
	for (size_t i = 0; i < text.unknown.n; i++)
		strv_addf(warnings, "could not look at: %s", text.unknown.v[i]);
	if (!text.refused)
		return 0;
	error_set(e, EBUSY, "%s", str_c(&text.what));
	error_hint(e, "%s%s", str_c(&text.hint),
		   text.never ? "" : "\n--force does it anyway");
	return -EBUSY;
}

/* Dead devices: no driver can do anything with them, and an unbind may hang. */
static int check_dead(const struct bind_world *w, const struct bind_request *r,
		      struct strv *warnings, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		CLEANUP(free_char) char *dead = device_dead(t->d, w->log);

		if (!dead || !t->driver || is_where_it_should_be(t))
			continue;
		if (r->force)
			strv_addf(warnings, "%s: %s (overruled by --force)",
				  t->d->address, dead);
		else if (text.len + strlen(dead) < 800)
			str_addf(&text, "%s%s can't be bound: %s", text.len ? "\n" : "",
				 t->d->address, dead);
	}
	if (!text.len)
		return 0;
	error_set(e, EIO, "%s", str_c(&text));
	error_hint(e, "%s\n--force does it anyway", device_dead_advice());
	return -EIO;
}

/* Memory that the firmware keeps: each group once. */
static void warn_of_reserved(const struct bind_world *w, const struct pci_device *d,
			     struct strv *warnings)
{
	CLEANUP(free_char) char *reserved = device_reserved(d, w->vendor, w->kernel);
	CLEANUP(free_char) char *line = NULL;

	if (!reserved)
		return;
	line = xasprintf("%s: %s", reserved, device_reserved_advice());
	strv_add_unique(warnings, line);
}

/* A VM can use a group only when nothing in it is in a host driver's hands. */
static void warn_of_group(const struct bind_world *w, const struct bind_request *r,
			  const struct pci_device *d, struct strv *warnings)
{
	const struct pci_devices *all = w->all;
	CLEANUP(str_done) struct str rest = { 0 };
	bool endpoints = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *x = &all->v[i];
		const char *blocker = group_blocker(x, w->kernel);

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

/* What is no reason to refuse, and keeps VMs from a device or the host from others. */
static void warn_of_rest(const struct bind_world *w, const struct bind_request *r,
			 struct strv *warnings)
{
	for (size_t i = 0; i < r->n; i++)
		if (driver_is_vfio(r->v[i].driver))
			warn_of_reserved(w, r->v[i].d, warnings);
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(strv_done) struct strv one = { 0 };

		if (!driver_is_vfio(r->v[i].driver))
			continue;
		bind_warn_of_below(w->all, r->v[i].d, warnings);
		if (r->v[i].d->iommu_group >= 0)
			warn_of_group(w, r, r->v[i].d, &one);
		if (one.n)
			strv_add_unique(warnings, one.v[0]);
	}
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
		ret = bind_check_denylist(w->host, r, &said, e);
	if (ret == 0)
		ret = check_dead(w, r, &said, e);
	if (ret == 0)
		ret = check_uses(w, r, &said, e);
	if (ret == 0 && r->every_boot)
		ret = check_names(w, r, &said, e);
	if (ret < 0)
		return ret;
	warn_of_rest(w, r, &said);
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
	if (ret->kernel)
		module_index_open(h, ret->kernel, &ret->modules, NULL);
}

void bind_world_done(struct bind_world *w)
{
	usage_free(&w->usage);
	module_index_close(&w->modules);
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
