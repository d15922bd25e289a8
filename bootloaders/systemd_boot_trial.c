/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry that systemd-boot starts once: a copy of the default one beside it, and the
 * variable LoaderEntryOneShot, which systemd-boot deletes when it reads it
 * (src/boot/boot.c, config_load_defaults()). The copy must not become the default by its
 * place in the menu.
 */
#include "bootloaders/systemd_boot.h"

#include <errno.h>
#include <strings.h>

#define EFIVARS "/sys/firmware/efi/efivars"
#define HEAD                                                                             \
	"# slicer: an entry for one trial boot, taken away by "                          \
	"'slicer setup-iommu --confirm' or '--undo'\n"
#define FEATURE_ONESHOT (1u << 3) /* docs/BOOT_LOADER_INTERFACE.md */
#define BOOTCTL_TIMEOUT_S 60

/* Where no entry has a sort-key, the one whose name is "newest" is the default: the
 * second name is older than nearly every other. */
static const char *const names[] = { "slicer-trial.conf", "aa-slicer-trial.conf" };

bool sdboot_is_trial(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i], id) == 0)
			return true;
	return false;
}

/* The beginning of such a name, not the whole. */
static bool is_cut_trial(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (*id && strlen(id) < strlen(names[i]) && str_starts(names[i], id))
			return true;
	return false;
}

/* ---- loading
 * ---------------------------------------------------------------------------------- */

void sdboot_add_trial(const struct host *h, const char *dir, const char *file,
		      struct sdboot *s)
{
	struct sdboot_entry entry = { .path = xasprintf("%s/%s", dir, file),
				      .id = bls_entry_id(file) };
	CLEANUP(str_done) struct str text = { 0 };

	if (host_read(h, entry.path, HOST_MAX_CONFIG, &text, &s->trial_refusal) < 0) {
		sdboot_entry_done(&entry);
		return;
	}
	/* What is no entry any more is still to be taken away. */
	if (bls_parse(str_c(&text), text.len, &entry.bls, NULL) < 0)
		str_set(&entry.bls.text, str_c(&text), text.len);
	s->trials = xgrow(s->trials, s->n_trials, &s->trials_cap, sizeof(*s->trials));
	s->trials[s->n_trials++] = entry;
}

static void fill_entry(const struct sdboot_entry *from, struct boot_entry *entry)
{
	const char *title = bls_get(&from->bls, "title");

	entry->id = xstrdup(from->id);
	entry->title = xstrdup(title ? title : from->id);
	entry->options = bls_options(&from->bls);
	entry->source = xstrdup(from->path);
	entry->is_foreign = true;
	for (size_t i = 0; i < from->bls.n && !entry->line; i++)
		if (str_eq(from->bls.v[i].key, "options"))
			entry->line = from->bls.v[i].line;
}

static void refuse(struct error *e, const char *why, const char *path)
{
	error_set(e, ENOTSUP, "there can be no trial boot here: %s", why);
	error_at(e, path, 0);
	error_hint(e, "without --trial the change is made for good, and --undo takes it "
		      "back; 'e' in the loader's menu tries parameters once by hand");
}

/* Does the loader call entries by their whole file name? Old ones left ".conf" out, and
 * the variable has to hold what it compares with. */
static bool has_short_ids(const struct facts *f)
{
	const char *id = f->efi.entry_selected;

	return id && !str_ends(id, ".conf") && !str_ends(id, ".efi") &&
	       !str_starts(id, "auto-");
}

static void check_loader(const struct host *h, const struct facts *f, struct error *e)
{
	CLEANUP(free_char) char *bootctl = host_find_program(h, "bootctl");
	const char *info = f->efi.loader_info, *next = f->efi.entry_oneshot;
	CLEANUP(free_char) char *why = NULL;

	if (!f->efi.readable) {
		why = xasprintf("EFI variables can't be read (%s)",
				f->efi.why_not ? f->efi.why_not : "unknown reason");
		refuse(e, why, NULL);
	} else if (!info || !str_starts(info, "systemd-boot ")) {
		refuse(e, "systemd-boot did not start this system", NULL);
	} else if (!(f->efi.loader_features & FEATURE_ONESHOT)) {
		refuse(e,
		       "this systemd-boot does not know entries that are started once "
		       "(LoaderFeatures)",
		       NULL);
	} else if (has_short_ids(f)) {
		refuse(e, "this systemd-boot is too old", NULL);
	} else if (next && !sdboot_is_trial(next) && !is_cut_trial(next)) {
		error_set(e, EBUSY,
			  "the next boot is already meant for another entry: %s", next);
		error_hint(e, "reboot first, or: bootctl set-oneshot \"\"");
	} else if (host_is_live(h) && host_can_write(h, EFIVARS) == -EROFS) {
		refuse(e, "efivarfs is mounted read-only", EFIVARS);
	} else if (host_is_live(h) && !bootctl) {
		refuse(e, "bootctl is not installed", NULL);
	}
}

