/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking devices out of what else binds them at boot (probe/old_setup.h), so that only
 * "pci bind --persist" does. Texts in, texts out: nothing is written here.
 */
#ifndef SLICER_DEVICES_TAKE_OVER_H
#define SLICER_DEVICES_TAKE_OVER_H

#include "devices/devices.h"
#include "probe/old_setup.h"
#include "steps/steps.h"

/* The files of a set-up that may be changed: those that a person writes. */
bool take_over_is_ours(const char *path);

/*
 * Appends to files the steps that take the devices of r, and nothing else, out of the
 * statements that name them; every other byte stays. An id that takes another device,
 * too, goes all the same, and that device is the host's again: that is refused unless
 * r->force, as is what would come into force instead. What can't be taken out (a script,
 * a line that does more) is left, with a warning to told. Command lines are not changed:
 * take_over_param() says how one becomes. s: as found; it is left as it will be.
 * Error: -EBUSY, naming the other devices.
 */
int take_over_plan(const struct old_query *q, struct old_setup *s,
		   const struct bind_request *r, struct plan *files, struct plan *told,
		   struct error *e);
/* What a parameter of a command line becomes without the ids that take devices of r:
 * owned by the caller, "" if nothing is left of it; NULL: it stays as it is. */
char *take_over_param(const struct bind_request *r, const char *param);

#endif
