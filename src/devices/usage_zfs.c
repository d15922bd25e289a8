/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks of ZFS pools. A pool that is imported has a directory below
 * /proc/spl/kstat/zfs, whether anything of it is mounted or not (OpenZFS
 * module/zfs/spa_stats.c); which disks are its own is not in sysfs. udev's database has a
 * disk's type and, as its label, the name of the pool, as libblkid read them
 * (util-linux libblkid/src/superblocks/zfs.c).
 */
#include "devices/usage.h"

#define KSTAT "/proc/spl/kstat/zfs"

/* "tank" of "tank/data", as a mount's source has it. */
static size_t pool_len(const char *source)
{
	return strcspn(source, "/");
}

static void list_pools(const struct host *h, const struct mounts *m, struct strv *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, KSTAT, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *dir = xasprintf(KSTAT "/%s", names.v[i]);

		if (host_is_dir(h, dir))
			strv_add_unique(ret, names.v[i]);
	}
	for (size_t i = 0; i < m->n; i++) {
		CLEANUP(free_char) char *name = NULL;

		if (!str_eq(m->v[i].fstype, "zfs") || !m->v[i].source)
			continue;
		name = xstrndup(m->v[i].source, pool_len(m->v[i].source));
		strv_add_unique(ret, name);
	}
}

/* The mount of it that counts most, NULL if none is mounted here. */
static const struct mount *mount_of_pool(const struct mounts *m, const char *pool)
{
	const struct mount *found = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *x = &m->v[i];

		if (!str_eq(x->fstype, "zfs") || !x->source ||
		    strlen(pool) != pool_len(x->source) || !str_starts(x->source, pool))
			continue;
		if (!found || mount_is_of_system(x->target))
			found = x;
	}
	return found;
}

static void add_pool(struct block *b, const struct mounts *m, const char *pool, bool sure)
{
	const struct mount *at = mount_of_pool(m, pool);
	CLEANUP(free_char) char *name = printable(pool);
	const char *be = sure ? "is" : "may be";

	if (at) {
		CLEANUP(free_char)
		char *verb =
			xasprintf("%s a part of the ZFS pool %s, mounted on", be, name);

		block_add_mount(b, verb, at->target);
	} else {
		strv_addf(&b->uses, "%s a part of the ZFS pool %s, which is imported", be,
			  name);
	}
}

/* udev writes '_' for what it takes to be unsafe in a name. */
static bool is_label_of(const char *label, const char *pool)
{
	for (; *label && *label != '\n'; label++, pool++)
		if (!*pool || (*label != *pool && *label != '_'))
			return false;
	return !*pool;
}

static const char *value_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? at + strlen(key) : NULL;
}

static void mark(const struct host *h, const struct mounts *m, struct block *b,
		 const struct strv *pools)
{
	CLEANUP(free_char) char *path = xasprintf("/run/udev/data/b%s", b->devno);
	CLEANUP(str_done) struct str text = { 0 };
	const char *type, *label;
	bool is_explained = b->stacked || b->above.n || b->uses.n;

	if (host_read(h, path, HOST_MAX_CONFIG, &text, NULL) < 0 || !text.len) {
		/* What nothing else explains may be one: the doubt is a use. */
		for (size_t i = 0; i < pools->n && !is_explained; i++)
			add_pool(b, m, pools->v[i], false);
		return;
	}
	type = value_of(str_c(&text), "E:ID_FS_TYPE=");
	if (!type || !str_starts(type, "zfs_member"))
		return;
	/* A cache device has no label, and belongs to any of them. */
	label = value_of(str_c(&text), "E:ID_FS_LABEL=");
	for (size_t i = 0; i < pools->n; i++)
		if (!label || is_label_of(label, pools->v[i]))
			add_pool(b, m, pools->v[i], label || pools->n == 1);
}

void blocks_mark_zfs(const struct host *h, const struct mounts *m, struct blocks *all)
{
	CLEANUP(strv_done) struct strv pools = { 0 };

	list_pools(h, m, &pools);
	for (size_t i = 0; i < all->n && pools.n; i++)
		if (all->v[i].devno)
			mark(h, m, &all->v[i], &pools);
}
