/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel of a boot that is over left behind: a dump in pstore (of a panic or an
 * oops), as the kernel shows it or as systemd-pstore(8) put it away, else the journal,
 * where it is kept on the disk.
 */
#ifndef SLICER_PROBE_LAST_BOOT_H
#define SLICER_PROBE_LAST_BOOT_H

#include <time.h>

#include "host/host.h"

/*
 * The last lines of the boot whose command line had param. A dump holds only the end of
 * the log: one without a command line counts if it was written after since (0: then it
 * does not). Appends to lines; *ret_source (owned by the caller) says what they are, NULL
 * if there is nothing. The journal is asked for on the running machine only.
 */
void last_boot_log(const struct host *h, const char *param, time_t since,
		   struct strv *lines, char **ret_source);

#endif
