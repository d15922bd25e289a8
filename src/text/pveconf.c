/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: qm.conf(5) and PVE::QemuServer::PCI (hostpci[n]), PVE::Mapping::PCI. */
#include "text/hostdevs.h"

void pveconf_done(struct pveconf *c)
{
	hostdevs_done(&c->devices);
	strv_done(&c->mappings);
	free(c->name);
	*c = (struct pveconf){ 0 };
}

/* "0000:01:00.0", "01:00": without a function it is all of them. */
static void take_address(const char *text, struct hostdevs *ret)
{
	struct hostdev d = { .all_functions = !strchr(text, '.') };
	CLEANUP(free_char)
	char *whole = xasprintf("%s%s", text, d.all_functions ? ".0" : "");

	if (pci_address_parse(whole, &d.at, NULL) == 0)
		hostdevs_add(ret, d);
}

static void take_addresses(const char *list, struct hostdevs *ret)
{
	CLEANUP(strv_done) struct strv v = { 0 };

	strv_split(&v, list, ";");
	for (size_t i = 0; i < v.n; i++)
		take_address(v.v[i], ret);
}

/* "[host=]ID[;ID...],pcie=1", "mapping=NAME,..." */
static void take_hostpci(const char *value, struct pveconf *ret)
{
	CLEANUP(strv_done) struct strv parts = { 0 };

	strv_split(&parts, value, ",");
	for (size_t i = 0; i < parts.n; i++)
		if (str_starts(parts.v[i], "mdev="))
			return;
	for (size_t i = 0; i < parts.n; i++) {
		const char *part = parts.v[i];

		if (str_starts(part, "mapping="))
			strv_add_unique(&ret->mappings, part + strlen("mapping="));
		else if (str_starts(part, "host="))
			take_addresses(part + strlen("host="), &ret->devices);
		else if (!strchr(part, '='))
			take_addresses(part, &ret->devices);
	}
}

/* What follows "KEY:" and blanks, if the line is that. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	if (!str_starts(line, key) || line[n] != ':')
		return NULL;
	return line + n + 1 + strspn(line + n + 1, " \t");
}

static bool is_hostpci(const char *line)
{
	size_t n = strlen("hostpci");

	if (!str_starts(line, "hostpci"))
		return false;
	n += strspn(line + n, "0123456789");
	return n > strlen("hostpci") && line[n] == ':';
}

static char *line_copy(const char *line, size_t n)
{
	while (n && (line[n - 1] == '\r' || line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	return xstrndup(line, n);
}

void pveconf_parse(const char *text, size_t len, struct pveconf *ret)
{
	const char *line, *value;
	size_t pos = 0, n;

	while (next_line(text, len, &pos, &line, &n)) {
		CLEANUP(free_char) char *copy = line_copy(line, n);

		if (*copy == '[')
			return;
		if (is_hostpci(copy)) {
			value = strchr(copy, ':') + 1;
			take_hostpci(value + strspn(value, " \t"), ret);
		} else if ((value = value_of(copy, "args"))) {
			hostdevs_of_qemu(value, &ret->devices);
		} else if ((value = value_of(copy, "name"))) {
			free(ret->name);
			ret->name = xstrdup(value);
		} else if ((value = value_of(copy, "onboot"))) {
			ret->onboot = strcmp(value, "1") == 0;
		} else if ((value = value_of(copy, "template"))) {
			ret->is_template = strcmp(value, "1") == 0;
		}
	}
}

/* "map id=10de:2204,iommugroup=28,node=pve,path=0000:0b:00.0,..." */
static bool take_map(const char *line, const char *node, struct hostdevs *ret)
{
	CLEANUP(strv_done) struct strv parts = { 0 };
	const char *path = NULL;
	bool is_here = false;

	strv_split(&parts, line, ", \t");
	for (size_t i = 0; i < parts.n; i++) {
		if (str_starts(parts.v[i], "path="))
			path = parts.v[i] + strlen("path=");
		else if (str_starts(parts.v[i], "node="))
			is_here |= strcmp(parts.v[i] + strlen("node="), node) == 0;
	}
	if (!path || !is_here)
		return false;
	take_addresses(path, ret);
	return true;
}

void pvemapping_find(const char *text, size_t len, const char *name, const char *node,
		     struct hostdevs *ret)
{
	struct hostdevs found = { 0 };
	const char *line;
	size_t pos = 0, n, maps = 0;
	bool is_in = false;

	while (next_line(text, len, &pos, &line, &n)) {
		CLEANUP(free_char) char *copy = line_copy(line, n);
		const char *at = copy + strspn(copy, " \t");

		if (at == copy && *copy)
			is_in = strcmp(copy, name) == 0;
		else if (is_in && str_starts(at, "map "))
			maps += take_map(at, node, &found);
	}
	for (size_t i = 0; i < found.n; i++) {
		found.v[i].is_one_of = maps > 1;
		hostdevs_add(ret, found.v[i]);
	}
	hostdevs_done(&found);
}
