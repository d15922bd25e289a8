/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image is zeros, newc archives and compressed newc archives in any order (linux
 * Documentation/driver-api/early-userspace/buffer-format.rst). It is judged as the kernel
 * reads it (init/initramfs.c, unpack_to_rootfs()), but for one thing: an archive must end
 * with its trailer here. The kernel shrugs at a missing one; it is how a cut-off image
 * looks.
 */
#include "probe/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "probe/cpio_walk.h"
#include "probe/decompress.h"
#include "probe/initramfs_content.h"
#include "probe/segment_end.h"

#define BUFFER_SIZE (128u << 10)
/* More than any initramfs unpacks to, all its archives together: a few bytes of zstd can
 * stand for this much. */
#define UNPACKED_MAX (UINT64_C(8) << 30)

struct scan {
	int fd;
	uint64_t size, offset; /* offset: of the next byte that is not understood yet */
	uint64_t unpacked; /* bytes that came out of decompressors so far */
	unsigned seconds; /* it may take this long ... */
	double until; /* ... which is then */
	struct cpio_walk walk;
	struct initramfs_content content;
	struct initramfs_image *image;
	uint8_t buffer[BUFFER_SIZE];
};

/* Says why the image is not complete; false, for callers to return. */
__attribute__((format(printf, 2, 3))) static bool incomplete(struct scan *s,
							     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(s->image->why_not);
	s->image->why_not = xvasprintf(fmt, ap);
	va_end(ap);
	return false;
}

/* Nobody knows then whether it is complete. */
#define give_up(s, ...) ((s)->image->given_up = true, incomplete((s), __VA_ARGS__))

/* Is there time left? false, for callers to return, if not. */
static bool has_time(struct scan *s)
{
	if (seconds_now() <= s->until)
		return true;
	return give_up(s, "was not read to its end: that takes longer than %u s",
		       s->seconds);
}

