/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that bring an edit to systemd-boot's entries, and to those of kernels to
 * come. */
#include "bootloaders/systemd_boot.h"

#include <errno.h>

static bool has_param(const struct strv *params, const char *name)
{
	return cmdline_last(params, name) != NULL;
}

/* Parameters of a that b has not, joined; "" if none. Owned by the caller. */
static char *difference(const struct strv *a, const struct strv *b)
{
	CLEANUP(strv_done) struct strv rest = { 0 };

	for (size_t i = 0; i < a->n; i++)
		if (!strv_has(b, a->v[i]))
			strv_add(&rest, a->v[i]);
	return strv_join(&rest, " ");
}

/* ---- entries written by hand
 * ----------------------------------------------------------- */

/* The new text of an entry. Returns whether it differs. */
static bool edit_entry(const struct sdboot_entry *entry, const char *options,
		       const struct edit *ed, struct str *ret)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };

	cmdline_split(options, strlen(options), &params);
	edit_complete(ed, &params, &own);
	bls_edit(&entry->bls, &own, ret);
	return !str_same(ret, &entry->bls.text);
}

/* What the edit comes to in an entry: less is added to one that has some of it already,
 * and that is not taken away from it later. */
static void effect_on(const struct edit *ed, const char *options, struct edit *ret)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(options, strlen(options), &params);
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];
		bool has = cmdline_has(&params, it->param);

		if (it->op == EDIT_REPLACE && !has && !cmdline_has(&params, it->to))
			edit_push(ret, EDIT_ADD, it->to, NULL);
		else if ((it->op == EDIT_ADD) != has)
			edit_push(ret, it->op, it->param, it->to);
	}
}

static void plan_entry(const struct sdboot_entry *entry, const char *options,
		       const struct edit *ed, struct plan *ret)
{
	CLEANUP(free_char) char *how = boot_edit_describe(ed);
	CLEANUP(free_char) char *why = xasprintf("boot entry %s: %s", entry->id, how);
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(edit_done) struct edit own = { 0 };

	if (edit_entry(entry, options, ed, &text))
		plan_replace(ret, entry->path, true, &entry->bls.text, &text, 0644, why);
	effect_on(ed, options, &own);
	plan_edit_was(ret, entry->path, &own);
}

/* ---- entries of kernel-install's
 * --------------------------------------------------------- */

/* The file as it is to be: one line without comments, because not every reader of it
 * knows comments or further lines (60-ukify.install of systemd 257). A file that is so
 * already keeps its bytes. */
static void edit_text(const struct sdboot *s, const struct edit *ed, struct str *ret)
{
	CLEANUP(free_char) char *line = strv_join(&s->params, " ");
	const char *nl = memchr(str_c(&s->text), '\n', s->text.len);
	bool is_one_line = !nl || nl + 1 == s->text.s + s->text.len;

	if (s->source == SDBOOT_ETC && is_one_line && s->params.n) {
		edit_apply(ed, str_c(&s->text), s->text.len, true, ret);
		return;
	}
	edit_apply(ed, line, strlen(line), true, ret);
	str_addc(ret, '\n');
}

static int refuse_creation(const struct error *why, struct error *e)
{
	if (e) {
		*e = *why;
		error_at(e, SDBOOT_CMDLINE, 0);
		error_hint(
			e,
			"write the command line of a normal boot into %s yourself (one "
			"line, root=... included), then try again",
			SDBOOT_CMDLINE);
	}
	return -ENOTSUP;
}

/*
 * A file that is made whole is what every later kernel boots with: it must be that of a
 * normal boot, know its root, and say what the entry says that boots now.
 */
static int check_creation(const struct boot_config *c, const struct sdboot *s,
			  const struct edit *ed, const struct strv *want, struct error *e)
{
	CLEANUP(strv_done) struct strv all = { 0 }, entry = { 0 };
	CLEANUP(free_char) char *more = NULL, *less = NULL;
	const char *options = c->v[s->reference].options;
	const char *rescue = boot_rescue_param(want);
	struct error why = { 0 };

	if (rescue) {
		error_set(&why, ENOTSUP,
			  "it does not exist, and this boot is not normal (%s)", rescue);
		return refuse_creation(&why, e);
	}
	if (!has_param(want, "root")) {
		error_set(&why, ENOTSUP,
			  "it does not exist, and the command line to start from has no "
			  "root=");
		return refuse_creation(&why, e);
	}
	cmdline_split(options, strlen(options), &all);
	boot_filter(&all, &entry);
	edit_apply_params(ed, &entry);
	more = difference(want, &entry);
	less = difference(&entry, want);
	if (!*more && !*less)
		return 0;
	error_set(&why, ENOTSUP,
		  "it does not exist, and this boot's command line is not that of entry "
		  "\"%s\" (only here: \"%s\"; only there: \"%s\")",
		  c->v[s->reference].id, more, less);
	return refuse_creation(&why, e);
}

