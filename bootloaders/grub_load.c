/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads GRUB's configuration: the files that grub-mkconfig sources, and what runs it. */
#include "bootloaders/grub.h"

#include <errno.h>

#include "text/shell_mistake.h"

/* Files that files read in are followed this deep. */
#define INCLUDE_DEPTH 4

void grub_files_done(struct grub_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->v[i].path);
		shell_done(&files->v[i].doc);
	}
	free(files->v);
	*files = (struct grub_files){ 0 };
}

static struct grub_file *files_add(struct grub_files *files, const char *path)
{
	files->v = xgrow(files->v, files->n, &files->cap, sizeof(*files->v));
	files->v[files->n] = (struct grub_file){ .path = xstrdup(path) };
	return &files->v[files->n++];
}

int grub_files_copy(const struct grub_files *files, struct grub_files *ret,
		    struct error *e)
{
	ret->own = files->own;
	ret->includes = files->includes;
	for (size_t i = 0; i < files->n; i++) {
		const struct grub_file *from = &files->v[i];
		struct grub_file *to = files_add(ret, from->path);
		int r;

		to->exists = from->exists;
		r = shell_parse(str_c(&from->doc.text), from->doc.text.len, &to->doc, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void grub_free(void *p)
{
	struct grub *g = p;

	grub_files_done(&g->files);
	shell_includes_done(&g->includes);
	strv_done(&g->generator);
	strv_done(&g->generator_aside);
	str_done(&g->menu);
	grub_cfg_done(&g->cfg);
	grub_trial_done(&g->trial);
	free(g);
}

/* The command that mends it, with the place as the person's shell sees it. */
static void hint_carriage_return(const struct host *h, const char *path, struct error *e)
{
	CLEANUP(free_char)
	char *file = xasprintf("%s%s", host_is_live(h) ? "" : host_root(h), path);
	CLEANUP(str_done) struct str word = { 0 };

	str_add_shell_word(&word, file);
	error_hint(e,
		   "the shell takes it for a part of the value; all of them go with "
		   "sudo sed -i 's/\\r$//' %s",
		   str_c(&word));
}

static int load_file(const struct host *h, struct grub_file *file, struct error *e)
{
	CLEANUP(str_done) struct str text = { 0 };
	int r = host_read(h, file->path, HOST_MAX_CONFIG, &text, e);

	if (r == -ENOENT)
		return shell_parse("", 0, &file->doc, e);
	if (r < 0)
		return r;
	file->exists = true;
	r = shell_parse(str_c(&text), text.len, &file->doc, e);
	if (r == 0)
		r = shell_find_mistake(&file->doc, "GRUB_CMDLINE", e);
	if (r < 0 && e)
		error_at(e, file->path, e->line);
	if (r == -EILSEQ)
		hint_carriage_return(h, file->path, e);
	return r;
}

/*
 * Upstream's grub-mkconfig doesn't know drop-ins: Debian's patch adds them, so its script
 * is asked. Where it can't be read (an image without the package's files), the
 * distribution decides.
 */
static bool reads_dropins(const struct host *h, const struct facts *f)
{
	static const char *const debians[] = {
		"debian", "ubuntu", "linuxmint", "pop", "kali",	 "raspbian",
		"devuan", "zorin",  "neon",	 "mx",	"tails", "elementary",
	};
	CLEANUP(free_char) char *script = host_find_program(h, "grub-mkconfig");
	CLEANUP(str_done) struct str text = { 0 };

	if (script && host_read(h, script, HOST_MAX_CONFIG, &text, NULL) == 0)
		return memmem(str_c(&text), text.len, "default/grub.d",
			      strlen("default/grub.d"));
	for (size_t i = 0; i < ARRAY_SIZE(debians); i++)
		if (str_eq(f->platform.os_id, debians[i]))
			return true;
	return false;
}

/* What the files that doc reads in may set. One that can't be read, or that is nested
 * deeper than depth, is left out, which means that it may set anything. */
static void load_includes(const struct host *h, const struct shell_doc *doc,
			  unsigned depth, struct shell_includes *ret)
{
	for (size_t i = 0; i < doc->n; i++) {
		for (size_t k = 0; k < doc->v[i].includes.n && depth; k++) {
			const char *path = doc->v[i].includes.v[k];
			CLEANUP(shell_done) struct shell_doc in = { 0 };
			CLEANUP(str_done) struct str text = { 0 };
			int r;

			if (shell_includes_find(ret, path))
				continue;
			r = host_read(h, path, HOST_MAX_CONFIG, &text, NULL);
			if (r == -ENOENT) {
				shell_includes_add(ret, path, NULL);
				continue;
			}
			if (r < 0 || shell_parse(str_c(&text), text.len, &in, NULL) < 0)
				continue;
			load_includes(h, &in, depth - 1, ret);
			shell_includes_add(ret, path, &in);
		}
	}
}

/* May one of the files that the statement reads in set the variable? */
static bool may_include(const struct grub_files *files, const struct shell_stmt *s,
			const char *name)
{
	for (size_t i = 0; i < s->includes.n; i++) {
		const struct shell_include *in =
			shell_includes_find(files->includes, s->includes.v[i]);

		if (!in || in->poison || strv_has(&in->touches, name))
			return true;
	}
	return false;
}

/* May it set one of the two variables? GRUB_MAIN is named in any case: people look there.
 */
static bool is_source(const struct grub_files *files, const struct grub_file *file)
{
	static const char *const names[] = { GRUB_LINUX, GRUB_DEFAULT };

	if (strcmp(file->path, GRUB_MAIN) == 0)
		return file->exists;
	if (file->is_unread)
		return true;
	for (size_t i = 0; i < file->doc.n; i++) {
		const struct shell_stmt *s = &file->doc.v[i];

		if (s->poison)
			return true;
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			if (str_eq(s->name, names[k]) ||
			    strv_has(&s->touches, names[k]) ||
			    may_include(files, s, names[k]))
				return true;
	}
	return false;
}

/* The paths that the glob gives. The shell sorts by the locale's collation; dash, which
 * is Debian's sh, never sets one: bytewise. */
static int list_dropins(const struct host *h, struct strv *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };
	int r = host_list(h, GRUB_DROPINS, &names, e);

	if (r < 0 && r != -ENOENT)
		return r;
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".cfg") && names.v[i][0] != '.')
			strv_addf(ret, "%s/%s", GRUB_DROPINS, names.v[i]);
	return 0;
}

