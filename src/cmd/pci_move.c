/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pci_move.h"

#include "devices/persist.h"
#include "devices/vm_test.h"
#include "host/signals.h"
#include "report/advice.h"

void move_done(struct move *m)
{
	plan_done(&m->files);
	plan_done(&m->drivers);
	bind_request_done(&m->request);
	strv_done(&m->recovered);
	*m = (struct move){ 0 };
}

/* ---- planning ---------------------------------------------------------------------- */

/* Whole groups in VFIO's hands can go to a VM. */
static void add_next(const struct host *h, const struct pci_devices *all,
		     const struct bind_request *r, struct plan *p)
{
	CLEANUP(free_char) char *kernel = host_attr(h, "/proc/sys/kernel/osrelease");

	for (size_t i = 0; i < r->n; i++) {
		const struct pci_device *d = r->v[i].d;
		bool ready = driver_is_vfio(r->v[i].driver), first = true;

		for (size_t k = 0; k < all->n; k++) {
			const struct pci_device *x = &all->v[k];

			if (x->iommu_group == d->iommu_group && !bind_request_has(r, x) &&
			    group_blocker(x, kernel))
				ready = false;
		}
		for (size_t k = 0; k < i; k++)
			first &= r->v[k].d->iommu_group != d->iommu_group;
		if (!ready || !first)
			continue;
		plan_next(p,
			  "IOMMU group %ld is ready for a VM: sudo slicer vm command %s",
			  d->iommu_group, d->address);
		if (vm_test_is_possible(h))
			plan_next(p, "to see that it works: sudo slicer vm test %s",
				  d->address);
	}
}

int move_plan(const struct context *c, const struct pci_devices *all, struct move *m,
	      struct error *e)
{
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	struct plan *p = &m->drivers;
	int err;

	mounts_load(c->host, &mounts, NULL);
	err = bind_check(c->host, &mounts, all, &m->request, &p->warnings, e);
	if (err < 0 || m->files_only)
		return err;
	err = bind_plan(c->host, &m->request, p, e);
	if (err == 0)
		add_next(c->host, all, &m->request, p);
	return err;
}

/* The files come first: a device that is bound, and whose file could not be written,
 * would be gone after the next boot. */
static int apply(const struct context *c, const struct move *m, struct error *e)
{
	int err = persist_apply(c->host, &m->files, e);

	if (err < 0 || m->files_only)
		return err;
	err = bind_apply(c->host, &m->request, &m->drivers, e);
	if (err < 0 && m->files.n)
		persist_take_back(c->host, &m->files, e);
	return err;
}

/* Ctrl-C and a lost connection must not leave files without the unit, or without the
 * bind. */
int move_apply(const struct context *c, const struct move *m, struct error *e)
{
	struct signal_hold hold;
	int err;

	if (m->dry_run)
		return 0;
	signals_hold(&hold);
	err = apply(c, m, e);
	signals_release(&hold);
	return err;
}

/* ---- telling ----------------------------------------------------------------------- */

