/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/crypttab, as far as it tells which disks are unlocked at boot, and whether by a
 * TPM. */
#ifndef SLICER_TEXT_CRYPTTAB_H
#define SLICER_TEXT_CRYPTTAB_H

#include "base/str.h"

struct crypttab_entry {
	char *name; /* "cryptroot" */
	char *device; /* "UUID=...", "/dev/sda3", as written */
	char *header; /* header=: where it is, if it is not on the device; NULL */
	char *tpm; /* the option that says that a TPM is asked; NULL: none does */
	bool boot_waits; /* neither noauto nor nofail: the boot needs the disk */
	bool pcrlock; /* tpm2-pcrlock= */
	bool known; /* pcrs are those of tpm2-pcrs= */
	uint32_t pcrs; /* bit N is PCR N */
};
struct crypttab {
	struct crypttab_entry *v;
	size_t n, cap;
};
void crypttab_done(struct crypttab *c);
/* Never fails: lines that are none are left out. */
void crypttab_parse(const char *text, size_t len, struct crypttab *ret);
/* "UUID=x" as "/dev/disk/by-uuid/x", and so on; a path as it is: owned by the caller. */
char *crypttab_device_path(const char *device);

#endif
