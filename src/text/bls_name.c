/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of boot loader entries: file names, ids, patterns, versions. */
#include "text/bls.h"

#include <strings.h>

#include "text/glob.h"

static const char suffix[] = ".conf";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Where the suffix of file starts, NULL if it has none. */
static const char *find_suffix(const char *file)
{
	size_t len = strlen(file), n = strlen(suffix);

	return len >= n && strcasecmp(file + len - n, suffix) == 0 ? file + len - n
								   : NULL;
}

bool bls_is_entry_name(const char *file)
{
	return find_suffix(file) && file[0] != '.' && !str_starts(file, "auto-");
}

static const char *skip_digits(const char *p)
{
	while (is_digit(*p))
		p++;
	return p;
}

/* The end of the name without its boot counter, "+LEFT[-DONE]" right before the suffix.
 * Only the last "+" can be one. */
static const char *find_counter(const char *file, const char *end)
{
	const char *plus = strrchr(file, '+'), *p;

	if (!plus || !is_digit(plus[1]))
		return end;
	p = skip_digits(plus + 1);
	if (p[0] == '-' && is_digit(p[1]))
		p = skip_digits(p + 1);
	return p == end ? plus : end;
}

char *bls_entry_id(const char *file)
{
	const char *end = find_suffix(file);
	struct str id = { 0 };

	if (!end)
		end = file + strlen(file);
	str_addn(&id, file, (size_t)(find_counter(file, end) - file));
	str_add(&id, end);
	for (size_t i = 0; i < id.len; i++)
		id.s[i] = lower(id.s[i]);
	return str_take(&id);
}

bool bls_default_matches(const char *pattern, const char *id)
{
	const char *end = find_suffix(id);
	char *folded = xstrdup(pattern);
	bool matches;

	for (char *p = folded; *p; p++)
		*p = lower(*p);
	matches = glob_match(folded, id, strlen(id)) ||
		  (end && glob_match(folded, id, (size_t)(end - id)));
	free(folded);
	return matches;
}

static int compare(long a, long b)
{
	return a < b ? -1 : a > b;
}

static const char *skip_unknown(const char *p)
{
	while (*p && !is_digit(*p) && !is_alpha(*p) && !strchr("~-^.", *p))
		p++;
	return p;
}

/* One side has the separator: it is older. Both: passes over it. */
static int compare_separator(const char **a, const char **b, char separator)
{
	int r = compare(**a != separator, **b != separator);

	if (r == 0 && **a == separator) {
		(*a)++;
		(*b)++;
	}
	return r;
}

/* A number is newer than letters, and numbers compare by value, whatever their length. */
static int compare_digits(const char **a, const char **b)
{
	const char *end_a = skip_digits(*a), *end_b = skip_digits(*b);
	int r = compare(*a != end_a, *b != end_b);

	if (r)
		return r;
	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	r = compare(end_a - *a, end_b - *b);
	if (r == 0)
		r = memcmp(*a, *b, (size_t)(end_a - *a));
	*a = end_a;
	*b = end_b;
	return r;
}

static int compare_letters(const char **a, const char **b)
{
	while (is_alpha(**a) && **a == **b) {
		(*a)++;
		(*b)++;
	}
	if (!is_alpha(**a) || !is_alpha(**b))
		return compare(is_alpha(**a), is_alpha(**b));
	return compare(**a, **b);
}

int bls_version_compare(const char *a, const char *b)
{
	for (;;) {
		int r;

		a = skip_unknown(a);
		b = skip_unknown(b);
		/* "~" is older than even the end of the string. */
		r = compare_separator(&a, &b, '~');
		if (r == 0 && (*a == '\0' || *b == '\0'))
			return compare(*a != '\0', *b != '\0');
		for (const char *s = "-^."; r == 0 && *s; s++)
			r = compare_separator(&a, &b, *s);
		if (r == 0 && (is_digit(*a) || is_digit(*b)))
			r = compare_digits(&a, &b);
		else if (r == 0)
			r = compare_letters(&a, &b);
		if (r)
			return r;
	}
}
