/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list --json: schema slicer.pci/1, as slicer-pci(8) has it. */
#include "report/report.h"

static json_t *json_hex4(uint16_t id)
{
	return json_sprintf("%04x", id);
}

/* -1 is none. */
static json_t *json_number(long n)
{
	return n < 0 ? json_null() : json_integer(n);
}

/* null: it is not bound at boot */
static json_t *json_at_boot(const struct persisted *p)
{
	json_t *o;

	if (!p)
		return json_null();
	o = json_object();
	json_object_set_new(o, "file", json_text(p->path));
	json_object_set_new(o, "driver", json_text(persist_driver(p)));
	json_object_set_new(o, "original", json_text(p->file.original));
	json_object_set_new(o, "moved", json_boolean(p->match == PERSIST_MOVED));
	json_object_set_new(o, "early", json_boolean(p->file.early));
	json_object_set_new(o, "force", json_boolean(p->file.force));
	return o;
}

json_t *json_pci_device(const struct usage *usage, const struct pci_device *d,
			const struct persisted_list *persisted)
{
	CLEANUP(uses_done) struct uses uses = { 0 };
	CLEANUP(free_char) char *description = pci_description(d);
	json_t *o = json_object(), *in_use = json_array();

	usage_of(usage, d, &uses);
	for (size_t i = 0; i < uses.n; i++)
		if (uses.v[i].kind != USE_BRIDGE)
			json_array_append_new(in_use, json_text(uses.v[i].text));
	json_object_set_new(o, "address", json_text(d->address));
	json_object_set_new(o, "class", json_hex4((uint16_t)(d->class_code >> 8)));
	json_object_set_new(o, "class_name", json_text(d->class_name));
	json_object_set_new(o, "vendor", json_hex4(d->vendor));
	json_object_set_new(o, "device", json_hex4(d->device));
	json_object_set_new(o, "subsystem_vendor", json_hex4(d->subsystem_vendor));
	json_object_set_new(o, "subsystem_device", json_hex4(d->subsystem_device));
	json_object_set_new(o, "vendor_name", json_text(d->vendor_name));
	json_object_set_new(o, "device_name", json_text(d->device_name));
	json_object_set_new(o, "description", json_text(description));
	json_object_set_new(o, "iommu_group", json_number(d->iommu_group));
	json_object_set_new(o, "vfio_group", json_number(d->vfio_group));
	json_object_set_new(o, "vfio_cdev", json_text(d->vfio_cdev));
	json_object_set_new(o, "driver", json_text(d->driver));
	json_object_set_new(o, "modules", json_texts(&d->modules));
	json_object_set_new(o, "driver_override", json_text(d->driver_override));
	json_object_set_new(o, "boot_vga", json_boolean(d->boot_vga));
	json_object_set_new(o, "numa_node", json_number(d->numa_node));
	json_object_set_new(o, "reset_methods", json_texts(&d->reset_methods));
	json_object_set_new(o, "physfn", json_text(d->physfn));
	json_object_set_new(o, "parent",
			    json_text(d->parent ? d->parent->address : NULL));
	json_object_set_new(o, "in_use", in_use);
	json_object_set_new(o, "at_boot", json_at_boot(persist_of(persisted, d)));
	return o;
}

int report_pci_json(const struct output *o, const struct host *h, const struct mounts *m,
		    const struct pci_device *const *v, size_t n,
		    const struct persisted_list *persisted, const struct strv *warnings,
		    struct error *e)
{
	CLEANUP(usage_free) struct usage *usage = usage_load(h, m);
	json_t *doc = json_document("slicer.pci/1"), *devices = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(devices, json_pci_device(usage, v[i], persisted));
	json_object_set_new(doc, "devices", devices);
	json_object_set_new(doc, "warnings", json_texts(warnings));
	return json_print(o, doc, e);
}
