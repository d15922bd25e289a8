/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of a program and its children. */
#include "host/internal.h"

/* "PID (comm) state ppid pgrp ...": comm may hold anything (proc_pid_stat(5)). */
static bool is_alive_in(const char *stat, pid_t group)
{
	const char *end = strrchr(stat, ')');
	char state;
	long parent, its_group;

	return end && sscanf(end + 1, " %c %ld %ld", &state, &parent, &its_group) == 3 &&
	       its_group == group && state != 'Z' && state != 'X';
}

static void describe(const struct host *h, const char *pid, struct str *ret)
{
	CLEANUP(free_char) char *comm_path = xasprintf("/proc/%s/comm", pid);
	CLEANUP(free_char) char *wait_path = xasprintf("/proc/%s/wchan", pid);
	CLEANUP(free_char) char *comm = host_attr(h, comm_path);
	CLEANUP(free_char) char *place = host_attr(h, wait_path);

	str_clear(ret);
	str_add_printable(ret, comm ? comm : "?", strlen(comm ? comm : "?"));
	str_addf(ret, " (process %s", pid);
	/* "0" for who may not know it, and for what does not wait */
	if (place && *place && strcmp(place, "0") != 0)
		str_addf(ret, ", waiting in %.60s", place);
	str_add(ret, ")");
}

bool host_group_is_alive(const struct host *h, pid_t group, struct str *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, "/proc", &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = NULL;
		CLEANUP(free_char) char *stat = NULL;

		if (names.v[i][strspn(names.v[i], "0123456789")])
			continue;
		path = xasprintf("/proc/%s/stat", names.v[i]);
		stat = host_attr(h, path);
		if (!stat || !is_alive_in(stat, group))
			continue;
		if (ret)
			describe(h, names.v[i], ret);
		return true;
	}
	return false;
}
