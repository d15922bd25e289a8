/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of a program and its children. */
#include "host/internal.h"

/* One line with a name of at most 64 bytes and 50 numbers. */
#define STAT_MAX 4096

struct process {
	char state;
	long group, threads;
	unsigned long long started; /* clock ticks since the boot */
};

/* "PID (comm) state ppid pgrp ...", where comm may hold anything, num_threads is field 20
 * and starttime is field 22 (proc_pid_stat(5)). */
static bool read_process(const struct host *h, const char *pid, struct process *ret)
{
	CLEANUP(free_char) char *path = xasprintf("/proc/%s/stat", pid);
	CLEANUP(str_done) struct str stat = { 0 };
	const char *end;

	if (host_read(h, path, STAT_MAX, &stat, NULL) < 0)
		return false;
	end = strrchr(str_c(&stat), ')');
	return end && sscanf(end + 1,
			     " %c %*s %ld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			     "%*s %*s %*s %ld %*s %llu",
			     &ret->state, &ret->group, &ret->threads, &ret->started) == 4;
}

/* The first thread of a process is a zombie while another one of it hangs. */
static bool is_alive(const struct process *p)
{
	return (p->state != 'Z' && p->state != 'X') || p->threads > 1;
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

/* Adds the numbers of the group's processes that are alive; only the first, or all. */
static void find_alive(const struct host *h, pid_t group, bool all, struct strv *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	if (host_list(h, "/proc", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n && (all || !ret->n); i++) {
		struct process p;

		if (!names.v[i][strspn(names.v[i], "0123456789")] &&
		    read_process(h, names.v[i], &p) && p.group == group && is_alive(&p))
			strv_add_unique(ret, names.v[i]);
	}
}

bool host_group_is_alive(const struct host *h, pid_t group, struct str *ret)
{
	CLEANUP(strv_done) struct strv pids = { 0 };

	find_alive(h, group, false, &pids);
	if (pids.n && ret)
		describe(h, pids.v[0], ret);
	return pids.n > 0;
}

/* ---- what could not be ended, for a later run of slicer ---------------------------- */

/* Random for each boot (random(4)); NULL: it can't be read. */
static char *read_boot(const struct host *h)
{
	return host_attr(h, "/proc/sys/kernel/random/boot_id");
}

void host_note_stuck(const struct host *h, pid_t group, bool with_first, struct strv *ret)
{
	CLEANUP(free_char) char *boot = read_boot(h);
	CLEANUP(free_char) char *first = xasprintf("%d", (int)group);
	CLEANUP(strv_done) struct strv pids = { 0 };

	if (with_first)
		strv_add(&pids, first);
	find_alive(h, group, true, &pids);
	for (size_t i = 0; i < pids.n; i++) {
		struct process p;

		if (read_process(h, pids.v[i], &p))
			strv_addf(ret, "%s %llu %s", pids.v[i], p.started,
				  boot ? boot : "?");
	}
}

bool host_is_stuck(const struct host *h, const char *note, struct str *ret)
{
	CLEANUP(free_char) char *boot = read_boot(h);
	char pid[16], its_boot[64];
	unsigned long long started;
	struct process p;

	if (!host_is_live(h) ||
	    sscanf(note, "%15[0-9] %llu %63s", pid, &started, its_boot) != 3)
		return false;
	if (boot && strcmp(its_boot, "?") != 0 && !str_eq(boot, its_boot))
		return false;
	if (!read_process(h, pid, &p) || p.started != started || !is_alive(&p))
		return false;
	describe(h, pid, ret);
	return true;
}
