/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a compressed segment of a file ends, without decompressing it. libarchive can't
 * tell for formats that may be concatenated: what follows (zero padding, another archive)
 * is an error to it, and the last block of good data is lost with it.
 */
#ifndef SLICER_PROBE_SEGMENT_END_H
#define SLICER_PROBE_SEGMENT_END_H

#include "base/util.h"

/* The segment that starts at start of a file of size bytes. False for a kind that does
 * not tell (gzip, bzip2, lzma: there the decompressor stops by itself at the exact byte),
 * and for one that is cut off; nor if that takes
 * longer than to the moment until (seconds_now()): blocks of no size can be many. */
bool segment_end(int fd, uint64_t start, uint64_t size, const char *kind, double until,
		 uint64_t *ret);

#endif
