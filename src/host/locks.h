/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record locks (fcntl(2) F_SETLK) that other programs take on files of theirs. Never
 * waits, never makes a file. Live only: another root's processes are not here. */
#ifndef SLICER_HOST_LOCKS_H
#define SLICER_HOST_LOCKS_H

#include "host/host.h"

/* Does a process hold a lock for writing on it? 1: yes, and *ret_pid is who (0 if the
 * kernel does not tell); 0: no, or there is no such file; negative errno: can't be
 * asked. */
int host_is_locked(const struct host *h, const char *path, pid_t *ret_pid);
/*
 * Takes that lock for as long as the fd it returns is open. It goes with the first fd of
 * the file that this process closes, so nothing else here may open it in between
 * (fcntl(2)). -ENOENT: no such file; -EAGAIN: somebody else has it.
 */
int host_take_lock(const struct host *h, const char *path);

#endif
