/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: looking at the machine again, after the last step. */
#include <errno.h>

#include "cmd/setup_trial.h"
#include "policy/params.h"
#include "probe/initramfs.h"
#include "probe/modules.h"

/* The command lines that boot entries had before, to compare with after taking back. */
int setup_verify_unchanged(struct setup *s, struct error *e)
{
	struct boot_config now = { 0 };
	int err = s->loader->load(s->c->host, &s->facts, &now, e);

	if (err >= 0 && now.n != s->boot.n)
		err = error_set(e, EIO, "the boot menu has %zu entries, it had %zu",
				now.n, s->boot.n);
	for (size_t i = 0; err >= 0 && i < now.n; i++) {
		if (str_eq(now.v[i].options, s->boot.v[i].options))
			continue;
		err = error_set(
			e, EIO,
			"the boot entry '%s' has another command line than before",
			now.v[i].title ? now.v[i].title : now.v[i].id);
		error_at(e, now.v[i].source, now.v[i].line);
	}
	boot_config_done(&now);
	return err;
}

static const char *name_of(const struct boot_entry *entry)
{
	return entry->title ? entry->title : entry->id;
}

static const char *options_of(const struct boot_entry *entry)
{
	return entry->options ? entry->options : "";
}

/* An entry that was there, and whose kernel is, is still there. */
static void verify_entries(const struct setup *s, const struct boot_config *now,
			   struct strv *lacks)
{
	if (!now->n)
		strv_add(lacks, "the boot menu has no entries");
	else if (now->is_cut)
		strv_add(lacks, "the boot menu is cut off");
	for (size_t i = 0; i < s->boot.n; i++) {
		const struct boot_entry *was = &s->boot.v[i];
		bool found = false;

		for (size_t k = 0; k < now->n && !found; k++)
			found = str_eq(now->v[k].id, was->id);
		if (!found && boot_entry_is_normal(was) && was->kernel &&
		    host_exists(s->c->host, was->kernel))
			strv_addf(lacks, "the entry '%s' is gone", name_of(was));
	}
}

/* Where what is configured can't be proven: does one of its files speak of it? */
static bool is_written(const struct setup *s, const struct boot_config *now,
		       const char *param)
{
	for (size_t i = 0; i < now->configured_sources.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		if (host_read(s->c->host, now->configured_sources.v[i], HOST_MAX_CONFIG,
			      &text, NULL) < 0 ||
		    memmem(str_c(&text), text.len, param, strlen(param)))
			return true;
	}
	return false;
}

/* A parameter that was taken back is in no entry, unless somebody else configured it. */
static void verify_gone(const struct setup *s, const struct boot_config *now,
			const struct strv *configured, const struct boot_entry *entry,
			struct strv *lacks)
{
	const struct edit *ed = &s->undo->edit;
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(options_of(entry), strlen(options_of(entry)), &params);
	for (size_t i = 0; i < ed->n; i++) {
		const char *param = ed->v[i].param;

		if (ed->v[i].op != EDIT_ADD && cmdline_has(&params, param) &&
		    !cmdline_has(configured, param) &&
		    (now->configured || !is_written(s, now, param)))
			strv_addf(lacks, "the entry '%s' still has %s", name_of(entry),
				  param);
	}
}

/* Did the plan have the entry made anew? One that is edited itself was read back by
 * apply, and one whose program was not run is as it was found. */
static bool was_made(const struct setup *s, const struct boot_entry *entry)
{
	for (size_t i = 0; entry->is_generated && i < s->plan.n; i++) {
		const struct step *step = &s->plan.v[i];

		if (step->makes ||
		    (step->argv.n && s->boot.generate_command &&
		     str_starts(s->boot.generate_command, step->argv.v[0]) &&
		     (!step->kernel || str_eq(step->kernel, entry->version))))
			return true;
	}
	return false;
}

/* After taking back, the menu follows the restored files, which apply has read back.
 * (What slicer added may well be there still: by somebody else's hand.) */
static void verify_undone(const struct setup *s, const struct boot_config *now,
			  struct strv *lacks)
{
	CLEANUP(strv_done) struct strv configured = { 0 };

	if (now->configured)
		cmdline_split(now->configured, strlen(now->configured), &configured);
	for (size_t i = 0; i < now->n; i++) {
		const struct boot_entry *entry = &now->v[i];

		if (!boot_entry_is_normal(entry) || !was_made(s, entry))
			continue;
		if (now->configured &&
		    !boot_options_carry(options_of(entry), &configured))
			strv_addf(lacks, "the entry '%s' is not as configured",
				  name_of(entry));
		verify_gone(s, now, &configured, entry, lacks);
	}
}

