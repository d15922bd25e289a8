/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which distribution this is, and whether its boot files belong to an image. */
#ifndef SLICER_PROBE_IMAGE_BASED_H
#define SLICER_PROBE_IMAGE_BASED_H

#include "probe/facts.h"

/* os-release(5): owned by the caller, NULL for what is not said there. */
void os_release_read(const struct host *h, char **ret_id, char **ret_version_id,
		     char **ret_pretty_name);

/* The system's name and what its person does instead of editing: owned by the caller;
 * both stay NULL for an ordinary system. vendor picks the parameter that the advice
 * names. */
void image_based_find(const struct host *h, const char *os_id, enum cpu_vendor vendor,
		      char **ret_name, char **ret_advice);

#endif
