/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's menu: the entries of grub.cfg as the host's files have them. */
#include "bootloaders/grub.h"

#include <errno.h>
#include <strings.h>

#include "text/grubcfg.h"
#include "text/grubenv.h"

/* The name of the /etc/grub.d script that wrote the entry; "" if none did. */
static const char *section_of(const struct grub_entry *entry)
{
	return entry->section ? path_base(entry->section) : "";
}

/* Other systems' entries, tools and firmware menus are none of ours. */
static bool is_ours(const struct grub_entry *entry)
{
	const char *section = section_of(entry);

	if (entry->n_kernels == 0 || entry->xen)
		return false;
	if (strcmp(section, "30_os-prober") == 0 ||
	    (entry->id && str_starts(entry->id, "osprober-")))
		return false;
	return !str_starts(path_base(entry->kernels[0].kernel), "memtest");
}

/* 10_linux, Ubuntu's 10_linux_zfs and distributions' own scripts use its ids; copies of
 * such entries that a person put into 40_custom keep the id but are not made anew. */
static bool is_generated(const struct grub_entry *entry)
{
	const char *section = section_of(entry);

	if (str_starts(section, "10_linux"))
		return true;
	return *section && !str_starts(section, "40_custom") &&
	       !str_starts(section, "41_custom") && entry->id &&
	       str_starts(entry->id, "gnulinux-");
}

/* By 10_linux's id where there is one: "single" may also be configured for all. */
static bool is_recovery(const struct grub_entry *entry, const char *options)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	if (entry->id && str_starts(entry->id, "gnulinux-"))
		return strstr(entry->id, "-recovery-") != NULL;
	if (strcasestr(entry->title, "recovery mode") ||
	    strcasestr(entry->title, "rescue"))
		return true;
	cmdline_split(options, strlen(options), &params);
	return boot_rescue_param(&params) != NULL;
}

/*
 * GRUB's paths start at the filesystem that holds the kernel: "/vmlinuz-V" where /boot is
 * one of its own, "/@/boot/vmlinuz-V" in a btrfs subvolume, "/BOOT/x@/vmlinuz-V" on ZFS.
 * Kernels lie in /boot, so what is there by that path or name is it.
 */
static char *host_path(const struct host *h, const char *path)
{
	const char *boot = strstr(path, "/boot/");
	char *candidates[] = {
		boot ? xstrdup(boot) : NULL,
		xasprintf("/boot%s", path),
		xasprintf("/boot/%s", path_base(path)),
	};
	char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		if (!found && candidates[i] && host_exists(h, candidates[i]))
			found = take(candidates[i]);
		free(candidates[i]);
	}
	return found;
}

void grub_fill_entry(const struct host *h, const struct facts *f,
		     const struct grub_entry *from, const struct grub_linux *kernel,
		     struct boot_entry *entry)
{
	entry->id = xstrdup(from->id ? from->id : from->title);
	entry->title = xstrdup(from->title);
	entry->kernel = host_path(h, kernel->kernel);
	entry->version = boot_kernel_version(h, f, kernel->kernel);
	for (size_t i = 0; i < from->initrds.n; i++) {
		char *path = host_path(h, from->initrds.v[i]);

		if (path)
			strv_take(&entry->initrds, path);
	}
	entry->options = xstrdup(kernel->options);
	entry->added = strlen("BOOT_IMAGE= ") + strlen(kernel->kernel);
	entry->source = xstrdup(GRUB_CFG);
	entry->line = kernel->line;
	entry->is_generated = is_generated(from);
	entry->is_foreign = !entry->is_generated;
	entry->is_recovery = is_recovery(from, kernel->options);
}

/* What GRUB will start next: the one-shot if it is set (and is no trial's), else the
 * default, which may be the saved one (util/grub.d/00_header.in). SIZE_MAX if it can't be
 * told. */
static size_t default_index(const struct host *h, const struct grub_cfg *cfg)
{
	CLEANUP(str_done) struct str env = { 0 };
	CLEANUP(free_char) char *next = NULL, *saved = NULL;
	const char *value = cfg->default_value ? cfg->default_value : "0";

	if (host_read(h, GRUB_ENV, HOST_MAX_CONFIG, &env, NULL) == 0) {
		next = grubenv_get(str_c(&env), env.len, "next_entry");
		saved = grubenv_get(str_c(&env), env.len, "saved_entry");
	}
	if (cfg->has_next_entry && next && *next && strcmp(next, GRUB_TRIAL) != 0)
		value = next;
	else if (strcmp(value, "${saved_entry}") == 0 ||
		 strcmp(value, "$saved_entry") == 0)
		value = saved ? saved : "0";
	return grub_cfg_default(cfg, *value ? value : "0");
}

static void add_entries(const struct host *h, const struct facts *f, const struct grub *g,
			struct boot_config *ret)
{
	const struct grub_cfg *cfg = &g->cfg;

	for (size_t i = 0; i < cfg->n; i++) {
		const struct grub_entry *from = &cfg->v[i];

		if (from->xen && from->n_kernels)
			strv_addf(&ret->notes,
				  "entry \"%s\" starts a hypervisor: its kernel is not "
				  "looked at",
				  from->title);
		if (!is_ours(from))
			continue;
		/* With GRUB_FORCE_PARTUUID there are two: each may be the one used. */
		for (size_t k = 0; k < from->n_kernels; k++) {
			struct boot_entry *entry = boot_config_add(ret);

			grub_fill_entry(h, f, from, &from->kernels[k], entry);
			entry->is_default = i == g->chosen;
		}
	}
}

int grub_load_menu(const struct host *h, const struct facts *f, struct boot_config *ret)
{
	struct grub *g = ret->priv;
	struct error error = { 0 };
	int r = host_read(h, GRUB_CFG, GRUB_CFG_MAX, &g->menu, &error);

	g->menu_exists = r == 0;
	g->chosen = SIZE_MAX;
	if (r == 0)
		r = grub_cfg_parse(str_c(&g->menu), g->menu.len, &g->cfg, &error);
	if (r < 0) {
		error_at(&error, GRUB_CFG, error.line);
		if (r != -ENOENT)
			ret->menu_error = error;
		strv_addf(&ret->notes, "the boot menu (%s) can't be read: %s", GRUB_CFG,
			  error.what);
		return r;
	}
	g->chosen = default_index(h, &g->cfg);
	add_entries(h, f, g, ret);
	if (g->cfg.complete && !ret->n)
		strv_addf(&ret->notes, "%s has no Linux entry", GRUB_CFG);
	if (g->cfg.complete)
		return 0;
	strv_addf(&ret->notes, "%s is cut off: \"%s\" writes it again", GRUB_CFG,
		  ret->generate_command);
	return -EBADMSG;
}
