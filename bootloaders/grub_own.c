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

	/* With one "z" more it sorts behind any letter, digit or hyphen there. */
	n = strcmp(name, "zz" GRUB_OWN_NAME) < 0 || n < 1 ? 2 : n + 1;
	while (n--)
		str_addc(&z, 'z');
	return xasprintf(GRUB_DROPINS "/%s" GRUB_OWN_NAME, str_c(&z));
}

/* The literal parameters of an own assignment, appended; false if it is of another form.
 */
static bool own_params(const struct shell_doc *doc, const struct shell_stmt *stmt,
		       struct strv *ret)
{
	const char *value = doc->text.s + stmt->value_start;
	size_t n = stmt->value_end - stmt->value_start, start = strlen(OWN_START);

	if (stmt->kind != SHELL_ASSIGN || strcmp(stmt->name, GRUB_DEFAULT) != 0 ||
	    n <= start || memcmp(value, OWN_START, start) != 0 || value[n - 1] != '"' ||
	    (value[start] != ' ' && n > start + 1) ||
	    memchr(value + start, '$', n - start) ||
	    memchr(value + start, '`', n - start) ||
	    memchr(value + start, '\\', n - start) ||
	    memchr(value + start, '"', n - start) != value + n - 1)
		return false;
	cmdline_split(value + start, n - start - 1, ret);
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
		if (doc->v[i].kind != SHELL_BLANK && !own_params(doc, &doc->v[i], ret))
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

/* What slicer's own assignments add at present. */
static int present_params(const struct grub_files *files, struct strv *ret,
			  struct error *e)
{
	size_t marked = grub_marked(&files->v[0]);

	for (size_t i = 1; i < files->n; i++)
		if (grub_is_own(files->v[i].path) && !file_params(&files->v[i], ret))
			return refuse_edited(&files->v[i], 0, e);
	if (files->own != SIZE_MAX || marked == SIZE_MAX)
		return 0;
	if (!own_params(&files->v[0].doc, &files->v[0].doc.v[marked], ret))
		return refuse_edited(&files->v[0], files->v[0].doc.v[marked].line, e);
	return 0;
}

static bool is_in_menu(const struct boot_config *c, const char *param)
{
	for (size_t i = 0; i < c->n; i++) {
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!boot_entry_is_normal(&c->v[i]) || !c->v[i].options)
			continue;
		cmdline_split(c->v[i].options, strlen(c->v[i].options), &params);
		if (cmdline_has(&params, param))
			return true;
	}
	return false;
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

/* One item on what the own assignment adds. */
static int edit_one(const struct boot_config *c, const struct edit_item *it,
		    struct strv *params, struct error *e)
{
	CLEANUP(edit_done) struct edit one = { 0 };
	const char *to = it->op == EDIT_ADD	  ? it->param
			 : it->op == EDIT_REPLACE ? it->to
						  : NULL;
	int r = to ? param_check_safe(to, e) : 0;

	if (r < 0)
		return r;
	if (it->op != EDIT_ADD && !cmdline_has(params, it->param) &&
	    is_in_menu(c, it->param))
		return refuse_removal(c, it->param, e);
	if (it->op == EDIT_ADD || cmdline_has(params, it->param))
		edit_push(&one, it->op, it->param, it->to);
	else if (to)
		edit_push(&one, EDIT_ADD, to, NULL);
	edit_apply_params(&one, params);
	return 0;
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

/* The marked line, which is the last one of GRUB_MAIN. */
static int write_main(struct grub_file *file, const struct strv *params, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	size_t marked = grub_marked(file);
	const struct str *old = &file->doc.text;

	if (marked == SIZE_MAX) {
		str_addn(&text, str_c(old), old->len);
	} else {
		const struct shell_stmt *stmt = &file->doc.v[marked];

		str_addn(&text, old->s, stmt->start - strlen(grub_mark));
		str_addn(&text, old->s + stmt->end, old->len - stmt->end);
	}
	if (params->n) {
		if (text.len && text.s[text.len - 1] != '\n')
			str_addc(&text, '\n');
		str_add(&text, grub_mark);
		add_assignment(&text, params);
	}
	return grub_set_text(file, &text, e);
}

int grub_append(const struct boot_config *c, const struct edit *ed,
		struct grub_files *ret, struct strv *ret_params, struct error *e)
{
	const struct grub *g = c->priv;
	int r = grub_files_copy(&g->files, ret, e);

	if (r == 0)
		r = present_params(ret, ret_params, e);
	for (size_t i = 0; i < ed->n && r == 0; i++)
		r = edit_one(c, &ed->v[i], ret_params, e);
	if (r < 0)
		return r;
	if (ret->own == SIZE_MAX)
		return write_main(&ret->v[0], ret_params, e);
	return write_dropins(ret, ret_params, e);
}
