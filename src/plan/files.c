/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/files.h"

#include <errno.h>

int read_now(const struct host *h, const char *path, bool *ret_exists, struct str *ret,
	     struct error *e)
{
	int err = host_read(h, path, MAX_CONTENTS, ret, e);

	*ret_exists = err >= 0;
	if (err != -ENOENT)
		return err;
	str_clear(ret);
	if (e)
		*e = (struct error){ 0 };
	return 0;
}

bool is_file_step(const struct step *s)
{
	return s->kind == STEP_REPLACE || s->kind == STEP_REMOVE;
}

bool has_text(const struct step *s, bool after, bool exists, const struct str *now)
{
	bool want = after ? s->kind == STEP_REPLACE : s->existed;

	return exists == want && (!want || str_same(now, after ? &s->after : &s->before));
}

/* Makes the directories that a file needs; those that were not there are noted in made.
 */
static int make_dirs(const struct host *h, const char *path, struct strv *made,
		     struct error *e)
{
	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		CLEANUP(free_char) char *dir = xstrndup(path, (size_t)(p - path));
		int err;

		if (host_is_dir(h, dir))
			continue;
		err = host_mkdirs(h, dir, 0755, e);
		if (err < 0)
			return err;
		strv_add_unique(made, dir);
	}
	return 0;
}

static int write_file(const struct host *h, const char *path, bool exists,
		      const struct str *text, mode_t mode, struct strv *made,
		      struct error *e)
{
	int err;

	if (!exists) {
		err = host_remove(h, path, e);
		return err == -ENOENT ? 0 : err;
	}
	err = make_dirs(h, path, made, e);
	if (err >= 0)
		err = host_replace(h, path, str_c(text), text->len, mode ? mode : 0644,
				   e);
	return err;
}

int do_file(const struct host *h, const struct step *s, bool after, mode_t mode,
	    struct strv *made, struct error *e)
{
	CLEANUP(str_done) struct str now = { 0 };
	bool want = after ? s->kind == STEP_REPLACE : s->existed, exists;
	const char *path = step_file(s);
	int err =
		write_file(h, path, want, after ? &s->after : &s->before, mode, made, e);

	if (err >= 0)
		err = read_now(h, path, &exists, &now, e);
	if (err < 0 || has_text(s, after, exists, &now))
		return err;
	error_set(e, EIO, "does not read back as it was written");
	error_at(e, path, 0);
	return -EIO;
}

void remove_aside(const struct host *h, const char *makes)
{
	/* The second one is grub-mkconfig's own, before it is checked. */
	static const char *const suffixes[] = { SLICER_ASIDE, SLICER_ASIDE ".new" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		CLEANUP(free_char) char *path = xasprintf("%s%s", makes, suffixes[i]);

		if (host_exists(h, path))
			host_remove(h, path, NULL);
	}
}
