/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/shelter.h"

#include <errno.h>

#include "plan/files.h"
#include "probe/facts.h"

#define SELECT_TIMEOUT_S 60

static int run(const struct host *h, const struct strv *argv, struct strv *stuck,
	       struct error *e)
{
	struct run r = {
		.argv = (const char *const *)argv->v,
		.timeout_s = SELECT_TIMEOUT_S,
		.log_fd = -1,
		.uninterruptible = true,
		.stuck = stuck,
	};

	return argv->n ? host_run(h, &r, e) : 0;
}

/* Where a variable says what is the default: whether it says the shelter's entry. */
static int is_selected(const struct host *h, const struct shelter *s, bool *ret,
		       char **ret_value, struct error *e)
{
	CLEANUP(efi_done) struct efi_facts efi = { 0 };
	const char *name = strrchr(s->entry, '/');
	int err = efi_probe(h, &efi, e);

	if (err >= 0 && !efi.readable)
		err = error_set(e, EIO, "LoaderEntryDefault can't be read: %s",
				efi.why_not ? efi.why_not : "unknown reason");
	*ret = err >= 0 && efi.entry_default && str_eq(efi.entry_default, name + 1);
	if (ret_value)
		*ret_value = err >= 0 ? take(efi.entry_default) : NULL;
	return err;
}

/* A program may say that it went well and have done nothing. */
static int select_entry(const struct host *h, const struct shelter *s,
			const struct strv *argv, bool wanted, struct strv *stuck,
			struct error *e)
{
	bool is;
	int err = is_selected(h, s, &is, NULL, e);

	if (err < 0 || is == wanted)
		return err;
	err = run(h, argv, stuck, e);
	if (err >= 0)
		err = is_selected(h, s, &is, NULL, e);
	if (err < 0 || is == wanted)
		return err;
	return error_set(e, EPROTO, "%s ended well, but LoaderEntryDefault is %s",
			 argv->v[0],
			 wanted ? "not what it was told" : "still slicer's entry");
}

/* path NULL: the variable. */
static int stale(const char *path, struct error *e)
{
	error_set(e, ESTALE, "%swas changed by somebody else since the plan was made",
		  path ? "" : "LoaderEntryDefault ");
	error_at(e, path, 0);
	error_hint(e, "run the same command again: it looks again");
	return -ESTALE;
}

int shelter_check(const struct host *h, const struct shelter *s, struct error *e)
{
	CLEANUP(str_done) struct str now = { 0 };
	CLEANUP(free_char) char *value = NULL;
	bool exists, is;
	int err;

	if (s->conf) {
		err = read_now(h, s->conf, &exists, &now, e);
		if (err < 0 || (exists && str_same(&now, &s->conf_after)) ||
		    (exists == s->conf_existed &&
		     (!exists || str_same(&now, &s->conf_found))))
			return err;
		return stale(s->conf, e);
	}
	err = is_selected(h, s, &is, &value, e);
	if (err < 0 || is || str_eq(value, s->argv_down.v[s->argv_down.n - 1]))
		return err;
	return stale(NULL, e);
}

int shelter_up(const struct host *h, const struct shelter *s, struct strv *stuck,
	       struct error *e)
{
	int err = host_mkdirs(h, s->dir, 0755, e);

	for (size_t i = 0; i < s->from.n && err >= 0; i++)
		err = host_copy(h, s->from.v[i], s->to.v[i], 0644, e);
	if (err >= 0)
		err = host_replace(h, s->entry, str_c(&s->entry_text), s->entry_text.len,
				   0644, e);
	if (err >= 0 && s->conf)
		err = host_replace(h, s->conf, str_c(&s->conf_after), s->conf_after.len,
				   0644, e);
	if (err >= 0 && !s->conf)
		err = select_entry(h, s, &s->argv_up, true, stuck, e);
	if (err >= 0)
		err = host_sync(h, s->dir, e);
	if (err < 0)
		error_prefix(e, "keeping a way to boot while programs run");
	return err;
}

/* The text without the lines that conf_after has more than conf_before: they stand at its
 * end. */
static bool without_ours(const struct shelter *s, const struct str *now, struct str *ret)
{
	const char *added = str_c(&s->conf_after) + s->conf_before.len;
	const char *at = strstr(str_c(now), added);

	if (!at)
		return false;
	str_set(ret, str_c(now), (size_t)(at - str_c(now)));
	str_add(ret, at + strlen(added));
	return true;
}

static int restore_conf(const struct host *h, const struct shelter *s, struct error *e)
{
	CLEANUP(str_done) struct str now = { 0 };
	CLEANUP(str_done) struct str rest = { 0 };
	bool exists;
	int err = read_now(h, s->conf, &exists, &now, e);

	if (err < 0 || !exists)
		return err;
	/* Empty: on FAT, what a power cut may leave of one that is made. */
	if ((str_same(&now, &s->conf_after) || !now.len) && !s->conf_existed)
		return host_remove(h, s->conf, e);
	if (str_same(&now, &s->conf_after))
		return host_replace(h, s->conf, str_c(&s->conf_before),
				    s->conf_before.len, 0644, e);
	if (str_same(&now, &s->conf_before) || !without_ours(s, &now, &rest))
		return 0;
	return host_replace(h, s->conf, str_c(&rest), rest.len, 0644, e);
}

bool shelter_is_up(const struct host *h, const struct shelter *s)
{
	CLEANUP(str_done) struct str now = { 0 };
	CLEANUP(str_done) struct str rest = { 0 };
	bool is;

	if (!s->dir || !host_exists(h, s->entry))
		return false;
	/* What can't be read may well say so. */
	if (!s->conf)
		return is_selected(h, s, &is, NULL, NULL) < 0 || is;
	return host_read(h, s->conf, MAX_CONTENTS, &now, NULL) == 0 &&
	       without_ours(s, &now, &rest);
}

static int remove_if_there(const struct host *h, const char *path, struct error *e)
{
	host_replace_sweep(h, path);
	return host_exists(h, path) ? host_remove(h, path, e) : 0;
}

int shelter_down(const struct host *h, const struct shelter *s, struct strv *stuck,
		 struct error *e)
{
	int err = s->conf ? restore_conf(h, s, e) : 0;

	if (s->conf)
		host_replace_sweep(h, s->conf);
	/* Nothing selects an entry that was not written yet; a foreign root's variables
	 * can't be asked. */
	if (err >= 0 && !s->conf && (host_is_live(h) || host_exists(h, s->entry)))
		err = select_entry(h, s, &s->argv_down, false, stuck, e);
	if (err >= 0)
		err = host_sync(h, s->dir, e);
	if (err >= 0)
		err = remove_if_there(h, s->entry, e);
	for (size_t i = s->to.n; i-- > 0 && err >= 0;)
		err = remove_if_there(h, s->to.v[i], e);
	if (err < 0) {
		error_prefix(e, "taking away what kept a way to boot");
		return err;
	}
	return host_rmdir(h, s->dir, e);
}
