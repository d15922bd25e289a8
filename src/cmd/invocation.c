/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands on slicer's command line: the verb, the global options, and the rest. */
#include <errno.h>

#include "cmd/invocation.h"
#include "cmd/values.h"

static const struct option_spec *find_global(const char *arg, const char **value)
{
	for (const struct option_spec *o = global_options; o->name; o++) {
		size_t n = strlen(o->name);

		if (o->letter && arg[0] == '-' && arg[1] == o->letter && !arg[2])
			return o;
		if (strncmp(arg, "--", 2) || strncmp(arg + 2, o->name, n))
			continue;
		if (arg[2 + n] == '=')
			*value = arg + 3 + n;
		if (arg[2 + n] == '=' || !arg[2 + n])
			return o;
	}
	return NULL;
}

static int set_global(struct invocation *in, int id, const char *value, struct error *e)
{
	switch (id) {
	case OPTION_ROOT:
		in->c.root = value;
		return 0;
	case OPTION_JSON:
		in->c.out.json = true;
		return 0;
	case OPTION_COLOR:
		in->color = value ? value : "";
		if (!value_is_known(&values_color, in->color)) {
			error_usage(e, "--color takes auto, always or never, not '%s'",
				    value);
			error_hint(e, "auto, which needs no option, colours what a "
				      "terminal shows");
			return -EINVAL;
		}
		return 0;
	case OPTION_QUIET:
		in->c.out.quiet = true;
		return 0;
	case OPTION_VERBOSE:
		in->c.out.verbose = true;
		return 0;
	case OPTION_HELP:
		in->help = true;
		return 0;
	default:
		in->version = true;
		return 0;
	}
}

size_t invocation_verb(struct invocation *in)
{
	for (const struct command *const *c = commands; *c; c++) {
		CLEANUP(strv_done) struct strv words = { 0 };
		size_t n = 0;

		strv_split(&words, (*c)->verb, " ");
		while (n < words.n && n < in->args.n &&
		       !strcmp(words.v[n], in->args.v[n]))
			n++;
		if (n == words.n) {
			in->cmd = *c;
			return n;
		}
	}
	return 0;
}

static bool wants_value(const struct option_spec *o)
{
	return o->argument && o->argument[0] != '[';
}

/* The option of the verb that takes the next argument, NULL if none does. A global
 * option's name there is a value and stays. Only the verb's own table counts: --group
 * takes a number in one verb and nothing in another. Abbreviated as getopt_long(3)
 * allows. */
static const struct option_spec *takes_next(const struct command *cmd, const char *arg)
{
	const struct option_spec *found = NULL;
	size_t len = strlen(arg), n = 0;

	for (const struct option_spec *o = cmd ? cmd->options : NULL; o && o->name; o++) {
		bool is_letter =
			o->letter && arg[0] == '-' && arg[1] == o->letter && !arg[2];
		bool is_whole = !strncmp(arg, "--", 2) && !strcmp(arg + 2, o->name);

		if (is_letter || is_whole)
			return wants_value(o) ? o : NULL;
		if (len > 2 && !strncmp(arg, "--", 2) &&
		    !strncmp(arg + 2, o->name, len - 2)) {
			found = o;
			n++;
		}
	}
	return n == 1 && wants_value(found) ? found : NULL;
}

/* The words for --help and --version, where a verb could stand; "pci help bind", too. */
static bool take_word(struct invocation *in, const char *arg)
{
	bool begins = !in->args.n;

	if (!strcmp(arg, "help") &&
	    (begins || (in->args.n == 1 && command_is_group(in->args.v[0])))) {
		in->help = true;
		return true;
	}
	if (!begins || strcmp(arg, "version"))
		return false;
	in->version = !in->help;
	return true;
}

/* Takes the global options out of a bundle of letters like -nqv. Returns what is left for
 * the verb ("-n"), to be freed; NULL: nothing is, or arg is no bundle and *is_bundle
 * false.
 */
static char *take_bundle(struct invocation *in, const char *arg, bool *is_bundle,
			 struct error *e)
{
	CLEANUP(str_done) struct str rest = { 0 };

	*is_bundle = arg[0] == '-' && arg[1] && arg[1] != '-' && arg[2];
	if (!*is_bundle)
		return NULL;
	str_addc(&rest, '-');
	for (const char *p = arg + 1; *p; p++) {
		const struct option_spec *o = global_options;

		while (o->name && (o->letter != *p || o->argument))
			o++;
		if (o->name)
			set_global(in, o->id, NULL, e);
		else
			str_addc(&rest, *p);
	}
	return rest.len > 1 ? str_take(&rest) : NULL;
}

/* What is no global option by itself: the verb's words, its options and operands. Returns
 * how many arguments were taken. */
static int take_other(struct invocation *in, char **argv, int n, struct error *e)
{
	const struct option_spec *o;
	bool is_bundle;
	CLEANUP(free_char) char *rest = take_bundle(in, argv[0], &is_bundle, e);

	if (is_bundle) {
		if (rest)
			strv_add(&in->args, rest);
		return 1;
	}
	if (take_word(in, argv[0]))
		return 1;
	strv_add(&in->args, argv[0]);
	invocation_verb(in);
	o = takes_next(in->cmd, argv[0]);
	if (o && n < 2)
		in->expects = o;
	if (!o || n < 2)
		return 1;
	strv_add(&in->args, argv[1]);
	return 2;
}

int invocation_take(struct invocation *in, int argc, char **argv, struct error *e)
{
	int r = 0;

	for (int i = 1; i < argc && r == 0; i++) {
		const char *value = NULL;
		const struct option_spec *o;

		if (!strcmp(argv[i], "--")) {
			for (; i < argc; i++)
				strv_add(&in->args, argv[i]);
			break;
		}
		o = find_global(argv[i], &value);
		if (!o) {
			i += take_other(in, argv + i, argc - i, e) - 1;
			continue;
		}
		if (o->argument && !value && ++i < argc)
			value = argv[i];
		if (o->argument && !value)
			in->expects = o;
		if (in->expects)
			return error_usage(e, "--%s needs a value: %s", o->name,
					   o->argument);
		if (!o->argument && value)
			return error_usage(e, "--%s takes no value", o->name);
		r = set_global(in, o->id, value, e);
	}
	return r;
}

void invocation_done(struct invocation *in)
{
	strv_done(&in->args);
}
