/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pci_early.h"

#include <errno.h>

#include "cmd/pci_take_over.h"
#include "cmd/setup.h"

/* ---- which devices ----------------------------------------------------------------- */

static bool is_touched(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].path, path))
			return true;
	return false;
}

/* The files as they will be, those with early=yes. Owned by the caller. */
struct early_list {
	struct bindfile *files;
	struct initramfs_bind *v; /* points into files */
	size_t n;
};

static void early_list_done(struct early_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		bindfile_done(&l->files[i]);
		free(l->v[i].address);
	}
	free(l->files);
	free(l->v);
}

static int compare_files(const void *a, const void *b)
{
	const struct bindfile *x = a, *y = b;

	return pci_address_compare(x->address, y->address);
}

/* Parses a copy of what is, or will be, in a file. */
static void add_early(struct early_list *ret, const struct str *text)
{
	struct bindfile f = { 0 };

	if (bindfile_parse(str_c(text), text->len, &f, NULL) < 0)
		return;
	if (f.early)
		ret->files[ret->n++] = f;
	else
		bindfile_done(&f);
}

static void list_early(const struct lasting *l, const struct plan *files,
		       struct early_list *ret)
{
	char address[PCI_ADDRESS_MAX];

	ret->files = xcalloc(l->list.n + files->n, sizeof(*ret->files));
	for (size_t i = 0; i < l->list.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		if (is_touched(files, l->list.v[i].path))
			continue;
		bindfile_print(&l->list.v[i].file, &text);
		add_early(ret, &text);
	}
	for (size_t i = 0; i < files->n; i++)
		if (files->v[i].kind == STEP_REPLACE)
			add_early(ret, &files->v[i].after);
	if (ret->n)
		qsort(ret->files, ret->n, sizeof(*ret->files), compare_files);
	ret->v = xcalloc(ret->n, sizeof(*ret->v));
	for (size_t i = 0; i < ret->n; i++) {
		struct bindfile *f = &ret->files[i];

		if (!f->driver)
			f->driver = xstrdup("vfio-pci");
		ret->v[i] = (struct initramfs_bind){
			.address = xstrdup(pci_address_format(f->address, address)),
			.id = f->id,
			.subsystem = f->subsystem,
			.ports = f->ports,
			.serial = f->serial,
			.force = f->force,
			.driver = f->driver,
		};
	}
}

static bool has_leftover(const struct host *h, const struct persisted_list *l)
{
	CLEANUP(strv_done) struct strv bound = { 0 }, leftover = { 0 };

	initramfs_bound(h, &bound);
	persist_leftover(l, &bound, &leftover);
	return leftover.n > 0;
}

bool early_is_changed(const struct host *h, const struct lasting *l, const struct move *m)
{
	if (has_leftover(h, &l->list))
		return true;
	for (size_t i = 0; i < l->list.n; i++)
		if (l->list.v[i].file.early && is_touched(&m->files, l->list.v[i].path))
			return true;
	for (size_t i = 0; i < m->files.n; i++) {
		const struct step *s = &m->files.v[i];

		if (s->kind == STEP_REPLACE && strstr(str_c(&s->after), "\nearly=yes\n"))
			return true;
	}
	return m->request.early;
}

/* ---- the initramfs ----------------------------------------------------------------- */

static int refuse_unfinished(struct setup *s, struct error *e)
{
	CLEANUP(records_done) struct records rs = { 0 };
	int err = journal_list(s->c->host, &rs, e);

	if (err >= 0)
		err = setup_check_journal(s, &rs, e);
	if (err < 0 || !records_choose(&rs, record_is_unfinished))
		return err;
	error_set(e, EBUSY, "an earlier run was interrupted, and not undone yet");
	/* Only in a dry run: else setup_recover_binds() has taken it back before. */
	if (records_interrupted_a_bind(&rs))
		error_hint(e, "without --dry-run it is undone first; "
			      "sudo slicer setup-iommu --status lists it");
	else
		error_hint(e, "sudo slicer setup-iommu undoes it and sets up again; "
			      "with --undo, it undoes this run and the whole set-up; "
			      "with --status, it lists the runs");
	return -EBUSY;
}

