/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules of one kernel. Which module a device wants is asked of libkmod, which reads the
 * binary index; whether a module is there is read out of depmod's text lists, in the
 * root.
 *
 * libkmod opens its paths itself, so the directory is looked at first: a link out of a
 * foreign root is not followed. It gets no modprobe.d: its answer must not depend on the
 * running kernel's command line and this machine's configuration (it reads /proc/cmdline
 * whatever root it was given, libkmod/libkmod-config.c, but only blacklists and options
 * come from there, and those don't decide an alias).
 */
#include "probe/modules.h"
#include "probe/library.h"

#include <errno.h>

#include <libkmod.h>

#define LIBKMOD "libkmod.so.2"

static struct {
	__typeof__(kmod_new) *create;
	__typeof__(kmod_unref) *unref;
	__typeof__(kmod_set_log_fn) *set_log_fn;
	__typeof__(kmod_load_resources) *load_resources;
	__typeof__(kmod_module_new_from_lookup) *module_new_from_lookup;
	__typeof__(kmod_module_get_module) *module_get_module;
	__typeof__(kmod_module_get_name) *module_get_name;
	__typeof__(kmod_module_unref) *module_unref;
	__typeof__(kmod_module_unref_list) *module_unref_list;
	__typeof__(kmod_list_next) *list_next;
} lib;

static const struct library_symbol symbols[] = {
	{ "kmod_new", &lib.create },
	{ "kmod_unref", &lib.unref },
	{ "kmod_set_log_fn", &lib.set_log_fn },
	{ "kmod_load_resources", &lib.load_resources },
	{ "kmod_module_new_from_lookup", &lib.module_new_from_lookup },
	{ "kmod_module_get_module", &lib.module_get_module },
	{ "kmod_module_get_name", &lib.module_get_name },
	{ "kmod_module_unref", &lib.module_unref },
	{ "kmod_module_unref_list", &lib.module_unref_list },
	{ "kmod_list_next", &lib.list_next },
};

#define LIST_MAX (16u << 20) /* modules.dep is about 0.6 MiB */
#define INDEX_MAX (64 * 1024 * 1024) /* modules.alias.bin is about 1.3 MiB */

struct module_index {
	const struct host *h;
	char *dir; /* "/usr/lib/modules/6.1.0-40-amd64": links resolved */
	struct str dep, builtin;
	bool lists_read, dep_known, builtin_known;
	struct kmod_ctx *kmod;
	bool kmod_tried;
};

static char *file_in(const struct module_index *m, const char *name)
{
	return xasprintf("%s/%s", m->dir, name);
}

static bool is_release(const char *kernel)
{
	return *kernel && *kernel != '.' && !strchr(kernel, '/') && strlen(kernel) < 256;
}

int module_index_open(const struct host *h, const char *kernel, struct module_index **ret,
		      struct error *e)
{
	CLEANUP(free_char) char *path = NULL;
	CLEANUP(free_char) char *dir = NULL;

	if (!is_release(kernel)) {
		error_set(e, EINVAL, "\"%s\" is not the release of a kernel", kernel);
		return -EINVAL;
	}
	path = xasprintf("/lib/modules/%s", kernel);
	dir = host_realpath(h, path);
	if (!dir || !host_is_dir(h, dir)) {
		error_set(e, ENOENT, "there are no modules of kernel %s", kernel);
		error_at(e, path, 0);
		return -ENOENT;
	}
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->h = h;
	(*ret)->dir = take(dir);
	return 0;
}

void module_index_close(struct module_index **m)
{
	if (!*m)
		return;
	/* No alias was asked: the library is not there. */
	if ((*m)->kmod)
		lib.unref((*m)->kmod);
	free((*m)->dir);
	str_done(&(*m)->dep);
	str_done(&(*m)->builtin);
	free(*m);
	*m = NULL;
}

/* ---- states by name
 * --------------------------------------------------------------------- */

int module_index_read(const struct module_index *m, const char *name, struct str *ret)
{
	CLEANUP(free_char) char *path = file_in(m, name);

	return host_read(m->h, path, LIST_MAX, ret, NULL);
}

/* False if the list could not be read; an absent one is an empty one. */
static bool read_list(const struct module_index *m, const char *name, struct str *ret)
{
	int r = module_index_read(m, name, ret);

	return r == 0 || r == -ENOENT;
}

static void read_lists(struct module_index *m)
{
	if (m->lists_read)
		return;
	m->lists_read = true;
	m->dep_known = read_list(m, "modules.dep", &m->dep);
	m->builtin_known = read_list(m, "modules.builtin", &m->builtin);
}

static char dash(char c)
{
	return c == '-' ? '_' : c;
}

bool module_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (dash(*a) != dash(*b))
			return false;
	return !*a && !*b;
}

/* Is "kernel/drivers/vfio/pci/vfio-pci.ko.xz" the file of module? The suffixes of
 * compressed modules: kmod's depmod, .ko .ko.gz .ko.xz .ko.zst. */
