/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of /etc/slicer/devices.d: one device that is bound at every boot. Lines of
 * KEY=VALUE, comments with '#', blank lines; a person may write one, too. The address and
 * the four ids are needed, the rest is not.
 */
#ifndef SLICER_TEXT_BINDFILE_H
#define SLICER_TEXT_BINDFILE_H

#include "text/pciaddr.h"

struct bindfile {
	struct pci_address address; /* where the device was */
	struct pci_id id, subsystem; /* what it is */
	/* The ports that lead to it, without bus numbers, which change when a card is
	 * added: "0000:00/01.1/00.0". NULL: not noted */
	char *ports;
	char *serial; /* sysfs' serial_number; NULL: it has none */
	char *driver; /* to bind to; NULL: vfio-pci */
	char *original; /* the driver it had; NULL: none */
	bool force; /* a person said --force */
};

void bindfile_done(struct bindfile *b);
/*
 * Error: usage, with the line: an unknown key, one that stands twice, a value that is
 * none, a key that is missing. *ret is valid only on success.
 */
int bindfile_parse(const char *text, size_t len, struct bindfile *ret, struct error *e);
/* Appends the file's text; bindfile_parse() gives the same again. */
void bindfile_print(const struct bindfile *b, struct str *ret);
/* Can text be the name of a driver? It becomes a part of paths and an argument of
 * modprobe. */
bool bindfile_is_driver(const char *text);

#endif
