/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lossless: the lines are the text. An edit done twice is an edit done once, and what it
 * should do shows in the options. */
#include "text/bls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

static void check_lines(const struct bls *b, const char *text, size_t len)
{
	size_t at = 0;

	check(b->text.len == len && memcmp(str_c(&b->text), text, len) == 0);
	for (size_t i = 0; i < b->n; i++) {
		const struct bls_line *line = &b->v[i];

		check(line->start == at && line->end > at && line->line > 0);
		at = line->end;
		if (!line->key)
			continue;
		check(line->value_start >= line->start && line->value_end <= line->end);
		check(line->value_end - line->value_start == strlen(line->value));
		check(memcmp(text + line->value_start, line->value,
			     strlen(line->value)) == 0);
	}
	check(at == len);
}

static void edit(const char *text, size_t len, const struct edit *ed, struct str *ret)
{
	struct bls b;

	check(bls_parse(text, len, &b, NULL) == 0);
	bls_edit(&b, ed, ret);
	bls_done(&b);
}

static void check_edited(const struct str *s, const struct edit *ed)
{
	CLEANUP(free_char) char *options = NULL;
	struct strv params = { 0 };
	struct bls b;

	check(bls_parse(str_c(s), s->len, &b, NULL) == 0);
	options = bls_options(&b);
	cmdline_split(options, strlen(options), &params);
	for (size_t i = 0; i < ed->n; i++)
		check(cmdline_has(&params, ed->v[i].param) == (ed->v[i].op == EDIT_ADD));
	strv_done(&params);
	bls_done(&b);
}

/* The first line of the input makes up the edit, and names for the other functions. */
static void make_edit(const char *line, size_t len, struct edit *ed)
{
	CLEANUP(free_char) char *name = xstrndup(line, len);
	CLEANUP(free_char) char *id = bls_entry_id(name);

	edit_push(ed, EDIT_ADD, "intel_iommu=on", NULL);
	edit_push(ed, EDIT_REMOVE, "quiet", NULL);
	edit_push(ed, EDIT_REPLACE, "a=1", "intel_iommu=on");
	bls_default_matches(name, id);
	bls_is_entry_name(name);
	check(bls_version_compare(name, name) == 0);
	check((bls_version_compare(name, id) < 0) == (bls_version_compare(id, name) > 0));
}

/* A quote that no other closes makes all that follows one parameter (next_arg()); what is
 * appended to such a line can't be told from it. */
static bool has_odd_quotes(const struct bls *b)
{
	for (size_t i = 0; i < b->n; i++) {
		unsigned quotes = 0;

		for (const char *p = b->v[i].value; p && *p; p++)
			quotes += *p == '"';
		if (quotes % 2)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *line = text;
	struct str once = { 0 }, twice = { 0 };
	struct edit ed = { 0 };
	size_t pos = 0, len = 0;
	struct bls b;
	bool is_odd;

	next_line(text, size, &pos, &line, &len);
	if (bls_parse(text, size, &b, NULL) < 0) {
		check(memchr(text, '\0', size));
		return 0;
	}
	check_lines(&b, text, size);
	is_odd = has_odd_quotes(&b);
	bls_done(&b);
	make_edit(line, len, &ed);
	edit(text, size, &ed, &once);
	if (!is_odd) {
		check_edited(&once, &ed);
		edit(str_c(&once), once.len, &ed, &twice);
		check(str_same(&once, &twice));
	}
	edit_done(&ed);
	str_done(&once);
	str_done(&twice);
	return 0;
}
