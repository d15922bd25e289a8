/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits of the assignments that grub-mkconfig will see. What a variable ends up as comes
 * from its last assignment and, as far as that one mentions variables, from earlier ones;
 * only those are touched: a parameter in an assignment that is overruled does nothing.
 */
#include "bootloaders/grub.h"

#include <errno.h>

#include "text/shell.h"

const char grub_mark[] = "# Added by slicer setup-iommu\n";

/* An assignment: files->v[file].doc.v[stmt]. */
struct place {
	size_t file, stmt;
};
struct places {
	struct place *v;
	size_t n, cap;
};

static void places_done(struct places *p)
{
	free(p->v);
	*p = (struct places){ 0 };
}

void grub_eval(const struct grub_files *files, struct shell_vars *ret)
{
	ret->includes = files->includes;
	for (size_t i = 0; i < files->n; i++)
		shell_eval(&files->v[i].doc, i, ret);
}

static int add_value(const struct grub_files *files, const struct shell_vars *vars,
		     const char *name, struct strv *ret, struct error *e)
{
	const char *value;
	size_t source = SIZE_MAX;
	int r = shell_vars_value(vars, name, &value, &source, e);

	if (r < 0) {
		if (source < files->n && e)
			error_at(e, files->v[source].path, e->line);
		return r;
	}
	cmdline_split(value, strlen(value), ret);
	return 0;
}

int grub_params(const struct grub_files *files, struct strv *ret, struct error *e)
{
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	int r;

	grub_eval(files, &vars);
	r = add_value(files, &vars, GRUB_LINUX, ret, e);
	if (r == 0)
		r = add_value(files, &vars, GRUB_DEFAULT, ret, e);
	return r;
}

static void strv_drop(struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->v[i], s) != 0)
			continue;
		free(v->v[i]);
		memmove(v->v + i, v->v + i + 1, (v->n - i) * sizeof(*v->v));
		v->n--;
		i--;
	}
}

/*
 * The assignments of name that its final value is made of, in the order of sourcing.
 * Walks backwards with the names that are still needed. *ret_open (may be NULL): the
 * value begins with what name held before any file.
 */
static void find_places(const struct grub_files *files, const char *name,
			struct places *ret, bool *ret_open)
{
	CLEANUP(strv_done) struct strv needed = { 0 };

	strv_add(&needed, name);
	for (size_t f = files->n; f-- > 0;) {
		const struct shell_doc *doc = &files->v[f].doc;

		for (size_t s = doc->n; s-- > 0;) {
			const struct shell_stmt *stmt = &doc->v[s];

			if (stmt->kind != SHELL_ASSIGN || !strv_has(&needed, stmt->name))
				continue;
			if (strcmp(stmt->name, name) == 0) {
				ret->v =
					xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
				memmove(ret->v + 1, ret->v, ret->n * sizeof(*ret->v));
				ret->v[0] = (struct place){ f, s };
				ret->n++;
			}
			strv_drop(&needed, stmt->name);
			shell_mentions(doc->text.s, stmt->value_start, stmt->value_end,
				       &needed);
		}
	}
	if (ret_open)
		*ret_open = strv_has(&needed, name);
}

/* The last assignment of name in one file that counts, false if there is none. */
static bool find_place_in(const struct grub_files *files, const char *name,
			  const char *path, struct place *ret)
{
	CLEANUP(places_done) struct places places = { 0 };
	bool found = false;

	find_places(files, name, &places, NULL);
	for (size_t i = 0; i < places.n; i++) {
		if (strcmp(files->v[places.v[i].file].path, path) != 0)
			continue;
		*ret = places.v[i];
		found = true;
	}
	return found;
}

enum grub_target grub_target_of(const struct grub_files *files)
{
	CLEANUP(places_done) struct places places = { 0 };
	struct place place;
	bool open;

	if (files->own == SIZE_MAX ||
	    find_place_in(files, GRUB_DEFAULT, GRUB_MAIN, &place))
		return GRUB_TO_MAIN;
	/* Not assigned anywhere, or drop-ins add to nothing: a line in GRUB_MAIN counts.
	 */
	find_places(files, GRUB_DEFAULT, &places, &open);
	return open ? GRUB_TO_MAIN : GRUB_TO_OWN;
}

int grub_set_text(struct grub_file *file, const struct str *text, struct error *e)
{
	struct shell_doc doc;
	int r = shell_parse(str_c(text), text->len, &doc, e);

	if (r < 0) {
		error_at(e, file->path, e ? e->line : 0);
		return r;
	}
	shell_done(&file->doc);
	file->doc = doc;
	return 0;
}

/* One item on one assignment. Returns 1 if that changed it. */
static int edit_place(struct grub_files *files, struct place place, enum edit_op op,
		      const char *param, const char *to, struct error *e)
{
	struct grub_file *file = &files->v[place.file];
	CLEANUP(edit_done) struct edit ed = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	int r;

	edit_push(&ed, op, param, to);
	r = shell_edit(&file->doc, place.stmt, &ed, op == EDIT_ADD, &text, e);
	if (r < 0) {
		error_at(e, file->path, e ? e->line : 0);
		return r;
	}
	if (str_same(&text, &file->doc.text))
		return 0;
	r = grub_set_text(file, &text, e);
	return r < 0 ? r : 1;
}

