/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification type #1 entries and loader.conf: "key value" lines.
 * Source: UAPI group, Boot Loader Specification; systemd src/boot/boot.c for what
 * systemd-boot really does: CR and LF end lines, blanks or tabs separate, a value that
 * begins and ends with a double quote loses both, keys without a value do not count,
 * several options lines are joined with a blank.
 */
#ifndef SLICER_TEXT_BLS_H
#define SLICER_TEXT_BLS_H

#include "base/error.h"
#include "base/str.h"
#include "text/cmdline.h"

struct bls_line {
	size_t start, end; /* bytes in text, newline included */
	char *key; /* NULL for blank and comment lines */
	char *value; /* "" if there is none */
	size_t value_start, value_end; /* raw bytes of the value in text */
	unsigned line;
};
struct bls {
	struct str text;
	struct bls_line *v;
	size_t n, cap;
};

void bls_done(struct bls *b);
/* Refuses NUL bytes (binary) with the line; anything else parses. */
int bls_parse(const char *text, size_t len, struct bls *ret, struct error *e);
/* First value of key, or NULL. Points into b. */
const char *bls_get(const struct bls *b, const char *key);
/* All values of key in order, appended to ret. */
void bls_get_all(const struct bls *b, const char *key, struct strv *ret);
/* Every options line, joined as systemd-boot does: owned by the caller, never NULL. */
char *bls_options(const struct bls *b);
/*
 * Applies ed to the options lines: removals and replacements where the parameters stand,
 * added ones at the end of the FIRST options line (GRUB's blscfg reads only that), a new
 * line "options ..." behind the last key if there is none. A parameter already on another
 * options line is not added again. An options line that loses its last parameter goes:
 * GRUB's blscfg takes a key without a value for the end of the entry. Other bytes stay.
 * *ret is the new text.
 */
void bls_edit(const struct bls *b, const struct edit *ed, struct str *ret);

/* Is this file name a type #1 entry for systemd-boot? Named *.conf (any case), not
 * starting with "." or "auto-". */
bool bls_is_entry_name(const char *file);
/* The entry id: file name, lower case, boot counter removed ("a+3-1.conf" -> "a.conf").
 * Owned by the caller. */
char *bls_entry_id(const char *file);
/* Does the pattern of loader.conf's "default" (a glob, any case) match this entry id? The
 * ".conf" may be left out of the pattern. */
bool bls_default_matches(const char *pattern, const char *id);
/* vercmp of the specification, systemd's strverscmp_improved: <0, 0, >0. */
int bls_version_compare(const char *a, const char *b);

#endif
