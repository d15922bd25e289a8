/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line that kernel-install(8) gives to the entries it makes: the first that
 * exists of /etc/kernel/cmdline, /usr/lib/kernel/cmdline and the running kernel's
 * (90-loaderentry.install of systemd 252 to 257).
 */
#include "bootloaders/systemd_boot.h"

#include <ctype.h>
#include <errno.h>

void sdboot_cmdline_params(const struct str *text, struct strv *ret)
{
	const char *line;
	size_t pos = 0, n;

	while (next_line(str_c(text), text->len, &pos, &line, &n)) {
		size_t i = 0;

		while (i < n && isspace((unsigned char)line[i]))
			i++;
		if (i == n || line[i] != '#')
			cmdline_split(line, n, ret);
	}
}

/* Reads one of the files. Returns whether it decides: also when it can't be read. */
static bool load_file(const struct host *h, const char *path, enum sdboot_source source,
		      struct sdboot *s, struct boot_config *c)
{
	int r = host_read(h, path, HOST_MAX_CONFIG, &s->text, &c->configured_error);

	if (r == -ENOENT)
		return false;
	s->source = source;
	strv_add(&c->configured_sources, path);
	if (r == 0 && memchr(str_c(&s->text), '\0', s->text.len)) {
		error_set(&c->configured_error, EINVAL, "it is no text file");
		error_at(&c->configured_error, path, 0);
		r = -EINVAL;
	}
	/* The kernel takes the second byte of a no-break space for a blank (lib/ctype.c):
	 * it has to be found before the text is split. */
	if (r == 0)
		r = boot_refuse_lookalike(str_c(&s->text), path, 1, &c->configured_error);
	if (r < 0)
		return true;
	sdboot_cmdline_params(&s->text, &s->params);
	c->configured = strv_join(&s->params, " ");
	return true;
}

/* With no file there is, kernel-install takes what runs; on a disk that is only mounted,
 * what is in the entries is all there is to know. */
static void load_running(const struct facts *f, struct sdboot *s, struct boot_config *c)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	CLEANUP(free_char) char *options = NULL;
	const char *text = f->cmdline;

	if (text) {
		s->source = SDBOOT_RUNNING;
		strv_add(&c->configured_sources, "/proc/cmdline");
	} else {
		s->source = SDBOOT_ENTRY;
		strv_add(&c->configured_sources, s->v[s->reference].path);
		options = bls_options(&s->v[s->reference].bls);
		text = options;
	}
	cmdline_split(text, strlen(text), &params);
	boot_filter(&params, &s->params);
	c->configured = strv_join(&s->params, " ");
}

/* Entries that a person wrote: the default one's stands for them. */
static void load_handwritten(struct sdboot *s, struct boot_config *c, size_t preferred)
{
	for (size_t i = 0; i < c->n && preferred >= c->n; i++)
		if (boot_entry_is_normal(&c->v[i]))
			preferred = i;
	if (preferred < c->n) {
		c->configured = xstrdup(c->v[preferred].options);
		strv_add(&c->configured_sources, s->v[preferred].path);
		return;
	}
	error_set(&c->configured_error, ENOENT, "systemd-boot's menu has no Linux entry");
}

void sdboot_load_cmdline(const struct host *h, const struct facts *f, struct sdboot *s,
			 struct boot_config *c, size_t preferred)
{
	/* Another system's says nothing of this one. */
	if (preferred < c->n && c->v[preferred].is_foreign)
		preferred = c->n;
	s->reference = s->n;
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].regenerate.n && (i == preferred || s->reference == s->n))
			s->reference = i;
	if (!s->has_managed)
		load_handwritten(s, c, preferred);
	else if (!load_file(h, SDBOOT_CMDLINE, SDBOOT_ETC, s, c) &&
		 !load_file(h, SDBOOT_USR_CMDLINE, SDBOOT_USR, s, c))
		load_running(f, s, c);
	if (c->configured)
		c->configured_error = (struct error){ 0 };
}
