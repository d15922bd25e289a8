/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside src/devices: what take_over.c asks of texts. */
#ifndef SLICER_DEVICES_TAKE_OVER_TEXT_H
#define SLICER_DEVICES_TAKE_OVER_TEXT_H

#include "devices/take_over.h"
#include "text/joined.h"

enum ids_left {
	IDS_AS_BEFORE, /* none takes a device of r */
	IDS_LEFT, /* some do, others are left */
	IDS_GONE, /* none is left */
};
/* Sets gone[i] for each byte of value that is to go. */
enum ids_left take_ids_out(const struct bind_request *r, const char *value, size_t len,
			   bool *gone);
/* The same for all ids in a line of modprobe.d or of a list of modules; gone is about the
 * bytes of l->text. True: the whole line goes, there are no other parameters. */
bool take_ids_out_of_line(const struct bind_request *r, const struct old_statement *st,
			  const struct joined_line *l, bool *gone);

#endif
