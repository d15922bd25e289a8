/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands other than assignments: how far do they reach, and which variables may they
 * set? A walk over tokens that keeps a stack of what is open (POSIX.1-2017, Shell Command
 * Language, 2.10). Whatever it does not know ends it: the rest of the text is poison.
 */
#include "text/shell_walk.h"

#include <errno.h>

/* Reserved words; true if it was one. */
static bool walk_reserved(struct walk *w, const char *word)
{
	static const struct {
		const char *word;
		char opens, within, closes;
	} reserved[] = {
		{ "if", 'i', 0, 0 },	{ "then", 0, 'i', 0 }, { "elif", 0, 'i', 0 },
		{ "else", 0, 'i', 0 },	{ "fi", 0, 0, 'i' },   { "while", 'd', 0, 0 },
		{ "until", 'd', 0, 0 }, { "do", 0, 'd', 0 },   { "done", 0, 0, 'd' },
		{ "{", '{', 0, 0 },	{ "}", 0, 0, '{' },    { "esac", 0, 0, 'c' },
		{ "!", 0, 0, 0 },
	};

	if (strcmp(word, "for") == 0) {
		walk_push(w, 'd');
		w->expect = EXPECT_FOR_NAME;
		return true;
	}
	if (strcmp(word, "case") == 0) {
		w->expect = EXPECT_CASE_WORD;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (strcmp(word, reserved[i].word) != 0)
			continue;
		if (reserved[i].opens)
			walk_push(w, reserved[i].opens);
		else if (reserved[i].closes)
			walk_pop(w, reserved[i].closes);
		else if (reserved[i].within && walk_top(w) != reserved[i].within)
			walk_lose(w, "a reserved word out of place");
		return true;
	}
	return false;
}

/* A word of a command that sets the variables it is told. */
static void walk_name(struct walk *w, const struct shell_word *word, const char *raw,
		      const char *text)
{
	size_t len;

	if (!shell_command_names(w->effect, word, raw, text, &len)) {
		walk_poison(w, "a variable's name that is put together");
	} else if (len) {
		walk_touch(w, text, len);
		if (w->effect == EFFECT_READONLY)
			w->ret->why = shell_readonly;
	}
}

static void walk_command_name(struct walk *w, const struct shell_word *word,
			      const char *text)
{
	const char *known;

	w->at_command = false;
	if (strcmp(text, "[") == 0 || strcmp(text, "test") == 0)
		return;
	w->effect = shell_command_effect(text, &known);
	if (w->effect == EFFECT_POISON)
		walk_poison(w, known);
	else if (w->effect == EFFECT_NONE &&
		 (word->why || !word->plain || strchr(text, SHELL_ELEM_VAR)))
		walk_poison(w, "a command whose name is put together");
}

/* A word where a reserved word, an assignment or a command's name can stand. */
static void walk_first(struct walk *w, const struct shell_word *word, const char *raw,
		       const char *text)
{
	size_t len = shell_name_length(raw, strlen(raw));

	if (word->continued)
		walk_lose(w, "a line continuation in a command's name");
	else if (walk_reserved(w, raw))
		return;
	else if (len && (raw[len] == '=' || str_starts(raw + len, "+=")))
		walk_touch(w, raw, len);
	else
		walk_command_name(w, word, text);
}

/* The same path for every shell: nothing to expand, and no glob. */
static bool is_literal(const struct shell_word *word, const char *raw, const char *text)
{
	return !word->why && !strchr(text, SHELL_ELEM_VAR) &&
	       (word->plain || !strpbrk(raw, "*?[{~"));
}

static void walk_argument(struct walk *w, const struct shell_word *word, const char *raw,
			  const char *text)
{
	if (w->effect == EFFECT_COMMAND) {
		if (strcmp(text, "-v") != 0 && strcmp(text, "-V") != 0)
			walk_poison(w, "the command \"command\"");
		w->effect = EFFECT_NONE;
	} else if (w->effect == EFFECT_INCLUDE) {
		if (text[0] != '/' || !is_literal(word, raw, text))
			walk_poison(w, shell_included);
		else
			strv_add_unique(&w->ret->includes, text);
		w->ret->must_include |= !w->depth && !w->is_conditional;
		w->effect = EFFECT_NONE;
	} else if (w->effect == EFFECT_SET) {
		/* -e is on in grub-mkconfig, and +e, -x and +x change no value. */
		if (!strchr("-+", raw[0]) || !raw[1] || raw[1 + strspn(raw + 1, "ex")])
			walk_poison(w, "the command \"set\"");
	} else if (w->effect != EFFECT_NONE && w->effect != EFFECT_POISON) {
		walk_name(w, word, raw, text);
	}
}

