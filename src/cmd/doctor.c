/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slicer doctor: read everything, decide nothing here, change nothing. */
#include <errno.h>
#include <unistd.h>

#include "bootloaders/bootloader.h"
#include "cmd/doctor.h"
#include "cmd/values.h"
#include "initramfs/generator.h"
#include "plan/journal.h"
#include "policy/remapping.h"
#include "probe/boot_time.h"
#include "probe/initramfs.h"

enum { DOCTOR_VENDOR = 1, DOCTOR_BOOTLOADER, DOCTOR_NO_INITRAMFS };

static const struct option_spec options[] = {
	{ "no-initramfs", 0, NULL, "do not look into the initramfs images (faster)",
	  DOCTOR_NO_INITRAMFS, NULL },
	{ "bootloader", 0, "NAME", "use this boot loader, not the detected one",
	  DOCTOR_BOOTLOADER, &values_bootloader },
	{ "vendor", 0, "intel|amd", "use this CPU vendor, not the detected one",
	  DOCTOR_VENDOR, &values_vendor },
	{ 0 },
};

static void doctor_done(struct doctor *doc)
{
	for (size_t i = 0; i < doc->n_views; i++) {
		strv_done(&doc->views[i].in_use);
		strv_done(&doc->views[i].companions);
		strv_done(&doc->views[i].below);
		strv_done(&doc->views[i].reasons);
		strv_done(&doc->views[i].next);
	}
	for (size_t i = 0; i < doc->n_images; i++) {
		free(doc->images[i].version);
		free(doc->images[i].path);
		free(doc->images[i].why);
		free(doc->images[i].early);
	}
	free(doc->interrupted);
	strv_done(&doc->trial_log);
	free(doc->trial_source);
	free(doc->views);
	doctor_forget_at_boot(doc);
	doctor_forget_nodes(doc);
	doctor_forget_old(doc);
	leftovers_done(&doc->leftovers);
	vm_definitions_done(&doc->vms);
	vm_conflicts_done(&doc->vm_conflicts);
	strv_done(&doc->vm_needed);
	strv_done(&doc->vm_gone);
	for (size_t i = 0; i < doc->d.n_faults; i++)
		strv_done(&doc->faults[i].in_use);
	free(doc->faults);
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
	const struct boot_entry *entry;
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
	keep_entries(&doc->boot, &doc->facts,
		     doc->vendor ? doc->vendor : doc->facts.cpu.vendor, NULL);
	doc->d.boot = &doc->boot;
	entry = boot_config_default(&doc->boot);
	if (entry && entry->source)
		doc->d.default_is_older =
			written_before_boot(h, &doc->facts.mounts, entry->source);
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
	w.unsafe_interrupts = remapping_modprobe(&doc->facts) != NULL;
	if (line)
		cmdline_split(line, strlen(line), &tokens);
	/* What can't be edited can still be compared with what is wanted. */
	if (wanted_make(&w, &tokens, &doc->wanted, NULL) == 0 ||
	    wanted_make(&w, &none, &doc->wanted, NULL) == 0)
		doc->d.wanted = &doc->wanted;
	return 0;
}

/* ---- initramfs --------------------------------------------------------------------- */

/* Each image may take this long to read: a slow machine needs some seconds. */
#define SCAN_SECONDS 60

static void scan_image(struct doctor *doc, struct initramfs_view *view)
{
	struct initramfs_file file = {
		.name = (char *)"etc/modprobe.d/slicer-vfio.conf"
	};
	struct strv modules = { .v = (char *[]){ (char *)"vfio-pci", NULL }, .n = 1 };
	struct initramfs_image image = { 0 };
	struct error e = { 0 };

	if (initramfs_scan(doc->c->host, view->path, &file, 1, &modules, SCAN_SECONDS,
			   &image, &e) < 0) {
		view->why = xstrdup(e.what);
		return;
	}
	view->scanned = !image.given_up;
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

/* ---- slicer's own journal -----------------------------------------------------------
 */

static void read_journal(struct doctor *doc)
{
	CLEANUP(records_done) struct records rs = { 0 };
	CLEANUP(strv_done) struct strv ids = { 0 };
	struct journal_view *j = &doc->d.journal;

	if (journal_scan(doc->c->host, &rs, &doc->journal_error) < 0)
		j->why = doc->journal_error.what;
	else if (rs.broken.n)
		error_set(&doc->journal_error, EINVAL, "%s", rs.broken.v[0]);
	if (rs.broken.n)
		j->why = doc->journal_error.what;
	for (size_t i = 0; i < rs.n; i++)
		if (record_is_unfinished(&rs.v[i]))
			strv_add(&ids, rs.v[i].id);
	if (!ids.n)
		return;
	doc->interrupted = strv_join(&ids, ", ");
	j->interrupted = doc->interrupted;
	j->running = host_lock_is_held(doc->c->host);
	j->of_a_bind = records_interrupted_a_bind(&rs);
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
		err = doctor_read_devices(doc, e);
	if (err >= 0)
		read_initramfs(doc);
	if (err >= 0)
		read_journal(doc);
	if (err >= 0)
		doctor_read_trial(doc);
	return err;
}

static int report(const struct doctor *doc, enum verdict *verdict, struct error *e)
{
	CLEANUP(checks_done) struct checks checks = { 0 };
	CLEANUP(strv_done) struct strv next = { 0 };
	struct doctor_report r = { .d = &doc->d, .checks = &checks, .next = &next };

	if (!host_is_live(doc->c->host))
		r.root = host_root(doc->c->host);
	checks_make(&doc->d, &checks);
	*verdict = r.verdict = verdict_of(&doc->d, &next);
	if (doc->c->out.json)
		return json_print(&doc->c->out, report_doctor_json(&r), e);
	report_doctor_text(&doc->c->out, &r);
	return 0;
}

/* Those that were asked for. */
static bool all_usable(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_devices; i++)
		if (d->devices[i].asked && !d->devices[i].usable)
			return false;
	return true;
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
	return verdict == VERDICT_READY && all_usable(&doc.d) ? 0 : 1;
}

const struct command command_doctor = {
	.verb = "doctor",
	.arguments = "[ADDR...]",
	.summary = "show what is on, what is missing, what to do next",
	.description = "Looks at this host from the firmware to the devices. Changes "
		       "nothing. The last lines are a verdict and the next step.\n\n"
		       "ADDR names the devices to look at; without it, these are "
		       "display and network controllers. For each ADDR it says whether "
		       "a VM can have the device.\n\n"
		       "Exit status 0: the host is ready, and a VM can have each ADDR. "
		       "1: not yet. Root is not needed, but sees more.",
	.options = options,
	.operands = &values_device,
	.run = run,
	.schema = "slicer.doctor/1",
};
