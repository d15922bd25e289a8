/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>

void str_done(struct str *s)
{
	free(s->s);
	*s = (struct str){ 0 };
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->s)
		s->s[0] = '\0';
}

static void str_reserve(struct str *s, size_t more)
{
	size_t need = s->len + more + 1;

	if (need <= s->cap)
		return;
	s->cap = s->cap ? s->cap : 32;
	while (s->cap < need)
		s->cap *= 2;
	s->s = xrealloc(s->s, s->cap);
}

void str_addn(struct str *s, const char *bytes, size_t n)
{
	str_reserve(s, n);
	if (n)
		memcpy(s->s + s->len, bytes, n);
	s->len += n;
	s->s[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n < sizeof(small)) {
		str_addn(s, small, (size_t)n);
		return;
	}
	str_reserve(s, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(s->s + s->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

const char *str_c(const struct str *s)
{
	return s->s ? s->s : "";
}

char *str_take(struct str *s)
{
	char *p = s->s ? s->s : xstrdup("");

	*s = (struct str){ 0 };
	return p;
}

bool str_same(const struct str *a, const struct str *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->s, b->s, a->len) == 0);
}

void str_set(struct str *s, const char *bytes, size_t n)
{
	str_clear(s);
	str_addn(s, bytes, n);
}

void str_rtrim(struct str *s)
{
	while (s->len && isspace((unsigned char)s->s[s->len - 1]))
		s->s[--s->len] = '\0';
}

void strv_done(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv){ 0 };
}

void strv_take(struct strv *v, char *s)
{
	v->v = xgrow(v->v, v->n + 1, &v->cap, sizeof(*v->v));
	v->v[v->n++] = s;
	v->v[v->n] = NULL;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_add_unique(struct strv *v, const char *s)
{
	if (!strv_has(v, s))
		strv_add(v, s);
}

void strv_copy(struct strv *dst, const struct strv *src)
{
	for (size_t i = 0; i < src->n; i++)
		strv_add(dst, src->v[i]);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], s) == 0)
			return true;
	return false;
}

bool strv_same(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	return same;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->n)
		qsort(v->v, v->n, sizeof(*v->v), compare);
}

void strv_split(struct strv *v, const char *text, const char *seps)
{
	while (*text) {
		size_t n;

		text += strspn(text, seps);
		n = strcspn(text, seps);
		if (n)
			strv_take(v, xstrndup(text, n));
		text += n;
	}
}

char *strv_join(const struct strv *v, const char *sep)
{
	struct str s = { 0 };

	for (size_t i = 0; i < v->n; i++) {
		if (i)
			str_add(&s, sep);
		str_add(&s, v->v[i]);
	}
	return str_take(&s);
}

bool next_line(const char *text, size_t text_len, size_t *pos, const char **line,
	       size_t *len)
{
	const char *nl;

	if (*pos >= text_len)
		return false;
	*line = text + *pos;
	nl = memchr(*line, '\n', text_len - *pos);
	*len = nl ? (size_t)(nl - *line) : text_len - *pos;
	*pos += *len + (nl ? 1 : 0);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool next_word(const char *line, size_t len, size_t *at, const char **ret,
	       size_t *ret_len)
{
	size_t start;

	while (*at < len && is_blank(line[*at]))
		++*at;
	start = *at;
	while (*at < len && !is_blank(line[*at]))
		++*at;
	*ret = line + start;
	*ret_len = *at - start;
	return *ret_len > 0;
}
