/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the shell reader: words, and the commands that shell.h does not look into.
 * For src/text/shell*.c only.
 */
#ifndef SLICER_TEXT_SHELL_WORD_H
#define SLICER_TEXT_SHELL_WORD_H

#include "base/error.h"
#include "base/str.h"

/* A look at a word without executing anything. The texts are static. */
struct shell_word {
	size_t start, end;
	const char
		*why; /* the construct that keeps its value from being known, or NULL */
	const char *poison; /* the construct in it that may set any variable, or NULL */
	bool lost; /* where it ends can't be told: poison says why */
	bool plain; /* passed on as it is even where the shell splits and expands */
	bool continued; /* a line continuation stands in it, outside of quotes */
};

/* No configuration file has more variables; each is looked for among the others. */
#define SHELL_VARS_MAX 4096

bool shell_is_name_start(char c);
bool shell_is_name_char(char c);
/* Length of the variable's name that t[0..n) starts with, 0 if there is none. */
size_t shell_name_length(const char *t, size_t n);
/* 1-based line of the byte at pos. */
unsigned shell_line(const char *t, size_t pos);

/*
 * Finds the end of the word at pos. Names that ${NAME:=...} in it would set are added to
 * touches. Refuses what the shell would refuse: quotes and expansions without an end.
 */
int shell_word_scan(const char *t, size_t n, size_t pos, struct strv *touches,
		    struct shell_word *ret, struct error *e);

enum shell_quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE };

/* What a word (without a why) is made of after quote removal: bytes and variables. */
struct shell_elem {
	size_t start,
		end; /* raw bytes: an escaped byte with its backslash, ${NAME} whole */
	enum shell_quote quote;
	char c; /* the byte; SHELL_ELEM_VAR for a variable */
	size_t name, name_len; /* of a variable: its name's place in the text */
	/* Of ${NAME:+WORD}, ${NAME+WORD} and the same with '-': '+' or '-' and the word's
	 * place, which no quotes are in; op '\0': there is none */
	char op;
	bool op_colon; /* a variable that is set, but empty, counts as unset */
	size_t word, word_end;
};
/* No text that was parsed contains this byte. */
#define SHELL_ELEM_VAR '\1'

struct shell_elems {
	struct shell_elem *v;
	size_t n, cap;
};

void shell_elems_done(struct shell_elems *elems);
/* Decodes the raw bytes [start, end) of t. */
void shell_decode(const char *t, size_t start, size_t end, struct shell_elems *ret);
/* The bytes in order, with SHELL_ELEM_VAR for each variable. */
void shell_elems_text(const struct shell_elems *elems, struct str *ret);

/* A statement that is no plain assignment. */
struct shell_other {
	size_t end; /* after its newline */
	const char *poison, *why; /* static, as in struct shell_stmt */
	size_t poison_at;
	struct strv touches, includes;
	bool must_include;
};

/* Walks over the commands at pos up to the end of the line on which they are complete.
 * When that can't be told, they reach to the end of the text and are poison. */
int shell_other_scan(const char *t, size_t n, size_t pos, struct shell_other *ret,
		     struct error *e);

/* What a command does to variables. */
enum shell_effect {
	EFFECT_NONE,
	EFFECT_POISON, /* may set any variable, or end the file here */
	EFFECT_NAMES, /* sets the variables that it names */
	EFFECT_EXPORT, /* likewise, but only with a '=' */
	EFFECT_READONLY,
	EFFECT_INCLUDE, /* reads in the file that it names */
	EFFECT_SET, /* "set": poison, but with some options */
	EFFECT_COMMAND, /* "command": runs another one unless it is asked to look only */
};

/* *ret_text, static: the command in words, for EFFECT_POISON. */
enum shell_effect shell_command_effect(const char *name, const char **ret_text);

/* The variable that a word makes such a command set: its name is text[0..*ret_len), 0 if
 * it sets none. raw and text are the word as it stands and decoded. False: the name can't
 * be told. */
bool shell_command_names(enum shell_effect effect, const struct shell_word *word,
			 const char *raw, const char *text, size_t *ret_len);

/*
 * The here-document (POSIX, 2.7.4) whose text begins at pos and whose delimiter word,
 * with its quotes, is raw. Returns the place after its last line; 0: shells would not
 * agree on one. *ret_poison, static: what in it may set any variable, or NULL.
 */
size_t shell_heredoc_end(const char *t, size_t n, size_t pos, const char *raw,
			 bool strips_tabs, const char **ret_poison);

/* The poison of a file that is read in and not known. */
extern const char shell_included[];
/* The why of a variable that "readonly" froze. */
extern const char shell_readonly[];

#endif