json_t *move_devices(const struct move *m)
{
	const struct bind_request *r = &m->request;
	json_t *a = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		const char *after = r->later ? t->d->driver : t->driver;
		json_t *o = json_object();

		json_object_set_new(o, "address", json_text(t->d->address));
		json_object_set_new(o, "driver_before", json_text(t->d->driver));
		json_object_set_new(o, "driver_after", json_text(after));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_deferred(const struct move *m)
{
	json_t *a = json_array();

	for (size_t i = 0; m->files_only && !m->dry_run && i < m->files.n; i++)
		if (m->files.v[i].kind == STEP_RUN)
			json_array_append_new(a, json_texts(&m->files.v[i].argv));
	return a;
}

static int print_json(const struct context *c, const struct move *m, struct error *e)
{
	bool changed = !plan_is_empty(&m->files) || !plan_is_empty(&m->drivers);
	json_t *doc = json_document("slicer.plan/1"), *deferred = json_deferred(m);
	json_t *steps = report_plan_steps(&m->files),
	       *writes = report_plan_steps(&m->drivers);
	bool is_open = m->dry_run || json_array_size(deferred) > 0;

	json_array_extend(steps, writes);
	json_decref(writes);
	json_object_set_new(doc, "changed", json_boolean(changed));
	json_object_set_new(doc, "applied", json_boolean(changed && !m->dry_run));
	json_object_set_new(doc, "verified", is_open ? json_null() : json_true());
	json_object_set_new(doc, "rolled_back", json_false());
	json_object_set_new(doc, "deferred", deferred);
	json_object_set_new(doc, "reboot_required", json_false());
	json_object_set_new(doc, "recovered", json_texts(&m->recovered));
	json_object_set_new(doc, "steps", steps);
	json_object_set_new(doc, "warnings", json_advice(c->root, &m->drivers.warnings));
	json_object_set_new(doc, "next", json_steps(c->root, &m->drivers.next));
	json_object_set_new(doc, "devices", move_devices(m));
	return json_print(&c->out, doc, e);
}

void move_print_warnings(const struct context *c, const struct move *m)
{
	const struct output *o = &c->out;
	struct advice a = { .root = c->root };

	for (size_t i = 0; i < m->drivers.warnings.n; i++) {
		CLEANUP(str_done) struct str text = { 0 }, safe = { 0 };

		advice_add(&a, m->drivers.warnings.v[i], &text);
		str_add_printable(&safe, str_c(&text), text.len);
		fprintf(o->err, "%swarning:%s %s\n", paint_on(o->color_err, PAINT_WARN),
			paint_off(o->color_err), str_c(&safe));
	}
}

static void print_files(const struct context *c, const struct move *m)
{
	for (size_t i = 0; i < m->files.n; i++) {
		const struct step *s = &m->files.v[i];
		CLEANUP(free_char) char *command = strv_join(&s->argv, " ");
		CLEANUP(str_done) struct str root = { 0 }, path = { 0 };

		if (s->kind != STEP_RUN) {
			str_add_printable(&path, s->path, strlen(s->path));
			fprintf(c->out.out, "%s: %s\n", str_c(&path),
				s->kind == STEP_REMOVE ? "removed" : "written");
			continue;
		}
		str_add_shell_word(&root, host_root(c->host));
		if (m->files_only)
			fprintf(c->out.out, "to be run: sudo chroot %s %s\n",
				str_c(&root), command);
		else
			fprintf(c->out.out, "%s: done\n", command);
	}
}

void move_print_devices(const struct context *c, const struct move *m)
{
	const struct bind_request *r = &m->request;
	FILE *out = c->out.out;

	for (size_t i = 0; i < r->n && !r->later; i++) {
		const struct bind_target *t = &r->v[i];
		const struct pci_device *d = t->d;
		const char *now = t->driver ? t->driver : "no driver";

		if (!driver_same(d->driver, t->driver))
			fprintf(out, "%s: %s -> %s%s\n", d->address,
				d->driver ? d->driver : "no driver", now,
				bind_is_variant(t) ? ", " BIND_VARIANT_TEXT : "");
		else if (!t->driver && d->driver_override)
			fprintf(out, "%s: no driver, driver_override cleared\n",
				d->address);
		else
			fprintf(out, "%s: has %s already, nothing to do\n", d->address,
				now);
	}
}

static void print_next(const struct context *c, const struct move *m)
{
	struct advice a = { .root = c->root };

	for (size_t i = 0; i < m->drivers.next.n; i++) {
		CLEANUP(str_done) struct str text = { 0 }, safe = { 0 };

		advice_add(&a, m->drivers.next.v[i], &text);
		str_add_printable(&safe, str_c(&text), text.len);
		fprintf(c->out.out, "%s\n", str_c(&safe));
	}
}

/* The warnings stand before everything. */
static void print_plan(const struct context *c, const struct move *m)
{
	struct plan files = m->files, drivers = m->drivers;

	if (files.n) {
		files.warnings = drivers.warnings;
		drivers.warnings = (struct strv){ 0 };
		report_plan_text(&c->out, c->root, &files);
	}
	if (files.n && drivers.n)
		fputs("\n", c->out.out);
	if (drivers.n)
		report_plan_text(&c->out, c->root, &drivers);
}

int move_print(const struct context *c, const struct move *m, struct error *e)
{
	if (c->out.json)
		return print_json(c, m, e);
	if (m->dry_run && !(plan_is_empty(&m->files) && plan_is_empty(&m->drivers))) {
		print_plan(c, m);
		return 0;
	}
	move_print_warnings(c, m);
	if (c->out.quiet)
		return 0;
	print_files(c, m);
	move_print_devices(c, m);
	print_next(c, m);
	return 0;
}
