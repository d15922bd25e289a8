/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems that are mounted where slicer's own mount table does not show them: in the
 * mount namespace of a container or a service (mount_namespaces(7)). A process tells its
 * namespace by /proc/PID/ns/mnt, and its mounts by /proc/PID/mountinfo. Where no process
 * may be looked at, the filesystem drivers still tell: linux
 * Documentation/ABI/testing/sysfs-fs-{ext4,xfs,f2fs}, fs/btrfs/sysfs.c and
 * fs/jbd2/journal.c.
 */
#include "devices/usage.h"

/* A host of containers has hundreds; each is read once. */
#define NAMESPACES_MAX 1024
#define SECONDS_MAX 5

static void mark_mount(const struct host *h, struct blocks *all, const struct mount *m,
		       const char *who)
{
	struct block *b = block_of_mount(h, all, m);

	if (b && !b->uses.n) {
		CLEANUP(free_char) char *target = printable(m->target);

		strv_addf(&b->uses, "is mounted on %s for %s", target, who);
	}
}

static void look_into(const struct host *h, struct blocks *all, const char *pid)
{
	CLEANUP(mounts_done) struct mounts m = { 0 };
	CLEANUP(free_char) char *table = xasprintf("/proc/%s/mountinfo", pid);
	CLEANUP(free_char) char *file = xasprintf("/proc/%s/comm", pid);
	CLEANUP(free_char) char *raw = NULL, *comm = NULL, *who = NULL;

	if (mounts_load_table(h, table, &m) < 0)
		return;
	raw = host_attr(h, file);
	comm = printable(raw ? raw : "a process");
	who = xasprintf("%s (PID %s), in another mount namespace", comm, pid);
	for (size_t i = 0; i < m.n; i++)
		mark_mount(h, all, &m.v[i], who);
}

/* Which processes can't be looked at is told with their open files. */
static void mark_namespaces(const struct host *h, struct blocks *all,
			    struct strv *unknown)
{
	double until = seconds_now() + SECONDS_MAX;
	CLEANUP(free_char) char *own = host_readlink(h, "/proc/self/ns/mnt");
	CLEANUP(strv_done) struct strv names = { 0 }, seen = { 0 };

	if (own)
		strv_add(&seen, own);
	host_list(h, "/proc", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *link = NULL, *space = NULL;

		if (strspn(names.v[i], "0123456789") != strlen(names.v[i]))
			continue;
		link = xasprintf("/proc/%s/ns/mnt", names.v[i]);
		space = host_readlink(h, link);
		if (!space || strv_has(&seen, space))
			continue;
		if (seen.n > NAMESPACES_MAX || seconds_now() > until) {
			strv_addf(
				unknown,
				"filesystems that are mounted in other mount namespaces "
				"(more than %u of them, or more than %u s to look at "
				"them)",
				NAMESPACES_MAX, SECONDS_MAX);
			return;
		}
		strv_add(&seen, space);
		look_into(h, all, names.v[i]);
	}
}

static void mark_unseen(struct block *b, const char *fstype)
{
	if (b && !b->uses.n)
		strv_addf(&b->uses,
			  "is mounted as %s in another mount namespace (a container, a "
			  "service)",
			  fstype);
}

/* The members of a btrfs that no mount explains. */
static void mark_btrfs(const struct host *h, struct blocks *all)
{
	CLEANUP(strv_done) struct strv ids = { 0 };

	host_list(h, "/sys/fs/btrfs", &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf("/sys/fs/btrfs/%s/devices", ids.v[i]);
		CLEANUP(strv_done) struct strv members = { 0 };

		host_list(h, dir, &members, NULL);
		for (size_t k = 0; k < members.n; k++)
			mark_unseen(block_find(all, members.v[k]), "btrfs");
	}
}

/* "sda1-8" is the journal in file 8 of the filesystem on sda1; "sdb1" is one that is a
 * device of its own (fs/jbd2/journal.c). */
static void mark_journals(const struct host *h, struct blocks *all)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, "/proc/fs/jbd2", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		struct block *b = block_find(all, names.v[i]);
		char *dash = strrchr(names.v[i], '-');

		if (b) {
			strv_add(&b->uses, "has the journal of a mounted filesystem");
		} else if (dash) {
			*dash = '\0';
			mark_unseen(block_find(all, names.v[i]), "ext4");
		}
	}
}

void blocks_mark_elsewhere(const struct host *h, struct blocks *all, struct strv *unknown)
{
	static const char *const types[] = { "ext4", "xfs", "f2fs", "erofs", "nilfs2" };

	mark_namespaces(h, all, unknown);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		CLEANUP(free_char) char *dir = xasprintf("/sys/fs/%s", types[i]);
		CLEANUP(strv_done) struct strv names = { 0 };

		host_list(h, dir, &names, NULL);
		for (size_t k = 0; k < names.n; k++)
			mark_unseen(block_find(all, names.v[k]), types[i]);
	}
	mark_btrfs(h, all);
	mark_journals(h, all);
}
