/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that the kernel uses for something that is neither a mount nor a holder in sysfs:
 * the backing device of zram (Documentation/admin-guide/blockdev/zram.rst), halves of
 * bcache that wait for the other (drivers/md/bcache/sysfs.c), and what is exported: by
 * LIO (drivers/target/target_core_configfs.c), over NVMe (drivers/nvme/target/configfs.c)
 * and by SCST.
 */
#include "devices/usage.h"

static void link_zram(const struct host *h, struct blocks *all, struct block *b)
{
	CLEANUP(free_char) char *file = block_attr(h, b->name, "backing_dev");
	struct block *below = file ? block_by_source(h, all, file) : NULL;

	if (below && below != b)
		strv_add_unique(&below->above, b->name);
}

static bool has_bcache_above(const struct block *b)
{
	for (size_t i = 0; i < b->above.n; i++)
		if (str_starts(b->above.v[i], "bcache"))
			return true;
	return false;
}

static void mark_bcache(const struct host *h, struct block *b)
{
	CLEANUP(free_char) char *dir = xasprintf("/sys/class/block/%s/bcache", b->name);

	if (!str_starts(b->name, "bcache") && host_is_dir(h, dir) && !has_bcache_above(b))
		strv_add(&b->uses, "is registered with bcache");
}

static void mark_export(const struct host *h, struct blocks *all, const char *source,
			const char *use)
{
	struct block *b = source ? block_by_source(h, all, source) : NULL;

	if (b)
		strv_add_unique(&b->uses, use);
}

/*
 * /sys/kernel/config/target/core/BACKEND/NAME/udev_path is the path that was given to it;
 * it is in use from then on, whether a target offers it already or not.
 */
static void mark_targets(const struct host *h, struct blocks *all)
{
	static const char core[] = "/sys/kernel/config/target/core";
	CLEANUP(strv_done) struct strv backends = { 0 };

	host_list(h, core, &backends, NULL);
	for (size_t i = 0; i < backends.n; i++) {
		CLEANUP(free_char) char *dir = xasprintf("%s/%s", core, backends.v[i]);
		CLEANUP(strv_done) struct strv names = { 0 };

		host_list(h, dir, &names, NULL);
		for (size_t k = 0; k < names.n; k++) {
			CLEANUP(free_char)
			char *path = xasprintf("%s/%s/udev_path", dir, names.v[k]);
			CLEANUP(free_char) char *source = host_attr(h, path);
			CLEANUP(free_char) char *name = printable(names.v[k]);
			CLEANUP(free_char)
			char *use = xasprintf("is exported by LIO (backstore %s)", name);

			mark_export(h, all, source, use);
		}
	}
}

/* A whole controller can be exported: all its namespaces are. */
static void mark_controller(const struct host *h, struct blocks *all, const char *device,
			    const char *use)
{
	CLEANUP(free_char)
	char *class = xasprintf("/sys/class/nvme/%s", path_base(device));
	CLEANUP(free_char) char *place = host_realpath(h, class);
	size_t n = place ? strlen(place) : 0;

	for (size_t i = 0; place && i < all->n; i++)
		for (size_t k = 0; k < all->v[i].places.n; k++)
			if (str_starts(all->v[i].places.v[k], place) &&
			    (!all->v[i].places.v[k][n] ||
			     all->v[i].places.v[k][n] == '/'))
				strv_add_unique(&all->v[i].uses, use);
}

static void mark_nvme_subsystem(const struct host *h, struct blocks *all, const char *dir,
				const char *use)
{
	CLEANUP(free_char) char *passthru = xasprintf("%s/passthru/device_path", dir);
	CLEANUP(free_char) char *controller = host_attr(h, passthru);
	CLEANUP(free_char) char *namespaces = xasprintf("%s/namespaces", dir);
	CLEANUP(strv_done) struct strv names = { 0 };

	if (controller && str_starts(controller, "/dev/"))
		mark_controller(h, all, controller, use);
	host_list(h, namespaces, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s/%s/device_path", namespaces, names.v[i]);
		CLEANUP(free_char) char *source = host_attr(h, path);

		mark_export(h, all, source, use);
	}
}

static void mark_nvme_targets(const struct host *h, struct blocks *all)
{
	static const char root[] = "/sys/kernel/config/nvmet/subsystems";
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, root, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *dir = xasprintf("%s/%s", root, names.v[i]);
		CLEANUP(free_char) char *name = printable(names.v[i]);
		CLEANUP(free_char)
		char *use = xasprintf("is exported over NVMe (subsystem %s)", name);

		mark_nvme_subsystem(h, all, dir, use);
	}
}

/* http://scst.sourceforge.net: /sys/kernel/scst_tgt/devices/NAME/filename; further lines
 * say "[key]". */
static void mark_scst(const struct host *h, struct blocks *all)
{
	static const char root[] = "/sys/kernel/scst_tgt/devices";
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, root, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s/%s/filename", root, names.v[i]);
		CLEANUP(free_char) char *source = host_attr(h, path);
		CLEANUP(free_char) char *name = printable(names.v[i]);
		CLEANUP(free_char)
		char *use = xasprintf("is exported by SCST (device %s)", name);

		mark_export(h, all, source, use);
	}
}

void blocks_mark_kernel(const struct host *h, struct blocks *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (str_starts(all->v[i].name, "zram"))
			link_zram(h, all, &all->v[i]);
		mark_bcache(h, &all->v[i]);
	}
	mark_targets(h, all);
	mark_nvme_targets(h, all);
	mark_scst(h, all);
}
