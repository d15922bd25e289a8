/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that bring an edit to GRUB's entries: edited files, their proof, update-grub.
 */
#include "bootloaders/grub.h"

#include <errno.h>

/* A copy of params without those that ed puts in. */
static void without_added(const struct strv *params, const struct edit *ed,
			  struct strv *ret)
{
	for (size_t i = 0; i < params->n; i++) {
		bool added = false;

		for (size_t k = 0; k < ed->n; k++) {
			const struct edit_item *it = &ed->v[k];

			added |=
				it->op == EDIT_ADD && param_same(it->param, params->v[i]);
			added |= it->op == EDIT_REPLACE &&
				 param_same(it->to, params->v[i]);
		}
		if (!added)
			strv_add(ret, params->v[i]);
	}
}

static char *param_name(const char *param)
{
	return xstrndup(param, strcspn(param, "="));
}

/* What is added stands as often as it should, and is the last of its name if it should
 * be: the kernel takes the last one. */
static bool is_added_right(const struct strv *have, const struct strv *want,
			   const char *param)
{
	CLEANUP(free_char) char *name = param_name(param);

	return cmdline_count(have, param) == cmdline_count(want, param) &&
	       (!cmdline_last(want, name) ||
		str_eq(cmdline_last(have, name), cmdline_last(want, name)));
}

/* Are these the old parameters with the edit applied? Others keep their order and number;
 * added ones may stand before what drop-ins append. */
static bool is_result(const struct strv *have, const struct strv *want,
		      const struct edit *ed)
{
	CLEANUP(strv_done) struct strv have_rest = { 0 }, want_rest = { 0 };

	without_added(have, ed, &have_rest);
	without_added(want, ed, &want_rest);
	if (!strv_same(&have_rest, &want_rest))
		return false;
	for (size_t i = 0; i < ed->n; i++) {
		const struct edit_item *it = &ed->v[i];

		if (it->op != EDIT_REMOVE &&
		    !is_added_right(have, want, it->op == EDIT_ADD ? it->param : it->to))
			return false;
	}
	return true;
}

/* Edits a copy of the files and proves by evaluation that it came out as wanted: -EAGAIN
 * if it did not, which sets no error. */
static int try_target(const struct grub *g, const struct edit *ed,
		      enum grub_target target, const struct strv *want,
		      struct grub_files *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv have = { 0 };
	int r = grub_files_copy(&g->files, ret, e);

	if (r == 0)
		r = grub_edit(ret, ed, target, e);
	if (r == 0)
		r = grub_params(ret, &have, e);
	if (r < 0)
		return r;
	return is_result(&have, want, ed) ? 0 : -EAGAIN;
}

/* Whose assignment stands in the way? The last one that decides. */
static int refuse_result(const struct grub_files *files, const struct strv *want,
			 struct error *e)
{
	CLEANUP(strv_done) struct strv have = { 0 };
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };
	CLEANUP(free_char) char *is = NULL, *should = strv_join(want, " ");
	const struct shell_var *var;

	grub_params(files, &have, NULL);
	is = strv_join(&have, " ");
	grub_eval(files, &vars);
	var = shell_vars_get(&vars, GRUB_DEFAULT);
	error_set(e, ENOTSUP,
		  "the configured kernel parameters can't be made \"%s\": they would be "
		  "\"%s\"",
		  should, is);
	if (var && var->source < files->n)
		error_at(e, files->v[var->source].path, var->line);
	if (var && var->source < files->n && var->source > files->own)
		error_hint(
			e,
			"this file is read after %s: rename it so that it sorts before",
			files->v[files->own].path);
	else
		error_hint(e, "another variable holds the rest: put plain values "
			      "into " GRUB_DEFAULT " in " GRUB_MAIN);
	return -ENOTSUP;
}

/* GRUB's own file first, where the users of the host look; a drop-in that is read last
 * where that can't be proven. */
static int edit_files(const struct grub *g, const struct edit *ed,
		      const struct strv *want, struct grub_files *ret, struct error *e)
{
	enum grub_target target = grub_target_of(&g->files);
	int r = try_target(g, ed, target, want, ret, e);

	if (r == -EAGAIN && target == GRUB_TO_MAIN && g->files.n > 1) {
		grub_files_done(ret);
		r = try_target(g, ed, GRUB_TO_OWN, want, ret, e);
	}
	return r == -EAGAIN ? refuse_result(ret, want, e) : r;
}

