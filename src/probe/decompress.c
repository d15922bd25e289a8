/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#include "probe/dictionary.h"
#include "probe/library.h"

#define LIBARCHIVE "libarchive.so.13"

/* The most that libzstd takes by itself (zstd.h, ZSTD_WINDOWLOG_LIMIT_DEFAULT), and the
 * kernel's unpacking of zstd, too; xz -9 writes 64 MiB (xz(1)). libarchive sets no limit
 * for xz. */
#define DICTIONARY_MAX (128u << 20)
#define BUFFER_SIZE (256u << 10)

struct decompressor {
	struct archive *archive;
	int fd;
	uint64_t start, position, end;
	int error; /* of the last read, positive errno */
	uint8_t buffer[BUFFER_SIZE];
};

static struct {
	__typeof__(archive_read_new) *read_new;
	__typeof__(archive_read_free) *read_free;
	__typeof__(archive_read_open) *read_open;
	__typeof__(archive_read_next_header) *read_next_header;
	__typeof__(archive_read_data_block) *read_data_block;
	__typeof__(archive_read_support_format_raw) *read_support_format_raw;
	__typeof__(archive_read_support_format_empty) *read_support_format_empty;
	__typeof__(archive_error_string) *error_string;
	__typeof__(archive_errno) *error_number;
	__typeof__(archive_set_error) *set_error;
	__typeof__(archive_filter_bytes) *filter_bytes;
} lib;

static const struct library_symbol symbols[] = {
	{ "archive_read_new", &lib.read_new },
	{ "archive_read_free", &lib.read_free },
	{ "archive_read_open", &lib.read_open },
	{ "archive_read_next_header", &lib.read_next_header },
	{ "archive_read_data_block", &lib.read_data_block },
	{ "archive_read_support_format_raw", &lib.read_support_format_raw },
	{ "archive_read_support_format_empty", &lib.read_support_format_empty },
	{ "archive_error_string", &lib.error_string },
	{ "archive_errno", &lib.error_number },
	{ "archive_set_error", &lib.set_error },
	{ "archive_filter_bytes", &lib.filter_bytes },
};

/* Only the filter that the magic number asks for: libarchive must not guess on, and none
 * of these starts an external program when it says ARCHIVE_OK. */
static const char *const filters[] = { "gzip", "bzip2", "lzma", "xz", "lz4", "zstd" };

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
		lib.set_error(a, errno, "can't read");
		return ARCHIVE_FATAL;
	}
	d->position += (uint64_t)n;
	return n;
}

static int add_filter(struct archive *a, const char *kind, struct error *e)
{
	__typeof__(archive_read_support_filter_xz) *support = NULL;
	char name[64];
	const struct library_symbol symbol = { name, &support };

	snprintf(name, sizeof(name), "archive_read_support_filter_%s", kind);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (strcmp(filters[i], kind) == 0 &&
		    library_load(LIBARCHIVE, &symbol, 1, e) == 0 &&
		    support(a) == ARCHIVE_OK)
			return 0;
	return error_set(e, EOPNOTSUPP, "%s can't be decompressed here", kind);
}

static int tell(struct decompressor *d, struct error *e)
{
	const char *why = lib.error_string(d->archive);

	if (d->error)
		return error_errno(e, d->error, "can't read");
	if (lib.error_number(d->archive) == ENOMEM)
		return error_set(e, ENOMEM,
				 "there is not enough memory to decompress it");
	return error_set(e, EBADMSG, "%s", why ? why : "the compressed data is damaged");
}

/* What the decompressor would keep in memory of what it has unpacked already. */
static int check_dictionary(int fd, uint64_t start, const char *kind, struct error *e)
{
	uint64_t size = dictionary_size(fd, start, kind);

	if (size <= DICTIONARY_MAX)
		return 0;
	return error_set(
		e, EFBIG,
		"its %s data needs a dictionary of %llu MiB in memory, more than "
		"%u",
		kind, (unsigned long long)(size >> 20), DICTIONARY_MAX >> 20);
}

int decompress_open(int fd, uint64_t start, uint64_t end, const char *kind,
		    struct decompressor **ret, struct error *e)
{
	CLEANUP(decompress_close) struct decompressor *d = xcalloc(1, sizeof(*d));
	struct archive_entry *entry;
	int err = check_dictionary(fd, start, kind, e);

	if (err >= 0)
		err = library_load(LIBARCHIVE, symbols, ARRAY_SIZE(symbols), e);
	if (err < 0)
		return err;
	d->fd = fd;
	d->start = d->position = start;
	d->end = end;
	d->archive = lib.read_new();
	if (!d->archive)
		return error_set(e, ENOMEM, "libarchive does not start");
	err = add_filter(d->archive, kind, e);
	if (err < 0)
		return err;
	lib.read_support_format_raw(d->archive);
	lib.read_support_format_empty(d->archive);
	if (lib.read_open(d->archive, d, NULL, read_more, NULL) != ARCHIVE_OK)
		return tell(d, e);
	/* "raw" has one entry, the data. No data at all is the end, not an error. */
	if (lib.read_next_header(d->archive, &entry) < ARCHIVE_OK)
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
		r = lib.read_data_block(d->archive, &block, ret_len, &offset);
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
	la_int64_t used = lib.filter_bytes(d->archive, -1);

	return used > 0 ? d->start + (uint64_t)used : d->start;
}

void decompress_close(struct decompressor **d)
{
	if (!*d)
		return;
	if ((*d)->archive)
		lib.read_free((*d)->archive);
	free(*d);
	*d = NULL;
}
