/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that vfio-pci refuses by their model, because a guest could harm the host with
 * them (linux drivers/vfio/pci/vfio_pci.c, vfio_pci_dev_in_denylist()): three of Intel's
 * QuickAssist accelerators with their virtual functions since 5.9, and the accelerators
 * DSA and IAA of Sapphire Rapids since 6.10 and its contemporary stable releases
 * (CVE-2024-21823). VFIO's other drivers have no such list.
 */
#include "devices/bind.h"

#include <errno.h>

#include "probe/modprobe_files.h"
#include "text/cmdline.h"

#define MODULE "/sys/module/vfio_pci"
#define OPTION "disable_denylist"

/* linux include/linux/pci_ids.h */
static const struct {
	uint16_t vendor, device;
	const char *name;
} denied[] = {
	{ 0x8086, 0x0435, "QuickAssist DH895xCC" },
	{ 0x8086, 0x0443, "QuickAssist DH895xCC" },
	{ 0x8086, 0x19e2, "QuickAssist C3xxx" },
	{ 0x8086, 0x19e3, "QuickAssist C3xxx" },
	{ 0x8086, 0x37c8, "QuickAssist C62x" },
	{ 0x8086, 0x37c9, "QuickAssist C62x" },
	{ 0x8086, 0x0b25, "Data Streaming Accelerator" },
	{ 0x8086, 0x0cfe, "In-Memory Analytics Accelerator" },
};

static const char *denied_name(const struct pci_device *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (denied[i].vendor == d->vendor && denied[i].device == d->device)
			return denied[i].name;
	return NULL;
}

/* Where the module is not loaded yet: what it will be told. */
static bool will_be_switched_off(const struct host *h)
{
	CLEANUP(free_char) char *text = host_attr(h, "/proc/cmdline");
	CLEANUP(strv_done) struct strv params = { 0 }, paths = { 0 };
	CLEANUP(free_char) char *file = NULL;
	const char *value;

	if (text)
		cmdline_split(text, strlen(text), &params);
	value = cmdline_last(&params, "vfio_pci." OPTION);
	if (value)
		return !*value || param_bool(value) == 1;
	modprobe_files(h, &paths);
	file = modprobe_allows(h, &paths, "vfio_pci", OPTION);
	return file != NULL;
}

/* Older than the list is a module that is there and has no such option. */
static bool has_list(const struct host *h)
{
	CLEANUP(free_char) char *value = host_attr(h, MODULE "/parameters/" OPTION);

	if (value)
		return param_bool(value) != 1;
	return !host_is_dir(h, MODULE) && !will_be_switched_off(h);
}

int bind_check_denylist(const struct host *h, const struct bind_request *r,
			struct strv *warnings, struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		const char *name = denied_name(t->d);

		if (!name || !driver_same(t->driver, "vfio-pci") ||
		    driver_same(t->d->driver, t->driver))
			continue;
		if (r->force || !has_list(h)) {
			strv_addf(warnings,
				  "%s (%s) is on vfio-pci's list of devices with which a "
				  "guest can harm the host: give it to guests that you "
				  "trust",
				  t->d->address, name);
			continue;
		}
		error_set(
			e, EPERM,
			"%s can't be bound: vfio-pci refuses its model (Intel %s), with "
			"which a guest can harm the host",
			t->d->address, name);
		error_hint(e,
			   "for guests that you trust: sudo slicer setup-iommu --param "
			   "vfio_pci." OPTION
			   "=1, and reboot\n--force tries it: the kernel may know the "
			   "model, or not");
		return -EPERM;
	}
	return 0;
}
