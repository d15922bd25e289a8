/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/isolation_reasons.h"

#define NO_GROUPS "there are no IOMMU groups: the IOMMU is off"

static bool is_apart(enum acs_state s)
{
	return s == ACS_KEEPS_APART || s == ACS_UNREAD;
}

/* Is d x itself, or below it? */
static bool is_below(const struct pci_device *d, const struct pci_device *x)
{
	for (unsigned i = 0; d && i < PATH_MAX_BRIDGES; i++, d = d->parent)
		if (d == x)
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

/* Should functions of base's slot be in its group that are not? */
static const struct pci_device *find_left_out(const struct pci_topology *t,
					      const struct pci_device *base)
{
	unsigned off;

	if (is_apart(acs_state_of(t, base, &off)) || !acs_is_multifunction(t, base))
		return NULL;
	for (uint8_t f = 0; f < SLOT_FUNCTIONS; f++) {
		const struct pci_device *x = slot_function(t, base, f);

		if (x && x->iommu_group != base->iommu_group &&
		    !is_apart(acs_state_of(t, x, &off)))
			return x;
	}
	return NULL;
}

/* A patch that some distributions have; mainline does not know it. */
static bool is_overridden(const char *cmdline)
{
	return cmdline && strstr(cmdline, "pcie_acs_override=");
}

/* Where a group is finer than ACS alone would have it; at is NULL: it is not. */
struct split {
	const struct pci_device *at; /* which belongs to it, too */
	bool is_slot; /* functions of one chip are split, else what is below a port */
};

static struct split find_split(const struct pci_topology *t, const struct pci_device *d,
			       const struct way *w)
{
	if (w->weak && w->weak->iommu_group != d->iommu_group)
		return (struct split){ .at = w->weak };
	return (struct split){ .at = find_left_out(t, w->top ? w->top : d),
			       .is_slot = true };
}

static void explain_finer(const struct pci_topology *t, const struct pci_device *d,
			  const struct way *w, const char *cmdline,
			  struct group_reasons *ret)
{
	const struct pci_device *other = find_split(t, d, w).at;

	if (!other)
		return;
	reason_add(
		ret, GROUP_FINER, d->iommu_group, other,
		is_overridden(cmdline)
			? xasprintf("by its ACS, %s belongs to the same group: "
				    "pcie_acs_override= on the kernel command line "
				    "splits them, but does not keep them from reaching "
				    "each other",
				    other->address)
			: xasprintf("by its ACS, %s would be in the same group: the "
				    "kernel has this chip in its list of those that "
				    "keep them apart all the same",
				    other->address),
		NULL);
}

static void explain_alone(const struct pci_device *d, const struct way *w,
			  struct group_reasons *ret)
{
	const char *why = "";

	if (!w->bridges)
		why = ": no port is on the way to it";
	else if (!w->unread && !w->weak)
		why = ": every port on the way to it keeps transfers apart (ACS)";
	reason_add(ret, GROUP_ALONE, d->iommu_group, NULL,
		   xasprintf("%s is alone in its group%s", d->address, why), NULL);
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
		reason_add(ret, GROUP_NONE, -1, NULL,
			   xstrdup(t->n_grouped ? "it is in no group, although the IOMMU "
						  "is on"
						: NO_GROUPS),
			   NULL);
		return;
	}
	if (reason_controller(t, d, ret))
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
			reason_port(t, w.top, ret);
		reason_functions(t, base, ret);
		reason_rest(t, base, ret);
	}
	explain_finer(t, d, &w, cmdline, ret);
}

/* ---- all groups ---------------------------------------------------------------------
 */

/* What makes the group of v one. A port is told of if it is the nearest to the root that
 * is in it: those below it follow from that. */
static void explain_members(const struct pci_topology *t,
			    const struct pci_device *const *v, size_t n, bool *holds,
			    struct group_reasons *ret)
{
	const struct pci_device *first = NULL, *slot = NULL, *below = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct pci_device *top = look_up(t, v[i]).top;

		if (v[i]->controller && !below) {
			below = v[i];
			if (reason_controller(t, below, ret))
				return;
		}
		if (top)
			holds[top - t->all->v] = true;
	}
	for (size_t i = 0; i < n; i++) {
		const struct pci_device *d = v[i];

		if (look_up(t, d).top)
			continue;
		first = first ? first : d;
		if (holds[d - t->all->v])
			reason_port(t, d, ret);
		if (!slot || !slot_same(slot, d))
			reason_functions(t, d, ret);
		slot = d;
	}
	if (first)
		reason_rest(t, first, ret);
}

/* A port and a slot that may be split by pcie_acs_override= alone, each once: told has
 * two marks for each device. */
static void explain_splits(const struct pci_topology *t, bool *told,
			   struct group_reasons *ret)
{
	for (size_t i = 0; i < t->n_grouped; i++) {
		const struct pci_device *d = t->grouped[i];
		struct way w = look_up(t, d);
		struct split s = find_split(t, d, &w);
		CLEANUP(free_char) char *slot = NULL;
		bool *mark;

		if (!s.at)
			continue;
		slot = slot_text(s.at);
		for (uint8_t f = 0; s.is_slot && f < s.at->at.function; f++)
			if (slot_function(t, s.at, f))
				s.at = slot_function(t, s.at, f);
		mark = &told[2 * (size_t)(s.at - t->all->v) + s.is_slot];
		if (!*mark)
			reason_add(ret, GROUP_FINER, d->iommu_group, s.at,
				   xasprintf("by ACS, %s would be in one group",
					     s.is_slot ? slot : "what is below it"),
				   xasprintf("pcie_acs_override= may be all that splits "
					     "%s",
					     s.is_slot ? slot : "what is below"));
		*mark = true;
	}
}

void groups_explain(const struct pci_topology *t, const char *cmdline,
		    struct group_reasons *ret)
{
	bool *marks = xcalloc(2 * t->all->n + 1, sizeof(*marks));

	if (!t->n_grouped)
		reason_add(ret, GROUP_NONE, -1, NULL, xstrdup(NO_GROUPS), NULL);
	for (size_t i = 0, n; i < t->n_grouped; i += n) {
		const struct pci_device *const *v;

		n = pci_group_members(t, t->grouped[i]->iommu_group, &v);
		if (n > 1)
			explain_members(t, v, n, marks, ret);
	}
	memset(marks, 0, t->all->n);
	if (is_overridden(cmdline))
		explain_splits(t, marks, ret);
	free(marks);
}

enum member_role group_member_role(const struct pci_device *d, const char *kernel)
{
	if (pci_is_bridge(d))
		return group_blocker(d, kernel) ? MEMBER_BLOCKS : MEMBER_STAYS;
	return d->controller ? MEMBER_IS_BELOW : MEMBER_GOES_ALONG;
}
