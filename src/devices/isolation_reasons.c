/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/isolation_reasons.h"

static const struct {
	unsigned bit;
	const char *name;
} acs_names[] = {
	{ PCI_ACS_SOURCE_VALIDATION, "Source Validation" },
	{ PCI_ACS_REQUEST_REDIRECT, "Request Redirect" },
	{ PCI_ACS_COMPLETION_REDIRECT, "Completion Redirect" },
	{ PCI_ACS_UPSTREAM_FORWARDING, "Upstream Forwarding" },
};

void group_reasons_done(struct group_reasons *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].text);
		free(r->v[i].note);
	}
	free(r->v);
	*r = (struct group_reasons){ 0 };
}

void reason_add(struct group_reasons *ret, enum group_cause cause, long group,
		const struct pci_device *at, char *text, char *note)
{
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n++] = (struct group_reason){
		.cause = cause, .group = group, .at = at, .text = text, .note = note
	};
}

bool slot_same(const struct pci_device *a, const struct pci_device *b)
{
	return a->at.domain == b->at.domain && a->at.bus == b->at.bus &&
	       a->at.device == b->at.device;
}

/* That the last one is told without its ACS. */
static void mark_unread(struct group_reasons *ret, enum acs_state s)
{
	ret->v[ret->n - 1].unread = s == ACS_UNREAD;
}

const struct pci_device *slot_function(const struct pci_topology *t,
				       const struct pci_device *d, uint8_t function)
{
	struct pci_address at = d->at;

	at.function = function;
	return pci_find(t->all, at);
}

char *slot_text(const struct pci_device *d)
{
	return xasprintf("%.*s.*", (int)strcspn(d->address, "."), d->address);
}

/* Is d in x's slot, or below a function of it? */
static bool is_below_slot(const struct pci_device *d, const struct pci_device *x)
{
	for (unsigned i = 0; d && i < PATH_MAX_BRIDGES; i++, d = d->parent)
		if (slot_same(d, x))
			return true;
	return false;
}

static const char *kind_of(const struct pci_topology *t, const struct pci_device *d)
{
	switch (pci_caps_of(t, d)->express) {
	case PCI_EXPRESS_ROOT_PORT:
		return "root port";
	case PCI_EXPRESS_UPSTREAM:
	case PCI_EXPRESS_DOWNSTREAM:
		return "switch port";
	default:
		return "bridge";
	}
}

static char *names_of(unsigned bits)
{
	struct str s = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(acs_names); i++)
		if (bits & acs_names[i].bit)
			str_addf(&s, "%s%s", s.len ? ", " : "", acs_names[i].name);
	return str_take(&s);
}

#define ONE_GROUP                                                                        \
	"the kernel can't keep what is below it from reaching each other, and has "      \
	"all of it in one group"

/* In a few words, why functions with that ACS are not kept apart; NULL: not known. */
static const char *why_not_apart(enum acs_state s)
{
	switch (s) {
	case ACS_ABSENT:
		return "no ACS";
	case ACS_OFF:
		return "ACS not switched on";
	case ACS_CONVENTIONAL:
		return "conventional PCI";
	case ACS_KEEPS_APART:
		return "although ACS is on";
	case ACS_UNREAD:
		break;
	}
	return NULL;
}

static char *note_of(const char *what, long group, const char *why)
{
	return xasprintf("merges %s into group %ld%s%s", what, group, why ? ": " : "",
			 why ? why : "");
}

static char *port_text(const struct pci_topology *t, const struct pci_device *top)
{
	const char *kind = kind_of(t, top);
	unsigned off;
	enum acs_state s = acs_state_of(t, top, &off);
	CLEANUP(free_char) char *names = names_of(off);

	switch (s) {
	case ACS_CONVENTIONAL:
		return xasprintf(
			"the bridge %s leads to conventional PCI, where all share "
			"its address: " ONE_GROUP,
			top->address);
	case ACS_ABSENT:
		return xasprintf("the %s %s has no ACS: " ONE_GROUP, kind, top->address);
	case ACS_OFF:
		return xasprintf("the %s %s has ACS, but %s not switched on: " ONE_GROUP,
				 kind, top->address, names);
	case ACS_KEEPS_APART:
		return xasprintf(
			"the %s %s has its ACS switched on now: it was off when "
			"the kernel made the group, or the kernel has a rule for "
			"that chip",
			kind, top->address);
	case ACS_UNREAD:
		break;
	}
	return xasprintf("the %s %s is in the group: " ONE_GROUP, kind, top->address);
}