static void check_default(const struct boot_config *c, const struct sdboot *s,
			  struct error *e)
{
	if (s->chosen >= s->n)
		refuse(e, "which entry boots by default can't be told", NULL);
	else if (!boot_entry_is_normal(&c->v[s->chosen]))
		refuse(e, "the default entry is not one for normal boots of this system",
		       s->v[s->chosen].path);
}

void sdboot_load_trial(const struct host *h, const struct facts *f,
		       struct boot_config *ret)
{
	struct sdboot *s = ret->priv;
	struct error *e = &s->trial_refusal;
	const char *next = f->efi.entry_oneshot;

	ret->trial_pending = next && sdboot_is_trial(next);
	s->one_shot_is_cut = next && is_cut_trial(next);
	for (size_t i = 0; i < s->n_trials; i++) {
		if (ret->trial && !(next && strcasecmp(s->trials[i].id, next) == 0))
			continue;
		if (!ret->trial)
			ret->trial = xcalloc(1, sizeof(*ret->trial));
		else
			boot_entry_done(ret->trial);
		fill_entry(&s->trials[i], ret->trial);
	}
	if (s->refusal.code != ERROR_NONE)
		*e = s->refusal;
	if (e->code == ERROR_NONE)
		check_loader(h, f, e);
	if (e->code == ERROR_NONE)
		check_default(ret, s, e);
}

/* ---- steps
 * ------------------------------------------------------------------------------------ */

/* The default entry with another title, without a sort-key: entries that have one come
 * first. */
static void add_renamed(const struct bls *b, const char *id, struct str *ret)
{
	bool has_title = false;

	str_add(ret, HEAD);
	if (!bls_get(b, "title"))
		str_addf(ret, "title %s (slicer trial)\n", id);
	for (size_t i = 0; i < b->n; i++) {
		const struct bls_line *line = &b->v[i];

		if (str_eq(line->key, "sort-key") ||
		    (str_eq(line->key, "title") && (has_title || !*line->value)))
			continue;
		if (str_eq(line->key, "title")) {
			str_addf(ret, "title %s (slicer trial)\n", line->value);
			has_title = true;
		} else {
			str_addn(ret, b->text.s + line->start, line->end - line->start);
		}
	}
}

/* The old parameters with ed applied, and the same kernel and initrds? */
static bool is_right(const struct bls *old, const struct bls *new, const struct edit *ed)
{
	CLEANUP(strv_done) struct strv want = { 0 }, have = { 0 };
	CLEANUP(strv_done) struct strv files = { 0 }, old_files = { 0 };
	CLEANUP(free_char) char *options = bls_options(old), *new_options = NULL;

	new_options = bls_options(new);
	cmdline_split(options, strlen(options), &want);
	edit_apply_params(ed, &want);
	cmdline_split(new_options, strlen(new_options), &have);
	bls_get_all(old, "linux", &old_files);
	bls_get_all(old, "initrd", &old_files);
	bls_get_all(new, "linux", &files);
	bls_get_all(new, "initrd", &files);
	return strv_same(&want, &have) && strv_same(&files, &old_files);
}

static int make_entry(const struct sdboot_entry *from, const struct edit *ed,
		      struct sdboot_entry *ret, struct error *e)
{
	CLEANUP(bls_done) struct bls edited = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };
	CLEANUP(strv_done) struct strv params = { 0 };
	CLEANUP(free_char) char *options = bls_options(&from->bls);
	CLEANUP(str_done) struct str text = { 0 }, renamed = { 0 };
	int r = edit_check_safe(ed, e);

	if (r < 0)
		return r;
	cmdline_split(options, strlen(options), &params);
	edit_complete(ed, &params, &own);
	bls_edit(&from->bls, &own, &text);
	r = bls_parse(str_c(&text), text.len, &edited, e);
	if (r < 0)
		return r;
	add_renamed(&edited, from->id, &renamed);
	r = bls_parse(str_c(&renamed), renamed.len, &ret->bls, e);
	if (r == 0 && !is_right(&from->bls, &ret->bls, &own)) {
		r = error_set(e, ENOTSUP,
			      "the options of this entry can't be edited with "
			      "certainty");
		error_at(e, from->path, 0);
	}
	return r;
}

