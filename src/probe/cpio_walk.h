/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks one newc archive that comes in pieces, keeping no more than one name. */
#ifndef SLICER_PROBE_CPIO_WALK_H
#define SLICER_PROBE_CPIO_WALK_H

#include "text/cpio.h"

enum cpio_walk_state { CPIO_HEADER, CPIO_NAME, CPIO_DATA, CPIO_END, CPIO_BROKEN };

struct cpio_walk {
	/* Told of each member but the trailer: is its data wanted? */
	bool (*member)(void *data, const char *name, const struct cpio_header *header);
	/* Gets the data of the last member told, if it was wanted. */
	void (*bytes)(void *data, const uint8_t *p, size_t n);
	void *data;

	/* the walk's own */
	enum cpio_walk_state state;
	struct cpio_header header;
	bool wanted;
	uint32_t data_left, padded_left;
	size_t have;
	uint8_t buf[CPIO_NAME_MAX + 4];
	const char *why; /* CPIO_BROKEN: what is wrong with the archive */
};

/* Ready for an archive's first header; the callbacks stay. */
void cpio_walk_start(struct cpio_walk *w);
/* Returns how many of the n bytes it used: all of them unless the state is now CPIO_END
 * (behind the trailer) or CPIO_BROKEN. */
size_t cpio_walk_feed(struct cpio_walk *w, const uint8_t *p, size_t n);
/* How many of the next bytes are looked at by nobody, and can be left out with
 * cpio_walk_skip(). */
uint32_t cpio_walk_skippable(const struct cpio_walk *w);
void cpio_walk_skip(struct cpio_walk *w, uint32_t n);

#endif