/* The one that there is, if nothing that is read after it counts; else a new one, which
 * is read after everything that counts. */
static int add_own(struct grub_files *files, struct error *e)
{
	size_t own = SIZE_MAX, last = 0;
	CLEANUP(free_char) char *path = NULL;
	struct grub_file new = { 0 };
	int r;

	for (size_t i = 1; i < files->n; i++) {
		if (grub_is_own(files->v[i].path))
			own = i;
		else if (is_source(files, &files->v[i]))
			last = i;
	}
	files->own = own;
	if (own != SIZE_MAX && own > last)
		return 0;
	path = grub_own_path(last ? files->v[last].path : NULL);
	/* Nothing of slicer's can be read after a name like "~.cfg". */
	if (own != SIZE_MAX && str_eq(files->v[own].path, path))
		return 0;
	own = 1;
	while (own < files->n && strcmp(files->v[own].path, path) < 0)
		own++;
	r = shell_parse("", 0, &new.doc, e);
	if (r < 0)
		return r;
	new.path = xstrdup(path);
	files->v = xgrow(files->v, files->n, &files->cap, sizeof(*files->v));
	memmove(files->v + own + 1, files->v + own, (files->n - own) * sizeof(*files->v));
	files->v[own] = new;
	files->n++;
	files->own = own;
	return 0;
}

/* What is written through a link stays when the link goes. */
static int refuse_own_link(const struct host *h, const struct grub_files *files,
			   struct error *e)
{
	const char *path = files->v[files->own].path;
	CLEANUP(free_char) char *target = host_readlink(h, path);

	if (!target)
		return 0;
	error_set(e, EINVAL, "slicer's own drop-in is a link");
	error_at(e, path, 0);
	error_hint(e, "remove it: slicer makes a file there where it needs one");
	return -EINVAL;
}

static int load_files(const struct host *h, const struct facts *f, struct grub *g,
		      struct error *e)
{
	struct grub_files *files = &g->files;
	CLEANUP(strv_done) struct strv dropins = { 0 };
	bool has_dropins = reads_dropins(h, f);
	int r = load_file(h, files_add(files, GRUB_MAIN), e);

	files->own = SIZE_MAX;
	files->includes = &g->includes;
	if (r == 0 && has_dropins)
		r = list_dropins(h, &dropins, e);
	for (size_t i = 0; i < dropins.n; i++) {
		struct grub_file *file = files_add(files, dropins.v[i]);

		if (r == 0)
			r = load_file(h, file, e);
		file->is_unread = r < 0 && host_exists(h, file->path);
	}
	for (size_t i = 0; i < files->n; i++)
		load_includes(h, &files->v[i].doc, INCLUDE_DEPTH, &g->includes);
	if (r == 0 && has_dropins)
		r = add_own(files, e);
	return r == 0 && has_dropins ? refuse_own_link(h, files, e) : r;
}

/* Only the system's own shell can tell the value: running slicer on it helps, too. */
static void hint_run_there(struct error *e)
{
	CLEANUP(free_char) char *hint = xstrdup(e->hint);

	error_hint(e, "%s; or run slicer on that system itself, which can ask its shell",
		   hint);
}

