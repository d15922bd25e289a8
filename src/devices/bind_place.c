/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device hangs: outside the IOMMU's care, or below another function. */
#include "devices/bind.h"

#include <errno.h>

#include "policy/faults.h"

/* The IOMMU is on: told of the first that is in no group. */
int bind_refuse_left_out(const struct host *h, const struct bind_request *r,
			 struct error *e)
{
	CLEANUP(free_char) char *cmdline = host_attr(h, "/proc/cmdline");
	CLEANUP(log_done) struct log_facts log = { 0 };

	log_probe(h, &log, NULL);
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char) char *why = NULL;
		CLEANUP(free_char) char *advice = NULL;

		if (r->v[i].d->iommu_group >= 0 || !driver_is_vfio(r->v[i].driver))
			continue;
		why = device_no_group(r->v[i].d, cmdline, &log, &advice);
		error_set(e, ENODEV, "%s is in no IOMMU group, so VFIO can't take it: %s",
			  r->v[i].d->address, why);
		error_hint(e, "%s", advice);
		break;
	}
	return -ENODEV;
}

/* What is below a controller, asked for by itself: not by force either. Its memory is
 * reached by the controller's, and the two are one group. */
int bind_check_below(const struct bind_request *r, struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char) char *advice = NULL;
		CLEANUP(free_char) char *why = device_below(r->v[i].d, &advice);

		if (!why || !driver_is_vfio(r->v[i].driver))
			continue;
		error_set(e, EPERM, "%s can't be taken: %s", r->v[i].d->address, why);
		error_hint(e, "%s", advice);
		return -EPERM;
	}
	return 0;
}

/* What is lost to the host along with a controller. */
void bind_warn_of_below(const struct pci_devices *all, const struct pci_device *d,
			struct strv *warnings)
{
	CLEANUP(strv_done) struct strv below = { 0 };
	CLEANUP(free_char) char *list = NULL;

	endpoints_below(all, d, &below);
	if (!below.n)
		return;
	list = strv_join(&below, ", ");
	strv_addf(warnings, "what is below %s goes along with it: %s", d->address, list);
}

/* A physical function may have 255 of them: those that fit into a line. */
#define NAMED_VFS 4

void bind_name_vfs(const struct bind_world *w, const struct pci_device *d, struct uses *u)
{
	CLEANUP(str_done) struct str list = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < w->all->n; i++) {
		const struct pci_device *x = &w->all->v[i];
		CLEANUP(uses_done) struct uses own = { 0 };

		if (!str_eq(x->physfn, d->address) || n++ >= NAMED_VFS)
			continue;
		usage_of(w->usage, x, &own);
		str_addf(&list, "%s%s (%s%s%s)", n > 1 ? ", " : "", x->address,
			 x->driver ? x->driver : "no driver", own.n ? "; " : "",
			 own.n ? own.v[0].text : "");
	}
	if (n > NAMED_VFS)
		str_addf(&list, " and %zu more", n - NAMED_VFS);
	for (size_t i = 0; i < u->n && n; i++) {
		char *text;

		if (u->v[i].kind != USE_SRIOV)
			continue;
		text = xasprintf("%s: %s", u->v[i].text, str_c(&list));
		free(u->v[i].text);
		u->v[i].text = text;
	}
}
