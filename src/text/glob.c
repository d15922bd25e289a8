/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/glob.h"

/* Matches c against the set that p points into (behind its "["). Returns what is behind
 * the set, NULL if the set has no end. */
static const char *match_set(const char *p, unsigned char c, bool *ret)
{
	bool is_negated = *p == '!' || *p == '^', found = false;

	p += is_negated;
	/* A "]" in front is a member (POSIX.1-2017 XBD 9.3.5). */
	for (bool first = true; *p && (first || *p != ']'); first = false) {
		unsigned char from = (unsigned char)*p++, to = from;

		if (p[0] == '-' && p[1] && p[1] != ']') {
			to = (unsigned char)p[1];
			p += 2;
		}
		found |= from <= c && c <= to;
	}
	*ret = found != is_negated;
	return *p ? p + 1 : NULL;
}

/* Matches one character; moves *pattern past what matched it. */
static bool match_one(const char **pattern, char c)
{
	const char *p = *pattern, *behind;
	bool matches;

	if (*p == '?') {
		*pattern = p + 1;
		return true;
	}
	if (*p == '[') {
		behind = match_set(p + 1, (unsigned char)c, &matches);
		if (behind) {
			*pattern = behind;
			return matches;
		}
	}
	if (*p == '\\' && p[1])
		p++;
	*pattern = p + 1;
	return *p && *p == c;
}

/* Where the text behind a star can go on to match: an ordinary character is looked for.
 */
static size_t next_try(const char *pattern, const char *text, size_t at, size_t len)
{
	const char *found;

	if (strchr("*?[\\", *pattern))
		return at;
	found = memchr(text + at, *pattern, len - at);
	return found ? (size_t)(found - text) : len;
}

bool glob_match(const char *pattern, const char *text, size_t len)
{
	const char *star = NULL; /* behind the last "*" met */
	size_t star_at = 0, at = 0;

	/* Only the last star ever needs another try: what was matched by the ones before
	 * it can stay as short as it is. */
	while (at < len) {
		const char *p = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			if (!*star)
				return true;
			star_at = at = next_try(star, text, at, len);
		} else if (match_one(&p, text[at])) {
			pattern = p;
			at++;
		} else if (star) {
			pattern = star;
			star_at = at = next_try(star, text, star_at + 1, len);
		} else {
			return false;
		}
	}
	pattern += strspn(pattern, "*");
	return *pattern == '\0';
}
