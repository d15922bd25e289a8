/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is inside an initramfs image, streamed: nothing is unpacked to disk and memory
 * stays that of the decompressor. An image is a sequence of cpio archives, the last one
 * usually compressed (linux Documentation/driver-api/early-userspace/buffer-format.rst).
 * libarchive decompresses, the archives are walked here.
 */
#ifndef SLICER_PROBE_INITRAMFS_H
#define SLICER_PROBE_INITRAMFS_H

#include "host/host.h"

struct initramfs_file {
	char *name; /* asked for: "etc/modprobe.d/slicer-vfio.conf", no leading slash */
	bool found;
	struct str contents; /* at most 64 KiB */
};
struct initramfs_image {
	char *path;
	/* Every archive ended with its trailer, the decompressor ended clean, and nothing
	 * but zeros is behind. */
	bool complete;
	char *why_not; /* complete == false: where and why, in words */
	/* A bound was reached: too large, too much when unpacked, too slow. Then nobody
	 * knows whether it is complete, and why_not says which bound */
	bool given_up;
	const char *compression; /* of the last segment: "zstd", "none" ... */
	size_t members;
	uint64_t bytes; /* of the image file */
	/* Modules seen (file names without .ko*, '-' and '_' as they are), below
	 * lib/modules/VERSION: only those that the caller asked for in want_modules. */
	struct strv modules;
	char *modules_version; /* the first kernel version directory seen, NULL if none */
	/* By content: "dracut" "initramfs-tools" "mkinitcpio" "booster", NULL unknown. */
	const char *generator;
};
/*
 * Reads path. files (may be NULL) are looked for and their contents kept (a later segment
 * wins); modules: names to look for, '-' and '_' being the same. Error: can't be opened,
 * is not a regular file. A broken or truncated image is no error: complete says it. What
 * takes longer than seconds is given up.
 */
int initramfs_scan(const struct host *h, const char *path, struct initramfs_file *files,
		   size_t n_files, const struct strv *want_modules, unsigned seconds,
		   struct initramfs_image *ret, struct error *e);
void initramfs_image_done(struct initramfs_image *i);
void initramfs_file_done(struct initramfs_file *f);

#endif