/* Where the configuration was right already, the edit is empty: look for what is wanted.
 */
static void verify_wanted(const struct setup *s, const struct boot_config *now,
			  struct strv *lacks)
{
	for (size_t i = 0; i < now->n; i++) {
		CLEANUP(strv_done) struct strv missing = { 0 };

		if (!boot_entry_is_normal(&now->v[i]))
			continue;
		wanted_missing(&s->wanted, options_of(&now->v[i]), &missing);
		for (size_t k = 0; k < missing.n; k++)
			strv_addf(lacks, "the entry '%s' lacks %s", name_of(&now->v[i]),
				  missing.v[k]);
	}
}

/* Where the files could not be looked into, the menu shows what they say: a parameter
 * that switches the IOMMU off, and was not there before. */
static void verify_blockers(const struct setup *s, const struct boot_config *now,
			    struct strv *lacks)
{
	for (size_t i = 0; now->can_append && i < now->n; i++) {
		CLEANUP(strv_done) struct strv params = { 0 };
		const char *off;

		if (!boot_entry_is_normal(&now->v[i]))
			continue;
		cmdline_split(options_of(&now->v[i]), strlen(options_of(&now->v[i])),
			      &params);
		off = cmdline_blocks(&params, s->wish.vendor);
		if (off)
			strv_addf(lacks, "the entry '%s' has %s, out of %s",
				  name_of(&now->v[i]), off, now->configured_error.path);
	}
}

/*
 * A menu that programs made anew may have another default entry: a change that somebody
 * made before comes into force with it. That is no failure, but a person has to know
 * before the reboot.
 */
static void tell_default(struct setup *s, const struct boot_config *now)
{
	const struct boot_entry *was = boot_config_default(&s->boot);
	const struct boot_entry *is = boot_config_default(now);

	if (!was || !is || (str_eq(was->id, is->id) && str_eq(was->kernel, is->kernel)))
		return;
	plan_next(&s->plan,
		  "the default entry of the boot menu is another one now: \"%s\" (%s), "
		  "it was \"%s\" (%s). The programs brought into force what was changed "
		  "before; see that it is what you want to start",
		  name_of(is), is->kernel ? is->kernel : "kernel not known", name_of(was),
		  was->kernel ? was->kernel : "kernel not known");
}

static int verify_menu(struct setup *s, struct error *e)
{
	CLEANUP(strv_done) struct strv lacks = { 0 };
	CLEANUP(boot_config_done) struct boot_config now = { 0 };
	CLEANUP(free_char) char *text = NULL;
	int err = s->loader->load(s->c->host, &s->facts, &now, e);

	if (err < 0)
		return err;
	if (!s->undo)
		keep_entries(&now, &s->facts, s->wish.vendor, NULL);
	verify_entries(s, &now, &lacks);
	if (s->undo)
		verify_undone(s, &now, &lacks);
	else if (s->edit->n)
		boot_config_verify(&now, s->edit, &lacks);
	else
		verify_wanted(s, &now, &lacks);
	if (!s->undo)
		verify_blockers(s, &now, &lacks);
	if (!lacks.n) {
		tell_default(s, &now);
		return 0;
	}
	text = strv_join(&lacks, "\n");
	return error_set(e, EPROTO,
			 "the programs ended well, but their result is not right:\n%s",
			 text);
}

/* Those of modprobe.d that the plan changes: where slicer's own is copied, they are. */
static size_t add_modprobe(const struct setup *s, struct initramfs_file *files, size_t n,
			   size_t max, struct str *texts, bool *exists)
{
	for (size_t i = 0; i < s->plan.n && n < max; i++) {
		const char *path = s->plan.v[i].path;
		bool is_listed = false;

		if (!path || !str_starts(path, "/etc/modprobe.d/"))
			continue;
		for (size_t k = 0; k < n; k++)
			is_listed |= strcmp(files[k].name, path + 1) == 0;
		if (is_listed)
			continue;
		exists[n] = host_exists(s->c->host, path);
		host_read(s->c->host, path, HOST_MAX_CONFIG, &texts[n], NULL);
		files[n++] = (struct initramfs_file){ .name = xstrdup(path + 1) };
	}
	return n;
}

/* What the image must hold: slicer's own files that belong into it, as they are on disk,
 * and none that is not there. */
