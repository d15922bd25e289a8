/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that the TPM unlocks at boot: it gives the key away only while what was measured
 * (PCRs) is as it was when the key was sealed.
 */
#ifndef SLICER_PROBE_SEALS_H
#define SLICER_PROBE_SEALS_H

#include "host/host.h"
#include "text/luks2.h"

struct sealed_disk {
	char *name; /* "cryptroot", as crypttab or device mapper call it */
	char *device; /* "/dev/sda3" */
	char *evidence; /* "systemd-tpm2 token in its LUKS2 header", "/etc/crypttab:
			   tpm2-device=auto" */
	struct tpm_seal seal;
};
struct seal_facts {
	struct sealed_disk *v;
	size_t n, cap;
	/* LUKS2 disks whose header could not be read, each with the reason: nobody knows
	 * about them */
	struct strv unread;
};
/* The disks of /etc/crypttab, and those that device mapper has open: what their LUKS2
 * headers say, and crypttab where those say nothing. Below a foreign root devices are not
 * read: crypttab alone tells. */
int seals_probe(const struct host *h, struct seal_facts *ret, struct error *e);
void seals_done(struct seal_facts *f);

#endif
