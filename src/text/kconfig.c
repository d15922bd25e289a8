/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/kconfig.h"

#include "base/str.h"

static const char not_set[] = " is not set";

/* The value that one line gives to name. */
static char line_value(const char *line, size_t len, const char *name, size_t name_len)
{
	bool is_comment = len > 2 && memcmp(line, "# ", 2) == 0;

	if (is_comment) {
		line += 2;
		len -= 2;
	}
	if (len < name_len || memcmp(line, name, name_len) != 0)
		return 0;
	line += name_len;
	len -= name_len;
	if (is_comment)
		return len == strlen(not_set) && memcmp(line, not_set, len) == 0 ? 'n'
										 : 0;
	if (len == 2 && line[0] == '=' && strchr("ymn", line[1]) && line[1])
		return line[1];
	return 0;
}

char kconfig_get(const char *text, size_t len, const char *name)
{
	size_t pos = 0, line_len, name_len = strlen(name);
	const char *line;

	while (next_line(text, len, &pos, &line, &line_len)) {
		char value = line_value(line, line_len, name, name_len);

		if (value)
			return value;
	}
	return 0;
}

bool kconfig_is(const char *text, size_t len)
{
	size_t pos = 0, line_len;
	const char *line;

	while (next_line(text, len, &pos, &line, &line_len)) {
		if (line_len > 2 && memcmp(line, "# ", 2) == 0) {
			line += 2;
			line_len -= 2;
		}
		if (line_len > 7 && memcmp(line, "CONFIG_", 7) == 0)
			return true;
	}
	return false;
}
