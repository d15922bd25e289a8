/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One header of a newc cpio archive and the magic numbers of an initramfs.
 * Source: linux Documentation/driver-api/early-userspace/buffer-format.rst, lib/decompress.c.
 */
#ifndef SLICER_TEXT_CPIO_H
#define SLICER_TEXT_CPIO_H

#include "base/util.h"

#define CPIO_HEADER_SIZE 110
#define CPIO_NAME_MAX 4096 /* PATH_MAX: a longer name makes the kernel skip it; so do we refuse */

struct cpio_header {
	uint32_t mode;
	uint32_t file_size; /* bytes of data behind the padded name */
	uint32_t name_size; /* with the NUL */
	uint32_t name_padded; /* bytes of the name and its padding: header + this is a multiple of 4 */
	uint32_t data_padded; /* 64 bit safe: file_size is < 2^32, padding included it may wrap: see fits */
	bool crc;	    /* magic 070702 */
};

/* Reads a header from 110 bytes. False if the magic or a hex digit is wrong, the name size is
 * 0 or over CPIO_NAME_MAX, or the padded size does not fit. */
bool cpio_header_parse(const uint8_t *p, struct cpio_header *ret);

/* What compression a segment starts with: "gzip" "bzip2" "lzma" "xz" "lzo" "lz4" "zstd", "cpio"
 * for a newc header, NULL if none of them. Needs 6 bytes. */
const char *initramfs_magic(const uint8_t *p, size_t len);

#endif
