/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What binds leave behind that did not come to their end, or that a person took back half
 * way: a driver_override that is not obeyed, a device without the driver that it had, a
 * note that is no longer needed.
 */
#ifndef SLICER_DEVICES_LEFTOVERS_H
#define SLICER_DEVICES_LEFTOVERS_H

#include "devices/persist.h"
#include "policy/policy.h"

struct leftovers {
	struct leftover *v;
	size_t n, cap;
};
void leftovers_done(struct leftovers *l);

/*
 * Appends them in the order of addresses. w->all needs PCI_DETAILS and PCI_MODULES, and
 * is borrowed for as long as ret is used. files: what is bound at every boot, matched;
 * its devices are left out, because doctor tells of them on their own. ids: the values of
 * vfio-pci's parameter ids, whose devices are meant to be without their drivers.
 */
void leftovers_find(const struct bind_world *w, const struct persisted_list *files,
		    const struct strv *ids, struct leftovers *ret);

#endif
