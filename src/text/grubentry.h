/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands inside a menuentry mean: its kernels and initrds. A part of grubcfg.
 */
#ifndef SLICER_TEXT_GRUBENTRY_H
#define SLICER_TEXT_GRUBENTRY_H

#include "text/grubcfg.h"

/* names ends with NULL. */
bool grub_word_is_any(const char *word, const char *const *names);
void grub_entry_done(struct grub_entry *entry);
/* Takes note of one command, n > 0 words. May change the order of args. */
void grub_entry_command(struct grub_entry *entry, char **args, size_t n, unsigned line);

#endif
