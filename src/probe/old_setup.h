/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gives PCI devices to VFIO at boot on this host and was not set up by "pci bind
 * --persist": vfio-pci.ids= on the kernel command line, the options of vfio-pci and what
 * goes with them in modprobe.d, driverctl's files, rules of udev, and scripts. Each
 * statement is found with its file and line, and the devices that it takes.
 */
#ifndef SLICER_PROBE_OLD_SETUP_H
#define SLICER_PROBE_OLD_SETUP_H

#include "probe/pci.h"
#include "text/joined.h"

enum old_kind {
	OLD_IDS, /* vfio-pci's or pci-stub's parameter ids */
	OLD_HIDE, /* xen-pciback's parameter hide */
	OLD_DRIVERCTL,
	OLD_UDEV, /* a rule that sets driver_override */
	OLD_ALIAS, /* modprobe loads vfio-pci for the device */
	OLD_SOFTDEP, /* vfio-pci is loaded before the device's driver */
	OLD_BLACKLIST, /* of the driver of a device that another statement takes */
	OLD_PROGRAM, /* a script or command that may bind devices: which is not known */
	OLD_STRAY, /* ids that stand where nothing reads them; why_idle is always set */
};

/* Where a statement stands. */
enum old_source {
	OLD_IN_MODPROBE, /* modprobe.d */
	OLD_IN_MODULES, /* a list of modules with their parameters */
	OLD_IN_UNREAD, /* a file that was meant for modprobe, which does not read it */
	OLD_IN_CMDLINE, /* the command line that the next boot gets */
	OLD_IN_RUNNING, /* the one that this boot got, and the next does not get */
	OLD_IN_DRIVERCTL,
	OLD_IN_RULES,
	OLD_IN_PROGRAM,
	OLD_IN_GENERATOR, /* the configuration of an initramfs generator */
};
struct old_file {
	enum old_source source;
	char *path; /* NULL: the command line of the next boot */
	struct str text;
};

struct old_statement {
	enum old_kind kind;
	enum old_source source;
	size_t file; /* index into old_setup.files */
	char *path; /* for a person: a file; or what the command line is called */
	unsigned line; /* 0: of no certain line */
	size_t start, end; /* all of its line, and the newline, in the file's text */
	char *text; /* the line, or the parameter; printable, and cut if it is long */
	/* The driver that gets the devices ("vfio-pci"); of a softdep or blacklist, the
	 * module that it is about */
	char *driver;
	const struct pci_device **devices; /* that it takes, or names; borrowed */
	size_t n;
	/* What it names and no device here has, as written: ids (OLD_IDS), or the
	 * address of driverctl's file (OLD_DRIVERCTL) */
	struct strv idle;
	/* Why it does nothing: another statement has the last word, or the module can't
	 * be reached from there. NULL: it is in force */
	char *why_idle;
	bool is_unread; /* why_idle: the module does not read it there */
	/* Ids of vfio-pci without why_idle: they would count, but nothing was found that
	 * loads the module at boot. */
	bool is_unloaded;
	bool is_slicers; /* slicer wrote it */
	/* What it takes is certain, and taking just that out is possible. */
	bool can_edit;
};

struct old_setup {
	struct old_file *files; /* that have been looked into, in the order in which their
				   options count */
	size_t n_files, files_cap;
	struct old_statement *v;
	size_t n, cap;
};
void old_setup_done(struct old_setup *s);

/* What is asked about. All borrowed. */
struct old_query {
	const struct host *host;
	const struct pci_devices *all; /* with PCI_DETAILS, and PCI_MODULES if it may */
	const char *next_boot; /* the command line of the next boot; NULL: not known */
	const struct strv *sources; /* the files that it comes from; may be NULL */
	const char *running; /* /proc/cmdline; NULL: not known */
	bool is_builtin; /* vfio-pci is built into the kernel */
	bool is_module; /* vfio-pci is a module of the kernel; neither: not known */
	const struct strv *slicers; /* parameters that slicer set; may be NULL */
};
/* Reads the files that may have something to say. Those that can't be read count as
 * absent: which have the last word is modprobe's rule (probe/modprobe_files.h). */
