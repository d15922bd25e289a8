/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci list --tree: what is below what, as "lspci -tv" has it, with the IOMMU group of
 * each and a note where a group is made.
 */
#include "report/pci_tree.h"

#include <errno.h>
#include <stdarg.h>

#include "devices/tree.h"

/* Bus numbers have 8 bits, and below each bridge is another bus. What a foreign root has
 * deeper than that is not set in further. */
#define MOST_DEPTH 256
/* A line that is longer than this does not move the columns of all the others. */
#define MOST_ALIGNED 160
#define MOST_DRIVER 24

struct lines {
	const char *more, *last, *through, *nothing;
};
static const struct lines lines_utf8 = { "├─ ", "└─ ", "│  ", "   " };
/* as lspci has them */
static const struct lines lines_ascii = { "+- ", "\\- ", "|  ", "   " };

#define NONE SIZE_MAX

struct page {
	const struct output *o;
	const struct pci_tree_view *view;
	struct device_tree tree;
	size_t label_width, group_width, driver_width;
	/* Reasons by device: the first that holds at all->v[i], and the next there. */
	size_t *first_reason, *next_reason;
	/* Is the line before at that depth the last there? */
	bool ended[MOST_DEPTH];
	bool has_told;
};

static void page_done(struct page *p)
{
	device_tree_done(&p->tree);
	free(p->first_reason);
	free(p->next_reason);
}

static size_t index_of(const struct page *p, const struct pci_device *d)
{
	return (size_t)(d - p->view->topology->all->v);
}

/* ---- the parts of a line ---------------------------------------------------------- */

static unsigned indent_of(const struct tree_line *l)
{
	return l->depth < MOST_DEPTH ? l->depth : MOST_DEPTH - 1;
}

/* What is only on the way to others is in parentheses. */
static char *label_of(const struct page *p, const struct tree_line *l)
{
	CLEANUP(free_char)
	char *description =
		report_description(l->d, p->o->out_terminal ? DESCRIPTION_WIDTH : 0);

	return xasprintf(l->is_wanted ? "%s %s" : "(%s %s)", l->d->address, description);
}

static size_t count_group(const struct page *p, long group)
{
	const struct pci_device *const *v;

	return pci_group_members(p->view->topology, group, &v);
}

/* "" where the host has no groups at all: that is said once. */
static char *group_of(const struct page *p, const struct pci_device *d)
{
	if (!p->view->topology->n_grouped)
		return xstrdup("");
	return d->iommu_group < 0 ? xstrdup("[no group]")
				  : xasprintf("[group %ld]", d->iommu_group);
}

static char *driver_of(const struct page *p, const struct pci_device *d)
{
	const struct persisted *at_boot = persist_of(p->view->persisted, d);
	const char *driver = d->driver ? d->driver : "-";
	struct str s = { 0 };

	str_add_printable(&s, driver, strlen(driver));
	if (at_boot) {
		const char *other = persist_driver(at_boot);

		str_add(&s, " (at boot: ");
		str_add_printable(&s, other, strlen(other));
		str_add(&s, ")");
	}
	return str_take(&s);
}

/* The groups that are made at d, and that it is a virtual function. */
static char *notes_of(const struct page *p, const struct tree_line *l)
{
	struct str s = { 0 };

	if (l->is_virtual)
		str_add(&s, "VF");
	for (size_t i = p->first_reason[index_of(p, l->d)]; i != NONE;
	     i = p->next_reason[i]) {
		const struct group_reason *r = &p->view->why->v[i];

		if (!r->note)
			continue;
		str_addf(&s, "%s%s", s.len ? "; " : "", r->note);
	}
	return str_take(&s);
}

/* ---- printing --------------------------------------------------------------------- */

static void widen(size_t *width, size_t n, size_t most)
{
	if (n > *width && n <= most)
		*width = n;
}

static void measure(struct page *p)
{
	for (size_t i = 0; i < p->tree.n; i++) {
		const struct tree_line *l = &p->tree.v[i];
		CLEANUP(free_char) char *label = label_of(p, l);
		CLEANUP(free_char) char *group = group_of(p, l->d);
		CLEANUP(free_char) char *driver = driver_of(p, l->d);

		widen(&p->label_width, 3 * (indent_of(l) + 1) + text_width(label),
		      MOST_ALIGNED);
		widen(&p->group_width, text_width(group), MOST_ALIGNED);
		widen(&p->driver_width, text_width(driver), MOST_DRIVER);
	}
}

/* Text, and blanks up to width if something comes after it. */
static void print_cell(const struct page *p, const char *text, size_t taken, size_t width,
		       enum paint paint)
{
	bool color = p->o->color_out && paint != PAINT_NONE && *text;
	size_t n = taken + text_width(text);

	fprintf(p->o->out, "%s%s%s%*s", paint_on(color, paint), text, paint_off(color),
		n < width ? (int)(width - n) : 0, "");
}

static void print_branches(struct page *p, const struct tree_line *l)
{
	const struct lines *box = p->view->utf8 ? &lines_utf8 : &lines_ascii;
	unsigned depth = indent_of(l);

	for (unsigned i = 0; i < depth; i++)
		fputs(p->ended[i] ? box->nothing : box->through, p->o->out);
	fputs(l->is_last ? box->last : box->more, p->o->out);
	p->ended[depth] = l->is_last;
}

