/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in modprobe.d and in lists of modules. */
#include "probe/old_setup.h"

#include "probe/modules.h"
#include "text/glob.h"
#include "text/modprobe.h"

struct old_statement *old_at_line(struct old_statement *st, const struct joined_line *l)
{
	st->line = l->number;
	st->start = l->start;
	st->end = l->end;
	return st;
}

static void find_params(const struct old_query *q, struct old_setup *s, size_t file,
			const struct joined_line *l, size_t taker, size_t at)
{
	const char *line = str_c(&l->text);
	struct modprobe_param p, last = { 0 };
	struct old_statement *st;
	bool any = false;

	while (modprobe_next_param(line, l->text.len, old_takers[taker].parameter, &at,
				   &p)) {
		last = p;
		any = true;
	}
	if (!any)
		return;
	st = old_at_line(old_add_taker(q, s, file, taker, line, l->text.len,
				       line + last.value, last.value_end - last.value),
			 l);
	if (st->kind == OLD_IDS && !st->why_idle)
		old_add_stray_line(q, s, file, l, s->n - 1,
				   "vfio-pci gets what comes right after the last ids=, "
				   "up to a blank");
}

static bool drives(const struct pci_device *d, const char *module)
{
	bool found = d->driver && module_same_name(d->driver, module);

	for (size_t i = 0; i < d->modules.n && !found; i++)
		found = module_same_name(d->modules.v[i], module);
	return found;
}

/* A line about a module that is none of the takers: all devices that it could drive. */
static struct old_statement *add_module(const struct old_query *q, struct old_setup *s,
					enum old_kind kind, size_t file,
					const struct joined_line *l, const char *module)
{
	struct old_statement *st =
		old_at_line(old_setup_add(s, kind, file, str_c(&l->text), l->text.len),
			    l);

	st->driver = xstrdup(module);
	for (size_t i = 0; i < q->all->n; i++)
		if (drives(&q->all->v[i], module))
			old_statement_take(st, &q->all->v[i]);
	return st;
}

/* VFIO's own modules: people list all of them. */
static bool is_vfio_module(const char *name)
{
	static const char *const own[] = { "vfio-pci", "vfio", "vfio_iommu_type1",
					   "vfio_virqfd", "vfio_pci_core" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (module_same_name(name, own[i]))
			return true;
	return false;
}

/* Has "softdep MODULE pre: ... post: ..." vfio-pci loaded before the module? */
static bool is_before(const struct strv *words)
{
	bool pre = false, found = false;

	for (size_t i = 2; i < words->n; i++) {
		if (str_ends(words->v[i], ":"))
			pre = strcmp(words->v[i], "pre:") == 0;
		found |= pre && module_same_name(words->v[i], "vfio-pci");
	}
	return found;
}

/* A line with nothing but "pre:" and VFIO's modules can be taken out. */
static void find_softdep(const struct old_query *q, struct old_setup *s, size_t file,
			 const struct joined_line *l, const struct strv *words)
{
	struct old_statement *st;

	if (words->n < 4 || !is_before(words) || old_names_vfio(words->v[1]))
		return;
	st = add_module(q, s, OLD_SOFTDEP, file, l, words->v[1]);
	st->can_edit = strcmp(words->v[2], "pre:") == 0;
	for (size_t i = 3; i < words->n; i++)
		st->can_edit &= is_vfio_module(words->v[i]);
}

/* "install vfio-pci SCRIPT" has the script bind, which may have addresses in it;
 * "install MODULE /sbin/modprobe vfio-pci; ..." has vfio-pci come first, or binds by
 * itself. */
static void find_install(const struct old_query *q, struct old_setup *s, size_t file,
			 const struct joined_line *l, const struct strv *words)
{
	CLEANUP(free_char) char *rest = NULL;
	CLEANUP(str_done) struct str script = { 0 };
	struct old_statement *st;

	if (words->n < 3)
		return;
	rest = strv_join(words, " ");
	if (!old_names_vfio(rest) && !strstr(rest, "driver_override"))
		return;
	st = add_module(q, s, OLD_PROGRAM, file, l, words->v[1]);
	old_find_addresses(q->all, rest, st);
	if (*words->v[2] == '/' &&
	    host_read(q->host, words->v[2], OLD_PROGRAM_MAX, &script, NULL) == 0)
		old_find_addresses(q->all, str_c(&script), st);
}

static void find_alias(const struct old_query *q, struct old_setup *s, size_t file,
		       const struct joined_line *l, const struct strv *words)
{
	struct old_statement *st;

	if (words->n < 3 || !module_same_name(words->v[2], "vfio-pci"))
		return;
	st = old_at_line(old_setup_add(s, OLD_ALIAS, file, str_c(&l->text), l->text.len),
			 l);
	st->driver = xstrdup("vfio-pci");
	for (size_t i = 0; i < q->all->n; i++) {
		const struct pci_device *d = &q->all->v[i];

		if (d->modalias &&
		    glob_match(words->v[1], d->modalias, strlen(d->modalias)))
			old_statement_take(st, d);
	}
}

/* A line of another kind than options. */
static void find_command(const struct old_query *q, struct old_setup *s, size_t file,
			 const struct joined_line *l)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	const char *command;

	strv_split(&words, str_c(&l->text), " \t\r");
	command = words.n ? words.v[0] : "";
	if (strcmp(command, "softdep") == 0)
		find_softdep(q, s, file, l, &words);
	else if (strcmp(command, "install") == 0)
		find_install(q, s, file, l, &words);
	else if (strcmp(command, "alias") == 0)
		find_alias(q, s, file, l, &words);
	else if (strcmp(command, "blacklist") == 0 && words.n > 1)
		add_module(q, s, OLD_BLACKLIST, file, l, words.v[1]);
	else if (strcmp(command, "remove") != 0)
		old_add_stray_line(q, s, file, l, SIZE_MAX,
				   "modprobe gives vfio-pci its ids by a line that "
				   "begins with: options vfio-pci ids=");
}

