/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What killed runs left half-made: files under temporary names, and runs that never
 * began. */
#include "plan/files.h"
#include "plan/journal.h"

#include <errno.h>

/* "3.before", "shelter.after", or a temporary name. */
static bool is_own(const char *name)
{
	const char *rest = name + strspn(name, "0123456789");

	if (strstr(name, SLICER_ASIDE))
		return true;
	if (rest == name && str_starts(name, "shelter"))
		rest = name + strlen("shelter");
	return rest > name && (str_eq(rest, ".before") || str_eq(rest, ".after") ||
			       str_eq(rest, ".for-programs"));
}

/* A run that never had a manifest has changed nothing. */
static void sweep_unbegun(const struct host *h, const char *id)
{
	struct stat st;
	CLEANUP(free_char) char *dir = xasprintf(JOURNAL_DIR "/%s", id);
	CLEANUP(free_char) char *manifest = xasprintf("%s/manifest.json", dir);
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_stat(h, manifest, &st) != -ENOENT || host_list(h, dir, &names, NULL) < 0)
		return;
	/* One that somebody has put aside is theirs. */
	for (size_t i = 0; i < names.n; i++)
		if (!is_own(names.v[i]))
			return;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, names.v[i]);

		host_remove(h, path, NULL);
	}
	host_rmdir(h, dir, NULL);
}

static void sweep_own(const struct host *h, const struct record *r, const char *name)
{
	CLEANUP(free_char) char *path = xasprintf(JOURNAL_DIR "/%s/%s", r->id, name);

	host_replace_sweep(h, path);
}

static void sweep_step(const struct host *h, const struct record *r, size_t i)
{
	const struct record_step *s = &r->steps[i];
	CLEANUP(free_char) char *after = xasprintf("%zu.after", i);

	if (!s->path)
		return;
	sweep_own(h, r, after);
	host_replace_sweep(h, s->path);
	if (s->argv_aside.n)
		remove_aside(h, s->path);
}

void journal_sweep(const struct host *h)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	CLEANUP(records_done) struct records rs = { 0 };

	if (host_list(h, JOURNAL_DIR, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		sweep_unbegun(h, names.v[i]);
	if (journal_scan(h, &rs, NULL) < 0)
		return;
	for (size_t i = 0; i < rs.n; i++) {
		sweep_own(h, &rs.v[i], "manifest.json");
		for (size_t k = 0; record_is_unfinished(&rs.v[i]) && k < rs.v[i].n; k++)
			sweep_step(h, &rs.v[i], k);
	}
}
