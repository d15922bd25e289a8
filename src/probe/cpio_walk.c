/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar: linux Documentation/driver-api/early-userspace/buffer-format.rst, and what
 * init/initramfs.c does with it. */
#include "probe/cpio_walk.h"

void cpio_walk_start(struct cpio_walk *w)
{
	w->state = CPIO_HEADER;
	w->have = 0;
	w->data_left = 0;
	w->padded_left = 0;
	w->why = NULL;
}

static void broken(struct cpio_walk *w, const char *why)
{
	w->state = CPIO_BROKEN;
	w->why = why;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Collects bytes until want are there. */
static size_t collect(struct cpio_walk *w, const uint8_t *p, size_t n, size_t want)
{
	n = smaller(n, want - w->have);
	memcpy(w->buf + w->have, p, n);
	w->have += n;
	return n;
}

static size_t feed_header(struct cpio_walk *w, const uint8_t *p, size_t n)
{
	size_t used = collect(w, p, n, CPIO_HEADER_SIZE);

	if (w->have < CPIO_HEADER_SIZE)
		return used;
	w->have = 0;
	w->state = CPIO_NAME;
	if (!cpio_header_parse(w->buf, &w->header))
		broken(w, "there is no cpio header where the next file should start");
	return used;
}

static void start_data(struct cpio_walk *w)
{
	w->data_left = w->header.file_size;
	w->padded_left = w->header.data_padded;
	w->state = w->padded_left ? CPIO_DATA : CPIO_HEADER;
}

static size_t feed_name(struct cpio_walk *w, const uint8_t *p, size_t n)
{
	const char *name = (const char *)w->buf;
	size_t used = collect(w, p, n, w->header.name_padded);

	if (w->have < w->header.name_padded)
		return used;
	w->have = 0;
	if (w->buf[w->header.name_size - 1] != '\0') {
		broken(w, "a file name has no end");
		return used;
	}
	if (strcmp(name, "TRAILER!!!") == 0) {
		w->state = CPIO_END;
		return used;
	}
	w->wanted = w->member(w->data, name, &w->header);
	start_data(w);
	return used;
}

static size_t feed_data(struct cpio_walk *w, const uint8_t *p, size_t n)
{
	size_t data = smaller(n, w->data_left);
	size_t used = smaller(n, w->padded_left);

	if (w->wanted && data)
		w->bytes(w->data, p, data);
	w->data_left -= (uint32_t)data;
	w->padded_left -= (uint32_t)used;
	if (!w->padded_left)
		w->state = CPIO_HEADER;
	return used;
}

size_t cpio_walk_feed(struct cpio_walk *w, const uint8_t *p, size_t n)
{
	size_t used = 0;

	while (used < n && w->state != CPIO_END && w->state != CPIO_BROKEN) {
		if (w->state == CPIO_HEADER)
			used += feed_header(w, p + used, n - used);
		else if (w->state == CPIO_NAME)
			used += feed_name(w, p + used, n - used);
		else
			used += feed_data(w, p + used, n - used);
	}
	return used;
}

uint32_t cpio_walk_skippable(const struct cpio_walk *w)
{
	return w->state == CPIO_DATA && !w->wanted ? w->padded_left : 0;
}

void cpio_walk_skip(struct cpio_walk *w, uint32_t n)
{
	w->data_left -= n < w->data_left ? n : w->data_left;
	w->padded_left -= n;
	if (!w->padded_left)
		w->state = CPIO_HEADER;
}
