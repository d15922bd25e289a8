/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Menu titles are translated ("Debian GNU/Linux, mit Linux ..."), and GRUB_DEFAULT may
 * name an entry by its title: a generator needs the locale that a person's call of it
 * has. */
#include "host/host.h"

/* NAME=VALUE of a line that assigns a locale, quotes left out; NULL: none. Owned by the
 * caller. */
static char *assignment(const char *line, size_t len)
{
	CLEANUP(free_char) char *copy = NULL;
	char *value, quote;

	while (len && strchr(" \t\r", line[len - 1]))
		len--;
	copy = xstrndup(line, len);
	value = strchr(copy, '=');
	if (!value || !(str_starts(copy, "LANG=") || str_starts(copy, "LC_")))
		return NULL;
	*value++ = '\0';
	quote = *value;
	if (quote == '"' || quote == '\'') {
		char *end = strrchr(++value, quote);

		if (!end || end[1])
			return NULL;
		*end = '\0';
	}
	if (!*value || strspn(copy, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != strlen(copy) ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789_.@-") != strlen(value))
		return NULL;
	return xasprintf("%s=%s", copy, value);
}

void host_locale(const struct host *h, struct strv *ret)
{
	static const char *const files[] = { "/etc/locale.conf", "/etc/default/locale" };
	CLEANUP(str_done) struct str text = { 0 };
	const char *line;
	size_t pos = 0, len;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !text.len; i++)
		host_read(h, files[i], HOST_MAX_CONFIG, &text, NULL);
	while (next_line(str_c(&text), text.len, &pos, &line, &len)) {
		char *found = assignment(line, len);

		if (found)
			strv_take(ret, found);
	}
}
