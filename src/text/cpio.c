/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cpio.h"

/* Offsets of the 8-digit fields after the magic (buffer-format.rst). */
enum { FIELD_MODE = 14, FIELD_FILESIZE = 54, FIELD_NAMESIZE = 94 };

static bool read_field(const uint8_t *p, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		uint8_t c = p[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20u) - 'a' + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

static bool is_newc(const uint8_t *p)
{
	return memcmp(p, "070701", 6) == 0 || memcmp(p, "070702", 6) == 0;
}

bool cpio_header_parse(const uint8_t *p, struct cpio_header *ret)
{
	struct cpio_header h = { 0 };

	if (!is_newc(p) || !read_field(p + FIELD_MODE, &h.mode) ||
	    !read_field(p + FIELD_FILESIZE, &h.file_size) ||
	    !read_field(p + FIELD_NAMESIZE, &h.name_size))
		return false;
	/* The other ten fields are not used, but a header has hex digits only. */
	for (size_t at = 6; at < CPIO_HEADER_SIZE; at += 8) {
		uint32_t unused;

		if (!read_field(p + at, &unused))
			return false;
	}
	if (h.name_size == 0 || h.name_size > CPIO_NAME_MAX ||
	    h.file_size > UINT32_MAX - 3)
		return false;
	h.name_padded = ((CPIO_HEADER_SIZE + h.name_size + 3) & ~3u) - CPIO_HEADER_SIZE;
	h.data_padded = (h.file_size + 3) & ~3u;
	h.crc = p[5] == '2';
	*ret = h;
	return true;
}

const char *initramfs_magic(const uint8_t *p, size_t len)
{
	/* The two bytes that the kernel itself goes by (lib/decompress.c). */
	static const struct {
		uint8_t magic[2];
		const char *name;
	} formats[] = {
		{ { 0x1f, 0x8b }, "gzip" },  { { 0x1f, 0x9e }, "gzip" },
		{ { 0x42, 0x5a }, "bzip2" }, { { 0x5d, 0x00 }, "lzma" },
		{ { 0xfd, 0x37 }, "xz" },    { { 0x89, 0x4c }, "lzo" },
		{ { 0x02, 0x21 }, "lz4" },   { { 0x28, 0xb5 }, "zstd" },
	};

	if (len < INITRAMFS_MAGIC_SIZE)
		return NULL;
	if (is_newc(p))
		return "cpio";
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (memcmp(p, formats[i].magic, 2) == 0)
			return formats[i].name;
	return NULL;
}
