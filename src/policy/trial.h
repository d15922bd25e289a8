/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a trial boot has come. All of it is read off the entry, the loader and the
 * running kernel: the entry's id says by its tail in which boot it was set up.
 */
#ifndef SLICER_POLICY_TRIAL_H
#define SLICER_POLICY_TRIAL_H

#include <time.h>

#include "bootloaders/bootloader.h"

enum trial_state {
	TRIAL_NONE, /* nothing is there of one */
	TRIAL_PENDING, /* the next boot is it */
	TRIAL_RUNNING, /* this boot is it */
	TRIAL_OVER, /* it was started, or meant to be, and this boot is another */
	TRIAL_IDLE, /* its entry is there, but nothing starts it */
};

/* A new id: the time, and the boot (NULL: not known). Owned by the caller. */
char *trial_make_id(time_t now, const char *boot_id);
/* cmdline and boot_id of the running kernel; NULL if not known. */
enum trial_state trial_state_of(const struct boot_config *boot, const char *cmdline,
				const char *boot_id);
/* When it was set up, by its id; 0 if that does not say. */
time_t trial_time(const char *id);

#endif
