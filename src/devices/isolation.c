/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/isolation.h"

/* Bus numbers have 8 bits, and below each bridge is another bus. */
#define PATH_MAX_BRIDGES 256
/* Function numbers have 3 bits. */
#define SLOT_FUNCTIONS 8

static const struct {
	unsigned bit;
	const char *name;
} acs_names[] = {
	{ PCI_ACS_SOURCE_VALIDATION, "Source Validation" },
	{ PCI_ACS_REQUEST_REDIRECT, "Request Redirect" },
	{ PCI_ACS_COMPLETION_REDIRECT, "Completion Redirect" },
	{ PCI_ACS_UPSTREAM_FORWARDING, "Upstream Forwarding" },
};

static bool is_apart(enum acs_state s)
{
	return s == ACS_KEEPS_APART || s == ACS_UNREAD;
}

void group_reasons_done(struct group_reasons *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].text);
	free(r->v);
	*r = (struct group_reasons){ 0 };
}

/* Takes text. */
static void add(struct group_reasons *ret, enum group_cause cause,
		const struct pci_device *at, char *text)
{
	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	ret->v[ret->n++] = (struct group_reason){ cause, at, text };
}

static bool is_same_slot(const struct pci_device *a, const struct pci_device *b)
{
	return a->at.domain == b->at.domain && a->at.bus == b->at.bus &&
	       a->at.device == b->at.device;
}

/* A function of d's slot; NULL: it has none of that number. */
static const struct pci_device *function_of(const struct pci_topology *t,
					    const struct pci_device *d, uint8_t function)
{
	struct pci_address at = d->at;

	at.function = function;
	return pci_find(t->all, at);
}

/* Is d x itself, or below it? */
static bool is_below(const struct pci_device *d, const struct pci_device *x)
{
	for (unsigned i = 0; d && i < PATH_MAX_BRIDGES; i++, d = d->parent)
		if (d == x)
			return true;
	return false;
}

/* Is d in x's slot, or below a function of it? */
static bool is_below_slot(const struct pci_device *d, const struct pci_device *x)
{
	for (unsigned i = 0; d && i < PATH_MAX_BRIDGES; i++, d = d->parent)
		if (is_same_slot(d, x))
			return true;
	return false;
}

/* The way to d as the rules see it. */
struct way {
	/* The bridge nearest to the root that is in d's group; NULL: none is. */
	const struct pci_device *top;
	/* The bridge nearest to the root that does not keep apart what is below it, by
	 * what could be read; NULL: none. */
	const struct pci_device *weak;
	unsigned bridges;
	bool unread;
};

static struct way look_up(const struct pci_topology *t, const struct pci_device *d)
{
	struct way w = { 0 };
	const struct pci_device *x = d->parent;

	for (unsigned i = 0; x && i < PATH_MAX_BRIDGES; i++, x = x->parent) {
		unsigned off;
		enum acs_state s = acs_state_of(t, x, &off);

		if (!pci_is_bridge(x))
			break; /* VMD: the domain below it has rules of its own */
		w.bridges++;
		w.unread |= s == ACS_UNREAD;
		if (!is_apart(s))
			w.weak = x;
		if (x->iommu_group == d->iommu_group)
			w.top = x;
	}
	return w;
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

/* The bridge that is in the group with what is below it. */
static void explain_top(const struct pci_topology *t, const struct pci_device *top,
			struct group_reasons *ret)
{
	const char *kind = kind_of(t, top);
	unsigned off;
	enum acs_state s = acs_state_of(t, top, &off);
	CLEANUP(free_char) char *names = names_of(off);

	switch (s) {
	case ACS_CONVENTIONAL:
		add(ret, GROUP_CONVENTIONAL, top,
		    xasprintf("the bridge %s leads to conventional PCI, where all share "
			      "its address: " ONE_GROUP,
			      top->address));
		return;
	case ACS_ABSENT:
		add(ret, GROUP_PORT, top,
		    xasprintf("the %s %s has no ACS: " ONE_GROUP, kind, top->address));
		return;
	case ACS_OFF:
		add(ret, GROUP_PORT, top,
		    xasprintf("the %s %s has ACS, but %s not switched on: " ONE_GROUP,
			      kind, top->address, names));
		return;
	case ACS_UNREAD:
		add(ret, GROUP_PORT, top,
		    xasprintf("the %s %s is in the group: " ONE_GROUP, kind,
			      top->address));
		return;
	case ACS_KEEPS_APART:
		add(ret, GROUP_OTHER, top,
		    xasprintf("the %s %s has its ACS switched on now: it was off when "
			      "the kernel made the group, or the kernel has a rule for "
			      "that chip",
			      kind, top->address));
		return;
	}
}

/* pci_device_group()'s last step: base is d, or the bridge that it ended at. */
static void explain_functions(const struct pci_topology *t, const struct pci_device *base,
			      struct group_reasons *ret)
{
	const struct pci_device *first = NULL;
	unsigned off;
	enum acs_state s = acs_state_of(t, base, &off);
	size_t n = 0;

