/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was meant by a verb or an option that does not exist: the error and its hint. */
#include <errno.h>

#include "base/nearest.h"
#include "cmd/help.h"

#define MAX_NAMES 128

const struct verb_synonym verb_synonyms[] = {
	{ "check", "doctor" },
	{ "diag", "doctor" },
	{ "diagnose", "doctor" },
	{ "ready", "doctor" },
	{ "verify", "doctor" },

	{ "configure", "setup-iommu" },
	{ "enable", "setup-iommu" },
	{ "init", "setup-iommu" },
	{ "install", "setup-iommu" },
	{ "iommu", "setup-iommu" },
	{ "setup", "setup-iommu" },
	{ "diff", "setup-iommu --dry-run" },
	{ "dry-run", "setup-iommu --dry-run" },
	{ "plan", "setup-iommu --dry-run" },
	{ "history", "setup-iommu --status" },
	{ "journal", "setup-iommu --status" },
	{ "log", "setup-iommu --status" },
	{ "status", "setup-iommu --status" },
	{ "trial", "setup-iommu --trial" },
	{ "try", "setup-iommu --trial" },
	{ "confirm", "setup-iommu --confirm" },
	{ "disable", "setup-iommu --undo" },
	{ "reset", "setup-iommu --undo" },
	{ "revert", "setup-iommu --undo" },
	{ "rollback", "setup-iommu --undo" },
	{ "undo", "setup-iommu --undo" },
	{ "uninstall", "setup-iommu --undo" },

	{ "devices", "pci list" },
	{ "groups", "pci list" },
	{ "list", "pci list" },
	{ "list-devices", "pci list" },
	{ "ls", "pci list" },
	{ "lspci", "pci list" },
	{ "pci status", "pci list" },
	{ "tree", "pci list --tree" },
	{ "describe", "pci show" },
	{ "device", "pci show" },
	{ "info", "pci show" },
	{ "inspect", "pci show" },
	{ "show", "pci show" },
	{ "assign", "pci bind" },
	{ "attach", "pci bind" },
	{ "bind", "pci bind" },
	{ "claim", "pci bind" },
	{ "passthrough", "pci bind" },
	{ "vfio", "pci bind" },
	{ "pci add", "pci bind" },
	{ "pci enable", "pci bind" },
	{ "vm bind", "pci bind" },
	{ "persist", "pci bind --persist" },
	{ "set-override", "pci bind --persist" },
	{ "reattach", "pci bind --driver=original" },
	{ "pci return", "pci bind --driver=original" },
	{ "pci undo", "pci bind --driver=original" },
	{ "detach", "pci unbind" },
	{ "free", "pci unbind" },
	{ "release", "pci unbind" },
	{ "unbind", "pci unbind" },
	{ "pci disable", "pci unbind" },
	{ "pci remove", "pci unbind" },
	{ "unset-override", "pci unbind --persist" },
	{ "ensure", "pci ensure" },
	{ "restore", "pci restore" },

	{ "cmd", "vm command" },
	{ "command", "vm command" },
	{ "launch", "vm command" },
	{ "libvirt", "vm command --hypervisor libvirt" },
	{ "qemu", "vm command" },
	{ "run", "vm command" },
	{ "start", "vm command" },
	{ "vm attach", "vm command" },
	{ "vm create", "vm command" },
	{ "vm print", "vm command" },
	{ "test", "vm test" },
	{ "vm check", "vm test" },
	{ "vm try", "vm test" },
	{ "vm verify", "vm test" },
	{ "vm list", NULL },
	{ "vm show", NULL },
	{ 0 },
};

/* True if the table has these words; *ret is what they mean. */
static bool find_synonym(const char *words, const char **ret)
{
	for (const struct verb_synonym *s = verb_synonyms; s->typed; s++)
		if (!strcmp(s->typed, words)) {
			*ret = s->meant;
			return true;
		}
	return false;
}

static const char *second_word(const char *verb)
{
	const char *blank = strchr(verb, ' ');

	return blank ? blank + 1 : NULL;
}

/* After the first word of verbs of two words: which of them, or another verb. */
static const char *guess_second(const char *first, const char *second)
{
	CLEANUP(free_char) char *both = xasprintf("%s %s", first, second);
	const char *names[MAX_NAMES], *verbs[MAX_NAMES], *near = NULL;
	size_t n = 0;

	if (find_synonym(both, &near))
		return near;
	if (find_synonym(second, &near) && near && command_is_in_group(near, first))
		return near;
	for (const struct command *const *c = commands; *c; c++)
		if (command_is_in_group((*c)->verb, first)) {
			names[n] = second_word((*c)->verb);
			verbs[n++] = (*c)->verb;
		}
	near = nearest_word(second, names, n);
	for (size_t i = 0; near && i < n; i++)
		if (names[i] == near)
			return verbs[i];
	/* The whole name of a verb that stands elsewhere. */
	for (const struct command *const *c = commands; *c; c++)
		if (str_eq((*c)->verb, second) || str_eq(second_word((*c)->verb), second))
			return (*c)->verb;
	return NULL;
}

