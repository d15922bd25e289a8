/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: what has to be right before the first write, in setting up and in undoing.
 */
#ifndef SLICER_CMD_SETUP_GUARD_H
#define SLICER_CMD_SETUP_GUARD_H

#include "cmd/setup.h"

/*
 * Looks, and changes nothing. Refuses while a package manager is at work; where what the
 * plan writes is not what the boot loader reads, or where there is no room for it: the
 * latter two --force overrules, and then the plan has a warning. Disks that the TPM
 * unlocks are warned about in any case. An empty plan passes.
 */
int setup_guard(struct setup *s, struct error *e);
/*
 * Right before the first write: asks for package managers again, and keeps APT and dpkg
 * from starting for as long as *ret_fd is open (-1 where there is no dpkg).
 */
int setup_hold(const struct setup *s, int *ret_fd, struct error *e);

#endif
