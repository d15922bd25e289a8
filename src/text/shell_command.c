/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the shell that matter to what variables hold. */
#include "text/shell_word.h"

const char shell_readonly[] = "it is readonly";
const char shell_included[] = "another file that is read in";

struct command {
	const char *name;
	enum shell_effect effect;
	const char *text;
};

#define POISON(name)                                                                     \
	{                                                                                \
		name, EFFECT_POISON, "the command \"" name "\""                          \
	}

/* Commands of which this is not known are programs: those can't set variables. */
static const struct command commands[] = {
	{ ".", EFFECT_INCLUDE, shell_included },
	{ "source", EFFECT_INCLUDE, shell_included },
	{ "command", EFFECT_COMMAND, "the command \"command\"" },
	{ "export", EFFECT_EXPORT, NULL },
	{ "set", EFFECT_SET, NULL },
	{ "local", EFFECT_NAMES, NULL },
	{ "read", EFFECT_NAMES, NULL },
	{ "readonly", EFFECT_READONLY, NULL },
	{ "unset", EFFECT_NAMES, NULL },
	/* Reserved words of some shells: they change how what follows is read. */
	POISON("[["),
	POISON("coproc"),
	POISON("function"),
	POISON("select"),
	POISON("time"),
	/* Commands that are handed code or names, or leave the file. */
	POISON("alias"),
	POISON("break"),
	POISON("builtin"),
	POISON("continue"),
	POISON("declare"),
	POISON("enable"),
	POISON("eval"),
	POISON("exec"),
	POISON("exit"),
	POISON("getopts"),
	POISON("let"),
	POISON("mapfile"),
	POISON("printf"),
	POISON("readarray"),
	POISON("return"),
	POISON("shopt"),
	POISON("trap"),
	POISON("typeset"),
	POISON("wait"),
};

enum shell_effect shell_command_effect(const char *name, const char **ret_text)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		*ret_text = commands[i].text;
		return commands[i].effect;
	}
	*ret_text = NULL;
	return EFFECT_NONE;
}

bool shell_command_names(enum shell_effect effect, const struct shell_word *word,
			 const char *raw, const char *text, size_t *ret_len)
{
	size_t len = shell_name_length(text, strlen(text));
	bool has_value = text[len] == '=' || str_starts(text + len, "+=");
	/* The value need not be known when the name is. */
	bool is_known = len && has_value && strncmp(raw, text, len + 1) == 0;

	*ret_len = effect == EFFECT_EXPORT && !has_value ? 0 : len;
	if (!word->plain || (!is_known && (word->why || strchr(text, SHELL_ELEM_VAR))))
		return false;
	return !len || !text[len] || has_value;
}
