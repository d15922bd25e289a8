/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/qmp.h"

#include <errno.h>
#include <jansson.h>

/* Bridges below bridges: a PCI path has at most 256 buses. */
#define MAX_DEPTH 256

void qmp_message_done(struct qmp_message *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->devices[i].id);
	free(m->devices);
	free(m->text);
	*m = (struct qmp_message){ 0 };
}

static bool read_number(const json_t *object, const char *key, json_int_t max,
			json_int_t *ret)
{
	const json_t *number = json_object_get(object, key);

	*ret = json_is_integer(number) ? json_integer_value(number) : -1;
	return *ret >= 0 && *ret <= max;
}

static char *copy_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? xstrdup(text) : NULL;
}

/* A register that has no address, or whose decoding is off, has the address -1
 * (hw/pci/pci.c, PCI_BAR_UNMAPPED). One above 2^63 comes as a negative number, too: no
 * processor has so many address bits. */
static void read_bar(const json_t *region, struct qmp_device *d)
{
	const char *type = json_string_value(json_object_get(region, "type"));
	json_int_t number, size, address;

	if (!type || d->n_bars == QMP_MAX_BARS ||
	    !read_number(region, "bar", QMP_MAX_BARS - 1, &number) ||
	    !read_number(region, "size", INT64_MAX, &size))
		return;
	struct qmp_bar *bar = &d->bars[d->n_bars++];

	bar->number = (unsigned)number;
	bar->size = (uint64_t)size;
	bar->is_io = strcmp(type, "io") == 0;
	bar->is_mapped = read_number(region, "address", INT64_MAX, &address);
	bar->address = bar->is_mapped ? (uint64_t)address : 0;
}

static void read_device(const json_t *device, struct qmp_message *m)
{
	const json_t *ids = json_object_get(device, "id");
	const json_t *regions = json_object_get(device, "regions");
	json_int_t vendor, model;
	const json_t *region;
	size_t i;

	if (!read_number(ids, "vendor", 0xffff, &vendor) ||
	    !read_number(ids, "device", 0xffff, &model))
		return;
	m->devices = xgrow(m->devices, m->n, &m->cap, sizeof(*m->devices));
	struct qmp_device *d = &m->devices[m->n++];

	*d = (struct qmp_device){ .vendor = (unsigned)vendor, .device = (unsigned)model };
	d->id = copy_text(device, "qdev_id");
	if (!d->id)
		d->id = xstrdup("");
	json_array_foreach(regions, i, region)
		read_bar(region, d);
}

static void read_bus(const json_t *devices, unsigned depth, struct qmp_message *m)
{
	const json_t *device;
	size_t i;

	json_array_foreach(devices, i, device) {
		const json_t *bridge = json_object_get(device, "pci_bridge");

		read_device(device, m);
		if (depth < MAX_DEPTH)
			read_bus(json_object_get(bridge, "devices"), depth + 1, m);
	}
}

static void read_return(const json_t *value, struct qmp_message *m)
{
	const json_t *bus;
	size_t i;

	m->kind = QMP_RETURN;
	m->kvm = json_is_true(json_object_get(value, "enabled"));
	json_array_foreach(value, i, bus)
		read_bus(json_object_get(bus, "devices"), 0, m);
}

static void read_greeting(const json_t *value, struct qmp_message *m)
{
	const json_t *version =
		json_object_get(json_object_get(value, "version"), "qemu");
	json_int_t major, minor, micro;

	m->kind = QMP_GREETING;
	if (read_number(version, "major", 999, &major) &&
	    read_number(version, "minor", 999, &minor) &&
	    read_number(version, "micro", 999, &micro))
		m->text = xasprintf("%d.%d.%d", (int)major, (int)minor, (int)micro);
}

static bool read_message(const json_t *doc, struct qmp_message *m)
{
	const json_t *value;

	if ((value = json_object_get(doc, "QMP"))) {
		read_greeting(value, m);
	} else if ((value = json_object_get(doc, "return"))) {
		read_return(value, m);
	} else if ((value = json_object_get(doc, "error"))) {
		m->kind = QMP_ERROR;
		m->text = copy_text(value, "desc");
	} else {
		m->kind = QMP_EVENT;
		m->text = copy_text(doc, "event");
		return m->text != NULL;
	}
	return true;
}

int qmp_parse(const char *line, size_t len, struct qmp_message *ret, struct error *e)
{
	json_t *doc = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	struct qmp_message m = { 0 };
	bool is_read = doc && read_message(doc, &m);

	json_decref(doc);
	if (!is_read) {
		qmp_message_done(&m);
		return error_set(e, EINVAL, "QEMU's answer can't be read");
	}
	*ret = m;
	return 0;
}
