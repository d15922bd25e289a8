/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: what virtual machines are defined to have. */
#include "cmd/doctor.h"

/* An address in a definition is another device's after a card was put in, and libvirt
 * (managed='yes') and Proxmox VE take a device from the host without asking. A display is
 * often given away on purpose, by a VM that a person starts. */
static void add_needed(const struct bind_world *w, const struct vm_definition *v,
		       const struct pci_device *d, struct strv *ret)
{
	CLEANUP(uses_done) struct uses u = { 0 };

	if (driver_is_vfio(d->driver))
		return;
	usage_of(w->usage, d, &u);
	for (size_t i = 0; i < u.n; i++) {
		enum use_kind k = u.v[i].kind;

		if (use_is_needed_at_boot(k) && (k != USE_DISPLAY || v->autostart))
			strv_addf(ret, "%s%s: %s: %s", v->title,
				  v->autostart ? " (starts with the host)" : "",
				  d->address, u.v[i].text);
	}
}

static bool is_there(const struct pci_devices *all, const struct hostdev *wanted)
{
	for (size_t i = 0; i < all->n; i++) {
		struct pci_address at = all->v[i].at;

		if (wanted->all_functions)
			at.function = wanted->at.function;
		if (pci_address_compare(at, wanted->at) == 0)
			return true;
	}
	return false;
}

void doctor_read_vms(struct doctor *doc, const struct bind_world *w)
{
	vm_definitions_load(w->host, &doc->vms);
	vm_conflicts_find(&doc->vms, &doc->pci, &doc->vm_conflicts);
	for (size_t i = 0; i < doc->vms.n; i++) {
		const struct vm_definition *v = &doc->vms.v[i];

		for (size_t k = 0; k < doc->pci.n; k++)
			if (!pci_is_bridge(&doc->pci.v[k]) &&
			    vm_definition_names(v, doc->pci.v[k].at) == VM_NAMES)
				add_needed(w, v, &doc->pci.v[k], &doc->vm_needed);
		for (size_t k = 0; k < v->devices.n; k++) {
			CLEANUP(free_char) char *text = NULL;
			char address[PCI_ADDRESS_MAX];

			if (v->devices.v[k].is_one_of ||
			    is_there(&doc->pci, &v->devices.v[k]))
				continue;
			text = xasprintf("%s: %s", v->title,
					 pci_address_format(v->devices.v[k].at, address));
			strv_add_unique(&doc->vm_gone, text);
		}
	}
	doc->d.vms = &doc->vms;
	doc->d.vm_conflicts = &doc->vm_conflicts;
	doc->d.vm_needed = &doc->vm_needed;
	doc->d.vm_gone = &doc->vm_gone;
}
