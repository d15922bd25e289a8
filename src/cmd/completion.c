/* SPDX-License-Identifier: GPL-2.0-or-later */
/* completion: the scripts that make shells complete slicer's words; complete-words: what
 * they ask at each TAB. */
#include <errno.h>

#include "cmd/complete.h"
#include "steps/template.h"

/* ---- completion -------------------------------------------------------------------- */

static const struct value_set values_shell = {
	.words =
		(const struct value_word[]){
			{ "bash", NULL }, { "zsh", NULL }, { "fish", NULL }, { 0 } },
};

static int run_completion(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv operands = { 0 };
	CLEANUP(free_char) char *name = NULL;
	json_t *doc;

	if (options_parse(&command_completion, argc, argv, NULL, NULL, &operands, e) < 0)
		return exit_of(e);
	if (operands.n != 1 || !value_is_known(&values_shell, operands.v[0])) {
		error_usage(e, "completion needs the name of a shell");
		error_hint(e, "slicer completion bash, zsh or fish");
		return exit_of(e);
	}
	name = xasprintf("completion.%s", operands.v[0]);
	if (!c->out.json) {
		fputs(template_text(name), c->out.out);
		return 0;
	}
	doc = json_document(command_completion.schema);
	json_object_set_new(doc, "shell", json_text(operands.v[0]));
	json_object_set_new(doc, "script", json_text(template_text(name)));
	return json_print(&c->out, doc, e) < 0 ? exit_of(e) : 0;
}

static const struct option_spec no_options[] = { { 0 } };

const struct command command_completion = {
	.verb = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "print the script that completes slicer's words in a shell",
	.description =
		"Prints a script for your shell. With it, the TAB key completes verbs, "
		"options, values, and the PCI addresses of this host. \"make install\" "
		"installs the scripts; without it:\n\n"
		"  bash   source <(slicer completion bash)      # in ~/.bashrc\n"
		"  zsh    source <(slicer completion zsh)       # in ~/.zshrc\n"
		"  fish   slicer completion fish | source       # in config.fish",
	.options = no_options,
	.operands = &values_shell,
	.run = run_completion,
	.schema = "slicer.completion/1",
};

/* ---- complete-words ---------------------------------------------------------------- */

enum { COMPLETE_LINE = 1 };

static const struct option_spec word_options[] = {
	{ "line", 0, "LINE", "the line up to the cursor, without the program",
	  COMPLETE_LINE, NULL },
	{ 0 },
};

static int take_line(void *data, int id, const char *value, struct error *e)
{
	const char **line = data;

	(void)id;
	(void)e;
	*line = value;
	return 0;
}

/* The last word is the one that is being typed. A mistake before it is no error here:
 * then what was understood of the line counts. */
static void complete_words(struct context *c, const struct strv *words)
{
	CLEANUP(invocation_done) struct invocation in = { 0 };
	struct completing w = { .typed = words->v[words->n - 1], .f = c->out.out };
	char **argv = xcalloc(words->n + 1, sizeof(char *));

	argv[0] = (char *)"slicer";
	memcpy(argv + 1, words->v, (words->n - 1) * sizeof(char *));
	invocation_take(&in, (int)words->n, argv, NULL);
	invocation_verb(&in);
	w.c.root = in.c.root;
	host_open(in.c.root, &w.c.host, NULL);
	complete(&w, &in);
	host_close(&w.c.host);
	free(argv);
}

static int run_words(struct context *c, int argc, char **argv, struct error *e)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	const char *line = NULL;

	if (options_parse(&command_complete_words, argc, argv, take_line, &line, &words,
			  e) < 0)
		return exit_of(e);
	if (line)
		complete_split(line, &words);
	if (words.n)
		complete_words(c, &words);
	return 0;
}

const struct command command_complete_words = {
	.verb = "complete-words",
	.arguments = "[-- WORD...]",
	.summary = "print what the last word may become",
	.description = "Asked by the scripts of \"slicer completion\". The last WORD is "
		       "the one that is being typed.",
	.options = word_options,
	.hidden = true,
	.run = run_words,
};
