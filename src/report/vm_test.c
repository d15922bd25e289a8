/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/vm_test.h"

#include <errno.h>
#include <inttypes.h>

#include "report/pci_show.h"

/* "BAR 0 (16 MiB), BAR 1 (32 GiB)" of those that have an address, or have none. */
static char *list_bars(const struct vm_test_device *d, bool mapped)
{
	CLEANUP(str_done) struct str list = { 0 };

	for (size_t i = 0; i < d->n_bars; i++) {
		const struct qmp_bar *bar = &d->bars[i];
		CLEANUP(free_char) char *size = size_text(bar->size);

		if (bar->is_mapped == mapped)
			str_addf(&list, "%sBAR %u (%s%s)", list.len ? ", " : "",
				 bar->number, size, bar->is_io ? " of ports" : "");
	}
	return list.len ? xstrdup(str_c(&list)) : NULL;
}

static void print_device(const struct output *o, const struct vm_test *t,
			 const struct vm_test_device *d)
{
	CLEANUP(free_char) char *mapped = list_bars(d, true);
	CLEANUP(free_char) char *unmapped = list_bars(d, false);
	CLEANUP(free_char) char *name = pci_description(d->device);
	CLEANUP(str_done) struct str safe = { 0 };

	str_add_printable(&safe, name, strlen(name));
	fprintf(o->out, "%s  %s\n", d->device->address, str_c(&safe));
	if (!d->is_there) {
		/* Where QEMU did not even start, nothing is known of each device. */
		if (t->version)
			fprintf(o->out, "\tnot in the virtual machine\n");
		return;
	}
	fprintf(o->out, "\tin the virtual machine%s%s\n", mapped ? ", mapped: " : "",
		mapped ? mapped : "");
	if (unmapped)
		fprintf(o->out, "\tnot mapped: %s\n", unmapped);
}

static void print_answer(const struct output *o, const struct vm_test *t)
{
	enum paint paint = t->works ? PAINT_GOOD : PAINT_BAD;

	if (t->works)
		fprintf(o->out,
			"%spass-through works%s: QEMU %s had %s after %.1f s, %s\n",
			paint_on(o->color_out, paint), paint_off(o->color_out),
			t->version ? t->version : "of an unknown version",
			t->n == 1 ? "the device" : "all devices", t->seconds,
			t->kvm ? "with KVM" : "without KVM");
	else
		fprintf(o->out, "%spass-through does not work%s: %s\n",
			paint_on(o->color_out, paint), paint_off(o->color_out), t->why);
}

int report_vm_test_text(const struct output *o, const struct vm_test *t, struct error *e)
{
	for (size_t i = 0; i < t->n; i++)
		print_device(o, t, &t->v[i]);
	print_answer(o, t);
	for (size_t i = 0; i < t->advice.n; i++)
		fprintf(o->out, "next: %s\n", t->advice.v[i]);
	for (size_t i = 0; i < t->said.n && !o->quiet; i++)
		fprintf(o->err, "QEMU: %s\n", t->said.v[i]);
	if (fflush(o->out) != 0)
		return error_errno(e, errno, "can't write to stdout");
	return 0;
}

static json_t *json_bars(const struct vm_test_device *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_bars; i++) {
		const struct qmp_bar *bar = &d->bars[i];
		CLEANUP(free_char)
		char *address =
			bar->is_mapped ? xasprintf("0x%" PRIx64, bar->address) : NULL;
		json_t *item = json_object();

		json_object_set_new(item, "bar", json_integer(bar->number));
		json_object_set_new(item, "type",
				    json_string(bar->is_io ? "io" : "memory"));
		json_object_set_new(item, "size", json_integer((json_int_t)bar->size));
		json_object_set_new(item, "address", json_text(address));
		json_array_append_new(list, item);
	}
	return list;
}

/* QEMU that did not start has shown nothing of the devices: null. */
static json_t *json_devices(const struct vm_test *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++) {
		json_t *item = json_object();

		json_object_set_new(item, "address",
				    json_string(t->v[i].device->address));
		json_object_set_new(item, "present",
				    t->version ? json_boolean(t->v[i].is_there)
					       : json_null());
		json_object_set_new(item, "bars", json_bars(&t->v[i]));
		json_array_append_new(list, item);
	}
	return list;
}

int report_vm_test_json(const struct output *o, const char *qemu, const struct vm_test *t,
			struct error *e)
{
	json_t *doc = json_document("slicer.vm_test/1");
	json_t *hypervisor = json_object();

	json_object_set_new(doc, "works", json_boolean(t->works));
	json_object_set_new(hypervisor, "path", json_text(qemu));
	json_object_set_new(hypervisor, "version", json_text(t->version));
	json_object_set_new(hypervisor, "kvm",
			    t->version ? json_boolean(t->kvm) : json_null());
	json_object_set_new(doc, "hypervisor", hypervisor);
	json_object_set_new(doc, "seconds", json_real(t->seconds));
	json_object_set_new(doc, "devices", json_devices(t));
	json_object_set_new(doc, "why", json_text(t->why));
	json_object_set_new(doc, "next", json_texts(&t->advice));
	json_object_set_new(doc, "reported", json_texts(&t->said));
	return json_print(o, doc, e);
}
