/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel log records and what the IOMMU lines among them mean.
 * Record format: linux Documentation/ABI/testing/dev-kmsg ("prio,seq,usec,flags;text\n",
 * continuation lines start with a blank, \xNN escapes). Also takes lines as dmesg(1) and
 * /var/log/dmesg have them ("[    0.123456] text", "<6>[ ..."), as journalctl -k prints
 * them ("Nov 22 07:30:01 host kernel: text"), and as rsyslog writes them, with the
 * kernel's own time after the name ("Nov 22 07:30:01 host kernel: [    0.123456] text").
 */
#ifndef SLICER_TEXT_KMSG_H
#define SLICER_TEXT_KMSG_H

#include "base/error.h"
#include "text/pciaddr.h"

struct kmsg_record {
	unsigned level; /* 0-7, 6 if the form does not say */
	uint64_t usec; /* since boot, 0 if the form does not say */
	bool has_usec; /* the form said it */
	uint64_t sequence; /* 0 for the first record of a boot; see has_sequence */
	bool has_sequence; /* only the raw form of /dev/kmsg has one */
	const char *text; /* the first line, points into the record given */
	size_t len;
};

/* Returns false for what is no record (empty, continuation). */
bool kmsg_parse(const char *record, size_t len, struct kmsg_record *ret);

enum kmsg_meaning {
	KMSG_INFO, /* belongs to the IOMMU or VFIO, proves nothing */
	KMSG_ACTIVE, /* evidence that DMA remapping came up */
	KMSG_IRQ_ON, /* interrupt remapping is on */
	KMSG_IRQ_OFF, /* ... is not */
	KMSG_HARMLESS, /* looks bad, is not: explain says why */
	KMSG_ERROR, /* explain says what it means and what to do */
	KMSG_WARNING, /* as an error, but it does not keep the IOMMU from working */
	KMSG_FAULT, /* a DMA fault of a device at run time */
	KMSG_DEAD, /* the device named in the line does not answer any more */
	KMSG_UNKNOWN_PARAM, /* "Unknown kernel command line parameters ..." */
	KMSG_DOMAIN, /* "Default domain type: ..." */
};
struct kmsg_rule {
	const char *id; /* short, stable: "dmar-broken-bios" */
	const char *pattern; /* glob (text/glob.h) over the whole line */
	enum kmsg_meaning meaning;
	const char *explain; /* for a person; may be NULL for KMSG_INFO */
};
/* The first rule that matches the line, most specific first; NULL if the line has nothing
 * to do with an IOMMU or VFIO. The strings are static. */
const struct kmsg_rule *kmsg_classify(const char *text, size_t len);
/* As kmsg_classify(), for a record: a line that only a catch-all rule knows and that the
 * kernel logged as an error (level 3 or lower) is a KMSG_WARNING. */
const struct kmsg_rule *kmsg_judge(const struct kmsg_record *r);
/* Is this the first record that a kernel logs, as far as its form tells? Sequence number
 * 0; else the kernel's version or (linux arch/x86/kernel/cpu/microcode, up to 6.6) an
 * early microcode update at time 0. */
bool kmsg_is_first(const struct kmsg_record *r);
/* The PCI function that a line is about: the one that a fault names ("Request device
 * [01:00.0]", "device=01:00.0"), else the one that its prefix names
 * ("vfio-pci 0000:01:00.0: "). False if it names none. */
bool kmsg_device(const char *text, size_t len, struct pci_address *ret);

/* The rules themselves, most specific first. */
extern const struct kmsg_rule kmsg_rules[];
extern const size_t kmsg_n_rules;

#endif
