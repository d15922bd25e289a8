/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which partition is the ESP, which is XBOOTLDR: by GPT type, as libblkid reads it.
 * Sources: UAPI group, Discoverable Partitions Specification (type UUIDs); systemd
 * src/shared/find-esp.c (mount points looked at, vfat required for an ESP).
 */
#include <blkid/blkid.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "host/mounts.h"

static void copy_value(blkid_probe pr, const char *name, char *to, size_t size,
		       bool lower)
{
	const char *value = NULL;

	to[0] = '\0';
	if (blkid_probe_lookup_value(pr, name, &value, NULL) < 0 || !value)
		return;
	snprintf(to, size, "%s", value);
	for (char *p = to; lower && *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

int partition_probe(const struct host *h, const char *device, struct partition *ret,
		    struct error *e)
{
	CLEANUP(close_fd) int fd = -1;
	blkid_probe pr;
	int r;

	*ret = (struct partition){ 0 };
	if (!host_is_live(h))
		return error_set(e, EOPNOTSUPP, "devices are not probed below --root");
	fd = host_openat(h, device, O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		error_errno(e, -fd, "can't open the device");
		error_at(e, device, 0);
		return fd;
	}
	pr = blkid_new_probe();
	if (!pr || blkid_probe_set_device(pr, fd, 0, 0) < 0) {
		blkid_free_probe(pr);
		error_set(e, EINVAL, "is no block device that libblkid can read");
		error_at(e, device, 0);
		return -EINVAL;
	}
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
						      BLKID_SUBLKS_LABEL);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS);
	r = blkid_do_safeprobe(pr);
	if (r == 0) {
		copy_value(pr, "PART_ENTRY_TYPE", ret->type, sizeof(ret->type), true);
		copy_value(pr, "PART_ENTRY_UUID", ret->uuid, sizeof(ret->uuid), true);
		copy_value(pr, "TYPE", ret->fs_type, sizeof(ret->fs_type), false);
		copy_value(pr, "UUID", ret->fs_uuid, sizeof(ret->fs_uuid), false);
		copy_value(pr, "LABEL", ret->label, sizeof(ret->label), false);
	}
	blkid_free_probe(pr);
	return 0; /* nothing or something ambivalent found: the fields stay empty */
}

void boot_partitions_done(struct boot_partitions *b)
{
	free(b->esp);
	free(b->esp_evidence);
	free(b->esp_part_uuid);
	free(b->xbootldr);
	free(b->xbootldr_evidence);
	free(b->esp_unmounted);
	free(b->esp_ahead);
	*b = (struct boot_partitions){ 0 };
}

static bool can_be_boot(const struct mount *m)
{
	return str_eq(m->fstype, "vfat") || str_eq(m->fstype, "msdos");
}

/* The order in which systemd looks. */
static size_t rank_of(const char *target)
{
	static const char *const order[] = { "/efi", "/boot", "/boot/efi" };
	size_t rank = 0;

	while (rank < ARRAY_SIZE(order) && strcmp(target, order[rank]) != 0)
		rank++;
	return rank;
}

/* Of several ESPs that are mounted, the loader reads the one that it was started from. */
static bool is_better_esp(const struct boot_partitions *b, const struct mount *m,
			  const struct partition *p, const char *booted)
{
	bool was = b->esp && booted && str_eq(b->esp_part_uuid, booted);
	bool is = booted && strcmp(p->uuid, booted) == 0;

	if (!b->esp || was != is)
		return !b->esp || is;
	return rank_of(m->target) < rank_of(b->esp);
}

static void note_ahead(struct boot_partitions *b, const char *other, const char *taken)
{
	if (rank_of(other) >= rank_of(taken))
		return;
	free(b->esp_ahead);
	b->esp_ahead = xstrdup(other);
}

