/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mounted or swapped on disks. Sources: proc_pid_mountinfo(5), proc_swaps(5);
 * linux fs/btrfs/sysfs.c: /sys/fs/btrfs/UUID/devices is there while it is mounted.
 */
#include "devices/usage.h"

/* Where the running system may live. The last ones are those of live systems: their root
 * is an overlay on a filesystem in a file there (casper, live-boot, dracut's
 * dmsquash-live, archiso; Fedora CoreOS and others have /sysroot). */
bool mount_is_of_system(const char *target)
{
	static const char *const targets[] = {
		"/",
		"/usr",
		"/etc",
		"/var",
		"/boot",
		"/boot/efi",
		"/efi",
		"/sysroot",
		"/nix",
		"/nix/store",
		"/gnu/store",
		"/cdrom",
		"/run/live/medium",
		"/lib/live/mount/medium",
		"/run/initramfs/live",
		"/run/initramfs/isoscan",
		"/run/archiso/bootmnt",
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (strcmp(target, targets[i]) == 0)
			return true;
	return false;
}

void block_add_mount(struct block *b, const char *verb, const char *target)
{
	CLEANUP(free_char) char *name = printable(target);
	CLEANUP(free_char) char *use = xasprintf("%s %s", verb, name);

	strv_add_unique(&b->uses, use);
	b->is_system |= mount_is_of_system(target);
}

/* The block device that a btrfs mount names, of each mount; looked up once: a host of
 * containers can have thousands. */
struct btrfs_mount {
	const char *target;
	const struct block *block; /* NULL: none that is there */
};
struct btrfs_mounts {
	struct btrfs_mount *v;
	size_t n, cap;
};

static void find_btrfs(const struct host *h, const struct mounts *m,
		       const struct blocks *all, struct btrfs_mounts *ret)
{
	for (size_t i = 0; i < m->n; i++) {
		if (!str_eq(m->v[i].fstype, "btrfs"))
			continue;
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = (struct btrfs_mount){
			.target = m->v[i].target,
			.block = block_of_mount(h, all, &m->v[i]),
		};
	}
}

/* One member of a btrfs that is mounted, here or in another namespace. A mount whose
 * source is none of a device that is there (/dev/root, a member that was pulled out) may
 * be of any btrfs. */
static void mark_member(struct block *b, const struct btrfs_mounts *mounts,
			const struct strv *members)
{
	for (size_t i = 0; i < mounts->n; i++) {
		const struct btrfs_mount *at = &mounts->v[i];

		if (at->block && !strv_has(members, at->block->name))
			continue;
		if (at->block != b)
			block_add_mount(b, "is a part of the filesystem on", at->target);
	}
}

static void mark_btrfs(const struct host *h, const struct mounts *m, struct blocks *all)
{
	CLEANUP(strv_done) struct strv ids = { 0 };
	struct btrfs_mounts mounts = { 0 };

	find_btrfs(h, m, all, &mounts);
	host_list(h, "/sys/fs/btrfs", &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf("/sys/fs/btrfs/%s/devices", ids.v[i]);
		CLEANUP(strv_done) struct strv members = { 0 };

		host_list(h, dir, &members, NULL);
		for (size_t k = 0; k < members.n; k++) {
			struct block *b = block_find(all, members.v[k]);

			if (b)
				mark_member(b, &mounts, &members);
		}
	}
	free(mounts.v);
}

/* Other devices that the options of a mount name: XFS (its log and its realtime section,
 * xfs(5)). */
static void mark_more_devices(const struct host *h, struct blocks *all,
			      const struct mount *m)
{
	static const char *const options[] = { "logdev", "rtdev" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		CLEANUP(free_char) char *source = mount_option(m, options[i]);
		struct block *b = source ? block_by_source(h, all, source) : NULL;

		if (b)
			block_add_mount(b, "is a part of the filesystem on", m->target);
	}
}

/* bcachefs lists its members in the source: "/dev/sda:/dev/sdb". */
static void mark_listed(const struct host *h, struct blocks *all, const struct mount *m)
{
	CLEANUP(strv_done) struct strv members = { 0 };

	if (!m->source || !strchr(m->source, ':') || !str_starts(m->source, "/dev/"))
		return;
	strv_split(&members, m->source, ":");
	for (size_t i = 0; i < members.n; i++) {
		struct block *b = block_by_source(h, all, members.v[i]);

		if (b)
			block_add_mount(b, "is a part of the filesystem on", m->target);
	}
}

/* What an overlay lies on is needed as it is itself: the root of a live system. Its
 * options name the directories (linux Documentation/filesystems/overlayfs.rst). */
static void mark_overlay(const struct host *h, const struct mounts *m, struct blocks *all,
			 const struct mount *overlay)
{
	static const char *const options[] = { "lowerdir", "upperdir" };

	if (!str_eq(overlay->fstype, "overlay") || !mount_is_of_system(overlay->target))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		CLEANUP(free_char) char *dirs = mount_option(overlay, options[i]);
		CLEANUP(strv_done) struct strv v = { 0 };

		if (dirs)
			strv_split(&v, dirs, ":");
		for (size_t k = 0; k < v.n; k++) {
			const struct mount *at =
				*v.v[k] == '/' ? mounts_of(m, v.v[k]) : NULL;
			struct block *b =
				at && at != overlay ? block_of_mount(h, all, at) : NULL;

			if (b)
				block_add_mount(b, "is what the overlay lies on that is",
						overlay->target);
		}
	}
}

/* Is it known below which device it is? */
static bool has_place(const struct block *b)
{
	for (size_t i = 0; b && i < b->places.n; i++)
		if (str_starts(b->places.v[i], "/sys/devices/"))
			return true;
	return false;
}

/* The root is on a disk whose place nobody knows. Numbers with a 0 in front are no disk's
 * (linux fs/super.c, get_anon_bdev()). */
static void note_unlisted(const struct mount *m, const struct block *b,
			  struct blocks *all)
{
	if (!all->doubt && str_eq(m->target, "/") && m->devno &&
	    !str_starts(m->devno, "0:") && !has_place(b))
		all->doubt = xasprintf("/sys/class/block does not say where the disk of "
				       "/ is (%s)",
				       m->devno);
}

void blocks_mark_mounts(const struct host *h, const struct mounts *m, struct blocks *all)
{
	for (size_t i = 0; i < m->n; i++) {
		struct block *b = str_eq(m->v[i].fstype, "zfs")
					  ? NULL
					  : block_of_mount(h, all, &m->v[i]);

		if (b)
			block_add_mount(b, "is mounted on", m->v[i].target);
		else
			mark_listed(h, all, &m->v[i]);
		note_unlisted(&m->v[i], b, all);
		mark_more_devices(h, all, &m->v[i]);
		mark_overlay(h, m, all, &m->v[i]);
	}
	mark_btrfs(h, m, all);
	blocks_mark_zfs(h, m, all);
}

/* proc_swaps(5) writes space, tab and newline of a name in octal. A swap file lies on a
 * filesystem, which is mounted. */
void blocks_mark_swaps(const struct host *h, struct blocks *all, struct strv *unknown)
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
