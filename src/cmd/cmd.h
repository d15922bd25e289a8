/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs: each file ends in one const object. Parse options, call the rooms above, choose
 * the exit code. */
#ifndef SLICER_CMD_CMD_H
#define SLICER_CMD_CMD_H

#include "host/host.h"
#include "report/report.h"

/* What the global options gave; the host is open. */
struct context {
	const char *root; /* as given, NULL for the running machine */
	struct host *host;
	struct output out;
	const char *schema; /* of the JSON, for errors too; NULL: the command's */
};

struct value_set; /* cmd/values.h */

/* One option of a verb: one table feeds getopt_long, --help and the completions. */
struct option_spec {
	const char *name; /* "device" */
	char letter; /* 'd', 0 if none */
	const char *argument; /* "ADDR"; NULL: none; in brackets, "[X]": optional */
	const char *help;
	int id; /* what options_parse() hands to the verb; > 0 */
	const struct value_set *values; /* what it takes; NULL: nothing to list */
};
struct command {
	const char *verb; /* "pci list", "doctor" */
	const char *arguments; /* "[ADDR...]" for the usage line */
	const char *summary;
	const char *description; /* paragraphs for --help */
	const struct option_spec *options; /* ends with a zeroed one */
	const struct value_set *operands; /* what ADDR is; NULL: no operand */
	bool hidden; /* for programs: help and completions leave it out */
	/* Returns the exit status; *e tells the error when it is 2, 3 or 4. argv: what is
	 * behind the verb; global options are already taken out. */
	int (*run)(struct context *c, int argc, char **argv, struct error *e);
	const char *schema; /* of its JSON, for errors too; NULL: "slicer.error/1" */
};
extern const struct command command_doctor, command_setup, command_pci_list,
	command_pci_show, command_pci_bind, command_pci_unbind, command_pci_ensure,
	command_pci_restore, command_vm_command, command_vm_test, command_completion,
	command_complete_words;
extern const struct command *const commands[]; /* NULL-terminated */

/* The first words of verbs of two words. */
struct command_group {
	const char *word;
	const char *summary;
};
extern const struct command_group command_groups[]; /* ends with a zeroed one */
bool command_is_group(const char *word);
/* Does this verb begin with that word? */
bool command_is_in_group(const char *verb, const char *group);

/* The global options, for --help and for main, which takes them out of argv. */
enum global_option {
	OPTION_ROOT = 1,
	OPTION_JSON,
	OPTION_COLOR,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_HELP,
	OPTION_VERSION,
};
extern const struct option_spec global_options[];

/*
 * Parses argv by the command's table. Calls take(data, id, value) for each option found;
 * take may refuse with a usage error; it may be NULL for a verb without options. Operands
 * are appended to operands. Returns 0 or -EINVAL with a usage error that names the option
 * and the nearest one that exists.
 */
int options_parse(const struct command *cmd, int argc, char **argv,
		  int (*take_option)(void *data, int id, const char *value,
				     struct error *e),
		  void *data, struct strv *operands, struct error *e);
/* The value of --timeout: 1 to 3600. Else a usage error. */
int option_seconds(const char *value, unsigned *ret, struct error *e);

/* One line on stderr if a run of setup-iommu was interrupted and nobody has dealt with it
 * (interrupted.c). Says nothing where the journal can't be read, nor with --quiet. */
void warn_interrupted(const struct context *c);

/* Exit status of an error: its code, 3 if it has none. */
int exit_of(const struct error *e);

#endif
