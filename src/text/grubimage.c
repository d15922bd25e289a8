/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/grubimage.h"

#include <errno.h>
#include <stdint.h>
#include <strings.h>

#define INFO_SIZE 24 /* magic, padding, offset of the first module, size of all */
#define HEADER_SIZE 8 /* type, size with this header */

enum { TYPE_CONFIG = 2, TYPE_PREFIX = 3, TYPE_LAST = 15 }; /* OBJ_TYPE_... */

void grub_image_done(struct grub_image *i)
{
	free(i->prefix);
	free(i->config);
	*i = (struct grub_image){ 0 };
}

static uint64_t number_at(const uint8_t *p, size_t n)
{
	uint64_t ret = 0;

	while (n--)
		ret = ret << 8 | p[n];
	return ret;
}

static void keep(char **field, const uint8_t *data, size_t n)
{
	free(*field);
	*field = xstrndup((const char *)data, strnlen((const char *)data, n));
}

/* The list at p, of at most len bytes. False: these bytes are no list. */
static bool read_list(const uint8_t *p, size_t len, struct grub_image *ret)
{
	uint64_t at = number_at(p + 8, 8), size = number_at(p + 16, 8);

	if (at < INFO_SIZE || size > len || at >= size)
		return false;
	while (at < size) {
		uint64_t type, n;

		if (size - at < HEADER_SIZE)
			return false;
		type = number_at(p + at, 4);
		n = number_at(p + at + 4, 4);
		if (n < HEADER_SIZE || n > size - at || type > TYPE_LAST)
			return false;
		if (type == TYPE_CONFIG)
			keep(&ret->config, p + at + HEADER_SIZE, n - HEADER_SIZE);
		if (type == TYPE_PREFIX)
			keep(&ret->prefix, p + at + HEADER_SIZE, n - HEADER_SIZE);
		at += n;
	}
	return true;
}

int grub_image_parse(const void *bytes, size_t len, struct grub_image *ret,
		     struct error *e)
{
	const uint8_t *p = bytes, *end = p + len;

	*ret = (struct grub_image){ 0 };
	/* The kernel compares with the magic number, too: its code has those bytes. */
	while ((p = memmem(p, (size_t)(end - p), "mimg", 4)) != NULL &&
	       end - p >= INFO_SIZE) {
		CLEANUP(grub_image_done) struct grub_image found = { 0 };

		if (read_list(p, (size_t)(end - p), &found)) {
			*ret = (struct grub_image){ take(found.prefix),
						    take(found.config) };
			return 0;
		}
		p++;
	}
	error_set(e, EINVAL, "it has no list of modules: it is no GRUB for x86_64 EFI");
	return -EINVAL;
}

bool grub_image_reads_stub(const struct grub_image *i)
{
	if (!i->prefix || strncasecmp(i->prefix, "/EFI/", strlen("/EFI/")) != 0)
		return false;
	return !i->config ||
	       (!strstr(i->config, "prefix") && !strstr(i->config, "search"));
}
