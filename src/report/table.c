/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci list: a header, a row of dashes, a line for each device, every column at least as
 * wide as people know it from SlicerVM's "pci list". On a terminal, descriptions are cut,
 * and then columns left out, so that no line is wrapped; elsewhere all is whole.
 */
#include <errno.h>

#include "report/report.h"

/* Less does not tell one device from another: rather a column is left out. */
#define LEAST_DESCRIPTION 20

/* What a cell's text is made from. */
struct cell {
	const struct pci_device *dev;
	const struct persisted_list *persisted;
	size_t width; /* a description is cut to it; 0: it is whole */
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

char *report_description(const struct pci_device *d, size_t width)
{
	CLEANUP(free_char) char *raw = pci_description(d);
	struct str s = { 0 };

	str_add_printable(&s, raw, strlen(raw));
	if (width > 3 && s.s[bytes_of(s.s, width)]) {
		s.len = bytes_of(s.s, width - 3);
		str_add(&s, "...");
	}
	return str_take(&s);
}

static char *text_description(const struct cell *c)
{
	return report_description(c->dev, c->width);
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

/* What each column needs: its own width, its title's, or that of the longest text.
 * Nothing is padded after the last one. */
static void measure(const struct columns *c, const struct pci_device *const *v, size_t n,
		    const struct persisted_list *persisted, size_t *ret)
{
	for (size_t k = 0; k < c->n; k++) {
		size_t title = text_width(c->v[k]->title), own = (size_t)c->v[k]->width;

		ret[k] = own > title && k + 1 < c->n ? own : title;
	}
	for (size_t i = 0; i < n; i++) {
		struct cell cell = { v[i], persisted, 0 };

		for (size_t k = 0; k < c->n; k++) {
			CLEANUP(free_char) char *text = c->v[k]->text(&cell);
			size_t width = text_width(text);

			if (width > ret[k])
				ret[k] = width;
		}
	}
}

/* ---- on a terminal ----------------------------------------------------------------- */

static size_t find_column(const struct columns *c, const char *name)
{
	size_t k = 0;

	while (k < c->n && strcmp(c->v[k]->name, name) != 0)
		k++;
	return k;
}

/* What the description may have where the line has so many characters; it may be nothing.
 */
static size_t room_for(const struct columns *c, const size_t *widths, size_t at,
		       size_t line)
{
	size_t others = c->n - 1;

	for (size_t k = 0; k < c->n; k++)
		others += k == at ? 0 : widths[k];
	return line > others ? line - others : 0;
}

static void leave_out(struct columns *c, size_t *widths, const char *name,
		      struct strv *left_out)
{
	size_t k = find_column(c, name);

	if (k == c->n)
		return;
	strv_add(left_out, c->v[k]->title);
	for (c->n--; k < c->n; k++) {
		c->v[k] = c->v[k + 1];
		widths[k] = widths[k + 1];
	}
}

/* Makes the lines fit. Columns that somebody chose stay, and may be wrapped then. */
static void fit(const struct output *o, struct columns *c, bool chosen, size_t *widths)
{
	CLEANUP(strv_done) struct strv left_out = { 0 }, told = { 0 };
	CLEANUP(free_char) char *names = NULL;
	size_t at = find_column(c, "description"), room;

	if (at == c->n)
		return;
	/* A terminal that does not tell its width. */
	if (!o->width) {
		widths[at] = DESCRIPTION_WIDTH;
		return;
	}
	if (!chosen && room_for(c, widths, at, o->width) < LEAST_DESCRIPTION)
		leave_out(c, widths, "vfio_group", &left_out);
	if (!chosen && room_for(c, widths, at, o->width) < LEAST_DESCRIPTION) {
		leave_out(c, widths, "vendor", &left_out);
		leave_out(c, widths, "device", &left_out);
		at = find_column(c, "description");
	}
	room = room_for(c, widths, at, o->width);
	if (room < LEAST_DESCRIPTION)
		room = LEAST_DESCRIPTION;
	if (widths[at] > room)
		widths[at] = room;
	if (!left_out.n)
		return;
	names = strv_join(&left_out, ", ");
	strv_addf(&told,
		  "left out, because this terminal is narrow: %s (--columns chooses)",
		  names);
	output_tell(o, &told);
}

static void add_dashes(struct line *l, const struct column *c, size_t width)
{
	CLEANUP(free_char) char *dashes = xstrndup(c->dashes, width);

	add_cell(l, dashes, width);
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
		add_dashes(&line, c->v[k], widths[k]);
	end_line(&line, o->out);
	for (size_t i = 0; i < n; i++) {
		struct cell cell = { v[i], persisted, 0 };

		for (size_t k = 0; k < c->n; k++) {
			CLEANUP(free_char) char *text = NULL;

			cell.width = o->out_terminal ? widths[k] : 0;
			text = c->v[k]->text(&cell);

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
	measure(&c, v, n, persisted, widths);
	if (o->out_terminal)
		fit(o, &c, columns != NULL, widths);
	print_lines(o, &c, v, n, persisted, widths);
	return ferror(o->out) ? error_set(e, EIO, "can't write the list") : 0;
}
