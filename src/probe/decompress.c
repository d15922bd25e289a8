/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#define BUFFER_SIZE (256u << 10)

struct decompressor {
	struct archive *archive;
	int fd;
	uint64_t start, position, end;
	int error; /* of the last read, positive errno */
	uint8_t buffer[BUFFER_SIZE];
};

/* Only the filter that the magic number asks for: libarchive must not guess on, and none
 * of these starts an external program when it says ARCHIVE_OK. */
static const struct {
	const char *kind;
	int (*support)(struct archive *a);
} filters[] = {
	{ "gzip", archive_read_support_filter_gzip },
	{ "bzip2", archive_read_support_filter_bzip2 },
	{ "lzma", archive_read_support_filter_lzma },
	{ "xz", archive_read_support_filter_xz },
	{ "lz4", archive_read_support_filter_lz4 },
	{ "zstd", archive_read_support_filter_zstd },
};

static la_ssize_t read_more(struct archive *a, void *data, const void **ret)
{
	struct decompressor *d = data;
	uint64_t left = d->end - d->position;
	size_t want = left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE;
	ssize_t n;

	*ret = d->buffer;
	if (!want)
		return 0;
	do {
		n = pread(d->fd, d->buffer, want, (off_t)d->position);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		d->error = errno;
		archive_set_error(a, errno, "can't read");
		return ARCHIVE_FATAL;
	}
	d->position += (uint64_t)n;
	return n;
}

static int add_filter(struct archive *a, const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (strcmp(filters[i].kind, kind) == 0)
			return filters[i].support(a) == ARCHIVE_OK ? 0 : -EOPNOTSUPP;
	return -EOPNOTSUPP;
}

static int tell(struct decompressor *d, struct error *e)
{
	const char *why = archive_error_string(d->archive);

	if (d->error)
		return error_errno(e, d->error, "can't read");
	return error_set(e, EBADMSG, "%s", why ? why : "the compressed data is damaged");
}

int decompress_open(int fd, uint64_t start, uint64_t end, const char *kind,
		    struct decompressor **ret, struct error *e)
{
	CLEANUP(decompress_close) struct decompressor *d = xcalloc(1, sizeof(*d));
	struct archive_entry *entry;

	d->fd = fd;
	d->start = d->position = start;
	d->end = end;
	d->archive = archive_read_new();
	if (!d->archive)
		return error_set(e, ENOMEM, "libarchive does not start");
	if (add_filter(d->archive, kind) < 0)
		return error_set(e, EOPNOTSUPP, "%s can't be decompressed here", kind);
	archive_read_support_format_raw(d->archive);
	archive_read_support_format_empty(d->archive);
	if (archive_read_open(d->archive, d, NULL, read_more, NULL) != ARCHIVE_OK)
		return tell(d, e);
	/* "raw" has one entry, the data. No data at all is the end, not an error. */
	if (archive_read_next_header(d->archive, &entry) < ARCHIVE_OK)
		return tell(d, e);
	*ret = take(d);
	return 0;
}

int decompress_next(struct decompressor *d, const uint8_t **ret, size_t *ret_len,
		    struct error *e)
{
	const void *block = NULL;
	la_int64_t offset;
	int r;

	do {
		r = archive_read_data_block(d->archive, &block, ret_len, &offset);
	} while (r == ARCHIVE_RETRY || (r == ARCHIVE_OK && *ret_len == 0));
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return tell(d, e);
	*ret = block;
	return 1;
}

uint64_t decompress_position(const struct decompressor *d)
{
	la_int64_t used = archive_filter_bytes(d->archive, -1);

	return used > 0 ? d->start + (uint64_t)used : d->start;
}

void decompress_close(struct decompressor **d)
{
	if (!*d)
		return;
	archive_read_free((*d)->archive);
	free(*d);
	*d = NULL;
}
