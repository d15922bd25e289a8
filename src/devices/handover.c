/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/handover.h"

#include "devices/bind.h"
#include "devices/commands.h"
#include "devices/original.h"
#include "devices/vm_test.h"

void handover_done(struct handover *o)
{
	device_answer_done(&o->answer);
	strv_done(&o->give);
	strv_done(&o->give_always);
	strv_done(&o->start);
	strv_done(&o->back);
	free(o->not_always);
	free(o->not_back);
	*o = (struct handover){ 0 };
}

const char *handover_native(const struct pci_device *d, const struct persisted *p,
			    const struct persisted *note)
{
	if (d->driver && !driver_is_vfio(d->driver))
		return d->driver;
	if (p && p->file.original && !driver_is_vfio(p->file.original))
		return p->file.original;
	if (note && note->file.original && !driver_is_vfio(note->file.original))
		return note->file.original;
	for (size_t i = 0; i < d->modules.n; i++)
		if (!driver_is_vfio(d->modules.v[i]))
			return module_driver(d->modules.v[i]);
	return NULL;
}

/* The first line of a refusal. */
static char *refusal(const struct error *e)
{
	return xstrndup(e->what, strcspn(e->what, "\n"));
}

/* As pci bind --group --persist asks. */
static void make_always(const struct bind_world *w, const struct persisted_list *l,
			const struct pci_device *d, const struct endpoints *v,
			struct handover *ret)
{
	CLEANUP(bind_request_done) struct bind_request r = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct error e = { 0 };
	const struct pci_device **others = xcalloc(l->n + 1, sizeof(struct pci_device *));
	int err;

	for (size_t i = 0; i < v->n; i++)
		bind_request_add_chosen(&r, w->host, w->modules, v->v[i]);
	r.every_boot = true;
	r.later = !host_is_live(w->host);
	r.others = others;
	r.n_others = persist_given_away(l, others);
	err = persist_check_unit(w->host, "slicer pci bind", &e);
	if (err >= 0)
		err = bind_check_in(w, &r, &warnings, &e);
	if (err >= 0)
		err = persist_plan(w->host, w->all, l, &r, false, false, &plan, &e);
	free(others);
	if (err < 0)
		ret->not_always = refusal(&e);
	else if (plan.n)
		strv_addf(&ret->give_always, "sudo slicer pci bind %s --group --persist",
			  d->address);
}

static bool any_is_persisted(const struct persisted_list *l, const struct endpoints *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (persist_of(l, v->v[i]))
			return true;
	return false;
}

/* Unbind them all, then each to its own driver. */
static void make_back(const struct bind_world *w, const struct persisted_list *l,
		      const struct pci_device *d, const struct endpoints *v,
		      struct handover *ret)
{
	CLEANUP(bind_request_done) struct bind_request all = { 0 };
	CLEANUP(persisted_done) struct persisted_list notes = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct error e = { 0 };

	for (size_t i = 0; i < v->n; i++)
		bind_request_add(&all, v->v[i], NULL);
	if (bind_check_in(w, &all, &warnings, &e) < 0) {
		ret->not_back = refusal(&e);
		return;
	}
	strv_addf(&ret->back, "sudo slicer pci unbind %s --group%s", d->address,
		  any_is_persisted(l, v) ? " --persist" : "");
	original_load(w->host, w->all, &notes);
	for (size_t i = 0; i < v->n; i++) {
		const struct pci_device *x = v->v[i];
		CLEANUP(bind_request_done) struct bind_request one = { 0 };
		CLEANUP(free_char) char *driver = NULL;
		CLEANUP(free_char) char *command = NULL;
		const char *native =
			handover_native(x, persist_of(l, x), persist_of(&notes, x));

		if (!native || driver_name(w->host, native, &driver, NULL) < 0)
			continue;
		bind_request_add(&one, x, driver);
		if (bind_check_in(w, &one, &warnings, &e) < 0) {
			if (!ret->not_back)
				ret->not_back = refusal(&e);
			continue;
		}
		command = driver_command(x, driver);
		strv_add(&ret->back, command);
	}
}

void handover_make(const struct bind_world *w, const struct persisted_list *l,
		   const struct pci_device *d, struct handover *ret)
{
	CLEANUP(endpoints_done) struct endpoints v = { 0 };

	*ret = (struct handover){ 0 };
	device_answer(w, d, false, false, &ret->answer);
	if (pci_is_bridge(d) || d->controller)
		return;
	endpoints_collect(w->all, &d, 1, &v);
	if (ret->answer.usable && !ret->answer.bound)
		strv_addf(&ret->give, "sudo slicer pci bind %s --group", d->address);
	if (ret->answer.usable) {
		make_always(w, l, d, &v, ret);
		if (ret->answer.bound && vm_test_is_possible(w->host))
			strv_addf(&ret->start, "sudo slicer vm test %s", d->address);
		strv_addf(&ret->start, "slicer vm command %s", d->address);
	}
	if (ret->answer.usable || driver_is_vfio(d->driver) || any_is_persisted(l, &v))
		make_back(w, l, d, &v, ret);
}
