/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor as JSON: schema slicer.doctor/1. */
#include "policy/remapping.h"
#include "report/report.h"

static const char *const status_names[] = {
	[CHECK_PASS] = "pass",
	[CHECK_WARN] = "warn",
	[CHECK_FAIL] = "fail",
	[CHECK_SKIP] = "skip",
};

static json_t *vendor_json(const struct diagnosis *d)
{
	enum cpu_vendor v = diagnosis_vendor(d);

	return json_text(v == CPU_INTEL ? "intel" : v == CPU_AMD ? "amd" : "other");
}

static json_t *host_json(const struct diagnosis *d)
{
	const struct platform_facts *p = &d->facts->platform;
	json_t *j = json_object(), *os = json_object();

	json_object_set_new(j, "arch", json_text(p->arch));
	json_object_set_new(j, "kernel", json_text(p->kernel));
	json_object_set_new(j, "cpu_vendor", vendor_json(d));
	json_object_set_new(j, "virtualized", json_boolean(p->virtualized == TRI_YES));
	json_object_set_new(j, "firmware",
			    json_text(!p->firmware_known ? NULL
				      : p->efi		 ? "efi"
							 : "bios"));
	json_object_set_new(j, "secure_boot", json_tri(d->facts->efi.secure_boot));
	json_object_set_new(os, "id", json_text(p->os_id));
	json_object_set_new(os, "version_id", json_text(p->os_version_id));
	json_object_set_new(os, "pretty_name", json_text(p->os_pretty_name));
	json_object_set_new(j, "os", os);
	return j;
}

static json_t *iommu_json(const struct facts *f)
{
	CLEANUP(remapping_done) struct remapping remapping = { 0 };
	json_t *j = json_object();
	const char *table = NULL;

	remapping_judge(f, &remapping);

	if (f->firmware.state == FIRMWARE_PRESENT)
		table = f->firmware.table.table == ACPI_IVRS ? "IVRS" : "DMAR";
	json_object_set_new(j, "table", json_text(table));
	json_object_set_new(j, "units", json_integer(f->iommu.units));
	json_object_set_new(j, "active", json_boolean(f->iommu.active));
	json_object_set_new(j, "groups", json_integer(f->iommu.groups));
	json_object_set_new(j, "default_domain", json_text(f->iommu.default_domain));
	json_object_set_new(j, "interrupt_remapping", json_tri(remapping.on));
	return j;
}

static json_t *bootloader_json(const struct diagnosis *d)
{
	json_t *j;

	if (!d->boot || !d->boot->loader)
		return json_null();
	j = json_object();
	json_object_set_new(j, "name", json_text(d->boot->loader->name));
	json_object_set_new(j, "match",
			    json_text(d->boot_match == BOOT_BOOTED ? "booted"
								   : "installed"));
	json_object_set_new(j, "evidence", json_texts(d->boot_evidence));
	return j;
}

static json_t *entry_json(const struct diagnosis *d, const struct boot_entry *entry)
{
	CLEANUP(strv_done) struct strv missing = { 0 };
	json_t *j = json_object();

	if (d->wanted && entry->options)
		wanted_missing(d->wanted, entry->options, &missing);
	json_object_set_new(j, "id", json_text(entry->id));
	json_object_set_new(j, "title", json_text(entry->title));
	json_object_set_new(j, "options", json_text(entry->options));
	json_object_set_new(j, "default", json_boolean(entry->is_default));
	json_object_set_new(j, "recovery", json_boolean(entry->is_recovery));
	json_object_set_new(j, "foreign", json_boolean(entry->is_foreign));
	json_object_set_new(j, "missing", json_texts(&missing));
	return j;
}

static json_t *cmdline_json(const struct diagnosis *d)
{
	json_t *j = json_object(), *entries = json_array();

	json_object_set_new(j, "wanted",
			    json_texts(d->wanted ? &d->wanted->params : NULL));
	json_object_set_new(j, "configured",
			    json_text(d->boot ? d->boot->configured : NULL));
	json_object_set_new(j, "running", json_text(d->facts->cmdline));
	for (size_t i = 0; d->boot && i < d->boot->n; i++)
		json_array_append_new(entries, entry_json(d, &d->boot->v[i]));
	json_object_set_new(j, "next_boot", entries);
	return j;
}

static json_t *devices_json(const struct doctor_report *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->d->n_devices; i++) {
		const struct device_view *v = &r->d->devices[i];
		json_t *j;

		if (!v->asked)
			continue;
		j = json_object();
		json_object_set_new(j, "address", json_text(v->dev->address));
		json_object_set_new(j, "usable", json_boolean(v->usable));
		json_object_set_new(j, "reasons", json_advice(r->root, &v->reasons));
		json_object_set_new(j, "next",
				    json_steps(r->root, v->waits ? r->next : &v->next));
		json_array_append_new(a, j);
	}
	return a;
}

static json_t *checks_json(const struct doctor_report *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->checks->n; i++) {
		const struct check *c = &r->checks->v[i];
		json_t *j = json_object();

		json_object_set_new(j, "id", json_text(c->id));
		json_object_set_new(j, "group", json_text(c->group));
		json_object_set_new(j, "status", json_text(status_names[c->status]));
		json_object_set_new(j, "title", json_text(c->title));
		json_object_set_new(j, "evidence", json_text(c->evidence));
		if (c->follows)
			json_object_set_new(j, "follows", json_text(c->follows));
		json_object_set_new(j, "fix", json_steps(r->root, &c->fix));
		json_array_append_new(a, j);
	}
	return a;
}

json_t *report_doctor_json(const struct doctor_report *r)
{
	json_t *j = json_document("slicer.doctor/1");

	json_object_set_new(j, "verdict", json_text(verdict_name(r->verdict)));
	json_object_set_new(j, "ready", json_boolean(r->verdict == VERDICT_READY));
	json_object_set_new(j, "next", json_steps(r->root, r->next));
	json_object_set_new(j, "host", host_json(r->d));
	json_object_set_new(j, "iommu", iommu_json(r->d->facts));
	json_object_set_new(j, "bootloader", bootloader_json(r->d));
	json_object_set_new(j, "cmdline", cmdline_json(r->d));
	json_object_set_new(j, "devices", devices_json(r));
	json_object_set_new(j, "checks", checks_json(r));
	return j;
}
