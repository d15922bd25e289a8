/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of doctor's text share. Inside src/report only. */
#ifndef SLICER_REPORT_DOCTOR_TEXT_H
#define SLICER_REPORT_DOCTOR_TEXT_H

#include "report/report.h"

/* The checks. Without --verbose: a line for what is well in a group, the evidence and the
 * fix of what is not, and a line for what only follows from it. With it: each check with
 * its evidence. (doctor_checks.c) */
void doctor_add_checks(struct str *out, const struct output *o,
		       const struct doctor_report *r);

/* Entries of "next" or "fix", the first line after its label, below which the others
 * stand. (doctor.c) */
void doctor_add_steps(struct str *out, const struct output *o,
		      const struct doctor_report *r, const char *label,
		      const struct strv *v);
/* On one line, whatever is in it: owned by the caller. (doctor.c) */
char *doctor_printable(const char *s);

#endif
