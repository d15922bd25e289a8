/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's .config as /boot/config-VERSION and /proc/config.gz have it
 * (linux Documentation/kbuild/kconfig-language.rst). */
#ifndef SLICER_TEXT_KCONFIG_H
#define SLICER_TEXT_KCONFIG_H

#include "base/util.h"

/* 'y', 'm', 'n' ("is not set"), or 0 when the option is not mentioned (it does not exist
 * in that kernel or hangs on one that is off) or has another type of value. name has its
 * CONFIG_ prefix. */
char kconfig_get(const char *text, size_t len, const char *name);
/* Does the text look like a kernel configuration at all (has any CONFIG_ line)? */
bool kconfig_is(const char *text, size_t len);

#endif
