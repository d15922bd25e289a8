/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev's hardware database holds the list of pci.ids as a tree in a mapped file: a
 * look-up reads a few pages of it, where libpci reads 1.3 MB of text before the first
 * name. libpci is asked for what is not there, and reads its list then. Where both have a
 * name, the database's is taken, however many devices are listed: so the name of a device
 * is always the same.
 */
#include "probe/pci_names.h"

#include <libudev.h>
#include <search.h>
#include <setjmp.h>

#include <pci/pci.h>

struct pci_names {
	struct udev_hwdb *hwdb; /* NULL: this machine has none */
	struct pci_access *access; /* NULL until the first name that the hwdb lacks */
	void *known; /* tree of struct name, tsearch(3) */
};

/* A name that was looked up. flags: what libpci calls the kind of name. */
struct name {
	int flags;
	unsigned a, b;
	char *text;
};

static int compare_names(const void *x, const void *y)
{
	const struct name *m = x, *n = y;

	if (m->flags != n->flags)
		return m->flags < n->flags ? -1 : 1;
	if (m->a != n->a)
		return m->a < n->a ? -1 : 1;
	return m->b < n->b ? -1 : m->b > n->b;
}

/* ---- udev's hwdb ------------------------------------------------------------------- */

/* The keys and how they are asked for: systemd hwdb.d/20-pci-vendor-model.hwdb and
 * 20-pci-classes.hwdb; pciutils lib/names-hwdb.c asks for the same. NULL: not there. */
static const char *hwdb_name(struct udev_hwdb *hwdb, const struct name *n)
{
	const char *key = "ID_MODEL_FROM_DATABASE";
	struct udev_list_entry *entry;
	char alias[64];

	if (n->flags == PCI_LOOKUP_CLASS) {
		key = "ID_PCI_SUBCLASS_FROM_DATABASE";
		snprintf(alias, sizeof(alias), "pci:v*d*sv*sd*bc%02Xsc%02X*", n->a >> 8,
			 n->a & 0xff);
	} else if (n->flags == PCI_LOOKUP_VENDOR) {
		key = "ID_VENDOR_FROM_DATABASE";
		snprintf(alias, sizeof(alias), "pci:v%08X*", n->a);
	} else {
		snprintf(alias, sizeof(alias), "pci:v%08Xd%08X*", n->a, n->b);
	}
	entry = udev_hwdb_get_properties_list_entry(hwdb, alias, 0);
	entry = udev_list_entry_get_by_name(entry, key);
	return entry ? udev_list_entry_get_value(entry) : NULL;
}

/* ---- libpci ------------------------------------------------------------------------ */

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

static struct pci_access *open_list(void)
{
	struct pci_access *access = pci_alloc();

	access->error = on_error;
	access->warning = be_quiet;
	access->debug = be_quiet;
	/* Neither libpci's DNS cache in the user's home, nor the hwdb a second time. */
	access->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
	load_list(access);
	return access;
}

/* buf is returned. */
static const char *list_name(struct pci_names *names, const struct name *n, char *buf,
			     int size)
{
	if (!names->access)
		names->access = open_list();
	return pci_lookup_name(names->access, buf, size, n->flags, (int)n->a, (int)n->b);
}

/* ---- both -------------------------------------------------------------------------- */

struct pci_names *pci_names_open(void)
{
	struct pci_names *n = xcalloc(1, sizeof(*n));

	n->hwdb = udev_hwdb_new(NULL);
	return n;
}

static void name_free(void *p)
{
	struct name *n = p;

	free(n->text);
	free(n);
}

void pci_names_close(struct pci_names **n)
{
	if (!*n)
		return;
	tdestroy((*n)->known, name_free);
	udev_hwdb_unref((*n)->hwdb);
	if ((*n)->access)
		pci_cleanup((*n)->access);
	free(*n);
	*n = NULL;
}

static const char *look_up(struct pci_names *names, struct name key)
{
	struct name *const *found = tfind(&key, &names->known, compare_names);
	const char *text = NULL;
	struct name *n;
	char buf[256];

	if (found)
		return (*found)->text;
	if (names->hwdb)
		text = hwdb_name(names->hwdb, &key);
	if (!text)
		text = list_name(names, &key, buf, sizeof(buf));
	n = xmalloc(sizeof(*n));
	*n = key;
	n->text = xstrdup(text);
	if (!tsearch(n, &names->known, compare_names))
		abort(); /* no memory */
	return n->text;
}

const char *pci_names_class(struct pci_names *n, unsigned class_code)
{
	return look_up(n, (struct name){ PCI_LOOKUP_CLASS, class_code, 0, NULL });
}

const char *pci_names_vendor(struct pci_names *n, unsigned vendor)
{
	return look_up(n, (struct name){ PCI_LOOKUP_VENDOR, vendor, 0, NULL });
}

const char *pci_names_device(struct pci_names *n, unsigned vendor, unsigned device)
{
	return look_up(n, (struct name){ PCI_LOOKUP_DEVICE, vendor, device, NULL });
}
