/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel-install copies kernel and initramfs onto the ESP with install(1), which removes
 * the old file first, and FAT keeps no journal: a power cut in the middle leaves an entry
 * that does not start, and systemd-boot then ends in the firmware (src/boot/boot.c). So
 * the default entry and its files are copied first, and the copy is the default for as
 * long as programs run.
 */
#include "bootloaders/systemd_boot.h"

#include <errno.h>

#define DIRECTORY "slicer-shelter"
#define OWN_LINE "default " SDBOOT_SHELTER

static bool is_own_line(const char *line, size_t len)
{
	return len == strlen(OWN_LINE) && memcmp(line, OWN_LINE, len) == 0;
}

/* A line that a run left whose journal is lost is nothing to be put back. */
static void without_own(const struct str *text, struct str *ret)
{
	const char *line;
	size_t pos = 0, len, from = 0;

	while (next_line(str_c(text), text->len, &pos, &line, &len)) {
		if (!is_own_line(line, len))
			str_addn(ret, str_c(text) + from, pos - from);
		from = pos;
	}
}

/* What systemd-boot of version 260 and later starts before any default. */
static char *preferred(const struct facts *f, const struct sdboot *s)
{
	CLEANUP(bls_done) struct bls conf = { 0 };
	const char *value = f->efi.entry_preferred;

	if (value && *value)
		return xstrdup(value);
	if (bls_parse(str_c(&s->conf_text), s->conf_text.len, &conf, NULL) < 0)
		return NULL;
	return xstrdup_null(bls_get(&conf, "preferred"));
}

void sdboot_load_shelter(const struct host *h, const struct facts *f, struct sdboot *s)
{
	const char *esp = f->boot_partitions.esp, *next = f->efi.entry_oneshot;

	if (!esp)
		return;
	s->conf = xasprintf("%s/loader/loader.conf", esp);
	s->conf_exists = host_read(h, s->conf, HOST_MAX_CONFIG, &s->conf_text, NULL) == 0;
	s->default_variable = xstrdup_null(f->efi.entry_default);
	s->preferred = preferred(f, s);
	if (next && *next && !sdboot_is_trial(next))
		s->next = xstrdup(next);
}

/* The entry that is started next, else any that this system starts with. */
static size_t choose(const struct boot_config *c)
{
	size_t found = c->n;

	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].is_foreign || !c->v[i].kernel)
			continue;
		if (c->v[i].is_default)
			return i;
		if (found == c->n && boot_entry_is_normal(&c->v[i]))
			found = i;
	}
	return found;
}

/* The partition's mount point, from "/boot/efi/loader/entries/a.conf". */
static char *partition_of(const struct sdboot_entry *entry)
{
	const char *end = strstr(entry->path, "/loader/entries/");

	return xstrndup(entry->path, end ? (size_t)(end - entry->path) : 0);
}

static void add_copy(const char *from, const char *name, struct shelter *ret)
{
	strv_add(&ret->from, from);
	strv_addf(&ret->to, "%s/%s", ret->dir, name);
}

/* The entry's lines, its files replaced by their copies. */
static void write_entry(const struct sdboot_entry *entry, struct str *ret)
{
	size_t initrds = 0;

	for (size_t i = 0; i < entry->bls.n; i++) {
		const struct bls_line *line = &entry->bls.v[i];

		if (str_eq(line->key, "linux"))
			str_add(ret, "linux /" DIRECTORY "/linux\n");
		else if (str_eq(line->key, "initrd"))
			str_addf(ret, "initrd /" DIRECTORY "/initrd%zu\n", initrds++);
		else if (str_eq(line->key, "title"))
			str_addf(ret, "title %s (while slicer works)\n", line->value);
		else if (line->key)
			str_addn(ret, entry->bls.text.s + line->start,
				 line->end - line->start);
		if (ret->len && ret->s[ret->len - 1] != '\n')
			str_addc(ret, '\n');
	}
}

static void write_conf(const struct sdboot *s, struct shelter *ret)
{
	ret->conf = xstrdup(s->conf);
	ret->conf_existed = s->conf_exists;
	str_set(&ret->conf_found, str_c(&s->conf_text), s->conf_text.len);
	without_own(&s->conf_text, &ret->conf_before);
	str_set(&ret->conf_after, str_c(&ret->conf_before), ret->conf_before.len);
	if (ret->conf_after.len && ret->conf_after.s[ret->conf_after.len - 1] != '\n')
		str_addc(&ret->conf_after, '\n');
	str_add(&ret->conf_after, OWN_LINE "\n");
}

/* The variable wins over the file (config_select_default_entry()): then it is set. */
static void write_variable(const char *value, struct shelter *ret)
{
	static const char *const set[] = { "bootctl", "set-default" };

	for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
		strv_add(&ret->argv_up, set[i]);
		strv_add(&ret->argv_down, set[i]);
	}
	strv_add(&ret->argv_up, SDBOOT_SHELTER);
	strv_add(&ret->argv_down, value);
}

int sdboot_shelter(const struct boot_config *c, struct shelter *ret, struct error *e)
{
	const struct sdboot *s = c->priv;
	CLEANUP(free_char) char *partition = NULL;
	size_t i = choose(c);
	const struct boot_entry *entry;

	if (i == c->n || !s->conf) {
		error_set(e, ENOENT,
			  "there is no boot entry that could be kept while "
			  "the programs run");
		error_hint(e, "slicer doctor shows the boot menu as it reads it");
		return -ENOENT;
	}
	if (s->next || s->preferred) {
		error_set(
			e, EBUSY,
			"a power cut while programs run would start %s, which %s before "
			"the entry that slicer keeps for that case",
			s->next ? s->next : s->preferred,
			s->next ? "was set to be started once,"
				: "systemd-boot is told to prefer,");
		error_hint(e,
			   s->next ? "reboot first, or: bootctl set-oneshot \"\""
				   : "until this is done: bootctl set-preferred \"\", or "
				     "take 'preferred' out of loader.conf");
		return -EBUSY;
	}
	if (memchr(str_c(&s->conf_text), '\0', s->conf_text.len)) {
		error_set(e, EINVAL, "is not a text file");
		error_at(e, s->conf, 0);
		error_hint(e, "a power cut may have spoiled it: write it again");
		return -EINVAL;
	}
	entry = &c->v[i];
	partition = partition_of(&s->v[i]);
	ret->dir = xasprintf("%s/" DIRECTORY, partition);
	add_copy(entry->kernel, "linux", ret);
	for (size_t k = 0; k < entry->initrds.n; k++) {
		CLEANUP(free_char) char *name = xasprintf("initrd%zu", k);

		add_copy(entry->initrds.v[k], name, ret);
	}
	ret->entry = xasprintf("%s/loader/entries/" SDBOOT_SHELTER, partition);
	write_entry(&s->v[i], &ret->entry_text);
	if (s->default_variable && *s->default_variable &&
	    strcmp(s->default_variable, SDBOOT_SHELTER) != 0)
		write_variable(s->default_variable, ret);
	else
		write_conf(s, ret);
	return 0;
}
