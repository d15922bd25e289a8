/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of udev that set driver_override, and programs that may. */
#include "probe/old_setup.h"
#include "text/joined.h"
#include "text/udevrule.h"

/* ---- rules ------------------------------------------------------------------------- */

/* A match as udev sees it while a PCI device is added. Which of them a parent holds
 * (KERNELS, ATTRS) is only known for the device itself. Unknown keys: -1. */
static int token_holds(const struct udev_token *t, const struct pci_device *d)
{
	CLEANUP(free_char) char *text = NULL;
	const struct {
		const char *name;
		unsigned value, digits;
	} attributes[] = {
		{ "vendor", d->vendor, 4 },
		{ "device", d->device, 4 },
		{ "subsystem_vendor", d->subsystem_vendor, 4 },
		{ "subsystem_device", d->subsystem_device, 4 },
		{ "class", d->class_code, 6 },
	};

	if (strcmp(t->key, "ACTION") == 0)
		return udev_token_holds(t, "add");
	if (strcmp(t->key, "SUBSYSTEM") == 0 || strcmp(t->key, "SUBSYSTEMS") == 0)
		return udev_token_holds(t, "pci");
	if (strcmp(t->key, "KERNEL") == 0 || strcmp(t->key, "KERNELS") == 0)
		return udev_token_holds(t, d->address);
	if (strcmp(t->key, "ATTR") != 0 && strcmp(t->key, "ATTRS") != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(attributes) && t->attribute; i++) {
		if (strcmp(t->attribute, attributes[i].name) != 0)
			continue;
		text = xasprintf("0x%0*x", (int)attributes[i].digits,
				 attributes[i].value);
		return udev_token_holds(t, text);
	}
	return -1;
}

/* 1: the rule is for d; 0: it is not; -1: that can't be known. */
static int rule_holds(const struct udev_rule *r, const struct pci_device *d)
{
	int holds = 1;

	for (size_t i = 0; i < r->n && holds; i++) {
		int one = udev_token_is_match(&r->v[i]) ? token_holds(&r->v[i], d) : 1;

		if (one <= 0)
			holds = one;
	}
	return holds;
}

static const struct udev_token *override_of(const struct udev_rule *r)
{
	const struct udev_token *found = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].key, "ATTR") == 0 &&
		    str_eq(r->v[i].attribute, "driver_override") &&
		    !udev_token_is_match(&r->v[i]))
			found = &r->v[i];
	return found;
}

/* Has a command that a rule runs nothing but words about binding one device? */
static bool runs_only_that(const char *command)
{
	static const char *const known[] = {
		"sh",	   "-c",       "echo",	   ">",	       "%k",
		"$kernel", "modprobe", "vfio-pci", "vfio_pci",
	};
	CLEANUP(strv_done) struct strv words = { 0 };
	struct pci_address at;

	strv_split(&words, command, " \t'\";&");
	for (size_t i = 0; i < words.n; i++) {
		const char *word = words.v[i], *name = path_base(word);
		bool found = str_starts(word, "/sys/bus/pci/") ||
			     pci_address_parse(word, &at, NULL) == 0;

		for (size_t k = 0; k < ARRAY_SIZE(known) && !found; k++)
			found = strcmp(name, known[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* Does it nothing but give a device to another driver? */
static bool only_binds(const struct udev_rule *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct udev_token *t = &r->v[i];
		bool is_run = strcmp(t->key, "RUN") == 0 &&
			      (!t->attribute || strcmp(t->attribute, "program") == 0);

		if (udev_token_is_match(t) || (is_run && runs_only_that(t->value)))
			continue;
		if (strcmp(t->key, "ATTR") != 0 ||
		    (!str_eq(t->attribute, "driver_override") &&
		     !str_eq(t->attribute, "driver/unbind") &&
		     !str_eq(t->attribute, "subsystem/drivers_probe")))
			return false;
	}
	return true;
}

static bool may_bind(const char *text)
{
	static const char *const words[] = { "driver_override", "vfio-pci/bind",
					     "vfio-pci/new_id", "vfio_pci/bind",
					     "vfio_pci/new_id", "drivers/vfio-pci",
					     "vfio-pci-bind",	"driverctl set-over" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void place(struct old_statement *st, const struct joined_line *l)
{
	st->line = l->number;
	st->start = l->start;
	st->end = l->end;
}

/* jumps: the file has a GOTO: which rules are passed over is not known. */
static void find_rule(const struct old_query *q, struct old_setup *s, size_t file,
		      const struct joined_line *l, bool jumps)
{
	const char *line = str_c(&l->text);
	CLEANUP(udev_rule_done) struct udev_rule r = { 0 };
	bool is_known = udev_rule_parse(line, l->text.len, &r) && !jumps;
	const struct udev_token *t = is_known ? override_of(&r) : NULL;
	struct old_statement *st;

	if (!may_bind(line))
		return;
	st = old_setup_add(s, t ? OLD_UDEV : OLD_PROGRAM, file, line, l->text.len);
	place(st, l);
	for (size_t i = 0; t && i < q->all->n; i++) {
		int holds = rule_holds(&r, &q->all->v[i]);

		if (holds > 0)
			old_statement_take(st, &q->all->v[i]);
		is_known &= holds >= 0;
	}
	if (t && is_known) {
		st->driver = xstrdup(t->value);
		st->can_edit = only_binds(&r);
		return;
	}
	st->kind = OLD_PROGRAM;
	st->n = 0;
	old_find_addresses(q->all, line, st);
}

void old_find_rules(const struct old_query *q, struct old_setup *s, size_t file)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	const struct str *text = &s->files[file].text;
	bool jumps = memmem(str_c(text), text->len, "GOTO", strlen("GOTO")) != NULL;
	size_t pos = 0;

	while (joined_next(str_c(text), text->len, DROPPED_COMMENTS, &pos, &l))
		find_rule(q, s, file, &l, jumps);
}

/* ---- programs ---------------------------------------------------------------------- */

static bool is_hex(char c)
{
	return c && strchr("0123456789abcdefABCDEF:", c);
}

bool old_has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strcasestr(p, word)); p++)
		if ((p == text || !is_hex(p[-1])) && !is_hex(p[n]))
			return true;
	return false;
}

void old_find_addresses(const struct pci_devices *all, const char *text,
			struct old_statement *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *d = &all->v[i];

		if (old_has_word(text, d->address) ||
		    (!d->at.domain && old_has_word(text, d->address + strlen("0000:"))))
			old_statement_take(ret, d);
	}
}

void old_find_program(const struct old_query *q, struct old_setup *s, size_t file)
{
	const struct old_file *f = &s->files[file];
	CLEANUP(str_done) struct str code = { 0 };
	const char *line;
	struct old_statement *st;
	size_t pos = 0, n;
	unsigned first = 0;
	/* Unraid: BIND=0000:01:00.0|10de:1b80 ... */
	bool is_list = str_eq(path_base(f->path), "vfio-pci.cfg");

	for (unsigned k = 1; next_line(str_c(&f->text), f->text.len, &pos, &line, &n);
	     k++) {
		CLEANUP(free_char) char *one = xstrndup(line, n);
		const char *word = one + strspn(one, " \t");

		if (*word == '#')
			continue;
		str_addf(&code, "%s\n", one);
		if (!first && (may_bind(one) || (is_list && str_starts(word, "BIND="))))
			first = k;
	}
	if (!first)
		return;
	st = old_setup_add(s, OLD_PROGRAM, file, f->path, strlen(f->path));
	st->line = first;
	old_find_addresses(q->all, str_c(&code), st);
}
