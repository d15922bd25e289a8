/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One header of a newc cpio archive and the magic numbers of an initramfs.
 * Source: linux Documentation/driver-api/early-userspace/buffer-format.rst,
 * lib/decompress.c.
 */
#ifndef SLICER_TEXT_CPIO_H
#define SLICER_TEXT_CPIO_H

#include "base/util.h"

#define CPIO_HEADER_SIZE 110
/* PATH_MAX: a longer name makes the kernel skip the member; it is refused here. */
#define CPIO_NAME_MAX 4096
#define INITRAMFS_MAGIC_SIZE 6

struct cpio_header {
	uint32_t mode;
	uint32_t file_size; /* bytes of data after the padded name */
	uint32_t name_size; /* with the NUL */
	/* Bytes of the name and its padding: header + this is a multiple of 4. */
	uint32_t name_padded;
	uint32_t data_padded; /* file_size rounded up to a multiple of 4 */
	bool crc; /* magic 070702 */
};

/* Reads a header from CPIO_HEADER_SIZE bytes. False if the magic or a hex digit is wrong,
 * the name size is 0 or over CPIO_NAME_MAX, or the padded file size passes 32 bits. */
bool cpio_header_parse(const uint8_t *p, struct cpio_header *ret);

/* What a segment starts with: "gzip" "bzip2" "lzma" "xz" "lzo" "lz4" "zstd", or "cpio"
 * for a newc header; NULL if none of them or fewer than INITRAMFS_MAGIC_SIZE bytes. */
const char *initramfs_magic(const uint8_t *p, size_t len);

#endif