/* Fills the buffer from offset. The number of bytes, 0 at the end, -1 on a read error. */
static ssize_t fill(struct scan *s, uint64_t offset)
{
	ssize_t n;

	if (!has_time(s))
		return -1;
	do {
		n = pread(s->fd, s->buffer, sizeof(s->buffer), (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		incomplete(s, "can't read at byte %llu: %s", (unsigned long long)offset,
			   strerror(errno));
	return n;
}

/* ---- an archive that is not compressed
 * --------------------------------------------------- */

/* What the walk needs not see is not read either: modules are megabytes. */
static void skip_data(struct scan *s)
{
	uint32_t n = cpio_walk_skippable(&s->walk);

	if (n && n <= s->size - s->offset) {
		cpio_walk_skip(&s->walk, n);
		s->offset += n;
	}
}

static bool scan_plain(struct scan *s)
{
	uint64_t start = s->offset;

	s->image->compression = "none";
	cpio_walk_start(&s->walk);
	while (s->walk.state != CPIO_END) {
		ssize_t n = fill(s, s->offset);

		if (n < 0)
			return false;
		if (n == 0)
			return incomplete(
				s,
				"is cut off: the cpio archive at byte %llu has no "
				"trailer",
				(unsigned long long)start);
		s->offset += cpio_walk_feed(&s->walk, s->buffer, (size_t)n);
		if (s->walk.state == CPIO_BROKEN)
			return incomplete(s, "%s (before byte %llu)", s->walk.why,
					  (unsigned long long)s->offset);
		skip_data(s);
	}
	return true;
}

/* ---- a compressed archive
 * ---------------------------------------------------------------- */

/* One block of the unpacked stream, which starts at at: archives with zeros between them.
 */
static bool walk_block(struct scan *s, const uint8_t *p, size_t n, uint64_t at)
{
	size_t used = 0;

	while (used < n) {
		if (s->walk.state == CPIO_END) {
			if (p[used] == 0) {
				used++;
				continue;
			}
			if ((at + used) % 4)
				return incomplete(s, "has garbage behind the archive");
			cpio_walk_start(&s->walk);
		}
		used += cpio_walk_feed(&s->walk, p + used, n - used);
		if (s->walk.state == CPIO_BROKEN)
			return incomplete(s, "%s (byte %llu of the unpacked data)",
					  s->walk.why, (unsigned long long)at + used);
	}
	return true;
}

/* Is that no fault of the image, but more than slicer may take to look at it? */
static bool is_too_much(int err)
{
	return err == -EFBIG || err == -ENOMEM;
}

/* The whole unpacked stream. */
static bool walk_stream(struct scan *s, struct decompressor *d, const char *kind)
{
	struct error e = { 0 };
	const uint8_t *block;
	uint64_t at = 0;
	size_t n;
	int r;

	cpio_walk_start(&s->walk);
	while ((r = decompress_next(d, &block, &n, &e)) > 0) {
		if (!walk_block(s, block, n, at))
			return false;
		at += n;
		s->unpacked += n;
		if (s->unpacked > UNPACKED_MAX)
			return give_up(s, "was not read to its end: it unpacks to more "
					  "than 8 GiB");
		if (!has_time(s))
			return false;
	}
	if (is_too_much(r))
		return give_up(s, "was not read to its end: %s", e.what);
	if (r < 0)
		return incomplete(s, "%s data at byte %llu is cut off or damaged: %s",
				  kind, (unsigned long long)s->offset, e.what);
	if (s->walk.state != CPIO_END)
		return incomplete(
			s,
			"is cut off: the archive in the %s data at byte %llu has "
			"no trailer",
			kind, (unsigned long long)s->offset);
	return true;
}

static bool scan_compressed(struct scan *s, const char *kind)
{
	CLEANUP(decompress_close) struct decompressor *d = NULL;
	uint64_t end = s->size;
	bool known = segment_end(s->fd, s->offset, s->size, kind, s->until, &end);
	struct error e = { 0 };
	int err;

	s->image->compression = kind;
	if (!known)
		end = s->size;
	if (!has_time(s))
		return false;
	err = decompress_open(s->fd, s->offset, end, kind, &d, &e);
	if (is_too_much(err))
		return give_up(s, "was not read to its end: %s", e.what);
	if (err < 0)
		return incomplete(s, "%s data at byte %llu: %s", kind,
				  (unsigned long long)s->offset, e.what);
	if (!walk_stream(s, d, kind))
		return false;
	if (!known)
		end = decompress_position(d);
	if (end <= s->offset || end > s->size)
		return incomplete(s, "%s data at byte %llu has no end", kind,
				  (unsigned long long)s->offset);
	s->offset = end;
	return true;
}

/* ---- the image
 * --------------------------------------------------------------------------- */

/* To the next byte that is not 0. *ret_left: how many bytes of the buffer are from there
 * on, 0 at the end of the file. */
static bool skip_zeros(struct scan *s, const uint8_t **ret, size_t *ret_left)
{
	for (;;) {
		ssize_t n = fill(s, s->offset);
		size_t i = 0;

		if (n < 0)
			return false;
		while (i < (size_t)n && s->buffer[i] == 0)
			i++;
		s->offset += i;
		if (i && i < (size_t)n)
			continue; /* again, so that the magic number is in the buffer
				     whole */
		if (i)
			continue;
		*ret = s->buffer;
		*ret_left = (size_t)n;
		return true;
	}
}

static bool scan_segment(struct scan *s, const uint8_t *p, size_t n)
{
	const char *kind = initramfs_magic(p, n);

	if (!kind || (strcmp(kind, "cpio") == 0 && s->offset % 4))
		return incomplete(
			s, "byte %llu starts neither a cpio archive nor compressed data",
			(unsigned long long)s->offset);
	return strcmp(kind, "cpio") == 0 ? scan_plain(s) : scan_compressed(s, kind);
}

static bool scan_image(struct scan *s)
{
	const uint8_t *p;
	size_t n, segments = 0;

	if (!s->size)
		return incomplete(s, "is empty");
	if (s->size > HOST_MAX_IMAGE)
		return give_up(s, "was not read: it is larger than 4 GiB, and no boot "
				  "loader can load that");
	for (;;) {
		if (!skip_zeros(s, &p, &n))
			return false;
		if (!n)
			break;
		if (!scan_segment(s, p, n))
			return false;
		segments++;
	}
	return segments ? true : incomplete(s, "is nothing but zeros");
}

/* An fd, or a negative errno. */
static int open_image(const struct host *h, const char *path, struct stat *ret,
		      struct error *e)
{
	int fd = host_openat(h, path, O_RDONLY | O_NONBLOCK);
	int err = 0;

	if (fd < 0)
		err = -fd;
	else if (fstat(fd, ret) < 0)
		err = errno;
	if (err)
		error_errno(e, err, "can't open the initramfs");
	else if (!S_ISREG(ret->st_mode))
		error_set(e, err = EINVAL,
			  "is not a regular file, so it is no initramfs");
	if (!err)
		return fd;
	error_at(e, path, 0);
	if (fd >= 0)
		close(fd);
	return -err;
}

int initramfs_scan(const struct host *h, const char *path, struct initramfs_file *files,
		   size_t n_files, const struct strv *want_modules, unsigned seconds,
		   struct initramfs_image *ret, struct error *e)
{
	struct stat st = { 0 };
	struct scan *s;
	int fd = open_image(h, path, &st, e);

	if (fd < 0)
		return fd;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*ret = (struct initramfs_image){ .path = xstrdup(path),
					 .bytes = (uint64_t)st.st_size };
	s = xcalloc(1, sizeof(*s));
	s->fd = fd;
	s->size = ret->bytes;
	s->seconds = seconds;
	s->until = seconds_now() + seconds;
	s->image = ret;
	s->content = (struct initramfs_content){ .image = ret,
						 .files = files,
						 .n_files = n_files,
						 .want_modules = want_modules };
	s->walk.member = initramfs_content_member;
	s->walk.bytes = initramfs_content_bytes;
	s->walk.data = &s->content;
	ret->complete = scan_image(s);
	free(s);
	close(fd);
	return 0;
}

void initramfs_image_done(struct initramfs_image *i)
{
	free(i->path);
	free(i->why_not);
	free(i->modules_version);
	strv_done(&i->modules);
	*i = (struct initramfs_image){ 0 };
}

void initramfs_file_done(struct initramfs_file *f)
{
	free(f->name);
	str_done(&f->contents);
	*f = (struct initramfs_file){ 0 };
}
