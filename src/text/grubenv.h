/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's environment block, where "the entry for the next boot alone" is kept: 1024
 * bytes,
 * "# GRUB Environment Block", name=value lines, filled up with "#"
 * (include/grub/lib/envblk.h, grub-core/lib/envblk.c of GRUB 2.06 to 2.14). A reader,
 * never a writer: GRUB writes to it by block list, so only grub-editenv may touch it.
 */
#ifndef SLICER_TEXT_GRUBENV_H
#define SLICER_TEXT_GRUBENV_H

#include "base/error.h"
#include "base/str.h"

#define GRUBENV_SIZE 1024

/* Is this a block that GRUB can read and write back? Error: what is wrong with it. */
int grubenv_check(const char *block, size_t len, struct error *e);
/* The value of a variable; owned by the caller, NULL if it is absent or the block has not
 * the right beginning. */
char *grubenv_get(const char *block, size_t len, const char *name);
/* The other variables, as they stand in the block, a line each; owned by the caller.
 * Empty if there is none, or the block has not the right beginning. */
char *grubenv_others(const char *block, size_t len, const char *name);

#endif