/* The words of "for NAME in LIST" and "case WORD in". */
static void walk_expected(struct walk *w, const char *raw)
{
	bool is_in = strcmp(raw, "in") == 0;
	enum expect expect = w->expect;

	w->at_command = false;
	if (expect == EXPECT_TARGET) {
		w->expect = EXPECT_NOTHING;
	} else if (expect == EXPECT_DELIMITER) {
		w->expect = EXPECT_NOTHING;
		w->heredoc = xstrdup(raw);
	} else if (expect == EXPECT_FOR_NAME && raw[0] &&
		   shell_name_length(raw, strlen(raw)) == strlen(raw)) {
		walk_touch(w, raw, strlen(raw));
		w->expect = EXPECT_FOR_IN;
	} else if (expect == EXPECT_FOR_IN && is_in) {
		w->expect = EXPECT_FOR_LIST;
	} else if (expect == EXPECT_FOR_IN && strcmp(raw, "do") == 0) {
		w->expect = EXPECT_NOTHING;
		w->at_command = true;
	} else if (expect == EXPECT_CASE_WORD) {
		w->expect = EXPECT_CASE_IN;
	} else if (expect == EXPECT_CASE_IN && is_in) {
		w->expect = EXPECT_NOTHING;
		walk_push(w, 'p');
		w->at_command = false;
	} else if (expect != EXPECT_FOR_LIST) {
		walk_lose(w, "a loop or case that is not looked into");
	}
}

static bool is_file_descriptor(struct walk *w, const char *raw)
{
	if (walk_at(w, 0) != '<' && walk_at(w, 0) != '>')
		return false;
	/* {NAME}> makes bash set NAME. */
	if (raw[0] == '{')
		walk_lose(w, "a redirection that is not looked into");
	return raw[strspn(raw, "0123456789")] == '\0';
}

static int walk_word(struct walk *w, struct error *e)
{
	CLEANUP(shell_elems_done) struct shell_elems elems = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *raw = NULL;
	struct shell_word word;
	int r = shell_word_scan(w->t, w->n, w->pos, &w->ret->touches, &word, e);

	if (r < 0)
		return r;
	w->pos = word.end;
	if (word.poison)
		walk_poison(w, word.poison);
	w->lost |= word.lost;
	raw = xstrndup(w->t + word.start, word.end - word.start);
	shell_decode(w->t, word.start, word.end, &elems);
	shell_elems_text(&elems, &text);
	w->goes_on = false;
	if (w->expect == EXPECT_NOTHING && is_file_descriptor(w, raw))
		return 0;
	if (w->expect != EXPECT_NOTHING) {
		bool at_command = w->at_command && (w->expect == EXPECT_TARGET ||
						    w->expect == EXPECT_DELIMITER);

		walk_expected(w, raw);
		w->at_command |= at_command;
	} else if (walk_top(w) == 'p') {
		if (strcmp(raw, "esac") == 0)
			walk_pop(w, 'p');
		else if (word.continued)
			walk_lose(w, "a line continuation in a pattern");
	} else if (w->at_command) {
		walk_first(w, &word, raw, str_c(&text));
	} else {
		walk_argument(w, &word, raw, str_c(&text));
	}
	return 0;
}

/* The next token. */
static int walk_step(struct walk *w, struct error *e)
{
	char c = walk_at(w, 0);

	w->token = w->pos;
	if (c == ' ' || c == '\t') {
		w->pos++;
	} else if (c == '\\' && walk_at(w, 1) == '\n') {
		w->pos += 2;
	} else if (c == '#') {
		while (w->pos < w->n && walk_at(w, 0) != '\n')
			w->pos++;
	} else if (c == '\n') {
		walk_newline(w);
	} else if (strchr(";&|<>()", c)) {
		walk_operator(w);
	} else {
		return walk_word(w, e);
	}
	return 0;
}

int shell_other_scan(const char *t, size_t n, size_t pos, struct shell_other *ret,
		     struct error *e)
{
	struct walk w = { .t = t, .n = n, .pos = pos, .at_command = true, .ret = ret };
	int r = 0;

	ret->why = "it is set by something other than a plain assignment";
	while (!w.done && !w.lost && w.pos < n && r == 0)
		r = walk_step(&w, e);
	if (!w.done && !w.lost &&
	    (w.depth || w.expect != EXPECT_NOTHING || w.goes_on || w.heredoc))
		walk_lose(&w, "an unfinished command");
	walk_end_command(&w);
	free(w.heredoc);
	ret->end = w.lost ? n : w.pos;
	return r;
}
