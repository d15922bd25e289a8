/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/wrap.h"

#include <string.h>

#include "report/report.h"

/* What "..." and the blank before it take. */
#define ELLIPSIS 4

static size_t word_width(const char *word, size_t len)
{
	CLEANUP(free_char) char *copy = xstrndup(word, len);

	return text_width(copy);
}

size_t text_wrap(struct str *out, const char *text, size_t column, const struct wrap *w)
{
	bool is_fresh = column <= w->indent; /* nothing is in this row yet */
	const char *gap = "", *lead = w->lead ? w->lead : "";
	size_t row = 1;

	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");
		size_t width = word_width(text, len);
		bool is_last = text[len + strspn(text + len, " ")] == '\0';
		bool is_end = w->rows && row == w->rows;
		size_t needed = column + strlen(gap) + width +
				(is_end && !is_last ? ELLIPSIS : 0);

		if (w->width && needed > w->width && !is_fresh) {
			if (is_end) {
				str_add(out, " ...");
				return column + ELLIPSIS;
			}
			str_addf(out, "\n%*s%s", (int)w->indent, "", lead);
			column = w->indent + strlen(lead);
			is_fresh = true;
			gap = "";
			row++;
			continue;
		}
		str_addf(out, "%s%.*s", gap, (int)len, text);
		column += strlen(gap) + width;
		is_fresh = false;
		gap = " ";
		text += len;
	}
	return column;
}
