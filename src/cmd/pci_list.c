/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list: the devices, their groups and drivers. */
#include <errno.h>

#include "cmd/cmd.h"

enum { LIST_GROUP = 1, LIST_CLASS, LIST_DRIVER, LIST_VFIO, LIST_COLUMNS };

static const struct option_spec options[] = {
	{ "group", 0, "N", "only devices of that IOMMU group", LIST_GROUP },
	{ "class", 0, "C",
	  "only that class: hex digits (03, 0300) or a name (display, network)",
	  LIST_CLASS },
	{ "driver", 0, "D", "only devices with that driver; none: without any",
	  LIST_DRIVER },
	{ "vfio", 0, NULL, "only devices in VFIO's hands", LIST_VFIO },
	{ "columns", 0, "LIST", "columns of the table, with commas between",
	  LIST_COLUMNS },
	{ 0 },
};

struct filter {
	long group; /* -1: any */
	char class[7]; /* hex digits that the class starts with */
	const char *driver, *columns;
	bool vfio;
};

/* Base classes and the subclasses that people ask for: pci.ids, PCI Code and ID
 * Assignment Specification. */
static const struct {
	const char *name, *digits;
} class_names[] = {
	{ "storage", "01" },	{ "nvme", "0108" },	   { "sata", "0106" },
	{ "network", "02" },	{ "ethernet", "0200" },	   { "display", "03" },
	{ "gpu", "03" },	{ "vga", "0300" },	   { "3d", "0302" },
	{ "multimedia", "04" }, { "audio", "0403" },	   { "memory", "05" },
	{ "bridge", "06" },	{ "communication", "07" }, { "system", "08" },
	{ "input", "09" },	{ "processor", "0b" },	   { "serial", "0c" },
	{ "usb", "0c03" },	{ "wireless", "0d" },	   { "accelerator", "12" },
};

static int parse_class(const char *value, char ret[7], struct error *e)
{
	CLEANUP(str_done) struct str names = { 0 };
	const char *digits = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(class_names); i++) {
		if (strcasecmp(class_names[i].name, value) == 0)
			digits = class_names[i].digits;
		str_addf(&names, "%s%s", i ? ", " : "", class_names[i].name);
	}
	if (!digits) {
		digits = str_starts(value, "0x") ? value + 2 : value;
		if (!*digits || strlen(digits) > 6 ||
		    digits[strspn(digits, "0123456789abcdefABCDEF")]) {
			error_usage(e, "\"%.80s\" is no class of devices", value);
			error_hint(e,
				   "use hex digits as in the CLASS column, or a name: %s",
				   str_c(&names));
			return -EINVAL;
		}
	}
	snprintf(ret, 7, "%s", digits);
	return 0;
}

static int parse_group(const char *value, long *ret, struct error *e)
{
	size_t n = strlen(value);

	if (!n || n > 9 || strspn(value, "0123456789") != n) {
		error_usage(e, "\"%.80s\" is no number of an IOMMU group", value);
		error_hint(e, "\"slicer pci list\" shows them in the column IOMMU GROUP");
		return -EINVAL;
	}
	*ret = strtol(value, NULL, 10);
	return 0;
}

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct filter *f = data;

	switch (id) {
	case LIST_GROUP:
		return parse_group(value, &f->group, e);
	case LIST_CLASS:
		return parse_class(value, f->class, e);
	case LIST_DRIVER:
		f->driver = value;
		return 0;
	case LIST_VFIO:
		f->vfio = true;
		return 0;
	default:
		f->columns = value;
		return 0;
	}
}

static bool is_wanted(const struct filter *f, const struct pci_device *d)
{
	char class[8];

	snprintf(class, sizeof(class), "%06x", d->class_code & 0xffffff);
	if (f->group >= 0 && d->iommu_group != f->group)
		return false;
	if (strncasecmp(class, f->class, strlen(f->class)) != 0)
		return false;
	if (f->vfio && !driver_is_vfio(d->driver))
		return false;
	if (f->driver && strcmp(f->driver, "none") == 0)
		return !d->driver;
	return !f->driver || str_eq(d->driver, f->driver);
}

