/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the walk over commands: for src/text/shell_other.c and
 * src/text/shell_operator.c only. */
#ifndef SLICER_TEXT_SHELL_WALK_H
#define SLICER_TEXT_SHELL_WALK_H

#include "text/shell_word.h"

/* What the next word is, when it is not just a word of a command. */
enum expect {
	EXPECT_NOTHING,
	EXPECT_TARGET, /* of a redirection */
	EXPECT_DELIMITER, /* of a here-document */
	EXPECT_FOR_NAME,
	EXPECT_FOR_IN,
	EXPECT_FOR_LIST,
	EXPECT_CASE_WORD,
	EXPECT_CASE_IN,
};

struct walk {
	const char *t;
	size_t n, pos;
	size_t token; /* where the present one starts */
	/* What is open: 'i' if, 'd' a loop, '{', '(', 'p' a case's pattern, 'c' its
	 * commands. */
	char open[64];
	size_t depth;
	enum expect expect;
	enum shell_effect effect; /* of the command whose words follow */
	bool at_command; /* the next word is a reserved one or a command's name */
	bool goes_on; /* after && || |: a newline does not end it */
	bool lost, done;
	bool is_conditional; /* after && or || in this list of commands */
	char *heredoc; /* the delimiter of one that begins on the next line */
	bool strips_tabs; /* tabs before that delimiter don't count (<<-) */
	struct shell_other *ret;
};

/* The byte i after the present place, '\0' after the end. */
char walk_at(const struct walk *w, size_t i);
/* Any variable may be set from here on, because of text, which is static. */
void walk_poison(struct walk *w, const char *text);
/* Likewise, and the walk ends here: the rest of the text is one statement. */
void walk_lose(struct walk *w, const char *text);
/* The variable whose name has len bytes may be set. */
void walk_touch(struct walk *w, const char *name, size_t len);
/* What is open, innermost: '\0' if nothing is. */
char walk_top(const struct walk *w);
/* Opens what, or closes it: the walk is lost where that is not what is open. */
void walk_push(struct walk *w, char what);
void walk_pop(struct walk *w, char what);
/* A command is complete: what follows is another one's first word. A "." that named no
 * file is poison. */
void walk_end_command(struct walk *w);
/* The token at the present place: a newline, and one of ; & | < > ( ). */
void walk_newline(struct walk *w);
void walk_operator(struct walk *w);

#endif
