/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of a menu entry under another name and with another kernel command line: the
 * only piece of GRUB script that slicer writes.
 */
#ifndef SLICER_TEXT_GRUBCOPY_H
#define SLICER_TEXT_GRUBCOPY_H

#include "text/cmdline.h"
#include "text/grubcfg.h"

/*
 * text is what was parsed, from one of its entries. What stands between the entry's
 * braces is copied byte for byte, but for the parameters on its linux lines, which ed
 * changes, and for "savedefault", which would make the copy the default where a person
 * starts it by hand (00_header). Its menuentry line keeps its options (--class, --users,
 * --unrestricted); title and id are new, a --hotkey goes.
 *
 * The copy is parsed again: same kernels and initrds, the old parameters with ed applied.
 * Where that can't be shown (quoting, variables) it is refused, with the line. ret is
 * appended to, one command with its newline.
 */
int grub_entry_copy(const char *text, const struct grub_entry *from, const char *id,
		    const char *title, const struct edit *ed, struct str *ret,
		    struct error *e);

#endif
