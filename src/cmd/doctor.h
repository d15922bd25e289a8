/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of doctor share. */
#ifndef SLICER_CMD_DOCTOR_H
#define SLICER_CMD_DOCTOR_H

#include "cmd/cmd.h"
#include "cmd/old_view.h"
#include "devices/devices.h"
#include "devices/leftovers.h"
#include "devices/persist.h"
#include "policy/policy.h"
#include "probe/vm_conflicts.h"

struct doctor {
	const struct context *c;
	/* from the command line */
	enum cpu_vendor vendor;
	const char *bootloader;
	bool no_initramfs;
	struct strv operands;
	struct pci_address *asked;
	/* what was read */
	struct facts facts;
	struct boot_probe probe;
	struct boot_config boot;
	struct error boot_error, pci_error;
	struct wanted wanted;
	struct initramfs_config initramfs;
	struct pci_devices pci;
	struct device_view *views;
	size_t n_views, views_cap;
	struct persisted_list persisted;
	struct vm_definitions vms;
	struct vm_conflicts vm_conflicts;
	struct strv vm_needed, vm_gone;
	struct strv at_boot_leftover;
	struct leftovers leftovers;
	struct old_view old;
	struct old_view_entry *old_entries; /* d.n_old of them */
	struct node_view *nodes;
	size_t n_nodes, nodes_cap;
	struct at_boot_view *at_boot; /* d.n_at_boot of them */
	struct fault_view *faults; /* d.n_faults of them */
	struct initramfs_view *images;
	size_t n_images, images_cap;
	struct error journal_error;
	char *interrupted; /* ids */
	struct strv trial_log;
	char *trial_source;
	struct diagnosis d;
};

/* Those on the command line (an address that is not there is an error), else display and
 * network controllers. */
int doctor_read_devices(struct doctor *doc, struct error *e);

/* What is bound at every boot, of doctor_read_devices(). */
void doctor_read_at_boot(struct doctor *doc, const struct bind_world *w);
void doctor_forget_at_boot(struct doctor *doc);

/* What else binds devices at boot, of doctor_read_devices(). */
void doctor_read_old(struct doctor *doc, const struct bind_world *w);
void doctor_forget_old(struct doctor *doc);

/* What virtual machines are defined to have, of doctor_read_devices(). */
void doctor_read_vms(struct doctor *doc, const struct bind_world *w);

/* Who may open the devices that VFIO has, of doctor_read_devices(). */
void doctor_read_nodes(struct doctor *doc);
void doctor_forget_nodes(struct doctor *doc);

/* How far a trial boot has come. */
void doctor_read_trial(struct doctor *doc);

#endif
