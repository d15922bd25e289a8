/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/kernel/cmdline, which kernel-install gives to the entries that it makes, while
 * something is taken back. Where there is no such file, it takes the running command line
 * (90-loaderentry.install of systemd), which may be one that was meant for a single boot.
 */
#ifndef SLICER_CMD_SETUP_KERNEL_CMDLINE_H
#define SLICER_CMD_SETUP_KERNEL_CMDLINE_H

#include "cmd/setup.h"

#define KERNEL_CMDLINE "/etc/kernel/cmdline"

/* KERNEL_CMDLINE, if the undo has to leave it there without slicer's parameters; NULL: it
 * may go. */
const char *kernel_cmdline_to_keep(const struct setup *s, const struct undo *u);
/* s->plan is whole: where its programs would take another command line, it also makes the
 * file that is gone already. */
void kernel_cmdline_add(struct setup *s, const struct undo *u);
/* Plans to remove the file that an earlier undo left, once it has no use any more. */
void kernel_cmdline_plan_kept(struct setup *s, const struct undo *u);

#endif
