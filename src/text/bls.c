/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/bls.h"

#include <errno.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void bls_done(struct bls *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].key);
		free(b->v[i].value);
	}
	free(b->v);
	str_done(&b->text);
	*b = (struct bls){ 0 };
}

/* Finds key and value between from and to, the line without its end. */
static void parse_line(const char *text, size_t from, size_t to, struct bls_line *line)
{
	size_t key_end;

	while (from < to && is_blank(text[from]))
		from++;
	while (from < to && is_blank(text[to - 1]))
		to--;
	if (from == to || text[from] == '#')
		return;
	for (key_end = from; key_end < to && !is_blank(text[key_end]); key_end++)
		;
	line->key = xstrndup(text + from, key_end - from);
	while (key_end < to && is_blank(text[key_end]))
		key_end++;
	if (to - key_end >= 2 && text[key_end] == '"' && text[to - 1] == '"') {
		key_end++;
		to--;
	}
	line->value_start = key_end;
	line->value_end = to;
	line->value = xstrndup(text + key_end, to - key_end);
}

int bls_parse(const char *text, size_t len, struct bls *ret, struct error *e)
{
	struct bls b = { 0 };
	unsigned number = 1;

	for (size_t at = 0, end; at < len; at = end) {
		struct bls_line line = { .start = at, .line = number };

		for (end = at; end < len && text[end] && !strchr("\r\n", text[end]);)
			end++;
		if (end < len && text[end] == '\0') {
			bls_done(&b);
			error_set(e, EINVAL, "there is a NUL byte in the entry");
			error_at(e, NULL, number);
			return -EINVAL;
		}
		parse_line(text, at, end, &line);
		if (end < len && text[end] == '\r')
			end++;
		if (end < len && text[end] == '\n') {
			end++;
			number++;
		}
		line.end = end;
		b.v = xgrow(b.v, b.n, &b.cap, sizeof(*b.v));
		b.v[b.n++] = line;
	}
	str_addn(&b.text, text, len);
	*ret = b;
	return 0;
}

static bool has_value(const struct bls_line *line, const char *key)
{
	return str_eq(line->key, key) && *line->value;
}

const char *bls_get(const struct bls *b, const char *key)
{
	for (size_t i = 0; i < b->n; i++)
		if (has_value(&b->v[i], key))
			return b->v[i].value;
	return NULL;
}

void bls_get_all(const struct bls *b, const char *key, struct strv *ret)
{
	for (size_t i = 0; i < b->n; i++)
		if (has_value(&b->v[i], key))
			strv_add(ret, b->v[i].value);
}

char *bls_options(const struct bls *b)
{
	struct strv values = { 0 };
	char *joined;

	bls_get_all(b, "options", &values);
	joined = strv_join(&values, " ");
	strv_done(&values);
	return joined;
}

/* The options lines during an edit. */
struct options {
	size_t *line; /* index in bls.v */
	struct str *value;
	size_t n;
};

static bool value_has(const struct str *value, const char *param)
{
	struct strv params = { 0 };
	bool has;

	cmdline_split(str_c(value), value->len, &params);
	has = cmdline_has(&params, param);
	strv_done(&params);
	return has;
}

static bool any_has(const struct options *o, const char *param)
{
	for (size_t i = 0; i < o->n; i++)
		if (value_has(&o->value[i], param))
			return true;
	return false;
}

static void apply_one(struct str *value, enum edit_op op, const char *param,
		      const char *to)
{
	struct edit one = { 0 };
	struct str changed = { 0 };

	edit_push(&one, op, param, to);
	edit_apply(&one, str_c(value), value->len, true, &changed);
	str_done(value);
	*value = changed;
	edit_done(&one);
}

/* The options lines are one command line, and an item means all of it. */
static void apply_item(struct options *o, const struct edit_item *item)
{
	if (item->op == EDIT_ADD) {
		if (!any_has(o, item->param))
			apply_one(&o->value[0], EDIT_ADD, item->param, NULL);
		return;
	}
	for (size_t i = 0; i < o->n; i++) {
		if (!value_has(&o->value[i], item->param))
			continue;
		if (item->op == EDIT_REPLACE && !any_has(o, item->to))
			apply_one(&o->value[i], EDIT_REPLACE, item->param, item->to);
		else if (item->op == EDIT_REMOVE || !param_same(item->param, item->to))
			apply_one(&o->value[i], EDIT_REMOVE, item->param, NULL);
	}
}

/* Would the loader take the first and the last quote away? They belong to parameters. */
static bool looks_quoted(const struct str *value)
{
	size_t from = 0, to = value->len;

	while (from < to && is_blank(value->s[from]))
		from++;
	while (from < to && is_blank(value->s[to - 1]))
		to--;
	return to - from >= 2 && value->s[from] == '"' && value->s[to - 1] == '"';
}

static void add_edited_line(const struct bls *b, const struct bls_line *line,
			    const struct str *value, struct str *ret)
{
	const char *text = b->text.s;
	bool is_quoted = text[line->value_start - 1] == '"';
	/* A pair more, which it takes away instead (systemd src/boot/boot.c,
	 * line_get_key_value()). */
	const char *quote = !is_quoted && looks_quoted(value) ? "\"" : "";

	if (value->len == 0 && *line->value)
		return;
	str_addn(ret, text + line->start, line->value_start - line->start);
	if (value->len && !strchr(" \t\"", text[line->value_start - 1]))
		str_addc(ret, ' ');
	str_add(ret, quote);
	str_addn(ret, str_c(value), value->len);
	str_add(ret, quote);
	str_addn(ret, text + line->value_end, line->end - line->value_end);
}

/* An entry without options: one line more, where GRUB still reads (it stops at the first
 * line without a value, so not behind trailing blank lines). */
static void add_new_line(const struct bls *b, const struct str *value, struct str *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].key)
			at = b->v[i].end;
	str_addn(ret, str_c(&b->text), at);
	if (at && !strchr("\r\n", b->text.s[at - 1]))
		str_addc(ret, '\n');
	str_addf(ret, "options %s\n", value->s);
	str_addn(ret, str_c(&b->text) + at, b->text.len - at);
}

void bls_edit(const struct bls *b, const struct edit *ed, struct str *ret)
{
	struct options o = { .line = xcalloc(b->n + 1, sizeof(*o.line)),
			     .value = xcalloc(b->n + 1, sizeof(*o.value)) };
	bool has_options;

	str_clear(ret);
	for (size_t i = 0; i < b->n; i++) {
		const struct bls_line *line = &b->v[i];

		if (!str_eq(line->key, "options"))
			continue;
		str_addn(&o.value[o.n], line->value, strlen(line->value));
		o.line[o.n++] = i;
	}
	has_options = o.n > 0;
	o.n += !has_options; /* the line to come */
	for (size_t i = 0; i < ed->n; i++)
		apply_item(&o, &ed->v[i]);
	if (!has_options && o.value[0].len) {
		add_new_line(b, &o.value[0], ret);
	} else {
		for (size_t i = 0, k = 0; i < b->n; i++) {
			const struct bls_line *line = &b->v[i];

			if (has_options && k < o.n && o.line[k] == i)
				add_edited_line(b, line, &o.value[k++], ret);
			else
				str_addn(ret, b->text.s + line->start,
					 line->end - line->start);
		}
	}
	for (size_t i = 0; i < o.n; i++)
		str_done(&o.value[i]);
	free(o.line);
	free(o.value);
}
