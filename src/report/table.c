/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci list: a header, a row of dashes, a line for each device, every column at least as
 * wide as people know it from SlicerVM's "pci list", and never squeezed to the terminal's
 * width: a script on a terminal gets the same.
 */
#include <errno.h>

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

char *report_description(const struct pci_device *d, bool cut)
{
	CLEANUP(free_char) char *raw = pci_description(d);
	struct str s = { 0 };

	str_add_printable(&s, raw, strlen(raw));
	if (cut && s.s[bytes_of(s.s, DESCRIPTION_WIDTH)]) {
		s.len = bytes_of(s.s, DESCRIPTION_WIDTH - 3);
		str_add(&s, "...");
	}
	return str_take(&s);
}

static char *text_description(const struct cell *c)
{
	return report_description(c->dev, c->cut);
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

void report_pci_columns(struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns_known); i++)
		strv_add(ret, columns_known[i].name);
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

size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* One line of the table while it is made: blanks at its end are not printed. */
struct line {
	struct str text;
	size_t owed; /* blanks that come before the next cell */
};

static void add_cell(struct line *l, const char *text, size_t width)
{
	size_t n = text_width(text);

	if (n)
		str_addf(&l->text, "%*s%s", (int)l->owed, "", text);
	l->owed = (n ? 0 : l->owed) + (width > n ? width - n : 0) + 1;
}

static void end_line(struct line *l, FILE *out)
{
	str_add(&l->text, "\n");
	fwrite(l->text.s, 1, l->text.len, out);
	str_clear(&l->text);
	l->owed = 0;
}

static void line_done(struct line *l)
{
	str_done(&l->text);
}

/* What each column needs: its own width, its title's, or that of the longest text. */
static void measure(const struct columns *c, const struct pci_device *const *v, size_t n,
		    const struct persisted_list *persisted, bool cut, size_t *ret)
{
	for (size_t k = 0; k < c->n; k++) {
		size_t title = text_width(c->v[k]->title);

		ret[k] = (size_t)c->v[k]->width > title ? (size_t)c->v[k]->width : title;
	}
	for (size_t i = 0; i < n; i++) {
		struct cell cell = { v[i], persisted, cut };

		/* Nothing comes after the last one. */
		for (size_t k = 0; k + 1 < c->n; k++) {
			CLEANUP(free_char) char *text = c->v[k]->text(&cell);
			size_t width = text_width(text);

			if (width > ret[k])
				ret[k] = width;
		}
	}
}

/* The lines are laid out and printed one after the other: a machine with 65,536 functions
 * has 10 MB of them. */
static void print_lines(const struct output *o, const struct columns *c,
			const struct pci_device *const *v, size_t n,
			const struct persisted_list *persisted, const size_t *widths)
{
	CLEANUP(line_done) struct line line = { 0 };

	for (size_t k = 0; k < c->n; k++)
		add_cell(&line, c->v[k]->title, widths[k]);
	end_line(&line, o->out);
	for (size_t k = 0; k < c->n; k++)
		add_cell(&line, c->v[k]->dashes, widths[k]);
	end_line(&line, o->out);
	for (size_t i = 0; i < n; i++) {
		struct cell cell = { v[i], persisted, o->out_terminal };

		for (size_t k = 0; k < c->n; k++) {
			CLEANUP(free_char) char *text = c->v[k]->text(&cell);

			add_cell(&line, text, widths[k]);
		}
		end_line(&line, o->out);
	}
}

int report_pci_table(const struct output *o, const struct pci_device *const *v, size_t n,
		     const struct persisted_list *persisted, const char *columns,
		     struct error *e)
{
	size_t widths[MAX_COLUMNS];
	struct columns c = { 0 };
	int r = choose_columns(columns, persisted->n > 0, &c, e);

	if (r < 0)
		return r;
	measure(&c, v, n, persisted, o->out_terminal, widths);
	print_lines(o, &c, v, n, persisted, widths);
	return ferror(o->out) ? error_set(e, EIO, "can't write the list") : 0;
}
