/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is GRUB here, and did it boot this machine? */
#include "bootloaders/grub.h"

#include <strings.h>

#include "bootloaders/others.h"
#include "text/grubcfg.h"

/* GRUB puts BOOT_IMAGE= in front of what its linux command is given
 * (include/grub/lib/cmdline.h LINUX_IMAGE). SYSLINUX does so too, but also passes its
 * "initrd=" along. */
static bool is_grub_cmdline(const char *cmdline)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(cmdline, strlen(cmdline), &params);
	if (params.n == 0 || !str_starts(params.v[0], "BOOT_IMAGE="))
		return false;
	for (size_t i = 0; i < params.n; i++)
		if (str_starts(params.v[i], "initrd="))
			return false;
	return true;
}

bool grub_booted(const struct facts *f, struct boot_probe *ret)
{
	static const char *const names[] = { "\\grub", "\\shim" };
	const char *info = f->efi.loader_info, *file = f->efi.boot_file;
	bool booted = false;

	/* The bli module of GRUB 2.12 and later sets it; being there alone says nothing
	 * (grub-core/commands/bli.c). */
	if (info && str_starts(info, "GRUB ")) {
		boot_probe_add(ret, BOOT_BOOTED, "LoaderInfo: %s", info);
		booted = true;
	}
	if (f->cmdline && is_grub_cmdline(f->cmdline)) {
		boot_probe_add(ret, BOOT_BOOTED, "/proc/cmdline: %.*s",
			       (int)strcspn(f->cmdline, " "), f->cmdline);
		booted = true;
	}
	/* The firmware's file only adds to that: a shim may start anything. */
	for (size_t i = 0; booted && file && i < ARRAY_SIZE(names); i++)
		if (strcasestr(file, names[i]))
			boot_probe_add(ret, BOOT_BOOTED, "BootCurrent: %s", file);
	return booted;
}

bool grub_reads_bls(const struct host *h, const char *path)
{
	CLEANUP(grub_cfg_done) struct grub_cfg cfg = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	if (host_read(h, path, GRUB_CFG_MAX, &text, NULL) < 0 ||
	    grub_cfg_parse(str_c(&text), text.len, &cfg, NULL) < 0 || !cfg.has_blscfg)
		return false;
	for (size_t i = 0; i < cfg.n; i++)
		if (cfg.v[i].n_kernels)
			return false;
	return true;
}

/* The menu, or, where /boot is not mounted, what would write it. */
static void find_installed(const struct host *h, const struct facts *f,
			   struct boot_probe *ret)
{
	CLEANUP(free_char) char *program = NULL;

	if (host_exists(h, GRUB_CFG)) {
		boot_probe_add(ret, BOOT_INSTALLED, "%s", GRUB_CFG);
		return;
	}
	if (!host_exists(h, GRUB_MAIN))
		return;
	if (!host_is_dir(h, "/boot/grub") &&
	    !strv_has(&f->mounts.fstab_unmounted, "/boot"))
		return;
	program = host_find_program(h, "update-grub");
	if (!program)
		program = host_find_program(h, "grub-mkconfig");
	if (program)
		boot_probe_add(ret, BOOT_INSTALLED, "%s and %s", GRUB_MAIN, program);
}

static int probe(const struct host *h, const struct facts *f, struct boot_probe *ret,
		 struct error *e)
{
	(void)e;
	/* Fedora's and RHEL's, whose entries are grubby's business. */
	if (grub_reads_bls(h, GRUB_CFG))
		return 0;
	find_installed(h, f, ret);
	/* Evidence of some GRUB is evidence of this one only where this one is. */
	if (ret->match != BOOT_NO)
		grub_booted(f, ret);
	return 0;
}

const struct bootloader bootloader_grub = {
	.name = "grub",
	.title = "GRUB",
	.probe = probe,
	.load = grub_load,
	.plan = grub_plan,
	.trial = grub_plan_trial,
	.trial_end = grub_plan_trial_end,
	.one_shot_anew = grub_plan_env,
};
