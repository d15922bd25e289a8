/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a file reads in: what they may set. */
#include "text/shell.h"

#include "text/shell_word.h"

void shell_includes_done(struct shell_includes *includes)
{
	for (size_t i = 0; i < includes->n; i++) {
		free(includes->v[i].path);
		strv_done(&includes->v[i].touches);
	}
	free(includes->v);
	*includes = (struct shell_includes){ 0 };
}

const struct shell_include *shell_includes_find(const struct shell_includes *includes,
						const char *path)
{
	for (size_t i = 0; includes && i < includes->n; i++)
		if (strcmp(includes->v[i].path, path) == 0)
			return &includes->v[i];
	return NULL;
}

/* What a file that a statement reads in does, this statement does. */
static void add_nested(const struct shell_includes *includes,
		       const struct shell_stmt *stmt, struct shell_include *ret)
{
	for (size_t i = 0; i < stmt->includes.n; i++) {
		const struct shell_include *in =
			shell_includes_find(includes, stmt->includes.v[i]);

		if (!in || (!in->exists && stmt->must_include)) {
			ret->poison = shell_included;
			continue;
		}
		if (in->poison)
			ret->poison = in->poison;
		for (size_t k = 0; k < in->touches.n; k++)
			strv_add_unique(&ret->touches, in->touches.v[k]);
	}
}

void shell_includes_add(struct shell_includes *includes, const char *path,
			const struct shell_doc *doc)
{
	struct shell_include new = { .path = xstrdup(path), .exists = doc != NULL };

	for (size_t i = 0; doc && i < doc->n; i++) {
		const struct shell_stmt *stmt = &doc->v[i];

		if (stmt->poison)
			new.poison = stmt->poison;
		if (stmt->name)
			strv_add_unique(&new.touches, stmt->name);
		for (size_t k = 0; k < stmt->touches.n; k++)
			strv_add_unique(&new.touches, stmt->touches.v[k]);
		add_nested(includes, stmt, &new);
	}
	includes->v =
		xgrow(includes->v, includes->n, &includes->cap, sizeof(*includes->v));
	includes->v[includes->n++] = new;
}
