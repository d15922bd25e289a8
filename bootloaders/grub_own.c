/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slicer's own last assignment: VAR="$VAR parameter ..." in a drop-in that is read after
 * all others, or in the last line of GRUB_MAIN where grub-mkconfig reads no drop-ins. It
 * holds whatever the rest comes to, so it is the way where that can't be known. A line in
 * GRUB_MAIN would not do where there are drop-ins: Debian's grub-pc rewrites each
 * assignment of the variable there when it is upgraded (debian/postinst.in,
 * merge_debconf_into_conf()).
 */
#include "bootloaders/grub.h"

#include <errno.h>

const char grub_own_header[] = "# Written by slicer setup-iommu: the kernel parameters "
			       "that passing PCI devices\n"
			       "# to virtual machines needs. \"slicer setup-iommu "
			       "--undo\" takes them away again.\n";

#define OWN_START "\"$" GRUB_DEFAULT

bool grub_is_own(const char *path)
{
	const char *name = path_base(path);

	return str_starts(path, GRUB_DROPINS "/zz") &&
	       strcmp(name + strspn(name, "z"), GRUB_OWN_NAME) == 0;
}

char *grub_own_path(const char *last)
{
	const char *name = last ? path_base(last) : "";
	size_t n = strspn(name, "z");
	CLEANUP(str_done) struct str z = { 0 };

	/* With one "z" more it sorts after any letter, digit or hyphen there. */
	n = strcmp(name, "zz" GRUB_OWN_NAME) < 0 || n < 1 ? 2 : n + 1;
	while (n--)
		str_addc(&z, 'z');
	return xasprintf(GRUB_DROPINS "/%s" GRUB_OWN_NAME, str_c(&z));
}

/* The literal parameters of an own assignment, appended; false if it is of another form.
 * The first one in GRUB_MAIN need not begin with what the variable held. */
static bool own_params(const struct shell_doc *doc, const struct shell_stmt *stmt,
		       bool is_main, struct strv *ret)
{
	const char *value = doc->text.s + stmt->value_start, *start = value;
	size_t n = stmt->value_end - stmt->value_start;

	if (stmt->kind != SHELL_ASSIGN || strcmp(stmt->name, GRUB_DEFAULT) != 0 ||
	    n < 2 || value[0] != '"' || value[n - 1] != '"')
		return false;
	if (n > strlen(OWN_START) && memcmp(value, OWN_START, strlen(OWN_START)) == 0)
		start += strlen(OWN_START);
	else if (is_main)
		start++;
	n -= (size_t)(start - value) + 1;
	if ((start == value) || (start[-1] != '"' && n && *start != ' ') ||
	    memchr(start, '$', n) || memchr(start, '`', n) || memchr(start, '\\', n) ||
	    memchr(start, '"', n))
		return false;
	cmdline_split(start, n, ret);
	for (size_t i = 0; i < ret->n; i++)
		if (param_check_safe(ret->v[i], NULL) < 0)
			return false;
	return true;
}

/* All that a file of ours adds, appended; false if something else stands in it, too. */
static bool file_params(const struct grub_file *file, struct strv *ret)
{
	const struct shell_doc *doc = &file->doc;

	for (size_t i = 0; i < doc->n; i++)
		if (doc->v[i].kind != SHELL_BLANK &&
		    !own_params(doc, &doc->v[i], false, ret))
			return false;
	return true;
}

bool grub_own_is_idle(const struct grub_file *file)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	return grub_is_own(file->path) && file_params(file, &params) && !params.n;
}

static int refuse_edited(const struct grub_file *file, unsigned line, struct error *e)
{
	error_set(e, ENOTSUP, "slicer's own assignment was edited by hand");
	error_at(e, file->path, line);
	error_hint(e, "move what you wrote there into another file, then try again");
	return -ENOTSUP;
}

int grub_own_params(const struct grub_files *files, struct strv *ret, struct error *e)
{
	size_t marked = grub_marked(&files->v[0]);

	for (size_t i = 1; i < files->n; i++)
		if (grub_is_own(files->v[i].path) && !file_params(&files->v[i], ret))
			return refuse_edited(&files->v[i], 0, e);
	if (files->own != SIZE_MAX || marked == SIZE_MAX)
		return 0;
	if (!own_params(&files->v[0].doc, &files->v[0].doc.v[marked], true, ret))
		return refuse_edited(&files->v[0], files->v[0].doc.v[marked].line, e);
	return 0;
}

void grub_appended_done(struct grub_appended *a)
{
	strv_done(&a->own);
	strv_done(&a->presumed);
	strv_done(&a->gone);
	*a = (struct grub_appended){ 0 };
}

/* Of the normal entries: how many have the parameter, and how many there are. */
static size_t count_in_menu(const struct boot_config *c, const char *param,
			    size_t *ret_normal)
{
	size_t n = 0;

	*ret_normal = 0;
	for (size_t i = 0; i < c->n; i++) {
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!boot_entry_is_normal(&c->v[i]) || !c->v[i].options)
			continue;
		cmdline_split(c->v[i].options, strlen(c->v[i].options), &params);
		n += cmdline_has(&params, param);
		++*ret_normal;
	}
	return n;
}

