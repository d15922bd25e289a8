/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subset of the POSIX shell that /etc/default/grub, its drop-ins and os-release are
 * written in: assignments of literals, quoted text and variables. grub-mkconfig sources
 * these files (util/grub-mkconfig.in), so the grammar is the shell's (POSIX.1-2017, Shell
 * Command Language, 2.2 Quoting, 2.6.2 Parameter Expansion); what goes beyond the subset
 * is kept byte for byte and reported as not provable, never guessed at.
 */
#ifndef SLICER_TEXT_SHELL_H
#define SLICER_TEXT_SHELL_H

#include "base/error.h"
#include "base/str.h"
#include "text/cmdline.h"

enum shell_kind {
	SHELL_BLANK, /* blank lines and comments */
	SHELL_ASSIGN, /* [export] NAME=word, with nothing behind it but ';' or a comment
		       */
	SHELL_OTHER, /* anything else: if ... fi as a whole, a command, NAME+=... */
};

/*
 * The statements tile the text: each starts where the one before ends. Of several
 * assignments on one line each is a statement, and only the last one's end is behind a
 * newline.
 */
struct shell_stmt {
	enum shell_kind kind;
	unsigned line; /* 1-based, of its first byte */
	size_t start, end; /* bytes of the text, newline included */
	char *name; /* SHELL_ASSIGN: the variable */
	size_t value_start, value_end; /* SHELL_ASSIGN: the raw word right of '=' */
	bool provable; /* SHELL_ASSIGN: only literals, quotes, \-escapes, $NAME, ${NAME},
			  and ${NAME:+word}, ${NAME:-word} with or without the ':' */
	const char *why; /* what keeps the values that it sets from being known, in words;
			    NULL: nothing. Static, as is poison. */
	const char *poison; /* what in it may set any variable, or NULL */
	size_t poison_at; /* and where that begins */
	struct strv touches; /* variables that it may set, besides name */
	struct strv includes; /* files that it may read in, by their whole paths */
	bool must_include; /* nothing before asks whether the file is there */
};

/* A parsed file. The text is kept whole: printing is text, an edit is a splice of it. */
struct shell_doc {
	struct str text;
	struct shell_stmt *v;
	size_t n, cap;
};

void shell_done(struct shell_doc *doc);

/*
 * Parses text. Refuses (with the line): a NUL byte or other binary content, an
 * unterminated quote, CRLF line ends (-EILSEQ: the shell would take the CR for part of
 * the value). Everything else parses; unknown constructs become SHELL_OTHER. *ret is
 * valid only on success.
 */
int shell_parse(const char *text, size_t len, struct shell_doc *ret, struct error *e);

/* What files that others read in may set. */
struct shell_include {
	char *path;
	bool exists;
	const char *poison; /* static: what in it may set any variable, or NULL */
	struct strv touches;
};
struct shell_includes {
	struct shell_include *v;
	size_t n, cap;
};
void shell_includes_done(struct shell_includes *includes);
const struct shell_include *shell_includes_find(const struct shell_includes *includes,
						const char *path);
/* Notes the contents of path: doc NULL means that there is no such file. What doc reads
 * in itself has to be there already: a file that is not may set any variable. */
void shell_includes_add(struct shell_includes *includes, const char *path,
			const struct shell_doc *doc);

/* What keeps a value from being known, for the person who is to mend it. */
struct shell_cause {
	size_t source; /* index that the caller gave to shell_eval */
	unsigned line;
	char *text; /* of that line, shortened */
	char *hint; /* what to do with it */
};

/* Variables as the shell would hold them after some files were sourced in order. */
struct shell_var {
	char *name;
	char *value; /* NULL: not provable */
	char *why; /* value NULL: the construct, in words, for the error */
	struct shell_cause cause; /* value NULL: where that is */
	unsigned line; /* of the assignment or construct that decided */
	size_t source; /* index that the caller gave to shell_eval */
	size_t stmt; /* index of the deciding statement in that document: a
			SHELL_ASSIGN if value is set */
	bool refers; /* the deciding assignment contains a variable */
};
struct shell_vars {
	struct shell_var *v;
	size_t n, cap;
	/* A construct that may set any variable (". file", eval, set, exit ...) was met:
	 */
	char *poison; /* in words, NULL if none */
	struct shell_cause poison_cause;
	/* The caller's, may be NULL: the files that documents may read in. One that is
	 * not there may set any variable. */
	const struct shell_includes *includes;
};

void shell_vars_done(struct shell_vars *vars);
/*
 * Executes the document's assignments on top of vars. source is the caller's number for
 * the document (kept in what it sets). A SHELL_OTHER statement makes every name that it
 * sets or may set (NAME=, NAME+=, read/readonly/unset/local/for NAME, ${NAME:=..}) not
 * provable.
 *
 * A variable that is used before these documents set it may come from the environment or
 * from grub-mkconfig itself, so what uses it is not provable. GRUB_CMDLINE_* are the
 * exception: they start out empty.
 */
void shell_eval(const struct shell_doc *doc, size_t source, struct shell_vars *vars);
/* NULL if never assigned (and nothing poisons). */
const struct shell_var *shell_vars_get(const struct shell_vars *vars, const char *name);
/*
 * The provable value of name: *ret points into vars, "" if never assigned. Error
 * (refused) with the line when it can't be proven, its text and what to do with it.
 * *ret_source (may be NULL) is which of the caller's sources decided, or has that line,
 * SIZE_MAX if none assigns it.
 */
int shell_vars_value(const struct shell_vars *vars, const char *name, const char **ret,
		     size_t *ret_source, struct error *e);

/* The names of the variables in the raw word at [start, end) of t, which is provable,
 * appended. */
void shell_mentions(const char *t, size_t start, size_t end, struct strv *ret);

/*
 * Applies an edit to the parameters that stand literally in assignment number stmt (any
 * quoting form). Parameters that come out of a $VARIABLE, wholly or in part, stay and are
 * not looked at. Everything outside the raw word stays byte for byte; *ret is the whole
 * new text.
 *
 * The decoded value changes as edit_apply() changes it: added parameters go to the end,
 * behind one blank, before any trailing white space. Where the raw word can take them as
 * it is, they go inside its quotes: V="a" -> V="a x"; V="a"'b' -> V="a"'b x'; V="$V" ->
 * V="$V x". Otherwise the word is written anew in double quotes: V=a -> V="a x"; V=a\ b
 * -> V="a b x"; V=$X -> V="$X x". What comes in must pass param_check_safe(). Refuses
 * what is not provable and a value whose double quotes (those that the kernel sees) don't
 * pair, with the line.
 */
int shell_edit(const struct shell_doc *doc, size_t stmt, const struct edit *ed,
	       bool may_add, struct str *ret, struct error *e);

#endif
