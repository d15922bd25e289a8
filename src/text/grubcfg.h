/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What grub-mkconfig wrote: the menu entries of a grub.cfg with the kernel command line that
 * each will pass. Source: util/grub.d/{00_header,10_linux}.in of GRUB 2.06-2.14 and the GRUB
 * manual (quoting, menuentry, submenu). A reader, never an editor: slicer changes
 * grub.cfg only through the generator.
 */
#ifndef SLICER_TEXT_GRUBCFG_H
#define SLICER_TEXT_GRUBCFG_H

#include "base/error.h"
#include "base/str.h"

struct grub_linux {
	char *kernel;	 /* path as GRUB sees it: "/boot/vmlinuz-6.1.0-1-amd64" */
	char *options;	 /* everything behind it, unquoted as GRUB would, blanks squeezed to one */
	unsigned line;
};
struct grub_entry {
	char *title;
	char *id;	/* $menuentry_id_option or --id; NULL if none */
	char *section;	/* "/etc/grub.d/10_linux" of ### BEGIN ###, NULL outside */
	char *parent;	/* id (or title) of the enclosing submenu, NULL at top level */
	unsigned line;
	struct grub_linux *linux; /* linux, linux16, linuxefi lines; several with FORCE_PARTUUID */
	size_t n_linux;
	struct strv initrds; /* paths of all initrd lines */
	bool xen;	     /* multiboot2/module2: a hypervisor's entry */
};
struct grub_cfg {
	struct grub_entry *v;
	size_t n, cap;
	char *default_value; /* of the last unconditional `set default="..."` of 00_header's
				else branch; "0", an id, a title, "a>b" or "${saved_entry}";
				NULL if none */
	bool has_blscfg;     /* entries are in /boot/loader/entries */
	bool has_next_entry; /* 00_header's one-shot code is there */
	bool complete;	     /* braces balanced, every BEGIN has its END: not cut off */
};

void grub_cfg_done(struct grub_cfg *cfg);
/* Refuses binary content (NUL). A cut-off file parses with complete == false. */
int grub_cfg_parse(const char *text, size_t len, struct grub_cfg *ret, struct error *e);

/* grubenv (1024 bytes, "# GRUB Environment Block"): value of a variable; owned by the caller,
 * NULL if absent or the block is malformed. */
char *grubenv_get(const char *block, size_t len, const char *name);

/*
 * The index of the entry that default_value (with saved_entry put in by the caller)
 * means, as GRUB resolves it: number, id, title, "submenu>entry" forms; a number counts
 * top-level items (a submenu is one item). Returns SIZE_MAX when it can't be told.
 */
size_t grub_cfg_default(const struct grub_cfg *cfg, const char *value);

#endif
