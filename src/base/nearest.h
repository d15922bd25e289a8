/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which known word somebody is likely to have meant. */
#ifndef SLICER_BASE_NEAREST_H
#define SLICER_BASE_NEAREST_H

#include "base/util.h"

/*
 * The one of words that a mistyped word is likely to mean, or NULL. It is one that the
 * typed word is the beginning of, if no other begins so, or else the nearest of those
 * that at most a third of the letters keep apart: a letter too many, too few, another
 * one, or two that have changed places. Upper and lower case are the same.
 */
const char *nearest_word(const char *typed, const char *const *words, size_t n);

#endif
