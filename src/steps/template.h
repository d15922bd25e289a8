/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of templates/, embedded in the program, with @HOLES@. */
#ifndef SLICER_STEPS_TEMPLATE_H
#define SLICER_STEPS_TEMPLATE_H

#include "base/error.h"
#include "base/str.h"

struct template_value {
	const char *name; /* "DEVICES" for @DEVICES@ */
	const char *value;
};
/* The table that the build makes of templates/; ends with a NULL name. */
struct template_file {
	const char *name;
	const char *text;
};
extern const struct template_file template_files[];

/* The embedded text of templates/NAME; NULL if there is none. */
const char *template_text(const char *name);
/*
 * Appends the template with its holes filled. A hole is @[A-Z0-9_]+@. A hole without
 * value, or a value whose hole is nowhere, is a bug and an error. A line that is only a
 * hole with an empty value disappears.
 */
int template_fill(const char *name, const struct template_value *values, size_t n,
		  struct str *ret, struct error *e);

#endif
