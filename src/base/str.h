/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growable byte string and a vector of strings. Zeroed is empty and valid for both. */
#ifndef SLICER_BASE_STR_H
#define SLICER_BASE_STR_H

#include "base/util.h"

/* Bytes that may hold NULs; s is always NUL-terminated at s[len] once anything was added.
 * Use str_c() to read an empty one. */
struct str {
	char *s;
	size_t len;
	size_t cap;
};

void str_done(struct str *s);
void str_clear(struct str *s);
void str_addn(struct str *s, const char *bytes, size_t n);
void str_add(struct str *s, const char *text);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) PRINTF(2, 3);
/* Never NULL. */
const char *str_c(const struct str *s);
/* Hands the buffer over (never NULL, free()); *s is empty afterwards. */
char *str_take(struct str *s);
bool str_same(const struct str *a, const struct str *b);
void str_set(struct str *s, const char *bytes, size_t n);
/* Removes trailing white space, newlines included. */
void str_rtrim(struct str *s);

/* A vector of owned strings. v is NULL-terminated once anything was added (usable as
 * argv). */
struct strv {
	char **v;
	size_t n;
	size_t cap;
};

void strv_done(struct strv *v);
void strv_add(struct strv *v, const char *s);
/* Takes ownership of s. */
void strv_take(struct strv *v, char *s);
void strv_addf(struct strv *v, const char *fmt, ...) PRINTF(2, 3);
/* Adds unless it is there. */
void strv_add_unique(struct strv *v, const char *s);
void strv_copy(struct strv *dst, const struct strv *src);
bool strv_has(const struct strv *v, const char *s);
/* The same strings in the same order? */
bool strv_same(const struct strv *a, const struct strv *b);
void strv_sort(struct strv *v);
/* Appends the fields of text split at any character of seps; empty fields are left out.
 */
void strv_split(struct strv *v, const char *text, const char *seps);
/* Joined with sep: owned by the caller. Never NULL. */
char *strv_join(const struct strv *v, const char *sep);

/* ---- text from a device, a file or a user, made safe for where it lands (escape.c) */

/*
 * For a terminal, and for a comment that ends with its line (shell, YAML): control
 * characters, line separators (U+2028, U+2029), what is no character (U+FEFF, U+FFFE,
 * U+FFFF) and bytes that are not valid UTF-8 become \xNN. Appends to out.
 */
void str_add_printable(struct str *out, const char *s, size_t n);
/* A word quoted for a POSIX shell, only when it needs to be. Appends to out. */
void str_add_shell_word(struct str *out, const char *word);
/* The text of an XML element, or of an attribute between either kind of quotes. What XML
 * 1.0 can't hold becomes \xNN. Appends to out. */
void str_add_xml(struct str *out, const char *text);
/* A part of an XML comment: printable, and never "--". Appends to out. */
void str_add_xml_comment(struct str *out, const char *text);
/* A YAML scalar in double quotes; bytes that are not valid UTF-8 become the text \xNN.
 * Appends to out. */
void str_add_yaml(struct str *out, const char *text);

/* Walks the lines of a text: *pos starts at 0. Sets *line and *len (without the newline)
 * and returns true until the text is used up. A last line without newline counts. */
bool next_line(const char *text, size_t text_len, size_t *pos, const char **line,
	       size_t *len);
/* The next word of line from *at on, as ret[0, *ret_len); *at moves past it. Blanks and
 * tabs separate words. False if there is none. */
bool next_word(const char *line, size_t len, size_t *at, const char **ret,
	       size_t *ret_len);

#endif
