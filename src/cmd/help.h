/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words about verbs and options: --help, and what to say of those that don't exist. */
#ifndef SLICER_CMD_HELP_H
#define SLICER_CMD_HELP_H

#include "cmd/invocation.h"

/* ---- pages (help.c): no line is longer than 80 characters */

/* What --help shows of one verb. */
void help_command(const struct command *cmd, FILE *f);
/* Where the words spell no verb: the page that was asked for, on stdout; the verbs, on
 * stderr, where one is missing; else an error that says which one may be meant. Returns
 * the exit status. */
int help_without_verb(const struct invocation *in, struct error *e);

/* ---- guesses (guess.c) */

/* A word that other programs have for it, or that one would try, and what slicer calls
 * it. Two words: the second after that first one only. meant is NULL where a guess would
 * be wrong. Ends with a zeroed one. */
struct verb_synonym {
	const char *typed, *meant;
};
extern const struct verb_synonym verb_synonyms[];

/* The usage error for in->args, which spell no verb. Returns -EINVAL. */
int guess_verb(const struct invocation *in, struct error *e);
/* The usage error for an option that cmd has not; NULL: there is no verb. Returns
 * -EINVAL. */
int guess_option(const struct command *cmd, const char *option, struct error *e);

#endif
