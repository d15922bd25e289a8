/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups "bootloader" and "initramfs": what makes the next boot. */
#include "policy/checks.h"

#define BOOTLOADER "bootloader"
#define INITRAMFS "initramfs"

/* Where setup-iommu --ids puts what must be in the image. */
#define OWN_FILE "slicer-vfio.conf"

/* A power cut, a kill: what was begun is neither done nor taken back. */
static void check_journal(const struct diagnosis *d, struct checks *ret)
{
	const struct journal_view *j = &d->journal;
	struct check *c;

	if (j->why) {
		c = check_add(ret, "bootloader.journal", BOOTLOADER, CHECK_SKIP,
			      "slicer's journal can't be read", "%s", j->why);
		check_fix_root(d, c);
	}
	if (!j->interrupted)
		return;
	if (j->running) {
		c = check_add(ret, "bootloader.interrupted", BOOTLOADER, CHECK_WARN,
			      "slicer is changing this host at the moment", "%s",
			      j->interrupted);
		strv_add(&c->fix, "wait until it has finished");
		return;
	}
	c = check_add(ret, "bootloader.interrupted", BOOTLOADER, CHECK_FAIL,
		      "slicer was interrupted, or failed, while it changed this host",
		      "/var/lib/slicer/runs: %s", j->interrupted);
	if (j->of_a_bind)
		strv_add(&c->fix, "# type the same command again (or unbind): it undoes "
				  "that first\nsudo slicer pci bind ADDR --persist");
	else
		strv_add(&c->fix, "# this undoes it and starts again:\n"
				  "sudo slicer setup-iommu");
	strv_add(&c->fix, "# or undo everything:\nsudo slicer setup-iommu --undo");
}

static void check_identity(const struct diagnosis *d, struct checks *ret)
{
	const struct error *e = d->boot_error;
	CLEANUP(free_char) char *evidence = NULL;
	CLEANUP(free_char) char *title = NULL;
	struct check *c;

	if (!d->boot) {
		c = check_add(ret, "bootloader.identity", BOOTLOADER, CHECK_WARN,
			      "the boot loader could not be told", "%s",
			      e && e->code ? e->what : "none was found");
		if (e && e->hint[0])
			strv_add(&c->fix, e->hint);
		check_fix_root(d, c);
		return;
	}
	evidence = d->boot_evidence ? strv_join(d->boot_evidence, "; ") : xstrdup("");
	title = xasprintf(d->boot_match == BOOT_BOOTED ? "%s started this machine"
						       : "%s is the one installed",
			  d->boot->loader ? d->boot->loader->title : "a boot loader");
	check_add(ret, "bootloader.identity", BOOTLOADER, CHECK_PASS, title, "%s",
		  evidence);
	if (d->boot->notes.n) {
		CLEANUP(free_char) char *notes = strv_join(&d->boot->notes, "; ");

		check_add(ret, "bootloader.notes", BOOTLOADER, CHECK_WARN,
			  "what to know about this boot menu", "%s", notes);
	}
}

void checks_bootloader(const struct diagnosis *d, struct checks *ret)
{
	check_identity(d, ret);
	check_journal(d, ret);
	checks_trial(d, ret);
}

static void check_generator(const struct diagnosis *d, struct checks *ret)
{
	const struct initramfs_config *i = d->initramfs;
	CLEANUP(free_char) char *evidence = NULL;
	struct check *c;

	if (!i || !i->generator) {
		check_add(ret, "initramfs.generator", INITRAMFS, CHECK_SKIP,
			  "no initramfs generator was found", NULL);
		return;
	}
	evidence = strv_join(&i->evidence, "; ");
	if (!i->generator->supported) {
		c = check_add(ret, "initramfs.generator", INITRAMFS, CHECK_WARN,
			      "slicer leaves this generator's images alone", "%s: %s",
			      i->generator->name, evidence);
		strv_addf(&c->fix, "# after a change run %s%s",
			  i->rebuild_command ? "this:\nsudo " : "it yourself",
			  i->rebuild_command ? i->rebuild_command : "");
	} else if (i->switched_off) {
		c = check_add(ret, "initramfs.generator", INITRAMFS, CHECK_WARN,
			      "the generator's own configuration switches it off", "%s",
			      i->switched_off);
		strv_add(&c->fix, "switch it on there, or rebuild the images by hand");
	} else {
		check_add(ret, "initramfs.generator", INITRAMFS, CHECK_PASS,
			  i->generator->name, "%s", evidence);
	}
}

