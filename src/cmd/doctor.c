/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: read everything, decide nothing here, change nothing. */
#include <errno.h>
#include <unistd.h>

#include "bootloaders/bootloader.h"
#include "cmd/cmd.h"
#include "initramfs/generator.h"
#include "probe/initramfs.h"

/* Beyond these, slicer pci list is the better view. */
#define MAX_DEVICES 32

enum { DOCTOR_VENDOR = 1, DOCTOR_BOOTLOADER, DOCTOR_NO_INITRAMFS };

static const struct option_spec options[] = {
	{ "no-initramfs", 0, NULL, "don't look into the initramfs images",
	  DOCTOR_NO_INITRAMFS },
	{ "bootloader", 0, "NAME", "overrule the detected boot loader",
	  DOCTOR_BOOTLOADER },
	{ "vendor", 0, "intel|amd", "overrule the CPU", DOCTOR_VENDOR },
	{ 0 },
};

struct doctor {
	const struct context *c;
	/* from the command line */
	enum cpu_vendor vendor;
	const char *bootloader;
	bool no_initramfs;
	struct strv operands;
	struct pci_address *asked;
	/* what was read */
	struct facts facts;
	struct boot_probe probe;
	struct boot_config boot;
	struct error boot_error, pci_error;
	struct wanted wanted;
	struct initramfs_config initramfs;
	struct pci_devices pci;
	struct device_view *views;
	size_t n_views, views_cap;
	struct initramfs_view *images;
	size_t n_images, images_cap;
	struct diagnosis d;
};

static void doctor_done(struct doctor *doc)
{
	for (size_t i = 0; i < doc->n_views; i++) {
		strv_done(&doc->views[i].in_use);
		strv_done(&doc->views[i].companions);
	}
	for (size_t i = 0; i < doc->n_images; i++) {
		free(doc->images[i].version);
		free(doc->images[i].path);
		free(doc->images[i].why);
		free(doc->images[i].early);
	}
	free(doc->views);
	free(doc->images);
	free(doc->asked);
	pci_devices_done(&doc->pci);
	initramfs_config_done(&doc->initramfs);
	wanted_done(&doc->wanted);
	boot_config_done(&doc->boot);
	boot_probe_done(&doc->probe);
	facts_done(&doc->facts);
	strv_done(&doc->operands);
}

/* ---- the command line -------------------------------------------------------------- */

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct doctor *doc = data;

	if (id == DOCTOR_NO_INITRAMFS)
		doc->no_initramfs = true;
	else if (id == DOCTOR_BOOTLOADER)
		doc->bootloader = value;
	else if (strcmp(value, "intel") == 0)
		doc->vendor = CPU_INTEL;
	else if (strcmp(value, "amd") == 0)
		doc->vendor = CPU_AMD;
	else
		return error_usage(e, "--vendor takes intel or amd, not '%s'", value);
	return 0;
}

static int parse_operands(struct doctor *doc, struct error *e)
{
	doc->asked = xcalloc(doc->operands.n + 1, sizeof(*doc->asked));
	for (size_t i = 0; i < doc->operands.n; i++)
		if (pci_address_parse(doc->operands.v[i], &doc->asked[i], e) < 0)
			return -EINVAL;
	if (doc->bootloader && !bootloader_find(doc->bootloader)) {
		error_usage(e, "there is no boot loader called '%s'", doc->bootloader);
		error_hint(e, "--bootloader takes grub or systemd-boot");
		return -EINVAL;
	}
	return 0;
}

/* ---- boot loader and command line -------------------------------------------------- */

/* What can't be told about the boot menu is a finding, not a failure. */
static void read_boot(struct doctor *doc)
{
	const struct bootloader *loader = NULL;
	const struct host *h = doc->c->host;

	doc->d.boot_error = &doc->boot_error;
	if (bootloader_choose(h, &doc->facts, doc->bootloader, &loader, &doc->probe,
			      &doc->boot_error) < 0)
		return;
	doc->d.boot_evidence = &doc->probe.evidence;
	doc->d.boot_match = doc->probe.match;
	if (loader->load(h, &doc->facts, &doc->boot, &doc->boot_error) < 0) {
		error_prefix(&doc->boot_error, "reading %s's boot menu", loader->title);
		return;
	}
	doc->boot.loader = loader;
	doc->d.boot = &doc->boot;
	doc->d.boot_error = NULL;
}

