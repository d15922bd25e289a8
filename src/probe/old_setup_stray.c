/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of devices that stand where nothing reads them: people type them into a list of
 * modules, with a blank after a comma, or with a word that nobody knows. */
#include "probe/old_setup.h"

bool old_add_stray(const struct old_query *q, struct old_setup *s, size_t file,
		   const char *text, size_t len, size_t but, const char *why)
{
	CLEANUP(free_char) char *copy = xstrndup(text, len);
	struct old_statement found = { 0 };
	struct old_statement *st;

	for (size_t i = 0; i < q->all->n; i++) {
		const struct pci_device *d = &q->all->v[i];
		CLEANUP(free_char)
		char *id = xasprintf("%04x:%04x", d->vendor, d->device);

		if (!pci_is_bridge(d) && old_has_word(copy, id) &&
		    !(but < s->n && old_statement_takes(&s->v[but], d)))
			old_statement_take(&found, d);
	}
	if (!found.n)
		return false;
	st = old_setup_add(s, OLD_STRAY, file, text, len);
	st->driver = xstrdup("vfio-pci");
	st->devices = found.devices;
	st->n = found.n;
	st->why_idle = xstrdup(why);
	return true;
}

void old_add_stray_line(const struct old_query *q, struct old_setup *s, size_t file,
			const struct joined_line *l, size_t but, const char *why)
{
	const char *line = str_c(&l->text);
	size_t len = strcspn(line, "#");

	if (!memmem(line, len, "vfio", strlen("vfio")) ||
	    !old_add_stray(q, s, file, line, len, but, why))
		return;
	old_at_line(&s->v[s->n - 1], l);
}

/* A word of ids alone: what comes after a blank in "vfio-pci.ids=10de:2204, 10de:1aef".
 */
static bool is_only_ids(const char *param)
{
	return param[strspn(param, "0123456789abcdefABCDEF:,")] == '\0';
}

bool old_add_stray_param(const struct old_query *q, struct old_setup *s, size_t file,
			 const char *param)
{
	size_t len = strlen(param);

	if (is_only_ids(param))
		return old_add_stray(q, s, file, param, len, SIZE_MAX,
				     "a blank stands before it, and vfio-pci.ids= ends "
				     "there");
	return strstr(param, "vfio") && old_add_stray(q, s, file, param, len, SIZE_MAX,
						      "it has to be vfio-pci.ids=");
}

/* Does systemd load the modules that /etc/modules and modules-load.d list? Where it does
 * not run, what is to be started as init says so. */
static bool systemd_loads(const struct host *h)
{
	CLEANUP(free_char) char *init = NULL;

	if (host_is_dir(h, "/run/systemd/system"))
		return true;
	init = host_link_base(h, "/sbin/init");
	return init && strcmp(init, "systemd") == 0;
}

bool old_gets_params(const struct host *h, const char *path)
{
	return str_starts(path, "/etc/initramfs-tools/") || !systemd_loads(h);
}
