/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/diff.h"

#include "text/diff_lines.h"

#define CONTEXT 3

/* The name behind --- or +++. diff(1) quotes names with odd characters as C strings and
 * ends one that has blanks with a tab; patch(1) reads both. */
static void add_name(struct str *out, char side, const char *path, bool exists)
{
	bool has_odd = false;

	if (!exists) {
		str_add(out, "/dev/null");
		return;
	}
	path += strspn(path, "/");
	for (const char *p = path; *p; p++)
		has_odd |= (unsigned char)*p < 0x20 || strchr("\"\\\x7f", *p);
	if (!has_odd) {
		str_addf(out, "%c/%s", side, path);
		return;
	}
	str_addf(out, "\"%c/", side);
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			str_addf(out, "\\%03o", (unsigned char)*p);
		else if (*p == '"' || *p == '\\')
			str_addf(out, "\\%c", *p);
		else
			str_addc(out, *p);
	}
	str_addc(out, '"');
}

static void add_header(struct str *out, const char *path, bool has_before, bool has_after)
{
	const char *end = strchr(path, ' ') ? "\t\n" : "\n";

	str_add(out, "--- ");
	add_name(out, 'a', path, has_before);
	str_add(out, has_before ? end : "\n");
	str_add(out, "+++ ");
	add_name(out, 'b', path, has_after);
	str_add(out, has_after ? end : "\n");
}

static void add_line(struct str *out, char mark, const struct diff_line *line)
{
	str_addc(out, mark);
	str_addn(out, line->s, line->len);
	if (line->len == 0 || line->s[line->len - 1] != '\n')
		str_add(out, "\n\\ No newline at end of file\n");
}

/* "12,3": the first line and the number of lines; of no lines, the one before them. */
static void add_range(struct str *out, size_t from, size_t to)
{
	size_t n = to - from;

	str_addf(out, "%zu", n ? from + 1 : from);
	if (n != 1)
		str_addf(out, ",%zu", n);
}

/* Stretches of both texts that differ; between two changes the texts are the same. */
struct change {
	size_t a, a_end, b, b_end;
};

/* The next change at or after a, b (which stand at lines that correspond). */
static bool next_change(const struct diff_side *before, const struct diff_side *after,
			size_t a, size_t b, struct change *ret)
{
	while (a < before->n && b < after->n && !before->v[a].changed &&
	       !after->v[b].changed)
		a++, b++;
	*ret = (struct change){ a, a, b, b };
	while (ret->a_end < before->n && before->v[ret->a_end].changed)
		ret->a_end++;
	while (ret->b_end < after->n && after->v[ret->b_end].changed)
		ret->b_end++;
	return ret->a_end > a || ret->b_end > b;
}

/* One hunk: all changes from first on that are near enough to share their context.
 * Returns where the text behind it goes on. */
static struct change add_hunk(struct str *out, const struct diff_side *before,
			      const struct diff_side *after, struct change first)
{
	size_t lead = first.a < CONTEXT ? first.a : CONTEXT;
	size_t a = first.a - lead, b = first.b - lead, tail, last_a, last_b;
	struct change c = first, next;

	while (next_change(before, after, c.a_end, c.b_end, &next) &&
	       next.a - c.a_end <= 2 * CONTEXT)
		c = next;
	tail = before->n - c.a_end < CONTEXT ? before->n - c.a_end : CONTEXT;
	last_a = c.a_end + tail;
	last_b = c.b_end + tail;
	str_add(out, "@@ -");
	add_range(out, a, last_a);
	str_add(out, " +");
	add_range(out, b, last_b);
	str_add(out, " @@\n");
	while (a < last_a || b < last_b) {
		if (a < last_a && before->v[a].changed)
			add_line(out, '-', &before->v[a++]);
		else if (b < last_b && after->v[b].changed)
			add_line(out, '+', &after->v[b++]);
		else
			add_line(out, ' ', &before->v[a++]), b++;
	}
	return c;
}

static bool is_binary(const struct str *s)
{
	return s->len && memchr(s->s, '\0', s->len);
}

void diff_unified(const char *path, const struct str *before, const struct str *after,
		  struct str *ret)
{
	static const struct str nothing;
	const struct str *old = before ? before : &nothing;
	const struct str *new = after ? after : &nothing;
	struct diff_side a = { 0 }, b = { 0 };
	struct change c = { 0 };

	if (!before == !after && str_same(old, new))
		return;
	if (is_binary(old) || is_binary(new)) {
		str_add(ret, "Binary files ");
		add_name(ret, 'a', path, before);
		str_add(ret, " and ");
		add_name(ret, 'b', path, after);
		str_add(ret, " differ\n");
		return;
	}
	diff_side_split(&a, str_c(old), old->len);
	diff_side_split(&b, str_c(new), new->len);
	diff_sides_compare(&a, &b);
	add_header(ret, path, before, after);
	while (next_change(&a, &b, c.a_end, c.b_end, &c))
		c = add_hunk(ret, &a, &b, c);
	diff_side_done(&a);
	diff_side_done(&b);
}
