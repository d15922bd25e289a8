/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: every block device with its place in sysfs, what stands on it (partitions,
 * holders such as dm, md and bcache, loop devices on its files), and what is mounted or
 * swapped there. Sources: linux Documentation/ABI/stable/sysfs-block, proc(5) for
 * /proc/swaps.
 */
#include "devices/usage.h"

#define CLASS "/sys/class/block"

struct block *block_find(const struct blocks *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->v[i].name, name) == 0)
			return &b->v[i];
	return NULL;
}

static char *attr_of(const struct host *h, const char *name, const char *attr)
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
	CLEANUP(free_char) char *dm = attr_of(h, name, "dm/name");
	CLEANUP(free_char) char *raw = NULL;
	char *place = host_realpath(h, link);

	*b = (struct block){ .name = xstrdup(name) };
	raw = dm && *dm ? xasprintf("%s (%s)", name, dm) : xstrdup(name);
	b->title = printable(raw);
	b->stacked = str_starts(name, "dm-") || str_starts(name, "md") ||
		     str_starts(name, "bcache");
	b->dm_name = take(dm);
	b->devno = attr_of(h, name, "dev");
	host_list(h, holders, &b->above, NULL);
	if (!place)
		return;
	add_controllers(h, b, place);
	strv_take(&b->places, place);
}

