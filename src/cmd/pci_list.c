/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci list: the devices, their groups and drivers. */
#include <errno.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/values.h"
#include "report/pci_tree.h"

enum { LIST_GROUP = 1, LIST_CLASS, LIST_DRIVER, LIST_VFIO, LIST_TREE, LIST_COLUMNS };

/* Names with their hex digits: base classes and the subclasses that people ask for:
 * pci.ids, PCI Code and ID Assignment Specification. */
static const struct value_word class_names[] = {
	{ "storage", "01" },	 { "nvme", "0108" },
	{ "sata", "0106" },	 { "network", "02" },
	{ "ethernet", "0200" },	 { "display", "03" },
	{ "gpu", "03" },	 { "vga", "0300" },
	{ "3d", "0302" },	 { "multimedia", "04" },
	{ "audio", "0403" },	 { "memory", "05" },
	{ "bridge", "06" },	 { "communication", "07" },
	{ "system", "08" },	 { "input", "09" },
	{ "processor", "0b" },	 { "serial", "0c" },
	{ "usb", "0c03" },	 { "wireless", "0d" },
	{ "accelerator", "12" }, { 0 },
};
static const struct value_set values_class = { .words = class_names };

static void list_columns(const struct context *c, struct value_list *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	(void)c;
	report_pci_columns(&names);
	for (size_t i = 0; i < names.n; i++)
		value_list_add(ret, names.v[i], NULL);
}
static const struct value_set values_columns = { .list = list_columns,
						 .has_commas = true };

static const struct option_spec options[] = {
	{ "group", 0, "N", "only devices of this IOMMU group", LIST_GROUP,
	  &values_group },
	{ "class", 0, "C",
	  "only devices of this class: hex digits (03, 0300) or a name (display, "
	  "network)",
	  LIST_CLASS, &values_class },
	{ "driver", 0, "D", "only devices with this driver; none: those without a driver",
	  LIST_DRIVER, &values_driver_in_use },
	{ "vfio", 0, NULL, "only devices on a driver of VFIO", LIST_VFIO, NULL },
	{ "tree", 0, NULL, "a tree instead of the table", LIST_TREE, NULL },
	{ "columns", 0, "LIST", "the columns of the table, with commas between",
	  LIST_COLUMNS, &values_columns },
	{ 0 },
};

struct filter {
	long group; /* -1: any */
	char class[7]; /* hex digits that the class starts with */
	const char *driver, *columns;
	const char *class_given; /* as given; NULL: any */
	bool vfio, tree;
};

