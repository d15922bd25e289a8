/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show --json: schema slicer.device/1, as slicer-pci(8) has it. */
#include <inttypes.h>

#include "report/pci_show.h"

/* -1 is not known, or none. */
static json_t *json_count(long long n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *json_address(uint64_t n)
{
	return json_sprintf("0x%" PRIx64, n);
}

static json_t *json_uses(const struct uses *u)
{
	json_t *a = json_array();

	for (size_t i = 0; i < u->n; i++)
		if (u->v[i].kind != USE_BRIDGE)
			json_array_append_new(a, json_text(u->v[i].text));
	return a;
}

static const char *const roles[] = {
	[MEMBER_GOES_ALONG] = "goes-along",
	[MEMBER_IS_BELOW] = "is-below",
	[MEMBER_STAYS] = "stays",
	[MEMBER_BLOCKS] = "blocks",
};
static const char *const causes[] = {
	[GROUP_NONE] = "none",		 [GROUP_ALONE] = "alone",
	[GROUP_PORT] = "port",		 [GROUP_CONVENTIONAL] = "conventional",
	[GROUP_FUNCTIONS] = "functions", [GROUP_CONTROLLER] = "controller",
	[GROUP_OTHER] = "other",	 [GROUP_FINER] = "finer",
};

static json_t *json_members(const struct pci_page *p)
{
	const struct pci_devices *all = p->world->all;
	json_t *a = json_array();

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *x = &all->v[i];
		CLEANUP(uses_done) struct uses u = { 0 };
		CLEANUP(free_char) char *description = pci_description(x);
		json_t *o;

		if (x->iommu_group < 0 || x->iommu_group != p->d->iommu_group)
			continue;
		usage_of(p->world->usage, x, &u);
		o = json_object();
		json_object_set_new(o, "address", json_text(x->address));
		json_object_set_new(o, "description", json_text(description));
		json_object_set_new(o, "driver", json_text(x->driver));
		json_object_set_new(
			o, "role",
			json_text(roles[group_member_role(x, p->world->kernel)]));
		json_object_set_new(o, "in_use", json_uses(&u));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_group(const struct pci_page *p)
{
	json_t *o = json_object(), *why = json_array();

	for (size_t i = 0; i < p->why->n; i++) {
		const struct group_reason *r = &p->why->v[i];
		json_t *reason = json_object();

		json_object_set_new(reason, "cause", json_text(causes[r->cause]));
		json_object_set_new(reason, "at",
				    json_text(r->at ? r->at->address : NULL));
		json_object_set_new(reason, "text", json_text(r->text));
		json_array_append_new(why, reason);
	}
	json_object_set_new(o, "number", json_count(p->d->iommu_group));
	json_object_set_new(o, "members", json_members(p));
	json_object_set_new(o, "why", why);
	json_object_set_new(o, "acs_unread", json_boolean(p->why->unread));
	return o;
}

static json_t *json_bars(const struct pci_detail *t)
{
	json_t *a = json_array();

	if (!t->bars_known) {
		json_decref(a);
		return json_null();
	}
	for (size_t i = 0; i < t->n_bars; i++) {
		const struct pci_bar *b = &t->bars[i];
		json_t *o = json_object();

		json_object_set_new(o, "number", json_integer(b->number));
		json_object_set_new(o, "rom", json_boolean(b->number == PCI_ROM));
		json_object_set_new(o, "start",
				    b->unassigned ? json_null() : json_address(b->start));
		json_object_set_new(o, "size", json_integer((json_int_t)b->size));
		json_object_set_new(o, "io", json_boolean(b->io));
		json_object_set_new(o, "64bit", json_boolean(b->is_64bit));
		json_object_set_new(o, "prefetchable", json_boolean(b->prefetchable));
		json_object_set_new(o, "assigned", json_boolean(!b->unassigned));
		json_object_set_new(o, "large", json_boolean(bar_is_large(b)));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_link(const struct pci_detail *t)
{
	json_t *o;

	if (!t->max_speed && !t->max_width)
		return json_null();
	o = json_object();
	json_object_set_new(o, "speed", json_text(t->speed));
	json_object_set_new(o, "max_speed", json_text(t->max_speed));
	json_object_set_new(o, "width", json_text(t->width));
	json_object_set_new(o, "max_width", json_text(t->max_width));
	return o;
}

static json_t *json_huge_pages(const struct pci_detail *t)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "free_2m", json_count(t->free_2m),
			 "all_2m", json_count(t->all_2m), "free_1g",
			 json_count(t->free_1g), "all_1g", json_count(t->all_1g));
}

static json_t *json_reserved(const struct pci_detail *t)
{
	json_t *a = json_array();

	if (!t->reserved_known) {
		json_decref(a);
		return json_null();
	}
	for (size_t i = 0; i < t->n_reserved; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "start", json_address(t->reserved[i].start));
		json_object_set_new(o, "end", json_address(t->reserved[i].end));
		json_object_set_new(o, "type", json_text(t->reserved[i].type));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_vfs(const struct pci_page *p)
{
	const struct pci_devices *all = p->world->all;
	json_t *a = json_array();

	for (size_t i = 0; i < all->n; i++) {
		CLEANUP(uses_done) struct uses u = { 0 };
		json_t *o;

		if (!str_eq(all->v[i].physfn, p->d->address))
			continue;
		usage_of(p->world->usage, &all->v[i], &u);
		o = json_object();
		json_object_set_new(o, "address", json_text(all->v[i].address));
		json_object_set_new(o, "driver", json_text(all->v[i].driver));
		json_object_set_new(o, "in_use", json_uses(&u));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *json_commands(const struct pci_page *p)
{
	const struct handover *h = p->handover;
	json_t *o = json_object();

	json_object_set_new(o, "give", json_advice(p->root, &h->give));
	json_object_set_new(o, "give_always", json_advice(p->root, &h->give_always));
	json_object_set_new(o, "not_always", json_text(h->not_always));
	json_object_set_new(o, "start", json_advice(p->root, &h->start));
	json_object_set_new(o, "back", json_advice(p->root, &h->back));
	json_object_set_new(o, "not_back", json_text(h->not_back));
	return o;
}

static void add_hardware(const struct pci_page *p, json_t *doc)
{
	const struct pci_detail *t = p->detail;
	const struct pcicaps *caps = pci_caps_of(p->topology, p->d);
	int revision = t->revision;

	if (revision < 0 && caps->has_header)
		revision = caps->revision;
	json_object_set_new(doc, "revision",
			    revision < 0 ? json_null()
					 : json_sprintf("%02x", (unsigned)revision));
	json_object_set_new(doc, "bars", json_bars(t));
	json_object_set_new(doc, "link", json_link(t));
	json_object_set_new(doc, "power_state", json_text(t->power_state));
	json_object_set_new(doc, "local_cpus", json_text(t->cpus));
	json_object_set_new(doc, "huge_pages", json_huge_pages(t));
	json_object_set_new(doc, "total_vfs", json_count(t->total_vfs));
	json_object_set_new(doc, "enabled_vfs", json_integer(p->d->num_vfs));
	json_object_set_new(doc, "vfs", json_vfs(p));
	json_object_set_new(doc, "reserved_regions", json_reserved(t));
}

static json_t *json_vms(const struct pci_page *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->vms->n; i++) {
		const struct vm_definition *v = &p->vms->v[i];
		enum vm_names names = vm_definition_names(v, p->d->at);
		json_t *o;

		if (names == VM_NAMES_NOT)
			continue;
		o = json_object();
		json_object_set_new(o, "vm", json_text(v->title));
		json_object_set_new(o, "autostart", json_boolean(v->autostart));
		json_object_set_new(o, "certain", json_boolean(names == VM_NAMES));
		json_array_append_new(a, o);
	}
	return a;
}

/* What else binds it at boot. */
static json_t *json_old(const struct pci_page *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->old->n; i++) {
		const struct old_statement *s = &p->old->v[i];
		CLEANUP(free_char) char *text = NULL;
		json_t *o;

		if (!old_statement_takes(s, p->d))
			continue;
		text = old_statement_tell(s);
		o = json_object();
		json_object_set_new(o, "path", json_text(s->path));
		json_object_set_new(o, "line",
				    s->line ? json_integer(s->line) : json_null());
		json_object_set_new(o, "gives", json_boolean(old_statement_gives(s)));
		json_object_set_new(o, "by_slicer", json_boolean(s->is_slicers));
		json_object_set_new(o, "text", json_text(text));
		json_array_append_new(a, o);
	}
	return a;
}

int report_pci_show_json(const struct output *o, const struct pci_page *p,
			 struct error *e)
{
	const struct device_answer *a = &p->handover->answer;
	CLEANUP(uses_done) struct uses now = { 0 }, boot = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	json_t *doc = json_document("slicer.device/1");
	CLEANUP(free_char)
	char *driver = bind_vfio_driver(p->world->host, p->world->modules, p->d);
	const char *variant = str_eq(driver, "vfio-pci") ? NULL : driver;
	json_t *device = json_pci_device(p->world->usage, p->d, p->persisted);

	usage_of(p->world->usage, p->d, &now);
	usage_claims(p->world->usage, p->d, &now);
	usage_at_boot(p->world->usage, p->d, &boot);
	json_object_update(doc, device);
	json_decref(device);
	json_object_set_new(doc, "in_use", json_uses(&now));
	json_object_set_new(doc, "kernel", json_text(p->world->kernel));
	json_object_set_new(doc, "variant_driver", json_text(variant));
	json_object_set_new(doc, "not_looked_at", json_texts(&now.unknown));
	json_object_set_new(doc, "needed_at_boot", json_uses(&boot));
	json_object_set_new(doc, "old_setup", json_old(p));
	json_object_set_new(doc, "defined_in", json_vms(p));
	json_object_set_new(doc, "definitions_not_read", json_texts(&p->vms->unknown));
	json_object_set_new(doc, "group", json_group(p));
	add_hardware(p, doc);
	json_object_set_new(doc, "usable", json_boolean(a->usable));
	json_object_set_new(doc, "bound", json_boolean(a->bound));
	json_object_set_new(doc, "reasons", json_texts(&a->reasons));
	json_object_set_new(doc, "advice", json_advice(p->root, &a->advice));
	strv_copy(&warnings, &a->warnings);
	strv_copy(&warnings, p->warnings);
	json_object_set_new(doc, "warnings", json_advice(p->root, &warnings));
	json_object_set_new(doc, "commands", json_commands(p));
	return json_print(o, doc, e);
}
