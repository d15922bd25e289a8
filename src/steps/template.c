/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps/template.h"

#include <errno.h>

const char *template_text(const char *name)
{
	for (const struct template_file *f = template_files; f->name; f++)
		if (!strcmp(f->name, name))
			return f->text;
	return NULL;
}

/* Length of the hole at p, with both signs; 0 if there is none. */
static size_t hole_length(const char *p)
{
	size_t n;

	if (*p != '@')
		return 0;
	n = strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return n && p[n + 1] == '@' ? n + 2 : 0;
}

static const char *value_of(const char *hole, size_t len,
			    const struct template_value *values, size_t n, bool *used)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(values[i].name) == len - 2 &&
		    !memcmp(values[i].name, hole + 1, len - 2)) {
			used[i] = true;
			return values[i].value;
		}
	}
	return NULL;
}

/* One line, its newline included. */
static int fill_line(const char *line, size_t len, const struct template_value *values,
		     size_t n, bool *used, struct str *ret, struct error *e)
{
	bool only_hole = len > 1 && hole_length(line) == len - 1;

	for (size_t i = 0; i < len;) {
		size_t hole = hole_length(line + i);
		const char *value;

		if (!hole || i + hole > len) {
			str_addc(ret, line[i++]);
			continue;
		}
		value = value_of(line + i, hole, values, n, used);
		if (!value)
			return error_set(e, EINVAL, "no value for the hole %.*s",
					 (int)hole, line + i);
		if (only_hole && !*value)
			return 0;
		str_add(ret, value);
		i += hole;
	}
	return 0;
}

int template_fill(const char *name, const struct template_value *values, size_t n,
		  struct str *ret, struct error *e)
{
	const char *text = template_text(name);
	bool used[32] = { false };
	int r = 0;

	if (!text || n > ARRAY_SIZE(used))
		return error_set(e, EINVAL, "no template %s that takes %zu values", name,
				 n);
	while (*text && r == 0) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		r = fill_line(text, len, values, n, used, ret, e);
		text += len;
	}
	for (size_t i = 0; i < n && r == 0; i++)
		if (!used[i])
			r = error_set(e, EINVAL, "the template %s has no hole @%s@", name,
				      values[i].name);
	return r;
}
