/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all boot loaders have in common: the menu as data, and the proof that it is right.
 */
#include "bootloaders/bootloader.h"

#include <errno.h>
#include <stdarg.h>

#include "text/lookalike.h"

void boot_entry_done(struct boot_entry *entry)
{
	free(entry->id);
	free(entry->title);
	free(entry->kernel);
	free(entry->version);
	strv_done(&entry->initrds);
	free(entry->options);
	free(entry->source);
	*entry = (struct boot_entry){ 0 };
}

void boot_config_done(struct boot_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		boot_entry_done(&c->v[i]);
	free(c->v);
	if (c->trial)
		boot_entry_done(c->trial);
	free(c->trial);
	free(c->configured);
	free(c->appended);
	free(c->one_shot_others);
	strv_done(&c->configured_sources);
	free(c->generate_command);
	strv_done(&c->notes);
	if (c->priv_free)
		c->priv_free(c->priv);
	*c = (struct boot_config){ 0 };
}

struct boot_entry *boot_config_add(struct boot_config *c)
{
	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n] = (struct boot_entry){ 0 };
	return &c->v[c->n++];
}

const struct boot_entry *boot_config_default(const struct boot_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].is_default)
			return &c->v[i];
	return NULL;
}

void boot_config_versions(const struct boot_config *c, struct strv *ret)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].version && !c->v[i].is_foreign)
			strv_add_unique(ret, c->v[i].version);
}

char *boot_trial_id(const char *options)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	const char *id;

	cmdline_split(options, strlen(options), &params);
	id = cmdline_last(&params, BOOT_TRIAL_PARAM);
	return id && *id ? xstrdup(id) : NULL;
}

void boot_trial_edit(const struct edit *ed, const char *id, struct edit *ret)
{
	CLEANUP(free_char) char *param = xasprintf(BOOT_TRIAL_PARAM "=%s", id);

	edit_copy(ret, ed);
	edit_push(ret, EDIT_ADD, param, NULL);
}

void boot_probe_done(struct boot_probe *p)
{
	strv_done(&p->evidence);
	*p = (struct boot_probe){ 0 };
}

void boot_probe_add(struct boot_probe *p, enum boot_match match, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (match > p->match)
		p->match = match;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	strv_take(&p->evidence, text);
}

bool boot_entry_is_normal(const struct boot_entry *entry)
{
	return !entry->is_recovery && !entry->is_foreign && !entry->is_kept;
}

/* Does a later item of the edit bring param back? */
static bool is_brought_back(const struct edit *ed, size_t from, const char *param)
{
	for (size_t i = from; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op == EDIT_ADD && param_same(it->param, param))
			return true;
		if (it->op == EDIT_REPLACE && param_same(it->to, param))
			return true;
	}
	return false;
}

/* Does a later item of the edit take param away again? */
static bool is_taken_away(const struct edit *ed, size_t from, const char *param)
{
	for (size_t i = from; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op != EDIT_ADD && param_same(it->param, param) &&
		    !is_brought_back(ed, i + 1, param))
			return true;
	}
	return false;
}

static void verify_item(const struct strv *params, const struct edit *ed, size_t i,
			const char *id, struct strv *ret)
{
	const struct edit_item *it = &ed->v[i];
	const char *want = it->op == EDIT_ADD	    ? it->param
			   : it->op == EDIT_REPLACE ? it->to
						    : NULL;
	size_t n;

	if (it->op != EDIT_ADD && cmdline_has(params, it->param) &&
	    !is_brought_back(ed, i + 1, it->param) &&
	    !(want && param_same(want, it->param)))
		strv_addf(ret, "entry \"%s\" still has %s", id, it->param);
	if (!want || is_taken_away(ed, i + 1, want))
		return;
	n = cmdline_count(params, want);
	if (n == 0)
		strv_addf(ret, "entry \"%s\" lacks %s", id, want);
	else if (n > 1)
		strv_addf(ret, "entry \"%s\" has %s %zu times", id, want, n);
}

void boot_config_verify(const struct boot_config *c, const struct edit *ed,
			struct strv *ret)
{
	for (size_t k = 0; k < c->n; k++) {
		const struct boot_entry *entry = &c->v[k];
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!boot_entry_is_normal(entry) || !entry->options)
			continue;
		cmdline_split(entry->options, strlen(entry->options), &params);
		for (size_t i = 0; i < ed->n; i++)
			verify_item(&params, ed, i, entry->id ? entry->id : entry->title,
				    ret);
	}
}

/* The words of a command line without quotes and backslashes: what is left when GRUB has
 * taken its own away and quoted anew what holds blanks (grub-core/lib/cmdline.c). */
static void bare_words(const char *text, struct strv *ret)
{
	CLEANUP(str_done) struct str bare = { 0 };

	for (; *text; text++)
		if (!strchr("\"'\\", *text))
			str_addc(&bare, *text);
	strv_split(ret, str_c(&bare), " \t\n\r\v\f");
}

