/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "devices": what binds left behind that did not come to their end. */
#include "policy/checks.h"

#define DEVICES "devices"

static char *title_of(const struct leftover *l)
{
	const struct pci_device *d = l->dev;

	switch (l->kind) {
	case LEFTOVER_OVERRIDE:
		return xasprintf("%s has the driver_override %s, and has %s%s",
				 d->address, d->driver_override,
				 d->driver ? "the driver " : "no driver",
				 d->driver ? d->driver : "");
	case LEFTOVER_DRIVERLESS:
		return xasprintf("%s %s %s has no driver", d->address,
				 d->vendor_name ? d->vendor_name : "",
				 d->device_name ? d->device_name : "");
	case LEFTOVER_NOTE:
		break;
	}
	return xasprintf("%s has its driver again, and the note of it is still there",
			 d->address);
}

void checks_leftovers(const struct diagnosis *d, struct checks *ret)
{
	for (size_t i = 0; i < d->n_leftovers; i++) {
		const struct leftover *l = &d->leftovers[i];
		bool is_note = l->kind == LEFTOVER_NOTE;
		CLEANUP(free_char) char *title = title_of(l);
		CLEANUP(free_char)
		char *id = xasprintf("devices.%s.%s", l->dev->address,
				     is_note ? "note" : "leftover");
		struct check *c =
			check_add(ret, id, DEVICES, is_note ? CHECK_PASS : CHECK_WARN,
				  title, "%s", l->what);

		strv_copy(&c->fix, &l->next);
		/* It does no harm: the next bind writes it again. */
		c->minor = is_note;
	}
}