static void print_line(struct page *p, const struct tree_line *l)
{
	CLEANUP(free_char) char *label = label_of(p, l);
	CLEANUP(free_char) char *group = group_of(p, l->d);
	CLEANUP(free_char) char *driver = driver_of(p, l->d);
	CLEANUP(free_char) char *notes = notes_of(p, l);
	bool shared = l->d->iommu_group >= 0 && count_group(p, l->d->iommu_group) > 1;
	enum paint dim = l->is_wanted ? PAINT_NONE : PAINT_DIM;

	print_branches(p, l);
	print_cell(p, label, 3 * (indent_of(l) + 1), p->label_width, dim);
	if (*group) {
		fputs("  ", p->o->out);
		print_cell(p, group, 0, p->group_width, shared ? PAINT_BOLD : dim);
	}
	fputs("  ", p->o->out);
	print_cell(p, driver, 0, *notes ? p->driver_width : 0, dim);
	if (*notes)
		fprintf(p->o->out, "  %s%s%s", paint_on(p->o->color_out, PAINT_WARN),
			notes, paint_off(p->o->color_out));
	putc('\n', p->o->out);
}

static void print_tree(struct page *p)
{
	const struct pci_device *bus = NULL;

	for (size_t i = 0; i < p->tree.n; i++) {
		const struct tree_line *l = &p->tree.v[i];

		if (l->depth == 0 && (!bus || bus->at.domain != l->d->at.domain ||
				      bus->at.bus != l->d->at.bus)) {
			bus = l->d;
			fprintf(p->o->out, "bus %.*s\n",
				(int)(strlen(bus->address) - strlen(":00.0")),
				bus->address);
		}
		print_line(p, l);
	}
}

/* ---- what no line can say --------------------------------------------------------- */

/* A line below the tree. */
static void tell(struct page *p, const char *fmt, ...) PRINTF(2, 3);
static void tell(struct page *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->has_told)
		putc('\n', p->o->out);
	p->has_told = true;
	va_start(ap, fmt);
	vfprintf(p->o->out, fmt, ap);
	va_end(ap);
	putc('\n', p->o->out);
}

static bool is_asked_for(const struct page *p, long group)
{
	const struct pci_device *const *v;
	size_t n = pci_group_members(p->view->topology, group, &v);

	for (size_t i = 0; i < n; i++)
		if (p->view->wanted[index_of(p, v[i])])
			return true;
	return false;
}

/* Groups of which one member is wanted, and another is in none of the lines. */
static void tell_hidden(struct page *p)
{
	const struct pci_topology *t = p->view->topology;
	bool *shown = xcalloc(t->all->n + 1, sizeof(*shown));

	for (size_t i = 0; i < p->tree.n; i++)
		shown[index_of(p, p->tree.v[i].d)] = true;
	for (size_t i = 0, n; i < t->n_grouped; i += n) {
		const struct pci_device *const *v;
		long group = t->grouped[i]->iommu_group;
		size_t hidden = 0;

		n = pci_group_members(t, group, &v);
		for (size_t k = 0; k < n; k++)
			hidden += !shown[index_of(p, v[k])];
		if (hidden && is_asked_for(p, group))
			tell(p,
			     "group %ld: %zu of its %zu devices %s not shown, --group "
			     "%ld shows all",
			     group, hidden, n, hidden == 1 ? "is" : "are", group);
	}
	free(shown);
}

static void tell_rest(struct page *p)
{
	const struct group_reasons *why = p->view->why;
	bool unread = false;

	for (size_t i = 0; i < why->n; i++) {
		const struct group_reason *r = &why->v[i];

		if (r->unread && !unread)
			unread = is_asked_for(p, r->group);
		if (r->at)
			continue;
		if (r->group < 0)
			tell(p, "%s", r->text);
		else if (is_asked_for(p, r->group))
			tell(p, "group %ld: %s", r->group, r->text);
	}
	tell_hidden(p);
	if (unread)
		tell(p, "%s", acs_unread_text(p->view->is_root));
}

static void load_reasons(struct page *p)
{
	const struct group_reasons *why = p->view->why;
	size_t n = p->view->topology->all->n;

	p->first_reason = xcalloc(n + 1, sizeof(*p->first_reason));
	p->next_reason = xcalloc(why->n + 1, sizeof(*p->next_reason));
	for (size_t i = 0; i < n; i++)
		p->first_reason[i] = NONE;
	for (size_t i = why->n; i-- > 0;) {
		size_t *head;

		if (!why->v[i].at)
			continue;
		head = &p->first_reason[index_of(p, why->v[i].at)];
		p->next_reason[i] = *head;
		*head = i;
	}
}

int report_pci_tree(const struct output *o, const struct pci_tree_view *view,
		    struct error *e)
{
	CLEANUP(page_done) struct page p = { .o = o, .view = view };

	device_tree_make(view->topology->all, view->wanted, &p.tree);
	load_reasons(&p);
	measure(&p);
	print_tree(&p);
	if (p.tree.n)
		tell_rest(&p);
	return ferror(o->out) ? error_set(e, EIO, "can't write the tree") : 0;
}