/*
 * 10_linux pastes the parameters unquoted into the entry's "linux" line, so GRUB's script
 * language sees them: these characters end the word or the command there (GRUB manual,
 * "Quoting"). Quotes, backslashes and $variables are its own syntax and stay.
 */
static char taken_apart(const char *param)
{
	char quote = '\0';

	for (const char *p = param; *p; p++) {
		if (quote != '\'' && *p == '\\' && p[1]) {
			p++;
		} else if (quote != '\'' && *p == '$' && p[1] == '{' && strchr(p, '}')) {
			p = strchr(p, '}');
		} else if (quote) {
			quote = *p == quote ? '\0' : quote;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (strchr(";&|<>{}", *p)) {
			return *p;
		}
	}
	return '\0';
}

/* What is not known is not looked at: what slicer itself puts there is safe. */
static int check_script(const struct grub_files *files, struct error *e)
{
	static const char *const names[] = { GRUB_LINUX, GRUB_DEFAULT };
	CLEANUP(shell_vars_done) struct shell_vars vars = { 0 };

	grub_eval(files, &vars);
	for (size_t k = 0; k < ARRAY_SIZE(names) && !vars.poison; k++) {
		const struct shell_var *var = shell_vars_get(&vars, names[k]);
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!var || !var->value)
			continue;
		cmdline_split(var->value, strlen(var->value), &params);
		for (size_t i = 0; i < params.n; i++) {
			char c = taken_apart(params.v[i]);

			if (c == '\0')
				continue;
			error_set(
				e, EINVAL,
				"GRUB's script language takes the parameter \"%s\" in %s "
				"apart at \"%c\"",
				params.v[i], names[k], c);
			error_at(e, files->v[var->source].path, var->line);
			error_hint(e, "quote it for GRUB too, or take it away");
			return -EINVAL;
		}
		if (strchr(var->value, '\n')) {
			error_set(e, EINVAL, "the value of %s has a line break in it",
				  names[k]);
			error_at(e, files->v[var->source].path, var->line);
			error_hint(e, "GRUB would take the second line for a command");
			return -EINVAL;
		}
	}
	return 0;
}

/* Does every entry that update-grub makes hold the parameters, and none that ed removes?
 */
static bool menu_is_right(const struct boot_config *c, const struct grub *g,
			  const struct edit *ed, const struct strv *params)
{
	CLEANUP(strv_done) struct strv shortfalls = { 0 };
	size_t normal = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (!boot_entry_is_normal(&c->v[i]))
			continue;
		normal++;
		if (!boot_options_carry(c->v[i].options, params))
			return false;
	}
	boot_config_verify(c, ed, &shortfalls);
	return normal && !shortfalls.n && !g->menu_incomplete;
}

/* An entry that a person wrote, when it is the one that boots, must not be forgotten. */
static int check_default(const struct boot_config *c, const struct grub *g,
			 const struct edit *ed, struct error *e)
{
	const struct boot_entry *entry = boot_config_default(c);
	CLEANUP(strv_done) struct strv params = { 0 }, edited = { 0 };
	CLEANUP(free_char) char *how = boot_edit_describe(ed);

	/* A menu that is cut off will be another one. */
	if (!entry || !entry->is_foreign || !entry->options || g->menu_incomplete)
		return 0;
	cmdline_split(entry->options, strlen(entry->options), &params);
	strv_copy(&edited, &params);
	edit_apply_params(ed, &edited);
	if (strv_same(&params, &edited))
		return 0;
	error_set(e, ENOTSUP,
		  "the default entry \"%s\" is written by hand: %s does not reach it",
		  entry->title, c->generate_command);
	error_at(e, entry->source, entry->line);
	error_hint(e,
		   "edit its linux line where it comes from (/etc/grub.d/40_custom, "
		   "/boot/grub/custom.cfg): %s; or make another entry the default",
		   how);
	return -ENOTSUP;
}

static bool is_changed(const struct grub *g, const struct grub_files *edited)
{
	for (size_t i = 0; i < edited->n; i++)
		if (!str_same(&g->files.v[i].doc.text, &edited->v[i].doc.text))
			return true;
	return false;
}

