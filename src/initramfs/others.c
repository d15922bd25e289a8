/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generators that are recognised but left alone: the report says what a person runs.
 * Sources: dracut.conf(5), dracut(8); mkinitcpio.conf(5), mkinitcpio(8); booster(1);
 * tiny-initramfs(8).
 */
#include "initramfs/generator.h"

static bool has_name(const struct host *h, const char *dir, const char *prefix,
		     const char *suffix, struct strv *evidence)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		if (!str_starts(names.v[i], prefix) || !str_ends(names.v[i], suffix))
			continue;
		strv_addf(evidence, "%s/%s", dir, names.v[i]);
		return true;
	}
	return false;
}

static bool has_program(const struct host *h, const char *name, struct strv *evidence)
{
	char *path = host_find_program(h, name);

	if (!path)
		return false;
	strv_take(evidence, path);
	return true;
}

static bool probe_dracut(const struct host *h, const struct facts *f,
			 struct strv *evidence)
{
	(void)f;
	return has_program(h, "dracut", evidence);
}

/* The presets say which images it makes: without one it makes none. */
static bool probe_mkinitcpio(const struct host *h, const struct facts *f,
			     struct strv *evidence)
{
	CLEANUP(strv_done) struct strv found = { 0 };

	(void)f;
	if (!has_program(h, "mkinitcpio", &found) ||
	    !has_name(h, "/etc/mkinitcpio.d", "", ".preset", &found))
		return false;
	strv_copy(evidence, &found);
	return true;
}

static bool probe_booster(const struct host *h, const struct facts *f,
			  struct strv *evidence)
{
	CLEANUP(strv_done) struct strv found = { 0 };

	(void)f;
	if (!has_program(h, "booster", &found) ||
	    !has_name(h, "/boot", "booster-", ".img", &found))
		return false;
	strv_copy(evidence, &found);
	return true;
}

static bool probe_tiny(const struct host *h, const struct facts *f, struct strv *evidence)
{
	(void)f;
	return has_program(h, "update-tirfs", evidence);
}

static int load_with(const struct host *h, const struct strv *versions,
		     const char *command, struct initramfs_config *ret)
{
	initramfs_find_images(h, versions, ret);
	ret->rebuild_command = xstrdup(command);
	return 0;
}

static int load_dracut(const struct host *h, const struct facts *f,
		       const struct strv *versions, struct initramfs_config *ret,
		       struct error *e)
{
	(void)f, (void)e;
	return load_with(h, versions, "dracut --force --regenerate-all", ret);
}

static int load_mkinitcpio(const struct host *h, const struct facts *f,
			   const struct strv *versions, struct initramfs_config *ret,
			   struct error *e)
{
	(void)f, (void)e;
	return load_with(h, versions, "mkinitcpio -P", ret);
}

static int load_booster(const struct host *h, const struct facts *f,
			const struct strv *versions, struct initramfs_config *ret,
			struct error *e)
{
	(void)f, (void)e;
	return load_with(h, versions, "/usr/lib/booster/regenerate_images", ret);
}

static int load_tiny(const struct host *h, const struct facts *f,
		     const struct strv *versions, struct initramfs_config *ret,
		     struct error *e)
{
	(void)f, (void)e;
	return load_with(h, versions, "update-tirfs -u -k all", ret);
}

/* What makes vfio-pci first in each: the file, and what it says. */
static const struct {
	const char *name, *file, *line;
} early[] = {
	/* Lists are joined as they are: the blanks inside the quotes count. */
	{ "dracut", "/etc/dracut.conf.d/10-slicer-vfio.conf",
	  "force_drivers+=\" vfio_pci vfio vfio_iommu_type1 \"" },
	{ "mkinitcpio", "/etc/mkinitcpio.conf",
	  "MODULES=(vfio_pci vfio vfio_iommu_type1 ...), before any graphics driver" },
	{ "booster", "/etc/booster.yaml",
	  "modules_force_load: vfio_pci,vfio,vfio_iommu_type1" },
	{ "tiny-initramfs", "/etc/tiny-initramfs/tiny-initramfs.conf",
	  "INCLUDE_MODULES=vfio_pci,vfio,vfio_iommu_type1" },
};

static int plan(const struct initramfs_config *c, const struct initramfs_wish *w,
		struct plan *ret, struct error *e)
{
	const char *name = c->generator->name;

	(void)e;
	if (w->remove || (!w->early_bind && !w->rebuild))
		return 0;
	if (!w->early_bind) {
		plan_next(ret,
			  "the initramfs (%s) is left alone, and the kernel parameters "
			  "don't "
			  "need it rebuilt; to do so: %s",
			  name, c->rebuild_command);
		return 0;
	}
	plan_warn(ret,
		  "the initramfs (%s) is not changed: without vfio-pci in it, the "
		  "devices' own "
		  "drivers may get them first",
		  name);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (strcmp(early[i].name, name) == 0)
			plan_next(ret, "write into %s: %s", early[i].file, early[i].line);
	for (size_t i = 0; i < w->drivers.n; i++)
		plan_next(ret,
			  "write into /etc/modprobe.d/slicer-vfio.conf: softdep %s pre: "
			  "vfio-pci",
			  w->drivers.v[i]);
	plan_next(ret, "then run: %s", c->rebuild_command);
	return 0;
}

const struct initramfs_generator initramfs_dracut = {
	.name = "dracut",
	.probe = probe_dracut,
	.load = load_dracut,
	.plan = plan,
};

const struct initramfs_generator initramfs_mkinitcpio = {
	.name = "mkinitcpio",
	.probe = probe_mkinitcpio,
	.load = load_mkinitcpio,
	.plan = plan,
};

const struct initramfs_generator initramfs_booster = {
	.name = "booster",
	.probe = probe_booster,
	.load = load_booster,
	.plan = plan,
};

const struct initramfs_generator initramfs_tiny = {
	.name = "tiny-initramfs",
	.probe = probe_tiny,
	.load = load_tiny,
	.plan = plan,
};
