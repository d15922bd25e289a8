/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule of udev(7), taken apart. */
#ifndef SLICER_TEXT_UDEVRULE_H
#define SLICER_TEXT_UDEVRULE_H

#include "base/str.h"

/* KEY{ATTRIBUTE}OPERATOR"VALUE" */
struct udev_token {
	char *key; /* "ATTR" */
	char *attribute; /* "driver_override"; NULL: none */
	char op[3]; /* "==" "!=" "=" "+=" "-=" ":=" */
	char *value; /* \" is taken for ", other backslashes are left as they are */
};
struct udev_rule {
	struct udev_token *v;
	size_t n, cap;
};
void udev_rule_done(struct udev_rule *r);
/* Takes a joined line apart. False for what is not wholly understood, which includes
 * values with a letter before their quotes (e"...", i"..."), and for a line without a
 * token. ret is to be freed in either case. */
bool udev_rule_parse(const char *line, size_t len, struct udev_rule *ret);
/* Is it a match, and no assignment? */
bool udev_token_is_match(const struct udev_token *t);
/* Does a match hold for text? Its value is one or more patterns, with | between them
 * (udev(7)). */
bool udev_token_holds(const struct udev_token *t, const char *text);

#endif
