/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of /etc/slicer/devices.d: one device that is bound at every boot. Lines of
 * KEY=VALUE, comments that begin with '#', and blank lines; a person may write one, too.
 * address, id and subsystem have to be there, the other keys may be left out.
 */
#ifndef SLICER_TEXT_BINDFILE_H
#define SLICER_TEXT_BINDFILE_H

#include "text/pciaddr.h"

struct bindfile {
	struct pci_address address; /* where the device was when the file was written */
	struct pci_id id, subsystem; /* its vendor and device, its subsystem's */
	/* The root bus, then device and function of each bridge on the way and of the
	 * device itself: "0000:00/01.1/00.0". Bus numbers are left out: they change when
	 * a card is added. Owned; NULL: it was not noted. */
	char *ports;
	char *serial; /* sysfs' serial_number. Owned; NULL: the device showed none */
	/* The host had another device with the same ids and function number: without a
	 * serial number the two can only be told apart by where they are. */
	bool has_twins;
	/* The driver to bind to. Owned; NULL: the best that VFIO has for the device */
	char *driver;
	char *original; /* the driver that it had before. Owned; NULL: none */
	bool early; /* the initramfs binds it, before a native driver is loaded */
	bool force; /* a person said --force: what the host needs does not keep it back */
};

void bindfile_done(struct bindfile *b);
/*
 * Parses a whole file. Error: usage, with the number of the line, for an unknown key, a
 * key that stands twice, a value that can't be used, or a key that is missing (line 0).
 * *ret is set only on success, and is then the caller's: bindfile_done().
 */
int bindfile_parse(const char *text, size_t len, struct bindfile *ret, struct error *e);
/* Appends the file's text; bindfile_parse() gives the same again. */
void bindfile_print(const struct bindfile *b, struct str *ret);
/* Can text be the name of a driver? It becomes a part of sysfs paths and an argument of
 * modprobe. Few have blanks in it: "budget_ci dvb" (linux
 * drivers/staging/media/av7110/budget-ci.c). */
bool bindfile_is_driver(const char *text);
/* Can text be the value of ports, or of serial? */
bool bindfile_is_ports(const char *text);
bool bindfile_is_serial(const char *text);

#endif
