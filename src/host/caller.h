/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who started slicer: what they type to start a program as root, and slicer. */
#ifndef SLICER_HOST_CALLER_H
#define SLICER_HOST_CALLER_H

#include "host/host.h"

/* What comes before a command that needs root. */
enum caller_root {
	CALLER_SUDO, /* "sudo " */
	CALLER_IS_ROOT, /* nothing: the caller's shell is root's */
	CALLER_WITHOUT_SUDO, /* nothing: the caller is no root, and there is no sudo */
};

/*
 * Who calls, by the effective user and by what sudo(8), doas(1) and pkexec(1) leave in
 * the environment: their user's next command needs them again. Whether there is a sudo is
 * asked of the host, which may be a tree below --root.
 */
enum caller_root caller_root(const struct host *h);

/*
 * The name that starts this program: "slicer-iommu" where it exists and "slicer" is
 * another program (SlicerVM's has that name), looked for in the order of a root's PATH on
 * the machine that runs, never in the caller's PATH. Otherwise "slicer". Static.
 */
const char *caller_slicer(void);

#endif
