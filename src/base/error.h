/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error that a run tells its user. It lives on the caller's stack and has a fixed
 * size, so that telling a failure can't fail. Functions return 0 or a negative errno,
 * which steers the program; the struct tells the person what, where, and what to do about
 * it. Library code fills it in and returns; only main prints it.
 */
#ifndef SLICER_BASE_ERROR_H
#define SLICER_BASE_ERROR_H

#include "base/util.h"

/* The values are slicer's exit codes (see slicer(8), EXIT STATUS). */
enum error_code {
	ERROR_NONE = 0,
	ERROR_USAGE = 2, /* the command line that slicer was given makes no sense */
	ERROR_REFUSED = 3, /* nothing changed */
	ERROR_FAILED = 4, /* failed after changes began */
};

struct error {
	enum error_code code;
	char path[512]; /* file or sysfs attribute, "" if none */
	unsigned line; /* line in path, 1-based, 0 if none */
	char what[4096]; /* one sentence without a full stop */
	bool rolled_back; /* ERROR_FAILED: everything is as it was before */
	bool is_declined; /* ERROR_REFUSED: a person was asked and did not say yes. That
			     is told as a plain line, not as an error */
	char hint[1024]; /* what the person can do; "" if nothing is known to help */
};

/*
 * Sets *e (may be NULL: the caller only wants the number) to ERROR_REFUSED with a
 * message, overwriting what was there. Returns -err, so that "return error_set(e, EINVAL,
 * ...)" reads as one thing. err is a positive errno. strerror is not added: say it in
 * words, or use error_errno.
 */
int error_set(struct error *e, int err, const char *fmt, ...) PRINTF(3, 4);
/* As error_set, and appends ": " and strerror(err). */
int error_errno(struct error *e, int err, const char *fmt, ...) PRINTF(3, 4);
/* As error_set with ERROR_USAGE and -EINVAL. */
int error_usage(struct error *e, const char *fmt, ...) PRINTF(2, 3);
/* Names the place. path NULL leaves what was there. Returns nothing: for chaining after a
 * set. */
void error_at(struct error *e, const char *path, unsigned line);
void error_hint(struct error *e, const char *fmt, ...) PRINTF(2, 3);
/* Puts a context in front: "reading the boot menu: <what was there>". */
void error_prefix(struct error *e, const char *fmt, ...) PRINTF(2, 3);
/* "usage", "refused", "failed" for JSON. */
const char *error_code_name(enum error_code code);

#endif
