/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice to a person about a host below --root: for the right machine. */
#ifndef SLICER_REPORT_ADVICE_H
#define SLICER_REPORT_ADVICE_H

#include "base/str.h"
#include "host/caller.h"

/*
 * Who reads advice: set once, before any is given. Until then it is a user who has sudo,
 * and the program is called slicer. name: "slicer" or "slicer-iommu", static; NULL: as
 * caller_slicer() says, which is asked when a command is printed: it reads files.
 */
void advice_set_reader(enum caller_root root, const char *name);

/* What starts this program. */
const char *advice_name(void);

/* One list of advice, in its order. Zeroed but for root at first. */
struct advice {
	const char *root; /* as host_root() or --root gives it; NULL, "/": this machine */
	bool later; /* what follows is for after that machine's boot */
	bool is_steps; /* a list of commands: a remark has a line of its own */
	bool is_root_told; /* a user without sudo was told that root has to run this */
};

/*
 * Appends text, one or more lines of a list, as it is to be read: what is to be run now
 * carries --root, programs run below it by chroot(8), a reboot is a start from this disk,
 * and what acts on a running kernel, or comes after the boot, is for that machine and
 * stays bare. A sed stays as it is: whoever advises it names the file below the root.
 * "sudo" is left out for root and where there is none, and the program has the name that
 * starts it.
 */
void advice_add(struct advice *a, const char *text, struct str *ret);

/*
 * The same for one entry of "next" or "fix", which are to be pasted into a shell: each of
 * its lines is a command, or has "# " before it.
 */
void advice_add_step(struct advice *a, const char *text, struct str *ret);

#endif
