/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/dictionary.h"

#include <unistd.h>

/* xz: a stream's header, and the largest header of a block. */
#define HEAD_MAX (12 + 1024)

struct head {
	uint8_t bytes[HEAD_MAX];
	size_t len, at;
};

/* 0 past the end: the header is cut off. */
static uint8_t next(struct head *h)
{
	return h->at < h->len ? h->bytes[h->at++] : 0;
}

static uint64_t next_le(struct head *h, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)next(h) << 8 * i;
	return value;
}

/* RFC 8878, section 3.1.1.1: the window, or the whole content where it is one segment. */
static uint64_t zstd_window(struct head *h)
{
	static const unsigned dictionary_id[] = { 0, 1, 2, 4 };
	static const unsigned content_size[] = { 1, 2, 4, 8 };
	uint8_t descriptor, window;

	h->at = 4;
	descriptor = next(h);
	if (descriptor & 0x20) {
		h->at += dictionary_id[descriptor & 3];
		return next_le(h, content_size[descriptor >> 6]);
	}
	window = next(h);
	return (UINT64_C(1) << (10 + (window >> 3))) / 8 * (8 + (window & 7));
}

/* The .xz File Format 1.1, section 1.2: seven bits in each byte, the lowest first. */
static uint64_t next_vli(struct head *h)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = next(h);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* Sections 3.1 and 5.3.1: of the filters in the block's header, LZMA2 has one byte. */
static uint64_t xz_dictionary(struct head *h)
{
	uint8_t flags;

	h->at = 12;
	if (!next(h))
		return 0; /* an index: there is no block */
	flags = next(h);
	if (flags & 0x40)
		next_vli(h);
	if (flags & 0x80)
		next_vli(h);
	for (unsigned i = 0; i <= (flags & 3u); i++) {
		uint64_t id = next_vli(h), size = next_vli(h);
		uint8_t bits;

		if (id != 0x21) {
			h->at += size < HEAD_MAX ? (size_t)size : HEAD_MAX;
			continue;
		}
		bits = next(h) & 0x3f;
		return bits >= 40 ? UINT32_MAX
				  : (UINT64_C(2) | (bits & 1)) << (bits / 2 + 11);
	}
	return 0;
}

uint64_t dictionary_size(int fd, uint64_t start, const char *kind)
{
	struct head h = { 0 };
	ssize_t n = pread(fd, h.bytes, sizeof(h.bytes), (off_t)start);

	h.len = n > 0 ? (size_t)n : 0;
	if (strcmp(kind, "zstd") == 0)
		return zstd_window(&h);
	if (strcmp(kind, "xz") == 0)
		return xz_dictionary(&h);
	/* A byte of properties, then the size (xz doc/lzma-file-format.txt). */
	h.at = 1;
	return strcmp(kind, "lzma") == 0 ? next_le(&h, 4) : 0;
}
