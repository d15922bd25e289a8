/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/initramfs_content.h"

#include <sys/stat.h>

#define CONTENTS_MAX (64u << 10)

/* Files that only one generator puts into its images; a name with a slash at the end is a
 * directory's. Sources: dracut modules.d/99base (now 80base), initramfs-tools
 * mkinitramfs, mkinitcpio, booster generator/generator.go. */
static const struct {
	const char *name;
	const char *generator;
} marks[] = {
	{ "usr/lib/dracut/", "dracut" },
	{ "lib/dracut/", "dracut" },
	{ "conf/initramfs.conf", "initramfs-tools" },
	{ "scripts/init-top/", "initramfs-tools" },
	{ "buildconfig", "mkinitcpio" },
	{ "etc/booster.init.yaml", "booster" },
};

static const char *generator_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *mark = marks[i].name;

		if (str_ends(mark, "/") ? str_starts(name, mark)
					: strcmp(name, mark) == 0)
			return marks[i].generator;
	}
	return NULL;
}

static char dash(char c)
{
	return c == '-' ? '_' : c;
}

/* Is the first len bytes of file the module called name? */
static bool is_module(const char *file, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (!name[i] || dash(file[i]) != dash(name[i]))
			return false;
	return name[len] == '\0';
}

static void see_module(struct initramfs_content *c, const char *name)
{
	const char *base = path_base(name);
	const char *suffix = strstr(base, ".ko");

	for (size_t i = 0; suffix && c->want_modules && i < c->want_modules->n; i++) {
		CLEANUP(free_char) char *found = NULL;

		if (!is_module(base, (size_t)(suffix - base), c->want_modules->v[i]))
			continue;
		found = xstrndup(base, (size_t)(suffix - base));
		strv_add_unique(&c->image->modules, found);
		return;
	}
}

/* [usr/]lib/modules/VERSION/... */
static void see_modules_dir(struct initramfs_content *c, const char *name)
{
	static const char dir[] = "lib/modules/";
	const char *slash;

	if (str_starts(name, "usr/"))
		name += strlen("usr/");
	if (!str_starts(name, dir))
		return;
	name += strlen(dir);
	slash = strchr(name, '/');
	if (!c->image->modules_version && slash)
		c->image->modules_version = xstrndup(name, (size_t)(slash - name));
	if (slash)
		see_module(c, slash + 1);
}

static struct initramfs_file *find_file(struct initramfs_content *c, const char *name)
{
	for (size_t i = 0; i < c->n_files; i++)
		if (strcmp(c->files[i].name, name) == 0)
			return &c->files[i];
	return NULL;
}

/* "./etc/x" and "/etc/x" unpack to the same as "etc/x". */
static const char *plain_name(const char *name)
{
	while (*name == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return name;
}

bool initramfs_content_member(void *data, const char *name,
			      const struct cpio_header *header)
{
	struct initramfs_content *c = data;

	name = plain_name(name);
	c->current = NULL;
	c->image->members++;
	if (!c->image->generator)
		c->image->generator = generator_of(name);
	if (!S_ISREG(header->mode))
		return false;
	see_modules_dir(c, name);
	c->current = find_file(c, name);
	if (!c->current)
		return false;
	/* A later segment's file replaces an earlier one's, as it does on unpacking. */
	c->current->found = true;
	str_clear(&c->current->contents);
	return true;
}

void initramfs_content_bytes(void *data, const uint8_t *p, size_t n)
{
	struct initramfs_content *c = data;
	size_t room = CONTENTS_MAX - c->current->contents.len;

	str_addn(&c->current->contents, (const char *)p, n < room ? n : room);
}
