/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The input is cut at its first NUL into before and after. The diff of a text with itself
 * is empty, and applied to before the diff gives after. */
#include "text/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

/* The next line of a text, newline included. */
static size_t line_at(const struct str *s, size_t at)
{
	const char *nl = memchr(s->s + at, '\n', s->len - at);

	return nl ? (size_t)(nl + 1 - (s->s + at)) : s->len - at;
}

/* Takes one line of a text, which the diff's line (behind its mark) must be. */
static void take_line(const struct str *s, size_t *at, const char *line, size_t len,
		      bool has_newline)
{
	size_t n = line_at(s, *at);

	check(*at < s->len && n == len + has_newline);
	check(memcmp(s->s + *at, line, len) == 0);
	*at += n;
}

/* Reads the diff against both texts, without any fuzz in places: what lies between two
 * hunks must be the same in both. */
static void check_applies(const struct str *diff, const struct str *a,
			  const struct str *b)
{
	size_t pos = 0, len, at_a = 0, at_b = 0, number = 0, line_a = 1;
	const char *line;

	while (next_line(str_c(diff), diff->len, &pos, &line, &len)) {
		static const char cut[] = "\\ No newline";
		bool has_newline = diff->len - pos < sizeof(cut) - 1 ||
				   memcmp(diff->s + pos, cut, sizeof(cut) - 1) != 0;

		if (number++ < 2 || line[0] == '\\')
			continue;
		if (line[0] == '@') {
			size_t from = strtoul(line + 4, NULL, 10), n;
			const char *comma = memchr(line, ',', len);
			const char *plus = memchr(line, '+', len);

			/* "-5,0" says: behind line 5. */
			if (comma && comma < plus && comma[1] == '0')
				from++;
			for (; line_a < from; line_a++, at_a += n, at_b += n) {
				n = line_at(a, at_a);
				check(at_a < a->len && n == line_at(b, at_b));
				check(memcmp(a->s + at_a, b->s + at_b, n) == 0);
			}
			continue;
		}
		check(strchr(" +-", line[0]));
		if (line[0] != '+') {
			take_line(a, &at_a, line + 1, len - 1, has_newline);
			line_a++;
		}
		if (line[0] != '-')
			take_line(b, &at_b, line + 1, len - 1, has_newline);
	}
	check(a->len - at_a == b->len - at_b);
	check(a->len == at_a || memcmp(a->s + at_a, b->s + at_b, a->len - at_a) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size / 2;
	struct str a = { 0 }, b = { 0 }, diff = { 0 };

	str_addn(&a, (const char *)data, n);
	if (nul)
		n++;
	str_addn(&b, (const char *)data + n, size - n);
	diff_unified("/x", &a, &a, &diff);
	diff_unified("/x", &b, &b, &diff);
	check(diff.len == 0);
	diff_unified("/x", &a, &b, &diff);
	check((diff.len == 0) == str_same(&a, &b));
	if (memchr(b.s, '\0', b.len))
		check(str_starts(diff.s, "Binary files "));
	else if (diff.len)
		check_applies(&diff, &a, &b);
	str_clear(&diff);
	diff_unified("/x y", NULL, &b, &diff);
	diff_unified("/x y", &a, NULL, &diff);
	str_done(&a);
	str_done(&b);
	str_done(&diff);
	return 0;
}
