/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: the devices that are to be bound at every boot. */
#include "cmd/doctor.h"

/* What the refusal says, or else that nothing speaks against it now. */
static void explain(const struct bind_world *w, const struct persisted_list *l,
		    const struct persisted *p, struct at_boot_view *view)
{
	const struct pci_device **others = xcalloc(l->n, sizeof(struct pci_device *));
	CLEANUP(strv_done) struct strv warnings = { 0 };
	CLEANUP(bind_request_done)
	struct bind_request r = { .force = persist_is_forced(p),
				  .every_boot = true,
				  .others = others };
	struct error e = { 0 };

	persist_request(p, w->host, w->modules, &r);
	r.n_others = persist_given_away(l, others);
	if (bind_check_in(w, &r, &warnings, &e) < 0) {
		persist_hint_force(p, &e);
		view->why = xstrdup(e.what);
		if (e.hint[0])
			strv_split(&view->next, e.hint, "\n");
	} else {
		view->why = xasprintf("it has %s%s, and nothing speaks against it now",
				      p->device->driver ? "the driver " : "no driver",
				      p->device->driver ? p->device->driver : "");
		strv_addf(&view->next, "sudo slicer pci restore %s", view->address);
		if (p->file.early)
			strv_add(&view->next,
				 "# where it was bound with --persist=initramfs just "
				 "now:\nsudo reboot");
		strv_add(&view->next, "# what happened at boot:\n"
				      "sudo journalctl -b -u slicer-bind.service");
	}
	free(others);
}

static void add_view(struct doctor *doc, const struct bind_world *w,
		     const struct persisted *p, struct at_boot_view *view)
{
	char address[PCI_ADDRESS_MAX];

	pci_address_format(p->device ? p->device->at : p->file.address, address);
	*view = (struct at_boot_view){ .path = p->path,
				       .address = xstrdup(address),
				       .driver = persist_driver(p) };
	if (p->match == PERSIST_MOVED)
		view->moved = persist_match_text(&doc->pci, p);
	if (!p->device) {
		view->why = persist_match_text(&doc->pci, p);
		strv_addf(&view->next,
			  "# this removes the file:\n"
			  "sudo slicer pci unbind %s --persist",
			  address);
	} else if (!persist_is_bound(p)) {
		explain(w, &doc->persisted, p, view);
	}
}

void doctor_read_at_boot(struct doctor *doc, const struct bind_world *w)
{
	CLEANUP(strv_done) struct strv bound = { 0 };
	struct error unread = { 0 };
	struct persisted_list *l = &doc->persisted;

	if (persist_load(doc->c->host, l, &unread) < 0)
		strv_addf(&l->broken, "%s: %s", unread.path, unread.what);
	persist_match(doc->c->host, &doc->pci, l);
	doc->at_boot = xcalloc(l->n, sizeof(*doc->at_boot));
	for (size_t i = 0; i < l->n; i++)
		add_view(doc, w, &l->v[i], &doc->at_boot[i]);
	initramfs_bound(doc->c->host, &bound);
	persist_leftover(l, &bound, &doc->at_boot_leftover);
	doc->d.at_boot_leftover = &doc->at_boot_leftover;
	doc->d.at_boot = doc->at_boot;
	doc->d.n_at_boot = l->n;
	doc->d.at_boot_broken = &l->broken;
	doc->d.at_boot_disabled =
		l->n + l->broken.n > 0 && !persist_is_enabled(doc->c->host);
}

void doctor_forget_at_boot(struct doctor *doc)
{
	for (size_t i = 0; i < doc->d.n_at_boot; i++) {
		free(doc->at_boot[i].address);
		free(doc->at_boot[i].moved);
		free(doc->at_boot[i].why);
		strv_done(&doc->at_boot[i].next);
	}
	free(doc->at_boot);
	persisted_done(&doc->persisted);
	strv_done(&doc->at_boot_leftover);
}
