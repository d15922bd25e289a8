/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/cmdline.h"

/* White space that is safe to take away: 0xa0 may be a part of a UTF-8 character. */
static bool is_blank(char c)
{
	return c != '\0' && strchr(" \t\n\v\f\r", c);
}

void edit_done(struct edit *ed)
{
	for (size_t i = 0; i < ed->n; i++) {
		free(ed->v[i].param);
		free(ed->v[i].to);
	}
	free(ed->v);
	*ed = (struct edit){ 0 };
}

void edit_push(struct edit *ed, enum edit_op op, const char *param, const char *to)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op == op && strcmp(it->param, param) == 0 &&
		    (op != EDIT_REPLACE || strcmp(it->to, to) == 0))
			return;
	}
	edit_append(ed, op, param, to);
}

void edit_append(struct edit *ed, enum edit_op op, const char *param, const char *to)
{
	ed->v = xgrow(ed->v, ed->n, &ed->cap, sizeof(*ed->v));
	ed->v[ed->n++] = (struct edit_item){
		.op = op,
		.param = xstrdup(param),
		.to = op == EDIT_REPLACE ? xstrdup(to) : NULL,
	};
}

void edit_copy(struct edit *dst, const struct edit *src)
{
	for (size_t i = 0; i < src->n; i++)
		edit_push(dst, src->v[i].op, src->v[i].param, src->v[i].to);
}

void edit_complete(const struct edit *ed, const struct strv *params, struct edit *ret)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		edit_push(ret, it->op, it->param, it->to);
		if (it->op == EDIT_REPLACE && !cmdline_has(params, it->param))
			edit_push(ret, EDIT_ADD, it->to, NULL);
	}
}

void edit_inverse(const struct edit *ed, struct edit *ret)
{
	for (size_t i = ed->n; i > 0; i--) {
		const struct edit_item *it = &ed->v[i - 1];

		if (it->op == EDIT_REPLACE)
			edit_push(ret, EDIT_REPLACE, it->to, it->param);
		else
			edit_push(ret, it->op == EDIT_ADD ? EDIT_REMOVE : EDIT_ADD,
				  it->param, NULL);
	}
}

#define ADDED SIZE_MAX

/* A parameter on its way through an edit. */
struct item {
	const char *text; /* borrowed from the input or the edit */
	size_t origin; /* index in the input, or ADDED */
	size_t start, end; /* of the original, in a text */
	bool put; /* text was replaced */
	bool opaque;
};

struct items {
	struct item *v;
	size_t n, cap;
};

static void items_done(struct items *items)
{
	free(items->v);
}

static void items_insert(struct items *items, size_t at, struct item item)
{
	items->v = xgrow(items->v, items->n, &items->cap, sizeof(*items->v));
	memmove(items->v + at + 1, items->v + at, (items->n - at) * sizeof(*items->v));
	items->v[at] = item;
	items->n++;
}

/* Index of the first item from `from` on that is param; items->n if there is none. */
static size_t items_find(const struct items *items, size_t from, const char *param)
{
	for (size_t i = from; i < items->n; i++)
		if (!items->v[i].opaque && param_same(items->v[i].text, param))
			return i;
	return items->n;
}

static bool is_unterminated(const char *param)
{
	bool quoted = false;

	for (; *param; param++)
		quoted ^= *param == '"';
	return quoted;
}

static void items_add(struct items *items, const char *param)
{
	size_t at = items->n;

	if (*param == '\0' || items_find(items, 0, param) < items->n)
		return;
	if (at && is_unterminated(items->v[at - 1].text))
		at--;
	items_insert(items, at, (struct item){ .text = param, .origin = ADDED });
}

static void items_remove(struct items *items, const char *param)
{
	size_t i = 0;

	while ((i = items_find(items, i, param)) < items->n) {
		items->n--;
		memmove(items->v + i, items->v + i + 1,
			(items->n - i) * sizeof(*items->v));
	}
}

static void items_replace(struct items *items, const char *param, const char *to)
{
	size_t i = items_find(items, 0, param);

	if (i >= items->n || param_same(param, to))
		return;
	if (*to && items_find(items, 0, to) == items->n) {
		items->v[i].text = to;
		items->v[i].put = true;
	}
	items_remove(items, param);
}

static void items_edit(struct items *items, const struct edit *ed, bool may_add)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op == EDIT_ADD && may_add)
			items_add(items, it->param);
		else if (it->op == EDIT_REMOVE)
			items_remove(items, it->param);
		else if (it->op == EDIT_REPLACE)
			items_replace(items, it->param, it->to);
	}
}

void edit_splices_done(struct edit_splices *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].text);
	free(s->v);
	strv_done(&s->put);
	*s = (struct edit_splices){ 0 };
}

