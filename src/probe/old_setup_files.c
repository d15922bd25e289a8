/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files may have something to say about devices at boot, and reading them. */
#include "probe/modprobe_files.h"
#include "probe/old_setup.h"

/* "driverctl set-override" keeps one file for each device: "pci-0000:0b:00.0". */
#define DRIVERCTL_DIR "/etc/driverctl.d"

static void read_file(const struct host *h, enum old_source source, const char *path,
		      size_t max, struct old_setup *ret)
{
	struct old_file *f;
	struct str text = { 0 };

	if (host_read(h, path, max, &text, NULL) < 0)
		return;
	ret->files =
		xgrow(ret->files, ret->n_files, &ret->files_cap, sizeof(*ret->files));
	f = &ret->files[ret->n_files++];
	*f = (struct old_file){ .source = source, .path = xstrdup(path), .text = text };
}

static void add_cmdline(enum old_source source, const char *path, const char *text,
			struct old_setup *ret)
{
	struct old_file *f;

	if (!text)
		return;
	ret->files =
		xgrow(ret->files, ret->n_files, &ret->files_cap, sizeof(*ret->files));
	f = &ret->files[ret->n_files++];
	*f = (struct old_file){ .source = source, .path = xstrdup_null(path) };
	str_add(&f->text, text);
}

/* Files of a directory by their names; slicer's own are left out. */
static void read_dir(const struct host *h, enum old_source source, const char *dir,
		     const char *prefix, const char *suffix, size_t max,
		     struct old_setup *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, names.v[i]);

		if (str_starts(names.v[i], prefix) && str_ends(names.v[i], suffix) &&
		    !str_starts(names.v[i], "slicer-"))
			read_file(h, source, path, max, ret);
	}
}

/* Directories of one more: "scripts/init-top", "modules.d/90vfio". */
static void read_dirs(const struct host *h, const char *dir, const char *suffix,
		      struct old_setup *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, names.v[i]);

		if (host_is_dir(h, path))
			read_dir(h, OLD_IN_PROGRAM, path, "", suffix, OLD_PROGRAM_MAX,
				 ret);
	}
}

/* initramfs-tools(7), mkinitcpio(8), dracut.modules(7); units and scripts that a person
 * adds; Unraid's list of devices. */
static void read_programs(const struct host *h, struct old_setup *ret)
{
	read_dirs(h, "/etc/initramfs-tools/scripts", "", ret);
	read_dir(h, OLD_IN_PROGRAM, "/etc/initcpio/hooks", "", "", OLD_PROGRAM_MAX, ret);
	read_dir(h, OLD_IN_PROGRAM, "/usr/lib/initcpio/hooks", "", "", OLD_PROGRAM_MAX,
		 ret);
	read_dirs(h, "/usr/lib/dracut/modules.d", ".sh", ret);
	read_dir(h, OLD_IN_PROGRAM, "/etc/systemd/system", "", ".service",
		 OLD_PROGRAM_MAX, ret);
	read_dir(h, OLD_IN_PROGRAM, "/etc/local.d", "", ".start", OLD_PROGRAM_MAX, ret);
	read_file(h, OLD_IN_PROGRAM, "/etc/rc.local", OLD_PROGRAM_MAX, ret);
	read_file(h, OLD_IN_PROGRAM, "/boot/config/vfio-pci.cfg", OLD_PROGRAM_MAX, ret);
}

/* A directory of /etc that was meant to be modprobe.d: "modeprobe.d". One whose name
 * begins with it is put away on purpose. */
static bool is_slip(const char *name)
{
	return str_starts(name, "mod") && strstr(name, "prob") &&
	       !str_starts(name, "modprobe.d");
}

/* What modprobe does not read. In its directory, a name without a dot is a slip; others
 * are mostly meant to put a file out of use. */
