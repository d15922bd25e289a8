/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/last_boot.h"

#include "text/cmdline.h"

#define DUMP_MAX (1u << 20)
#define LINES_SHOWN 8
#define LINE_MAX_SHOWN 160
#define BOOTS_ASKED 3
#define JOURNAL_TIMEOUT_S 20

/* "Command line: ..." (arch/x86/kernel/setup.c; init/main.c says "Kernel command line:").
 * YES: with param. NO: of another boot. */
static int has_param(const struct str *text, const char *param)
{
	static const char mark[] = "ommand line: ";
	const char *line;
	size_t pos = 0, len;
	int found = -1;

	while (next_line(str_c(text), text->len, &pos, &line, &len)) {
		const char *at = memmem(line, len, mark, strlen(mark));
		CLEANUP(strv_done) struct strv params = { 0 };

		if (!at)
			continue;
		at += strlen(mark);
		cmdline_split(at, len - (size_t)(at - line), &params);
		if (strv_has(&params, param))
			return 1;
		found = 0;
	}
	return found;
}

static void add_last_lines(const struct str *text, struct strv *ret)
{
	CLEANUP(strv_done) struct strv all = { 0 };

	strv_split(&all, str_c(text), "\r\n");
	for (size_t i = all.n > LINES_SHOWN ? all.n - LINES_SHOWN : 0; i < all.n; i++)
		strv_addf(ret, "%.*s", LINE_MAX_SHOWN, all.v[i]);
}

/* ---- pstore ------------------------------------------------------------------------ */

struct search {
	const struct host *h;
	const char *param;
	time_t since;
	struct str best; /* the dump that was found */
	char *path;
	bool is_sure;
	time_t when;
};

static void look_at_dump(struct search *s, const char *path, const struct stat *st)
{
	CLEANUP(str_done) struct str text = { 0 };
	int has;

	if (host_read(s->h, path, DUMP_MAX, &text, NULL) < 0 || !text.len)
		return;
	has = has_param(&text, s->param);
	if (has == 0 || (has < 0 && (!s->since || st->st_mtime < s->since)))
		return;
	/* One that names the boot beats one that only fits by its time. */
	if (s->path && (s->is_sure > (has > 0) ||
			(s->is_sure == (has > 0) && s->when >= st->st_mtime)))
		return;
	str_set(&s->best, str_c(&text), text.len);
	free(s->path);
	s->path = xstrdup(path);
	s->is_sure = has > 0;
	s->when = st->st_mtime;
}

/* systemd-pstore makes a directory for each dump, and for some one more below it. */
static void look_in(struct search *s, const char *dir, unsigned depth)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(s->h, dir, &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, names.v[i]);
		struct stat st;

		if (host_stat(s->h, path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth)
			look_in(s, path, depth - 1);
		else if (S_ISREG(st.st_mode) && str_starts(names.v[i], "dmesg"))
			look_at_dump(s, path, &st);
	}
}

static bool search_pstore(struct search *s, struct strv *lines, char **ret_source)
{
	look_in(s, "/sys/fs/pstore", 0);
	look_in(s, "/var/lib/systemd/pstore", 2);
	if (!s->path)
		return false;
	add_last_lines(&s->best, lines);
	*ret_source = xasprintf("%s (%s)", s->path,
				s->is_sure ? "of the trial boot"
					   : "written since the trial was set up");
	free(s->path);
	str_done(&s->best);
	return true;
}

/* ---- the journal ------------------------------------------------------------------- */

static bool read_journal(const struct host *h, unsigned back, struct str *ret)
{
	CLEANUP(free_char) char *boot = xasprintf("-%u", back);
	struct run r = {
		.argv = (const char *const[]){ "journalctl", "-k", "-b", boot, "-o",
					       "cat", "--no-pager", "-q", NULL },
		.timeout_s = JOURNAL_TIMEOUT_S,
		.output = ret,
		.log_fd = -1,
	};

	return host_run(h, &r, NULL) == 0;
}

static void search_journal(const struct search *s, struct strv *lines, char **ret_source)
{
	CLEANUP(free_char) char *program = host_find_program(s->h, "journalctl");

	for (unsigned back = 1; program && back <= BOOTS_ASKED; back++) {
		CLEANUP(str_done) struct str text = { 0 };

		if (!read_journal(s->h, back, &text))
			return;
		if (has_param(&text, s->param) <= 0)
			continue;
		add_last_lines(&text, lines);
		*ret_source = xasprintf("journalctl -k -b -%u (of the trial boot)", back);
		return;
	}
}

void last_boot_log(const struct host *h, const char *param, time_t since,
		   struct strv *lines, char **ret_source)
{
	struct search s = { .h = h, .param = param, .since = since };

	*ret_source = NULL;
	if (!search_pstore(&s, lines, ret_source) && host_is_live(h))
		search_journal(&s, lines, ret_source);
}
