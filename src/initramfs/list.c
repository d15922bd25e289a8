/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of initramfs generators, and what they have in common. */
#include "initramfs/generator.h"

#include <errno.h>

/* dracut last: it is installed beside others more often than it is in use. */
const struct initramfs_generator *const initramfs_generators[] = {
	&initramfs_tools, &initramfs_mkinitcpio, &initramfs_booster,
	&initramfs_tiny,  &initramfs_dracut,	 NULL,
};

void initramfs_config_done(struct initramfs_config *c)
{
	strv_done(&c->evidence);
	free(c->switched_off);
	strv_done(&c->versions);
	strv_done(&c->images);
	strv_done(&c->missing);
	strv_done(&c->lost);
	for (size_t i = 0; i < c->n_own; i++) {
		free(c->own[i].path);
		str_done(&c->own[i].text);
	}
	free(c->own);
	free(c->rebuild_command);
	*c = (struct initramfs_config){ 0 };
}

int initramfs_add_own(const struct host *h, const char *path, const char *in_image,
		      bool binds, struct initramfs_config *c, struct error *e)
{
	struct initramfs_own_file *own;
	int r;

	c->own = xrealloc(c->own, (c->n_own + 1) * sizeof(*c->own));
	own = &c->own[c->n_own++];
	*own = (struct initramfs_own_file){ .path = xstrdup(path),
					    .in_image = in_image,
					    .binds = binds };
	r = host_read(h, path, HOST_MAX_CONFIG, &own->text, e);
	if (r == -ENOENT)
		return 0;
	own->exists = r == 0;
	return r;
}

/* The names that distributions give to a kernel's image: Debian, Fedora and others,
 * openSUSE, Slackware. */
static char *find_image(const struct host *h, const char *version)
{
	static const struct {
		const char *prefix, *suffix;
	} names[] = {
		{ "/boot/initrd.img-", "" },
		{ "/boot/initramfs-", ".img" },
		{ "/boot/initrd-", "" },
		{ "/boot/initramfs-", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *path =
			xasprintf("%s%s%s", names[i].prefix, version, names[i].suffix);

		if (host_exists(h, path))
			return path;
		free(path);
	}
	return NULL;
}

void initramfs_find_images(const struct host *h, const struct strv *versions,
			   struct initramfs_config *c)
{
	for (size_t i = 0; i < versions->n; i++) {
		char *image = find_image(h, versions->v[i]);

		if (!image) {
			strv_add(&c->missing, versions->v[i]);
			continue;
		}
		strv_add(&c->versions, versions->v[i]);
		strv_take(&c->images, image);
	}
}

void initramfs_expect(struct initramfs_config *c, const struct strv *rebuilt)
{
	CLEANUP(strv_done) struct strv missing = c->missing;

	if (!c->generator || !c->generator->image_prefix)
		missing = (struct strv){ 0 };
	else
		c->missing = (struct strv){ 0 };
	for (size_t i = 0; i < missing.n; i++) {
		const char *version = missing.v[i];

		if (!strv_has(rebuilt, version)) {
			strv_add(&c->missing, version);
			continue;
		}
		strv_add(&c->lost, version);
		strv_add(&c->versions, version);
		strv_addf(&c->images, "%s%s", c->generator->image_prefix, version);
	}
}

static const struct initramfs_generator *find(const char *name)
{
	for (size_t i = 0; initramfs_generators[i]; i++)
		if (strcmp(initramfs_generators[i]->name, name) == 0)
			return initramfs_generators[i];
	return NULL;
}

int initramfs_check_name(const char *name, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	CLEANUP(free_char) char *known = NULL;

	if (find(name))
		return 0;
	for (size_t i = 0; initramfs_generators[i]; i++)
		strv_add(&names, initramfs_generators[i]->name);
	known = strv_join(&names, ", ");
	error_usage(e, "unknown initramfs generator \"%s\"", name);
	error_hint(e, "known are: %s", known);
	return -EINVAL;
}

int initramfs_choose(const struct host *h, const struct facts *f, const char *name,
		     const struct strv *versions, struct initramfs_config *ret,
		     struct error *e)
{
	const struct initramfs_generator *found = NULL;

	if (name) {
		found = find(name);
		if (!found)
			return initramfs_check_name(name, e);
		found->probe(h, f, &ret->evidence);
		strv_addf(&ret->evidence, "--initramfs %s", name);
	}
	for (size_t i = 0; !found && initramfs_generators[i]; i++)
		if (initramfs_generators[i]->probe(h, f, &ret->evidence))
			found = initramfs_generators[i];
	if (!found)
		return 0;
	ret->generator = found;
	return found->load(h, f, versions, ret, e);
}