/* The running kernel's modules, where it is known which one runs. */
static int load(const struct context *c, struct pci_devices *ret, struct error *e)
{
	CLEANUP(free_char) char *kernel = NULL;

	/* The table needs none of the rest: it must be fast. */
	if (!c->out.json)
		return pci_load(c->host, PCI_NAMES, NULL, ret, e);
	kernel = host_attr(c->host, "/proc/sys/kernel/osrelease");
	return pci_load(c->host, PCI_NAMES | PCI_DETAILS | PCI_MODULES, kernel, ret, e);
}

/* What no device of this host is meant by is told beside the list. */
static void tell_lost(const struct context *c, const struct pci_devices *all,
		      const struct persisted_list *l)
{
	for (size_t i = 0; i < l->broken.n; i++)
		fprintf(c->out.err, "not usable: %s\n", l->broken.v[i]);
	for (size_t i = 0; i < l->n; i++) {
		CLEANUP(free_char) char *why = NULL;

		if (l->v[i].device)
			continue;
		why = persist_match_text(all, &l->v[i]);
		fprintf(c->out.err, "%s: %s\n", l->v[i].path, why);
	}
}

static int print(const struct context *c, const struct pci_device *const *v, size_t n,
		 const struct persisted_list *persisted, const char *columns,
		 struct error *e)
{
	CLEANUP(mounts_done) struct mounts mounts = { 0 };

	if (!c->out.json)
		return report_pci_table(&c->out, v, n, persisted, columns, e);
	mounts_load(c->host, &mounts, NULL);
	return report_pci_json(&c->out, c->host, &mounts, v, n, persisted, e);
}

static int list(struct context *c, const struct filter *f, struct error *e)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };
	CLEANUP(persisted_done) struct persisted_list persisted = { 0 };
	const struct pci_device **v;
	struct error unread = { 0 };
	size_t n = 0;
	int r = load(c, &all, e);

	if (r < 0)
		return r;
	if (persist_load(c->host, &persisted, &unread) < 0)
		fprintf(c->out.err, "%s: %s\n", unread.path, unread.what);
	persist_match(c->host, &all, &persisted);
	v = xcalloc(all.n, sizeof(struct pci_device *));
	for (size_t i = 0; i < all.n; i++)
		if (is_wanted(f, &all.v[i]))
			v[n++] = &all.v[i];
	r = print(c, v, n, &persisted, f->columns, e);
	if (!c->out.quiet)
		tell_lost(c, &all, &persisted);
	free(v);
	return r;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv operands = { 0 };
	struct filter f = { .group = -1 };

	if (options_parse(&command_pci_list, argc, argv, take_option, &f, &operands, e) <
	    0)
		return exit_of(e);
	if (operands.n) {
		error_usage(e, "pci list takes no operand \"%.80s\"", operands.v[0]);
		error_hint(e, "it lists all devices: choose with --group, --class, "
			      "--driver or --vfio");
		return exit_of(e);
	}
	warn_interrupted(c);
	return list(c, &f, e) < 0 ? exit_of(e) : 0;
}

const struct command command_pci_list = {
	.verb = "pci list",
	.arguments = "",
	.summary = "list PCI devices, their IOMMU groups and drivers",
	.description = "Lists PCI devices by address. IOMMU GROUP is empty without an "
		       "IOMMU; VFIO\n"
		       "GROUP is the /dev/vfio/N that exists for the group, else empty. "
		       "AT BOOT is\n"
		       "there if \"pci bind --persist\" was used. --json adds what is "
		       "known beyond the\n"
		       "table: who uses the device, its modules, resets.",
	.options = options,
	.run = run,
	.schema = "slicer.pci/1",
};
