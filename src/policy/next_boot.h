/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot menu to the running kernel: what did the loader start, did it read the
 * menu that slicer reads, and what will the next boot change? Pure functions.
 */
#ifndef SLICER_POLICY_NEXT_BOOT_H
#define SLICER_POLICY_NEXT_BOOT_H

#include "policy/policy.h"

/*
 * The first entry, other than the default one, whose kernel and command line are the
 * running ones: a person chose it in the menu. NULL where there is none, or where the
 * default entry's command line is the same.
 */
const struct boot_entry *next_boot_other_started(const struct diagnosis *d);

/*
 * Does the loader read something else than what slicer reads? That is known where the
 * boot loader's backend proved it, or where the running command line is the default
 * entry's without the wanted parameters although that entry was written before this boot.
 * A running kernel that has the parameters proves that the loader has read them.
 */
bool next_boot_is_elsewhere(const struct diagnosis *d);
/* What that rests on, in words: owned by the caller; NULL where it is not elsewhere. */
char *next_boot_why_elsewhere(const struct diagnosis *d);
/* The steps that make the loader read the right file. Appended. */
void next_boot_mend(const struct diagnosis *d, struct strv *next);

/*
 * On a host that is ready now, what the next boot changes: owned by the caller, NULL:
 * nothing that is known. next (may be NULL) gets what to do about it, before what a ready
 * host does.
 */
char *next_boot_note(const struct diagnosis *d, struct strv *next);

#endif