static void splice(struct edit_splices *ret, size_t start, size_t end, char *text)
{
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n++] = (struct edit_splice){ start, end, text };
}

/* What a text of len bytes loses with the parameter [start, end). */
static void splice_out(struct edit_splices *ret, const char *text, size_t len,
		       const struct item *gone, bool is_front)
{
	size_t start = gone->start, end = gone->end;

	if (is_front) {
		while (end < len && is_blank(text[end]))
			end++;
		/* Nothing follows: these blanks (a newline, often) end the text. */
		if (end == len)
			end = gone->end;
	} else {
		while (is_blank(text[start - 1]))
			start--;
	}
	splice(ret, start, end, xstrdup(""));
}

/* The parameters that were added, which stand next to each other from items[i] on. */
static size_t splice_in(struct edit_splices *ret, const struct items *items, size_t i,
			size_t at, bool is_end)
{
	struct str text = { 0 };

	for (bool blank = is_end && i > 0; i < items->n && items->v[i].origin == ADDED;
	     i++) {
		if (blank)
			str_addc(&text, ' ');
		blank = true;
		str_add(&text, items->v[i].text);
		strv_add(&ret->put, items->v[i].text);
	}
	if (!is_end)
		str_addc(&text, ' ');
	splice(ret, at, at, str_take(&text));
	return i;
}

static void items_from_text(struct items *items, struct strv *params, const char *text,
			    size_t len, char opaque)
{
	size_t pos = 0, start, end;

	while (cmdline_next(text, len, &pos, &start, &end)) {
		struct item item = { .origin = items->n, .start = start, .end = end };

		item.opaque = opaque && memchr(text + start, opaque, end - start);
		strv_take(params, xstrndup(text + start, end - start));
		item.text = params->v[items->n];
		items_insert(items, items->n, item);
	}
}

/* If only added ones stand before the next original from items[i] on: its index there. */
static size_t behind_added(const struct items *items, size_t i)
{
	if (i == items->n || items->v[i].origin != ADDED)
		return ADDED;
	while (i < items->n && items->v[i].origin == ADDED)
		i++;
	return i < items->n ? items->v[i].origin : ADDED;
}

void edit_locate(const struct edit *ed, const char *text, size_t len, char opaque,
		 bool may_add, struct edit_splices *ret)
{
	CLEANUP(items_done) struct items before = { 0 }, after = { 0 };
	CLEANUP(strv_done) struct strv params = { 0 };
	size_t k = 0, end;

	len = strnlen(text, len);
	items_from_text(&before, &params, text, len, opaque);
	for (size_t i = 0; i < before.n; i++)
		items_insert(&after, i, before.v[i]);
	items_edit(&after, ed, may_add);

	for (size_t i = 0; i < before.n; i++) {
		const struct item *it = &before.v[i];

		if (behind_added(&after, k) == i)
			k = splice_in(ret, &after, k, it->start, false);
		if (k == after.n || after.v[k].origin != i) {
			splice_out(ret, text, len, it, k == 0);
			continue;
		}
		if (after.v[k].put) {
			splice(ret, it->start, it->end, xstrdup(after.v[k].text));
			strv_add(&ret->put, after.v[k].text);
		}
		k++;
	}
	if (k == after.n)
		return;
	/* Not into a parameter whose quote never ends: its blanks are its own. */
	end = before.n ? before.v[before.n - 1].end : 0;
	while (len > end && is_blank(text[len - 1]))
		len--;
	splice_in(ret, &after, k, len, true);
}

bool edit_apply(const struct edit *ed, const char *text, size_t len, bool may_add,
		struct str *ret)
{
	CLEANUP(edit_splices_done) struct edit_splices splices = { 0 };
	struct str out = { 0 };
	size_t pos = 0;
	bool differs;

	edit_locate(ed, text, len, '\0', may_add, &splices);
	for (size_t i = 0; i < splices.n; i++) {
		const struct edit_splice *s = &splices.v[i];

		str_addn(&out, text + pos, s->start - pos);
		str_add(&out, s->text);
		pos = s->end;
	}
	str_addn(&out, text + pos, len - pos);
	differs = out.len != len || (len && memcmp(out.s, text, len) != 0);
	str_done(ret);
	*ret = out;
	return differs;
}

void edit_apply_params(const struct edit *ed, struct strv *params)
{
	CLEANUP(items_done) struct items items = { 0 };
	struct strv out = { 0 };

	for (size_t i = 0; i < params->n; i++)
		items_insert(&items, i,
			     (struct item){ .text = params->v[i], .origin = i });
	items_edit(&items, ed, true);
	for (size_t i = 0; i < items.n; i++)
		strv_add(&out, items.v[i].text);
	strv_done(params);
	*params = out;
}
