/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * initramfs-tools of Debian and Ubuntu: update-initramfs(8), initramfs-tools(7).
 *
 * Its init starts udev, which loads the drivers of all devices, before it loads the
 * modules that are listed for it (init, scripts/init-top/udev): a list does not bring
 * vfio-pci first. What does is modprobe's softdep, in /etc/modprobe.d, which is copied
 * into every image, with vfio-pci itself in the image, which takes a hook.
 */
#include "initramfs/generator.h"

#include <errno.h>

#include "steps/template.h"
#include "text/shell.h"

#define CONF "/etc/initramfs-tools/update-initramfs.conf"
#define REBUILD_TIMEOUT_S 1800

enum own { OWN_MODPROBE, OWN_LOAD, OWN_HOOK, OWN_BIND, OWN_BIND_HOOK, N_OWN };

static const struct {
	const char *path, *in_image;
	bool binds;
} own_files[N_OWN] = {
	[OWN_MODPROBE] = { "/etc/modprobe.d/slicer-vfio.conf",
			   "etc/modprobe.d/slicer-vfio.conf", false },
	[OWN_LOAD] = { "/etc/modules-load.d/slicer-vfio.conf", NULL, false },
	[OWN_HOOK] = { "/etc/initramfs-tools/hooks/slicer-vfio", NULL, false },
	[OWN_BIND] = { "/etc/initramfs-tools/scripts/init-top/slicer-bind",
		       "scripts/init-top/slicer-bind", true },
	[OWN_BIND_HOOK] = { "/etc/initramfs-tools/hooks/slicer-bind", NULL, true },
};

static const char modprobe_header[] =
	"# Written by slicer setup-iommu: vfio-pci is loaded before these drivers, so "
	"that it\n"
	"# gets the devices that vfio-pci.ids= on the kernel command line names.\n"
	"# \"slicer setup-iommu --undo\" takes this file away again.\n";

static const char load_text[] =
	"# Written by slicer setup-iommu: vfio-pci gets its devices at boot.\n"
	"# \"slicer setup-iommu --undo\" takes this file away again.\n"
	"vfio-pci\n";

static const char hook_text[] =
	"#!/bin/sh\n"
	"# Written by slicer setup-iommu: puts vfio-pci into the initramfs.\n"
	"# \"slicer setup-iommu --undo\" takes this file away again.\n"
	"set -e\n"
	"\n"
	"case \"${1:-}\" in\n"
	"prereqs)\n"
	"\techo\n"
	"\texit 0\n"
	"\t;;\n"
	"esac\n"
	"\n"
	". /usr/share/initramfs-tools/hook-functions\n"
	"manual_add_modules vfio-pci\n";

/* Debian's dracut brings an update-initramfs of its own: that there is one says nothing.
 */
static bool probe(const struct host *h, const struct facts *f, struct strv *evidence)
{
	CLEANUP(free_char) char *update = host_find_program(h, "update-initramfs");
	CLEANUP(free_char) char *make = host_find_program(h, "mkinitramfs");
	CLEANUP(str_done) struct str script = { 0 };

	(void)f;
	if (!update || !make ||
	    !host_exists(h, "/usr/share/initramfs-tools/hook-functions"))
		return false;
	if (host_read(h, update, HOST_MAX_CONFIG, &script, NULL) == 0 &&
	    !memmem(str_c(&script), script.len, "mkinitramfs", strlen("mkinitramfs")) &&
	    memmem(str_c(&script), script.len, "dracut", strlen("dracut")))
		return false;
	strv_addf(evidence, "%s, %s", update, make);
	return true;
}

/* With "no", update-initramfs does nothing and says 0. */
static int load_switch(const struct host *h, struct initramfs_config *ret,
		       struct error *e)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	const char *value = "";
	int r = host_read(h, CONF, HOST_MAX_CONFIG, &text, e);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = shell_parse(str_c(&text), text.len, &doc, e);
	if (r < 0) {
		error_at(e, CONF, e ? e->line : 0);
		return r;
	}
	shell_eval(&doc, 0, &vars);
	/* What can't be known counts as on: the images are looked into afterwards. */
	if (shell_vars_value(&vars, "update_initramfs", &value, NULL, NULL) == 0 &&
	    strcmp(value, "no") == 0)
		ret->switched_off = xstrdup("update_initramfs=no in " CONF);
	return 0;
}

static int load(const struct host *h, const struct facts *f, const struct strv *versions,
		struct initramfs_config *ret, struct error *e)
{
	int r = load_switch(h, ret, e);

