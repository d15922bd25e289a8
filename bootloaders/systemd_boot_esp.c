/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine can have several ESPs (a second disk, a mirror): systemd-boot reads the one
 * that it was started from, and says which (LoaderDevicePartUUID, systemd
 * docs/BOOT_LOADER_INTERFACE.md).
 */
#include "bootloaders/systemd_boot.h"

#include <errno.h>
#include <strings.h>

static void check_mounted(const struct facts *f, struct error *e)
{
	const struct boot_partitions *b = &f->boot_partitions;
	const char *booted = f->efi.loader_part_uuid;

	if (!b->esp || !b->esp_part_uuid || !booted || !f->efi.loader_info ||
	    !str_starts(f->efi.loader_info, "systemd-boot ") ||
	    strcasecmp(booted, b->esp_part_uuid) == 0)
		return;
	error_set(e, ENOTSUP,
		  "systemd-boot was started from another partition: "
		  "LoaderDevicePartUUID is %s, but the ESP mounted on %s is %s",
		  booted, b->esp, b->esp_part_uuid);
	error_at(e, b->esp, 0);
	error_hint(e,
		   "mount /dev/disk/by-partuuid/%s there instead, then try again; "
		   "--force changes this one all the same",
		   booted);
}

/* kernel-install does not ask which one was booted: without an XBOOTLDR, it takes the
 * first of /efi, /boot and /boot/efi (systemd src/shared/find-esp.c). */
static void check_ahead(const struct facts *f, struct error *e)
{
	const struct boot_partitions *b = &f->boot_partitions;

	if (!b->esp_ahead || b->xbootldr)
		return;
	error_set(e, ENOTSUP,
		  "systemd-boot was started from the ESP mounted on %s, but "
		  "kernel-install would write to the one on %s",
		  b->esp, b->esp_ahead);
	error_at(e, b->esp_ahead, 0);
	error_hint(e, "unmount %s, then try again", b->esp_ahead);
}

void sdboot_check_esp(const struct facts *f, bool managed, struct boot_config *ret)
{
	struct error *e = &ret->elsewhere;

	check_mounted(f, e);
	if (managed && e->code == ERROR_NONE)
		check_ahead(f, e);
	if (e->code != ERROR_NONE)
		strv_add(&ret->notes, e->what);
}
