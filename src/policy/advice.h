/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice that setup-iommu itself would carry out. Inside src/policy only. */
#ifndef SLICER_POLICY_ADVICE_H
#define SLICER_POLICY_ADVICE_H

#include "policy/policy.h"

/* Would setup-iommu get as far as a plan here, by what it refuses before that? */
bool advice_can_set_up(const struct diagnosis *d);
/* What an error's hint says to do, but for what only --force opens. */
void advice_hint(const struct error *e, struct strv *ret);
/* How this host gets the wanted parameters: "sudo slicer setup-iommu", or else what its
 * refusal says. A reboot is left to the caller. */
void advice_setup(const struct diagnosis *d, struct strv *ret);
/* Likewise for one more parameter: "sudo slicer setup-iommu --param K=V". why is added in
 * words, may be NULL. */
void advice_param(const struct diagnosis *d, const char *param, const char *why,
		  struct strv *ret);

#endif
