/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dm-crypt devices by their uuid, "CRYPT-LUKS2-...": libcryptsetup lib/libdevmapper.c. */
#include "probe/seals.h"

#include <errno.h>

#include "text/crypttab.h"

#define CRYPTTAB "/etc/crypttab"
#define DM_LUKS2 "CRYPT-LUKS2-"

/* A disk to look at. */
struct volume {
	char *name, *device; /* device: without links, if it is there */
	char *header; /* where the LUKS header is: device, or a file of its own */
	const struct crypttab_entry *entry; /* NULL: not in crypttab */
	bool is_luks2; /* known without its header */
};
struct volumes {
	struct volume *v;
	size_t n, cap;
};

static void volumes_done(struct volumes *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->v[i].name);
		free(v->v[i].device);
		free(v->v[i].header);
	}
	free(v->v);
}

void seals_done(struct seal_facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].name);
		free(f->v[i].device);
		free(f->v[i].evidence);
	}
	free(f->v);
	strv_done(&f->unread);
	*f = (struct seal_facts){ 0 };
}

/* ---- which disks
 * ------------------------------------------------------------------------- */

static void add_volume(struct volumes *v, const char *name, char *device,
		       const struct crypttab_entry *entry)
{
	for (size_t i = 0; i < v->n; i++) {
		if (!str_eq(v->v[i].device, device))
			continue;
		v->v[i].is_luks2 |= !entry;
		free(device);
		return;
	}
	v->v = xgrow(v->v, v->n, &v->cap, sizeof(*v->v));
	v->v[v->n++] = (struct volume){
		.name = xstrdup(name),
		.device = device,
		.header = xstrdup(entry && entry->header ? entry->header : device),
		.entry = entry,
		.is_luks2 = !entry,
	};
}

static void find_in_crypttab(const struct host *h, const struct crypttab *c,
			     struct volumes *ret)
{
	for (size_t i = 0; i < c->n; i++) {
		char *path = crypttab_device_path(c->v[i].device);
		char *real = host_realpath(h, path);

		add_volume(ret, c->v[i].name, real ? real : xstrdup(path), &c->v[i]);
		free(path);
	}
}

/* sysfs writes '!' for the '/' of a device's name. */
static char *node_of(const char *name)
{
	char *path = xasprintf("/dev/%s", name);

	for (char *p = path; *p; p++)
		if (*p == '!')
			*p = '/';
	return path;
}

static void find_open(const struct host *h, struct volumes *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, "/sys/block", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *uuid_at = xasprintf("/sys/block/%s/dm/uuid", names.v[i]);
		CLEANUP(free_char)
		char *name_at = xasprintf("/sys/block/%s/dm/name", names.v[i]);
		CLEANUP(free_char)
		char *slaves_at = xasprintf("/sys/block/%s/slaves", names.v[i]);
		CLEANUP(free_char) char *uuid = NULL, *name = NULL;
		CLEANUP(strv_done) struct strv slaves = { 0 };

		if (!str_starts(names.v[i], "dm-"))
			continue;
		uuid = host_attr(h, uuid_at);
		if (!uuid || !str_starts(uuid, DM_LUKS2))
			continue;
		name = host_attr(h, name_at);
		host_list(h, slaves_at, &slaves, NULL);
		for (size_t k = 0; k < slaves.n; k++)
			add_volume(ret, name ? name : names.v[i], node_of(slaves.v[k]),
				   NULL);
	}
}

/* ---- what their headers say
 * -------------------------------------------------------------- */

/* The header at offset. */
static enum luks_version read_at(const struct host *h, const char *path, size_t offset,
				 struct tpm_seals *ret, struct error *e)
{
	CLEANUP(str_done) struct str bytes = { 0 };
	enum luks_version version;
	size_t size = 0;

	if (host_read_part(h, path, offset, LUKS2_BINARY_SIZE, &bytes, e) < 0)
		return LUKS_NONE;
	version = luks_header((const uint8_t *)str_c(&bytes), bytes.len, offset, &size);
	if (version != LUKS_2)
		return version;
	if (host_read_part(h, path, offset + LUKS2_BINARY_SIZE, size - LUKS2_BINARY_SIZE,
			   &bytes, e) < 0)
		return LUKS_NONE;
	return luks2_seals(str_c(&bytes), bytes.len, ret, e) < 0 ? LUKS_NONE : LUKS_2;
}

/* The first header or, where that is damaged, the second, wherever it may be. */
static enum luks_version read_header(const struct host *h, const char *path,
				     struct tpm_seals *ret, struct error *e)
{
	enum luks_version version = read_at(h, path, 0, ret, e);

	for (size_t at = LUKS2_MIN_SIZE; version == LUKS_NONE && at <= LUKS2_MAX_SIZE;
	     at *= 2)
		version = read_at(h, path, at, ret, e);
	return version;
}

static void add(struct seal_facts *f, const struct volume *v, char *evidence,
		const struct tpm_seal *seal)
{
	f->v = xgrow(f->v, f->n, &f->cap, sizeof(*f->v));
	f->v[f->n++] = (struct sealed_disk){
		.name = xstrdup(v->name),
		.device = xstrdup(v->device),
		.evidence = evidence,
		.seal = *seal,
	};
}

static void add_from_crypttab(struct seal_facts *f, const struct volume *v)
{
	const struct crypttab_entry *entry = v->entry;
	const struct tpm_seal seal = {
		.kind = SEAL_SYSTEMD,
		.known = entry->known,
		.pcrlock = entry->pcrlock,
		.pcrs = entry->pcrs,
		.slot = -1,
	};

	add(f, v, xasprintf(CRYPTTAB ": %s", entry->tpm), &seal);
}

static void look_at(const struct host *h, const struct volume *v, struct seal_facts *f)
{
	CLEANUP(tpm_seals_done) struct tpm_seals seals = { 0 };
	struct error e = { 0 };
	enum luks_version version = read_header(h, v->header, &seals, &e);

	for (size_t i = 0; i < seals.n; i++)
		add(f, v,
		    xasprintf("%s token in its LUKS2 header",
			      seals.v[i].kind == SEAL_CLEVIS ? "clevis" : "systemd-tpm2"),
		    &seals.v[i]);
	if (!seals.n && v->entry && v->entry->tpm)
		add_from_crypttab(f, v);
	else if (version == LUKS_NONE && v->is_luks2 && host_is_live(h))
		strv_addf(&f->unread, "%s (%s): %s", v->name, v->header,
			  e.code ? e.what : "no LUKS2 header was found");
}

int seals_probe(const struct host *h, struct seal_facts *ret, struct error *e)
{
	CLEANUP(crypttab_done) struct crypttab table = { 0 };
	CLEANUP(volumes_done) struct volumes volumes = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	(void)e;
	*ret = (struct seal_facts){ 0 };
	if (host_read(h, CRYPTTAB, HOST_MAX_CONFIG, &text, NULL) == 0)
		crypttab_parse(str_c(&text), text.len, &table);
	find_in_crypttab(h, &table, &volumes);
	find_open(h, &volumes);
	for (size_t i = 0; i < volumes.n; i++)
		look_at(h, &volumes.v[i], ret);
	return 0;
}