/* Does the entry hold what kernel-install would give it, and no more (what was taken out
 * of the configuration)? Versions before 253 take comments for parameters too. */
static bool is_current(const struct sdboot *s, const char *options,
		       const struct strv *want, bool changed)
{
	CLEANUP(strv_done) struct strv all = { 0 }, params = { 0 }, wanted = { 0 };
	CLEANUP(strv_done) struct strv raw = { 0 }, raw_wanted = { 0 };
	CLEANUP(free_char) char *filtered = NULL;

	cmdline_split(options, strlen(options), &all);
	boot_filter(&all, &params);
	boot_filter(want, &wanted);
	filtered = strv_join(&params, " ");
	if (params.n == wanted.n && boot_options_carry(filtered, &wanted))
		return true;
	if (changed || s->source == SDBOOT_RUNNING || s->source == SDBOOT_ENTRY)
		return false;
	cmdline_split(str_c(&s->text), s->text.len, &raw);
	boot_filter(&raw, &raw_wanted);
	return params.n == raw_wanted.n && boot_options_carry(filtered, &raw_wanted);
}

/* The entries that have to be made again, by index. */
static void find_stale(const struct boot_config *c, const struct sdboot *s,
		       const struct strv *want, bool changed, bool *ret_stale,
		       bool *ret_any)
{
	for (size_t i = 0; i < s->n; i++) {
		ret_stale[i] = s->v[i].regenerate.n &&
			       !is_current(s, c->v[i].options, want, changed);
		*ret_any |= ret_stale[i];
	}
}

/* Where the system is and how it is unlocked: a configuration that says otherwise than
 * the entry that booted so far (a cloned disk, an old file) would strand the machine. */
static int check_same_disk(const struct boot_config *c, const struct sdboot_entry *entry,
			   const struct strv *now, const struct strv *want,
			   struct error *e)
{
	static const char *const names[] = { "root",	     "rootflags",
					     "rd.luks.uuid", "rd.luks.name",
					     "cryptdevice",  "rd.lvm.lv" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *a = cmdline_last(now, names[i]);
		const char *b = cmdline_last(want, names[i]);

		if (!a || str_eq(a, b))
			continue;
		error_set(e, ENOTSUP, "entry \"%s\" would change from %s=%s to %s%s%s",
			  entry->id, names[i], a, b ? names[i] : "none", b ? "=" : "",
			  b ? b : "");
		error_at(e,
			 c->configured_sources.n ? c->configured_sources.v[0]
						 : SDBOOT_CMDLINE,
			 0);
		error_hint(e, "which one is right? Make %s and %s agree first",
			   SDBOOT_CMDLINE, entry->path);
		return -ENOTSUP;
	}
	return 0;
}

/* What else making the entry anew does to it: hand edits of a generated entry go away. */
static void tell_difference(const struct sdboot_entry *entry, const struct strv *params,
			    const struct edit *ed, const struct strv *want,
			    struct plan *ret)
{
	CLEANUP(strv_done) struct strv now = { 0 }, then = { 0 };
	CLEANUP(free_char) char *less = NULL;

	boot_filter(params, &now);
	boot_filter(want, &then);
	edit_apply_params(ed, &now);
	less = difference(&now, &then);
	if (*less)
		plan_warn(ret, "entry %s loses \"%s\": %s does not have it", entry->id,
			  less, SDBOOT_CMDLINE);
}

/* Would it boot no more? */
static int check_regenerate(const struct boot_config *c, const struct sdboot *s, size_t i,
			    const struct edit *ed, const struct strv *want,
			    struct plan *ret, struct error *e)
{
	const struct sdboot_entry *entry = &s->v[i];
	CLEANUP(strv_done) struct strv params = { 0 };
	int r;

	cmdline_split(c->v[i].options, strlen(c->v[i].options), &params);
	if (has_param(&params, "root") && !has_param(want, "root")) {
		error_set(e, ENOTSUP, "entry \"%s\" would lose its root=", entry->id);
		error_at(e, c->configured_sources.v[0], 0);
		error_hint(e, "add the root=... of %s to %s", entry->path,
			   SDBOOT_CMDLINE);
		return -ENOTSUP;
	}
	r = check_same_disk(c, entry, &params, want, e);
	if (r < 0)
		return r;
	tell_difference(entry, &params, ed, want, ret);
	if (entry->trouble) {
		error_set(e, ENOENT, "%s", entry->trouble);
		error_at(e, entry->path, 0);
		error_hint(e, "make it first: update-initramfs -c -k %s",
			   c->v[i].version);
		return -ENOENT;
	}
	return 0;
}

