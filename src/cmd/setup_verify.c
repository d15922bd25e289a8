/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup-iommu: looking at the machine again, after the last step. */
#include <errno.h>

#include "cmd/setup_trial.h"
#include "policy/params.h"

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
	return err < 0 ? err : setup_verify_images(s, !rolled_back, e);
}
