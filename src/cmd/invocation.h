/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that slicer was started with, before a verb looks at its own. */
#ifndef SLICER_CMD_INVOCATION_H
#define SLICER_CMD_INVOCATION_H

#include "cmd/cmd.h"

/* Zeroed at first; invocation_done() frees what it owns. */
struct invocation {
	struct context c; /* root and output flags as given; no host is open */
	struct strv args; /* the verb's words and all that is no global option */
	const struct command *cmd; /* NULL: the words spell no verb */
	const char *color; /* as given to --color; NULL: not given */
	bool help, version;
	const struct option_spec
		*expects; /* the last word is this one, without its value */
};

/*
 * Takes the global options out of argv, wherever they stand; what is the value of an
 * option of the verb stays, whatever it looks like. Returns 0, or a negative errno with a
 * usage error. Pointers in *in are into argv.
 */
int invocation_take(struct invocation *in, int argc, char **argv, struct error *e);

/* The longest verb that the first of in->args spell, to in->cmd. Returns the number of
 * its words, 0 if they spell none. */
size_t invocation_verb(struct invocation *in);
void invocation_done(struct invocation *in);

#endif
