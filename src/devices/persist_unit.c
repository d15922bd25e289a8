/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unit that binds at every boot: is it there, would it start, is it enabled? */
#include <errno.h>

#include "devices/persist.h"

/* systemd.unit(5), UNIT FILE SEARCH PATH, of the system manager. */
static const char *const unit_dirs[] = {
	"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system", "/lib/systemd/system",
};

static char *find_unit(const struct host *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_dirs); i++) {
		char *path = xasprintf("%s/" PERSIST_UNIT, unit_dirs[i]);
		CLEANUP(free_char) char *link = host_readlink(h, path);

		if (link || host_exists(h, path))
			return path;
		free(path);
	}
	return NULL;
}

/* The program that the unit starts. Owned by the caller; NULL: none is named. */
static char *started_by(const struct host *h, const char *unit)
{
	static const char key[] = "ExecStart=";
	CLEANUP(str_done) struct str text = { 0 };
	const char *line;
	size_t pos = 0, n;

	host_read(h, unit, HOST_MAX_CONFIG, &text, NULL);
	while (next_line(str_c(&text), text.len, &pos, &line, &n)) {
		CLEANUP(free_char) char *one = xstrndup(line, n);

		if (!str_starts(one, key))
			continue;
		one[strlen(key) + strcspn(one + strlen(key), " \t")] = '\0';
		return xstrdup(one + strlen(key));
	}
	return NULL;
}

/* Where programs are started at boot without systemd: OpenRC's local.d(8), runit as Void
 * Linux has it. */
static int refuse_without_systemd(const struct host *h, const char *command,
				  struct error *e)
{
	error_set(e, EOPNOTSUPP,
		  "--persist needs systemd, which does not run on this host");
	if (host_is_dir(h, "/run/openrc"))
		error_hint(e,
			   "with OpenRC, put this line into "
			   "/etc/local.d/slicer.start, make the file executable, and "
			   "run \"rc-update add local default\": %s",
			   command);
	else if (host_is_dir(h, "/run/runit") || host_is_dir(h, "/etc/runit"))
		error_hint(e, "with runit, put this line into /etc/rc.local: %s",
			   command);
	else
		error_hint(e, "put this line where your init starts programs at boot: %s",
			   command);
	return -EOPNOTSUPP;
}

int persist_check_unit(const struct host *h, const char *command, struct error *e)
{
	CLEANUP(free_char) char *unit = NULL;
	CLEANUP(free_char) char *link = NULL;
	CLEANUP(free_char) char *program = NULL;
	CLEANUP(free_char) char *found = NULL;

	if (!host_is_live(h))
		return 0;
	/* sd_booted(3) */
	if (!host_is_dir(h, "/run/systemd/system"))
		return refuse_without_systemd(h, command, e);
	unit = find_unit(h);
	if (!unit) {
		error_set(e, ENOENT,
			  PERSIST_UNIT " is not installed: nothing would bind at boot");
		error_hint(e, "install slicer: \"sudo make install\" in its sources, or "
			      "your distribution's package");
		return -ENOENT;
	}
	link = host_readlink(h, unit);
	if (link && strcmp(link, "/dev/null") == 0) {
		error_set(e, EPERM,
			  PERSIST_UNIT " is masked: nothing would bind at boot");
		error_at(e, unit, 0);
		error_hint(e, "sudo systemctl unmask " PERSIST_UNIT);
		return -EPERM;
	}
	program = started_by(h, unit);
	found = program && *program == '/' ? host_find_program(h, program) : NULL;
	if (found)
		return 0;
	error_set(e, ENOENT, "the unit starts %s, which is not there",
		  program ? program : "no program");
	error_at(e, unit, 0);
	error_hint(e, "install slicer again: \"sudo make install\" in its sources");
	return -ENOENT;
}

bool persist_is_enabled(const struct host *h)
{
	CLEANUP(free_char) char *link = host_readlink(h, PERSIST_LINK);

	return link != NULL;
}