static int choose_vendor(struct doctor *doc, struct wish *w, struct error *e)
{
	w->vendor = doc->vendor ? doc->vendor : doc->facts.cpu.vendor;
	if (w->vendor != CPU_UNKNOWN || host_is_live(doc->c->host))
		return 0;
	error_set(e, ENODATA, "%s does not say whose processor it is for",
		  host_root(doc->c->host));
	error_hint(e, "--vendor intel or --vendor amd says it");
	return -ENODATA;
}

static int read_wanted(struct doctor *doc, struct error *e)
{
	const struct boot_entry *entry =
		doc->d.boot ? boot_config_default(&doc->boot) : NULL;
	const char *line = doc->boot.configured ? doc->boot.configured
			   : entry		? entry->options
						: NULL;
	CLEANUP(strv_done) struct strv tokens = { 0 };
	struct strv none = { 0 };
	struct wish w = { 0 };

	if (choose_vendor(doc, &w, e) < 0)
		return -ENODATA;
	if (w.vendor != CPU_INTEL && w.vendor != CPU_AMD)
		return 0;
	if (line)
		cmdline_split(line, strlen(line), &tokens);
	/* What can't be edited can still be compared with what is wanted. */
	if (wanted_make(&w, &tokens, &doc->wanted, NULL) == 0 ||
	    wanted_make(&w, &none, &doc->wanted, NULL) == 0)
		doc->d.wanted = &doc->wanted;
	return 0;
}

/* ---- initramfs --------------------------------------------------------------------- */

static void scan_image(struct doctor *doc, struct initramfs_view *view)
{
	struct initramfs_file file = {
		.name = (char *)"etc/modprobe.d/slicer-vfio.conf"
	};
	struct strv modules = { .v = (char *[]){ (char *)"vfio-pci", NULL }, .n = 1 };
	struct initramfs_image image = { 0 };
	struct error e = { 0 };

	if (initramfs_scan(doc->c->host, view->path, &file, 1, &modules, &image, &e) <
	    0) {
		view->why = xstrdup(e.what);
		return;
	}
	view->scanned = true;
	view->complete = image.complete;
	view->why = xstrdup_null(image.why_not);
	view->has_vfio_pci = image.modules.n > 0;
	view->early = file.found ? xstrdup(str_c(&file.contents)) : NULL;
	str_done(&file.contents);
	initramfs_image_done(&image);
}

static void add_image(struct doctor *doc, const char *version, const char *path)
{
	struct initramfs_view *view;

	for (size_t i = 0; i < doc->n_images; i++)
		if (strcmp(doc->images[i].path, path) == 0)
			return;
	doc->images =
		xgrow(doc->images, doc->n_images, &doc->images_cap, sizeof(*doc->images));
	view = &doc->images[doc->n_images++];
	*view = (struct initramfs_view){
		.version = xstrdup_null(version),
		.path = xstrdup(path),
	};
	scan_image(doc, view);
}

/* The image that the next boot uses, and the running kernel's. An entry's last one is the
 * main one: microcode comes first. */
static void read_images(struct doctor *doc)
{
	const struct boot_entry *entry = boot_config_default(&doc->boot);
	const struct initramfs_config *c = &doc->initramfs;

	if (entry && entry->initrds.n)
		add_image(doc, entry->version, entry->initrds.v[entry->initrds.n - 1]);
	for (size_t i = 0; i < c->images.n && i < c->versions.n; i++)
		if (str_eq(c->versions.v[i], doc->facts.platform.kernel) &&
		    host_exists(doc->c->host, c->images.v[i]))
			add_image(doc, c->versions.v[i], c->images.v[i]);
	doc->d.images = doc->images;
	doc->d.n_images = doc->n_images;
}

static void read_initramfs(struct doctor *doc)
{
	CLEANUP(strv_done) struct strv versions = { 0 };

	boot_config_versions(&doc->boot, &versions);
	if (initramfs_choose(doc->c->host, &doc->facts, NULL, &versions, &doc->initramfs,
			     NULL) == 0)
		doc->d.initramfs = &doc->initramfs;
	if (doc->no_initramfs)
		doc->d.images_why = "--no-initramfs";
	else
		read_images(doc);
}

/* ---- devices ----------------------------------------------------------------------- */

static void add_view(struct doctor *doc, const struct usage *usage,
		     const struct pci_device *dev, bool asked)
{
	CLEANUP(uses_done) struct uses uses = { 0 };
	const struct pci_device **group = NULL;
	struct device_view *view;
	size_t n;

	doc->views =
		xgrow(doc->views, doc->n_views, &doc->views_cap, sizeof(*doc->views));
	view = &doc->views[doc->n_views++];
	*view = (struct device_view){ .dev = dev, .asked = asked };
	usage_of(usage, dev, &uses);
	for (size_t i = 0; i < uses.n; i++)
		strv_add(&view->in_use, uses.v[i].text);
	n = group_endpoints(&doc->pci, dev, &group);
	for (size_t i = 0; i < n; i++)
		if (group[i] != dev)
			strv_add(&view->companions, group[i]->address);
	free(group);
}