	(void)f;
	for (size_t i = 0; r == 0 && i < N_OWN; i++)
		r = initramfs_add_own(h, own_files[i].path, own_files[i].in_image,
				      own_files[i].binds, ret, e);
	if (r < 0)
		return r;
	initramfs_find_images(h, versions, ret);
	ret->rebuild_command = xstrdup("update-initramfs -u -k all");
	return 0;
}

static char *softdep(const char *driver)
{
	return xasprintf("softdep %s pre: vfio-pci", driver);
}

/* Drivers that an earlier run put first stay so: its devices are still in vfio-pci.ids=.
 */
static void modprobe_text(const struct str *old, const struct strv *drivers,
			  struct str *ret)
{
	CLEANUP(strv_done) struct strv lines = { 0 };
	const char *line;
	size_t pos = 0, n;

	while (next_line(str_c(old), old->len, &pos, &line, &n))
		if (n && *line != '#')
			strv_take(&lines, xstrndup(line, n));
	for (size_t i = 0; i < drivers->n; i++) {
		CLEANUP(free_char) char *text = softdep(drivers->v[i]);

		strv_add_unique(&lines, text);
	}
	str_add(ret, modprobe_header);
	for (size_t i = 0; i < lines.n; i++)
		str_addf(ret, "%s\n", lines.v[i]);
}

/* Returns whether a file changes. */
static bool plan_file(const struct initramfs_config *c, enum own which,
		      const struct str *text, mode_t mode, struct plan *ret)
{
	static const char *const whys[N_OWN] = {
		[OWN_MODPROBE] = "vfio-pci is loaded before the devices' own drivers",
		[OWN_LOAD] = "vfio-pci is loaded at boot",
		[OWN_HOOK] = "vfio-pci is put into the initramfs",
		[OWN_BIND] = "the initramfs binds the devices before udev starts",
		[OWN_BIND_HOOK] = "their drivers are put into the initramfs",
	};
	const struct initramfs_own_file *own = &c->own[which];

	if (own->exists && str_same(&own->text, text))
		return false;
	plan_replace(ret, own->path, own->exists, &own->text, text, mode, whys[which]);
	return true;
}

static bool plan_files(const struct initramfs_config *c, const struct initramfs_wish *w,
		       struct plan *ret)
{
	CLEANUP(str_done) struct str modprobe = { 0 }, load_file = { 0 }, hook = { 0 };
	bool changed = false;

	if (w->drivers.n) {
		modprobe_text(&c->own[OWN_MODPROBE].text, &w->drivers, &modprobe);
		changed |= plan_file(c, OWN_MODPROBE, &modprobe, 0644, ret);
	}
	str_add(&load_file, load_text);
	changed |= plan_file(c, OWN_LOAD, &load_file, 0644, ret);
	str_add(&hook, hook_text);
	changed |= plan_file(c, OWN_HOOK, &hook, 0755, ret);
	return changed;
}

static bool plan_removal(const struct initramfs_config *c, struct plan *ret)
{
	bool changed = false;

	for (size_t i = 0; i < c->n_own; i++) {
		if (!c->own[i].exists || c->own[i].binds)
			continue;
		plan_remove(ret, c->own[i].path, &c->own[i].text,
			    "vfio-pci is no longer bound at boot");
		changed = true;
	}
	return changed;
}

static void add_device(const struct initramfs_bind *b, struct str *ret)
{
	str_addf(ret, "%sgive %s %s %04x %04x %04x %04x %s %s %s", ret->len ? "\n" : "",
		 b->address, b->driver, b->id.vendor, b->id.device, b->subsystem.vendor,
		 b->subsystem.device, b->ports ? b->ports : "-",
		 b->serial ? b->serial : "-", b->force ? "forced" : "-");
}

/* The script with a line for each device, and the hook with their drivers. */
static int bind_texts(const struct initramfs_bind *v, size_t n, struct str *script,
		      struct str *hook, struct error *e)
{
	CLEANUP(strv_done) struct strv drivers = { 0 }, addresses = { 0 };
	CLEANUP(free_char) char *driver_list = NULL;
	CLEANUP(free_char) char *address_list = NULL;
	CLEANUP(str_done) struct str lines = { 0 };
	struct template_value values[2];
	int err;

