/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel command line as a list of parameters, and edits of it.
 *
 * Facts: blanks separate parameters and double quotes protect blanks (linux lib/cmdline.c
 * next_arg()); '-' and '_' are the same in a parameter's name (kernel/params.c
 * parameq()); of several occurrences the last one wins for the parameters that slicer
 * deals with; x86 truncates silently at COMMAND_LINE_SIZE 2048
 * (arch/x86/include/asm/setup.h).
 */
#ifndef SLICER_TEXT_CMDLINE_H
#define SLICER_TEXT_CMDLINE_H

#include "base/error.h"
#include "base/str.h"

#define CMDLINE_MAX_BYTES 2047 /* COMMAND_LINE_SIZE without the NUL */

/* Appends the parameters of text, as written (quotes kept), to ret. Any white space of
 * the kernel's isspace() separates. Never fails: an unterminated quote runs to the end.
 */
void cmdline_split(const char *text, size_t len, struct strv *ret);

/* The next parameter from *pos on is text[*start, *end), *pos moves past it; false if
 * there is none. */
bool cmdline_next(const char *text, size_t len, size_t *pos, size_t *start, size_t *end);

/* "vfio-pci.ids=1" and "vfio_pci.ids=2" have the same name. */
bool param_name_same(const char *a, const char *b);
/* Same name and same value (byte for byte, but for enclosing quotes: a="b" is a=b). */
bool param_same(const char *a, const char *b);
/* The value of the last parameter called name, as written (quotes kept): "" when it has
 * no
 * '='. NULL if absent. Points into params. */
const char *cmdline_last(const struct strv *params, const char *name);
/* What linux lib/kstrtox.c kstrtobool() makes of a parameter's value: 1, 0, or -1 for
 * what it does not take. */
int param_bool(const char *value);
/* Is the last parameter called name, a boolean of a module, switched on? Without a "=" it
 * is (linux kernel/params.c param_set_bool()). */
bool cmdline_is_on(const struct strv *params, const char *name);
bool cmdline_has(const struct strv *params, const char *param);
size_t cmdline_count(const struct strv *params, const char *param);
/* Is word one of the comma-separated values of the last parameter called name? Quotes
 * around the value don't count. */
bool cmdline_list_has(const struct strv *params, const char *name, const char *word);

/* "There" and "exactly" are param_same(). */
enum edit_op {
	EDIT_ADD, /* add param at the end, unless it is there */
	EDIT_REMOVE, /* remove every occurrence of exactly param */
	EDIT_REPLACE, /* put to where param stands; a second occurrence of to is not made
		       */
};

struct edit_item {
	enum edit_op op;
	char *param; /* one parameter, its quotes balanced */
	char *to; /* EDIT_REPLACE only: likewise */
};

/* What is to happen to a command line: pure data, in order. Zeroed is empty. */
struct edit {
	struct edit_item *v;
	size_t n, cap;
};

void edit_done(struct edit *ed);
/* Copies its strings. An item that is already there is not added twice. */
void edit_push(struct edit *ed, enum edit_op op, const char *param, const char *to);
/* As edit_push(), also when the same item is there: what matters is the order. */
void edit_append(struct edit *ed, enum edit_op op, const char *param, const char *to);
void edit_copy(struct edit *dst, const struct edit *src);
/* ed for one command line of several that differ: where what is to be replaced is
 * missing, its successor is added. */
void edit_complete(const struct edit *ed, const struct strv *params, struct edit *ret);
/* The edit that takes ed back, applied in reverse order. */
void edit_inverse(const struct edit *ed, struct edit *ret);

/*
 * Applies ed to a plain command line (no shell around it): untouched bytes, blanks
 * included, stay as they are; a removed parameter takes the blanks before it (or, at the
 * front, those up to the next one) along; an added one is set off by one blank, before
 * any trailing white space (and before a last parameter whose quote never ends: behind
 * it, it would be part of that one). What follows a NUL is no parameter and stays. With
 * may_add false, EDIT_ADD items are skipped. Returns true if *ret differs from the input.
 */
bool edit_apply(const struct edit *ed, const char *text, size_t len, bool may_add,
		struct str *ret);

/* One change of a text: its bytes [start, end) become text. */
struct edit_splice {
	size_t start, end;
	char *text;
};
/* Changes in the order of the text, none overlapping. Zeroed is empty. */
struct edit_splices {
	struct edit_splice *v;
	size_t n, cap;
	struct strv put; /* the parameters that the changes bring in, one by one */
};
void edit_splices_done(struct edit_splices *s);
/*
 * Where edit_apply changes the text, for texts that are only the decoded view of another
 * one. A parameter that contains the byte opaque is never the same as any other ('\0':
 * there is no such byte). Appends to ret.
 */
void edit_locate(const struct edit *ed, const char *text, size_t len, char opaque,
		 bool may_add, struct edit_splices *ret);

/* As edit_apply on a list of parameters, in place. The semantics are the same. */
void edit_apply_params(const struct edit *ed, struct strv *params);

/*
 * Can param be put on a GRUB linux line, into shell double quotes, and into a loader
 * entry as it is? grub-mkconfig pastes parameters unquoted into GRUB script, so anything
 * that GRUB's or the shell's grammar takes apart (white space, quotes, $ ` \ ; & | { } <
 * > ( ) * ? [ ] # ! ~ control characters, bytes over 0x7e) is refused, as is an empty
 * one. util/grub.d/10_linux.in, grub manual "Quoting". Error: usage, naming the
 * character.
 */
int param_check_safe(const char *param, struct error *e);
/* All that ed puts in. */
int edit_check_safe(const struct edit *ed, struct error *e);

#endif