/* The value that normal entries get, or why it isn't known. */
static void load_configured(const struct host *h, const struct facts *f, struct grub *g,
			    struct boot_config *ret)
{
	CLEANUP(strv_done) struct strv params = { 0 }, own = { 0 };
	int r = load_files(h, f, g, &ret->configured_error);

	for (size_t i = 0; i < g->files.n; i++)
		if (is_source(&g->files, &g->files.v[i]))
			strv_add(&ret->configured_sources, g->files.v[i].path);
	if (r < 0)
		return;
	r = grub_params(&g->files, &params, &ret->configured_error);
	/* The shell has to be asked whether that comes out right, and only the running
	 * system's may be. */
	ret->can_append = r < 0 && host_is_live(h);
	if (r < 0 && !ret->can_append)
		hint_run_there(&ret->configured_error);
	if (ret->can_append && grub_own_params(&g->files, &own, NULL) == 0 && own.n)
		ret->appended = strv_join(&own, " ");
	if (r < 0)
		return;
	ret->configured_error = (struct error){ 0 };
	ret->configured = strv_join(&params, " ");
}

/*
 * Where -o tells the generator to write: grub-mkconfig's last one counts, and update-grub
 * as Debian has it hands its arguments on. grub-mkconfig itself fills the named file with
 * "cat" (util/grub-mkconfig.in since 2.06): a power cut then would leave half a menu.
 */
static bool takes_output(const struct host *h, const char *wrapper)
{
	CLEANUP(str_done) struct str text = { 0 };

	if (!wrapper)
		return true;
	return host_read(h, wrapper, HOST_MAX_CONFIG, &text, NULL) == 0 &&
	       memmem(str_c(&text), text.len, GRUB_HANDS_ON, strlen(GRUB_HANDS_ON));
}

/* Under a foreign root programs are not run: then the name is for the person alone. */
static void load_generator(const struct host *h, struct grub *g, struct boot_config *ret)
{
	CLEANUP(free_char) char *wrapper = host_find_program(h, "update-grub");
	CLEANUP(free_char) char *script = host_find_program(h, "grub-mkconfig");

	ret->has_generator = true;
	if (wrapper || !script) {
		strv_add(&g->generator, "update-grub");
	} else {
		strv_add(&g->generator, "grub-mkconfig");
		strv_add(&g->generator, "-o");
		strv_add(&g->generator, GRUB_CFG);
	}
	ret->generate_command = strv_join(&g->generator, " ");
	if (takes_output(h, wrapper)) {
		strv_copy(&g->generator_aside, &g->generator);
		strv_add(&g->generator_aside, "-o");
		strv_add(&g->generator_aside, GRUB_CFG SLICER_ASIDE);
	}
	if (wrapper || script || !host_is_live(h))
		return;
	error_set(&g->refusal, ENOENT,
		  "neither update-grub nor grub-mkconfig is installed");
	error_hint(&g->refusal,
		   "install it (Debian, Ubuntu: apt-get install grub2-common)");
}

/* What update-grub writes must be what GRUB reads: a /boot that is not mounted swallows
 * it. */
static void check_boot(const struct host *h, const struct facts *f, struct grub *g)
{
	static const char *const places[] = { "/boot", "/boot/grub" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!strv_has(&f->mounts.fstab_unmounted, places[i]))
			continue;
		error_set(&g->refusal, EBUSY, "%s is in /etc/fstab but not mounted",
			  places[i]);
		error_at(&g->refusal, places[i], 0);
		error_hint(&g->refusal, "mount %s, then try again", places[i]);
		return;
	}
	if (host_can_write(h, GRUB_CFG) == -EROFS) {
		error_set(&g->refusal, EROFS, "the filesystem of %s is read-only",
			  GRUB_CFG);
		error_at(&g->refusal, GRUB_CFG, 0);
		error_hint(&g->refusal, "mount -o remount,rw /boot, then try again");
	}
}

int grub_load(const struct host *h, const struct facts *f, struct boot_config *ret,
	      struct error *e)
{
	struct grub *g = xcalloc(1, sizeof(*g));

	(void)e;
	ret->loader = &bootloader_grub;
	ret->priv = g;
	ret->priv_free = grub_free;
	load_configured(h, f, g, ret);
	load_generator(h, g, ret);
	check_boot(h, f, g);
	if (g->refusal.code != ERROR_NONE)
		strv_add(&ret->notes, g->refusal.what);
	grub_check_stub(h, f, ret);
	g->menu_incomplete = grub_load_menu(h, f, ret) == -EBADMSG;
	ret->is_cut = g->menu_incomplete;
	grub_load_trial(h, f, ret);
	return 0;
}