/* Images that a program copies for the boot loader would stay as they were. That keeps
 * nobody from taking a device out of the others. */
static int check_entries(struct setup *s, bool adds, struct error *e)
{
	for (size_t i = 0; i < s->boot.n; i++) {
		const struct boot_entry *entry = &s->boot.v[i];

		if (!boot_entry_is_normal(entry))
			continue;
		if (adds && !entry->initrds.n)
			return error_set(e, EOPNOTSUPP,
					 "the entry '%s' names no initramfs image",
					 entry->title ? entry->title : entry->id);
		for (size_t k = 0; k < entry->initrds.n; k++) {
			if (strv_has(&s->initramfs.images, entry->initrds.v[k]))
				continue;
			if (adds)
				return error_set(e, EOPNOTSUPP,
						 "the boot loader starts %s, which is "
						 "no image of %s's",
						 entry->initrds.v[k],
						 s->initramfs.generator->name);
			plan_warn(&s->plan,
				  "the boot loader starts %s, which is no image of "
				  "%s's: it stays as it is",
				  entry->initrds.v[k], s->initramfs.generator->name);
		}
	}
	return 0;
}

static int refuse_switched_off(const struct initramfs_config *c, struct error *e)
{
	error_set(e, EPERM, "the initramfs images are not rebuilt: %s", c->switched_off);
	error_hint(e, "set update_initramfs=yes there; --persist alone binds devices "
		      "after the initramfs");
	return -EPERM;
}

static bool knows_binds(const struct setup *s)
{
	return s->initramfs.generator && s->initramfs.generator->plan_bind;
}

/* Another generator made none of the images that bind. */
static int warn_of_others(struct setup *s)
{
	plan_warn(&s->plan,
		  "no image is rebuilt: slicer can't do that with this host's initramfs "
		  "generator (%s); one that initramfs-tools made may still bind",
		  s->initramfs.generator ? s->initramfs.generator->name : "none known");
	return 0;
}

/* adds: devices are given to the initramfs, and not only taken out of it. */
static int check_generator(struct setup *s, bool adds, struct error *e)
{
	const struct initramfs_config *c = &s->initramfs;
	int err = -EOPNOTSUPP;

	if (!adds && !knows_binds(s))
		return warn_of_others(s);
	if (!c->generator)
		error_set(e, EOPNOTSUPP, "no initramfs generator was recognised");
	else if (!c->generator->plan_bind)
		error_set(e, EOPNOTSUPP, "slicer can't put binds into the images of %s",
			  c->generator->name);
	else if (c->switched_off)
		return refuse_switched_off(c, e);
	else if (adds && !c->images.n)
		error_set(e, EOPNOTSUPP,
			  "no kernel of the boot menu has an initramfs image");
	else
		err = check_entries(s, adds, e);
	if (err < 0)
		error_hint(e, "--persist alone binds the devices after the initramfs");
	return err;
}

/* Appends steps, of which sysfs is not written by the plan: these are to be shown. */
static void take_steps(const struct plan *files, struct plan *ret)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct step *s = &files->v[i];

		if (s->kind == STEP_REPLACE)
			plan_take_file(ret, files, s->path);
		else if (s->kind == STEP_REMOVE)
			plan_remove(ret, s->path, &s->before, s->why);
		else if (s->kind == STEP_SYSFS)
			plan_sysfs(ret, s->path, s->existed ? str_c(&s->before) : NULL,
				   str_c(&s->after), s->why);
		else
			plan_run_with_undo(ret, (const char *const *)s->argv.v,
					   (const char *const *)s->undo.v, s->timeout_s,
					   s->why);
	}
}

