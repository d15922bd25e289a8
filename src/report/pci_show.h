/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci show: all that is known of one device, on one page. */
#ifndef SLICER_REPORT_PCI_SHOW_H
#define SLICER_REPORT_PCI_SHOW_H

#include "devices/handover.h"
#include "devices/isolation.h"
#include "probe/old_setup.h"
#include "probe/pci_detail.h"
#include "probe/vm_conflicts.h"
#include "report/report.h"

/* Everything is borrowed. */
struct pci_page {
	const struct pci_device *d;
	const struct bind_world *world; /* with all devices */
	const struct pci_topology *topology;
	const struct pci_detail *detail;
	const struct persisted_list *persisted;
	const struct strv *warnings; /* what is told beside it; for JSON */
	const struct group_reasons *why;
	const struct handover *handover;
	const struct old_setup *old; /* what else binds devices at boot */
	const struct vm_definitions *vms;
	const struct vm_conflicts *vm_conflicts;
	const char *root; /* as in report/advice.h */
	bool is_root; /* slicer runs as root: it saw what there is */
};
int report_pci_show_text(const struct output *o, const struct pci_page *p,
			 struct error *e);
/* Schema slicer.device/1. */
int report_pci_show_json(const struct output *o, const struct pci_page *p,
			 struct error *e);

/* ---- what the files of the text share (pci_show.c, pci_show_hardware.c,
 * pci_show_group.c) */

/* A line behind a label; an empty label is for a line more. Text from the device is made
 * printable. */
void page_row(const struct output *o, const char *label, const char *fmt, ...)
	PRINTF(3, 4);
void page_hardware(const struct output *o, const struct pci_page *p);
void page_group(const struct output *o, const struct pci_page *p);
void page_commands(const struct output *o, const struct pci_page *p);
/* "256 MiB": owned by the caller. */
char *size_text(uint64_t bytes);
/* Is it so large that a guest needs room above 4 GiB for it? */
bool bar_is_large(const struct pci_bar *b);

#endif