/* A partition's directory lies in its disk's. */
static void link_partition(const struct host *h, struct blocks *all, struct block *b)
{
	CLEANUP(free_char) char *number = attr_of(h, b->name, "partition");
	CLEANUP(free_char) char *dir = NULL;
	struct block *disk;
	char *slash;

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

static struct block *block_of_mount(const struct host *h, const struct blocks *all,
				    const struct mount *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (m->devno && str_eq(all->v[i].devno, m->devno))
			return &all->v[i];
	/* btrfs has a device number of its own */
	return m->source ? block_by_source(h, all, m->source) : NULL;
}

/* A loop device stands on the disk that its file is on. */
static void link_loop(const struct host *h, struct blocks *all, const struct mounts *m,
		      const struct block *b)
{
	CLEANUP(free_char) char *file = attr_of(h, b->name, "loop/backing_file");
	CLEANUP(free_char) char *real = file ? host_realpath(h, file) : NULL;
	const struct mount *mount = real ? mounts_of(m, real) : NULL;
	struct block *below = mount ? block_of_mount(h, all, mount) : NULL;

	if (below)
		strv_add_unique(&below->above, b->name);
}

static bool is_system_target(const char *target)
{
	static const char *const targets[] = { "/",	"/usr",	     "/etc", "/var",
					       "/boot", "/boot/efi", "/efi", "/sysroot" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (strcmp(target, targets[i]) == 0)
			return true;
	return false;
}

static void add_use(struct block *b, const struct mount *m, const char *verb)
{
	CLEANUP(free_char) char *target = printable(m->target);

	strv_addf(&b->uses, "%s %s", verb, target);
	b->is_system |= is_system_target(m->target);
}

/* The other members of a btrfs: /sys/fs/btrfs/UUID/devices has them while it is mounted.
 */
static void add_btrfs_members(const struct host *h, struct blocks *all,
			      const struct block *one, const struct mount *m)
{
	CLEANUP(strv_done) struct strv ids = { 0 };

	host_list(h, "/sys/fs/btrfs", &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf("/sys/fs/btrfs/%s/devices", ids.v[i]);
		CLEANUP(strv_done) struct strv names = { 0 };

		if (host_list(h, dir, &names, NULL) < 0 || !strv_has(&names, one->name))
			continue;
		for (size_t k = 0; k < names.n; k++) {
			struct block *b = block_find(all, names.v[k]);

			if (b && b != one)
				add_use(b, m, "is a part of the filesystem on");
		}
	}
}

/* bcachefs lists its members in the source: "/dev/sda:/dev/sdb". */
static void add_mount(const struct host *h, struct blocks *all, const struct mount *m)
{
	struct block *b = block_of_mount(h, all, m);
	CLEANUP(strv_done) struct strv members = { 0 };

	if (b) {
		add_use(b, m, "is mounted on");
		if (str_eq(m->fstype, "btrfs"))
			add_btrfs_members(h, all, b, m);
		return;
	}
	if (!m->source || !strchr(m->source, ':') || !str_starts(m->source, "/dev/"))
		return;
	strv_split(&members, m->source, ":");
	for (size_t i = 0; i < members.n; i++) {
		b = block_by_source(h, all, members.v[i]);
		if (b)
			add_use(b, m, "is a part of the filesystem on");
	}
}

/*
 * The disks of a ZFS pool have no trace in sysfs; udev's database has their type. Where
 * it can't tell, a partition that nothing else explains may be one.
 */
static void add_zfs(const struct host *h, struct blocks *all, const struct mount *m)
{
	for (size_t i = 0; i < all->n; i++) {
		struct block *b = &all->v[i];
		CLEANUP(free_char) char *path = NULL;
		CLEANUP(str_done) struct str text = { 0 };

		if (!b->devno || b->stacked || b->above.n || b->uses.n)
			continue;
		path = xasprintf("/run/udev/data/b%s", b->devno);
		if (host_read(h, path, HOST_MAX_CONFIG, &text, NULL) < 0 || !text.len)
			add_use(b, m, "may be a part of the ZFS pool on");
		else if (strstr(str_c(&text), "ID_FS_TYPE=zfs_member"))
			add_use(b, m, "is a part of the ZFS pool on");
	}
}

static void add_mounts(const struct host *h, struct blocks *all, const struct mounts *m)
{
	const struct mount *zfs = NULL;

	for (size_t i = 0; i < m->n; i++) {
		if (!str_eq(m->v[i].fstype, "zfs"))
			add_mount(h, all, &m->v[i]);
		else if (!zfs || is_system_target(m->v[i].target))
			zfs = &m->v[i];
	}
	if (zfs)
		add_zfs(h, all, zfs);
}

static void add_swaps(const struct host *h, struct blocks *all, struct strv *unknown)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(strv_done) struct strv lines = { 0 };

	if (host_read(h, "/proc/swaps", HOST_MAX_CONFIG, &text, NULL) < 0) {
		strv_add(unknown, "active swap (/proc/swaps can't be read)");
		return;
	}
	strv_split(&lines, str_c(&text), "\n");
	for (size_t i = 1; i < lines.n; i++) {
		struct block *b;

		lines.v[i][strcspn(lines.v[i], " \t")] = '\0';
		b = block_by_source(h, all, lines.v[i]);
		if (b)
			strv_add(&b->uses, "is active swap");
	}
}

void blocks_load(const struct host *h, const struct mounts *m, struct blocks *ret,
		 struct strv *unknown)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, CLASS, &names, NULL) < 0) {
		strv_add(unknown, "disks (" CLASS " can't be read)");
		return;
	}
	for (size_t i = 0; i < names.n; i++) {
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		load_block(h, names.v[i], &ret->v[ret->n++]);
	}
	for (size_t i = 0; i < ret->n; i++)
		link_partition(h, ret, &ret->v[i]);
	add_swaps(h, ret, unknown);
	if (!m || !m->known) {
		strv_add(unknown, "mounted filesystems (no mount table)");
		return;
	}
	for (size_t i = 0; i < ret->n; i++)
		link_loop(h, ret, m, &ret->v[i]);
	add_mounts(h, ret, m);
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

		if (!up)
			continue;
		if (visit(all, up, bottom, seen, ret)) {
			used = true;
		} else if (up->stacked) {
			uses_add(ret, USE_MOUNT, "%s is a part of %s", bottom, up->title);
			used = true;
		}
	}
	*mine = used ? SEEN_USED : SEEN_UNUSED;
	return used;
}

void blocks_uses(const struct blocks *b, const char *address, struct uses *ret)
{
	enum seen *seen = xcalloc(b->n, sizeof(*seen));

	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->v[i].places.n; k++)
			if (place_is_below(b->v[i].places.v[k], address))
				visit(b, &b->v[i], b->v[i].title, seen, ret);
	free(seen);
}
