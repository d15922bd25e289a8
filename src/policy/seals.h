/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new command line, menu or initramfs means for disks that the TPM unlocks. */
#ifndef SLICER_POLICY_SEALS_H
#define SLICER_POLICY_SEALS_H

#include "probe/seals.h"

/* May the TPM keep the key to itself then? */
bool seal_is_at_risk(const struct tpm_seal *seal);
/* What a person should know, by name and PCRs, whether it is at risk or not: owned by the
 * caller. */
char *seal_describe(const struct sealed_disk *disk);
/* How it is sealed again after the reboot: owned by the caller, NULL if that can't be
 * told in one command. */
char *seal_remedy(const struct sealed_disk *disk);

#endif
