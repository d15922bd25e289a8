/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/modprobe.h"

#include "text/cmdline.h"
#include "text/joined.h"

static bool same_name(const char *s, size_t len, const char *name)
{
	CLEANUP(free_char) char *copy = xstrndup(s, len);

	return param_name_same(copy, name);
}

bool modprobe_is_options(const char *line, size_t len, const char *module, size_t *ret_at)
{
	const char *word;
	size_t n;

	*ret_at = 0;
	return next_word(line, len, ret_at, &word, &n) && n == 7 &&
	       memcmp(word, "options", 7) == 0 &&
	       next_word(line, len, ret_at, &word, &n) && same_name(word, n, module);
}

bool modprobe_next_param(const char *line, size_t len, const char *name, size_t *at,
			 struct modprobe_param *ret)
{
	size_t start, end;

	while (cmdline_next(line, len, at, &start, &end)) {
		const char *equal = memchr(line + start, '=', end - start);
		size_t value = equal ? (size_t)(equal - line) : end;

		if (!same_name(line + start, value - start, name))
			continue;
		*ret = (struct modprobe_param){ start, end, equal ? value + 1 : end,
						end };
		if (ret->value < end && line[ret->value] == '"') {
			ret->value++;
			ret->value_end -= end > ret->value && line[end - 1] == '"';
		}
		return true;
	}
	return false;
}

char *modprobe_option(const char *text, size_t len, const char *module, const char *name)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	char *value = NULL;
	size_t pos = 0, at;

	while (joined_next(text, len, JOINED_COMMENTS, &pos, &l)) {
		const char *line = str_c(&l.text);
		struct modprobe_param p;

		if (!modprobe_is_options(line, l.text.len, module, &at))
			continue;
		while (modprobe_next_param(line, l.text.len, name, &at, &p)) {
			free(value);
			value = xstrndup(line + p.value, p.value_end - p.value);
		}
	}
	return value;
}
