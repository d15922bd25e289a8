/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of a plan, forwards and back. */
#ifndef SLICER_PLAN_PROGRAM_H
#define SLICER_PLAN_PROGRAM_H

#include "plan/apply.h"

/* Calls a->event, where there is one. */
void apply_tell(const struct apply *a, const struct step *s, enum apply_event ev,
		double seconds, const struct str *output);
/* Runs argv for the step, and tells how it goes. */
int apply_program(const struct apply *a, const struct step *s, const struct strv *argv,
		  int log_fd, struct error *e);

#endif
