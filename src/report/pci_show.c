/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show as text: what it is, who has it and who needs it. */
#include "report/pci_show.h"

#include <errno.h>
#include <stdarg.h>

#define LABEL_WIDTH 14

void page_row(const struct output *o, const char *label, const char *fmt, ...)
{
	CLEANUP(str_done) struct str safe = { 0 };
	CLEANUP(free_char) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	str_add_printable(&safe, text, strlen(text));
	fprintf(o->out, "%s%-*s%s %s\n", paint_on(o->color_out, PAINT_BOLD), LABEL_WIDTH,
		label, paint_off(o->color_out), str_c(&safe));
}

static void print_identity(const struct output *o, const struct pci_page *p)
{
	const struct pci_device *d = p->d;
	const struct pcicaps *caps = pci_caps_of(p->topology, d);
	int revision = p->detail->revision;

	if (revision < 0 && caps->has_header)
		revision = caps->revision;
	page_row(o, d->address, "%s %s", d->vendor_name ? d->vendor_name : "?",
		 d->device_name ? d->device_name : "?");
	if (revision >= 0)
		page_row(o, "class", "%04x %s, revision %02x", d->class_code >> 8,
			 d->class_name ? d->class_name : "?", (unsigned)revision);
	else
		page_row(o, "class", "%04x %s", d->class_code >> 8,
			 d->class_name ? d->class_name : "?");
	page_row(o, "ids", "%04x:%04x, subsystem %04x:%04x", d->vendor, d->device,
		 d->subsystem_vendor, d->subsystem_device);
}

static void print_modules(const struct output *o, const struct pci_page *p)
{
	CLEANUP(free_char) char *list = strv_join(&p->d->modules, ", ");
	const char *kernel = p->world->kernel;

	if (!kernel)
		page_row(o, "modules", "unknown: which kernel runs is not known");
	else if (p->d->modules.n)
		page_row(o, "modules", "%s (of Linux %s)", list, kernel);
	else if (!p->world->modules)
		page_row(o, "modules", "unknown: /lib/modules/%s is not there", kernel);
	else
		page_row(o, "modules", "no module of Linux %s knows it", kernel);
}

/* What pci bind gives it to. */
static void print_for_vms(const struct output *o, const struct pci_page *p)
{
	CLEANUP(free_char)
	char *driver = bind_vfio_driver(p->world->host, p->world->modules, p->d);

	if (!str_eq(driver, "vfio-pci"))
		page_row(o, "for VMs", "%s, " BIND_VARIANT_TEXT, driver);
	else if (p->world->modules)
		page_row(o, "for VMs", "vfio-pci");
	else
		page_row(o, "for VMs",
			 "vfio-pci; whether VFIO has a driver of its own for this family "
			 "is unknown");
}

static void print_driver(const struct output *o, const struct pci_page *p)
{
	const struct pci_device *d = p->d;

	page_row(o, "driver", "%s", d->driver ? d->driver : "none");
	if (d->vfio_group >= 0)
		page_row(o, "", "/dev/vfio/%ld", d->vfio_group);
	if (d->vfio_cdev)
		page_row(o, "", "/dev/vfio/devices/%s", d->vfio_cdev);
	if (d->driver_override)
		page_row(o, "", "driver_override: only %s may bind it",
			 d->driver_override);
	print_modules(o, p);
	if (!pci_is_bridge(d))
		print_for_vms(o, p);
}

static void print_uses(const struct output *o, const struct pci_page *p)
{
	CLEANUP(uses_done) struct uses now = { 0 }, boot = { 0 };

	if (pci_is_bridge(p->d)) {
		page_row(o, "in use", "it is a bridge: it stays with the host");
		return;
	}
	usage_of(p->world->usage, p->d, &now);
	usage_claims(p->world->usage, p->d, &now);
	usage_at_boot(p->world->usage, p->d, &boot);
	for (size_t i = 0; i < now.n; i++)
		page_row(o, i ? "" : "in use", "%s", now.v[i].text);
	if (!now.n)
		page_row(o, "in use",
			 now.unknown.n ? "by nothing that could be looked at" : "no");
	for (size_t i = 0; i < now.unknown.n; i++)
		page_row(o, "", "unknown: %s%s", now.unknown.v[i],
			 p->is_root || !host_is_live(p->world->host)
				 ? ""
				 : " (root may see more)");
	for (size_t i = 0; i < boot.n; i++)
		page_row(o, i ? "" : "next boot", "%s", boot.v[i].text);
	if (boot.n)
		return;
	/* A disk that fstab names by a UUID is not found below another root. */
	page_row(o, "next boot", "%s",
		 now.n && now.v[0].kind == USE_ROOT_DISK
			 ? "the running system lives on it"
			 : "nothing was found that needs it");
}

/* What else binds it at boot, or has to do with that. */
static void print_old(const struct output *o, const struct pci_page *p)
{
	for (size_t i = 0; i < p->old->n; i++) {
		CLEANUP(free_char) char *text = NULL;

		if (!old_statement_takes(&p->old->v[i], p->d))
			continue;
		text = old_statement_tell(&p->old->v[i]);
		page_row(o, "", "%s", text);
	}
}

static void print_persisted(const struct output *o, const struct pci_page *p)
{
	const struct persisted *file = persist_of(p->persisted, p->d);
	CLEANUP(bind_request_done) struct bind_request r = { 0 };

	if (pci_is_bridge(p->d))
		return;
	if (!file) {
		page_row(o, "at boot", "slicer does not bind it");
		print_old(o, p);
		return;
	}
	persist_request(file, p->world->host, p->world->modules, &r);
	page_row(o, "at boot", "bound to %s%s (%s)", r.v[0].driver,
		 file->file.early ? " by the initramfs" : "", file->path);
	if (file->file.original)
		page_row(o, "", "its driver was %s before", file->file.original);
	if (!persist_is_enabled(p->world->host))
		page_row(o, "", PERSIST_UNIT " is not enabled: it will not be bound");
	print_old(o, p);
}

/* The virtual machines that are defined to have it. */
static void print_vms(const struct output *o, const struct pci_page *p)
{
	const char *label = "VMs";

	for (size_t i = 0; i < p->vms->n; i++) {
		const struct vm_definition *v = &p->vms->v[i];
		enum vm_names names = vm_definition_names(v, p->d->at);

		if (names == VM_NAMES_NOT)
			continue;
		page_row(o, label, "%s%s%s", v->title,
			 names == VM_MAY_HAVE ? ", or another device of the same mapping"
					      : "",
			 v->autostart ? " (starts with the host)" : "");
		label = "";
	}
	for (size_t i = 0; i < p->vm_conflicts->n; i++) {
		const struct vm_conflict *c = &p->vm_conflicts->v[i];

		if (strcmp(c->address, p->d->address) == 0 ||
		    (c->is_split && c->group == p->d->iommu_group))
			page_row(o, "", "%s: only one of them can run at a time",
				 c->what);
	}
	for (size_t i = 0; i < p->vms->unknown.n; i++)
		page_row(o, i ? "" : label, "unknown: %s", p->vms->unknown.v[i]);
}

int report_pci_show_text(const struct output *o, const struct pci_page *p,
			 struct error *e)
{
	print_identity(o, p);
	print_driver(o, p);
	print_uses(o, p);
	print_persisted(o, p);
	print_vms(o, p);
	putc('\n', o->out);
	page_group(o, p);
	putc('\n', o->out);
	page_hardware(o, p);
	putc('\n', o->out);
	page_commands(o, p);
	return ferror(o->out) ? error_set(e, EIO, "can't write the page") : 0;
}
