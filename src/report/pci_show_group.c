/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show as text: the IOMMU group and its reasons, and the commands. */
#include "report/advice.h"
#include "report/pci_show.h"

#define INDENT "    "

const char *acs_unread_text(bool is_root)
{
	return is_root ? "the ACS of the ports could not be read: more can't be told"
		       : "what the ports' ACS says only root may read: sudo tells more";
}

static char *role_text(const struct pci_device *x, const struct pci_page *p)
{
	switch (group_member_role(x, p->world->kernel)) {
	case MEMBER_BLOCKS:
		return xasprintf("a bridge with the driver %s: no VM can have the group",
				 x->driver);
	case MEMBER_STAYS:
		return xstrdup("a bridge, stays with the host");
	case MEMBER_IS_BELOW:
		return xasprintf("is below %s and goes with it", x->controller);
	case MEMBER_GOES_ALONG:
		break;
	}
	if (driver_is_vfio(x->driver))
		return xstrdup("in VFIO's hands");
	if (pci_is_bridge(p->d))
		return xstrdup("an endpoint");
	return xstrdup(x == p->d ? "this device" : "goes along");
}

/* Who uses what goes along, too. */
static void print_member(const struct output *o, const struct pci_page *p,
			 const struct pci_device *x, int address_width, int driver_width)
{
	CLEANUP(free_char) char *role = role_text(x, p);
	CLEANUP(uses_done) struct uses u = { 0 };

	page_row(o, "", "%-*s  %-*s  %s%s%s", address_width, x->address, driver_width,
		 x->driver ? x->driver : "-", role,
		 x != p->d && x->device_name ? ": " : "",
		 x != p->d && x->device_name ? x->device_name : "");
	if (x == p->d || pci_is_bridge(x))
		return;
	usage_of(p->world->usage, x, &u);
	for (size_t i = 0; i < u.n; i++)
		page_row(o, "", INDENT "in use: %s", u.v[i].text);
}

/* A name of a hundred letters does not widen the column. */
static void widen(int *width, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n < 24 && (int)n > *width)
		*width = (int)n;
}

static void print_members(const struct output *o, const struct pci_page *p)
{
	const struct pci_devices *all = p->world->all;
	int address = 0, driver = 1;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i].iommu_group != p->d->iommu_group)
			continue;
		widen(&address, all->v[i].address);
		widen(&driver, all->v[i].driver);
	}
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].iommu_group == p->d->iommu_group)
			print_member(o, p, &all->v[i], address, driver);
}

void page_group(const struct output *o, const struct pci_page *p)
{
	if (p->d->iommu_group >= 0) {
		page_row(o, "IOMMU group", "%ld", p->d->iommu_group);
		print_members(o, p);
	} else {
		page_row(o, "IOMMU group", "none");
	}
	for (size_t i = 0; i < p->why->n; i++)
		page_row(o, i ? "" : "why", "%s", p->why->v[i].text);
	if (p->why->unread)
		page_row(o, "", "%s", acs_unread_text(p->is_root));
}

/* ---- commands ---------------------------------------------------------------------- */

static void print_title(const struct output *o, const char *title)
{
	fprintf(o->out, "%s%s%s\n", paint_on(o->color_out, PAINT_BOLD), title,
		paint_off(o->color_out));
}

static void print_line(const struct output *o, struct advice *a, const char *before,
		       const char *text)
{
	CLEANUP(str_done) struct str line = { 0 }, safe = { 0 };

	advice_add(a, text, &line);
	str_add_printable(&safe, str_c(&line), line.len);
	fprintf(o->out, INDENT "%s%s\n", before, str_c(&safe));
}

/* A block of its own: what is for the machine itself is said in each. */
static void print_block(const struct output *o, const struct pci_page *p,
			const char *title, const struct strv *v)
{
	struct advice a = { .root = p->root };

	if (!v->n)
		return;
	if (title)
		print_title(o, title);
	for (size_t i = 0; i < v->n; i++)
		print_line(o, &a, "", v->v[i]);
}

static void print_note(const struct output *o, const struct pci_page *p,
		       const char *before, const char *text)
{
	struct advice a = { .root = p->root };

	if (text)
		print_line(o, &a, before, text);
}

static void print_obstacles(const struct output *o, const struct pci_page *p)
{
	const struct device_answer *a = &p->handover->answer;
	struct advice advice = { .root = p->root };

	if (a->usable && !a->reasons.n)
		return;
	print_title(o, a->usable ? "Not done yet" : "It can't go to a VM");
	for (size_t i = 0; i < a->reasons.n; i++)
		print_line(o, &advice, "", a->reasons.v[i]);
	for (size_t i = 0; i < a->advice.n; i++)
		print_line(o, &advice, "to do: ", a->advice.v[i]);
}

void page_commands(const struct output *o, const struct pci_page *p)
{
	const struct handover *h = p->handover;

	print_obstacles(o, p);
	print_block(o, p, "Give it to VMs", &h->give);
	print_block(o, p, "Give it to VMs at every boot, too", &h->give_always);
	if (h->answer.usable)
		print_note(o, p, "not at every boot: ", h->not_always);
	/* What could not be looked at is told with the uses. */
	for (size_t i = 0; i < h->answer.warnings.n; i++)
		if (!str_starts(h->answer.warnings.v[i], "could not look at:"))
			print_note(o, p, "note: ", h->answer.warnings.v[i]);
	print_block(o, p, "Start a VM with it", &h->start);
	print_block(o, p, "Take it back", &h->back);
	print_note(o, p,
		   h->back.n ? "not every device can go back to its driver now: "
			     : "it can't be given back now: ",
		   h->not_back);
}
