/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Was a file written before the running system was started? */
#ifndef SLICER_PROBE_BOOT_TIME_H
#define SLICER_PROBE_BOOT_TIME_H

#include "host/mounts.h"
#include "probe/facts.h"

/*
 * TRI_YES where path was last written before the kernel was started ("btime" of
 * /proc/stat, seconds since 1970, proc(5)), and has got no older times since, as a backup
 * that is put back has (then its status changed later); TRI_NO where it was written
 * later; TRI_UNKNOWN where either time can't be read. FAT keeps local time, which the
 * kernel may take for another zone's (mount(8), "time_offset"): there, a day each way is
 * unknown.
 */
enum tri written_before_boot(const struct host *h, const struct mounts *m,
			     const char *path);

#endif
