/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: every block device with its place in sysfs, and what stands on it (partitions,
 * holders such as dm, md and bcache, loop devices on its files). Source: linux
 * Documentation/ABI/stable/sysfs-block. What is mounted there is in usage_mounts.c, what
 * else uses it in usage_kernel.c.
 */
#include "devices/usage.h"

#include <errno.h>

#define CLASS "/sys/class/block"

struct block *block_find(const struct blocks *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->v[i].name, name) == 0)
			return &b->v[i];
	return NULL;
}

char *block_attr(const struct host *h, const char *name, const char *attr)
{
	CLEANUP(free_char) char *path = xasprintf(CLASS "/%s/%s", name, attr);

	return host_attr(h, path);
}

/*
 * A namespace of a multipath NVMe subsystem lies below virtual/nvme-subsystem; that
 * directory links to the controllers, which lie below their PCI devices
 * (drivers/nvme/host/multipath.c).
 */
static void add_controllers(const struct host *h, struct block *b, const char *place)
{
	CLEANUP(free_char) char *dir = xstrdup(place);
	CLEANUP(strv_done) struct strv names = { 0 };
	char *end = strstr(dir, "/nvme-subsystem/");

	if (!end)
		return;
	end += strlen("/nvme-subsystem/");
	end[strcspn(end, "/")] = '\0';
	if (host_list(h, dir, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *link = xasprintf("%s/%s", dir, names.v[i]);
		CLEANUP(free_char) char *text = host_readlink(h, link);
		char *real = text ? host_realpath(h, link) : NULL;

		if (real)
			strv_take(&b->places, real);
	}
}

static void load_block(const struct host *h, const char *name, struct block *b)
{
	CLEANUP(free_char) char *link = xasprintf(CLASS "/%s", name);
	CLEANUP(free_char) char *holders = xasprintf(CLASS "/%s/holders", name);
	CLEANUP(free_char) char *dm = block_attr(h, name, "dm/name");
	CLEANUP(free_char) char *raw = NULL;
	char *place = host_realpath(h, link);

	*b = (struct block){ .name = xstrdup(name) };
	raw = dm && *dm ? xasprintf("%s (%s)", name, dm) : xstrdup(name);
	b->title = printable(raw);
	b->dm_name = take(dm);
	b->devno = block_attr(h, name, "dev");
	host_list(h, holders, &b->above, NULL);
	if (!place)
		return;
	b->stacked = strstr(place, "/virtual/block/") && !str_starts(name, "loop");
	add_controllers(h, b, place);
	strv_take(&b->places, place);
}

/* A partition's directory lies in its disk's. */
static void link_partition(const struct host *h, struct blocks *all, struct block *b)
{
	CLEANUP(free_char) char *number = block_attr(h, b->name, "partition");
	CLEANUP(free_char) char *dir = NULL;
	struct block *disk;
	char *slash;

	b->is_partition = number != NULL;
	if (!number || !b->places.n)
		return;
	dir = xstrdup(b->places.v[b->places.n - 1]);
	slash = strrchr(dir, '/');
	if (!slash)
		return;
	*slash = '\0';
	disk = block_find(all, path_base(dir));
	if (disk)
		strv_add_unique(&disk->above, b->name);
}

struct block *block_by_source(const struct host *h, const struct blocks *all,
			      const char *source)
{
	CLEANUP(free_char) char *real = NULL;

	if (!str_starts(source, "/dev/"))
		return NULL;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].dm_name && str_starts(source, "/dev/mapper/") &&
		    strcmp(source + strlen("/dev/mapper/"), all->v[i].dm_name) == 0)
			return &all->v[i];
	real = host_realpath(h, source);
	return block_find(all, path_base(real ? real : source));
}

struct block *block_of_mount(const struct host *h, const struct blocks *all,
			     const struct mount *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (m->devno && str_eq(all->v[i].devno, m->devno))
			return &all->v[i];
	/* btrfs has a device number of its own */
	return m->source ? block_by_source(h, all, m->source) : NULL;
}

/* A loop device stands on the disk that its file is on, or on the one that is its file:
 * then it is a use by itself. */
static void link_loop(const struct host *h, struct blocks *all, const struct mounts *m,
		      struct block *b)
{
	CLEANUP(free_char) char *file = block_attr(h, b->name, "loop/backing_file");
	CLEANUP(free_char) char *real = file ? host_realpath(h, file) : NULL;
	struct block *below = file ? block_by_source(h, all, file) : NULL;
	const struct mount *mount = NULL;

	b->stacked |= below != NULL;
	if (!below && m && real)
		mount = mounts_of(m, real);
	if (mount)
		below = block_of_mount(h, all, mount);
	if (below && below != b)
		strv_add_unique(&below->above, b->name);
}

void blocks_load(const struct host *h, const struct mounts *m, struct blocks *ret,
		 struct strv *unknown)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, CLASS, &names, NULL) < 0) {
		strv_add(unknown, "disks (" CLASS " can't be read)");
		ret->doubt = xstrdup(CLASS " can't be read");
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		load_block(h, names.v[i], &ret->v[ret->n++]);
	}
	for (size_t i = 0; i < ret->n; i++)
		link_partition(h, ret, &ret->v[i]);
	for (size_t i = 0; i < ret->n; i++)
		link_loop(h, ret, m, &ret->v[i]);
	blocks_mark_swaps(h, ret, unknown);
	if (m && m->known)
		blocks_mark_mounts(h, m, ret);
	else
		strv_add(unknown, "mounted filesystems (no mount table)");
	if (!m || !m->known)
		ret->doubt = xstrdup("there is no mount table (/proc/self/mountinfo)");
	blocks_mark_elsewhere(h, ret, unknown);
	blocks_mark_kernel(h, ret);
}

