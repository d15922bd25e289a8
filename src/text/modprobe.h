/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of modules in the files of modprobe.d (modprobe.d(5)): '-' and '_' are the
 * same, '#' starts a comment, a backslash at the end of a line joins it with the next. */
#ifndef SLICER_TEXT_MODPROBE_H
#define SLICER_TEXT_MODPROBE_H

#include "base/error.h"
#include "base/str.h"

/* The value of the last "options MODULE NAME=VALUE" of a file of modprobe.d: owned by the
 * caller, without quotes around it, "" without a "=", NULL if there is none. */
char *modprobe_option(const char *text, size_t len, const char *module, const char *name);

/* Is the line "options MODULE ..."? *ret_at is then where its parameters begin. */
bool modprobe_is_options(const char *line, size_t len, const char *module,
			 size_t *ret_at);

/* A parameter in a line of parameters: line[start, end) is all of it, line[value,
 * value_end) its value without quotes around it, both at the end without a "=". */
struct modprobe_param {
	size_t start, end, value, value_end;
};
/* The next parameter of that name from *at on, which moves past it. The kernel takes
 * them apart, as it does its own command line. */
bool modprobe_next_param(const char *line, size_t len, const char *name, size_t *at,
			 struct modprobe_param *ret);

#endif
