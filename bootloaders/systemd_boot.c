/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is systemd-boot here, and did it boot this machine? */
#include "bootloaders/systemd_boot.h"

#include <strings.h>

static bool has_entries(const struct host *h, const char *partition)
{
	CLEANUP(free_char) char *dir = NULL;
	CLEANUP(strv_done) struct strv names = { 0 };

	if (!partition)
		return false;
	dir = xasprintf("%s/loader/entries", partition);
	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (bls_is_entry_name(names.v[i]))
			return true;
	return false;
}

/* The program as bootctl(1) installs it, or its configuration and entries: those alone
 * are Fedora's GRUB's too. */
static void find_installed(const struct host *h, const struct facts *f,
			   struct boot_probe *ret)
{
	const struct boot_partitions *b = &f->boot_partitions;
	CLEANUP(free_char) char *program = NULL, *config = NULL;

	if (!b->esp)
		return;
	program = xasprintf("%s/EFI/systemd/systemd-bootx64.efi", b->esp);
	config = xasprintf("%s/loader/loader.conf", b->esp);
	if (host_exists(h, program))
		boot_probe_add(ret, BOOT_INSTALLED, "%s", program);
	else if (host_exists(h, config) &&
		 (has_entries(h, b->esp) || has_entries(h, b->xbootldr)))
		boot_probe_add(ret, BOOT_INSTALLED, "%s", config);
}

/* Without LoaderInfo (no efivarfs, or not readable) less is certain: that entries were
 * handed over the EFI way, by the loader that is installed. */
static void find_traces(const struct facts *f, struct boot_probe *ret)
{
	const char *file = f->efi.boot_file;

	if (file && strcasestr(file, "systemd-boot"))
		boot_probe_add(ret, BOOT_BOOTED, "BootCurrent: %s", file);
	else if (ret->match == BOOT_INSTALLED && f->cmdline &&
		 str_starts(f->cmdline, "initrd=\\") &&
		 !(file && (strcasestr(file, "refind") || strcasestr(file, "vmlinuz"))))
		boot_probe_add(ret, BOOT_BOOTED, "/proc/cmdline: %.*s",
			       (int)strcspn(f->cmdline, " "), f->cmdline);
}

static int probe(const struct host *h, const struct facts *f, struct boot_probe *ret,
		 struct error *e)
{
	(void)e;
	find_installed(h, f, ret);
	/* Others set LoaderInfo too (GRUB's bli module, Limine): only the name tells
	 * (systemd docs/BOOT_LOADER_INTERFACE.md). */
	if (!f->efi.loader_info)
		find_traces(f, ret);
	else if (str_starts(f->efi.loader_info, "systemd-boot "))
		boot_probe_add(ret, BOOT_BOOTED, "LoaderInfo: %s", f->efi.loader_info);
	return 0;
}

const struct bootloader bootloader_systemd_boot = {
	.name = "systemd-boot",
	.title = "systemd-boot",
	.probe = probe,
	.load = sdboot_load,
	.plan = sdboot_plan,
	.shelter = sdboot_shelter,
	.trial = sdboot_plan_trial,
	.trial_end = sdboot_plan_trial_end,
};
