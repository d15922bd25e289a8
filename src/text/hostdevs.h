/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI devices that definitions of virtual machines name: libvirt's and those of
 * Proxmox VE. */
#ifndef SLICER_TEXT_HOSTDEVS_H
#define SLICER_TEXT_HOSTDEVS_H

#include "text/pciaddr.h"

struct hostdev {
	struct pci_address at;
	bool all_functions; /* every function of that slot; at.function is 0 */
	bool is_one_of; /* the VM gets this one or another of the same mapping */
};
struct hostdevs {
	struct hostdev *v;
	size_t n, cap;
};
void hostdevs_done(struct hostdevs *h);
/* Appends a device that is not there yet. */
void hostdevs_add(struct hostdevs *h, struct hostdev d);
/* The devices of "-device vfio-pci,host=01:00.0" in QEMU's arguments; not of their JSON
 * form. Appended. */
void hostdevs_of_qemu(const char *arguments, struct hostdevs *ret);

/*
 * A domain of libvirt, as it lies in /etc/libvirt/qemu (libvirt docs/formatdomain.rst):
 * <hostdev type='pci'>, <interface type='hostdev'>, and QEMU's own arguments in
 * <qemu:commandline>. Appended. -EINVAL: it is no domain, not well formed, or has a
 * document type, and what was found may not be all.
 */
int domxml_parse(const char *text, size_t len, struct hostdevs *ret);

/* A VM of Proxmox VE: /etc/pve/qemu-server/ID.conf (qm.conf(5)), as it is now: its
 * snapshots and pending changes are left out. */
struct pveconf {
	struct hostdevs devices;
	struct strv mappings; /* names of the cluster's device mappings */
	char *name; /* "win11", NULL: none */
	bool onboot; /* it starts with the host */
	bool is_template; /* it is never started */
};
void pveconf_done(struct pveconf *c);
/* Never fails: lines that are none of these are left out, and so are devices of which the
 * VM only gets a mediated one. */
void pveconf_parse(const char *text, size_t len, struct pveconf *ret);
/* What the mapping of that name, in /etc/pve/mapping/pci.cfg, stands for on that node: if
 * there are several, any of these. Appended. */
void pvemapping_find(const char *text, size_t len, const char *name, const char *node,
		     struct hostdevs *ret);

#endif
