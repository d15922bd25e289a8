/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/boot_time.h"

#include <stdlib.h>
#include <sys/stat.h>

#define DAY_S 86400
/* A line of /proc/stat for each processor, and one with a number for each interrupt. */
#define STAT_MAX ((size_t)4 << 20)

static long long boot_time(const struct host *h)
{
	CLEANUP(str_done) struct str text = { 0 };
	const char *line;
	size_t pos = 0, n;

	if (host_read(h, "/proc/stat", STAT_MAX, &text, NULL) < 0)
		return -1;
	while (next_line(str_c(&text), text.len, &pos, &line, &n))
		if (n > strlen("btime ") && str_starts(line, "btime "))
			return strtoll(line + strlen("btime "), NULL, 10);
	return -1;
}

/* In the tree of a captured host the mount table may name what is below it. */
static bool is_fat(const struct mounts *m, const char *path)
{
	const struct mount *mount = mounts_of(m, path);

	return mount && (str_eq(mount->fstype, "vfat") || str_eq(mount->fstype, "msdos"));
}

enum tri written_before_boot(const struct host *h, const struct mounts *m,
			     const char *path)
{
	CLEANUP(free_char) char *real = host_realpath(h, path);
	long long started = boot_time(h), margin = 0;
	struct stat st;
	time_t written;

	/* Junk in a captured tree is no time. */
	if (started <= 0 || started > 1LL << 40 || !real || host_stat(h, real, &st) < 0)
		return TRI_UNKNOWN;
	if (is_fat(m, real))
		margin = DAY_S;
	written = st.st_mtime > st.st_ctime ? st.st_mtime : st.st_ctime;
	if (written < started - margin)
		return TRI_YES;
	return written > started + margin ? TRI_NO : TRI_UNKNOWN;
}
