/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run that failed takes back what it did. */
#ifndef SLICER_PLAN_ROLL_BACK_H
#define SLICER_PLAN_ROLL_BACK_H

#include "plan/apply.h"

/*
 * begun: how many of the plan's steps have begun. *e is the failure; what was undone
 * and what not is added to it. The journal's state follows. Where the first step has
 * failed and left nothing, *e stays as it is: nothing was changed.
 */
void roll_back(struct apply *a, struct record *rec, size_t begun, int log_fd,
	       struct error *e);

#endif
