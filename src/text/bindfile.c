/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/bindfile.h"

#include <errno.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

void bindfile_done(struct bindfile *b)
{
	free(b->ports);
	free(b->serial);
	free(b->driver);
	free(b->original);
	*b = (struct bindfile){ 0 };
}

bool bindfile_is_driver(const char *text)
{
	size_t len = strlen(text);

	return len && !strchr("-. ", text[0]) && text[len - 1] != ' ' && len <= 63 &&
	       !text[strspn(text, NAME_CHARS ".+ ")];
}

static int set_address(struct bindfile *b, const char *value)
{
	return pci_address_parse(value, &b->address, NULL);
}

static int set_one_id(const char *value, struct pci_id *ret)
{
	struct pci_id *ids = NULL;
	int n = pci_ids_parse(value, &ids, NULL);

	if (n == 1)
		*ret = ids[0];
	free(ids);
	return n == 1 ? 0 : -EINVAL;
}

static int set_id(struct bindfile *b, const char *value)
{
	return set_one_id(value, &b->id);
}

static int set_subsystem(struct bindfile *b, const char *value)
{
	return set_one_id(value, &b->subsystem);
}

static bool is_text(const char *value, const char *chars)
{
	return *value && strlen(value) <= 255 && !value[strspn(value, chars)];
}

bool bindfile_is_ports(const char *text)
{
	return is_text(text, "0123456789abcdef:./");
}

bool bindfile_is_serial(const char *text)
{
	return is_text(text, NAME_CHARS ":.");
}

static int set_ports(struct bindfile *b, const char *value)
{
	if (!bindfile_is_ports(value))
		return -EINVAL;
	b->ports = xstrdup(value);
	return 0;
}

static int set_serial(struct bindfile *b, const char *value)
{
	if (!bindfile_is_serial(value))
		return -EINVAL;
	b->serial = xstrdup(value);
	return 0;
}

static int set_driver(struct bindfile *b, const char *value)
{
	if (!bindfile_is_driver(value))
		return -EINVAL;
	b->driver = xstrdup(value);
	return 0;
}

static int set_original(struct bindfile *b, const char *value)
{
	if (!bindfile_is_driver(value))
		return -EINVAL;
	b->original = xstrdup(value);
	return 0;
}

static int set_flag(bool *to, const char *value)
{
	*to = strcmp(value, "yes") == 0;
	return *to || strcmp(value, "no") == 0 ? 0 : -EINVAL;
}

static int set_twins(struct bindfile *b, const char *value)
{
	return set_flag(&b->has_twins, value);
}

static int set_early(struct bindfile *b, const char *value)
{
	return set_flag(&b->early, value);
}

static int set_force(struct bindfile *b, const char *value)
{
	return set_flag(&b->force, value);
}

static const struct {
	const char *key, *form;
	int (*set)(struct bindfile *b, const char *value);
	bool is_needed;
} keys[] = {
	{ "address", "0000:0b:00.0", set_address, true },
	{ "id", "10de:2204", set_id, true },
	{ "subsystem", "1043:87d1", set_subsystem, true },
	{ "ports", "0000:00/01.1/00.0", set_ports, false },
	{ "serial", "00-02-c9-03-00-4f-68-7e", set_serial, false },
	{ "twins", "yes or no", set_twins, false },
	{ "driver", "vfio-pci", set_driver, false },
	{ "original", "nvidia", set_original, false },
	{ "early", "yes or no", set_early, false },
	{ "force", "yes or no", set_force, false },
};

/* text: what of the line is wrong, at most 80 bytes of which are quoted; NULL: nothing */
static int bad_line(unsigned line, struct error *e, const char *what, const char *text)
{
	CLEANUP(str_done) struct str safe = { 0 };

	if (text) {
		str_add(&safe, ": \"");
		str_add_printable(&safe, text, strlen(text) > 80 ? 80 : strlen(text));
		str_addc(&safe, '"');
	}
	error_usage(e, "%s%s", what, str_c(&safe));
	error_at(e, NULL, line);
	error_hint(e, "\"slicer pci bind ADDRESS --persist\" writes the file again");
	return -EINVAL;
}

/* One line without white space around it. */
static int take_line(char *text, unsigned line, bool *seen, struct bindfile *b,
		     struct error *e)
{
	char *equals = strchr(text, '=');
	size_t i = 0;

	if (!equals)
		return bad_line(line, e, "the line is not KEY=VALUE", text);
	*equals = '\0';
	while (i < ARRAY_SIZE(keys) && strcmp(keys[i].key, text) != 0)
		i++;
	if (i == ARRAY_SIZE(keys))
		return bad_line(line, e, "there is no such key", text);
	if (seen[i])
		return bad_line(line, e, "the key stands twice", text);
	seen[i] = true;
	if (keys[i].set(b, equals + 1) == 0)
		return 0;
	*equals = '=';
	bad_line(line, e, "the value can't be used", text);
	error_hint(e, "%s takes a value like %s", keys[i].key, keys[i].form);
	return -EINVAL;
}

int bindfile_parse(const char *text, size_t len, struct bindfile *ret, struct error *e)
{
	CLEANUP(bindfile_done) struct bindfile b = { 0 };
	bool seen[ARRAY_SIZE(keys)] = { false };
	const char *line;
	size_t pos = 0, n;

	if (memchr(text, '\0', len))
		return bad_line(1, e, "this is not a text file", NULL);
	for (unsigned number = 1; next_line(text, len, &pos, &line, &n); number++) {
		CLEANUP(str_done) struct str one = { 0 };
		char *start;
		int r;

		str_set(&one, line, n);
		str_rtrim(&one);
		if (!one.len)
			continue;
		start = one.s + strspn(one.s, " \t");
		if (*start == '#')
			continue;
		r = take_line(start, number, seen, &b, e);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].is_needed && !seen[i])
			return bad_line(0, e, "a key is missing", keys[i].key);
	if (b.early && b.driver && strchr(b.driver, ' '))
		return bad_line(0, e, "the initramfs has no module of that name",
				b.driver);
	*ret = b;
	b = (struct bindfile){ 0 };
	return 0;
}

void bindfile_print(const struct bindfile *b, struct str *ret)
{
	char address[PCI_ADDRESS_MAX];

	str_addf(ret, "address=%s\nid=%04x:%04x\nsubsystem=%04x:%04x\n",
		 pci_address_format(b->address, address), b->id.vendor, b->id.device,
		 b->subsystem.vendor, b->subsystem.device);
	if (b->ports)
		str_addf(ret, "ports=%s\n", b->ports);
	if (b->serial)
		str_addf(ret, "serial=%s\n", b->serial);
	if (b->has_twins)
		str_add(ret, "twins=yes\n");
	if (b->driver)
		str_addf(ret, "driver=%s\n", b->driver);
	if (b->original)
		str_addf(ret, "original=%s\n", b->original);
	if (b->early)
		str_add(ret, "early=yes\n");
	if (b->force)
		str_add(ret, "force=yes\n");
}
