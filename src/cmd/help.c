/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/help.h"

/* The narrowest terminal that is common. */
#define LINE_WIDTH 80
/* Where the description of an option begins. */
#define OPTION_COLUMN 32

/* One line of text from column indent on, at which its further lines begin, too. */
static void print_line(const char *text, size_t len, size_t indent, FILE *f)
{
	size_t column = indent;

	for (size_t at = 0; at < len;) {
		size_t n = strcspn(text + at, " \n");

		if (column > indent && column + 1 + n > LINE_WIDTH) {
			fprintf(f, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', f);
			column++;
		}
		fwrite(text + at, 1, n, f);
		column += n;
		at += n;
		at += strspn(text + at, " ");
	}
	fputc('\n', f);
}

/* Text as a page shows it. Its lines are paragraphs; one that begins with a blank is an
 * example, and stays as it is. */
static void print_text(const char *text, size_t indent, FILE *f)
{
	const char *line;
	size_t at = 0, len;

	while (next_line(text, strlen(text), &at, &line, &len))
		if (len && line[0] == ' ')
			fprintf(f, "%.*s\n", (int)len, line);
		else
			print_line(line, len, indent, f);
}

static void print_option(const struct option_spec *o, FILE *f)
{
	CLEANUP(str_done) struct str left = { 0 };

	if (o->letter)
		str_addf(&left, "  -%c, --%s", o->letter, o->name);
	else
		str_addf(&left, "      --%s", o->name);
	if (o->argument && o->argument[0] == '[')
		str_addf(&left, "[=%.*s]", (int)strlen(o->argument) - 2, o->argument + 1);
	else if (o->argument)
		str_addf(&left, " %s", o->argument);
	fputs(str_c(&left), f);
	if (left.len + 2 > OPTION_COLUMN)
		fprintf(f, "\n%*s", OPTION_COLUMN, "");
	else
		fprintf(f, "%*s", OPTION_COLUMN - (int)left.len, "");
	print_text(o->help, OPTION_COLUMN, f);
}

static void print_options(const char *title, const struct option_spec *o, FILE *f)
{
	if (!o || !o->name)
		return;
	fprintf(f, "\n%s:\n", title);
	for (; o->name; o++)
		print_option(o, f);
}

void help_command(const struct command *cmd, FILE *f)
{
	fprintf(f, "Usage: slicer %s [OPTIONS]%s%s\n\n", cmd->verb,
		*cmd->arguments ? " " : "", cmd->arguments);
	print_text(cmd->description, 0, f);
	print_options("Options", cmd->options, f);
	print_options("Global options", global_options, f);
}

/* The verbs with their summaries; group: only those that begin with this word. */
static void print_verbs(const char *group, FILE *f)
{
	fprintf(f, "Verbs:\n");
	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden && (!group || command_is_in_group((*c)->verb, group)))
			fprintf(f, "  %-14s  %s\n", (*c)->verb, (*c)->summary);
}

static void print_usage(FILE *f)
{
	fprintf(f, "Usage: slicer VERB [OPTIONS] [ADDR...]\n\n"
		   "Takes a Linux host from \"IOMMU off\" to \"PCI device inside a VM\", "
		   "and back.\n\n");
	print_verbs(NULL, f);
	fprintf(f, "\nSteps:\n"
		   "  slicer doctor              what is on, what is missing, what to do "
		   "next\n"
		   "  sudo slicer setup-iommu    set the kernel parameters; shows the "
		   "plan and asks\n"
		   "  sudo reboot\n"
		   "  sudo slicer pci bind ADDR  give a device to VMs\n"
		   "  slicer vm command ADDR     the command that starts a VM with it\n"
		   "  slicer vm test ADDR        prove that it works in a VM\n"
		   "\n");
	print_text(
		"These change nothing: doctor, pci list, pci show, vm command, and any "
		"verb with --dry-run. 'sudo slicer setup-iommu --undo' undoes what "
		"setup-iommu changed.\n\n"
		"Global options, before or after the verb: --root DIR, --json, "
		"--color WHEN, --quiet, --verbose, --help, --version\n\n"
		"'slicer help VERB' tells more about a verb; slicer(8) is the manual.",
		0, f);
}

/* group: the first word of verbs of two words. */
static void print_group(const char *group, FILE *f)
{
	fprintf(f, "Usage: slicer %s VERB [OPTIONS] [ADDR...]\n\n", group);
	print_verbs(group, f);
	fprintf(f,
		"\n'slicer help %s VERB' tells more about a verb; slicer-%s(8) is the "
		"manual.\n",
		group, group);
}

int help_without_verb(const struct invocation *in, struct error *e)
{
	const char *group =
		in->args.n && command_is_group(in->args.v[0]) ? in->args.v[0] : NULL;
	FILE *f = in->help ? stdout : stderr;

	if (in->args.n > (group ? 1 : 0)) {
		guess_verb(in, e);
		return ERROR_USAGE;
	}
	if (!in->help && in->c.out.json) {
		error_usage(e, "there is no verb%s%s", group ? " after " : "",
			    group ? group : "");
		error_hint(e, "'slicer %s%s--help' lists the verbs", group ? group : "",
			   group ? " " : "");
		return ERROR_USAGE;
	}
	if (group)
		print_group(group, f);
	else
		print_usage(f);
	return in->help ? 0 : ERROR_USAGE;
}
