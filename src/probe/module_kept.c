/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps a module that a kernel has from being loaded by its name. "blacklist" does
 * not: it is about what devices ask for. */
#include "probe/modprobe_files.h"
#include "probe/modules.h"

#include "text/cmdline.h"
#include "text/glob.h"
#include "text/joined.h"

/* The kernel compares with the module's own name, which has no dash (linux
 * kernel/module/main.c, blacklisted()). Of several parameters the last one counts. */
static bool kernel_refuses(const struct host *h, const char *name)
{
	CLEANUP(free_char) char *line = host_attr(h, "/proc/cmdline");
	CLEANUP(strv_done) struct strv params = { 0 }, names = { 0 };
	const char *last;

	if (!line)
		return false;
	cmdline_split(line, strlen(line), &params);
	last = cmdline_last(&params, "module_blacklist");
	if (last)
		strv_split(&names, last, ",");
	for (size_t i = 0; i < names.n; i++)
		if (strcmp(names.v[i], name) == 0)
			return true;
	return false;
}

/* "install MODULE /bin/true", and nothing after it but a comment. */
static bool does_nothing(const struct strv *words)
{
	const char *command = path_base(words->v[2]);

	return (strcmp(command, "true") == 0 || strcmp(command, "false") == 0) &&
	       (words->n == 3 || *words->v[3] == '#');
}

/* The first line for a module is the one that modprobe runs (kmod
 * libkmod/libkmod-module.c, kmod_module_get_install_commands()). True: it was found in
 * the file; *ret is then set if it does nothing. */
static bool find_install(const char *path, const struct str *text, const char *name,
			 char **ret)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	size_t pos = 0;

	while (joined_next(str_c(text), text->len, JOINED_COMMENTS, &pos, &l)) {
		CLEANUP(strv_done) struct strv words = { 0 };

		strv_split(&words, str_c(&l.text), " \t\r");
		if (words.n < 3 || strcmp(words.v[0], "install") != 0)
			continue;
		for (char *c = words.v[1]; *c; c++)
			*c = *c == '-' ? '_' : *c;
		if (!glob_match(words.v[1], name, strlen(name)))
			continue;
		if (does_nothing(&words))
			*ret = xasprintf("\"install %s %s\" in %s:%u", name, words.v[2],
					 path, l.number);
		return true;
	}
	return false;
}

char *module_kept_out(const struct host *h, const char *module, bool *ret_by_kernel)
{
	CLEANUP(free_char) char *name = xstrdup(module);
	CLEANUP(strv_done) struct strv paths = { 0 };
	char *ret = NULL;

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	*ret_by_kernel = kernel_refuses(h, name);
	if (*ret_by_kernel)
		return xstrdup("module_blacklist= on the kernel command line");
	modprobe_files(h, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		if (host_read(h, paths.v[i], MODPROBE_MAX, &text, NULL) == 0 &&
		    find_install(paths.v[i], &text, name, &ret))
			break;
	}
	return ret;
}