/* GRUB puts a variable's value in the place of a word with "$": anything matches there.
 */
static bool word_matches(const char *have, const char *want)
{
	return strchr(want, '$') || strcmp(have, want) == 0;
}

bool boot_options_carry(const char *options, const struct strv *configured)
{
	CLEANUP(free_char) char *all = strv_join(configured, " ");
	CLEANUP(strv_done) struct strv have = { 0 }, want = { 0 };

	bare_words(options, &have);
	bare_words(all, &want);
	for (size_t at = 0; at + want.n <= have.n; at++) {
		size_t i = 0;

		while (i < want.n && word_matches(have.v[at + i], want.v[i]))
			i++;
		if (i == want.n)
			return true;
	}
	return false;
}

/* bootparam(7), systemd(1) KERNEL COMMAND LINE, dracut.cmdline(7), initramfs-tools(7). */
const char *boot_rescue_param(const struct strv *params)
{
	static const char *const words[] = { "single",	 "emergency", "rescue",
					     "recovery", "s",	      "S",
					     "1",	 "-s",	      "-b",
					     "rd.break", "break",     "rd.emergency",
					     "rd.rescue" };
	static const char *const prefixes[] = {
		"systemd.unit=", "rd.systemd.unit=", "systemd.debug_shell",
		"rdinit=",	 "rd.break=",	     "break="
	};

	for (size_t i = 0; i < params->n; i++) {
		const char *param = params->v[i];

		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (strcmp(param, words[k]) == 0)
				return param;
		for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++)
			if (str_starts(param, prefixes[k]))
				return param;
		/* Another init is a rescue as a rule (init=/bin/sh), but not a packaged
		 * one. */
		if (str_starts(param, "init=") && !strstr(param, "systemd"))
			return param;
	}
	return NULL;
}

char *boot_edit_describe(const struct edit *ed)
{
	CLEANUP(strv_done) struct strv parts = { 0 };

	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op == EDIT_REPLACE)
			strv_addf(&parts, "%s becomes %s", it->param, it->to);
		else
			strv_addf(&parts, "%s %s", it->op == EDIT_ADD ? "add" : "remove",
				  it->param);
	}
	return strv_join(&parts, ", ");
}

bool boot_kernel_is_installed(const struct host *h, const struct facts *f,
			      const char *version)
{
	static const char *const dirs[] = { "/lib/modules", "/usr/lib/modules" };

	if (*version == '\0' || strchr(version, '/'))
		return false;
	if (kernels_find(&f->kernels, version))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		CLEANUP(free_char) char *dir = xasprintf("%s/%s", dirs[i], version);

		if (host_is_dir(h, dir))
			return true;
	}
	return false;
}

char *boot_kernel_version(const struct host *h, const struct facts *f, const char *kernel)
{
	static const char *const prefixes[] = { "vmlinuz-", "vmlinux-", "kernel-",
						"bzImage-", "linux-" };
	const char *base = path_base(kernel);

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *version = base + strlen(prefixes[i]);

		if (!str_starts(base, prefixes[i]))
			continue;
		/* Arch's "vmlinuz-linux" names a package, not a release. */
		if ((*version >= '0' && *version <= '9') ||
		    boot_kernel_is_installed(h, f, version))
			return xstrdup(version);
	}
	return NULL;
}

void boot_filter(const struct strv *params, struct strv *ret)
{
	static const char *const prefixes[] = {
		"initrd=", "BOOT_IMAGE=", "systemd.machine_id=", BOOT_TRIAL_PARAM "="
	};

	for (size_t i = 0; i < params->n; i++) {
		bool drop = false;

		for (size_t k = 0; k < ARRAY_SIZE(prefixes); k++)
			drop |= str_starts(params->v[i], prefixes[k]);
		if (!drop)
			strv_add(ret, params->v[i]);
	}
}

int boot_refuse_lookalike(const char *options, const char *path, unsigned line,
			  struct error *e)
{
	CLEANUP(free_char) char *what = NULL;
	struct lookalike l;

	if (!options || !lookalike_find(options, strlen(options), &l))
		return 0;
	what = lookalike_describe(&l);
	error_set(e, EINVAL, "%s", what);
	error_at(e, path, line ? line + l.line - 1 : 0);
	error_hint(e,
		   "write that line with plain characters, then try again (this one came "
		   "with copy and paste)");
	return -EINVAL;
}

int boot_config_find_lookalike(const struct boot_config *c, struct error *e)
{
	const char *source = c->configured_sources.n ? c->configured_sources.v[0] : NULL;
	int r = boot_refuse_lookalike(c->configured, source, 0, e);

	for (size_t i = 0; i < c->n && r == 0; i++)
		if (boot_entry_is_normal(&c->v[i]))
			r = boot_refuse_lookalike(c->v[i].options, c->v[i].source,
						  c->v[i].line, e);
	return r;
}
