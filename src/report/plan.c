/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "report/advice.h"

#include "text/diff.h"

static void step_diff(const struct step *s, struct str *ret)
{
	if (s->kind == STEP_REPLACE)
		diff_unified(s->path, s->existed ? &s->before : NULL, &s->after, ret);
	else if (s->kind == STEP_REMOVE)
		diff_unified(s->path, &s->before, NULL, ret);
}

/* A line of text as a person may see it: what is in a file could steer a terminal. A tab
 * is kept, it belongs to the layout. */
static void add_safe(struct str *out, const char *line, size_t len)
{
	while (len) {
		const char *tab = memchr(line, '\t', len);
		size_t n = tab ? (size_t)(tab - line) : len;

		str_add_printable(out, line, n);
		if (tab)
			str_addc(out, '\t');
		n += tab ? 1 : 0;
		line += n;
		len -= n;
	}
}

static enum paint diff_paint(const char *line, size_t len)
{
	if (len >= 3 && (strncmp(line, "---", 3) == 0 || strncmp(line, "+++", 3) == 0))
		return PAINT_BOLD;
	if (len == 0)
		return PAINT_NONE;
	switch (line[0]) {
	case '+':
		return PAINT_ADD;
	case '-':
		return PAINT_DEL;
	case '@':
	case '\\':
		return PAINT_DIM;
	default:
		return PAINT_NONE;
	}
}

static void add_diff(struct str *out, bool color, const struct step *s)
{
	CLEANUP(str_done) struct str diff = { 0 };
	size_t pos = 0, len;
	const char *line;

	step_diff(s, &diff);
	while (next_line(str_c(&diff), diff.len, &pos, &line, &len)) {
		enum paint paint = diff_paint(line, len);

		str_add(out, paint_on(color, paint));
		add_safe(out, line, len);
		str_addf(out, "%s\n", paint == PAINT_NONE ? "" : paint_off(color));
	}
}

static void add_argv(struct str *out, const struct strv *argv)
{
	for (size_t i = 0; i < argv->n; i++) {
		CLEANUP(str_done) struct str word = { 0 };

		str_add_shell_word(&word, argv->v[i]);
		if (i)
			str_addc(out, ' ');
		str_add_printable(out, str_c(&word), word.len);
	}
}

static void add_step(struct str *out, bool color, const struct step *s)
{
	const char *bold = paint_on(color, PAINT_BOLD), *off = paint_off(color);
	const char *why = s->why ? s->why : "";

	str_add(out, bold);
	if (s->kind == STEP_RUN) {
		str_add(out, "run ");
		add_argv(out, &s->argv);
	} else {
		str_add(out, s->kind == STEP_REMOVE  ? "remove "
			     : s->kind == STEP_SYSFS ? "write "
			     : s->existed	     ? "change "
						     : "create ");
		add_safe(out, s->path, strlen(s->path));
	}
	str_addf(out, "%s%s", off, *why ? ": " : "");
	add_safe(out, why, strlen(why));
	str_addc(out, '\n');
	if (s->kind == STEP_SYSFS) {
		CLEANUP(str_done) struct str value = { 0 };

		str_set(&value, str_c(&s->after), s->after.len);
		str_rtrim(&value);
		str_add(out, value.len ? "    " : "    (an empty line)");
		str_add_printable(out, str_c(&value), value.len);
		str_addc(out, '\n');
	}
	add_diff(out, color, s);
}

void report_plan_text(const struct output *o, const char *root, const struct plan *p)
{
	struct advice a = { .root = root };
	CLEANUP(str_done) struct str out = { 0 };

	for (size_t i = 0; i < p->warnings.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		advice_add(&a, p->warnings.v[i], &text);
		str_addf(&out, "%swarning:%s ", paint_on(o->color_out, PAINT_WARN),
			 paint_off(o->color_out));
		add_safe(&out, str_c(&text), text.len);
		str_addc(&out, '\n');
	}
	for (size_t i = 0; i < p->n; i++) {
		/* A diff ends a paragraph; programs follow each other. */
		if (i &&
		    (p->v[i].kind != p->v[i - 1].kind || p->v[i].kind == STEP_REPLACE))
			str_addc(&out, '\n');
		add_step(&out, o->color_out, &p->v[i]);
	}
	fputs(str_c(&out), o->out);
}

json_t *report_plan_steps(const struct plan *p)
{
	json_t *a = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];
		CLEANUP(str_done) struct str diff = { 0 };
		json_t *j = json_object();

		step_diff(s, &diff);
		json_object_set_new(j, "kind", json_text(step_kind_name(s->kind)));
		json_object_set_new(j, "path", json_text(s->path));
		json_object_set_new(j, "argv",
				    s->kind == STEP_RUN ? json_texts(&s->argv)
							: json_null());
		json_object_set_new(j, "why", json_text(s->why));
		json_object_set_new(j, "diff", json_text(diff.len ? diff.s : NULL));
		json_object_set_new(j, "value",
				    json_text(s->kind == STEP_SYSFS ? str_c(&s->after)
								    : NULL));
		json_array_append_new(a, j);
	}
	return a;
}
