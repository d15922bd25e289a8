/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does anything load vfio-pci at boot? No device asks for it: its aliases begin with
 * "vfio_pci:", not with "pci:" (linux drivers/vfio/pci/vfio_pci.c, scripts/mod/
 * file2alias.c). Every mention counts as loading it, but for "options", "blacklist" and
 * "remove" in modprobe.d: a generator's configuration, a rule or a script that names
 * vfio-pci usually has it loaded.
 */
#include "probe/modules.h"
#include "probe/old_setup.h"
#include "text/cmdline.h"

bool old_names_vfio(const char *text)
{
	return strstr(text, "vfio-pci") || strstr(text, "vfio_pci");
}

/* What reads the configuration of an initramfs generator. */
static const struct {
	const char *files, *program;
} readers[] = {
	{ "/etc/initramfs-tools/", "/usr/sbin/mkinitramfs" },
	{ "/etc/mkinitcpio.conf", "/usr/bin/mkinitcpio" },
	{ "/etc/dracut.conf", "/usr/bin/dracut" },
	{ "/usr/lib/dracut/", "/usr/bin/dracut" },
	{ "/etc/booster.yaml", "/usr/bin/booster" },
};

const char *old_missing_reader(const struct host *h, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (str_starts(path, readers[i].files))
			return host_exists(h, readers[i].program) ? NULL
								  : readers[i].program;
	return NULL;
}

/* "modules_load=vfio-pci" is systemd's, "rd.driver.pre=vfio-pci" dracut's alone
 * (dracut.cmdline(7)); "vfio-pci.ids=" loads nothing. */
static bool is_in_cmdline(const struct host *h, const struct old_file *f)
{
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(str_c(&f->text), f->text.len, &params);
	for (size_t i = 0; i < params.n; i++) {
		const char *value = strchr(params.v[i], '=');

		if (value && old_names_vfio(value) &&
		    (!str_starts(params.v[i], "rd.driver.") ||
		     !old_missing_reader(h, "/etc/dracut.conf")))
			return true;
	}
	return false;
}

static bool line_loads(const struct old_query *q, const struct old_file *f,
		       const char *line)
{
	CLEANUP(strv_done) struct strv words = { 0 };

	strv_split(&words, line, " \t\r");
	if (!words.n || *words.v[0] == '#')
		return false;
	switch (f->source) {
	case OLD_IN_MODPROBE:
		return strcmp(words.v[0], "options") != 0 &&
		       strcmp(words.v[0], "blacklist") != 0 &&
		       strcmp(words.v[0], "remove") != 0 && old_names_vfio(line);
	case OLD_IN_MODULES:
		return module_same_name(words.v[0], "vfio-pci") &&
		       (words.n == 1 || old_gets_params(q->host, f->path));
	case OLD_IN_GENERATOR:
	case OLD_IN_RULES:
	case OLD_IN_PROGRAM:
		return old_names_vfio(line);
	default:
		return false;
	}
}

static bool is_loaded(const struct old_query *q, const struct old_setup *s)
{
	for (size_t i = 0; i < s->n_files; i++) {
		const struct old_file *f = &s->files[i];
		const char *line;
		size_t pos = 0, n;

		if (f->path && old_missing_reader(q->host, f->path))
			continue;
		if (f->source == OLD_IN_CMDLINE && is_in_cmdline(q->host, f))
			return true;
		while (next_line(str_c(&f->text), f->text.len, &pos, &line, &n)) {
			CLEANUP(free_char) char *one = xstrndup(line, n);

			if (line_loads(q, f, one))
				return true;
		}
	}
	return false;
}

/* Where this boot has given them all to VFIO, something has loaded it. */
static bool all_have_it(const struct old_statement *st)
{
	for (size_t i = 0; i < st->n; i++)
		if (!driver_is_vfio(st->devices[i]->driver))
			return false;
	return true;
}

void old_find_unloaded(const struct old_query *q, struct old_setup *s)
{
	if (!q->is_module || is_loaded(q, s))
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct old_statement *st = &s->v[i];

		st->is_unloaded = st->kind == OLD_IDS && !st->why_idle &&
				  str_eq(st->driver, "vfio-pci") && !all_have_it(st);
	}
}