static void add_files(const struct grub *g, const struct grub_files *edited,
		      const struct edit *ed, struct plan *ret)
{
	CLEANUP(free_char) char *how = boot_edit_describe(ed);
	CLEANUP(free_char) char *why = xasprintf("kernel parameters: %s", how);

	for (size_t i = 0; i < edited->n; i++) {
		const struct grub_file *old = &g->files.v[i], *new = &edited->v[i];
		bool idle = grub_own_is_idle(new);

		if (str_same(&old->doc.text, &new->doc.text))
			continue;
		if (!idle)
			plan_replace(ret, old->path, old->exists, &old->doc.text,
				     &new->doc.text, 0644, why);
		else if (old->exists)
			plan_remove(ret, old->path, &old->doc.text, why);
	}
}

/* Files that give what is wanted: *ret_params is what every normal entry has to hold
 * then, as far as that is known. */
static int make_known(const struct boot_config *c, const struct edit *ed,
		      struct grub_files *ret_files, struct strv *ret_params,
		      struct error *e)
{
	const struct grub *g = c->priv;
	CLEANUP(strv_done) struct strv want = { 0 };
	int r = grub_params(&g->files, &want, e);

	if (r < 0)
		return r;
	edit_apply_params(ed, &want);
	r = edit_files(g, ed, &want, ret_files, e);
	return r == 0 ? grub_params(ret_files, ret_params, e) : r;
}

/* What nobody could look at. */
static void warn_unknown(const struct boot_config *c, struct plan *ret)
{
	const struct error *e = &c->configured_error;

	plan_warn(ret,
		  "%s (%s:%u): slicer only adds its own line after that; look there "
		  "yourself for a parameter that switches the IOMMU off",
		  e->what, e->path, e->line);
}

/* The steps that make edited of the files, and the menu of those. Nothing where both are
 * right. */
static int add_steps(const struct boot_config *c, const struct edit *ed,
		     const struct grub_files *edited, const struct strv *params,
		     bool *ret_any, struct plan *ret, struct error *e)
{
	const struct grub *g = c->priv;
	int r;

	*ret_any = is_changed(g, edited) || !menu_is_right(c, g, ed, params);
	if (!*ret_any)
		return 0;
	r = check_script(edited, e);
	if (r < 0)
		return r;
	if (g->refusal.code != ERROR_NONE) {
		if (e)
			*e = g->refusal;
		return -EPERM;
	}
	add_files(g, edited, ed, ret);
	grub_warn_default(g, edited, ret);
	plan_make(ret, (const char *const *)g->generator.v,
		  (const char *const *)g->generator_aside.v, GRUB_CFG, g->menu_exists,
		  &g->menu, "writes the boot menu (" GRUB_CFG ") from these files");
	return 0;
}

static int plan_known(const struct boot_config *c, const struct edit *ed,
		      struct plan *ret, struct error *e)
{
	const struct grub *g = c->priv;
	CLEANUP(grub_files_done) struct grub_files edited = { 0 };
	CLEANUP(strv_done) struct strv params = { 0 };
	bool any;
	int r = make_known(c, ed, &edited, &params, e);

	if (r == 0)
		r = check_default(c, g, ed, e);
	if (r == 0)
		r = add_steps(c, ed, &edited, &params, &any, ret, e);
	if (r == 0 && is_changed(g, &edited))
		grub_prove(c, &edited, ret);
	return r;
}

/* What the menu has is only presumed to come from the files: also where nothing is to be
 * changed the shell has to agree. */
static int plan_append(const struct boot_config *c, const struct edit *ed,
		       struct plan *ret, struct error *e)
{
	CLEANUP(grub_files_done) struct grub_files edited = { 0 };
	CLEANUP(grub_appended_done) struct grub_appended what = { 0 };
	bool any = false;
	int r = grub_append(c, ed, &edited, &what, e);

	if (r == 0)
		r = check_default(c, c->priv, ed, e);
	if (r == 0)
		r = add_steps(c, ed, &edited, &what.own, &any, ret, e);
	if (r == 0 && (any || what.presumed.n))
		grub_prove_append(c, &edited, &what, ret);
	if (r == 0 && any && ed->n)
		warn_unknown(c, ret);
	return r;
}

int grub_plan(const struct boot_config *c, const struct edit *ed, struct plan *ret,
	      struct error *e)
{
	if (c->configured)
		return plan_known(c, ed, ret, e);
	if (c->can_append)
		return plan_append(c, ed, ret, e);
	if (e)
		*e = c->configured_error;
	return -ENOTSUP;
}
