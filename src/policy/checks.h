/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups of checks, in the order in which they are told. Inside src/policy only. */
#ifndef SLICER_POLICY_CHECKS_H
#define SLICER_POLICY_CHECKS_H

#include "policy/judge.h"

void checks_platform(const struct diagnosis *d, struct checks *ret);
void checks_firmware(const struct diagnosis *d, struct checks *ret);
void checks_kernel(const struct diagnosis *d, struct checks *ret);
void checks_cmdline(const struct diagnosis *d, struct checks *ret);
/* Names and words that no kernel knows: of the group "cmdline". */
void checks_mistakes(const struct diagnosis *d, struct checks *ret);
/* A trial boot: of the group "bootloader". */
void checks_trial(const struct diagnosis *d, struct checks *ret);
void checks_bootloader(const struct diagnosis *d, struct checks *ret);
/* Disks that the TPM unlocks: of the group "bootloader". */
void checks_seals(const struct diagnosis *d, struct checks *ret);
void checks_initramfs(const struct diagnosis *d, struct checks *ret);
void checks_iommu(const struct diagnosis *d, struct checks *ret);
void checks_devices(const struct diagnosis *d, struct checks *ret);
void checks_at_boot(const struct diagnosis *d, struct checks *ret);
/* What binds devices at boot beside "pci bind --persist": of the group "devices". */
void checks_old_setup(const struct diagnosis *d, struct checks *ret);
/* What binds left behind: of the group "devices". */
void checks_leftovers(const struct diagnosis *d, struct checks *ret);
/* Virtual machines that are defined to have the same devices: of the group "devices". */
void checks_vms(const struct diagnosis *d, struct checks *ret);
void checks_limits(const struct diagnosis *d, struct checks *ret);
/* Who may open what VFIO has: of the group "limits". */
void checks_nodes(const struct diagnosis *d, struct checks *ret);
void checks_hypervisors(const struct diagnosis *d, struct checks *ret);

/* Adds the step that lets slicer see more, if there is one. */
void check_fix_root(const struct diagnosis *d, struct check *c);
/* For what only a running system shows. */
void check_fix_start(struct check *c);
/* For what the default entry would tell, but could not be read. */
void check_fix_entry(const struct diagnosis *d, struct check *c);

#endif
