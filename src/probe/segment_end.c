/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/segment_end.h"

#include <errno.h>
#include <unistd.h>

static bool read_at(int fd, uint64_t at, uint8_t *buf, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, buf + have, n - have, (off_t)(at + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* ---- zstd: RFC 8878, section 3.1
 * ----------------------------------------------------------- */

#define ZSTD_MAGIC 0xfd2fb528u
#define ZSTD_SKIPPABLE 0x184d2a50u /* the low four bits are free */

static unsigned zstd_header_size(uint8_t descriptor)
{
	static const unsigned dictionary_id[] = { 0, 1, 2, 4 };
	static const unsigned content_size[] = { 0, 2, 4, 8 };
	bool single_segment = descriptor & 0x20;
	unsigned n = 1 + dictionary_id[descriptor & 3] + content_size[descriptor >> 6];

	if (!single_segment)
		return n + 1; /* the window descriptor */
	return descriptor >> 6 ? n : n + 1; /* a content size of one byte */
}

/* Follows the blocks of the frame whose descriptor is at *at, to the frame's end. */
static bool zstd_frame(int fd, uint64_t size, double until, uint64_t *at)
{
	uint8_t descriptor, block[3];
	uint32_t header;

	if (!read_at(fd, *at, &descriptor, 1))
		return false;
	*at += zstd_header_size(descriptor);
	do {
		unsigned type;

		if (seconds_now() > until || !read_at(fd, *at, block, sizeof(block)))
			return false;
		header = block[0] | (uint32_t)block[1] << 8 | (uint32_t)block[2] << 16;
		type = header >> 1 & 3;
		if (type == 3)
			return false; /* reserved: damaged */
		*at += sizeof(block) +
		       (type == 1 ? 1 : header >> 3); /* 1: a run of one byte */
	} while (!(header & 1));
	*at += descriptor & 4 ? 4 : 0; /* checksum */
	return *at <= size;
}

static bool zstd_end(int fd, uint64_t start, uint64_t size, double until, uint64_t *ret)
{
	uint64_t at = start;
	uint8_t p[8];

	while (read_at(fd, at, p, 4)) {
		if (seconds_now() > until)
			return false;
		if (le32(p) == ZSTD_MAGIC) {
			at += 4;
			if (!zstd_frame(fd, size, until, &at))
				return false;
		} else if ((le32(p) & ~15u) == ZSTD_SKIPPABLE && read_at(fd, at, p, 8)) {
			at += 8 + (uint64_t)le32(p + 4);
			if (at > size)
				return false;
		} else {
			break;
		}
	}
	*ret = at;
	return at > start;
}

/* ---- lz4's legacy format: lz4 doc/lz4_Frame_format.md
 * --------------------------------------- */

#define LZ4_LEGACY_MAGIC 0x184c2102u
/* LZ4_COMPRESSBOUND of the 8 MiB that a block holds at most */
#define LZ4_BLOCK_MAX ((8u << 20) + (8u << 20) / 255 + 16)

static bool lz4_end(int fd, uint64_t start, uint64_t size, double until, uint64_t *ret)
{
	uint64_t at = start;
	uint8_t p[4];

	/* The format has no end: blocks follow until the file ends or a size can't be
	 * one, 0 above all (linux lib/decompress_unlz4.c). A concatenated stream's magic
	 * number stands where a size would. */
	while (read_at(fd, at, p, 4)) {
		uint32_t n = le32(p);

		if (seconds_now() > until)
			return false;
		if (n == LZ4_LEGACY_MAGIC)
			n = 0;
		else if (n == 0 || n > LZ4_BLOCK_MAX)
			break;
		at += 4 + (uint64_t)n;
		if (at > size)
			return false;
	}
	*ret = at;
	return at > start;
}

/* ---- xz: The .xz File Format 1.1, section 2.1.2
 * --------------------------------------------- */

#define XZ_FOOTER_SIZE 12
#define XZ_CHUNK 65536

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Footer: CRC32 of the next six bytes, size of the index, the flags of the stream's
 * header, "YZ". */
static bool is_xz_footer(const uint8_t *p, const uint8_t *flags)
{
	return p[10] == 'Y' && p[11] == 'Z' && p[8] == flags[0] && p[9] == flags[1] &&
	       le32(p) == crc32(p + 4, 6);
}

/* A stream's size is a multiple of 4, and its length is only said at its end: the first
 * footer with the right checksum is that end. */
static bool xz_end(int fd, uint64_t start, uint64_t size, double until, uint64_t *ret)
{
	CLEANUP(free_char) char *chunk = xmalloc(XZ_CHUNK);
	const uint8_t *p = (const uint8_t *)chunk;
	uint64_t at = start + XZ_FOOTER_SIZE; /* the header is as long */
	uint8_t flags[2];

	if (!read_at(fd, start + 6, flags, sizeof(flags)))
		return false;
	while (at + XZ_FOOTER_SIZE <= size) {
		uint64_t left = size - at;
		size_t n = left < XZ_CHUNK ? (size_t)left : XZ_CHUNK;

		if (seconds_now() > until || !read_at(fd, at, (uint8_t *)chunk, n))
			return false;
		for (size_t i = 0; i + XZ_FOOTER_SIZE <= n; i += 4) {
			if (!is_xz_footer(p + i, flags))
				continue;
			*ret = at + i + XZ_FOOTER_SIZE;
			return true;
		}
		/* n is a multiple of 4 but in the last chunk; a footer may span two
		 * chunks */
		at += n == XZ_CHUNK ? XZ_CHUNK - XZ_FOOTER_SIZE + 4 : n;
	}
	return false;
}

bool segment_end(int fd, uint64_t start, uint64_t size, const char *kind, double until,
		 uint64_t *ret)
{
	static const struct {
		const char *kind;
		bool (*find)(int fd, uint64_t start, uint64_t size, double until,
			     uint64_t *ret);
	} kinds[] = {
		{ "zstd", zstd_end },
		{ "lz4", lz4_end },
		{ "xz", xz_end },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].find(fd, start, size, until, ret);
	return false;
}
