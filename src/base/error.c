/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

PRINTF(3, 0)
static void set_what(struct error *e, enum error_code code, const char *fmt, va_list ap)
{
	if (!e)
		return;
	*e = (struct error){ .code = code };
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
}

int error_set(struct error *e, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_what(e, ERROR_REFUSED, fmt, ap);
	va_end(ap);
	return -err;
}

int error_errno(struct error *e, int err, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	set_what(e, ERROR_REFUSED, fmt, ap);
	va_end(ap);
	if (!e)
		return -err;
	n = strlen(e->what);
	snprintf(e->what + n, sizeof(e->what) - n, ": %s", strerror(err));
	return -err;
}

int error_usage(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_what(e, ERROR_USAGE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void error_at(struct error *e, const char *path, unsigned line)
{
	if (!e)
		return;
	if (path)
		snprintf(e->path, sizeof(e->path), "%s", path);
	e->line = line;
}

void error_hint(struct error *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

void error_prefix(struct error *e, const char *fmt, ...)
{
	char text[sizeof(e->what)];
	va_list ap;
	size_t n;

	if (!e)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* What does not fit is cut off at the end: the context in front says where to
	 * look. */
	n = strlen(text);
	for (const char *p = ": "; *p && n < sizeof(text) - 1; p++)
		text[n++] = *p;
	for (const char *p = e->what; *p && n < sizeof(text) - 1; p++)
		text[n++] = *p;
	text[n] = '\0';
	memcpy(e->what, text, n + 1);
}

const char *error_code_name(enum error_code code)
{
	switch (code) {
	case ERROR_USAGE:
		return "usage";
	case ERROR_REFUSED:
		return "refused";
	case ERROR_FAILED:
		return "failed";
	case ERROR_NONE:
		break;
	}
	return "none";
}
