/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtual machine can have from its hypervisor. Inside src/policy only. */
#ifndef SLICER_POLICY_GUEST_H
#define SLICER_POLICY_GUEST_H

#include "probe/facts.h"

/* How a guest gets a virtual IOMMU there, or that it can't have one. A constant. */
const char *guest_iommu_advice(const struct platform_facts *p, enum cpu_vendor vendor);

#endif
