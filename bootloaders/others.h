/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot loaders, and owners of the kernel command line, that slicer recognises but does
 * not edit yet: so that the refusal can name them and say what a person runs instead.
 */
#ifndef SLICER_BOOTLOADERS_OTHERS_H
#define SLICER_BOOTLOADERS_OTHERS_H

#include "bootloaders/bootloader.h"

struct other_loader {
	const char *name, *title;
	/* It writes the menu of whatever loader booted: decides before any of them */
	bool is_owner;
	/* LoaderInfo of one that booted starts like this */
	const char *loader_info;
	/* The file of Boot####[BootCurrent] contains this, in any case of letters */
	const char *boot_file;
	/* It is here if one of these files is, and program is there too (each may be
	 * absent) */
	const char *files[6];
	const char *program;
	/* What the table can't say; may add evidence and the match */
	void (*probe)(const struct host *h, const struct facts *f,
		      struct boot_probe *ret);
	/* What a person does, "{}" being the parameters; "%( ... {-} ... %)" is for those
	 * that contradict them, and left out where there are none */
	const char *advice;
};

/* Ends with a NULL name. */
extern const struct other_loader other_loaders[];

void other_loader_probe(const struct other_loader *o, const struct host *h,
			const struct facts *f, struct boot_probe *ret);
/* The advice with the parameters that this CPU needs: owned by the caller. */
char *other_loader_advice(const struct other_loader *o, const struct facts *f);

/* Evidence that GRUB, of whatever distribution, loaded the running kernel. Returns
 * whether there is any. */
bool grub_booted(const struct facts *f, struct boot_probe *ret);
/* Is path a grub.cfg without entries of its own, that takes those of
 * /boot/loader/entries? */
bool grub_reads_bls(const struct host *h, const char *path);

#endif