/* A device whose driver is not there would have none at all after the next boot. */
static int check_drivers(const struct setup *s, struct error *e)
{
	const struct strv *drivers = &s->initramfs_wish.bind_drivers;

	for (size_t i = 0; i < s->initramfs.versions.n; i++)
		for (size_t k = 0; k < drivers->n; k++) {
			const char *version = s->initramfs.versions.v[i];
			enum module_state state =
				module_state_of(s->c->host, version, drivers->v[k]);

			if (state == MODULE_LOADABLE || state == MODULE_BUILTIN)
				continue;
			error_set(e, ENOENT, "the kernel %s has no driver %s", version,
				  drivers->v[k]);
			error_hint(e,
				   "--driver takes the name of a module of each kernel "
				   "that the boot menu can start");
			return -ENOENT;
		}
	return 0;
}

/* The files, and the images that bind what they say. */
static int plan_images(struct setup *s, const struct lasting *l, const struct move *m,
		       struct error *e)
{
	CLEANUP(early_list_done) struct early_list devices = { 0 };
	int err = check_generator(s, m->request.early, e);

	if (err < 0)
		return err;
	list_early(l, &m->files, &devices);
	for (size_t i = 0; i < devices.n; i++)
		strv_add_unique(&s->initramfs_wish.bind_drivers, devices.v[i].driver);
	if (m->request.early)
		err = check_drivers(s, e);
	if (err < 0)
		return err;
	return knows_binds(s)
		       ? s->initramfs.generator->plan_bind(&s->initramfs, devices.v,
							   devices.n, &s->plan, e)
		       : 0;
}

/* Returns 1 where neither the images nor what else binds the devices change. */
static int make_plan(struct setup *s, const struct pci_devices *all,
		     const struct lasting *l, struct move *m, struct edit *edit,
		     struct error *e)
{
	CLEANUP(strv_done) struct strv versions = { 0 };
	bool is_early = early_is_changed(s->c->host, l, m);
	int err;

	take_steps(&m->files, &s->plan);
	boot_config_versions(&s->boot, &versions);
	err = setup_choose_initramfs(s, &versions, e);
	if (err >= 0 && is_early)
		err = plan_images(s, l, m, e);
	if (err >= 0 && m->take_over)
		err = take_over_make(s, all, m, edit, e);
	if (err < 0)
		return err;
	if (!is_early && err == 0)
		return 1;
	s->rebuilds = plan_runs_again(&s->plan);
	strv_copy(&s->plan.warnings, &m->drivers.warnings);
	plan_order(&s->plan);
	if (!m->request.later)
		strv_copy(&s->plan.next, &m->drivers.next);
	if (m->dry_run && !m->request.later)
		take_steps(&m->drivers, &s->plan);
	return setup_choose_shelter(s, e);
}

/* A device whose file could not be changed keeps its driver. */
static int move_drivers(struct setup *s, struct error *e)
{
	const struct move *m = s->move;
	int err = 0;

	if (!m->request.later)
		err = bind_apply(s->c->host, &m->request, &m->drivers, e);
	if (err < 0 && e)
		e->rolled_back = false; /* the files stay as they are now */
	return err;
}

int early_carry_out(const struct context *c, const struct pci_devices *all,
		    const struct lasting *l, struct move *m, struct error *e)
{
	const struct setup_options o = { .yes = m->yes || !m->take_over,
					 .dry_run = m->dry_run,
					 .force = m->request.force };
	CLEANUP(edit_done) struct edit edit = { 0 };
	struct setup s = { .c = c, .o = &o, .lock = -1, .edit = &edit, .move = m };
	int status = 0, err = setup_look(&s, e);

	s.kind = RUN_BIND;
	strv_copy(&s.recovered, &m->recovered);
	if (err >= 0)
		err = refuse_unfinished(&s, e);
	if (err >= 0)
		err = make_plan(&s, all, l, m, &edit, e);
	if (err == 0)
		err = setup_carry_out(&s, move_drivers, &status, e);
	if (err == 0 && !m->dry_run && setup_shows_text(&s))
		move_print_devices(c, m);
	setup_done(&s);
	return err;
}
