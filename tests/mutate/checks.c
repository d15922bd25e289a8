/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mutate/checks.h"

#include <jansson.h>
#include <signal.h>

#include "mutate/sysfs.h"
#include "text/pciaddr.h"

#define MEMORY_MAX_KIB (600 * 1024)
#define EXIT_SANITIZER 99

/* ---- what was printed ----------------------------------------------------------------
 */

static size_t count_errors(const struct str *err)
{
	size_t n = 0, pos = 0, len;
	const char *line;

	while (next_line(str_c(err), err->len, &pos, &line, &len))
		n += len > 8 && !strncmp(line, "slicer: ", 8);
	return n;
}

/* What a terminal would obey, or could not show. Only a diff keeps a tab. */
static void check_bytes(const struct str *s, const char *which, struct strv *bad)
{
	CLEANUP(str_done) struct str safe = { 0 }, around = { 0 };
	size_t pos = 0, len;
	const char *line;

	while (next_line(str_c(s), s->len, &pos, &line, &len)) {
		str_clear(&safe);
		str_add_printable(&safe, line, len);
		if (safe.len == len)
			continue;
		for (size_t i = 0; i < len; i++)
			if (line[i] != '\t')
				str_addc(&around, line[i]);
		str_clear(&safe);
		str_add_printable(&safe, str_c(&around), around.len);
		if (safe.len != around.len) {
			strv_addf(bad, "raw bytes on %s: %.200s", which, str_c(&safe));
			return;
		}
		str_clear(&around);
	}
}

