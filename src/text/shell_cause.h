/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps a value from being known, for the person who is to mend it: the line, its
 * text, and what to do with it. For src/text/shell*.c only.
 *
 * Each function fills line, text and hint of *ret, which are the caller's to free by
 * shell_cause_done(); what they held before is not freed. source is left alone: only the
 * caller knows which document it is.
 */
#ifndef SLICER_TEXT_SHELL_CAUSE_H
#define SLICER_TEXT_SHELL_CAUSE_H

#include "text/shell.h"

void shell_cause_done(struct shell_cause *cause);
void shell_cause_copy(const struct shell_cause *from, struct shell_cause *ret);

/* The assignment that is statement stmt has a value that is not known. */
void shell_cause_assign(const struct shell_doc *doc, size_t stmt,
			struct shell_cause *ret);
/* Its value has a variable in it that nothing sets before. */
void shell_cause_unset(const struct shell_doc *doc, size_t stmt, const char *used,
		       struct shell_cause *ret);
/* Something in statement stmt sets the variable. */
void shell_cause_touch(const struct shell_doc *doc, size_t stmt, const char *name,
		       struct shell_cause *ret);
/* The file that statement stmt reads in sets the variable. */
void shell_cause_include(const struct shell_doc *doc, size_t stmt, const char *name,
			 struct shell_cause *ret);
/* Statement stmt may set any variable. */
void shell_cause_poison(const struct shell_doc *doc, size_t stmt,
			struct shell_cause *ret);

#endif
