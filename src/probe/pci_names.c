/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/pci_names.h"

#include <setjmp.h>

#include <pci/pci.h>

struct pci_names {
	struct pci_access *access;
};

/*
 * libpci reports a malformed pci.ids through a callback that must not return (pciutils,
 * lib/pci.h) and that gets no pointer of ours. What was read up to the bad line stays
 * usable (lib/names-parse.c closes its file before it reports).
 */
static jmp_buf load_failed;
static bool loading;

__attribute__((noreturn, format(printf, 1, 2))) static void on_error(char *msg, ...)
{
	if (loading)
		longjmp(load_failed, 1);
	/* Only "out of memory" is left: allocation failure ends the program. */
	fprintf(stderr, "slicer: libpci: %s\n", msg);
	exit(4);
}

__attribute__((format(printf, 1, 2))) static void be_quiet(char *msg, ...)
{
	(void)msg;
}

static void load_list(struct pci_access *access)
{
	loading = true;
	if (setjmp(load_failed) == 0)
		pci_load_name_list(access);
	loading = false;
}

struct pci_names *pci_names_open(void)
{
	struct pci_names *n = xcalloc(1, sizeof(*n));

	n->access = pci_alloc();
	n->access->error = on_error;
	n->access->warning = be_quiet;
	n->access->debug = be_quiet;
	/* The default asks libpci's DNS cache in the user's home; udev's hwdb holds the
	 * same list again and costs an mmap of 10 MB. */
	n->access->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
	load_list(n->access);
	return n;
}

void pci_names_close(struct pci_names **n)
{
	if (!*n)
		return;
	pci_cleanup((*n)->access);
	free(*n);
	*n = NULL;
}

char *pci_names_class(struct pci_names *n, unsigned class_code)
{
	char buf[256];

	return xstrdup(pci_lookup_name(n->access, buf, sizeof(buf), PCI_LOOKUP_CLASS,
				       (int)class_code));
}

char *pci_names_vendor(struct pci_names *n, unsigned vendor)
{
	char buf[256];

	return xstrdup(pci_lookup_name(n->access, buf, sizeof(buf), PCI_LOOKUP_VENDOR,
				       (int)vendor));
}

char *pci_names_device(struct pci_names *n, unsigned vendor, unsigned device)
{
	char buf[256];

	return xstrdup(pci_lookup_name(n->access, buf, sizeof(buf), PCI_LOOKUP_DEVICE,
				       (int)vendor, (int)device));
}
