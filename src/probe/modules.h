/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module directory of one kernel, opened once for many questions. facts.h has the
 * short forms for a single one. */
#ifndef SLICER_PROBE_MODULES_H
#define SLICER_PROBE_MODULES_H

#include "probe/facts.h"

struct module_index;

/* '-' and '_' are the same. */
bool module_same_name(const char *a, const char *b);

/* -ENOENT if the kernel has no module directory; -EINVAL for what is no release name.
 * Owned by the caller: module_index_close(). */
int module_index_open(const struct host *h, const char *kernel, struct module_index **ret,
		      struct error *e);
void module_index_close(struct module_index **m);
/* MODULE_UNKNOWN when the lists can't be read. '-' and '_' are the same. */
enum module_state module_index_state(struct module_index *m, const char *module);
/* As modules_for_alias(): appends, best first, each once. Nothing if the kernel's alias
 * index is missing or is not one. */
void module_index_alias(struct module_index *m, const char *modalias, struct strv *ret);
/* Reads one of depmod's lists, as "modules.alias". Returns 0 or a negative errno. */
int module_index_read(const struct module_index *m, const char *name, struct str *ret);

#endif
