/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel log records and what the IOMMU lines among them mean.
 * Record format: linux Documentation/ABI/testing/dev-kmsg ("prio,seq,usec,flags;text\n",
 * continuation lines start with a blank, \xNN escapes). Also takes lines as dmesg(1) and
 * /var/log/dmesg have them ("[    0.123456] text", "<6>[ ..."), and as journalctl -k
 * prints them ("Nov 22 07:30:01 host kernel: text").
 */
#ifndef SLICER_TEXT_KMSG_H
#define SLICER_TEXT_KMSG_H

#include "base/error.h"

struct kmsg_record {
	unsigned level; /* 0-7, 6 if the form does not say */
	uint64_t usec; /* since boot, 0 if the form does not say */
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
	KMSG_FAULT, /* a DMA fault of a device at run time */
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

/* The rules themselves, most specific first. */
extern const struct kmsg_rule kmsg_rules[];
extern const size_t kmsg_n_rules;

#endif
