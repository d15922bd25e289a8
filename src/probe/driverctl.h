/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What driverctl(8) is told to bind a PCI device to at every boot. */
#ifndef SLICER_PROBE_DRIVERCTL_H
#define SLICER_PROBE_DRIVERCTL_H

#include "host/host.h"

/* "driverctl set-override" keeps one file for each device: "pci-0000:0b:00.0". */
#define DRIVERCTL_DIR "/etc/driverctl.d"

/*
 * What the file of the device at address says, for a person: "driverctl is told to bind
 * it to vfio-pci (/etc/driverctl.d/pci-0000:0b:00.0)"; owned by the caller. NULL: there
 * is no such file, it can't be read, or it has something else than the name of a driver.
 * It says what driverctl is told, not that it is still installed.
 */
char *driverctl_text(const struct host *h, const char *address);

#endif