	for (uint8_t f = 0; f < SLOT_FUNCTIONS; f++) {
		const struct pci_device *x = function_of(t, base, f);

		if (!x || x->iommu_group != base->iommu_group)
			continue;
		first = first ? first : x;
		n++;
	}
	if (n < 2)
		return;
	add(ret, s == ACS_KEEPS_APART ? GROUP_OTHER : GROUP_FUNCTIONS, first,
	    xasprintf("%zu functions of %.*s may reach each other inside the chip: %s", n,
		      (int)strcspn(first->address, "."), first->address,
		      s == ACS_KEEPS_APART ? "its ACS is switched on now, but was not "
					     "when the kernel made the group"
		      : s == ACS_OFF	   ? "its ACS is not switched on"
					   : "it has no ACS to prevent that"));
}

/* Intel's VMD (drivers/pci/controller/vmd.c, pci_real_dma_dev()). True if that is it. */
static bool explain_controller(const struct pci_topology *t, const struct pci_device *d,
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
		add(ret, GROUP_CONTROLLER, controller,
		    xasprintf("transfers of what hangs below %s carry its address: all "
			      "of it is one group",
			      controller->address));
		return true;
	}
	return false;
}

/* A group of the whole machine is no list to read. */
#define MOST_NAMED 16

/* Members that none of the reasons above has put there. */
static void explain_rest(const struct pci_topology *t, const struct pci_device *d,
			 const struct pci_device *base, struct group_reasons *ret)
{
	CLEANUP(str_done) struct str rest = { 0 };
	const struct pci_device *const *v;
	size_t n = pci_group_members(t, d->iommu_group, &v), others = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_below_slot(v[i], base) && ++others <= MOST_NAMED)
			str_addf(&rest, "%s%s", rest.len ? ", " : "", v[i]->address);
	if (others > MOST_NAMED)
		str_addf(&rest, " and %zu more", others - MOST_NAMED);
	if (rest.len)
		add(ret, GROUP_OTHER, NULL,
		    xasprintf("neither ACS nor its place explains why %s is in it, too: "
			      "the kernel knows that they use each other's address, or "
			      "the firmware's table has them together",
			      str_c(&rest)));
}

/* Should functions of base's slot be in its group that are not? */
static const struct pci_device *find_left_out(const struct pci_topology *t,
					      const struct pci_device *base)
{
	unsigned off;

	if (is_apart(acs_state_of(t, base, &off)) || !acs_is_multifunction(t, base))
		return NULL;
	for (uint8_t f = 0; f < SLOT_FUNCTIONS; f++) {
		const struct pci_device *x = function_of(t, base, f);

		if (x && x->iommu_group != base->iommu_group &&
		    !is_apart(acs_state_of(t, x, &off)))
			return x;
	}
	return NULL;
}

static void explain_finer(const struct pci_topology *t, const struct pci_device *d,
			  const struct way *w, const char *cmdline,
			  struct group_reasons *ret)
{
	const struct pci_device *weak = w->weak, *other;

	if (weak && weak->iommu_group == d->iommu_group)
		weak = NULL;
	other = weak ? weak : find_left_out(t, w->top ? w->top : d);
	if (!other)
		return;
	/* A patch that some distributions have; mainline does not know it. */
	if (cmdline && strstr(cmdline, "pcie_acs_override="))
		add(ret, GROUP_FINER, other,
		    xasprintf(
			    "by its ACS, %s belongs to the same group: "
			    "pcie_acs_override= on the kernel command line splits them, "
			    "but does not keep them from reaching each other",
			    other->address));
	else
		add(ret, GROUP_FINER, other,
		    xasprintf(
			    "by its ACS, %s would be in the same group: the kernel "
			    "has this chip in its list of those that keep them apart all "
			    "the same",
			    other->address));
}

static void explain_alone(const struct pci_device *d, const struct way *w,
			  struct group_reasons *ret)
{
	const char *why = "";

	if (!w->bridges)
		why = ": no port is on the way to it";
	else if (!w->unread && !w->weak)
		why = ": every port on the way to it keeps transfers apart (ACS)";
	add(ret, GROUP_ALONE, NULL,
	    xasprintf("%s is alone in its group%s", d->address, why));
}

/* Is a function of the group below d? */
static bool holds_below(const struct pci_topology *t, const struct pci_device *d)
{
	const struct pci_device *const *v;
	size_t n = pci_group_members(t, d->iommu_group, &v);

	for (size_t i = 0; i < n; i++)
		if (v[i] != d && is_below(v[i], d))
			return true;
	return false;
}

void group_explain(const struct pci_topology *t, const struct pci_device *d,
		   const char *cmdline, struct group_reasons *ret)
{
	struct way w = look_up(t, d);
	const struct pci_device *const *members;
	unsigned off;

	if (d->iommu_group < 0) {
		add(ret, GROUP_NONE, NULL,
		    xstrdup(groups_exist(t->all)
				    ? "it is in no group, although the IOMMU is on"
				    : "there are no IOMMU groups: the IOMMU is off"));
		return;
	}
	if (explain_controller(t, d, ret))
		return;
	if (!w.top && pci_is_bridge(d) && holds_below(t, d))
		w.top = d;
	ret->unread = w.unread;
	if (pci_group_members(t, d->iommu_group, &members) < 2) {
		explain_alone(d, &w, ret);
	} else {
		const struct pci_device *base = w.top ? w.top : d;

		ret->unread |= acs_state_of(t, base, &off) == ACS_UNREAD;
		if (w.top)
			explain_top(t, w.top, ret);
		explain_functions(t, base, ret);
		explain_rest(t, d, base, ret);
	}
	explain_finer(t, d, &w, cmdline, ret);
}

enum member_role group_member_role(const struct pci_device *d, const char *kernel)
{
	if (pci_is_bridge(d))
		return group_blocker(d, kernel) ? MEMBER_BLOCKS : MEMBER_STAYS;
	return d->controller ? MEMBER_IS_BELOW : MEMBER_GOES_ALONG;
}
