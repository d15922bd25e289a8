/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which distribution this is, and whether its boot files belong to an image. */
#ifndef SLICER_PROBE_IMAGE_BASED_H
#define SLICER_PROBE_IMAGE_BASED_H

#include "probe/facts.h"

/* os-release(5): the fields os_...; NULL, or empty, for what is not said there. */
void os_release_read(const struct host *h, struct platform_facts *ret);

/* The system's name and what its person does instead of editing: owned by the caller;
 * both stay NULL for an ordinary system. vendor picks the parameter that the advice
 * names. */
void image_based_find(const struct host *h, const char *os_id, enum cpu_vendor vendor,
		      char **ret_name, char **ret_advice);

#endif
