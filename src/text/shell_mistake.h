/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that a person meant as assignments, and that the shell takes for something else.
 */
#ifndef SLICER_TEXT_SHELL_MISTAKE_H
#define SLICER_TEXT_SHELL_MISTAKE_H

#include "text/shell.h"

/*
 * The first mistake of the document that ends or spoils what sources it: blanks around
 * "=" (a command of that name is run, which there is not), a byte order mark, and, in
 * what has to do with prefix ("GRUB_CMDLINE"), characters that only look like the plain
 * ones, and a value that goes on behind its quotes (the shell runs that as a command).
 * -EINVAL with the line and what to write; 0: none.
 */
int shell_find_mistake(const struct shell_doc *doc, const char *prefix, struct error *e);

#endif
