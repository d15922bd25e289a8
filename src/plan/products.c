/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/products.h"

#include <errno.h>

void products_done(struct products *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].path);
		free(p->v[i].kernel);
	}
	free(p->v);
	*p = (struct products){ 0 };
}

static void add(struct products *p, const char *kernel, const char *path)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->v[i].path, path) != 0)
			continue;
		if (!str_eq(p->v[i].kernel, kernel)) {
			free(p->v[i].kernel);
			p->v[i].kernel = NULL;
		}
		return;
	}
	p->v = xgrow(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] =
		(struct product){ .path = xstrdup(path), .kernel = xstrdup_null(kernel) };
}

void products_add(struct products *p, const char *kernel, const char *path)
{
	CLEANUP(free_char) char *dir = NULL;

	if (!path)
		return;
	dir = xstrndup(path, (size_t)(path_base(path) - path));
	add(p, NULL, dir);
	add(p, kernel, path);
}

/* One that is not there is as good as one that is: it may come. */
static bool digest(const struct host *h, const char *path, uint64_t *ret)
{
	int err = host_digest(h, path, ret);

	if (err == -ENOENT)
		*ret = 0;
	return err >= 0 || err == -ENOENT;
}

void products_note(const struct host *h, struct products *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->v[i].known = digest(h, p->v[i].path, &p->v[i].digest);
}

bool products_are_same(const struct host *h, const struct products *p, const char *kernel)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct product *x = &p->v[i];
		uint64_t now;

		if (kernel && x->kernel && strcmp(kernel, x->kernel) != 0)
			continue;
		if (!x->known || !digest(h, x->path, &now) || now != x->digest)
			return false;
	}
	return p->n > 0;
}