static int parse_class(const char *value, char ret[7], struct error *e)
{
	CLEANUP(str_done) struct str names = { 0 };
	const char *digits = NULL;

	for (const struct value_word *w = class_names; w->word; w++) {
		if (strcasecmp(w->word, value) == 0)
			digits = w->text;
		str_addf(&names, "%s%s", w > class_names ? ", " : "", w->word);
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
		f->class_given = value;
		return parse_class(value, f->class, e);
	case LIST_DRIVER:
		f->driver = value;
		return 0;
	case LIST_VFIO:
		f->vfio = true;
		return 0;
	case LIST_TREE:
		f->tree = true;
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
static int load(const struct context *c, bool tree, struct pci_devices *ret,
		struct error *e)
{
	CLEANUP(free_char) char *kernel = NULL;

	/* The table needs none of the rest: it must be fast. */
	if (!c->out.json)
		return pci_load(c->host, PCI_NAMES | (tree ? PCI_PLACE : 0), NULL, ret,
				e);
	kernel = host_attr(c->host, "/proc/sys/kernel/osrelease");
	return pci_load(c->host, PCI_NAMES | PCI_DETAILS | PCI_MODULES, kernel, ret, e);
}

/* What is told beside the list: files that mean no device of this host. */
static void find_lost(const struct pci_devices *all, const struct persisted_list *l,
		      struct strv *ret)
{
	for (size_t i = 0; i < l->broken.n; i++)
		strv_addf(ret, "not usable: %s", l->broken.v[i]);
	for (size_t i = 0; i < l->n; i++) {
		CLEANUP(free_char) char *why = NULL;

		if (l->v[i].device)
			continue;
		why = persist_match_text(all, &l->v[i]);
		strv_addf(ret, "%s: %s", l->v[i].path, why);
	}
}

/* An empty list may be one that was asked for wrongly. */
static void tell_no_match(const struct context *c, const struct filter *f)
{
	CLEANUP(strv_done) struct strv line = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	if (f->group >= 0)
		str_addf(&text, " --group %ld", f->group);
	if (f->class_given)
		str_addf(&text, " --class %s", f->class_given);
	if (f->driver)
		str_addf(&text, " --driver %s", f->driver);
	if (f->vfio)
		str_add(&text, " --vfio");
	if (!text.len)
		return;
	strv_addf(&line, "no device matches%s", str_c(&text));
	output_tell(&c->out, &line);
}

static int print_tree(const struct context *c, const struct pci_devices *all,
		      const bool *wanted, const struct persisted_list *persisted,
		      struct error *e)
{
	CLEANUP(pci_topology_done) struct pci_topology topology = { 0 };
	CLEANUP(group_reasons_done) struct group_reasons why = { 0 };
	CLEANUP(free_char) char *cmdline = host_attr(c->host, "/proc/cmdline");
	struct pci_tree_view view;

	pci_topology_load(c->host, all, &topology);
	groups_explain(&topology, cmdline, &why);
	view = (struct pci_tree_view){
		.topology = &topology,
		.wanted = wanted,
		.persisted = persisted,
		.why = &why,
		.utf8 = output_is_utf8(),
		.is_root = geteuid() == 0,
	};
	return report_pci_tree(&c->out, &view, e);
}

static int print_list(const struct context *c, const struct pci_devices *all,
		      const bool *wanted, const struct persisted_list *persisted,
		      const struct strv *warnings, const char *columns, struct error *e)
{
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	const struct pci_device **v = xcalloc(all->n + 1, sizeof(struct pci_device *));
	size_t n = 0;
	int r;

	for (size_t i = 0; i < all->n; i++)
		if (wanted[i])
			v[n++] = &all->v[i];
	if (c->out.json) {
		mounts_load(c->host, &mounts, NULL);
		r = report_pci_json(&c->out, c->host, &mounts, v, n, persisted, warnings,
				    e);
	} else {
		r = report_pci_table(&c->out, v, n, persisted, columns, e);
	}
	free(v);
	return r;
}

static int list(struct context *c, const struct filter *f, struct error *e)
{
	CLEANUP(pci_devices_done) struct pci_devices all = { 0 };
	CLEANUP(persisted_done) struct persisted_list persisted = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct error unread = { 0 };
	bool *wanted, any = false;
	int r = load(c, f->tree, &all, e);

	if (r < 0)
		return r;
	if (persist_load(c->host, &persisted, &unread) < 0)
		strv_addf(&warnings, "%s: %s", unread.path, unread.what);
	persist_match(c->host, &all, &persisted);
	find_lost(&all, &persisted, &warnings);
	wanted = xcalloc(all.n + 1, sizeof(*wanted));
	for (size_t i = 0; i < all.n; i++)
		any |= wanted[i] = is_wanted(f, &all.v[i]);
	if (!any)
		tell_no_match(c, f);
	/* In JSON each device names its parent: the list is the tree, too. */
	if (f->tree && !c->out.json)
		r = print_tree(c, &all, wanted, &persisted, e);
	else
		r = print_list(c, &all, wanted, &persisted, &warnings, f->columns, e);
	output_tell(&c->out, &warnings);
	free(wanted);
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
	if (f.tree && f.columns) {
		error_usage(e, "--tree has lines of its own: --columns is for the table");
		error_hint(e, "leave out one of the two");
		return exit_of(e);
	}
	warn_interrupted(c);
	return list(c, &f, e) < 0 ? exit_of(e) : 0;
}

const struct command command_pci_list = {
	.verb = "pci list",
	.arguments = "",
	.summary = "list PCI devices, their IOMMU groups and drivers",
	.description = "Lists PCI devices by address. Changes nothing.\n\n"
		       "IOMMU GROUP is empty without an IOMMU. VFIO GROUP is the N of "
		       "/dev/vfio/N, if that exists for the group. AT BOOT is there "
		       "only if \"pci bind --persist\" was used.\n\n"
		       "--tree shows each device below its bridge, and where IOMMU "
		       "groups are made. A line in parentheses is there only for what "
		       "is below it.\n\n"
		       "--json has more than the table: who uses a device, its "
		       "modules, its resets, its parent.",
	.options = options,
	.run = run,
	.schema = "slicer.pci/1",
};
