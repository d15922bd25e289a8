/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a device go to a VM? Nothing is judged here: bind_check() is asked, as pci bind
 * asks it. */
#include "devices/commands.h"

#include <errno.h>

#include "policy/faults.h"

void device_answer_done(struct device_answer *a)
{
	strv_done(&a->reasons);
	strv_done(&a->advice);
	strv_done(&a->warnings);
	*a = (struct device_answer){ 0 };
}

/* Those of the group that VFIO has not got: what "pci bind --group" would move. */
static void add_unbound(const struct bind_world *w, const struct pci_device *d,
			struct endpoints *ret)
{
	endpoints_collect(w->all, &d, 1, ret);
	for (size_t i = 0; i < ret->n;) {
		if (driver_is_vfio(ret->v[i]->driver)) {
			ret->n--;
			for (size_t k = i; k < ret->n; k++)
				ret->v[k] = ret->v[k + 1];
		} else {
			i++;
		}
	}
}

/* A bridge of the group stays with the host, and so does its driver. */
static void add_blocking_bridges(const struct bind_world *w, const struct pci_device *d,
				 struct device_answer *ret)
{
	for (size_t i = 0; i < w->all->n && d->iommu_group >= 0; i++) {
		const struct pci_device *x = &w->all->v[i];

		if (x == d || x->iommu_group != d->iommu_group || !pci_is_bridge(x) ||
		    !group_blocker(x, w->kernel))
			continue;
		strv_addf(&ret->reasons,
			  "IOMMU group %ld also holds the bridge %s (%s): a VM can't use "
			  "the group while it has that driver",
			  x->iommu_group, x->address, group_blocker(x, w->kernel));
		strv_add_unique(&ret->advice, "move the card to another slot");
		ret->usable = false;
	}
}

/* vfio-pci binds to a device whose memory the firmware keeps: it is the VM's start that
 * the kernel refuses. What bind_check() warned of is then the reason. */
static void add_reserved(const struct bind_world *w, const struct pci_device *d,
			 struct device_answer *ret)
{
	if (!device_is_kept(d, w->vendor, w->kernel))
		return;
	strv_take(&ret->reasons, device_reserved(d, w->vendor, w->kernel));
	strv_add_unique(&ret->advice, device_reserved_advice());
	ret->usable = false;
}

/* Sisters that keep a device from a VM which VFIO has already. */
static void add_sisters(const struct bind_world *w, const struct endpoints *unbound,
			const struct pci_device *d, struct device_answer *ret)
{
	for (size_t i = 0; i < unbound->n; i++) {
		const struct pci_device *x = unbound->v[i];

		if (x == d || !driver_is_vfio(d->driver))
			continue;
		if (group_blocker(x, w->kernel))
			strv_addf(&ret->reasons,
				  "its group also holds %s, which has the driver %s",
				  x->address, x->driver);
		else if (!x->driver)
			strv_addf(&ret->reasons,
				  "its group also holds %s, which has no driver yet",
				  x->address);
	}
}

/* Functions of one slot stay together, and virtual ones stay with their physical one. */
static bool is_same_card(const struct pci_device *a, const struct pci_device *b)
{
	return (a->at.domain == b->at.domain && a->at.bus == b->at.bus &&
		a->at.device == b->at.device) ||
	       str_eq(a->physfn, b->address) || str_eq(b->physfn, a->address);
}

/* What the host needs of another card keeps the whole group: elsewhere the card may have
 * a group of its own. */
static void advise_to_move(const struct endpoints *unbound, const struct pci_device *d,
			   struct device_answer *ret)
{
	for (size_t i = 0; i < unbound->n; i++) {
		const struct pci_device *x = unbound->v[i];

		if (is_same_card(x, d))
			continue;
		for (size_t k = 0; k < ret->reasons.n; k++)
			if (str_starts(ret->reasons.v[k], x->address))
				strv_add_unique(&ret->advice,
						"move the card to another slot");
	}
}

/* pci bind's own way out is none of its advice here. */
static void add_advice(const char *hint, struct device_answer *ret)
{
	CLEANUP(strv_done) struct strv lines = { 0 };

	strv_split(&lines, hint, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (!str_starts(lines.v[i], "--force"))
			strv_add(&ret->advice, lines.v[i]);
}

void device_answer(const struct bind_world *w, const struct pci_device *d, bool later,
		   bool force, struct device_answer *ret)
{
	CLEANUP(endpoints_done) struct endpoints unbound = { 0 };
	CLEANUP(bind_request_done)
	struct bind_request r = { .later = later, .force = force };
	CLEANUP(free_char) char *dead = device_dead(d, w->log), *failed = NULL;
	struct error e = { 0 };

	*ret = (struct device_answer){ .usable = true };
	if (pci_is_bridge(d)) {
		unbound.v = xcalloc(1, sizeof(struct pci_device *));
		unbound.v[unbound.n++] = d;
	} else {
		add_unbound(w, d, &unbound);
	}
	for (size_t i = 0; i < unbound.n; i++)
		bind_request_add_chosen(&r, w->host, w->modules, unbound.v[i]);
	ret->bound = !unbound.n;
	if (unbound.n && bind_check_in(w, &r, &ret->warnings, &e) < 0) {
		ret->usable = false;
		ret->refused = true;
		strv_split(&ret->reasons, e.what, "\n");
		add_advice(e.hint, ret);
		advise_to_move(&unbound, d, ret);
	}
	if (ret->usable && dead && !force) {
		/* VFIO has it already: there was nothing to ask about. */
		ret->usable = false;
		ret->refused = true;
		strv_addf(&ret->reasons, "%s: %s", d->address, dead);
		strv_add(&ret->advice, device_dead_advice());
	}
	if (ret->usable)
		add_sisters(w, &unbound, d, ret);
	add_blocking_bridges(w, d, ret);
	add_reserved(w, d, ret);
	failed = ret->usable ? device_failed_for_vm(d, w->log) : NULL;
	if (failed)
		strv_add(&ret->reasons, failed);
}

int device_refuse(const struct device_answer *a, bool force_helps, struct error *e)
{
	CLEANUP(str_done) struct str what = { 0 }, hint = { 0 };

	for (size_t i = 0; i < a->reasons.n; i++)
		str_addf(&what, "%s%s", i ? "\n" : "", a->reasons.v[i]);
	for (size_t i = 0; i < a->advice.n; i++)
		str_addf(&hint, "%s%s", i ? "\n" : "", a->advice.v[i]);
	error_set(e, EBUSY, "%s", str_c(&what));
	error_hint(e, "%s%s", str_c(&hint),
		   force_helps ? "\n--force does it anyway" : "");
	return -EBUSY;
}
