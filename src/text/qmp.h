/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU says on its control socket: one JSON object a line. Sources: QEMU
 * docs/interop/qmp-spec.rst (greeting, return, error, event), qapi/pci.json (query-pci),
 * qapi/misc.json and qapi/accelerator.json (query-kvm).
 */
#ifndef SLICER_TEXT_QMP_H
#define SLICER_TEXT_QMP_H

#include "base/error.h"
#include "base/str.h"

enum qmp_kind { QMP_GREETING, QMP_RETURN, QMP_ERROR, QMP_EVENT };

/* A base address register of a device as the guest has it. */
struct qmp_bar {
	unsigned number; /* 0 to 5; 6 is the expansion ROM */
	bool is_io; /* ports; else memory */
	uint64_t size; /* bytes */
	bool is_mapped; /* the guest's firmware gave it an address, and that is in use */
	uint64_t address;
};
#define QMP_MAX_BARS 7
struct qmp_device {
	char *id; /* as the command line named it; "" for QEMU's own devices */
	unsigned vendor, device;
	struct qmp_bar bars[QMP_MAX_BARS];
	size_t n_bars;
};
struct qmp_message {
	enum qmp_kind kind;
	/* Of a greeting, QEMU's version as "7.2.22"; of an error, its description; of an
	 * event, its name; else NULL. Written by another program: not for printing as it
	 * is. */
	char *text;
	bool kvm; /* of a return: query-kvm's "enabled" */
	/* Of a return of query-pci: every device, those behind bridges, too. */
	struct qmp_device *devices;
	size_t n, cap;
};
void qmp_message_done(struct qmp_message *m);

/* Reads one line. Of a list of devices, what is malformed is left out. Error: -EINVAL for
 * what is no message of the protocol. */
int qmp_parse(const char *line, size_t len, struct qmp_message *ret, struct error *e);

#endif
