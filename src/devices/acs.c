/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_acs_enabled() of linux drivers/pci/pci.c. */
#include "devices/isolation.h"

/* REQ_ACS_FLAGS of drivers/iommu/iommu.c */
#define ACS_ASKED_FOR                                                                    \
	(PCI_ACS_SOURCE_VALIDATION | PCI_ACS_REQUEST_REDIRECT |                          \
	 PCI_ACS_COMPLETION_REDIRECT | PCI_ACS_UPSTREAM_FORWARDING)

bool acs_is_multifunction(const struct pci_topology *t, const struct pci_device *d)
{
	struct pci_address at;
	const struct pci_device *physical = NULL;

	if (d->physfn && pci_address_parse(d->physfn, &at, NULL) == 0)
		physical = pci_find(t->all, at);
	return pci_caps_of(t, physical ? physical : d)->multifunction;
}

/* pci_acs_flags_enabled(): what the capability lacks is not needed, or wired in. */
static enum acs_state acs_of_flags(const struct pcicaps *c, unsigned *ret_off)
{
	if (!c->acs_known)
		return ACS_UNREAD;
	if (!c->has_acs)
		return ACS_ABSENT;
	*ret_off = ACS_ASKED_FOR & c->acs_cap & ~(unsigned)c->acs_ctrl;
	return *ret_off ? ACS_OFF : ACS_KEEPS_APART;
}

enum acs_state acs_state_of(const struct pci_topology *t, const struct pci_device *d,
			    unsigned *ret_off)
{
	const struct pcicaps *c = pci_caps_of(t, d);

	*ret_off = 0;
	if (!c->known)
		return ACS_UNREAD;
	switch (c->express) {
	case PCI_EXPRESS_NONE:
	case PCI_EXPRESS_TO_PCI:
	case PCI_EXPRESS_FROM_PCI:
	case PCI_EXPRESS_EVENT_COLLECTOR:
		return ACS_CONVENTIONAL;
	case PCI_EXPRESS_ROOT_PORT:
	case PCI_EXPRESS_DOWNSTREAM:
		return acs_of_flags(c, ret_off);
	default:
		return acs_is_multifunction(t, d) ? acs_of_flags(c, ret_off)
						  : ACS_KEEPS_APART;
	}
}
