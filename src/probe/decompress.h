/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compressed stretch of a file, block by block, by libarchive's filters: all in this
 * process, no program is started, one block in memory. */
#ifndef SLICER_PROBE_DECOMPRESS_H
#define SLICER_PROBE_DECOMPRESS_H

#include "base/error.h"

struct decompressor;

/*
 * kind: a name of initramfs_magic(). Reads fd from start up to end (by pread: the
 * fd's position is left alone). -EOPNOTSUPP if libarchive was built without that kind;
 * -EFBIG, -ENOMEM if it would take too much memory.
 */
int decompress_open(int fd, uint64_t start, uint64_t end, const char *kind,
		    struct decompressor **ret, struct error *e);
/* 1 and a block that is valid until the next call, 0 at the end of the data, or an error:
 * damaged or cut off; -ENOMEM says nothing about the data. */
int decompress_next(struct decompressor *d, const uint8_t **ret, size_t *ret_len,
		    struct error *e);
/* After the end: where in the file the compressed data ended. */
uint64_t decompress_position(const struct decompressor *d);
void decompress_close(struct decompressor **d);

#endif
