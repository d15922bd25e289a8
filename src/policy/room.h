/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is there room for what a plan writes? Sums per filesystem over what exists at the same
 * time. Pure: sizes in, a refusal out.
 */
#ifndef SLICER_POLICY_ROOM_H
#define SLICER_POLICY_ROOM_H

#include "base/error.h"
#include "base/str.h"

enum need_kind {
	NEED_FILE, /* written beside what is there: all of these are there at once */
	NEED_OUTPUT, /* made by a program, beside its predecessor, which goes away
			afterwards: one after the other. Its size is the predecessor's,
			so that there is a margin on top */
};

struct need {
	enum need_kind kind;
	uint64_t fs; /* which filesystem: its st_dev */
	char *path;
	uint64_t bytes;
};
struct needs {
	struct need *v;
	size_t n, cap;
};
void needs_done(struct needs *n);
/* Copies path. */
void needs_add(struct needs *n, enum need_kind kind, uint64_t fs, const char *path,
	       uint64_t bytes);

/* The bytes that must be free on fs, with the margin for outputs that come out larger (a
 * tenth and 4 MiB). *ret_largest: the need that counts most; NULL if there is none. */
uint64_t needs_on(const struct needs *n, uint64_t fs, const struct need **ret_largest);

/* Refuses where have < need. where is how a person knows the filesystem ("/boot"). */
int refuse_room(const char *where, uint64_t need, uint64_t have,
		const struct need *largest, struct error *e);

#endif
