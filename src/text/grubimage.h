/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GRUB program for x86_64 EFI: what grub-mkimage has put into it. Behind the kernel
 * stands a list of modules (include/grub/kernel.h: struct grub_module_info64, magic
 * "mimg", then struct grub_module_header and data for each). Two of them say where
 * grub.cfg is looked for: the prefix, and commands that are run before. A reader, never
 * an editor.
 */
#ifndef SLICER_TEXT_GRUBIMAGE_H
#define SLICER_TEXT_GRUBIMAGE_H

#include "base/error.h"
#include "base/str.h"

struct grub_image {
	/* "/EFI/debian": on the partition that it was started from. "(,gpt2)/boot/grub":
	 * on that of the same disk. NULL: none. */
	char *prefix;
	char *config; /* commands; NULL: none */
};
void grub_image_done(struct grub_image *i);
/* Everything in *ret is owned by the caller. -EINVAL: there is no such list. */
int grub_image_parse(const void *bytes, size_t len, struct grub_image *ret,
		     struct error *e);
/*
 * Does it read the grub.cfg in a directory of the ESP? So do the signed images of the
 * distributions (Debian's build-efi-images: "-p /EFI/debian"). What grub-install makes
 * for one machine looks for the menu itself: by a device in the prefix, or by commands
 * that search for the filesystem and set the prefix (util/grub-install.c, load.cfg).
 */
bool grub_image_reads_stub(const struct grub_image *i);

#endif
