/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/udevrule.h"

#include "text/glob.h"

void udev_rule_done(struct udev_rule *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].key);
		free(r->v[i].attribute);
		free(r->v[i].value);
	}
	free(r->v);
	*r = (struct udev_rule){ 0 };
}

/* What is left of the line. */
struct reader {
	const char *p, *end;
};

static void skip(struct reader *r, const char *set)
{
	while (r->p < r->end && *r->p && strchr(set, *r->p))
		r->p++;
}

static bool is_key_char(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '_';
}

static bool read_key(struct reader *r, struct udev_token *t)
{
	const char *start = r->p, *close;

	while (r->p < r->end && is_key_char(*r->p))
		r->p++;
	if (r->p == start)
		return false;
	t->key = xstrndup(start, (size_t)(r->p - start));
	if (r->p == r->end || *r->p != '{')
		return true;
	start = r->p + 1;
	close = memchr(start, '}', (size_t)(r->end - start));
	if (!close)
		return false;
	t->attribute = xstrndup(start, (size_t)(close - start));
	r->p = close + 1;
	return true;
}

static bool read_operator(struct reader *r, struct udev_token *t)
{
	static const char *const operators[] = { "==", "!=", "+=", "-=", ":=", "=" };

	skip(r, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t n = strlen(operators[i]);

		if ((size_t)(r->end - r->p) < n || memcmp(r->p, operators[i], n) != 0)
			continue;
		memcpy(t->op, operators[i], n);
		r->p += n;
		skip(r, " \t");
		return true;
	}
	return false;
}

static bool read_value(struct reader *r, struct udev_token *t)
{
	CLEANUP(str_done) struct str value = { 0 };

	if (r->p == r->end || *r->p++ != '"')
		return false;
	for (; r->p < r->end && *r->p != '"'; r->p++) {
		if (*r->p == '\0')
			return false;
		if (*r->p == '\\' && r->p + 1 < r->end && r->p[1] == '"')
			r->p++;
		str_addc(&value, *r->p);
	}
	if (r->p == r->end)
		return false;
	r->p++;
	t->value = str_take(&value);
	return true;
}

bool udev_rule_parse(const char *line, size_t len, struct udev_rule *ret)
{
	struct reader r = { line, line + len };

	for (;;) {
		struct udev_token *t;

		skip(&r, " \t,\r");
		if (r.p == r.end)
			return ret->n > 0;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		t = &ret->v[ret->n++];
		*t = (struct udev_token){ 0 };
		if (!read_key(&r, t) || !read_operator(&r, t) || !read_value(&r, t))
			return false;
	}
}

bool udev_token_is_match(const struct udev_token *t)
{
	return strcmp(t->op, "==") == 0 || strcmp(t->op, "!=") == 0;
}

bool udev_token_holds(const struct udev_token *t, const char *text)
{
	CLEANUP(strv_done) struct strv patterns = { 0 };
	bool found = false;

	strv_split(&patterns, t->value, "|");
	for (size_t i = 0; i < patterns.n && !found; i++)
		found = glob_match(patterns.v[i], text, strlen(text));
	return found == (t->op[0] == '=');
}