void boot_partitions_take(struct boot_partitions *b, const struct mount *m,
			  const struct partition *p, const char *booted)
{
	if (!strcmp(p->type, PARTITION_TYPE_XBOOTLDR) && !b->xbootldr) {
		b->xbootldr = xstrdup(m->target);
		b->xbootldr_evidence = xasprintf("%s on %s has the GPT type of XBOOTLDR",
						 m->source, m->target);
	}
	if (strcmp(p->type, PARTITION_TYPE_ESP) && strcmp(p->type, "0xef"))
		return;
	if (!is_better_esp(b, m, p, booted)) {
		note_ahead(b, m->target, b->esp);
		return;
	}
	if (b->esp)
		note_ahead(b, b->esp, m->target);
	free(b->esp);
	free(b->esp_evidence);
	free(b->esp_part_uuid);
	b->esp = xstrdup(m->target);
	b->esp_evidence = xasprintf("%s on %s has the partition type of an ESP",
				    m->source, m->target);
	b->esp_part_uuid = p->uuid[0] ? xstrdup(p->uuid) : NULL;
}

/* Where devices can't be asked: the usual mount points, if there is a FAT (or, without a
 * mount table, a directory) with an EFI directory. */
static void find_by_content(const struct host *h, const struct mounts *m,
			    struct boot_partitions *b)
{
	static const char *const points[] = { "/efi", "/boot", "/boot/efi" };

	for (size_t i = 0; i < ARRAY_SIZE(points) && !b->esp; i++) {
		CLEANUP(free_char) char *efi = xasprintf("%s/EFI", points[i]);
		const struct mount *at = m->known ? mounts_of(m, points[i]) : NULL;

		if (m->known &&
		    (!at || strcmp(at->target, points[i]) || !can_be_boot(at)))
			continue;
		if (!host_is_dir(h, efi))
			continue;
		b->esp = xstrdup(points[i]);
		b->esp_evidence = xasprintf("%s has an EFI directory%s", points[i],
					    m->known ? " and is a FAT filesystem" : "");
	}
	if (b->esp && strcmp(b->esp, "/boot") && host_is_dir(h, "/boot/loader/entries")) {
		const struct mount *at = m->known ? mounts_of(m, "/boot") : NULL;

		if (m->known && (!at || strcmp(at->target, "/boot") || !can_be_boot(at)))
			return;
		b->xbootldr = xstrdup("/boot");
		b->xbootldr_evidence =
			xstrdup("/boot has loader/entries and is not the ESP");
	}
}

/* An ESP that exists but is not mounted anywhere: then nobody can say what it holds. */
static void find_unmounted(const struct host *h, struct boot_partitions *b)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, "/sys/class/block", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n && !b->esp_unmounted; i++) {
		CLEANUP(free_char)
		char *attr = xasprintf("/sys/class/block/%s/partition", names.v[i]);
		CLEANUP(free_char) char *dev = xasprintf("/dev/%s", names.v[i]);
		struct partition p;

		if (!host_exists(h, attr) || partition_probe(h, dev, &p, NULL) < 0)
			continue;
		if (!strcmp(p.type, PARTITION_TYPE_ESP))
			b->esp_unmounted = xstrdup(dev);
	}
}

int boot_partitions_find(const struct host *h, const struct mounts *m, const char *booted,
			 struct boot_partitions *ret, struct error *e)
{
	(void)e;
	*ret = (struct boot_partitions){ 0 };
	for (size_t i = 0; i < m->n; i++) {
		const struct mount *at = &m->v[i];
		struct partition p;

		if (!str_starts(at->source, "/dev/") || strcmp(at->root, "/"))
			continue;
		/* XBOOTLDR may be ext4 or anything else; an ESP is FAT */
		if (!can_be_boot(at) && strcmp(at->target, "/boot"))
			continue;
		if (partition_probe(h, at->source, &p, NULL) == 0)
			boot_partitions_take(ret, at, &p, booted);
	}
	if (!ret->esp)
		find_by_content(h, m, ret);
	if (!ret->esp && host_is_live(h))
		find_unmounted(h, ret);
	return 0;
}
