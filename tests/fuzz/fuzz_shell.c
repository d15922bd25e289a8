/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input: a shell file. The edits are fixed ones: fuzz_cmdline varies them. */
#include "text/shell_mistake.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_tiles(const struct shell_doc *doc, const char *text, size_t len)
{
	size_t pos = 0;
	unsigned line = 1;

	must(doc->text.len == len && (len == 0 || memcmp(doc->text.s, text, len) == 0));
	for (size_t i = 0; i < doc->n; i++) {
		const struct shell_stmt *s = &doc->v[i];

		must(s->start == pos && s->end > pos && s->end <= len);
		must(s->line == line);
		for (; pos < s->end; pos++)
			line += text[pos] == '\n';
		must((s->kind == SHELL_ASSIGN) == (s->name != NULL));
		must(!s->provable || (s->name && !s->why));
		if (!s->name)
			continue;
		must(s->start < s->value_start && s->value_start <= s->value_end);
		must(s->value_end <= s->end && text[s->value_start - 1] == '=');
		must(memcmp(text + s->value_start - 1 - strlen(s->name), s->name,
			    strlen(s->name)) == 0);
	}
	must(pos == len);
}

static void check_eval(const struct shell_doc *doc)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };

	shell_eval(doc, 3, &vars);
	shell_eval(doc, 4, &vars);
	for (size_t i = 0; i < vars.n; i++) {
		const struct shell_var *var = &vars.v[i];
		struct error e = { 0 };
		const char *value = NULL;
		int r = shell_vars_value(&vars, var->name, &value, NULL, &e);

		must(!var->value != !var->why);
		must(var->source == 4 && var->stmt < doc->n);
		must((r == 0) == (var->value && !vars.poison));
		must(r == 0 ? value == var->value : e.line > 0);
	}
}

/* The value of the assignment, as far as it can be known with nothing set before. */
static char *value_of(const struct shell_doc *doc, size_t stmt)
{
	const struct shell_stmt *s = &doc->v[stmt];
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(shell_done) struct shell_doc one = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	str_addf(&text, "V=%.*s\n", (int)(s->value_end - s->value_start),
		 doc->text.s + s->value_start);
	must(shell_parse(str_c(&text), text.len, &one, NULL) == 0);
	shell_eval(&one, 0, &vars);
	return vars.n ? xstrdup_null(vars.v[0].value) : NULL;
}

static void check_outside(const struct shell_doc *doc, size_t stmt,
			  const struct str *after)
{
	const struct shell_stmt *s = &doc->v[stmt];
	size_t tail = doc->text.len - s->value_end;

	must(after->len >= s->value_start + tail);
	must(memcmp(after->s, doc->text.s, s->value_start) == 0);
	must(memcmp(after->s + after->len - tail, doc->text.s + s->value_end, tail) == 0);
}

/* The kernel's eyes: blanks before, between and after parameters are of no account, and
 * they are left where a variable in the value turns out to be empty. */
static bool same_params(const char *a, const char *b)
{
	CLEANUP(strv_done) struct strv x = { 0 }, y = { 0 };

	cmdline_split(a, strlen(a), &x);
	cmdline_split(b, strlen(b), &y);
	for (size_t i = 0; x.n == y.n && i < x.n; i++)
		if (strcmp(x.v[i], y.v[i]) != 0)
			return false;
	return x.n == y.n;
}

static void check_edit(const struct shell_doc *doc, size_t stmt, const struct edit *ed)
{
	CLEANUP(str_done) struct str after = { 0 }, again = { 0 }, wanted = { 0 };
	CLEANUP(free_char) char *old = NULL, *new = NULL;
	CLEANUP(shell_done) struct shell_doc changed = { 0 };
	struct error e = { 0 };

	if (shell_edit(doc, stmt, ed, true, &after, &e) < 0) {
		must(after.len == 0 && e.line == doc->v[stmt].line && e.what[0]);
		return;
	}
	check_outside(doc, stmt, &after);
	must(shell_parse(after.s, after.len, &changed, &e) == 0);
	must(changed.n == doc->n);
	must(changed.v[stmt].provable);
	old = value_of(doc, stmt);
	new = value_of(&changed, stmt);
	must(!old == !new);
	if (old) {
		edit_apply(ed, old, strlen(old), true, &wanted);
		must(same_params(new, str_c(&wanted)));
	}
	must(shell_edit(&changed, stmt, ed, true, &again, &e) == 0);
	must(str_same(&after, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(shell_done) struct shell_doc doc = { 0 };
	struct error e = { 0 };

	if (shell_parse((const char *)data, size, &doc, &e) < 0) {
		must(e.code == ERROR_REFUSED && e.line > 0 && doc.n == 0);
		return 0;
	}
	check_tiles(&doc, (const char *)data, size);
	check_eval(&doc);
	must(shell_find_mistake(&doc, "GRUB_CMDLINE", &e) == 0 || e.line > 0);
	edit_push(&ed, EDIT_REMOVE, "quiet", NULL);
	edit_push(&ed, EDIT_REMOVE, "a", NULL);
	edit_push(&ed, EDIT_REPLACE, "iommu=off", "iommu=pt");
	edit_push(&ed, EDIT_REPLACE, "b", "c=d");
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	edit_push(&ed, EDIT_ADD, "x", NULL);
	for (size_t i = 0; i < doc.n && i < 64; i++)
		check_edit(&doc, i, &ed);
	return 0;
}
