/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service that a process belongs to: a program that is merely killed is often started
 * again. systemd names each service's control group after its unit
 * (https://systemd.io/CGROUP_DELEGATION, proc_pid_cgroup(5)).
 */
#include "devices/usage.h"

/* The path of systemd's own hierarchy: "0::/system.slice/x.service", with cgroup v1
 * "1:name=systemd:/...". NULL: none. */
static char *cgroup_of(const char *text)
{
	CLEANUP(strv_done) struct strv lines = { 0 };
	const char *found = NULL;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *v1 = strstr(lines.v[i], ":name=systemd:/");

		if (v1)
			found = v1 + strlen(":name=systemd:");
		else if (str_starts(lines.v[i], "0::/") && !found)
			found = lines.v[i] + strlen("0::");
	}
	return xstrdup_null(found);
}

/* The first directory of the path that is a service, below the manager itself; NULL:
 * none, or one whose name would need quoting. */
static char *unit_of(const char *path)
{
	CLEANUP(strv_done) struct strv parts = { 0 };

	strv_split(&parts, path, "/");
	for (size_t i = 0; i < parts.n; i++) {
		const char *name = parts.v[i];

		if (!str_ends(name, ".service") || str_starts(name, "user@"))
			continue;
		if (*name == '-' ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
				      "XYZ0123456789:_.@-")])
			return NULL;
		return xstrdup(name);
	}
	return NULL;
}

/* Parts of systemd and the message bus have devices for others: a session's end frees
 * them, and the host does not do without these services. */
static bool is_needed(const char *unit)
{
	return str_starts(unit, "systemd-") || str_starts(unit, "dbus");
}

char *process_advice(const struct host *h, const char *pid)
{
	CLEANUP(free_char) char *file = xasprintf("/proc/%s/cgroup", pid);
	CLEANUP(str_done) struct str text = { 0 };
	CLEANUP(free_char) char *path = NULL, *unit = NULL;
	const char *user;
	unsigned uid;

	if (host_read(h, file, HOST_MAX_CONFIG, &text, NULL) < 0)
		return NULL;
	path = cgroup_of(str_c(&text));
	unit = path ? unit_of(path) : NULL;
	if (!unit || is_needed(unit))
		return NULL;
	if (str_starts(path, "/system.slice/"))
		return xasprintf("sudo systemctl stop %s", unit);
	user = strstr(path, "/user@");
	if (user && sscanf(user, "/user@%u.service/", &uid) == 1)
		return xasprintf("systemctl --user stop %s, as the user with number %u",
				 unit, uid);
	return NULL;
}
