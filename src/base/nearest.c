/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>

#include "base/nearest.h"

/* Longer words are none of ours. */
#define MAX_WORD 63

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance: insert, delete, replace a letter, or exchange
 * two neighbours. Both words have at most MAX_WORD letters. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1], n = strlen(b), m = strlen(a);
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= n; j++)
		above[j] = before[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = least(above[j - 1] + !is_same(a[i - 1], b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[n];
}

/* The only one of words that begins with the typed letters; at least two are needed. */
static const char *only_beginning(const char *typed, const char *const *words, size_t n)
{
	const char *found = NULL;
	size_t len = strlen(typed);

	for (size_t i = 0; len > 1 && i < n; i++) {
		if (strncmp(typed, words[i], len))
			continue;
		if (found)
			return NULL;
		found = words[i];
	}
	return found;
}

const char *nearest_word(const char *typed, const char *const *words, size_t n)
{
	const char *best = only_beginning(typed, words, n);
	size_t len = strlen(typed), best_distance = SIZE_MAX;

	if (best || len > MAX_WORD)
		return best;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(words[i]), d;

		if (other > MAX_WORD)
			continue;
		d = distance(typed, words[i]);
		if (d <= (len > other ? len : other) / 3 && d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}