/* Is the same entry the default with this one in the menu? */
static bool keeps_default(const struct sdboot *s, const struct sdboot_entry *entry)
{
	struct sdboot with = *s;
	bool keeps;

	with.v = xcalloc(s->n + 1, sizeof(*with.v));
	memcpy(with.v, s->v, s->n * sizeof(*with.v));
	with.v[with.n++] = *entry;
	keeps = sdboot_default(&with) == s->chosen;
	free(with.v);
	return keeps;
}

/* Finds a name under which it is not the default. */
static int name_entry(const struct sdboot *s, struct sdboot_entry *entry, struct error *e)
{
	const char *beside = s->v[s->chosen].path;
	int dir = (int)(path_base(beside) - beside);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		free(entry->id);
		free(entry->path);
		entry->id = xstrdup(names[i]);
		entry->path = xasprintf("%.*s%s", dir, beside, names[i]);
		if (keeps_default(s, entry))
			return 0;
	}
	error_set(e, ENOTSUP, "the trial's entry would become the default one");
	error_hint(e, "name the default in loader/loader.conf: default %s",
		   s->v[s->chosen].id);
	return -ENOTSUP;
}

static void plan_entry(const struct sdboot *s, const struct sdboot_entry *entry,
		       const char *why, struct plan *ret)
{
	const struct sdboot_entry *old = NULL;
	static const struct str none;

	for (size_t i = 0; i < s->n_trials; i++) {
		if (strcasecmp(s->trials[i].path, entry->path) == 0)
			old = &s->trials[i];
		else
			plan_remove(ret, s->trials[i].path, &s->trials[i].bls.text,
				    "an earlier trial boot's entry");
	}
	plan_replace(ret, old ? old->path : entry->path, old != NULL,
		     old ? &old->bls.text : &none, &entry->bls.text, 0644, why);
}

int sdboot_plan_trial(const struct boot_config *c, const struct edit *ed, const char *id,
		      struct plan *ret, struct error *e)
{
	const struct sdboot *s = c->priv;
	CLEANUP(sdboot_entry_done) struct sdboot_entry entry = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };
	CLEANUP(free_char) char *how = boot_edit_describe(ed);
	CLEANUP(free_char)
	char *why = xasprintf("an entry for one trial boot beside the others: %s", how);
	int r;

	if (s->trial_refusal.code != ERROR_NONE) {
		if (e)
			*e = s->trial_refusal;
		return -ENOTSUP;
	}
	boot_trial_edit(ed, id, &own);
	r = make_entry(&s->v[s->chosen], &own, &entry, e);
	if (r == 0)
		r = name_entry(s, &entry, e);
	if (r < 0)
		return r;
	plan_entry(s, &entry, why, ret);
	if (c->trial_pending && c->trial && strcasecmp(c->trial->id, entry.id) == 0)
		return 0;
	plan_run_with_undo(
		ret, (const char *const[]){ "bootctl", "set-oneshot", entry.id, NULL },
		(const char *const[]){ "bootctl", "set-oneshot", "", NULL },
		BOOTCTL_TIMEOUT_S,
		"makes systemd-boot start that entry once, at the next boot");
	return 0;
}

int sdboot_plan_trial_end(const struct boot_config *c, struct plan *ret, struct error *e)
{
	const char *const forget[] = { "bootctl", "set-oneshot", "", NULL };
	const struct sdboot *s = c->priv;

	(void)e;
	if (s->one_shot_is_cut)
		plan_run_with_undo(ret, forget, forget, BOOTCTL_TIMEOUT_S,
				   "removes what a failed program left of a trial boot");
	if (c->trial_pending)
		plan_run_with_undo(
			ret, forget,
			(const char *const[]){ "bootctl", "set-oneshot",
					       c->trial ? c->trial->id : names[0], NULL },
			BOOTCTL_TIMEOUT_S, "makes systemd-boot forget the trial boot");
	for (size_t i = 0; i < s->n_trials; i++)
		plan_remove(ret, s->trials[i].path, &s->trials[i].bls.text,
			    "takes the trial boot's entry away");
	return 0;
}
