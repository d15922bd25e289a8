/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mutate/sysfs.h"

#include <errno.h>

#define BUS "sys/bus/pci/"

/* ---- looking -------------------------------------------------------------------------
 */

static char *link_of(const struct tree *t, const char *address, const char *name)
{
	CLEANUP(free_char) char *path = xasprintf(BUS "devices/%s/%s", address, name);
	CLEANUP(free_char) char *text = tree_readlink(t, path);

	return text && *path_base(text) ? xstrdup(path_base(text)) : NULL;
}

char *sysfs_driver(const struct tree *t, const char *address)
{
	return link_of(t, address, "driver");
}

char *sysfs_group(const struct tree *t, const char *address)
{
	return link_of(t, address, "iommu_group");
}

char *sysfs_override(const struct tree *t, const char *address)
{
	CLEANUP(free_char)
	char *path = xasprintf(BUS "devices/%s/driver_override", address);
	CLEANUP(str_done) struct str text = { 0 };

	tree_read(t, path, 4096, &text);
	if (text.len)
		text.s[strcspn(text.s, "\n")] = '\0';
	if (!text.len || !*text.s || !strcmp(text.s, "(null)"))
		return NULL;
	return xstrdup(text.s);
}

/* ---- acting --------------------------------------------------------------------------
 */

/* "../../" up to sys from the directory of a path below it. */
static void add_up(struct str *s, const char *path)
{
	for (const char *p = strchr(path, '/'); p && (p = strchr(p + 1, '/'));)
		str_add(s, "../");
}

static long bind(struct tree *t, const char *address, const char *driver)
{
	CLEANUP(free_char) char *device = xasprintf(BUS "devices/%s", address);
	CLEANUP(free_char) char *dir = tree_resolve(t, device);
	CLEANUP(free_char) char *mine = xasprintf("%s/driver", dir ? dir : "");
	CLEANUP(free_char) char *theirs = xasprintf(BUS "drivers/%s/%s", driver, address);
	CLEANUP(free_char) char *home = xasprintf(BUS "drivers/%s", driver);
	CLEANUP(str_done) struct str to_driver = { 0 }, to_device = { 0 };

	if (!dir || tree_exists(t, mine) || !tree_exists(t, home))
		return -ENODEV;
	add_up(&to_driver, mine);
	str_addf(&to_driver, "bus/pci/drivers/%s", driver);
	str_addf(&to_device, "../../../../%s", dir + strlen("sys/"));
	if (!tree_link(t, str_c(&to_driver), mine) ||
	    !tree_link(t, str_c(&to_device), theirs))
		return -EIO;
	return 0;
}

static long unbind(struct tree *t, const char *address, const char *driver)
{
	CLEANUP(free_char) char *device = xasprintf(BUS "devices/%s", address);
	CLEANUP(free_char) char *dir = tree_resolve(t, device);
	CLEANUP(free_char) char *mine = xasprintf("%s/driver", dir ? dir : "");
	CLEANUP(free_char) char *theirs = xasprintf(BUS "drivers/%s/%s", driver, address);
	CLEANUP(free_char) char *now = sysfs_driver(t, address);

	if (!dir || !str_eq(now, driver))
		return -ENODEV;
	return tree_take(t, mine) && tree_take(t, theirs) ? 0 : -EIO;
}

/* Without an override the native driver would be looked for: a tree's devices have
 * none then. */
static long probe(struct tree *t, const char *address)
{
	CLEANUP(free_char) char *device = xasprintf(BUS "devices/%s", address);
	CLEANUP(free_char) char *override = sysfs_override(t, address);
	CLEANUP(free_char) char *driver = sysfs_driver(t, address);

	if (!tree_exists(t, device))
		return -EINVAL;
	if (override && !driver)
		bind(t, address, override);
	return 0;
}

static bool is_plain(const char *word)
{
	return *word && !strchr(word, '/') && strcmp(word, ".") && strcmp(word, "..");
}

static long set_override(struct tree *t, const char *path, const char *word)
{
	CLEANUP(free_char) char *text = xasprintf("%s\n", *word ? word : "(null)");

	return tree_put(t, path, text, strlen(text), 0644) ? 0 : -EIO;
}

long sysfs_write(struct tree *t, const char *path, const char *text, size_t len)
{
	CLEANUP(free_char) char *word = xstrndup(text, len), *driver = NULL;
	const char *name = path_base(path);
	long r = -EACCES;

	word[strcspn(word, "\n")] = '\0';
	if (!strcmp(name, "driver_override"))
		r = set_override(t, path, word);
	else if (!is_plain(word))
		r = -EINVAL;
	else if (!strcmp(path, BUS "drivers_probe"))
		r = probe(t, word);
	else if (str_starts(path, BUS "drivers/")) {
		driver = xstrndup(path + strlen(BUS "drivers/"),
				  strcspn(path + strlen(BUS "drivers/"), "/"));
		if (!strcmp(name, "unbind"))
			r = unbind(t, word, driver);
		else if (!strcmp(name, "bind"))
			r = bind(t, word, driver);
	}
	return r < 0 ? r : (long)len;
}

void sysfs_vanish(struct tree *t, const char *address)
{
	CLEANUP(free_char) char *device = xasprintf(BUS "devices/%s", address);
	CLEANUP(free_char) char *dir = tree_resolve(t, device);
	CLEANUP(free_char) char *driver = sysfs_driver(t, address);
	CLEANUP(free_char) char *group = sysfs_group(t, address);
	CLEANUP(free_char)
	char *theirs = xasprintf(BUS "drivers/%s/%s", driver ? driver : "", address);
	CLEANUP(free_char)
	char *in_group = xasprintf("sys/kernel/iommu_groups/%s/devices/%s",
				   group ? group : "", address);

	tree_take(t, device);
	if (driver && is_plain(driver))
		tree_take(t, theirs);
	if (group && is_plain(group))
		tree_take(t, in_group);
	if (dir && str_starts(dir, "sys/devices/"))
		tree_take(t, dir);
	tree_note(t, device, "vanishes while it is looked at");
}