void blocks_done(struct blocks *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		free(b->v[i].title);
		free(b->v[i].dm_name);
		free(b->v[i].devno);
		strv_done(&b->v[i].places);
		strv_done(&b->v[i].above);
		strv_done(&b->v[i].uses);
		strv_done(&b->v[i].boot_uses);
	}
	free(b->v);
	free(b->doubt);
	*b = (struct blocks){ 0 };
}

enum seen { SEEN_NOT, SEEN_UNUSED, SEEN_USED };

/* Looks at a block device and all that stands on it. bottom: the disk or partition that
 * the person knows, below any dm or md. Is any of it in use? */
static bool visit(const struct blocks *all, const struct block *b, const char *bottom,
		  enum seen *seen, struct uses *ret)
{
	enum seen *mine = &seen[b - all->v];
	bool used = b->uses.n > 0, virtual = b->stacked || str_starts(b->name, "loop");

	if (*mine != SEEN_NOT)
		return *mine == SEEN_USED;
	*mine = SEEN_UNUSED;
	if (!virtual)
		bottom = b->title;
	for (size_t i = 0; i < b->uses.n; i++) {
		enum use_kind kind = b->is_system ? USE_ROOT_DISK : USE_MOUNT;

		if (virtual)
			uses_add(ret, kind, "%s, on %s, %s", b->title, bottom,
				 b->uses.v[i]);
		else
			uses_add(ret, kind, "%s %s", b->title, b->uses.v[i]);
	}
	for (size_t i = 0; i < b->above.n; i++) {
		const struct block *up = block_find(all, b->above.v[i]);

		if (up && visit(all, up, bottom, seen, ret)) {
			used = true;
		} else if (!up || up->stacked) {
			CLEANUP(free_char) char *name = printable(b->above.v[i]);

			uses_add(ret, USE_MOUNT, "%s is a part of %s", bottom,
				 up ? up->title : name);
			used = true;
		}
	}
	*mine = used ? SEEN_USED : SEEN_UNUSED;
	return used;
}

static bool is_below(const struct block *b, const char *address)
{
	for (size_t i = 0; i < b->places.n; i++)
		if (place_is_below(b->places.v[i], address))
			return true;
	return false;
}

void blocks_uses(const struct blocks *b, const char *address, struct uses *ret)
{
	enum seen *seen = xcalloc(b->n, sizeof(*seen));

	for (size_t i = 0; i < b->n; i++)
		if (is_below(&b->v[i], address))
			visit(b, &b->v[i], b->v[i].title, seen, ret);
	free(seen);
}

bool blocks_system_below(const struct blocks *b, const char *part)
{
	CLEANUP(uses_done) struct uses uses = { 0 };
	enum seen *seen = xcalloc(b->n, sizeof(*seen));
	bool ret = false;

	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->v[i].places.n; k++)
			if (strstr(b->v[i].places.v[k], part))
				visit(b, &b->v[i], b->v[i].title, seen, &uses);
	for (size_t i = 0; i < uses.n; i++)
		ret |= uses.v[i].kind == USE_ROOT_DISK;
	free(seen);
	return ret;
}

/* Asks the kernel for a disk or a partition. 1: something holds it. The paths of a
 * multipath NVMe have no node of their own, and no number. */
static int ask(const struct host *h, const struct block *b, struct strv *unknown)
{
	CLEANUP(free_char) char *node = xasprintf("/dev/%s", b->name);
	int r;

	/* "cciss!c0d0" is /dev/cciss/c0d0. */
	for (char *p = node; *p; p++)
		if (*p == '!')
			*p = '/';
	r = b->devno ? host_block_is_claimed(h, node, b->devno) : 0;
	if (r < 0)
		strv_addf(unknown, "whether the kernel keeps %s for something (%s)",
			  b->title,
			  r == -EOPNOTSUPP ? "only the running machine tells"
			  : r == -EACCES   ? "root only"
					   : strerror(-r));
	return r;
}

static void add_claim(const struct block *b, struct uses *ret)
{
	uses_add(ret, USE_MOUNT,
		 "%s is held by the kernel (mounted in another namespace, in a ZFS pool, "
		 "exported ...)",
		 b->title);
}

/* A disk whose partitions nobody is known to use. A claim on one of them is one on the
 * disk. */
static void ask_disk(const struct host *h, const struct blocks *all,
		     const struct block *disk, struct uses *ret)
{
	bool found = false;

	if (ask(h, disk, &ret->unknown) <= 0)
		return;
	for (size_t i = 0; i < disk->above.n; i++) {
		const struct block *part = block_find(all, disk->above.v[i]);

		if (!part || !part->is_partition || ask(h, part, &ret->unknown) <= 0)
			continue;
		add_claim(part, ret);
		found = true;
	}
	if (!found)
		add_claim(disk, ret);
}

void blocks_claims(const struct host *h, const struct blocks *b, const char *address,
		   struct uses *ret)
{
	CLEANUP(uses_done) struct uses known = { 0 };
	enum seen *seen = xcalloc(b->n, sizeof(*seen));

	for (size_t i = 0; i < b->n; i++)
		if (is_below(&b->v[i], address))
			visit(b, &b->v[i], b->v[i].title, seen, &known);
	for (size_t i = 0; i < b->n; i++)
		if (is_below(&b->v[i], address) && !b->v[i].is_partition &&
		    seen[i] == SEEN_UNUSED)
			ask_disk(h, b, &b->v[i], ret);
	free(seen);
}
