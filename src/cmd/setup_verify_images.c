/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run of setup-iommu, or of pci bind, made of the initramfs images: is each whole,
 * and does it hold what it must? */
#include <errno.h>

#include "cmd/setup.h"
#include "probe/initramfs.h"
#include "probe/modules.h"

#define MODPROBE_DIR "/etc/modprobe.d/"

/* Files that an image must hold as they are on disk, or not hold where they are not. */
struct expected {
	struct initramfs_file *files; /* n, and at files[n] the one that check_order()
					 reads, if any */
	struct str *texts; /* of files[i], as on disk */
	bool *exists; /* files[i] on disk */
	size_t n;
};

static void expected_done(struct expected *x)
{
	/* files[n], too: check_image() may have used it. */
	for (size_t i = 0; x->files && i <= x->n; i++) {
		initramfs_file_done(&x->files[i]);
		str_done(&x->texts[i]);
	}
	free(x->files);
	free(x->texts);
	free(x->exists);
}

static void expect_file(const struct setup *s, const char *path, const char *name,
			struct expected *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->files[i].name, name) == 0)
			return;
	x->files[x->n].name = xstrdup(name);
	/* One that can't be read compares as empty, and so fails. */
	x->exists[x->n] = host_exists(s->c->host, path);
	host_read(s->c->host, path, HOST_MAX_CONFIG, &x->texts[x->n], NULL);
	x->n++;
}

/* Slicer's own files that belong into an image; and where that of modprobe.d does, those
 * of modprobe.d that the plan changes, which are copied with it. */
static void expect_files(const struct setup *s, struct expected *x)
{
	bool copies_modprobe = false;

	for (size_t i = 0; i < s->initramfs.n_own; i++) {
		const char *path = s->initramfs.own[i].path;
		const char *name = s->initramfs.own[i].in_image;

		if (!name)
			continue;
		copies_modprobe |= str_starts(path, MODPROBE_DIR);
		expect_file(s, path, name, x);
	}
	for (size_t i = 0; i < s->plan.n && copies_modprobe; i++) {
		const char *path = s->plan.v[i].path;

		if (path && str_starts(path, MODPROBE_DIR))
			expect_file(s, path, path + 1, x);
	}
}

static int check_file(const struct expected *x, size_t i, struct error *e)
{
	if (x->files[i].found == x->exists[i] &&
	    (!x->exists[i] || str_same(&x->files[i].contents, &x->texts[i])))
		return 0;
	return error_set(e, EPROTO,
			 x->exists[i] ? "the image does not hold /%s as it is on disk"
				      : "the image still holds /%s",
			 x->files[i].name);
}

/* Do the binds come before what would give the devices to other drivers? */
static int check_order(const struct initramfs_order *order, const struct str *text,
		       struct error *e)
{
	const char *first = strstr(str_c(text), order->first);
	const char *then = strstr(str_c(text), order->then);

	if (first && (!then || first < then))
		return 0;
	return error_set(e, EPROTO, "the image's /%s does not have %s before %s",
			 order->file, order->first, order->then);
}

/* Does the image, or its kernel, have each of these modules? */
static int check_modules(const struct setup *s, const char *version,
			 const struct strv *wanted, const struct strv *found,
			 struct error *e)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const char *name = wanted->v[i];
		bool is_there =
			module_state_of(s->c->host, version, name) == MODULE_BUILTIN;

		for (size_t k = 0; k < found->n && !is_there; k++)
			is_there = module_same_name(found->v[k], name);
		if (!is_there)
			return error_set(e, EPROTO, "the image lacks the module %s",
					 name);
	}
	return 0;
}

/* An image that takes longer to read is not verified: an error. */
#define READ_SECONDS 600

static int check_image(struct setup *s, size_t i, bool contents, struct error *e)
{
	const char *version = s->initramfs.versions.v[i],
		   *path = s->initramfs.images.v[i];
	CLEANUP(strv_done) struct strv modules = { 0 };
	size_t most = s->initramfs.n_own + s->plan.n + 1;
	CLEANUP(expected_done)
	struct expected x = { .files = xcalloc(most, sizeof(*x.files)),
			      .texts = xcalloc(most, sizeof(*x.texts)),
			      .exists = xcalloc(most, sizeof(*x.exists)) };
	struct initramfs_image image = { 0 };
	const struct initramfs_order *order = &s->initramfs.generator->bind_order;
	bool binds = contents && s->initramfs_wish.bind_drivers.n;
	int err;

	if (contents)
		expect_files(s, &x);
	strv_copy(&modules, &s->initramfs_wish.bind_drivers);
	if (s->initramfs_wish.early_bind)
		strv_add(&modules, "vfio-pci");
	/* Not compared with the disk, so it is not counted in n. */
	if (binds)
		x.files[x.n].name = xstrdup(order->file);
	err = initramfs_scan(s->c->host, path, x.files, x.n + binds, &modules,
			     READ_SECONDS, &image, e);
	if (err >= 0 && !image.complete)
		err = error_set(e, EPROTO, "the image is not whole: %s",
				image.why_not ? image.why_not : "unknown reason");
	for (size_t k = 0; err >= 0 && k < x.n; k++)
		err = check_file(&x, k, e);
	if (err >= 0 && binds)
		err = check_order(order, &x.files[x.n].contents, e);
	if (err >= 0 && contents)
		err = check_modules(s, version, &modules, &image.modules, e);
	if (err < 0)
		error_at(e, path, 0);
	initramfs_image_done(&image);
	return err;
}

int setup_verify_images(struct setup *s, bool contents, struct error *e)
{
	int err = 0;

	if (!s->rebuilds || s->initramfs.switched_off)
		return 0;
	/* Each of them was there when the plan was made: one that is gone is an error,
	 * too. */
	for (size_t i = 0; i < s->initramfs.versions.n && err >= 0; i++)
		err = check_image(s, i, contents, e);
	return err;
}
