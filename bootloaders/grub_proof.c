/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the shell read GRUB's files as slicer does? A script for it, made of their texts
 * in the order in which grub-mkconfig sources them, with its "set -e".
 */
#include "bootloaders/grub.h"

/* Tells the result apart from anything that the files themselves print. */
#define MARKER "slicer-proof-5e1c7d"

/* The script comes by standard input: a command of the files must not read it away. */
static const char *const prove_argv[] = { "/bin/sh", "-c", "eval \"$(cat)\" </dev/null",
					  NULL };

static void add_text(struct str *script, const char *text, size_t len)
{
	str_addn(script, text, len);
	if (len && text[len - 1] != '\n')
		str_addc(script, '\n');
}

/*
 * The status of a file that is sourced is that of its last command, even of one whose
 * failure "set -e" lets pass ("[ -e x ] && V=y"): grub-mkconfig ends there.
 */
static void add_end(struct str *script, const struct grub_file *file)
{
	CLEANUP(free_char)
	char *text = xasprintf("%s: its last command fails, and grub-mkconfig with it",
			       file->path);

	str_add(script, "[ $? = 0 ] || { printf '%s\\n' ");
	str_add_shell_word(script, text);
	str_add(script, " >&2; exit 1; }\n");
}

/* All files as the shell will read them; before slicer's own assignment the text, if
 * there is one. */
static void add_files(struct str *script, const struct grub_files *files,
		      const char *before_own)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct shell_doc *doc = &files->v[i].doc;
		size_t marked = before_own && files->own == SIZE_MAX && i == 0
					? grub_marked(&files->v[i])
					: SIZE_MAX;
		size_t split = marked == SIZE_MAX ? 0 : doc->v[marked].start;

		str_add(script, ":\n");
		add_text(script, str_c(&doc->text), split);
		if (before_own && (i == files->own || marked != SIZE_MAX))
			str_add(script, before_own);
		add_text(script, str_c(&doc->text) + split, doc->text.len - split);
		add_end(script, &files->v[i]);
	}
}

/* What to do where the shell fails. Where the values are not known, the place that is to
 * blame for that is a likely one. */
static char *hint_of(const struct boot_config *c)
{
	const struct error *e = &c->configured_error;
	const char *command = c->generate_command;

	if (c->configured)
		return xasprintf("do the files work as they stand? \"%s\" says where the "
				 "shell fails in them",
				 command);
	return xasprintf("the likely place is %s: %s. \"%s\" says where the shell fails",
			 e->path, e->hint, command);
}

void grub_prove(const struct boot_config *c, const struct grub_files *files,
		struct plan *ret)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(str_done) struct str script = { 0 }, expect = { 0 };
	CLEANUP(free_char) char *what = NULL, *hint = hint_of(c);
	const char *values[2] = { "", "" };

	grub_eval(files, &vars);
	shell_vars_value(&vars, GRUB_LINUX, &values[0], NULL, NULL);
	shell_vars_value(&vars, GRUB_DEFAULT, &values[1], NULL, NULL);
	str_add(&script, "set -e\n");
	add_files(&script, files, NULL);
	str_add(&script, "printf '\\n%s\\n%s\\n%s\\n' " MARKER " \"$" GRUB_LINUX
			 "\" \"$" GRUB_DEFAULT "\"\n");
	str_addf(&expect, "\n" MARKER "\n%s\n%s\n", values[0], values[1]);
	what = xasprintf(GRUB_LINUX "=\"%s\" " GRUB_DEFAULT "=\"%s\"", values[0],
			 values[1]);
	plan_prove(ret, prove_argv, &script, &expect, GRUB_MAIN, what, hint, NULL);
}

/* Where one of params is in the variables' words (or is not), the script ends with a line
 * that says so. */
static void add_words(struct str *script, const char *variables,
		      const struct strv *params, bool wanted, const char *says)
{
	for (size_t i = 0; i < params->n; i++) {
		CLEANUP(free_char) char *line = xasprintf("%s %s", params->v[i], says);

		str_addf(script, "case \" %s \" in *\" \"", variables);
		str_add_shell_word(script, params->v[i]);
		str_addf(script, "\" \"*) %s", wanted ? ";; *) " : "");
		str_add(script, "printf '\\n%s\\n' ");
		str_add_shell_word(script, line);
		str_add(script, "; exit 0 ;; esac\n");
	}
}

void grub_prove_append(const struct boot_config *c, const struct grub_files *files,
		       const struct grub_appended *a, struct plan *ret)
{
	static const char before[] = "$" GRUB_LINUX " $slicer_before";
	static const char after[] = "$" GRUB_LINUX " $" GRUB_DEFAULT;
	CLEANUP(str_done) struct str script = { 0 }, expect = { 0 };
	CLEANUP(free_char) char *all = strv_join(&a->own, " "), *hint = hint_of(c);
	CLEANUP(free_char) char *what = NULL, *otherwise = NULL;

	str_add(&script, "set -e\nslicer_before=\n");
	add_files(&script, files, "slicer_before=$" GRUB_DEFAULT "\n");
	if (!a->own.n)
		str_add(&script, "slicer_before=$" GRUB_DEFAULT "\n");
	add_words(&script, before, &a->own, false,
		  "is in it without slicer, but not in the boot menu");
	add_words(&script, before, &a->presumed, true,
		  "is in the boot menu, but not in the files");
	add_words(&script, after, &a->gone, false, "comes from somewhere else, too");
	str_add(&script, "slicer_want=\"$slicer_before\"");
	if (a->own.n) {
		str_add(&script, "\" \"");
		str_add_shell_word(&script, all);
	}
	str_add(&script, "\nif [ \"$" GRUB_DEFAULT "\" = \"$slicer_want\" ]; then printf "
			 "'\\n%s\\n' " MARKER "; fi\n");
	str_add(&expect, "\n" MARKER "\n");
	what = a->own.n ? xasprintf(GRUB_DEFAULT " with \"%s\" at its end", all)
			: xstrdup("that all files can be read to their end");
	otherwise = xasprintf("\"%s\" brings what the files say into the boot menu; then "
			      "look at 'slicer doctor', and try again",
			      c->generate_command);
	plan_prove(ret, prove_argv, &script, &expect, GRUB_MAIN, what, hint, otherwise);
}
