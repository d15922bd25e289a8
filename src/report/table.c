/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci list: a header, a row of dashes, a line for each device, every column at least as
 * wide as people know it from SlicerVM's "pci list". libsmartcols lays the columns out;
 * the row of dashes is data to it.
 */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>

#include "report/report.h"

#define DESCRIPTION_WIDTH 40

/* What a cell's text is made from. */
struct cell {
	const struct pci_device *dev;
	const struct persisted_list *persisted;
	bool cut; /* long texts are cut: it is for a terminal */
};
struct column {
	const char *name; /* as --columns has it */
	const char *title, *dashes;
	int width;
	char *(*text)(const struct cell *c);
};

static char *text_address(const struct cell *c)
{
	return xstrdup(c->dev->address);
}

static char *text_class(const struct cell *c)
{
	return xasprintf("%04x", c->dev->class_code >> 8);
}

static char *text_vendor(const struct cell *c)
{
	return xasprintf("%04x", c->dev->vendor);
}

static char *text_device(const struct cell *c)
{
	return xasprintf("%04x", c->dev->device);
}

/* The first n characters of UTF-8 text: continuation bytes don't count. */
static size_t bytes_of(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i]; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

static char *text_description(const struct cell *c)
{
	CLEANUP(free_char) char *raw = pci_description(c->dev);
	struct str s = { 0 };

	str_add_printable(&s, raw, strlen(raw));
	if (c->cut && s.s[bytes_of(s.s, DESCRIPTION_WIDTH)]) {
		s.len = bytes_of(s.s, DESCRIPTION_WIDTH - 3);
		str_add(&s, "...");
	}
	return str_take(&s);
}

static char *text_group(const struct cell *c)
{
	return c->dev->iommu_group < 0 ? xstrdup("")
				       : xasprintf("%ld", c->dev->iommu_group);
}

static char *text_vfio_group(const struct cell *c)
{
	return c->dev->vfio_group < 0 ? xstrdup("")
				      : xasprintf("%ld", c->dev->vfio_group);
}

static char *text_driver(const struct cell *c)
{
	struct str s = { 0 };

	if (c->dev->driver)
		str_add_printable(&s, c->dev->driver, strlen(c->dev->driver));
	return str_take(&s);
}

/* The driver that it is bound to at every boot. */
static char *text_at_boot(const struct cell *c)
{
	const struct persisted *p = persist_of(c->persisted, c->dev);

	return xstrdup(p ? persist_driver(p) : "");
}

static const struct column columns_known[] = {
	{ "address", "ADDRESS", "-------", 12, text_address },
	{ "class", "CLASS", "-----", 8, text_class },
	{ "vendor", "VENDOR", "------", 8, text_vendor },
	{ "device", "DEVICE", "------", 8, text_device },
	{ "description", "DESCRIPTION", "----------------------------------------",
	  DESCRIPTION_WIDTH, text_description },
	{ "iommu_group", "IOMMU GROUP", "----------", 12, text_group },
	{ "vfio_group", "VFIO GROUP", "----------", 12, text_vfio_group },
	{ "driver", "DRIVER", "------", 12, text_driver },
	/* Only where there is something to say, unless it is asked for. */
	{ "at_boot", "AT BOOT", "-------", 0, text_at_boot },
};
#define USUAL_COLUMNS (ARRAY_SIZE(columns_known) - 1)
#define MAX_COLUMNS 32

struct columns {
	const struct column *v[MAX_COLUMNS];
	size_t n;
};

/* "iommu-group" and "IOMMU GROUP" are iommu_group. */
static bool is_called(const char *name, const char *word)
{
	for (; *name && *word; name++, word++) {
		char c = *word;

		if (c == '-' || c == ' ')
			c = '_';
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != *name)
			return false;
	}
	return !*name && !*word;
}

static int unknown_column(const char *word, struct error *e)
{
	CLEANUP(str_done) struct str names = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(columns_known); i++)
		str_addf(&names, "%s%s", i ? "," : "", columns_known[i].name);
	error_usage(e, "there is no column \"%.80s\"", word);
	error_hint(e, "the columns are %s", str_c(&names));
	return -EINVAL;
}

