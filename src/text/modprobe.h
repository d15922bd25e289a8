/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of modules in the files of modprobe.d. */
#ifndef SLICER_TEXT_MODPROBE_H
#define SLICER_TEXT_MODPROBE_H

#include "base/error.h"
#include "base/str.h"

/* The value of the last "options MODULE NAME=VALUE" of a file of modprobe.d
 * (modprobe.d(5): '-' and '_' are the same, '#' starts a comment, a backslash at the end
 * of a line joins it with the next): owned by the caller, "" without a "=", NULL if there
 * is none. */
char *modprobe_option(const char *text, size_t len, const char *module, const char *name);

#endif
