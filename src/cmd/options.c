/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options from tables: what getopt_long parses, what --help prints. */
#include <errno.h>
#include <getopt.h>

#include "cmd/cmd.h"

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
	NULL,
};

const struct option_spec global_options[] = {
	{ "root", 0, "DIR", "read the host below DIR instead of the running machine",
	  OPTION_ROOT },
	{ "json", 0, NULL, "print one JSON document on stdout, errors included",
	  OPTION_JSON },
	{ "color", 0, "WHEN", "auto, always or never (NO_COLOR is respected)",
	  OPTION_COLOR },
	{ "quiet", 'q', NULL, "print results and errors only", OPTION_QUIET },
	{ "verbose", 'v', NULL, "print what programs write, too", OPTION_VERBOSE },
	{ "help", 'h', NULL, "show this help", OPTION_HELP },
	{ "version", 'V', NULL, "show the version", OPTION_VERSION },
	{ 0 },
};

/* Damerau-free edit distance, enough to find the option that was meant. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[n];
}

const char *options_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t least = 4;

	if (strlen(word) > 63)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);

		if (d < least && d < strlen(words[i])) {
			least = d;
			best = words[i];
		}
	}
	return best;
}

static int unknown_option(const struct command *cmd, const char *word, struct error *e)
{
	const char *names[MAX_OPTIONS], *near;
	char bare[64];
	size_t n = 0;

	for (const struct option_spec *o = cmd->options; o && o->name; o++)
		names[n++] = o->name;
	for (const struct option_spec *o = global_options; o->name; o++)
		names[n++] = o->name;
	snprintf(bare, sizeof(bare), "%s", word + strspn(word, "-"));
	bare[strcspn(bare, "=")] = '\0';
	near = options_nearest(bare, names, n);
	error_usage(e, "slicer %s has no option %s", cmd->verb, word);
	if (near)
		error_hint(e, "did you mean --%s? 'slicer %s --help' lists all", near,
			   cmd->verb);
	else
		error_hint(e, "'slicer %s --help' lists the options", cmd->verb);
	return -EINVAL;
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
			return unknown_option(cmd, all[optind - 1], e);
		for (size_t i = 0; i < n; i++)
			if (c == FIRST_VALUE + (int)i ||
			    (c && c == cmd->options[i].letter))
				o = &cmd->options[i];
		if (!o)
			return unknown_option(cmd, all[optind - 1], e);
		r = take_option(data, o->id, optarg, e);
		if (r < 0 && !e->hint[0])
			error_hint(e, "'slicer %s --help' says what --%s takes",
				   cmd->verb, o->name);
	}
	for (int i = optind; r == 0 && i <= argc; i++)
		strv_add(operands, all[i]);
	return r;
}

static void print_option(const struct option_spec *o, FILE *f)
{
	char left[64], letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	if (!o->argument)
		snprintf(left, sizeof(left), "%s--%s", letter, o->name);
	else if (o->argument[0] == '[')
		snprintf(left, sizeof(left), "%s--%s[=%.*s]", letter, o->name,
			 (int)strlen(o->argument) - 2, o->argument + 1);
	else
		snprintf(left, sizeof(left), "%s--%s %s", letter, o->name, o->argument);
	if (strlen(left) > 30)
		fprintf(f, "  %s\n  %-30s  %s\n", left, "", o->help);
	else
		fprintf(f, "  %-30s  %s\n", left, o->help);
}

void options_help(const struct command *cmd, FILE *f)
{
	fprintf(f, "Usage: slicer %s [OPTIONS]%s%s\n\n%s\n", cmd->verb,
		*cmd->arguments ? " " : "", cmd->arguments, cmd->description);
	if (cmd->options && cmd->options->name) {
		fprintf(f, "\nOptions:\n");
		for (const struct option_spec *o = cmd->options; o->name; o++)
			print_option(o, f);
	}
	fprintf(f, "\nGlobal options:\n");
	for (const struct option_spec *o = global_options; o->name; o++)
		print_option(o, f);
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
