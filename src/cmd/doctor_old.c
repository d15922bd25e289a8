/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: what gives devices to VFIO at boot beside "pci bind --persist". */
#include "cmd/doctor.h"
#include "devices/take_over.h"

/* Who uses a device that is to be taken away at the next boot. What VFIO has already, the
 * host does without. */
static void add_needed(const struct bind_world *w, const struct pci_device *d,
		       struct strv *ret)
{
	CLEANUP(uses_done) struct uses u = { 0 };

	if (driver_is_vfio(d->driver))
		return;
	usage_of(w->usage, d, &u);
	for (size_t i = 0; i < u.n; i++)
		if (use_is_needed_at_boot(u.v[i].kind))
			strv_addf(ret, "%s: %s", d->address, u.v[i].text);
	if (d->boot_vga && !u.n)
		strv_addf(ret, "%s: it is the boot display", d->address);
}

/* The command that moves it, or does what stray ids were meant to, if pci bind would do
 * that now. */
static void offer(const struct doctor *doc, const struct bind_world *w,
		  struct old_view_entry *v)
{
	const struct old_statement *st = v->statement;
	CLEANUP(bind_request_done) struct bind_request r = { .every_boot = true };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(str_done) struct str list = { 0 };

	bool is_stray = st->kind == OLD_STRAY;

	if (!st->n || !doc->d.boot ||
	    (!is_stray &&
	     (!st->can_edit || !old_statement_gives(st) ||
	      (st->source != OLD_IN_CMDLINE && !take_over_is_ours(st->path)))) ||
	    persist_check_unit(w->host, "", NULL) < 0)
		return;
	for (size_t i = 0; i < st->n; i++) {
		bind_request_add_chosen(&r, w->host, w->modules, st->devices[i]);
		str_addf(&list, " %s", st->devices[i]->address);
		if (st->devices[i]->physfn)
			return;
	}
	if (bind_check_in(w, &r, &warnings, NULL) == 0)
		strv_addf(&v->next, "sudo slicer pci bind%s --persist%s", str_c(&list),
			  is_stray ? "" : " --take-over");
}

void doctor_read_old(struct doctor *doc, const struct bind_world *w)
{
	const struct old_setup *s = &doc->old.setup;

	old_view_load(doc->c, &doc->pci, doc->d.boot, &doc->old);
	doc->old_entries = xcalloc(s->n + 1, sizeof(*doc->old_entries));
	for (size_t i = 0; i < s->n; i++) {
		struct old_view_entry *v = &doc->old_entries[i];

		v->statement = &s->v[i];
		for (size_t k = 0; k < s->v[i].n; k++)
			add_needed(w, s->v[i].devices[k], &v->needed);
		offer(doc, w, v);
	}
	doc->d.old = doc->old_entries;
	doc->d.n_old = s->n;
	doc->d.old_known = true;
}

void doctor_forget_old(struct doctor *doc)
{
	for (size_t i = 0; i < doc->d.n_old; i++) {
		strv_done(&doc->old_entries[i].needed);
		strv_done(&doc->old_entries[i].next);
	}
	free(doc->old_entries);
	old_view_done(&doc->old);
}