/* It comes out of what can't be known: somebody has to look. */
static int refuse_removal(const struct boot_config *c, const char *param, struct error *e)
{
	CLEANUP(free_char) char *sources = strv_join(&c->configured_sources, ", ");

	error_set(e, ENOTSUP, "%s can't be taken away: %s", param,
		  c->configured_error.what);
	error_at(e, c->configured_error.path, c->configured_error.line);
	error_hint(e,
		   "take %s out by hand (the files that are read: %s), run %s, then "
		   "try again",
		   param, sources, c->generate_command);
	return -ENOTSUP;
}

static void edit_own(struct strv *own, enum edit_op op, const char *param, const char *to)
{
	CLEANUP(edit_done) struct edit one = { 0 };

	edit_push(&one, op, param, to);
	edit_apply_params(&one, own);
}

/* What every entry has, and slicer's own assignment does not, comes from the rest. */
static int add_one(const struct boot_config *c, const char *param,
		   struct grub_appended *a, struct error *e)
{
	size_t normal, n = count_in_menu(c, param, &normal);
	int r = param_check_safe(param, e);

	if (r < 0)
		return r;
	if (!cmdline_has(&a->own, param) && n && n == normal)
		strv_add_unique(&a->presumed, param);
	else
		edit_own(&a->own, EDIT_ADD, param, NULL);
	return 0;
}

static int remove_one(const struct boot_config *c, const struct edit_item *it,
		      struct grub_files *files, struct grub_appended *a, struct error *e)
{
	const char *to = it->op == EDIT_REPLACE ? it->to : NULL;
	size_t normal;
	int r = to ? param_check_safe(to, e) : 0;

	if (r < 0)
		return r;
	if (cmdline_has(&a->own, it->param)) {
		edit_own(&a->own, it->op, it->param, to);
		return 0;
	}
	r = grub_edit_literal(files, it->param, to, e);
	if (r > 0)
		strv_add_unique(&a->gone, it->param);
	else if (r == 0 && count_in_menu(c, it->param, &normal))
		return refuse_removal(c, it->param, e);
	else if (r == 0 && to)
		return add_one(c, to, a, e);
	return r < 0 ? r : 0;
}

static void add_assignment(struct str *text, const struct strv *params)
{
	CLEANUP(free_char) char *all = strv_join(params, " ");

	str_addf(text, GRUB_DEFAULT "=" OWN_START " %s\"\n", all);
}

/* All of it goes into the last one of slicer's own files; earlier ones become empty. */
static int write_dropins(struct grub_files *files, const struct strv *params,
			 struct error *e)
{
	for (size_t i = 1; i < files->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(strv_done) struct strv has = { 0 };
		int r;

		if (!grub_is_own(files->v[i].path))
			continue;
		file_params(&files->v[i], &has);
		if (i == files->own && strv_same(&has, params))
			continue;
		if (i == files->own && params->n) {
			str_add(&text, grub_own_header);
			add_assignment(&text, params);
		}
		r = grub_set_text(&files->v[i], &text, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Is there nothing after it? */
static bool is_last(const struct shell_doc *doc, size_t stmt)
{
	for (size_t i = stmt + 1; i < doc->n; i++)
		if (doc->v[i].kind != SHELL_BLANK)
			return false;
	return true;
}

/* The marked line, which is the last one of GRUB_MAIN. */
static int write_main(struct grub_file *file, const struct strv *params, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(strv_done) struct strv has = { 0 };
	size_t marked = grub_marked(file);
	const struct shell_stmt *stmt = marked == SIZE_MAX ? NULL : &file->doc.v[marked];
	const struct str *old = &file->doc.text;

	if (stmt && own_params(&file->doc, stmt, true, &has) && strv_same(&has, params) &&
	    is_last(&file->doc, marked))
		return 0;
	str_addn(&text, str_c(old), stmt ? stmt->start - strlen(grub_mark) : old->len);
	if (stmt)
		str_addn(&text, old->s + stmt->end, old->len - stmt->end);
	if (params->n) {
		if (text.len && text.s[text.len - 1] != '\n')
			str_addc(&text, '\n');
		str_add(&text, grub_mark);
		add_assignment(&text, params);
	}
	return grub_set_text(file, &text, e);
}

int grub_append(const struct boot_config *c, const struct edit *ed,
		struct grub_files *ret, struct grub_appended *ret_what, struct error *e)
{
	const struct grub *g = c->priv;
	int r = grub_files_copy(&g->files, ret, e);

	if (r == 0)
		r = grub_own_params(ret, &ret_what->own, e);
	for (size_t i = 0; i < ed->n && r == 0; i++)
		r = ed->v[i].op == EDIT_ADD ? add_one(c, ed->v[i].param, ret_what, e)
					    : remove_one(c, &ed->v[i], ret, ret_what, e);
	if (r < 0)
		return r;
	if (ret->own == SIZE_MAX)
		return write_main(&ret->v[0], &ret_what->own, e);
	return write_dropins(ret, &ret_what->own, e);
}