static void check_json(const struct run *r, struct strv *bad)
{
	json_error_t e;
	json_t *doc = json_loadb(str_c(&r->out), r->out.len,
				 JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	const json_t *error = json_object_get(doc, "error");

	if (!doc)
		strv_addf(bad, "stdout is not one JSON document: %s", e.text);
	else if (!json_is_string(json_object_get(doc, "schema")))
		strv_add(bad, "the JSON document has no schema");
	else if ((r->status >= 2) != json_is_object(error))
		strv_addf(bad, "exit %d, and the JSON document has %s error", r->status,
			  error ? "an" : "no");
	json_decref(doc);
}

static void check_errors(const struct run *r, struct strv *bad)
{
	size_t n = count_errors(&r->err);

	/* pci restore has an error for each device, in its result. */
	if (!n && strv_has(&r->argv, "restore") && strv_has(&r->argv, "--json"))
		return;
	if (r->status >= 2 ? n != 1 : n != 0)
		strv_addf(bad, "exit %d with %zu errors on stderr: %.300s", r->status, n,
			  str_c(&r->err));
}

static bool contains(const struct str *s, const char *text)
{
	return s->len && memmem(s->s, s->len, text, strlen(text));
}

void check_output(const struct run *r, struct strv *bad)
{
	if (r->late)
		strv_addf(bad, "it had not ended after %u s", r->deadline_s);
	else if (r->signal)
		strv_addf(bad, "it was ended by signal %d (%s): %.1000s", r->signal,
			  strsignal(r->signal), str_c(&r->err));
	else if (r->status == EXIT_SANITIZER)
		strv_addf(bad, "a sanitizer ended it: %.3000s", str_c(&r->err));
	else if (r->status < 0 || r->status > 4)
		strv_addf(bad, "exit status %d", r->status);
	if (bad->n)
		return;
	if (r->memory_kib > MEMORY_MAX_KIB)
		strv_addf(bad, "it had %ld MiB of memory", r->memory_kib / 1024);
	if (contains(&r->out, CANARY) || contains(&r->err, CANARY))
		strv_add(bad, "it printed what is outside of its root");
	check_errors(r, bad);
	check_bytes(&r->err, "stderr", bad);
	if (strv_has(&r->argv, "--json"))
		check_json(r, bad);
	else
		check_bytes(&r->out, "stdout", bad);
}

/* ---- what was written ----------------------------------------------------------------
 */

static void add_taken(struct strv *v, char *text)
{
	strv_take(v, text ? text : xstrdup(""));
}

void states_take(const struct tree *t, struct states *ret)
{
	static const char bus[] = "sys/bus/pci/devices/";

	for (size_t i = 0; i < t->paths.n; i++) {
		const char *address = t->paths.v[i] + sizeof(bus) - 1;

		if (!str_starts(t->paths.v[i], bus))
			continue;
		strv_add(&ret->address, address);
		add_taken(&ret->driver, sysfs_driver(t, address));
		add_taken(&ret->override, sysfs_override(t, address));
		add_taken(&ret->group, sysfs_group(t, address));
	}
}

void states_done(struct states *s)
{
	strv_done(&s->address);
	strv_done(&s->driver);
	strv_done(&s->override);
	strv_done(&s->group);
}

static bool is_word(const struct run *r, const char *word)
{
	return strv_has(&r->argv, word);
}

static const char *group_of(const struct states *s, const char *address)
{
	for (size_t i = 0; i < s->address.n; i++)
		if (!strcmp(s->address.v[i], address))
			return s->group.v[i];
	return "";
}

static void read_attribute(const struct tree *t, const char *address, const char *name,
			   struct str *ret)
{
	CLEANUP(free_char)
	char *path = xasprintf("sys/bus/pci/devices/%s/%s", address, name);

	tree_read(t, path, 4096, ret);
	str_rtrim(ret);
}

/* As devices.d has them: of its modalias, or of single files where that is none. */
static void read_ids(const struct tree *t, const char *address, struct str *ret)
{
	CLEANUP(str_done) struct str alias = { 0 }, vendor = { 0 }, device = { 0 };
	struct pci_modalias m;

	read_attribute(t, address, "modalias", &alias);
	if (!pci_modalias_parse(str_c(&alias), &m)) {
		read_attribute(t, address, "vendor", &vendor);
		read_attribute(t, address, "device", &device);
		m.vendor = (uint16_t)strtoul(str_c(&vendor), NULL, 16);
		m.device = (uint16_t)strtoul(str_c(&device), NULL, 16);
	}
	str_addf(ret, "id=%04x:%04x", m.vendor, m.device);
}

/* Is there a file in devices.d about a device with these ids? */
static bool is_listed(const struct tree *t, const char *address)
{
	CLEANUP(str_done) struct str file = { 0 }, id = { 0 };

	read_ids(t, address, &id);
	for (size_t i = 0; i < t->paths.n; i++) {
		if (!str_starts(t->paths.v[i], "etc/slicer/devices.d/"))
			continue;
		tree_read(t, t->paths.v[i], 1 << 16, &file);
		if (contains(&file, id.s))
			return true;
	}
	for (size_t i = 0; i < t->done.n; i++)
		if (str_starts(t->done.v[i], "etc/slicer/devices.d/"))
			return true; /* a file more, which may be about anything */
	return false;
}

/* May this run write to that device? Those that were named, or with --group and for
 * ensure what is in their groups, or what devices.d lists. */
static bool is_allowed(const struct tree *t, const struct run *r,
		       const struct states *before, const char *address)
{
	bool whole = is_word(r, "--group") || is_word(r, "ensure");
	const char *group = group_of(before, address);

	if (is_word(r, address))
		return true;
	if (is_word(r, "restore"))
		return is_listed(t, address);
	for (size_t i = 0; whole && *group && i < r->argv.n; i++)
		if (!strcmp(group_of(before, r->argv.v[i]), group))
			return true;
	return false;
}

/* The device that a write is about: owned by the caller, NULL for no device's. */
static char *device_of(const char *write)
{
	const char *space = strchr(write, ' '), *text = space + 1, *dir;
	CLEANUP(free_char) char *path = xstrndup(write, (size_t)(space - write));
	char *name = path + (path_base(path) - path);

	if (!strcmp(name, "driver_override") && name > path) {
		name[-1] = '\0';
		dir = path_base(path);
		return str_starts(path, "sys/devices/") ? xstrdup(dir) : NULL;
	}
	if (!strcmp(path, "sys/bus/pci/drivers_probe") ||
	    (str_starts(path, "sys/bus/pci/drivers/") &&
	     (!strcmp(name, "bind") || !strcmp(name, "unbind"))))
		return xstrdup(text);
	return NULL;
}

static void check_devices(const struct tree *t, const struct run *r,
			  const struct states *before, struct strv *bad)
{
	for (size_t i = 0; i < r->writes.n; i++) {
		CLEANUP(free_char) char *device = device_of(r->writes.v[i]);

		if (!device || !is_allowed(t, r, before, device))
			strv_addf(bad, "WRONG BIND: it wrote %s", r->writes.v[i]);
	}
	for (size_t i = 0; i < r->changes.n; i++) {
		const char *path = strchr(r->changes.v[i], ' ') + 1;

		/* pci restore notes which devices have twins by now. */
		if (!tree_is_own(path) &&
		    !(is_word(r, "restore") && str_starts(path, "etc/slicer/devices.d/")))
			strv_addf(bad, "it changed something else: %s", r->changes.v[i]);
	}
}

/* Everything that it wrote was taken back. */
static void check_taken_back(const struct tree *t, const struct states *before,
			     struct strv *bad)
{
	struct states now = { 0 };

	states_take(t, &now);
	for (size_t i = 0; i < now.address.n; i++)
		if (strcmp(now.driver.v[i], before->driver.v[i]) != 0 ||
		    strcmp(now.override.v[i], before->override.v[i]) != 0)
			strv_addf(bad,
				  "all was taken back, it says, but %s had driver "
				  "'%s', override '%s', and has '%s', '%s'",
				  now.address.v[i], before->driver.v[i],
				  before->override.v[i], now.driver.v[i],
				  now.override.v[i]);
	states_done(&now);
}

/* What exit 0 claims. */
static void check_claim(const struct tree *t, const struct run *r, struct strv *bad)
{
	json_t *doc = json_loadb(str_c(&r->out), r->out.len, 0, NULL);
	json_t *list = json_object_get(doc, "devices"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *address = json_string_value(json_object_get(one, "address"));
		const char *after =
			json_string_value(json_object_get(one, "driver_after"));
		CLEANUP(free_char) char *now = NULL;

		if (!address || !json_object_get(one, "driver_after"))
			continue;
		now = sysfs_driver(t, address);
		if (now || after ? !str_eq(now, after) : false)
			strv_addf(bad, "it says that %s has %s, and it has %s", address,
				  after ? after : "no driver", now ? now : "none");
	}
	json_decref(doc);
	for (i = 0; i < r->argv.n; i++) {
		CLEANUP(free_char) char *now = sysfs_driver(t, r->argv.v[i]);

		if (!strchr(r->argv.v[i], ':'))
			continue;
		if (is_word(r, "unbind") ? now != NULL
					 : !now || (!strstr(now, "vfio") &&
						    !is_word(r, "--driver=original")))
			strv_addf(bad, "exit 0, and %s has %s", r->argv.v[i],
				  now ? now : "no driver");
	}
}

void check_writes(const struct tree *t, const struct run *r, const struct states *before,
		  struct strv *bad)
{
	bool moves = is_word(r, "bind") || is_word(r, "unbind") || is_word(r, "ensure");

	check_devices(t, r, before, bad);
	if (r->status > 0 && r->status < 4 && r->writes.n)
		strv_addf(bad, "exit %d after it had written %s", r->status,
			  r->writes.v[0]);
	/* What goes away can't be looked at. */
	if (r->vanishing)
		return;
	if (r->status == 4 && !is_word(r, "restore") &&
	    (contains(&r->err, "as it was before") ||
	     contains(&r->out, "\"rolled_back\": true")))
		check_taken_back(t, before, bad);
	if (r->status == 0 && moves)
		check_claim(t, r, bad);
}
