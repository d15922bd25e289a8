/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modprobe.d(5) has for modules. */
#ifndef SLICER_PROBE_MODPROBE_FILES_H
#define SLICER_PROBE_MODPROBE_FILES_H

#include "host/host.h"

#define MODPROBE_MAX (1u << 20) /* of a file; larger ones are not read */

/* Appends the paths of the files that modprobe(8) reads, in the order in which they
 * count.
 */
void modprobe_files(const struct host *h, struct strv *ret);
/* The one of paths whose word is the last for a parameter of a module that is yes or no,
 * if that is yes. Owned by the caller; NULL: none says it, or the last says no. */
char *modprobe_allows(const struct host *h, const struct strv *paths, const char *module,
		      const char *parameter);
/* What keeps a module that the running kernel has from being loaded by its name, for a
 * person: module_blacklist= (then *ret_by_kernel) or "install MODULE /bin/true". Owned by
 * the caller; NULL: nothing that is known. */
char *module_kept_out(const struct host *h, const char *module, bool *ret_by_kernel);

#endif
