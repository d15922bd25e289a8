/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What writer and reader of a manifest share. Each list ends with NULL. */
#ifndef SLICER_PLAN_JOURNAL_NAMES_H
#define SLICER_PLAN_JOURNAL_NAMES_H

#include "plan/journal.h"

#define JOURNAL_SCHEMA "slicer.journal/1"

extern const char *const journal_states[], *const journal_kinds[], *const journal_edits[];

#endif
