/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/joined.h"

void joined_line_done(struct joined_line *l)
{
	str_done(&l->text);
	free(l->at);
	*l = (struct joined_line){ 0 };
}

static void add(struct joined_line *l, const char *bytes, size_t n, size_t from)
{
	for (size_t i = 0; i < n; i++) {
		l->at = xgrow(l->at, l->text.len + i, &l->at_cap, sizeof(*l->at));
		l->at[l->text.len + i] = from + i;
	}
	str_addn(&l->text, bytes, n);
}

bool joined_next(const char *text, size_t len, enum joined_comments comments, size_t *pos,
		 struct joined_line *ret)
{
	const char *line;
	size_t n;
	bool more = true, any = false;

	str_clear(&ret->text);
	ret->number = ret->next ? ret->next : 1;
	ret->next = ret->number;
	ret->start = *pos;
	while (more && next_line(text, len, pos, &line, &n)) {
		size_t skipped = 0;

		any = true;
		ret->next++;
		while (comments == DROPPED_COMMENTS && skipped < n &&
		       (line[skipped] == ' ' || line[skipped] == '\t'))
			skipped++;
		if (comments == DROPPED_COMMENTS && skipped < n && line[skipped] == '#') {
			more = ret->text.len > 0;
			continue;
		}
		more = n > skipped && line[n - 1] == '\\';
		add(ret, line + skipped, n - skipped - more,
		    (size_t)(line - text) + skipped);
	}
	ret->end = *pos;
	return any;
}

void joined_place(const struct joined_line *l, size_t start, size_t end,
		  size_t *ret_start, size_t *ret_end)
{
	*ret_start = start < l->text.len ? l->at[start] : l->end;
	*ret_end = end > start ? l->at[end - 1] + 1 : *ret_start;
}
