/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One word from p on, to word; returns what is after it. */
static const char *take_one(const char *p, struct str *word)
{
	char quote = '\0';

	for (; *p && (quote || !is_blank(*p)); p++) {
		if (*p == '\\' && quote != '\'' && p[1])
			str_addc(word, *++p);
		else if (quote && *p == quote)
			quote = '\0';
		else if (!quote && (*p == '\'' || *p == '"'))
			quote = *p;
		else
			str_addc(word, *p);
	}
	return p;
}

void complete_split(const char *line, struct strv *ret)
{
	const char *p = line;

	for (;;) {
		CLEANUP(str_done) struct str word = { 0 };

		while (is_blank(*p))
			p++;
		p = take_one(p, &word);
		strv_add(ret, str_c(&word));
		if (!*p)
			return;
	}
}
