/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of an initramfs while it streams by. */
#ifndef SLICER_PROBE_INITRAMFS_CONTENT_H
#define SLICER_PROBE_INITRAMFS_CONTENT_H

#include "probe/cpio_walk.h"
#include "probe/initramfs.h"

struct initramfs_content {
	struct initramfs_image *image;
	struct initramfs_file *files; /* asked for */
	size_t n_files;
	const struct strv *want_modules; /* may be NULL */
	struct initramfs_file *current; /* whose data is coming in */
};

/* The callbacks of struct cpio_walk; data is a struct initramfs_content. */
bool initramfs_content_member(void *data, const char *name,
			      const struct cpio_header *header);
void initramfs_content_bytes(void *data, const uint8_t *p, size_t n);

#endif
