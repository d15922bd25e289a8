/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine can have several ESPs (a second disk, a mirror): systemd-boot reads the one
 * that it was started from, and says which (LoaderDevicePartUUID, systemd
 * docs/BOOT_LOADER_INTERFACE.md).
 */
#include "bootloaders/systemd_boot.h"

#include <errno.h>
#include <strings.h>

void sdboot_check_esp(const struct facts *f, struct boot_config *ret)
{
	const struct boot_partitions *b = &f->boot_partitions;
	const char *booted = f->efi.loader_part_uuid;

	if (!b->esp || !b->esp_part_uuid || !booted || !f->efi.loader_info ||
	    !str_starts(f->efi.loader_info, "systemd-boot ") ||
	    strcasecmp(booted, b->esp_part_uuid) == 0)
		return;
	error_set(&ret->elsewhere, ENOTSUP,
		  "systemd-boot was started from another partition: "
		  "LoaderDevicePartUUID is %s, but the ESP mounted on %s is %s",
		  booted, b->esp, b->esp_part_uuid);
	error_at(&ret->elsewhere, b->esp, 0);
	error_hint(&ret->elsewhere,
		   "mount /dev/disk/by-partuuid/%s there instead, then try again; "
		   "--force changes this one all the same",
		   booted);
	strv_add(&ret->notes, ret->elsewhere.what);
}
