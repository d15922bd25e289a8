/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a plan's shelter up, and taking it down. Both may be done again after they were
 * cut short. With -EINPROGRESS, stuck (may be NULL) has what could not be ended, as
 * struct run says. */
#ifndef SLICER_PLAN_SHELTER_H
#define SLICER_PLAN_SHELTER_H

#include "host/host.h"
#include "steps/steps.h"

/* Is what says the default still as the plan found it, or as a shelter that stands left
 * it? Nothing of somebody else's is to be overwritten. Error: -ESTALE, or what can't be
 * read. */
int shelter_check(const struct host *h, const struct shelter *s, struct error *e);
/* Copies first, then the entry, then the default: before the last of these nothing has
 * changed for the loader. On the disk when this returns. */
int shelter_up(const struct host *h, const struct shelter *s, struct strv *stuck,
	       struct error *e);
/* The other way round. A file that somebody else changed meanwhile keeps their change,
 * without what slicer added. */
int shelter_down(const struct host *h, const struct shelter *s, struct strv *stuck,
		 struct error *e);
/* Does it stand, whole? */
bool shelter_is_up(const struct host *h, const struct shelter *s);

#endif
