/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a package manager at work? Its hooks write the same boot menu and images as
 * setup-iommu.
 */
#ifndef SLICER_PROBE_PACKAGE_LOCK_H
#define SLICER_PROBE_PACKAGE_LOCK_H

#include "host/host.h"

/* The lock that APT and all other front ends of dpkg take first (dpkg's
 * doc/frontend.txt). */
#define DPKG_FRONTEND_LOCK "/var/lib/dpkg/lock-frontend"

struct package_lock {
	const char *manager; /* "dpkg"; NULL: none is at work */
	const char *path; /* of its lock */
	bool is_file; /* the file itself is the lock: it may have been left behind */
	pid_t pid; /* who holds it; 0: not known */
	char *name; /* that program's; NULL: not known */
};
void package_lock_done(struct package_lock *l);
/* The first lock that is held. Below a foreign root, and for a lock that can't be read,
 * none. */
void package_lock_find(const struct host *h, struct package_lock *ret);

#endif