static bool is_viewed(const struct doctor *doc, const struct pci_device *dev)
{
	for (size_t i = 0; i < doc->n_views; i++)
		if (doc->views[i].dev == dev)
			return true;
	return false;
}

static int view_asked(struct doctor *doc, const struct usage *usage, struct error *e)
{
	for (size_t i = 0; i < doc->operands.n; i++) {
		const struct pci_device *dev = pci_find(&doc->pci, doc->asked[i]);
		char address[PCI_ADDRESS_MAX];

		if (!dev) {
			error_set(e, ENODEV, "there is no PCI device %s",
				  pci_address_format(doc->asked[i], address));
			error_hint(e, "slicer pci list shows those that are there");
			return -ENODEV;
		}
		if (!is_viewed(doc, dev))
			add_view(doc, usage, dev, true);
	}
	return 0;
}

/* Virtual functions are left to those who ask for them: there can be hundreds. */
static void view_usual(struct doctor *doc, const struct usage *usage)
{
	for (size_t i = 0; i < doc->pci.n; i++) {
		const struct pci_device *dev = &doc->pci.v[i];

		if ((!pci_is_display(dev) && !pci_is_network(dev)) || dev->physfn)
			continue;
		if (doc->n_views < MAX_DEVICES)
			add_view(doc, usage, dev, false);
		else
			doc->d.n_devices_left_out++;
	}
}

static int read_devices(struct doctor *doc, struct error *e)
{
	CLEANUP(usage_free) struct usage *usage = NULL;
	const struct host *h = doc->c->host;

	doc->d.pci_error = &doc->pci_error;
	if (pci_load(h, PCI_NAMES | PCI_DETAILS, NULL, &doc->pci, &doc->pci_error) < 0) {
		if (!doc->operands.n)
			return 0;
		*e = doc->pci_error;
		return -ENODEV;
	}
	doc->d.pci_known = true;
	usage = usage_load(h, &doc->facts.mounts);
	if (!doc->operands.n)
		view_usual(doc, usage);
	else if (view_asked(doc, usage, e) < 0)
		return -ENODEV;
	doc->d.suggested = devices_suggest_from(usage, &doc->pci);
	doc->d.devices = doc->views;
	doc->d.n_devices = doc->n_views;
	return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static int look(struct doctor *doc, struct error *e)
{
	int err = facts_probe(doc->c->host, &doc->facts, e);

	if (err < 0)
		return err;
	doc->d.facts = &doc->facts;
	doc->d.unprivileged = host_is_live(doc->c->host) && geteuid() != 0;
	read_boot(doc);
	err = read_wanted(doc, e);
	if (err >= 0)
		err = read_devices(doc, e);
	if (err >= 0)
		read_initramfs(doc);
	return err;
}

static int report(const struct doctor *doc, enum verdict *verdict, struct error *e)
{
	CLEANUP(checks_done) struct checks checks = { 0 };
	CLEANUP(strv_done) struct strv next = { 0 };
	struct doctor_report r = { .d = &doc->d, .checks = &checks, .next = &next };

	checks_make(&doc->d, &checks);
	*verdict = r.verdict = verdict_of(&doc->d, &next);
	if (doc->c->out.json)
		return json_print(&doc->c->out, report_doctor_json(&r), e);
	report_doctor_text(&doc->c->out, &r);
	return 0;
}

static int run(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(doctor_done) struct doctor doc = { .c = c };
	enum verdict verdict = VERDICT_UNKNOWN;

	if (options_parse(&command_doctor, argc, argv, take_option, &doc, &doc.operands,
			  e) < 0 ||
	    parse_operands(&doc, e) < 0 || look(&doc, e) < 0 ||
	    report(&doc, &verdict, e) < 0)
		return exit_of(e);
	return verdict == VERDICT_READY ? 0 : 1;
}

const struct command command_doctor = {
	.verb = "doctor",
	.arguments = "[ADDR...]",
	.summary = "what is on, what is missing, what to do next",
	.description =
		"Looks at the whole way from the firmware to the device, and changes "
		"nothing. Ends with one\n"
		"verdict and the next step. ADDR: devices that it is about (default: "
		"display and network\n"
		"controllers). Exit status 0 only if this host is ready; works without "
		"root as far as the\n"
		"kernel lets it.",
	.options = options,
	.run = run,
	.schema = "slicer.doctor/1",
};
