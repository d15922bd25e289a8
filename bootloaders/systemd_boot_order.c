/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which entry systemd-boot starts if nobody chooses: src/boot/boot.c of systemd,
 * config_select_default_entry() and boot_entry_compare(). */
#include "bootloaders/systemd_boot.h"

#include <errno.h>

static int compare_keys(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* Negative: a stands before b in the menu. Used-up entries are last, entries with a
 * sort-key before those without, newer before older. */
static int compare(const struct sdboot_entry *a, const struct sdboot_entry *b)
{
	const char *key_a = bls_get(&a->bls, "sort-key");
	const char *key_b = bls_get(&b->bls, "sort-key");
	int r = (int)a->is_bad - (int)b->is_bad;

	if (r == 0)
		r = (key_a == NULL) - (key_b == NULL);
	if (r == 0 && key_a && key_b) {
		const char *version_a = bls_get(&a->bls, "version");
		const char *version_b = bls_get(&b->bls, "version");

		r = compare_keys(key_a, key_b);
		if (r == 0)
			r = compare_keys(bls_get(&a->bls, "machine-id"),
					 bls_get(&b->bls, "machine-id"));
		if (r == 0)
			r = -bls_version_compare(version_a ? version_a : "",
						 version_b ? version_b : "");
	}
	return r ? r : -bls_version_compare(a->id, b->id);
}

/* The first one in menu order that pattern (NULL: any) matches; n if none. */
static size_t first_match(const struct sdboot *s, const char *pattern)
{
	size_t best = s->n;

	for (size_t i = 0; i < s->n; i++) {
		if (pattern && !bls_default_matches(pattern, s->v[i].id))
			continue;
		if (best == s->n || compare(&s->v[i], &s->v[best]) < 0)
			best = i;
	}
	return best;
}

/* The other that stands before v[best] (n: before all) in menu order and matches, NULL if
 * none. */
static const struct sdboot_entry *other_match(const struct sdboot *s, const char *pattern,
					      size_t best)
{
	const struct sdboot_entry *found = NULL;

	for (size_t i = 0; s->others && i < s->n_others; i++) {
		const struct sdboot_entry *other = &s->others[i];

		if ((!pattern || bls_default_matches(pattern, other->id)) &&
		    (best == s->n || compare(other, &s->v[best]) < 0) &&
		    (!found || compare(other, found) < 0))
			found = other;
	}
	return found;
}

/* Entries that the loader makes itself ("auto-windows", "auto-efi-shell") are not known
 * here: it may have this one. */
static bool is_automatic(const char *pattern)
{
	return str_starts(pattern, "auto-");
}

/* The value of "default" in loader.conf. The last one counts (config_defaults_load_
 * from_file()). While slicer's shelter stands, it is what slicer put last. */
static char *configured_default(const struct sdboot *s)
{
	CLEANUP(bls_done) struct bls conf = { 0 };
	CLEANUP(strv_done) struct strv values = { 0 };

	if (!s->conf_exists ||
	    bls_parse(str_c(&s->conf_text), s->conf_text.len, &conf, NULL) < 0)
		return NULL;
	bls_get_all(&conf, "default", &values);
	for (size_t i = values.n; i-- > 0;)
		if (strcmp(values.v[i], SDBOOT_SHELTER) != 0)
			return xstrdup(values.v[i]);
	return NULL;
}

void sdboot_load_patterns(const struct facts *f, struct sdboot *s)
{
	CLEANUP(free_char) char *conf = configured_default(s);
	const char *oneshot = f->efi.entry_oneshot;
	const char *patterns[] = { oneshot && !sdboot_is_trial(oneshot) ? oneshot : NULL,
				   f->efi.entry_default, conf };
	const char *selected = f->efi.entry_selected;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		const char *pattern = patterns[i];

		/* The entry that was chosen last: as a rule the one that runs now. */
		if (pattern && strcmp(pattern, "@saved") == 0)
			pattern = f->efi.entry_saved ? f->efi.entry_saved
				  : selected && !sdboot_is_trial(selected) ? selected
									   : NULL;
		if (pattern && *pattern)
			strv_add(&s->patterns, pattern);
	}
}

/* The default entry: its index, or n and, where it is one of the others, that one. Where
 * that can't be told *ret_unknown is the pattern. */
static size_t find_default(const struct sdboot *s, const struct sdboot_entry **ret_other,
			   const char **ret_unknown)
{
	/* In this order; what matches nothing is passed over. */
	for (size_t i = 0; i < s->patterns.n; i++) {
		const char *pattern = s->patterns.v[i];
		size_t found = first_match(s, pattern);

		*ret_other = other_match(s, pattern, found);
		if (*ret_other)
			return s->n;
		if (found < s->n)
			return found;
		if (is_automatic(pattern) ||
		    (s->has_images && str_ends(pattern, ".efi"))) {
			*ret_unknown = pattern;
			return s->n;
		}
	}
	/* Images sort in between by what is inside them. */
	if (s->has_images)
		return s->n;
	*ret_other = other_match(s, NULL, first_match(s, NULL));
	return *ret_other ? s->n : first_match(s, NULL);
}

size_t sdboot_default(const struct sdboot *s)
{
	const struct sdboot_entry *other = NULL;
	const char *unknown = NULL;

	return find_default(s, &other, &unknown);
}

void sdboot_mark_default(const struct sdboot *s, struct boot_config *c)
{
	struct boot_entry *entry = s->chosen < s->n ? &c->v[s->chosen] : NULL;

	if (!entry)
		return;
	entry->is_default = !entry->is_foreign;
	if (entry->is_foreign)
		strv_addf(&c->notes,
			  "the default entry \"%s\" starts another system: choose this "
			  "system's in the menu, or make it the default (bootctl "
			  "set-default ID)",
			  entry->title ? entry->title : entry->id);
}

void sdboot_note_default(const struct sdboot *s, struct boot_config *c)
{
	const struct sdboot_entry *other = NULL;
	const char *unknown = NULL;

	if (find_default(s, &other, &unknown) < s->n)
		return;
	if (other && !sdboot_image(&other->bls))
		strv_addf(&c->notes,
			  "the default entry is %s, which starts another program than a "
			  "Linux kernel",
			  other->path);
	else if (unknown && is_automatic(unknown))
		strv_addf(
			&c->notes,
			"the default entry is \"%s\", which systemd-boot makes by itself",
			unknown);
}

static void refuse_image(struct sdboot *s, const char *id)
{
	error_set(&s->refusal, EOPNOTSUPP,
		  "the default entry \"%s\" is a unified kernel image, whose "
		  "command line is inside it",
		  id);
	error_hint(&s->refusal, "add the parameters to /etc/kernel/cmdline and build the "
				"image anew (kernel-install add-all, mkinitcpio -P, or "
				"dracut --force --regenerate-all --uefi)");
}

void sdboot_check_default(struct sdboot *s)
{
	const struct sdboot_entry *other = NULL;
	const char *unknown = NULL;

	if (find_default(s, &other, &unknown) < s->n)
		return;
	if (other && sdboot_image(&other->bls))
		refuse_image(s, other->id);
	else if (unknown && str_ends(unknown, ".efi"))
		refuse_image(s, unknown);
}
