/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/ids.h"

/* What the host needs must not come up on vfio-pci at the next boot. */
static int judge_device(const struct host *h, const struct mounts *m,
			const struct pci_device *d, struct str *why, struct error *e)
{
	struct uses u = { 0 };
	int err = device_uses(h, m, d, &u, e);
	bool is_display = false;

	for (size_t i = 0; err >= 0 && i < u.n; i++) {
		is_display |= u.v[i].kind == USE_DISPLAY;
		if (use_is_needed_at_boot(u.v[i].kind))
			str_addf(why, "%s: %s\n", d->address, u.v[i].text);
	}
	if (err >= 0 && !m->known && d->class_code >> 16 == 0x01)
		str_addf(why,
			 "%s: whether a filesystem on it is mounted can't be told (no "
			 "mount "
			 "table)\n",
			 d->address);
	/* Not used as such at the moment, it is the one that the next boot shows. */
	if (err >= 0 && d->boot_vga && !is_display)
		str_addf(why, "%s: it is the boot display\n", d->address);
	uses_done(&u);
	return err;
}

int ids_judge(const struct host *h, const struct mounts *m, const struct pci_devices *all,
	      struct pci_id id, struct str *why, struct error *e)
{
	CLEANUP(str_done) struct str addresses = { 0 };
	int matches = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct pci_device *d = &all->v[i];
		int err;

		if (d->vendor != id.vendor || d->device != id.device)
			continue;
		str_addf(&addresses, "%s%s", matches++ ? ", " : "", d->address);
		err = judge_device(h, m, d, why, e);
		if (err < 0)
			return err;
	}
	if (matches > 1)
		str_addf(why,
			 "%04x:%04x: matches more than one device, all of them would be "
			 "taken: %s\n",
			 id.vendor, id.device, str_c(&addresses));
	return matches;
}

bool ids_would_be_taken(const struct host *h, const struct mounts *m,
			const struct pci_devices *all, const char *list)
{
	struct pci_id *ids = NULL;
	int n = pci_ids_parse(list, &ids, NULL);
	CLEANUP(str_done) struct str why = { 0 };
	bool is_free = n > 0;

	for (int i = 0; i < n && is_free; i++)
		is_free = ids_judge(h, m, all, ids[i], &why, NULL) > 0 && !why.len;
	free(ids);
	return is_free;
}