/* Takes param away wherever it counts; the first one becomes to, if that isn't NULL. */
static int edit_everywhere(struct grub_files *files, const char *param, const char *to,
			   struct error *e)
{
	static const char *const names[] = { GRUB_LINUX, GRUB_DEFAULT };

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		CLEANUP(places_done) struct places places = { 0 };

		find_places(files, names[k], &places, NULL);
		for (size_t i = 0; i < places.n; i++) {
			int r = edit_place(files, places.v[i],
					   to ? EDIT_REPLACE : EDIT_REMOVE, param, to, e);

			if (r < 0)
				return r;
			if (r > 0)
				to = NULL;
		}
	}
	return 0;
}

int grub_edit_literal(struct grub_files *files, const char *param, const char *to,
		      struct error *e)
{
	int n = 0;

	for (size_t f = 0; f < files->n; f++) {
		for (size_t s = 0; s < files->v[f].doc.n; s++) {
			const struct shell_stmt *stmt = &files->v[f].doc.v[s];
			int r;

			if (!stmt->provable || (strcmp(stmt->name, GRUB_LINUX) != 0 &&
						strcmp(stmt->name, GRUB_DEFAULT) != 0))
				continue;
			r = edit_place(files, (struct place){ f, s },
				       to ? EDIT_REPLACE : EDIT_REMOVE, param, to, e);
			if (r < 0)
				return r;
			n += r;
			to = r ? NULL : to;
		}
	}
	return n;
}

/* Adds an assignment to the end of a file that has none that counts. */
static int append(struct grub_file *file, const char *comment, const char *value,
		  const char *param, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	int r = param_check_safe(param, e);

	if (r < 0)
		return r;
	str_set(&text, str_c(&file->doc.text), file->doc.text.len);
	if (text.len && text.s[text.len - 1] != '\n')
		str_addc(&text, '\n');
	str_addf(&text, "%s" GRUB_DEFAULT "=\"%s%s\"\n", comment, value, param);
	return grub_set_text(file, &text, e);
}

static int add_param(struct grub_files *files, const char *param, enum grub_target target,
		     struct error *e)
{
	struct grub_file *file = &files->v[target == GRUB_TO_OWN ? files->own : 0];
	struct place place;
	int r;

	if (find_place_in(files, GRUB_DEFAULT, file->path, &place)) {
		r = edit_place(files, place, EDIT_ADD, param, NULL, e);
		return r < 0 ? r : 0;
	}
	if (target == GRUB_TO_MAIN)
		return append(file, grub_mark, "", param, e);
	return append(file, file->doc.text.len ? "" : grub_own_header,
		      "$" GRUB_DEFAULT " ", param, e);
}

size_t grub_marked(const struct grub_file *file)
{
	const struct shell_doc *doc = &file->doc;
	size_t len = strlen(grub_mark);

	for (size_t i = 0; i < doc->n; i++) {
		const struct shell_stmt *stmt = &doc->v[i];

		if (stmt->kind == SHELL_ASSIGN && strcmp(stmt->name, GRUB_DEFAULT) == 0 &&
		    stmt->start >= len &&
		    memcmp(doc->text.s + stmt->start - len, grub_mark, len) == 0)
			return i;
	}
	return SIZE_MAX;
}

/* The line that slicer added to GRUB_MAIN goes when nothing is left in it. */
static int drop_marked(struct grub_file *file, struct error *e)
{
	static const char only[] = "\"$" GRUB_DEFAULT "\"";
	const struct shell_doc *doc = &file->doc;
	size_t i = grub_marked(file);
	const struct shell_stmt *stmt = i == SIZE_MAX ? NULL : &doc->v[i];
	const char *value = stmt ? doc->text.s + stmt->value_start : NULL;
	size_t n = stmt ? stmt->value_end - stmt->value_start : 0;
	CLEANUP(str_done) struct str text = { 0 };

	if (!stmt || (n && !(n == 2 && memcmp(value, "\"\"", 2) == 0) &&
		      !(n == strlen(only) && memcmp(value, only, n) == 0)))
		return 0;
	str_addn(&text, doc->text.s, stmt->start - strlen(grub_mark));
	str_addn(&text, doc->text.s + stmt->end, doc->text.len - stmt->end);
	return grub_set_text(file, &text, e);
}

int grub_edit(struct grub_files *files, const struct edit *ed, enum grub_target target,
	      struct error *e)
{
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];
		CLEANUP(strv_done) struct strv params = { 0 };
		int r = grub_params(files, &params, e);

		if (r < 0)
			return r;
		if (it->op == EDIT_ADD) {
			if (!cmdline_has(&params, it->param))
				r = add_param(files, it->param, target, e);
		} else if (it->op == EDIT_REMOVE) {
			r = edit_everywhere(files, it->param, NULL, e);
		} else if (!param_same(it->param, it->to)) {
			bool has_to = cmdline_has(&params, it->to);

			r = edit_everywhere(files, it->param, has_to ? NULL : it->to, e);
		}
		if (r < 0)
			return r;
	}
	return files->n ? drop_marked(&files->v[0], e) : 0;
}