static size_t wanted_files(const struct setup *s, struct initramfs_file *files,
			   size_t max, struct str *texts, bool *exists)
{
	bool copies_modprobe = false;
	size_t n = 0;

	for (size_t i = 0; i < s->initramfs.n_own; i++) {
		const char *path = s->initramfs.own[i].path;
		const char *name = s->initramfs.own[i].in_image;

		if (!name || n == max)
			continue;
		copies_modprobe |= str_starts(path, "/etc/modprobe.d/");
		/* One that can't be read compares as empty, and so fails. */
		exists[n] = host_exists(s->c->host, path);
		host_read(s->c->host, path, HOST_MAX_CONFIG, &texts[n], NULL);
		files[n++] = (struct initramfs_file){ .name = xstrdup(name) };
	}
	return copies_modprobe ? add_modprobe(s, files, n, max, texts, exists) : n;
}

/* Do the binds come before what would give the devices to other drivers? */
static int check_order(const struct initramfs_order *order, const struct str *text,
		       struct error *e)
{
	const char *first = strstr(str_c(text), order->first);
	const char *then = strstr(str_c(text), order->then);

	if (first && (!then || first < then))
		return 0;
	return error_set(e, EPROTO, "in /%s of the image %s does not come before %s",
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

/* Each image may take this long to read: what is given up is not proven. */
#define READ_SECONDS 600

static int check_image(struct setup *s, size_t i, bool contents, struct error *e)
{
	const char *version = s->initramfs.versions.v[i],
		   *path = s->initramfs.images.v[i];
	CLEANUP(strv_done) struct strv modules = { 0 };
	struct initramfs_file files[12] = { 0 };
	struct str texts[12] = { 0 };
	bool exists[12] = { 0 };
	struct initramfs_image image = { 0 };
	const struct initramfs_order *order = &s->initramfs.generator->bind_order;
	bool binds = contents && s->initramfs_wish.bind_drivers.n;
	size_t n = contents ? wanted_files(s, files, ARRAY_SIZE(files) - 1, texts, exists)
			    : 0;
	int err;

	strv_copy(&modules, &s->initramfs_wish.bind_drivers);
	if (s->initramfs_wish.early_bind)
		strv_add(&modules, "vfio-pci");
	if (binds)
		files[n].name = xstrdup(order->file);
	err = initramfs_scan(s->c->host, path, files, n + binds, &modules, READ_SECONDS,
			     &image, e);
	if (err >= 0 && !image.complete)
		err = error_set(e, EPROTO, "the image is not whole: %s",
				image.why_not ? image.why_not : "unknown reason");
	for (size_t k = 0; err >= 0 && k < n; k++)
		if (files[k].found != exists[k] ||
		    (exists[k] && !str_same(&files[k].contents, &texts[k])))
			err = error_set(e, EPROTO,
					exists[k] ? "the image does not hold /%s as it "
						    "is on disk"
						  : "the image still holds /%s",
					files[k].name);
	if (err >= 0 && binds)
		err = check_order(order, &files[n].contents, e);
	if (err >= 0 && contents)
		err = check_modules(s, version, &modules, &image.modules, e);
	if (err < 0)
		error_at(e, path, 0);
	for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
		initramfs_file_done(&files[k]);
		str_done(&texts[k]);
	}
	initramfs_image_done(&image);
	return err;
}

void setup_products(const struct setup *s, struct products *ret)
{
	for (size_t i = 0; i < s->boot.n; i++) {
		const struct boot_entry *entry = &s->boot.v[i];

		products_add(ret, entry->version, entry->source);
		products_add(ret, entry->version, entry->kernel);
		for (size_t k = 0; k < entry->initrds.n; k++)
			products_add(ret, entry->version, entry->initrds.v[k]);
	}
	for (size_t i = 0; i < s->initramfs.images.n; i++)
		products_add(ret, s->initramfs.versions.v[i], s->initramfs.images.v[i]);
}

static int verify_images(struct setup *s, bool contents, struct error *e)
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

int setup_verify(void *data, bool rolled_back, struct error *e)
{
	struct setup *s = data;
	int err;

	if (rolled_back || s->kind == RUN_TRIAL || s->kind == RUN_END ||
	    s->kind == RUN_BIND || (s->kind == RUN_TAKE_OVER && !s->edit->n))
		err = setup_verify_unchanged(s, e);
	else
		err = verify_menu(s, e);
	if (err >= 0)
		err = setup_verify_trial(s, rolled_back, e);
	return err < 0 ? err : verify_images(s, !rolled_back, e);
}
