/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operators and newlines in the walk over commands: what they open, close and end. */
#include "text/shell_walk.h"

void walk_poison(struct walk *w, const char *text)
{
	if (w->ret->poison)
		return;
	w->ret->poison = text;
	w->ret->poison_at = w->token;
}

void walk_lose(struct walk *w, const char *text)
{
	walk_poison(w, text);
	w->lost = true;
}

void walk_touch(struct walk *w, const char *name, size_t len)
{
	CLEANUP(free_char) char *s = xstrndup(name, len);

	strv_add_unique(&w->ret->touches, s);
	if (w->ret->touches.n > SHELL_VARS_MAX)
		walk_lose(w, "a command with very many variables");
}

char walk_top(const struct walk *w)
{
	return w->depth ? w->open[w->depth - 1] : '\0';
}

void walk_push(struct walk *w, char what)
{
	if (w->depth == sizeof(w->open)) {
		walk_lose(w, "very deep nesting");
		return;
	}
	w->open[w->depth++] = what;
	w->at_command = true;
}

void walk_pop(struct walk *w, char what)
{
	if (walk_top(w) != what) {
		walk_lose(w, "a reserved word out of place");
		return;
	}
	w->depth--;
	w->at_command = true;
}

char walk_at(const struct walk *w, size_t i)
{
	return w->pos + i < w->n ? w->t[w->pos + i] : '\0';
}

void walk_end_command(struct walk *w)
{
	if (w->effect == EFFECT_INCLUDE)
		walk_poison(w, shell_included);
	w->at_command = walk_top(w) != 'p';
	w->effect = EFFECT_NONE;
}

/* The here-document of the line that has just ended. */
static void walk_heredoc(struct walk *w)
{
	const char *poisoned = NULL;
	size_t end;

	if (!w->heredoc)
		return;
	end = shell_heredoc_end(w->t, w->n, w->pos, w->heredoc, w->strips_tabs,
				&poisoned);
	free(take(w->heredoc));
	if (!end)
		walk_lose(w, "a here-document whose end can't be told");
	else
		w->pos = end;
	if (poisoned)
		walk_poison(w, poisoned);
}

void walk_newline(struct walk *w)
{
	w->pos++;
	if (w->expect == EXPECT_FOR_IN || w->expect == EXPECT_CASE_IN)
		return;
	if (w->expect == EXPECT_FOR_LIST)
		w->expect = EXPECT_NOTHING;
	if (w->expect != EXPECT_NOTHING) {
		walk_lose(w, "an unfinished command");
		return;
	}
	walk_end_command(w);
	walk_heredoc(w);
	w->done = w->depth == 0 && !w->goes_on;
}

static void walk_semicolon(struct walk *w)
{
	w->pos++;
	if (w->expect == EXPECT_FOR_LIST || w->expect == EXPECT_FOR_IN)
		w->expect = EXPECT_NOTHING;
	if (walk_at(w, 0) == ';' && walk_top(w) == 'c') {
		w->pos++;
		w->open[w->depth - 1] = 'p';
	} else if (walk_at(w, 0) == ';' || walk_at(w, 0) == '&' || walk_top(w) == 'p') {
		walk_lose(w, "a semicolon out of place");
		return;
	}
	w->is_conditional &= w->depth > 0;
	walk_end_command(w);
}

static void walk_parenthesis(struct walk *w)
{
	bool is_open = walk_at(w, 0) == '(';

	w->pos++;
	if (is_open && walk_top(w) == 'p')
		return;
	if (is_open && w->at_command && walk_at(w, 0) != '(') {
		walk_push(w, '(');
		w->goes_on = false;
	} else if (is_open) {
		walk_lose(w, "a function, or a parenthesis out of place");
	} else if (walk_top(w) == 'p') {
		w->open[w->depth - 1] = 'c';
		walk_end_command(w);
	} else {
		walk_pop(w, '(');
		w->effect = EFFECT_NONE;
	}
}

static void walk_redirection(struct walk *w)
{
	char first = walk_at(w, 0);

	w->pos++;
	if (first == '<' && walk_at(w, 0) == '<') {
		w->strips_tabs = walk_at(w, 1) == '-';
		w->pos += 1 + w->strips_tabs;
		if (w->heredoc || walk_at(w, 0) == '<')
			walk_lose(w, "a here-document that is not looked into");
		w->expect = EXPECT_DELIMITER;
		return;
	}
	if (walk_at(w, 0) && strchr("<>&|", walk_at(w, 0)))
		w->pos++;
	if (walk_at(w, 0) && strchr("<>&|()\\", walk_at(w, 0))) {
		walk_lose(w, "a redirection that is not looked into");
		return;
	}
	w->expect = EXPECT_TARGET;
}

void walk_operator(struct walk *w)
{
	char c = walk_at(w, 0);

	if (w->expect != EXPECT_NOTHING && c != ';') {
		walk_lose(w, "an unfinished command");
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
		w->goes_on = c == '|' || walk_at(w, 0) == c;
		w->is_conditional |= walk_at(w, 0) == c;
		if (walk_at(w, 0) == c)
			w->pos++;
		/* "&>", "|&" and the like mean different things to different shells. */
		if (walk_at(w, 0) && strchr("&|>", walk_at(w, 0)))
			walk_lose(w, "an operator that only some shells know");
		walk_end_command(w);
	}
}