/* What slicer put on the host for the image to hold: NULL if nothing. */
static const struct str *own_file(const struct diagnosis *d)
{
	const struct initramfs_config *c = d->initramfs;

	for (size_t i = 0; c && i < c->n_own; i++)
		if (c->own[i].exists && strstr(c->own[i].path, "/modprobe.d/") &&
		    strcmp(path_base(c->own[i].path), OWN_FILE) == 0)
			return &c->own[i].text;
	return NULL;
}

static bool wants_early(const struct diagnosis *d)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	const struct boot_entry *entry = judge_default(d);
	const char *options = entry ? entry->options : d->facts->cmdline;

	if (options)
		cmdline_split(options, strlen(options), &tokens);
	return cmdline_last(&tokens, "vfio-pci.ids") != NULL;
}

static void fix_image(const struct diagnosis *d, const struct initramfs_view *v,
		      struct check *c)
{
	const struct initramfs_config *i = d->initramfs;

	if (i && i->generator && strcmp(i->generator->name, "initramfs-tools") == 0 &&
	    v->version)
		strv_addf(&c->fix, "sudo update-initramfs -u -k %s", v->version);
	else if (i && i->rebuild_command)
		strv_addf(&c->fix, "sudo %s", i->rebuild_command);
	else
		strv_add(&c->fix, "regenerate the image with your generator");
}

/* What is wrong with the image; NULL: nothing. */
static const char *image_fault(const struct diagnosis *d, const struct initramfs_view *v,
			       enum check_status *status)
{
	const struct str *own = own_file(d);

	*status = CHECK_FAIL;
	if (!v->complete)
		return "the initramfs image is damaged";
	if (own && !v->early)
		return "the image was not rebuilt: it lacks what slicer set up";
	if (own && strcmp(v->early, str_c(own)) != 0)
		return "the image was not rebuilt: it holds what slicer set up earlier";
	*status = CHECK_WARN;
	if (!own && v->early)
		return "the image was not rebuilt: it still holds what was undone";
	if (wants_early(d) && !v->has_vfio_pci && judge_next_kernel(d) &&
	    judge_next_kernel(d)->vfio_pci_state != MODULE_BUILTIN)
		return "vfio-pci.ids is set, but the image has no vfio-pci: the host's "
		       "driver may come first";
	return NULL;
}

static void check_image(const struct diagnosis *d, const struct initramfs_view *v,
			struct checks *ret)
{
	enum check_status status;
	const char *fault;
	struct check *c;

	if (!v->scanned) {
		c = check_add(ret, "initramfs.images", INITRAMFS, CHECK_SKIP,
			      "the initramfs image could not be looked at", "%s: %s",
			      v->path, v->why ? v->why : "no reason is known");
		check_fix_root(d, c);
		return;
	}
	fault = image_fault(d, v, &status);
	if (!fault) {
		check_add(ret, "initramfs.images", INITRAMFS, CHECK_PASS,
			  own_file(d) ? "the image is complete and holds what slicer "
					"set up"
				      : "the image is complete",
			  "%s", v->path);
		return;
	}
	c = check_add(ret, "initramfs.images", INITRAMFS, status, fault, "%s%s%s",
		      v->path, v->why ? ": " : "", v->why ? v->why : "");
	fix_image(d, v, c);
}

void checks_initramfs(const struct diagnosis *d, struct checks *ret)
{
	check_generator(d, ret);
	for (size_t i = 0; i < d->n_images; i++)
		check_image(d, &d->images[i], ret);
	if (d->n_images == 0)
		check_add(ret, "initramfs.images", INITRAMFS, CHECK_SKIP,
			  "no initramfs image was looked at", "%s",
			  d->images_why ? d->images_why : "none is known");
}
