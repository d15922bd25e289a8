/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel does when something is written to an attribute of the PCI bus, done to a
 * tree (linux drivers/base/bus.c, drivers/pci/pci-sysfs.c). */
#ifndef SLICER_TESTS_MUTATE_SYSFS_H
#define SLICER_TESTS_MUTATE_SYSFS_H

#include "mutate/tree.h"

/* path is where the file really is, below the tree ("sys/bus/pci/drivers/igb/unbind").
 * Returns what write(2) gives: len, or a negative errno. */
long sysfs_write(struct tree *t, const char *path, const char *text, size_t len);
/* A device goes, with all that names it. */
void sysfs_vanish(struct tree *t, const char *address);
/* Its driver's name, and its override: owned by the caller, NULL if it has none. */
char *sysfs_driver(const struct tree *t, const char *address);
char *sysfs_override(const struct tree *t, const char *address);
/* The device's IOMMU group, as its link says: owned by the caller, NULL if in none. */
char *sysfs_group(const struct tree *t, const char *address);

#endif
