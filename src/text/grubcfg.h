/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What grub-mkconfig wrote: the menu entries of a grub.cfg with the kernel command line
 * that each will pass. Source: util/grub.d/{00_header,10_linux,20_linux_xen}.in of GRUB
 * 2.06-2.14 and the GRUB manual (quoting, menuentry, submenu). A reader, never an editor:
 * slicer changes grub.cfg only through the generator.
 */
#ifndef SLICER_TEXT_GRUBCFG_H
#define SLICER_TEXT_GRUBCFG_H

#include "base/error.h"
#include "base/str.h"

struct grub_linux {
	char *kernel; /* path as GRUB sees it: "/boot/vmlinuz-6.1.0-1-amd64" */
	/* Everything behind it as GRUB passes it (grub-core/lib/cmdline.c): unquoted, one
	 * blank between words, double quotes around a word that has blanks; variables
	 * such as $vt_handoff as they stand. */
	char *options;
	unsigned line;
};
struct grub_entry {
	char *title;
	char *id; /* $menuentry_id_option or --id; NULL if none */
	char *section; /* "/etc/grub.d/10_linux" of ### BEGIN ###, NULL outside */
	char *parent; /* id (or title) of the enclosing submenu, NULL at top level */
	unsigned line;
	/* Bytes of the text: where the command begins that is or ends in "menuentry",
	 * what follows its "{", and the "}" that closes it; end is 0 where none does. */
	size_t start, body, end;
	/* linux, linux16, linuxefi lines; several with FORCE_PARTUUID. The first module
	 * of a xen entry. */
	struct grub_linux *kernels;
	size_t n_kernels, cap_kernels;
	struct strv initrds; /* paths of all initrd lines */
	bool xen; /* multiboot2/module2: a hypervisor's entry */
};

/* The menu as GRUB numbers it: entries and submenus in their order. */
enum grub_item_kind {
	GRUB_ITEM_ENTRY,
	GRUB_ITEM_SUBMENU,
	GRUB_ITEM_UNKNOWN, /* blscfg, source ...: any number of items */
};
struct grub_item {
	enum grub_item_kind kind;
	char *title, *id; /* id NULL if none */
	size_t parent; /* the submenu's item, SIZE_MAX at top level */
	size_t entry; /* index in grub_cfg.v, SIZE_MAX if not an entry */
	bool conditional; /* inside an if: may not be in the menu */
};
struct grub_cfg {
	struct grub_entry *v;
	size_t n, cap;
	struct grub_item *items;
	size_t n_items, cap_items;
	/* Of the last unconditional `set default="..."`, or of 00_header's else branch;
	 * "0", an id, a title, "a>b" or "${saved_entry}"; NULL if none. */
	char *default_value;
	bool has_blscfg; /* entries are in /boot/loader/entries */
	bool has_next_entry; /* 00_header's one-shot code is there */
	bool clears_next_entry; /* and saves that it is used up, so that it is one */
	bool reads_custom; /* 41_custom's code is there: custom.cfg beside it is read */
	/* Has commands; braces, quotes and if/fi are balanced, every BEGIN has its END:
	 * not cut off, as far as it shows (between two sections it doesn't). */
	bool complete;
};

void grub_cfg_done(struct grub_cfg *cfg);
/* Refuses binary content (NUL). A cut-off file parses with complete == false. */
int grub_cfg_parse(const char *text, size_t len, struct grub_cfg *ret, struct error *e);

/*
 * The index of the entry that default_value (with saved_entry put in by the caller)
 * means, as GRUB resolves it: number, id, title, "submenu>entry" forms; a number counts
 * items of one level (a submenu is one item); what isn't found or is a submenu means
 * the first item there. Returns SIZE_MAX when it can't be told: the value holds a
 * variable, or it depends on items that exist only under a condition or come from
 * another file.
 */
size_t grub_cfg_default(const struct grub_cfg *cfg, const char *value);

#endif
