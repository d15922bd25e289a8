/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joined lines are all of the text, in order, and each byte stands where it is said to.
 */
#include "text/joined.h"
#include "text/udevrule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text, const struct joined_line *l)
{
	struct udev_rule r = { 0 };
	size_t start, end;

	for (size_t i = 0; i < l->text.len; i++) {
		joined_place(l, i, i + 1, &start, &end);
		if (end != start + 1 || start < l->start || end > l->end ||
		    text[start] != l->text.s[i])
			abort();
	}
	if (udev_rule_parse(str_c(&l->text), l->text.len, &r))
		for (size_t i = 0; i < r.n; i++)
			if (!r.v[i].key || !r.v[i].op[0] || !r.v[i].value)
				abort();
	udev_rule_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	for (enum joined_comments c = JOINED_COMMENTS; c <= DROPPED_COMMENTS; c++) {
		struct joined_line l = { 0 };
		size_t pos = 0, was = 0;

		while (joined_next(text, size, c, &pos, &l)) {
			if (l.start != was || l.end <= l.start)
				abort();
			was = l.end;
			check_line(text, &l);
		}
		if (was != size)
			abort();
		joined_line_done(&l);
	}
	return 0;
}