static int plan_regenerate(const struct boot_config *c, const struct sdboot *s,
			   const struct edit *ed, const struct strv *want,
			   const bool *stale, struct plan *ret, struct error *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sdboot_entry *entry = &s->v[i];
		int r;

		if (!stale[i])
			continue;
		r = check_regenerate(c, s, i, ed, want, ret, e);
		if (r < 0)
			return r;
		/* Without /etc/kernel/tries the new file has another name than this one.
		 */
		if (entry->is_counted)
			plan_entry(entry, c->v[i].options, ed, ret);
		plan_run_for(ret, c->v[i].version,
			     (const char *const *)entry->regenerate.v, 0,
			     "writes this kernel's boot entry again");
	}
	return 0;
}

/* Are there lines that are left out when the file becomes one? */
static bool has_comments(const struct str *text)
{
	const char *line;
	size_t pos = 0, n;

	while (next_line(str_c(text), text->len, &pos, &line, &n))
		if (n && line[strspn(line, " \t")] == '#')
			return true;
	return false;
}

/* Where there is no file, kernel-install takes the running kernel's command line: in a
 * trial boot, the trial's. Taking back needs the entry's own. */
static void plan_meanwhile_entry(const struct boot_config *c, const struct sdboot *s,
				 struct plan *ret)
{
	CLEANUP(strv_done) struct strv all = { 0 }, params = { 0 };
	CLEANUP(free_char) char *line = NULL;
	CLEANUP(str_done) struct str text = { 0 };
	const char *options = s->reference < c->n ? c->v[s->reference].options : NULL;

	if (!options)
		return;
	cmdline_split(options, strlen(options), &all);
	boot_filter(&all, &params);
	line = strv_join(&params, " ");
	str_addf(&text, "%s\n", line);
	plan_meanwhile(ret, SDBOOT_CMDLINE, &text);
}

static void plan_file(const struct boot_config *c, const struct sdboot *s,
		      const struct edit *ed, struct plan *ret)
{
	CLEANUP(free_char) char *how = boot_edit_describe(ed);
	CLEANUP(free_char)
	char *why = xasprintf(
		"kernel parameters of the entries that kernel-install makes: %s",
		*how ? how : "those of this boot");
	CLEANUP(str_done) struct str text = { 0 };
	bool existed = s->source == SDBOOT_ETC;

	edit_text(s, ed, &text);
	if (existed && has_comments(&s->text))
		plan_warn(ret,
			  "comments in %s are left out: not all that read it know them",
			  SDBOOT_CMDLINE);
	plan_replace(ret, SDBOOT_CMDLINE, existed, &s->text, &text, 0644, why);
	if (!existed)
		plan_meanwhile_entry(c, s, ret);
}

static bool is_same(const struct strv *a, const struct strv *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = strcmp(a->v[i], b->v[i]) == 0;
	return same;
}

static int plan_managed(const struct boot_config *c, const struct sdboot *s,
			const struct edit *ed, struct plan *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv want = { 0 };
	bool *stale = xcalloc(s->n, sizeof(*stale));
	bool from_file = s->source == SDBOOT_ETC || s->source == SDBOOT_USR;
	bool changed, any = false;
	int r = 0;

	strv_copy(&want, &s->params);
	edit_apply_params(ed, &want);
	changed = !is_same(&want, &s->params);
	find_stale(c, s, &want, changed, stale, &any);
	/* What runs must not become permanent unseen. */
	if (!from_file && (changed || any))
		r = check_creation(c, s, ed, &want, e);
	if (r == 0 && (changed || (any && !from_file)))
		plan_file(c, s, ed, ret);
	if (r == 0)
		r = plan_regenerate(c, s, ed, &want, stale, ret, e);
	free(stale);
	return r;
}

int sdboot_plan(const struct boot_config *c, const struct edit *ed, struct plan *ret,
		struct error *e)
{
	const struct sdboot *s = c->priv;
	const struct error *refusal = NULL;
	int r = edit_check_safe(ed, e);

	if (r < 0)
		return r;
	if (s->refusal.code != ERROR_NONE)
		refusal = &s->refusal;
	else if (!c->configured)
		refusal = &c->configured_error;
	if (refusal) {
		if (e)
			*e = *refusal;
		return -ENOTSUP;
	}
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].regenerate.n && boot_entry_is_normal(&c->v[i]))
			plan_entry(&s->v[i], c->v[i].options, ed, ret);
	return s->has_managed ? plan_managed(c, s, ed, ret, e) : 0;
}
