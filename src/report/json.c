/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <errno.h>

#include "report/advice.h"

/* Keeps control characters, which JSON can escape, and spells out what is not UTF-8. */
static char *make_utf8(const char *s)
{
	struct str out = { 0 };

	while (*s) {
		size_t n = 0;

		while ((unsigned char)s[n] >= 0x20)
			n++;
		str_add_printable(&out, s, n);
		s += n;
		if (*s)
			str_addc(&out, *s++);
	}
	return str_take(&out);
}

json_t *json_text(const char *s)
{
	CLEANUP(free_char) char *text = NULL;
	json_t *j;

	if (!s)
		return json_null();
	j = json_string(s);
	if (j)
		return j;
	text = make_utf8(s);
	return json_string(text);
}

json_t *json_texts(const struct strv *v)
{
	json_t *a = json_array();

	for (size_t i = 0; v && i < v->n; i++)
		json_array_append_new(a, json_text(v->v[i]));
	return a;
}

json_t *json_advice(const char *root, const struct strv *v)
{
	struct advice a = { .root = root };
	json_t *list = json_array();

	for (size_t i = 0; v && i < v->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		advice_add(&a, v->v[i], &text);
		json_array_append_new(list, json_text(str_c(&text)));
	}
	return list;
}

json_t *json_steps(const char *root, const struct strv *v)
{
	struct advice a = { .root = root };
	json_t *list = json_array();

	for (size_t i = 0; v && i < v->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(strv_done) struct strv lines = { 0 };

		advice_add_step(&a, v->v[i], &text);
		strv_split(&lines, str_c(&text), "\n");
		for (size_t k = 0; k < lines.n; k++)
			json_array_append_new(list, json_text(lines.v[k]));
	}
	return list;
}

json_t *json_tri(enum tri t)
{
	return t == TRI_UNKNOWN ? json_null() : json_boolean(t == TRI_YES);
}

json_t *json_document(const char *schema)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "schema", json_text(schema));
	return doc;
}

int json_print(const struct output *o, json_t *doc, struct error *e)
{
	int r = json_dumpf(doc, o->out, JSON_INDENT(2));

	json_decref(doc);
	if (r == 0 && fputc('\n', o->out) != EOF && fflush(o->out) == 0)
		return 0;
	error_set(e, EIO, "can't write to standard output");
	return -EIO;
}

void output_tell(const struct output *o, const struct strv *lines)
{
	for (size_t i = 0; i < lines->n && !o->json && !o->quiet; i++) {
		CLEANUP(str_done) struct str safe = { 0 };

		str_add_printable(&safe, lines->v[i], strlen(lines->v[i]));
		fprintf(o->err, "%s\n", str_c(&safe));
	}
}

json_t *json_error(const char *root, const struct error *er)
{
	CLEANUP(str_done) struct str hint = { 0 };
	struct advice a = { .root = root };
	json_t *j = json_object();

	advice_add(&a, er->hint, &hint);
	json_object_set_new(j, "code", json_text(error_code_name(er->code)));
	json_object_set_new(j, "message", json_text(er->what));
	json_object_set_new(j, "path", json_text(er->path[0] ? er->path : NULL));
	json_object_set_new(j, "line", er->line ? json_integer(er->line) : json_null());
	json_object_set_new(j, "hint", json_text(hint.len ? hint.s : NULL));
	return j;
}
