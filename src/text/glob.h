/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fnmatch(3) for bytes that are not NUL-terminated, independent of the locale, and in
 * time that no pattern can blow up. */
#ifndef SLICER_TEXT_GLOB_H
#define SLICER_TEXT_GLOB_H

#include "base/util.h"

/* Does the whole of text match pattern? "*", "?", "[a-z]", "[!a-z]"; a backslash takes
 * the next character's meaning. A "[" without its "]" is an ordinary character. */
bool glob_match(const char *pattern, const char *text, size_t len);

#endif
