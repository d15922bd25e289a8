/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands other than assignments: how far do they reach, and which variables may they
 * set? A walk over tokens that keeps a stack of what is open (POSIX.1-2017, Shell Command
 * Language, 2.10). Whatever it does not know ends it: the rest of the text is poison.
 */
#include "text/shell_word.h"

#include <errno.h>

/* What the next word is, when it is not just a word of a command. */
enum expect {
	EXPECT_NOTHING,
	EXPECT_TARGET, /* of a redirection */
	EXPECT_FOR_NAME,
	EXPECT_FOR_IN,
	EXPECT_FOR_LIST,
	EXPECT_CASE_WORD,
	EXPECT_CASE_IN,
};

struct walk {
	const char *t;
	size_t n, pos;
	/* What is open: 'i' if, 'd' a loop, '{', '(', 'p' a case's pattern, 'c' its
	 * commands. */
	char open[64];
	size_t depth;
	enum expect expect, behind_target;
	enum shell_effect effect; /* of the command whose words follow */
	bool at_command; /* the next word is a reserved one or a command's name */
	bool goes_on; /* behind && || |: a newline does not end it */
	bool lost, done;
	struct shell_other *ret;
};

static void poison(struct walk *w, const char *text)
{
	if (!w->ret->poison)
		w->ret->poison = text;
}

static void lose(struct walk *w, const char *text)
{
	poison(w, text);
	w->lost = true;
}

static void touch(struct walk *w, const char *name, size_t len)
{
	CLEANUP(free_char) char *s = xstrndup(name, len);

	strv_add_unique(&w->ret->touches, s);
}

static char top(const struct walk *w)
{
	return w->depth ? w->open[w->depth - 1] : '\0';
}

static void push(struct walk *w, char what)
{
	if (w->depth == sizeof(w->open)) {
		lose(w, "very deep nesting");
		return;
	}
	w->open[w->depth++] = what;
	w->at_command = true;
}

static void pop(struct walk *w, char what)
{
	if (top(w) != what) {
		lose(w, "a reserved word out of place");
		return;
	}
	w->depth--;
	w->at_command = true;
}

static char at(const struct walk *w, size_t i)
{
	return w->pos + i < w->n ? w->t[w->pos + i] : '\0';
}

static void end_command(struct walk *w)
{
	w->at_command = top(w) != 'p';
	w->effect = EFFECT_NONE;
}

static void walk_newline(struct walk *w)
{
	w->pos++;
	if (w->expect == EXPECT_FOR_IN || w->expect == EXPECT_CASE_IN)
		return;
	if (w->expect == EXPECT_FOR_LIST)
		w->expect = EXPECT_NOTHING;
	if (w->expect != EXPECT_NOTHING) {
		lose(w, "an unfinished command");
		return;
	}
	end_command(w);
	w->done = w->depth == 0 && !w->goes_on;
}

static void walk_semicolon(struct walk *w)
{
	w->pos++;
	if (w->expect == EXPECT_FOR_LIST || w->expect == EXPECT_FOR_IN)
		w->expect = EXPECT_NOTHING;
	if (at(w, 0) == ';' && top(w) == 'c') {
		w->pos++;
		w->open[w->depth - 1] = 'p';
	} else if (at(w, 0) == ';' || at(w, 0) == '&' || top(w) == 'p') {
		lose(w, "a semicolon out of place");
		return;
	}
	end_command(w);
}

static void walk_parenthesis(struct walk *w)
{
	bool is_open = at(w, 0) == '(';

	w->pos++;
	if (is_open && top(w) == 'p')
		return;
	if (is_open && w->at_command && at(w, 0) != '(') {
		push(w, '(');
		w->goes_on = false;
	} else if (is_open) {
		lose(w, "a function, or a parenthesis out of place");
	} else if (top(w) == 'p') {
		w->open[w->depth - 1] = 'c';
		end_command(w);
	} else {
		pop(w, '(');
		w->effect = EFFECT_NONE;
	}
}

static void walk_redirection(struct walk *w)
{
	char first = at(w, 0);

	w->pos++;
	if (first == '<' && at(w, 0) == '<') {
		lose(w, "a here-document");
		return;
	}
	if (at(w, 0) && strchr("<>&|", at(w, 0)))
		w->pos++;
	if (at(w, 0) && strchr("<>&|()\\", at(w, 0))) {
		lose(w, "a redirection that is not looked into");
		return;
	}
	w->behind_target = w->expect;
	w->expect = EXPECT_TARGET;
}

