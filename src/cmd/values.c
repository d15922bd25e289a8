/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/values.h"

#include "bootloaders/bootloader.h"
#include "initramfs/generator.h"

void value_list_done(struct value_list *l)
{
	strv_done(&l->values);
	strv_done(&l->texts);
}

void value_list_add(struct value_list *l, const char *value, const char *text)
{
	if (strv_has(&l->values, value))
		return;
	strv_add(&l->values, value);
	strv_add(&l->texts, text ? text : "");
}

bool value_is_known(const struct value_set *set, const char *value)
{
	for (const struct value_word *w = set->words; w && w->word; w++)
		if (!strcmp(w->word, value))
			return true;
	return false;
}

void value_set_list(const struct value_set *set, const struct context *c,
		    struct value_list *ret)
{
	for (const struct value_word *w = set->words; w && w->word; w++)
		value_list_add(ret, w->word, w->text);
	if (set->list && c->host)
		set->list(c, ret);
}

/* ---- words ------------------------------------------------------------------------- */

const struct value_set values_color = {
	.words =
		(const struct value_word[]){
			{ "auto", "only on a terminal" },
			{ "always", NULL },
			{ "never", NULL },
			{ 0 },
		},
};

const struct value_set values_vendor = {
	.words = (const struct value_word[]){ { "intel", "VT-d" },
					      { "amd", "AMD-Vi" },
					      { 0 } },
};

const struct value_set values_early = {
	.words =
		(const struct value_word[]){
			{ "initramfs", "before other drivers are loaded" }, { 0 } },
};

const struct value_set values_acs = {
	.words = (const struct value_word[]){ { "downstream", NULL },
					      { "multifunction", NULL },
					      { 0 } },
	.has_commas = true,
};

const struct value_set values_directory = { .is_directory = true };

/* ---- what slicer knows ------------------------------------------------------------- */

static void list_bootloaders(const struct context *c, struct value_list *ret)
{
	(void)c;
	for (size_t i = 0; bootloaders[i]; i++)
		value_list_add(ret, bootloaders[i]->name, NULL);
}
const struct value_set values_bootloader = { .list = list_bootloaders };

static void list_generators(const struct context *c, struct value_list *ret)
{
	(void)c;
	for (size_t i = 0; initramfs_generators[i]; i++)
		value_list_add(ret, initramfs_generators[i]->name, NULL);
}
const struct value_set values_initramfs = { .list = list_generators };

static void list_hypervisors(const struct context *c, struct value_list *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	(void)c;
	vm_hypervisors(&names);
	for (size_t i = 0; i < names.n; i++)
		value_list_add(ret, names.v[i], NULL);
}
const struct value_set values_hypervisor = { .list = list_hypervisors };

/* ---- what the host has ------------------------------------------------------------- */

static void list_devices(const struct context *c, bool bridges, struct value_list *ret)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };

	if (pci_load(c->host, PCI_NAMES, NULL, &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		CLEANUP(free_char) char *text = NULL;

		if (!bridges && pci_is_bridge(&all.v[i]))
			continue;
		text = xasprintf("%s %s", all.v[i].vendor_name, all.v[i].device_name);
		value_list_add(ret, all.v[i].address, text);
	}
}

static void list_all(const struct context *c, struct value_list *ret)
{
	list_devices(c, true, ret);
}
const struct value_set values_device = { .list = list_all };

static void list_endpoints(const struct context *c, struct value_list *ret)
{
	list_devices(c, false, ret);
}
const struct value_set values_endpoint = { .list = list_endpoints };

static void list_ids(const struct context *c, struct value_list *ret)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };

	if (pci_load(c->host, PCI_NAMES, NULL, &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		const struct pci_device *d = &all.v[i];
		CLEANUP(free_char) char *id = NULL, *text = NULL;

		if (pci_is_bridge(d))
			continue;
		id = xasprintf("%04x:%04x", d->vendor, d->device);
		text = xasprintf("%s %s", d->vendor_name, d->device_name);
		value_list_add(ret, id, text);
	}
}
const struct value_set values_ids = { .list = list_ids, .has_commas = true };

/* A group is described by its first device. */
static void list_groups(const struct context *c, struct value_list *ret)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };

	if (pci_load(c->host, PCI_NAMES, NULL, &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.n; i++) {
		CLEANUP(free_char) char *group = NULL, *text = NULL;

		if (all.v[i].iommu_group < 0)
			continue;
		group = xasprintf("%ld", all.v[i].iommu_group);
		text = xasprintf("%s %s", all.v[i].address, all.v[i].device_name);
		value_list_add(ret, group, text);
	}
}
const struct value_set values_group = { .list = list_groups };

static void list_used_drivers(const struct context *c, struct value_list *ret)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };

	if (pci_load(c->host, 0, NULL, &all, NULL) < 0)
		return;
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].driver)
			value_list_add(ret, all.v[i].driver, NULL);
}
const struct value_set values_driver_in_use = {
	.words = (const struct value_word[]){ { "none", "devices without a driver" },
					      { 0 } },
	.list = list_used_drivers,
};

/* The kernel's PCI drivers; where their list can't be read, those of devices. */
static void list_drivers(const struct context *c, struct value_list *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(c->host, "/sys/bus/pci/drivers", &names, NULL) >= 0)
		for (size_t i = 0; i < names.n; i++)
			value_list_add(ret, names.v[i], NULL);
	list_used_drivers(c, ret);
}
const struct value_set values_driver = {
	.words =
		(const struct value_word[]){
			{ "original", "the driver that each device had before" },
			{ "vfio-pci", "for VMs" },
			{ 0 } },
	.list = list_drivers,
};
