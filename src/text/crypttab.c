/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources: crypttab(5) of systemd 257 and of Debian's cryptsetup. */
#include "text/crypttab.h"

#include <strings.h>

#include "text/pcr.h"

void crypttab_done(struct crypttab *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		free(c->v[i].device);
		free(c->v[i].header);
		free(c->v[i].tpm);
	}
	free(c->v);
	*c = (struct crypttab){ 0 };
}

/* The value of an option if it is this one and has one, else NULL. */
static const char *value_of(const char *option, const char *name)
{
	size_t n = strlen(name);

	return str_starts(option, name) && option[n] == '=' && option[n + 1]
		       ? option + n + 1
		       : NULL;
}

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

static void take_option(struct crypttab_entry *entry, const char *option)
{
	const char *value;

	if (strcmp(option, "noauto") == 0 || strcmp(option, "nofail") == 0) {
		entry->boot_waits = false;
	} else if (value_of(option, "tpm2-device")) {
		set_text(&entry->tpm, option);
	} else if (str_starts(option, "tpm2-pcrs=")) {
		entry->known = pcrs_parse(strchr(option, '=') + 1, &entry->pcrs);
	} else if (value_of(option, "tpm2-pcrlock")) {
		entry->pcrlock = true;
	} else if ((value = value_of(option, "keyscript"))) {
		/* Debian: a program that gets the key. Several ask a TPM. */
		if (strcasestr(value, "tpm"))
			set_text(&entry->tpm, option);
	} else if ((value = value_of(option, "header"))) {
		set_text(&entry->header, value);
	}
}

void crypttab_parse(const char *text, size_t len, struct crypttab *ret)
{
	const char *line;
	size_t pos = 0, n;

	while (next_line(text, len, &pos, &line, &n)) {
		CLEANUP(free_char) char *copy = xstrndup(line, n);
		CLEANUP(strv_done) struct strv fields = { 0 }, options = { 0 };
		struct crypttab_entry entry = { .boot_waits = true };

		strv_split(&fields, copy, " \t\r");
		if (fields.n < 2 || fields.v[0][0] == '#')
			continue;
		entry.name = xstrdup(fields.v[0]);
		entry.device = xstrdup(fields.v[1]);
		if (fields.n > 3)
			strv_split(&options, fields.v[3], ",");
		for (size_t i = 0; i < options.n; i++)
			take_option(&entry, options.v[i]);
		ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
		ret->v[ret->n++] = entry;
	}
}

char *crypttab_device_path(const char *device)
{
	static const struct {
		const char *tag, *dir;
	} tags[] = {
		{ "UUID=", "by-uuid" },	  { "PARTUUID=", "by-partuuid" },
		{ "LABEL=", "by-label" }, { "PARTLABEL=", "by-partlabel" },
		{ "ID=", "by-id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *value = device + strlen(tags[i].tag);
		size_t n;

		if (!str_starts(device, tags[i].tag))
			continue;
		if (*value == '"') /* as in fstab */
			value++;
		n = strcspn(value, "\"");
		return xasprintf("/dev/disk/%s/%.*s", tags[i].dir, (int)n, value);
	}
	return xstrdup(device);
}