/* Where the first word begins no verb. second: NULL if there is none. */
static const char *guess_first(const char *first, const char *second)
{
	const char *names[MAX_NAMES + ARRAY_SIZE(verb_synonyms)], *near = NULL;
	size_t n = 0;

	if (find_synonym(first, &near))
		return near;
	for (const struct command *const *c = commands; *c; c++)
		if (!(*c)->hidden)
			names[n++] = (*c)->verb;
	if (second) {
		CLEANUP(free_char) char *both = xasprintf("%s %s", first, second);

		near = nearest_word(both, names, n);
	}
	for (const struct command_group *g = command_groups; g->word; g++)
		names[n++] = g->word;
	for (const struct verb_synonym *s = verb_synonyms; s->typed; s++)
		if (!strchr(s->typed, ' '))
			names[n++] = s->typed;
	if (!near)
		near = nearest_word(first, names, n);
	if (near)
		find_synonym(near, &near);
	return near;
}

/* An option that stands before its verb, or between the words of it. */
static int misplaced_option(const struct invocation *in, const char *option,
			    struct error *e)
{
	CLEANUP(invocation_done) struct invocation rest = { 0 };

	for (size_t i = 0; i < in->args.n; i++)
		if (in->args.v[i][0] != '-')
			strv_add(&rest.args, in->args.v[i]);
	if (!invocation_verb(&rest))
		return guess_option(NULL, option, e);
	for (const struct option_spec *o = rest.cmd->options; o && o->name; o++) {
		size_t n = strcspn(option, "=");

		if (strncmp(option, "--", 2) || strlen(o->name) + 2 != n ||
		    strncmp(option + 2, o->name, n - 2))
			continue;
		error_usage(e, "--%s has to stand after the verb", o->name);
		error_hint(e, "'slicer %s --%s'", rest.cmd->verb, o->name);
		return -EINVAL;
	}
	return guess_option(rest.cmd, option, e);
}

int guess_verb(const struct invocation *in, struct error *e)
{
	const char *first = in->args.v[0], *near;
	const char *second = in->args.n > 1 ? in->args.v[1] : NULL;
	bool is_group = command_is_group(first);

	if (first[0] == '-')
		return misplaced_option(in, first, e);
	if (is_group && second && second[0] == '-')
		return misplaced_option(in, second, e);
	near = is_group && second ? guess_second(first, second)
				  : guess_first(first, second);
	if (is_group && second)
		error_usage(e, "there is no verb '%s %.80s'", first, second);
	else
		error_usage(e, "there is no verb '%.80s'", first);
	if (near)
		error_hint(e, "did you mean 'slicer %s'?", near);
	else if (is_group)
		error_hint(e, "'slicer %s --help' lists its verbs", first);
	else
		error_hint(e, "'slicer --help' lists the verbs");
	return -EINVAL;
}

/* The names that an abbreviation could stand for: several, or it would have been taken.
 */
static bool add_beginnings(const struct option_spec *o, const char *typed,
			   struct str *ret)
{
	size_t n = 0;

	for (; *typed && o && o->name; o++)
		if (str_starts(o->name, typed))
			str_addf(ret, "%s--%s", n++ ? ", " : "", o->name);
	return n > 1;
}

int guess_option(const struct command *cmd, const char *option, struct error *e)
{
	CLEANUP(free_char)
	char *program = cmd ? xasprintf("slicer %s", cmd->verb) : xstrdup("slicer");
	CLEANUP(free_char) char *bare = xstrdup(option + strspn(option, "-"));
	CLEANUP(str_done) struct str several = { 0 };
	const char *names[MAX_NAMES], *near = NULL;
	size_t n = 0;

	bare[strcspn(bare, "=")] = '\0';
	if (cmd && str_starts(option, "--") &&
	    add_beginnings(cmd->options, bare, &several)) {
		error_usage(e, "--%s could be one of several options", bare);
		error_hint(e, "one of %s", str_c(&several));
		return -EINVAL;
	}
	for (const struct option_spec *o = cmd ? cmd->options : NULL; o && o->name; o++)
		names[n++] = o->name;
	for (const struct option_spec *o = global_options; o->name; o++)
		names[n++] = o->name;
	if (str_starts(option, "--") || strlen(bare) > 1)
		near = nearest_word(bare, names, n);
	error_usage(e, "%s has no option %.80s", program, option);
	if (near)
		error_hint(e, "did you mean --%s? '%s --help' lists all", near, program);
	else
		error_hint(e, "'%s --help' lists the options", program);
	return -EINVAL;
}
