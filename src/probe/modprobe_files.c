/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/modprobe_files.h"

#include "text/cmdline.h"
#include "text/modprobe.h"

/* modprobe.d(5): of files with the same name only that of the first directory is read,
 * and the names are sorted over all directories. */
static const char *const modprobe_dirs[] = {
	"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(path_base(*x), path_base(*y));
}

static bool has_name(const struct strv *paths, const char *name)
{
	for (size_t i = 0; i < paths->n; i++)
		if (strcmp(path_base(paths->v[i]), name) == 0)
			return true;
	return false;
}

/* The names alone decide: a link to /dev/null, or to nothing, hides the file of that name
 * in a later directory. A directory does not, and a name with a dot in front is none
 * (kmod libkmod/libkmod-config.c conf_files_filter_out(), conf_files_insert_sorted()). */
void modprobe_files(const struct host *h, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modprobe_dirs); i++) {
		CLEANUP(strv_done) struct strv names = { 0 };

		if (host_list(h, modprobe_dirs[i], &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++) {
			const char *name = names.v[k];
			char *path;

			if (*name == '.' || !str_ends(name, ".conf") ||
			    has_name(ret, name))
				continue;
			path = xasprintf("%s/%s", modprobe_dirs[i], name);
			if (host_is_dir(h, path))
				free(path);
			else
				strv_take(ret, path);
		}
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_names);
}

char *modprobe_allows(const struct host *h, const struct strv *paths, const char *module,
		      const char *parameter)
{
	char *found = NULL;

	for (size_t i = 0; i < paths->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(free_char) char *value = NULL;

		/* /dev/null is no file that host_read() takes: nothing is said. */
		if (host_read(h, paths->v[i], MODPROBE_MAX, &text, NULL) < 0)
			continue;
		value = modprobe_option(str_c(&text), text.len, module, parameter);
		if (!value)
			continue;
		free(found);
		found = !*value || param_bool(value) == 1 ? xstrdup(paths->v[i]) : NULL;
	}
	return found;
}