	for (size_t i = 0; i < n; i++) {
		add_device(&v[i], &lines);
		strv_add_unique(&drivers, v[i].driver);
		strv_add(&addresses, v[i].address);
	}
	driver_list = strv_join(&drivers, " ");
	address_list = strv_join(&addresses, " ");
	values[0] = (struct template_value){ "DEVICES", str_c(&lines) };
	values[1] = (struct template_value){ "ADDRESSES", address_list };
	err = template_fill("initramfs-bind", values, 2, script, e);
	values[0] = (struct template_value){ "DRIVERS", driver_list };
	return err < 0 ? err : template_fill("initramfs-bind-hook", values, 1, hook, e);
}

void initramfs_bound(const struct host *h, struct strv *ret)
{
	CLEANUP(str_done) struct str text = { 0 };
	const char *line;
	size_t pos = 0, n;

	host_read(h, own_files[OWN_BIND].path, HOST_MAX_CONFIG, &text, NULL);
	while (next_line(str_c(&text), text.len, &pos, &line, &n)) {
		CLEANUP(free_char) char *one = xstrndup(line, n);
		char *address = one + strlen("give ");
		struct pci_address at;

		if (!str_starts(one, "give "))
			continue;
		address[strcspn(address, " ")] = '\0';
		if (pci_address_parse(address, &at, NULL) == 0)
			strv_add_unique(ret, address);
	}
}

static bool plan_bind_removal(const struct initramfs_config *c, struct plan *ret)
{
	bool changed = false;

	for (size_t i = 0; i < c->n_own; i++) {
		if (!c->own[i].exists || !c->own[i].binds)
			continue;
		plan_remove(ret, c->own[i].path, &c->own[i].text,
			    "the initramfs no longer binds devices");
		changed = true;
	}
	return changed;
}

static void plan_images(const struct initramfs_config *c, struct plan *ret)
{
	for (size_t i = 0; i < c->versions.n; i++) {
		bool is_lost = strv_has(&c->lost, c->versions.v[i]);
		const char *const argv[] = { "update-initramfs", is_lost ? "-c" : "-u",
					     "-k", c->versions.v[i], NULL };

		plan_run_for(
			ret, c->versions.v[i], argv, REBUILD_TIMEOUT_S,
			is_lost ? "makes this kernel's initramfs again, which is gone"
				: "rebuilds this kernel's initramfs");
	}
	for (size_t i = 0; i < c->missing.n; i++)
		plan_next(ret,
			  "kernel %s has no initramfs image: if it needs one, "
			  "\"update-initramfs "
			  "-c -k %s\" makes it",
			  c->missing.v[i], c->missing.v[i]);
}

static int plan(const struct initramfs_config *c, const struct initramfs_wish *w,
		struct plan *ret, struct error *e)
{
	bool changed = false;

	(void)e;
	if (w->remove)
		changed = plan_removal(c, ret);
	else if (w->early_bind)
		changed = plan_files(c, w, ret);
	if (!changed && !w->rebuild)
		return 0;
	if (!c->switched_off) {
		plan_images(c, ret);
		return 0;
	}
	plan_warn(ret, "the initramfs images are not rebuilt: %s", c->switched_off);
	plan_next(ret, "set update_initramfs=yes in " CONF " and run: %s",
		  c->rebuild_command);
	return 0;
}

/* Before udev: initramfs-tools sorts the scripts of a stage by their names, where none
 * asks for another order (scripts/functions, get_prereq_pairs()). Read back from the
 * image.
 */
static int plan_bind(const struct initramfs_config *c, const struct initramfs_bind *v,
		     size_t n, struct plan *ret, struct error *e)
{
	CLEANUP(str_done) struct str script = { 0 }, hook = { 0 };
	bool changed;
	int err = bind_texts(v, n, &script, &hook, e);

	if (err < 0)
		return err;
	if (n) {
		changed = plan_file(c, OWN_BIND, &script, 0755, ret);
		changed |= plan_file(c, OWN_BIND_HOOK, &hook, 0755, ret);
	} else {
		changed = plan_bind_removal(c, ret);
	}
	if (changed)
		plan_images(c, ret);
	return 0;
}

const struct initramfs_generator initramfs_tools = {
	.name = "initramfs-tools",
	.supported = true,
	.image_prefix = "/boot/initrd.img-",
	.probe = probe,
	.load = load,
	.plan = plan,
	.plan_bind = plan_bind,
	.bind_order = { "scripts/init-top/ORDER", "/scripts/init-top/slicer-bind",
			"/scripts/init-top/udev" },
};
