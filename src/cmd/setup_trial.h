/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu --trial and --confirm: a command line that is tried for one boot. */
#ifndef SLICER_CMD_SETUP_TRIAL_H
#define SLICER_CMD_SETUP_TRIAL_H

#include "cmd/setup.h"
#include "policy/trial.h"

/* Where the service that confirms by itself stands, and what starts it: a drop-in,
 * because a file can be taken back and a link in a .wants directory is none. */
#define CONFIRM_SERVICE "/etc/systemd/system/slicer-confirm.service"
#define CONFIRM_DROPIN_DIR "/etc/systemd/system/multi-user.target.d"
#define CONFIRM_DROPIN CONFIRM_DROPIN_DIR "/slicer-confirm.conf"

/* --trial: s->plan sets the trial boot up. Refused where what is tried could not be made
 * permanent afterwards. Nothing to try: an empty plan, or one that ends an earlier trial.
 */
int setup_make_trial(struct setup *s, struct error *e);
/*
 * --confirm: makes permanent what the running boot tries, and takes the trial away. On a
 * trial that is over it does only the latter, and *ret_status is 1.
 */
int setup_confirm(struct setup *s, int *ret_status, struct error *e);
/* Appends to s->plan what takes away whatever is there of a trial. */
int setup_end_trial(struct setup *s, struct error *e);
/* Where the plan is about a trial: is that set up as promised, or gone, or (rolled_back)
 * as it was? Where a program of it sets the one-shot, or makes what that is kept in: is
 * it whole, with what others keep in it? */
int setup_verify_trial(struct setup *s, bool rolled_back, struct error *e);

#endif