void reason_port(const struct pci_topology *t, const struct pci_device *top,
		 struct group_reasons *ret)
{
	unsigned off;
	enum acs_state s = acs_state_of(t, top, &off);

	reason_add(ret,
		   s == ACS_CONVENTIONAL  ? GROUP_CONVENTIONAL
		   : s == ACS_KEEPS_APART ? GROUP_OTHER
					  : GROUP_PORT,
		   top->iommu_group, top, port_text(t, top),
		   note_of("what is below", top->iommu_group, why_not_apart(s)));
	mark_unread(ret, s);
}

void reason_functions(const struct pci_topology *t, const struct pci_device *base,
		      struct group_reasons *ret)
{
	CLEANUP(free_char) char *slot = slot_text(base);
	const struct pci_device *first = NULL;
	unsigned off;
	enum acs_state s = acs_state_of(t, base, &off);
	size_t n = 0;

	for (uint8_t f = 0; f < SLOT_FUNCTIONS; f++) {
		const struct pci_device *x = slot_function(t, base, f);

		if (!x || x->iommu_group != base->iommu_group)
			continue;
		first = first ? first : x;
		n++;
	}
	if (n < 2)
		return;
	reason_add(ret, s == ACS_KEEPS_APART ? GROUP_OTHER : GROUP_FUNCTIONS,
		   base->iommu_group, first,
		   xasprintf("%zu functions of %.*s may reach each other inside the "
			     "chip%s",
			     n, (int)strcspn(slot, "."), slot,
			     s == ACS_KEEPS_APART
				     ? ": its ACS is switched on now, but was not "
				       "when the kernel made the group"
			     : s == ACS_OFF    ? ": its ACS is not switched on"
			     : s == ACS_UNREAD ? ""
					       : ": it has no ACS to prevent that"),
		   note_of(slot, base->iommu_group,
			   s == ACS_CONVENTIONAL ? "no ACS" : why_not_apart(s)));
	mark_unread(ret, s);
}

bool reason_controller(const struct pci_topology *t, const struct pci_device *d,
		       struct group_reasons *ret)
{
	const struct pci_device *const *v;
	size_t n = pci_group_members(t, d->iommu_group, &v);

	for (size_t i = 0; i < n; i++) {
		const struct pci_device *x = v[i];
		const struct pci_device *controller =
			str_eq(d->controller, x->address)   ? x
			: str_eq(x->controller, d->address) ? d
							    : NULL;

		if (!controller)
			continue;
		reason_add(ret, GROUP_CONTROLLER, d->iommu_group, controller,
			   xasprintf("transfers of what is below %s carry its address: "
				     "all of it is one group",
				     controller->address),
			   note_of("what is below", d->iommu_group,
				   "transfers carry its address"));
		return true;
	}
	return false;
}

/* A group of the whole machine is no list to read. */
#define MOST_NAMED 16

void reason_rest(const struct pci_topology *t, const struct pci_device *base,
		 struct group_reasons *ret)
{
	CLEANUP(str_done) struct str rest = { 0 };
	const struct pci_device *const *v;
	size_t n = pci_group_members(t, base->iommu_group, &v), others = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_below_slot(v[i], base) && ++others <= MOST_NAMED)
			str_addf(&rest, "%s%s", rest.len ? ", " : "", v[i]->address);
	if (others > MOST_NAMED)
		str_addf(&rest, " and %zu more", others - MOST_NAMED);
	if (!rest.len)
		return;
	reason_add(ret, GROUP_OTHER, base->iommu_group, NULL,
		   xasprintf("neither ACS nor its place explains why %s %s in it, too: "
			     "the kernel knows that they use each other's address, or "
			     "the firmware's table has them together",
			     str_c(&rest), others == 1 ? "is" : "are"),
		   NULL);
}
