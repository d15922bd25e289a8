/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: the question before the first write. */
#ifndef SLICER_CMD_SETUP_ASK_H
#define SLICER_CMD_SETUP_ASK_H

#include "cmd/setup.h"

/* Is there a person at a terminal to ask? With --json there is none. */
bool setup_can_ask(const struct setup *s);
/* Adds a warning to s->plan for each parameter that somebody set to the opposite of what
 * is wanted: also in a dry run, and in JSON. */
void setup_warn_conflicts(struct setup *s);
/* Refuses such parameters where --yes was given without --force: -EPERM with an error
 * that names them and the file and line of the first. Otherwise 0. */
int setup_check_conflicts(const struct setup *s, struct error *e);
/*
 * Asks whether s->plan may be carried out, or takes --yes for the answer. Returns 0 for
 * yes. No, an empty answer, the end of input and Ctrl-C give -ECANCELED with an error
 * that is marked as declined. Where nobody can be asked, or an opposite parameter needs
 * more than --yes: -EPERM with an error.
 */
int setup_consent(const struct setup *s, struct error *e);

#endif
