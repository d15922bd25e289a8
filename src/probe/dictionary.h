/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of what it has unpacked a decompressor has to keep. */
#ifndef SLICER_PROBE_DICTIONARY_H
#define SLICER_PROBE_DICTIONARY_H

#include "base/util.h"

/*
 * Bytes, by the header of the compressed data of that kind (a name of initramfs_magic())
 * at start; of xz, by the first block's, which xz gives to all of a stream. 0: the kind
 * needs less than a megabyte, or the header is damaged, which decompressing tells.
 */
uint64_t dictionary_size(int fd, uint64_t start, const char *kind);

#endif
