/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grub.cfg beside GRUB's program on the ESP. Debian's and Ubuntu's grub-install write
 * a stub of three lines there (util/grub-install.c, write_prefix_cfg; Debian's signed
 * images look for it in EFI/debian, EFI/ubuntu):
 *
 *   search.fs_uuid UUID root hd0,gpt2
 *   set prefix=($root)'/boot/grub'
 *   configfile $prefix/grub.cfg
 *
 * It decides which menu GRUB reads. A reader, never an editor.
 */
#ifndef SLICER_TEXT_GRUBSTUB_H
#define SLICER_TEXT_GRUBSTUB_H

#include "base/error.h"
#include "base/str.h"

struct grub_stub {
	/* The filesystem that it looks for; NULL: none, GRUB stays on the ESP. */
	char *uuid;
	/* The menu in that filesystem ("/boot/grub/grub.cfg"); NULL: it can't be told. */
	char *path;
	/* It has menu entries of its own and leads nowhere: it is the menu. */
	bool is_menu;
};
void grub_stub_done(struct grub_stub *s);
/*
 * Reads straight-line stubs. What is written in another way (conditions, loops, search by
 * file or label, variables of GRUB's other than root and prefix) gives path == NULL and
 * is_menu == false: nothing is known. Everything in *ret is owned by the caller. Refuses
 * binary content (NUL) with -EINVAL.
 */
int grub_stub_parse(const char *text, size_t len, struct grub_stub *ret, struct error *e);

#endif
