/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could be typed next: the scripts of "slicer completion" ask this at each TAB. It
 * only reads, and a shell may put each value on a command line as it is. */
#include <ctype.h>

#include "cmd/complete.h"
#include "cmd/invocation.h"

/* A line that tells the shell to list directories by itself. */
#define DIRECTORIES ":directories\n"
/* What a line has room for. */
#define TEXT_MAX 100

/* No character that means something to a shell. */
static bool is_plain(const char *value)
{
	if (!*value)
		return false;
	for (const char *p = value; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.:,=/+@-", *p))
			return false;
	return true;
}

/* Descriptions are shown, never typed: one line of printable text. */
static void print_value(const char *prefix, const char *value, const char *text, FILE *f)
{
	CLEANUP(str_done) struct str out = { 0 };

	if (!is_plain(value))
		return;
	str_addf(&out, "%s%s\t", prefix, value);
	str_add_printable(&out, text, strnlen(text, TEXT_MAX));
	fprintf(f, "%s\n", str_c(&out));
}

/* The values that begin with what is typed. An address of domain 0000 may be typed
 * without it. prefix: what stands before the value in the same word. */
static void print_values(const struct completing *w, const char *prefix,
			 const char *typed, const struct value_list *list)
{
	for (size_t i = 0; i < list->values.n; i++) {
		const char *value = list->values.v[i], *text = list->texts.v[i];

		if (!str_starts(value, typed) && str_starts(value, "0000:"))
			value += strlen("0000:");
		if (str_starts(value, typed))
			print_value(prefix, value, text, w->f);
	}
}

/* typed: the part of the word that is the value, prefix: what is before that. */
static void complete_value(const struct completing *w, const struct value_set *set,
			   const char *prefix, const char *typed)
{
	CLEANUP(value_list_done) struct value_list list = { 0 };
	CLEANUP(str_done) struct str before = { 0 };
	const char *comma = strrchr(typed, ',');

	if (!set)
		return;
	if (set->is_directory) {
		fputs(DIRECTORIES, w->f);
		return;
	}
	str_add(&before, prefix);
	if (set->has_commas && comma) {
		str_addn(&before, typed, (size_t)(comma + 1 - typed));
		typed = comma + 1;
	}
	if (before.len && !is_plain(str_c(&before)))
		return;
	value_set_list(set, &w->c, &list);
	print_values(w, str_c(&before), typed, &list);
}

/* ---- options ----------------------------------------------------------------------- */

static void add_options(const struct option_spec *o, struct value_list *ret)
{
	for (; o && o->name; o++) {
		CLEANUP(free_char) char *name = xasprintf("--%s", o->name);

		value_list_add(ret, name, o->help);
		/* The value of an optional one stands in the same word. */
		for (const struct value_word *v = o->values ? o->values->words : NULL;
		     o->argument && o->argument[0] == '[' && v && v->word; v++) {
			CLEANUP(free_char)
			char *whole = xasprintf("--%s=%s", o->name, v->word);

			value_list_add(ret, whole, v->text ? v->text : o->help);
		}
	}
}

static const struct option_spec *find_option(const struct option_spec *o,
					     const char *word)
{
	for (; o && o->name; o++) {
		size_t n = strlen(o->name);

		if (!strncmp(word + 2, o->name, n) && word[2 + n] == '=')
			return o;
	}
	return NULL;
}

static void complete_option(const struct completing *w, const struct command *cmd)
{
	CLEANUP(value_list_done) struct value_list list = { 0 };
	const char *equals = strchr(w->typed, '=');

	if (equals && str_starts(w->typed, "--")) {
		CLEANUP(free_char)
		char *prefix = xstrndup(w->typed, (size_t)(equals + 1 - w->typed));
		const struct option_spec *o =
			find_option(cmd ? cmd->options : NULL, w->typed);

		if (!o)
			o = find_option(global_options, w->typed);
		if (o)
			complete_value(w, o->values, prefix, equals + 1);
		return;
	}
	add_options(cmd ? cmd->options : NULL, &list);
	add_options(global_options, &list);
	print_values(w, "", w->typed, &list);
}

/* ---- verbs ------------------------------------------------------------------------- */

/* group: the first word that is there already; NULL: none. */
static void complete_verb(const struct completing *w, const char *group)
{
	CLEANUP(value_list_done) struct value_list list = { 0 };

	for (const struct command *const *c = commands; *c; c++) {
		const char *verb = (*c)->verb;

		if ((*c)->hidden)
			continue;
		if (group && command_is_in_group(verb, group))
			value_list_add(&list, strchr(verb, ' ') + 1, (*c)->summary);
		else if (!group && !strchr(verb, ' '))
			value_list_add(&list, verb, (*c)->summary);
	}
	for (const struct command_group *g = command_groups; !group && g->word; g++)
		value_list_add(&list, g->word, g->summary);
	if (!group) {
		value_list_add(&list, "help", "show the help of a verb");
		value_list_add(&list, "version", "show the version");
	}
	print_values(w, "", w->typed, &list);
}

static void complete_operand(const struct completing *w, const struct invocation *in)
{
	CLEANUP(value_list_done) struct value_list list = { 0 }, left = { 0 };

	value_set_list(in->cmd->operands, &w->c, &list);
	for (size_t i = 0; i < list.values.n; i++)
		if (!strv_has(&in->args, list.values.v[i]))
			value_list_add(&left, list.values.v[i], list.texts.v[i]);
	print_values(w, "", w->typed, &left);
}

void complete(const struct completing *w, const struct invocation *in)
{
	const char *first = in->args.n ? in->args.v[0] : NULL;
	bool is_operand = strv_has(&in->args, "--");

	if (in->expects)
		complete_value(w, in->expects->values, "", w->typed);
	else if (w->typed[0] == '-' && !is_operand)
		complete_option(w, in->cmd);
	else if (!in->cmd && (!first || (in->args.n == 1 && command_is_group(first))))
		complete_verb(w, first);
	else if (in->cmd && in->cmd->operands && !in->help)
		complete_operand(w, in);
	else if (in->cmd && !is_operand && !in->help)
		complete_option(w, in->cmd);
}