static bool is_file_of(const char *path, size_t len, const char *module)
{
	size_t n = strlen(module);
	const char *slash = memrchr(path, '/', len);
	const char *base = slash ? slash + 1 : path;

	len -= (size_t)(base - path);
	if (len < n + 3 || memcmp(base + n, ".ko", 3) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (dash(base[i]) != dash(module[i]))
			return false;
	return true;
}

/* The path of module in a list of "path" or "path: dependencies" lines, owned by the
 * caller; NULL if it is not listed. */
static char *find_in_list(const struct str *list, const char *module)
{
	size_t pos = 0, len;
	const char *line;

	while (next_line(str_c(list), list->len, &pos, &line, &len)) {
		const char *colon = memchr(line, ':', len);
		size_t path_len = colon ? (size_t)(colon - line) : len;

		if (is_file_of(line, path_len, module))
			return xstrndup(line, path_len);
	}
	return NULL;
}

/* depmod was told of it, but a person or a package may have taken the file away. */
static bool has_file(const struct module_index *m, const char *listed)
{
	CLEANUP(free_char)
	char *path = *listed == '/' ? xstrdup(listed) : file_in(m, listed);

	return host_exists(m->h, path);
}

enum module_state module_index_state(struct module_index *m, const char *module)
{
	CLEANUP(free_char) char *file = NULL;
	CLEANUP(free_char) char *builtin = NULL;

	read_lists(m);
	builtin = find_in_list(&m->builtin, module);
	if (builtin)
		return MODULE_BUILTIN;
	file = find_in_list(&m->dep, module);
	if (file && has_file(m, file))
		return MODULE_LOADABLE;
	return m->dep_known && m->builtin_known ? MODULE_MISSING : MODULE_UNKNOWN;
}

/* ---- modules by alias
 * ------------------------------------------------------------------- */

static bool is_own_file(const struct module_index *m, const char *name)
{
	CLEANUP(free_char) char *path = file_in(m, name);
	CLEANUP(free_char) char *link = host_readlink(m->h, path);
	struct stat st;

	return !link && host_stat(m->h, path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size < INDEX_MAX;
}

/* libkmod waits for what it opens: a FIFO would never end. */
static bool has_plain_cmdline(const struct host *h)
{
	struct stat st;
	int r = host_is_live(h) ? host_stat(h, "/proc/cmdline", &st) : -ENOENT;

	return r == -ENOENT || (r == 0 && S_ISREG(st.st_mode));
}

/* Everything that libkmod may open: modules.dep.bin, modules.softdep ... */
static bool can_give_to_kmod(const struct module_index *m)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (!has_plain_cmdline(m->h))
		return false;
	if (host_list(m->h, m->dir, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (str_starts(names.v[i], "modules.") && !is_own_file(m, names.v[i]))
			return false;
	return strv_has(&names, "modules.alias.bin");
}

static void be_quiet(void *data, int priority, const char *file, int line, const char *fn,
		     const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn;
	(void)format, (void)args;
}

static struct kmod_ctx *kmod_of(struct module_index *m)
{
	static const char *const no_config[] = { NULL };
	CLEANUP(free_char) char *outer = NULL;

	if (m->kmod_tried)
		return m->kmod;
	m->kmod_tried = true;
	if (!can_give_to_kmod(m))
		return NULL;
	if (library_load(LIBKMOD, symbols, ARRAY_SIZE(symbols), NULL) < 0)
		return NULL;
	outer = host_outer_path(m->h, m->dir);
	/* It reads the kernel command line, and prints what it can't use of it, before it
	 * can be given a function to log by (libkmod/libkmod.c, kmod_new()). */
	setenv("KMOD_LOG", "0", 1);
	m->kmod = lib.create(outer, no_config);
	unsetenv("KMOD_LOG");
	if (!m->kmod)
		return NULL;
	lib.set_log_fn(m->kmod, be_quiet, NULL);
	/* Maps the indexes once for all questions; without it each opens them again. */
	lib.load_resources(m->kmod);
	return m->kmod;
}

void module_index_alias(struct module_index *m, const char *modalias, struct strv *ret)
{
	struct kmod_ctx *kmod = kmod_of(m);
	struct kmod_list *list = NULL, *item;

	if (!kmod || lib.module_new_from_lookup(kmod, modalias, &list) < 0)
		return;
	for (item = list; item; item = lib.list_next(list, item)) {
		struct kmod_module *module = lib.module_get_module(item);

		strv_add_unique(ret, lib.module_get_name(module));
		lib.module_unref(module);
	}
	lib.module_unref_list(list);
}

/* ---- the short forms of facts.h
 * ---------------------------------------------------------- */

int modules_for_alias(const struct host *h, const char *kernel, const char *modalias,
		      struct strv *ret, struct error *e)
{
	CLEANUP(module_index_close) struct module_index *m = NULL;
	int r = module_index_open(h, kernel, &m, e);

	if (r == 0)
		module_index_alias(m, modalias, ret);
	return r;
}

enum module_state module_state_of(const struct host *h, const char *kernel,
				  const char *module)
{
	CLEANUP(module_index_close) struct module_index *m = NULL;

	if (module_index_open(h, kernel, &m, NULL) < 0)
		return MODULE_UNKNOWN;
	return module_index_state(m, module);
}
