/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mount table and fstab, by libmount. */
#include "host/mounts.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <sys/sysmacros.h>

/* A host of containers has thousands of mounts with long options. */
#define TABLE_MAX ((size_t)64 << 20)

static void list_free(struct mount *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].target);
		free(v[i].source);
		free(v[i].fstype);
		free(v[i].devno);
		free(v[i].root);
		free(v[i].options);
	}
	free(v);
}

void mounts_done(struct mounts *m)
{
	list_free(m->v, m->n);
	list_free(m->fstab, m->n_fstab);
	strv_done(&m->fstab_unmounted);
	*m = (struct mounts){ 0 };
}

/* libmount opens paths itself: what it gets is read by us and handed over as a stream, so
 * that it sees the host's file and no other. */
static struct libmnt_table *table_of(const struct host *h, const char *path, int *ret_err)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(close_file) FILE *f = NULL;
	struct libmnt_table *tb;

	*ret_err = host_read(h, path, TABLE_MAX, &text, NULL);
	if (*ret_err < 0 || !text.len)
		return NULL;
	f = fmemopen(text.s, text.len, "r");
	tb = mnt_new_table();
	if (f && tb && mnt_table_parse_stream(tb, f, path) == 0)
		return tb;
	mnt_unref_table(tb);
	*ret_err = -EINVAL;
	return NULL;
}

static void add_mount(struct mounts *m, struct libmnt_fs *fs)
{
	const char *options = mnt_fs_get_options(fs), *vfs = mnt_fs_get_vfs_options(fs);
	const char *target = mnt_fs_get_target(fs);
	dev_t dev = mnt_fs_get_devno(fs);
	struct mount *at;

	if (!target)
		return;
	m->v = xgrow(m->v, m->n, &m->cap, sizeof(*m->v));
	at = &m->v[m->n++];
	*at = (struct mount){
		.target = xstrdup(target),
		.source = xstrdup(mnt_fs_get_source(fs) ? mnt_fs_get_source(fs) : ""),
		.fstype = xstrdup(mnt_fs_get_fstype(fs) ? mnt_fs_get_fstype(fs) : ""),
		.devno = xasprintf("%u:%u", major(dev), minor(dev)),
		.root = xstrdup(mnt_fs_get_root(fs) ? mnt_fs_get_root(fs) : "/"),
		.options = xstrdup_null(mnt_fs_get_fs_options(fs)),
	};
	at->read_only =
		(options && mnt_optstr_get_option(options, "ro", NULL, NULL) == 0) ||
		(vfs && mnt_optstr_get_option(vfs, "ro", NULL, NULL) == 0);
}

static bool is_mounted(const struct mounts *m, const char *target)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->v[i].target, target))
			return true;
	return false;
}

static bool has_option(struct libmnt_fs *fs, const char *name)
{
	const char *options = mnt_fs_get_options(fs);

	return options && mnt_optstr_get_option(options, name, NULL, NULL) == 0;
}

static void add_fstab(struct mounts *m, struct libmnt_fs *fs, const char *target)
{
	const char *source = mnt_fs_get_source(fs), *type = mnt_fs_get_fstype(fs);
	const char *tag, *value;
	/* UUID="..." is the same as UUID=... */
	CLEANUP(free_char)
	char *plain = mnt_fs_get_tag(fs, &tag, &value) == 0
			      ? xasprintf("%s=%s", tag, value)
			      : NULL;

	m->fstab = xgrow(m->fstab, m->n_fstab, &m->fstab_cap, sizeof(*m->fstab));
	m->fstab[m->n_fstab++] = (struct mount){
		.target = xstrdup(target),
		.source = xstrdup(plain	   ? plain
				  : source ? source
					   : ""),
		.fstype = xstrdup(type ? type : ""),
		.boot_waits = !has_option(fs, "noauto") && !has_option(fs, "nofail"),
	};
}

static void look_at_fstab(const struct host *h, struct mounts *m)
{
	struct libmnt_iter *it = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int err;
	struct libmnt_table *tb = table_of(h, "/etc/fstab", &err);

	while (tb && it && mnt_table_next_fs(tb, it, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);

		if (mnt_fs_is_swaparea(fs)) {
			add_fstab(m, fs, "swap");
			continue;
		}
		if (!target || *target != '/')
			continue;
		add_fstab(m, fs, target);
		if (m->known && !is_mounted(m, target))
			strv_add_unique(&m->fstab_unmounted, target);
	}
	mnt_free_iter(it);
	mnt_unref_table(tb);
}

int mounts_load_table(const struct host *h, const char *path, struct mounts *ret)
{
	struct libmnt_iter *it;
	struct libmnt_table *tb;
	struct libmnt_fs *fs;
	int err;

	*ret = (struct mounts){ 0 };
	tb = table_of(h, path, &err);
	if (!tb)
		return err < 0 ? err : -ENODATA;
	it = mnt_new_iter(MNT_ITER_FORWARD);
	while (it && mnt_table_next_fs(tb, it, &fs) == 0)
		add_mount(ret, fs);
	mnt_free_iter(it);
	mnt_unref_table(tb);
	ret->known = true;
	return 0;
}

int mounts_load(const struct host *h, struct mounts *ret, struct error *e)
{
	(void)e;
	/* Where it can't be read, or does not even have the root, known is false: what
	 * should be mounted can't be judged. */
	mounts_load_table(h, "/proc/self/mountinfo", ret);
	ret->known = ret->known && is_mounted(ret, "/");
	look_at_fstab(h, ret);
	return 0;
}

char *mount_option(const struct mount *m, const char *name)
{
	char *value;
	size_t len;

	if (!m->options || mnt_optstr_get_option(m->options, name, &value, &len) != 0 ||
	    !value)
		return NULL;
	return xstrndup(value, len);
}

/* Is path the directory dir or below it? */
static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1)
		return true; /* "/" */
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static const struct mount *innermost(const struct mount *v, size_t n, const char *path)
{
	const struct mount *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (is_below(path, v[i].target) &&
		    (!best || strlen(v[i].target) >= strlen(best->target)))
			best = &v[i];
	return best;
}

const struct mount *mounts_of(const struct mounts *m, const char *path)
{
	return innermost(m->v, m->n, path);
}

char *mounts_fstab_uuid(const struct mounts *m, const char *path)
{
	static const char *const forms[] = { "UUID=", "/dev/disk/by-uuid/" };
	const struct mount *at = innermost(m->fstab, m->n_fstab, path);
	const struct mount *mounted = m->known ? mounts_of(m, path) : NULL;

	/* What is mounted there by other means has no line. */
	if (m->known && (!mounted || !at || strcmp(mounted->target, at->target) != 0))
		return NULL;
	for (size_t i = 0; at && i < ARRAY_SIZE(forms); i++)
		if (str_starts(at->source, forms[i]))
			return xstrdup(at->source + strlen(forms[i]));
	return NULL;
}