static void walk_operator(struct walk *w)
{
	char c = at(w, 0);

	if (w->expect != EXPECT_NOTHING && c != ';') {
		lose(w, "an unfinished command");
		return;
	}
	if (c == ';') {
		walk_semicolon(w);
	} else if (c == '(' || c == ')') {
		walk_parenthesis(w);
	} else if (c == '<' || c == '>') {
		walk_redirection(w);
	} else {
		w->pos++;
		w->goes_on = c == '|' || at(w, 0) == c;
		if (at(w, 0) == c)
			w->pos++;
		/* "&>", "|&" and the like mean different things to different shells. */
		if (at(w, 0) && strchr("&|>", at(w, 0)))
			lose(w, "an operator that only some shells know");
		end_command(w);
	}
}

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
		push(w, 'd');
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
			push(w, reserved[i].opens);
		else if (reserved[i].closes)
			pop(w, reserved[i].closes);
		else if (reserved[i].within && top(w) != reserved[i].within)
			lose(w, "a reserved word out of place");
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
		poison(w, "a variable's name that is put together");
	} else if (len) {
		touch(w, text, len);
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
		poison(w, known);
	else if (w->effect == EFFECT_NONE &&
		 (word->why || !word->plain || strchr(text, SHELL_ELEM_VAR)))
		poison(w, "a command whose name is put together");
}

/* A word where a reserved word, an assignment or a command's name can stand. */
static void walk_first(struct walk *w, const struct shell_word *word, const char *raw,
		       const char *text)
{
	size_t len = shell_name_length(raw, strlen(raw));

	if (word->continued)
		lose(w, "a line continuation in a command's name");
	else if (walk_reserved(w, raw))
		return;
	else if (len && (raw[len] == '=' || str_starts(raw + len, "+=")))
		touch(w, raw, len);
	else
		walk_command_name(w, word, text);
}

static void walk_argument(struct walk *w, const struct shell_word *word, const char *raw,
			  const char *text)
{
	if (w->effect == EFFECT_COMMAND) {
		if (strcmp(text, "-v") != 0 && strcmp(text, "-V") != 0)
			poison(w, "the command \"command\"");
		w->effect = EFFECT_NONE;
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
		w->expect = w->behind_target;
	} else if (expect == EXPECT_FOR_NAME && raw[0] &&
		   shell_name_length(raw, strlen(raw)) == strlen(raw)) {
		touch(w, raw, strlen(raw));
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
		push(w, 'p');
		w->at_command = false;
	} else if (expect != EXPECT_FOR_LIST) {
		lose(w, "a loop or case that is not looked into");
	}
}

static bool is_file_descriptor(struct walk *w, const char *raw)
{
	if (at(w, 0) != '<' && at(w, 0) != '>')
		return false;
	/* {NAME}> makes bash set NAME. */
	if (raw[0] == '{')
		lose(w, "a redirection that is not looked into");
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
		poison(w, word.poison);
	w->lost |= word.lost;
	raw = xstrndup(w->t + word.start, word.end - word.start);
	shell_decode(w->t, word.start, word.end, &elems);
	shell_elems_text(&elems, &text);
	w->goes_on = false;
	if (w->expect == EXPECT_NOTHING && is_file_descriptor(w, raw))
		return 0;
	if (w->expect != EXPECT_NOTHING) {
		bool at_command = w->at_command && w->expect == EXPECT_TARGET;

		walk_expected(w, raw);
		w->at_command |= at_command;
	} else if (top(w) == 'p') {
		if (strcmp(raw, "esac") == 0)
			pop(w, 'p');
		else if (word.continued)
			lose(w, "a line continuation in a pattern");
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
	char c = at(w, 0);

	if (c == ' ' || c == '\t') {
		w->pos++;
	} else if (c == '\\' && at(w, 1) == '\n') {
		w->pos += 2;
	} else if (c == '#') {
		while (w->pos < w->n && at(w, 0) != '\n')
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

	ret->why = "it is set by something other than a plain assignment";
	while (!w.done && !w.lost && w.pos < n) {
		int r = walk_step(&w, e);

		if (r < 0)
			return r;
	}
	if (!w.done && !w.lost && (w.depth || w.expect != EXPECT_NOTHING || w.goes_on))
		lose(&w, "an unfinished command");
	ret->end = w.lost ? n : w.pos;
	return 0;
}