void old_find_modprobe(const struct old_query *q, struct old_setup *s, size_t file)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	const struct str *text = &s->files[file].text;
	size_t pos = 0, at;

	while (joined_next(str_c(text), text->len, JOINED_COMMENTS, &pos, &l)) {
		size_t before = s->n;

		for (size_t i = 0; i < OLD_TAKERS; i++)
			if (modprobe_is_options(str_c(&l.text), l.text.len,
						old_takers[i].driver, &at))
				find_params(q, s, file, &l, i, at);
		if (s->n == before)
			find_command(q, s, file, &l);
	}
}

void old_find_unread(const struct old_query *q, struct old_setup *s, size_t file)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	const struct old_file *f = &s->files[file];
	const char *why = str_starts(f->path, "/etc/modprobe.d/")
				  ? "modprobe reads no file there whose name does not "
				    "end in .conf"
				  : "what modprobe reads is /etc/modprobe.d";
	size_t pos = 0;

	while (joined_next(str_c(&f->text), f->text.len, JOINED_COMMENTS, &pos, &l))
		old_add_stray_line(q, s, file, &l, SIZE_MAX, why);
}

/* initramfs-tools' init gives a line to modprobe, a module's name and its parameters
 * (scripts/functions, load_modules()), and so do start scripts. systemd-modules-load asks
 * libkmod for a module that has the whole line as its name (systemd
 * src/modules-load/modules-load.c, src/shared/module-util.c): there is none. */
void old_find_modules(const struct old_query *q, struct old_setup *s, size_t file)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	const struct old_file *f = &s->files[file];
	const char *missing = old_missing_reader(q->host, f->path);
	bool is_name_only = !old_gets_params(q->host, f->path);
	size_t pos = 0, n, at;
	const char *word;

	while (joined_next(str_c(&f->text), f->text.len, DROPPED_COMMENTS, &pos, &l)) {
		CLEANUP(free_char) char *name = NULL;
		size_t before = s->n;

		at = 0;
		if (!next_word(str_c(&l.text), l.text.len, &at, &word, &n))
			continue;
		name = xstrndup(word, n);
		for (size_t i = 0; i < OLD_TAKERS; i++)
			if (module_same_name(name, old_takers[i].driver))
				find_params(q, s, file, &l, i, at);
		if (s->n == before)
			old_add_stray_line(q, s, file, &l, SIZE_MAX,
					   "the first word of a line there is the name "
					   "of a module, and gets the rest");
		for (size_t i = before; i < s->n && (missing || is_name_only); i++) {
			free(s->v[i].why_idle);
			s->v[i].why_idle =
				missing ? xasprintf("%s, which reads it, is not there",
						    missing)
					: xstrdup("systemd takes the whole line for the "
						  "name of a module");
		}
	}
}