void old_setup_read(const struct old_query *q, struct old_setup *ret);
/* Finds the statements in what was read. Anew: those found before are forgotten. */
void old_setup_find(const struct old_query *q, struct old_setup *s);
/* Both. */
void old_setup_load(const struct old_query *q, struct old_setup *ret);

bool old_statement_takes(const struct old_statement *s, const struct pci_device *d);
/* Does it give devices to VFIO, or to a driver that keeps them for guests, at the next
 * boot? Not what only goes along with others (softdep, blacklist), a program, or
 * driverctl's word for another driver. */
bool old_statement_gives(const struct old_statement *s);
/* "FILE:LINE", owned by the caller. */
char *old_statement_place(const struct old_statement *s);
/* What it does about a device, for a person: "modprobe.d gives it to vfio-pci
 * (/etc/modprobe.d/vfio.conf:3)". Owned by the caller. */
char *old_statement_tell(const struct old_statement *s);

/* ---- what the files of old_setup share */

/* Scripts are short, and slicer only looks for words in them. */
#define OLD_PROGRAM_MAX (256u << 10)

/* The drivers that keep devices for guests, and the parameters that name these. */
#define OLD_TAKERS 3
extern const struct old_taker {
	const char *driver, *parameter, *full;
	enum old_kind kind;
} old_takers[OLD_TAKERS];
/* Adds what such a parameter with this value takes; text is what is shown. */
struct old_statement *old_add_taker(const struct old_query *q, struct old_setup *s,
				    size_t file, size_t taker, const char *text,
				    size_t len, const char *value, size_t value_len);
struct old_statement *old_setup_add(struct old_setup *s, enum old_kind kind, size_t file,
				    const char *text, size_t len);
/* Notes where the statement stands. Returns st. */
struct old_statement *old_at_line(struct old_statement *st, const struct joined_line *l);
/* Is vfio-pci named, with a dash or an underscore? */
bool old_names_vfio(const char *text);
void old_statement_take(struct old_statement *s, const struct pci_device *d);
void old_statement_done(struct old_statement *s);
void old_find_cmdline(const struct old_query *q, struct old_setup *s, size_t file);
void old_find_modprobe(const struct old_query *q, struct old_setup *s, size_t file);
void old_find_unread(const struct old_query *q, struct old_setup *s, size_t file);
void old_find_modules(const struct old_query *q, struct old_setup *s, size_t file);
void old_find_rules(const struct old_query *q, struct old_setup *s, size_t file);
void old_find_program(const struct old_query *q, struct old_setup *s, size_t file);
/* Does the word stand in the text, in any case, and not as a part of a longer number? */
bool old_has_word(const char *text, const char *word);
/* Adds a statement of ids that nothing reads, and why: those devices whose vendor and
 * device stand in the text, and that statement "but" does not take (an index; SIZE_MAX:
 * none). False: there are none. */
bool old_add_stray(const struct old_query *q, struct old_setup *s, size_t file,
		   const char *text, size_t len, size_t but, const char *why);
/* The same of a line, if "vfio" stands in it, up to a comment. */
void old_add_stray_line(const struct old_query *q, struct old_setup *s, size_t file,
			const struct joined_line *l, size_t but, const char *why);
/* The same of a word of the kernel command line that is no parameter of a module which
 * takes devices. */
bool old_add_stray_param(const struct old_query *q, struct old_setup *s, size_t file,
			 const char *param);
/* Does what reads that list of modules give a module the rest of its line? */
bool old_gets_params(const struct host *h, const char *path);
/* The program that would read a file of an initramfs generator, if it is not there; NULL:
 * it is, or the file is none of theirs. */
const char *old_missing_reader(const struct host *h, const char *path);
/* Marks the statements whose driver nothing loads at boot. */
void old_find_unloaded(const struct old_query *q, struct old_setup *s);
/* Appends to ret the devices whose addresses stand in the text. */
void old_find_addresses(const struct pci_devices *all, const char *text,
			struct old_statement *ret);

#endif