static int add_column(struct columns *c, const char *word, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns_known); i++) {
		if (!is_called(columns_known[i].name, word))
			continue;
		if (c->n == MAX_COLUMNS)
			return error_usage(e, "more than %d columns", MAX_COLUMNS);
		c->v[c->n++] = &columns_known[i];
		return 0;
	}
	return unknown_column(word, e);
}

static int choose_columns(const char *list, bool any_at_boot, struct columns *ret,
			  struct error *e)
{
	CLEANUP(strv_done) struct strv words = { 0 };
	int r = 0;

	if (!list) {
		for (size_t i = 0; i < USUAL_COLUMNS + any_at_boot; i++)
			ret->v[ret->n++] = &columns_known[i];
		return 0;
	}
	strv_split(&words, list, ",");
	for (size_t i = 0; i < words.n && r == 0; i++)
		r = add_column(ret, words.v[i], e);
	if (r == 0 && !words.n)
		r = unknown_column(list, e);
	return r;
}

/* libsmartcols fails for lack of memory only, as xmalloc() does not. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct libscols_line *new_line(struct libscols_table *t)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);

	must(line);
	return line;
}

static void fill_table(struct libscols_table *t, const struct columns *c, bool cut,
		       const struct pci_device *const *v, size_t n,
		       const struct persisted_list *persisted)
{
	struct libscols_line *line;

	/* The title makes the column as wide as it should be: libsmartcols's width hint
	 * does not, where the title is wider than all data. */
	for (size_t k = 0; k < c->n; k++) {
		CLEANUP(free_char)
		char *title = xasprintf("%-*s", c->v[k]->width, c->v[k]->title);

		must(scols_table_new_column(t, title, 0, 0));
	}
	line = new_line(t);
	for (size_t k = 0; k < c->n; k++)
		must(scols_line_set_data(line, k, c->v[k]->dashes) == 0);
	for (size_t i = 0; i < n; i++) {
		struct cell cell = { v[i], persisted, cut };

		line = new_line(t);
		for (size_t k = 0; k < c->n; k++)
			must(scols_line_refer_data(line, k, c->v[k]->text(&cell)) == 0);
	}
}

/*
 * Names are UTF-8 and were made printable above, so that libsmartcols need not escape
 * them a second time. Without that it never comes back from a character that the locale
 * doesn't have (libsmartcols 2.38, noencoding in the C locale): so only in a locale that
 * has them all.
 */
static char *lay_out(struct libscols_table *t)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), old;
	char *text = NULL;

	if (utf8) {
		old = uselocale(utf8);
		scols_table_enable_noencoding(t, 1);
	}
	must(scols_print_table_to_string(t, &text) == 0);
	if (utf8) {
		uselocale(old);
		freelocale(utf8);
	}
	return text;
}

/* Empty cells at the end of a line leave blanks there: they are not printed. */
static int print_trimmed(const struct output *o, const char *text, struct error *e)
{
	const char *line;
	size_t pos = 0, len, all = strlen(text);

	while (next_line(text, all, &pos, &line, &len)) {
		while (len && line[len - 1] == ' ')
			len--;
		fwrite(line, 1, len, o->out);
		putc('\n', o->out);
	}
	return ferror(o->out) ? error_set(e, EIO, "can't write the list") : 0;
}

int report_pci_table(const struct output *o, const struct pci_device *const *v, size_t n,
		     const struct persisted_list *persisted, const char *columns,
		     struct error *e)
{
	struct columns c = { 0 };
	struct libscols_table *t;
	char *text;
	int r = choose_columns(columns, persisted->n > 0, &c, e);

	if (r < 0)
		return r;
	t = scols_new_table();
	must(t);
	/* Never squeezed to the terminal's width: a script on a terminal gets the same.
	 */
	scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
	fill_table(t, &c, o->out_terminal, v, n, persisted);
	text = lay_out(t);
	scols_unref_table(t);
	r = print_trimmed(o, text, e);
	free(text);
	return r;
}
