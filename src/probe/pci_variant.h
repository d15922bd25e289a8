/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO's drivers for device families. Beside vfio-pci, which takes every device, Linux
 * has variants of it that know more of their devices, as mlx5_vfio_pci does for live
 * migration (since 5.16, drivers/vfio/pci). The aliases of such a module are those of its
 * devices with "vfio_pci:" for "pci:" (scripts/mod/file2alias.c do_pci_entry(),
 * PCI_ID_F_VFIO_DRIVER_OVERRIDE), so that nothing loads it by itself.
 */
#ifndef SLICER_PROBE_PCI_VARIANT_H
#define SLICER_PROBE_PCI_VARIANT_H

#include "probe/modules.h"

/*
 * The module whose alias says most about the device, as libvirt chooses it
 * (src/util/virpci.c virPCIDeviceFindBestVFIOVariant()): the one with the fewest
 * wildcards, of equal ones the first. modalias: the device's, may be NULL, as may m.
 * NULL: none but vfio-pci, or it is not known. One that is built into the kernel is not
 * found: the kernel lists no aliases of it. Owned by the caller.
 */
char *pci_variant(struct module_index *m, const char *modalias);

/* Does the alias pattern, in which '*' stands for one field, match? Returns the number of
 * its wildcards, -1 if it does not. */
int pci_alias_wildcards(const char *pattern, const char *alias);

#endif
