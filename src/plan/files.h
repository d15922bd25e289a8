/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that are files: what apply needs of them, forwards and back. */
#ifndef SLICER_PLAN_FILES_H
#define SLICER_PLAN_FILES_H

#include "host/host.h"
#include "steps/steps.h"

/* The largest file whose contents are kept: a boot menu. */
#define MAX_CONTENTS (16 * HOST_MAX_CONFIG)

bool is_file_step(const struct step *s);
/* Reads a step's file as it is now. A missing file is an empty text with *ret_exists
 * false. */
int read_now(const struct host *h, const char *path, bool *ret_exists, struct str *ret,
	     struct error *e);
/* Is this what the file should be before the step, or after it? (After a program: not
 * known.) */
bool has_text(const struct step *s, bool after, bool exists, const struct str *now);
/*
 * Brings the file into the state after the step, or before it, and reads it back.
 * mode: for a file that has to be created; 0: 0644. One that exists keeps its own.
 * Directories that were not there are made and noted in made.
 */
int do_file(const struct host *h, const struct step *s, bool after, mode_t mode,
	    struct strv *made, struct error *e);

/* Removes what a program left beside the file that it was to make. */
void remove_aside(const struct host *h, const char *makes);

#endif
