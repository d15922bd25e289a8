/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/modprobe.h"

#include "text/cmdline.h"

/* One logical line: a backslash before the newline joins it with the next. */
static bool next_joined(const char *text, size_t len, size_t *pos, struct str *ret)
{
	const char *line;
	size_t line_len;
	bool more = true, any = false;

	str_clear(ret);
	while (more && next_line(text, len, pos, &line, &line_len)) {
		any = true;
		more = line_len && line[line_len - 1] == '\\';
		str_addn(ret, line, line_len - more);
	}
	return any;
}

static bool same_name(const char *s, size_t len, const char *name)
{
	CLEANUP(free_char) char *copy = xstrndup(s, len);

	return param_name_same(copy, name);
}

char *modprobe_option(const char *text, size_t len, const char *module, const char *name)
{
	CLEANUP(str_done) struct str joined = { 0 };
	char *value = NULL;
	size_t pos = 0;

	while (next_joined(text, len, &pos, &joined)) {
		const char *line = str_c(&joined), *word;
		size_t at = 0, n;

		if (!next_word(line, joined.len, &at, &word, &n) || n != 7 ||
		    memcmp(word, "options", 7) != 0 ||
		    !next_word(line, joined.len, &at, &word, &n) ||
		    !same_name(word, n, module))
			continue;
		while (next_word(line, joined.len, &at, &word, &n)) {
			const char *equal = memchr(word, '=', n);
			size_t name_len = equal ? (size_t)(equal - word) : n;

			if (!same_name(word, name_len, name))
				continue;
			free(value);
			value = equal ? xstrndup(equal + 1, n - name_len - 1)
				      : xstrdup("");
		}
	}
	return value;
}
