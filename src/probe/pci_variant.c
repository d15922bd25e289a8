/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/pci_variant.h"

#include <limits.h>

#define DIGITS "0123456789ABCDEF"

int pci_alias_wildcards(const char *pattern, const char *alias)
{
	int n = 0;

	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			alias += strspn(alias, DIGITS);
			n++;
		} else if (*pattern != *alias++) {
			return -1;
		}
	}
	return *alias ? -1 : n;
}

/* Of several modules the one whose line of modules.alias says most: "alias PATTERN
 * MODULE". NULL: no line matches. */
static char *most_specific(const struct str *text, const char *alias)
{
	int fewest = INT_MAX;
	char *best = NULL;
	const char *line;
	size_t pos = 0, len;

	while (next_line(str_c(text), text->len, &pos, &line, &len)) {
		CLEANUP(strv_done) struct strv words = { 0 };
		CLEANUP(free_char) char *copy = NULL;
		int n;

		if (len < 15 || memcmp(line, "alias vfio_pci:", 15) != 0)
			continue;
		copy = xstrndup(line, len);
		strv_split(&words, copy, " ");
		n = words.n == 3 ? pci_alias_wildcards(words.v[1], alias) : -1;
		if (n < 0 || n >= fewest)
			continue;
		fewest = n;
		free(best);
		best = xstrdup(words.v[2]);
	}
	return best;
}

char *pci_variant(struct module_index *m, const char *modalias)
{
	CLEANUP(strv_done) struct strv names = { 0 }, variants = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *alias = NULL;
	CLEANUP(free_char) char *best = NULL;

	if (!m || !modalias || !str_starts(modalias, "pci:"))
		return NULL;
	alias = xasprintf("vfio_%s", modalias);
	module_index_alias(m, alias, &names);
	for (size_t i = 0; i < names.n; i++)
		if (!module_same_name(names.v[i], "vfio-pci"))
			strv_add(&variants, names.v[i]);
	/* The index does not tell which alias it was, and that matters with two. */
	if (variants.n > 1 && module_index_read(m, "modules.alias", &text) == 0)
		best = most_specific(&text, alias);
	if (best)
		return module_same_name(best, "vfio-pci") ? NULL : take(best);
	return variants.n ? xstrdup(variants.v[0]) : NULL;
}
