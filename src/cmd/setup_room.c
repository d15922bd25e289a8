/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: how much the plan writes, and where. */
#include "cmd/setup_room.h"

#include <errno.h>

#include "plan/journal.h"

/* The manifest, and what the programs say. */
#define JOURNAL_EXTRA ((uint64_t)256 << 10)
/* mkinitramfs puts together what goes into an image in /var/tmp, not compressed: images
 * of Debian and Ubuntu are about a third of that. */
#define UNPACKED 3
#define UNPACK_DIR "/var/tmp"

/* Cuts the last component off. */
static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path] = '\0';
}

/* The nearest directory or file above path that exists. */
static char *existing(const struct host *h, const char *path, struct stat *ret)
{
	char *at = xstrdup(path);

	while (host_stat(h, at, ret) < 0) {
		if (strlen(at) <= 1) {
			free(at);
			return NULL;
		}
		go_up(at);
	}
	return at;
}

static void add(const struct host *h, struct needs *n, enum need_kind kind,
		const char *path, uint64_t bytes)
{
	struct stat st;
	CLEANUP(free_char) char *at = existing(h, path, &st);

	if (at)
		needs_add(n, kind, st.st_dev, path, bytes);
}

static uint64_t size_of(const struct host *h, const char *path)
{
	struct stat st;

	return path && host_stat(h, path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void add_files(const struct setup *s, struct needs *n)
{
	uint64_t journal = JOURNAL_EXTRA;

	for (size_t i = 0; i < s->plan.n; i++) {
		const struct step *step = &s->plan.v[i];

		journal += step->before.len + step->after.len;
		if (step->kind == STEP_REPLACE)
			add(s->c->host, n, NEED_FILE, step->path, step->after.len);
	}
	add(s->c->host, n, NEED_FILE, JOURNAL_DIR, journal);
	for (size_t i = 0; i < s->plan.shelter.from.n; i++)
		add(s->c->host, n, NEED_FILE, s->plan.shelter.dir,
		    size_of(s->c->host, s->plan.shelter.from.v[i]));
}

static void add_images(const struct setup *s, struct needs *n)
{
	uint64_t largest = 0;

	if (!s->rebuilds || s->initramfs.switched_off)
		return;
	for (size_t i = 0; i < s->initramfs.images.n; i++) {
		const char *image = s->initramfs.images.v[i];
		uint64_t size = size_of(s->c->host, image);

		add(s->c->host, n, NEED_OUTPUT, image, size);
		largest = size > largest ? size : largest;
	}
	add(s->c->host, n, NEED_FILE, UNPACK_DIR, largest * UNPACKED);
}

/* The menu, or where the generator copies kernels and images, those of the largest entry.
 */
static void add_menu(const struct setup *s, struct needs *n)
{
	if (!s->boot.has_generator || !plan_has_programs(&s->plan))
		return;
	for (size_t i = 0; i < s->boot.n; i++) {
		const struct boot_entry *entry = &s->boot.v[i];
		uint64_t size = size_of(s->c->host, entry->source);

		if (entry->is_foreign)
			continue;
		if (!s->boot.copies_kernels) {
			add(s->c->host, n, NEED_OUTPUT, entry->source, size);
			continue;
		}
		size += size_of(s->c->host, entry->kernel);
		for (size_t k = 0; k < entry->initrds.n; k++)
			size += size_of(s->c->host, entry->initrds.v[k]);
		if (entry->kernel)
			add(s->c->host, n, NEED_OUTPUT, entry->kernel, size);
	}
}

/* How a person knows the filesystem: the topmost directory that is on it. */
static char *place_of(const struct host *h, const struct need *need)
{
	struct stat st;
	CLEANUP(free_char) char *at = existing(h, need->path, &st);
	char *top = at ? host_realpath(h, at) : NULL;

	while (top && strlen(top) > 1) {
		CLEANUP(free_char) char *parent = xstrdup(top);

		go_up(parent);
		if (host_stat(h, parent, &st) < 0 || st.st_dev != need->fs)
			break;
		free(top);
		top = take(parent);
	}
	return top;
}

static bool was_seen(const struct needs *n, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (n->v[k].fs == n->v[i].fs)
			return true;
	return false;
}

int setup_room(const struct setup *s, struct error *e)
{
	CLEANUP(needs_done) struct needs n = { 0 };
	int err = 0;

	add_files(s, &n);
	add_images(s, &n);
	add_menu(s, &n);
	for (size_t i = 0; i < n.n && err >= 0; i++) {
		CLEANUP(free_char) char *place = NULL;
		const struct need *largest;
		uint64_t need;
		long long have;

		if (was_seen(&n, i))
			continue;
		need = needs_on(&n, n.v[i].fs, &largest);
		place = place_of(s->c->host, largest);
		have = place ? host_free_bytes(s->c->host, place) : -ENOENT;
		/* What can't be asked is found out by writing. */
		if (have >= 0)
			err = refuse_room(place, need, (uint64_t)have, largest, e);
	}
	return err;
}
