/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells one PCI device from another of the same model. */
#ifndef SLICER_DEVICES_IDENTITY_H
#define SLICER_DEVICES_IDENTITY_H

#include "host/host.h"
#include "probe/pci.h"

/*
 * The root bus, then device and function of each bridge on the way and of d itself:
 * "0000:00/01.1/00.0" of /sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0. Bus numbers
 * are left out, because the firmware or the kernel gives them in the order in which it
 * finds bridges: a card that is added changes those of others. Owned by the caller; NULL:
 * sysfs does not show it.
 */
char *device_ports(const struct host *h, const struct pci_device *d);

/*
 * The serial number that a PCI Express device may have, as sysfs shows it since Linux
 * 6.18 (drivers/pci/pci-sysfs.c, serial_number_show()): "00-80-ee-00-00-00-41-80". All
 * functions of a card have the same one. Owned by the caller; NULL: there is none, or it
 * is all zeros or all ones and so tells nothing.
 */
char *device_serial(const struct host *h, const struct pci_device *d);

#endif
