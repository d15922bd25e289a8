/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells of interrupt remapping, beside the log, the tables and the command line.
 * Inside src/probe only. */
#ifndef SLICER_PROBE_REMAPPING_H
#define SLICER_PROBE_REMAPPING_H

#include "probe/facts.h"

/* Fills interrupt_remapping, irq_name and the unsafe_* of ret. */
void remapping_read(const struct host *h, struct iommu_facts *ret);

#endif
