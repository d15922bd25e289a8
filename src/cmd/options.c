/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of verbs and global options, and parsing by tables. */
#include <errno.h>
#include <getopt.h>

#include "cmd/help.h"
#include "cmd/values.h"

#define MAX_OPTIONS 64
/* getopt_long's val of a table row: letters and '?' and ':' are below. */
#define FIRST_VALUE 1000

const struct command *const commands[] = {
	&command_doctor,
	&command_setup,
	&command_pci_list,
	&command_pci_show,
	&command_pci_bind,
	&command_pci_unbind,
	&command_pci_ensure,
	&command_pci_restore,
	&command_vm_command,
	&command_vm_test,
	&command_completion,
	&command_complete_words,
	NULL,
};

const struct option_spec global_options[] = {
	{ "root", 0, "DIR", "read the host below DIR, not the running machine",
	  OPTION_ROOT, &values_directory },
	{ "json", 0, NULL, "print one JSON document on stdout, errors too", OPTION_JSON,
	  NULL },
	{ "color", 0, "WHEN", "auto, always or never (NO_COLOR is honoured)",
	  OPTION_COLOR, &values_color },
	{ "quiet", 'q', NULL, "print only results and errors", OPTION_QUIET, NULL },
	{ "verbose", 'v', NULL, "also print what is well, and what programs write",
	  OPTION_VERBOSE, NULL },
	{ "help", 'h', NULL, "show this help", OPTION_HELP, NULL },
	{ "version", 'V', NULL, "show the version", OPTION_VERSION, NULL },
	{ 0 },
};

const struct command_group command_groups[] = {
	{ "pci", "see PCI devices, move them to VFIO and back" },
	{ "vm", "start or test a VM with devices of the host" },
	{ 0 },
};

bool command_is_in_group(const char *verb, const char *group)
{
	size_t n = strlen(group);

	return !strncmp(verb, group, n) && verb[n] == ' ';
}

bool command_is_group(const char *word)
{
	for (const struct command_group *g = command_groups; g->word; g++)
		if (!strcmp(g->word, word))
			return true;
	return false;
}

/* What getopt_long() did not take: word is the argument that it was looking at. */
static int refuse_option(const struct command *cmd, const char *word, struct error *e)
{
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt >= FIRST_VALUE) {
		error_usage(e, "--%s takes no value",
			    cmd->options[optopt - FIRST_VALUE].name);
		error_hint(e, "'slicer %s --help' lists the options", cmd->verb);
		return -EINVAL;
	}
	/* 0: the name of a long option. Else a letter, of a bundle perhaps. */
	return guess_option(cmd, optopt ? letter : word, e);
}

static int argument_kind(const struct option_spec *o)
{
	if (!o->argument)
		return no_argument;
	return o->argument[0] == '[' ? optional_argument : required_argument;
}

static void free_argv(char ***p)
{
	free(*p);
}

int options_parse(const struct command *cmd, int argc, char **argv,
		  int (*take_option)(void *data, int id, const char *value,
				     struct error *e),
		  void *data, struct strv *operands, struct error *e)
{
	struct option longs[MAX_OPTIONS] = { 0 };
	/* Pointers, not copies: the values that take_option() gets live as long as argv.
	 */
	CLEANUP(free_argv) char **all = xcalloc((size_t)argc + 2, sizeof(char *));
	CLEANUP(str_done) struct str shorts = { 0 };
	size_t n = 0;
	int c, r = 0;

	str_add(&shorts, ":");
	for (const struct option_spec *o = cmd->options; o && o->name; o++, n++) {
		longs[n] = (struct option){ o->name, argument_kind(o), NULL,
					    FIRST_VALUE + (int)n };
		if (o->letter)
			str_addf(&shorts, "%c%s", o->letter, o->argument ? ":" : "");
	}
	all[0] = (char *)"slicer"; /* getopt's argv[0] */
	memcpy(all + 1, argv, (size_t)argc * sizeof(char *));
	opterr = 0;
	optind = 0; /* GNU: start anew */
	while (r == 0 &&
	       (c = getopt_long(argc + 1, all, str_c(&shorts), longs, NULL)) != -1) {
		const struct option_spec *o = NULL;

		if (c == ':')
			return error_usage(e, "%s needs a value", all[optind - 1]);
		if (c == '?')
			return refuse_option(cmd, all[optind - 1], e);
		for (size_t i = 0; i < n; i++)
			if (c == FIRST_VALUE + (int)i ||
			    (c && c == cmd->options[i].letter))
				o = &cmd->options[i];
		if (!o)
			return refuse_option(cmd, all[optind - 1], e);
		r = take_option(data, o->id, optarg, e);
		if (r < 0 && !e->hint[0])
			error_hint(e, "'slicer %s --help' says what --%s takes",
				   cmd->verb, o->name);
	}
	for (int i = optind; r == 0 && i <= argc; i++)
		strv_add(operands, all[i]);
	return r;
}

int exit_of(const struct error *e)
{
	return e->code ? (int)e->code : ERROR_REFUSED;
}

int option_seconds(const char *value, unsigned *ret, struct error *e)
{
	size_t n = strlen(value);
	unsigned long s = strtoul(value, NULL, 10);

	if (!n || n > 5 || strspn(value, "0123456789") != n || s < 1 || s > 3600) {
		error_usage(e, "--timeout takes 1 to 3600 seconds, not \"%.80s\"", value);
		error_hint(e, "for example: --timeout 60");
		return -EINVAL;
	}
	*ret = (unsigned)s;
	return 0;
}