static void read_unread(const struct host *h, struct old_setup *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 }, etc = { 0 };

	host_list(h, "/etc/modprobe.d", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *path = xasprintf("/etc/modprobe.d/%s", names.v[i]);

		if (!strchr(names.v[i], '.'))
			read_file(h, OLD_IN_UNREAD, path, MODPROBE_MAX, ret);
	}
	host_list(h, "/etc", &etc, NULL);
	for (size_t i = 0; i < etc.n; i++) {
		CLEANUP(free_char) char *path = xasprintf("/etc/%s", etc.v[i]);

		if (!is_slip(etc.v[i]))
			continue;
		if (host_is_dir(h, path))
			read_dir(h, OLD_IN_UNREAD, path, "", "", MODPROBE_MAX, ret);
		else
			read_file(h, OLD_IN_UNREAD, path, MODPROBE_MAX, ret);
	}
}

/* One of modules-load.d's files is often a link to /etc/modules. */
static void read_lists(const struct host *h, struct old_setup *ret)
{
	static const char *const dirs[] = { "/etc/modules-load.d", "/run/modules-load.d",
					    "/usr/local/lib/modules-load.d",
					    "/usr/lib/modules-load.d" };

	read_file(h, OLD_IN_MODULES, "/etc/initramfs-tools/modules", HOST_MAX_CONFIG,
		  ret);
	read_file(h, OLD_IN_MODULES, "/etc/modules", HOST_MAX_CONFIG, ret);
	for (size_t k = 0; k < ARRAY_SIZE(dirs); k++) {
		CLEANUP(strv_done) struct strv names = { 0 };

		host_list(h, dirs[k], &names, NULL);
		for (size_t i = 0; i < names.n; i++) {
			CLEANUP(free_char)
			char *path = xasprintf("%s/%s", dirs[k], names.v[i]);
			CLEANUP(free_char) char *link = host_link_base(h, path);

			if (str_ends(path, ".conf") && !str_eq(link, "modules"))
				read_file(h, OLD_IN_MODULES, path, HOST_MAX_CONFIG, ret);
		}
	}
}

/* mkinitcpio.conf(5), dracut.conf(5), booster(1). */
static void read_generators(const struct host *h, struct old_setup *ret)
{
	static const char *const files[] = { "/etc/mkinitcpio.conf", "/etc/dracut.conf",
					     "/etc/booster.yaml" };
	static const char *const dirs[] = { "/etc/mkinitcpio.conf.d",
					    "/etc/dracut.conf.d",
					    "/usr/lib/dracut/dracut.conf.d" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		read_file(h, OLD_IN_GENERATOR, files[i], HOST_MAX_CONFIG, ret);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		read_dir(h, OLD_IN_GENERATOR, dirs[i], "", ".conf", HOST_MAX_CONFIG, ret);
}

void old_setup_read(const struct old_query *q, struct old_setup *ret)
{
	const struct host *h = q->host;
	CLEANUP(strv_done) struct strv paths = { 0 };

	modprobe_files(h, &paths);
	for (size_t i = 0; i < paths.n; i++)
		read_file(h, OLD_IN_MODPROBE, paths.v[i], MODPROBE_MAX, ret);
	/* kmod reads the command line after all files (libkmod/libkmod-config.c,
	 * kmod_config_new()), so that its parameters have the last word. */
	add_cmdline(OLD_IN_CMDLINE, q->next_boot ? NULL : "/proc/cmdline",
		    q->next_boot ? q->next_boot : q->running, ret);
	if (q->next_boot)
		add_cmdline(OLD_IN_RUNNING, "/proc/cmdline", q->running, ret);
	read_lists(h, ret);
	read_unread(h, ret);
	read_generators(h, ret);
	read_dir(h, OLD_IN_DRIVERCTL, DRIVERCTL_DIR, "pci-", "", 4096, ret);
	read_dir(h, OLD_IN_RULES, "/etc/udev/rules.d", "", ".rules", HOST_MAX_CONFIG,
		 ret);
	read_programs(h, ret);
}
