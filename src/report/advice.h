/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice to a person about a host below --root: for the right machine. */
#ifndef SLICER_REPORT_ADVICE_H
#define SLICER_REPORT_ADVICE_H

#include "base/str.h"

/* One list of advice, in its order. Zeroed but for root at first. */
struct advice {
	const char *root; /* as host_root() or --root gives it; NULL, "/": this machine */
	bool later; /* what follows is for after that machine's boot */
};

/*
 * Appends text, one or more lines of a list, as it is to be read: what is to be run now
 * carries --root, programs run below it by chroot(8), a reboot is a start from this disk,
 * and what acts on a running kernel, or comes after the boot, is for that machine and
 * stays bare. A sed stays as it is: whoever advises it names the file below the root.
 * Nothing is changed without a root.
 */
void advice_add(struct advice *a, const char *text, struct str *ret);

#endif
