/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot loader is three questions, none of which writes. See
 * docs/adding-a-bootloader.md.
 */
#ifndef SLICER_BOOTLOADERS_BOOTLOADER_H
#define SLICER_BOOTLOADERS_BOOTLOADER_H

#include "probe/facts.h"
#include "steps/steps.h"
#include "text/cmdline.h"

enum boot_match {
	BOOT_NO,
	BOOT_INSTALLED, /* it is here; nothing says that it booted this machine */
	BOOT_BOOTED, /* it booted this machine: evidence says what tells */
};

struct boot_entry {
	char *id; /* "gnulinux-simple-...", "debian-6.1.0-18-amd64.conf" */
	char *title;
	char *kernel; /* path as the host's files have it ("/boot/vmlinuz-..."), NULL
			 unknown */
	char *version; /* kernel release, NULL unknown */
	struct strv initrds; /* paths as the host's files have them */
	char *options; /* the next-boot command line, as the loader will pass it */
	size_t added; /* bytes that the loader itself puts in front of that: BOOT_IMAGE=,
			 initrd= */
	char *source; /* the file it stands in */
	unsigned line;
	bool is_default;
	bool is_recovery; /* rescue entries: not expected to carry the parameters */
	/* Neither this system's generator nor plan() reaches it (40_custom, another
	 * system's): shown, not expected to carry the parameters. */
	bool is_foreign;
	/* A way back written by hand, which switches off what is wanted: it stays as it
	 * is. No loader sets this: keep_entries() of src/policy does. */
	bool is_kept;
	/* The generator makes it, from configured; else it is edited itself. */
	bool is_generated;
};

void boot_entry_done(struct boot_entry *entry);

struct bootloader;

/* A host's boot menu, and what plan() needs to change it (priv): all contents already
 * read. */
struct boot_config {
	const struct bootloader *loader;
	/* The command line that normal entries get when generated anew: NULL if it can't
	 * be proven (configured_error says why, with the line) or if there is none. */
	char *configured;
	struct error configured_error;
	struct strv configured_sources; /* the files it comes from, in order */
	/* configured is NULL, but plan() can still add parameters after whatever value
	 * the loader's tools compute. Only on a live host: its shell has to be asked */
	bool can_append;
	char *appended; /* what slicer's own assignment there adds now; NULL: nothing */
	/* Running the generator makes entries from configured (false: entries are edited
	 * themselves) */
	bool has_generator;
	char *generate_command; /* "update-grub", for advice; NULL without */
	bool copies_kernels; /* the generator copies kernel and initramfs to where the
				entries name them */
	/* Why what slicer would write is not what the loader reads, where that is known:
	 * setup-iommu refuses unless forced. Code NONE: nothing says so */
	struct error elsewhere;
	struct boot_entry *v;
	size_t n, cap;
	/* slicer's entry for one trial boot, none of v: NULL if there is none */
	struct boot_entry *trial;
	bool trial_pending; /* the loader starts it next, once */
	/* The file that the loader keeps that in, and what others keep in it, a line
	 * each; NULL: there is no such file */
	const char *one_shot_path;
	char *one_shot_others;
	bool one_shot_gone; /* there is none, certainly */
	/* It is damaged; NONE: it is not */
	struct error one_shot_damage;
	/* There is a menu that can't be read (not root, junk); NONE: it was, or there is
	 * none */
	struct error menu_error;
	bool is_cut; /* the menu ends in the middle: the entries are not all */
	struct strv notes; /* what a person should know: "the ESP's grub.cfg reads another
			      filesystem" */
	void *priv;
	void (*priv_free)(void *priv);
};
void boot_config_done(struct boot_config *c);
struct boot_entry *boot_config_add(struct boot_config *c);
/* The entry started next unless somebody chooses, NULL if it can't be told. */
const struct boot_entry *boot_config_default(const struct boot_config *c);
/* Kernel releases that the menu can start with this system, recovery ones included, each
 * once, appended. */
void boot_config_versions(const struct boot_config *c, struct strv *ret);

/*
 * The parameter that the trial entry's kernel is known by. The kernel takes a word with a
 * dot for a parameter of a module to come: it says nothing about it and does not hand it
 * to init (linux init/main.c, unknown_bootoption()).
 */
#define BOOT_TRIAL_PARAM "slicer.trial"
/* The trial's id in a command line: owned by the caller, NULL if it is none of a trial.
 */
char *boot_trial_id(const char *options);
/* ed and the trial's parameter, as one edit. */
void boot_trial_edit(const struct edit *ed, const char *id, struct edit *ret);

struct boot_probe {
	enum boot_match match;
	struct strv evidence; /* "LoaderInfo: systemd-boot 252", "/proc/cmdline:
				 BOOT_IMAGE=..." */
};
void boot_probe_done(struct boot_probe *p);
void boot_probe_add(struct boot_probe *p, enum boot_match match, const char *fmt, ...)
	PRINTF(3, 4);

struct bootloader {
	const char *name; /* "grub", "systemd-boot": for --bootloader and JSON */
	const char *title; /* "GRUB" */
	/* Is it here, did it boot this machine? */
	int (*probe)(const struct host *h, const struct facts *f, struct boot_probe *ret,
		     struct error *e);
	int (*load)(const struct host *h, const struct facts *f, struct boot_config *ret,
		    struct error *e);
	/*
	 * Steps that make every normal entry, and every future kernel's, carry the edit.
	 * Refuses what it can't prove, with path and line. An edit that is there already
	 * gives no file step; when files are right but an entry is not, the generator
	 * alone.
	 */
	int (*plan)(const struct boot_config *c, const struct edit *ed, struct plan *ret,
		    struct error *e);
	/*
	 * What keeps the host bootable while the programs of a plan run: NULL where a
	 * power cut in the middle of them leaves what the loader needs whole anyway.
	 */
	int (*shelter)(const struct boot_config *c, struct shelter *ret, struct error *e);
	/*
	 * Steps that start a copy of the default entry, with ed and BOOT_TRIAL_PARAM=id,
	 * at the next boot and never again; the rest of the menu stays as it is. An entry
	 * of an earlier trial is replaced. Refused where the loader could not forget it
	 * by itself. The order of the steps counts: the entry first, then what starts it
	 * once.
	 */
	int (*trial)(const struct boot_config *c, const struct edit *ed, const char *id,
		     struct plan *ret, struct error *e);
	/* Steps that take the trial's entry away, and before it what would still start
	 * it. None where there is neither. */
	int (*trial_end)(const struct boot_config *c, struct plan *ret, struct error *e);
	/* Steps that make c's one_shot_path anew, which a program took away. NULL where
	 * there is none. */
	void (*one_shot_anew)(struct plan *ret);
};

extern const struct bootloader bootloader_grub, bootloader_systemd_boot;
/* NULL-terminated, most specific first. */
extern const struct bootloader *const bootloaders[];
const struct bootloader *bootloader_find(const char *name);

/*
 * Asks all of them. Exactly one booted, or exactly one installed: *ret and its probe.
 * Several that look active, or none: refused, naming each with its evidence, and
 * --bootloader as the way out. A loader that is recognised but not supported yet
 * (LoaderInfo of another, UKI, Limine, rEFInd, ...) is named in the refusal. name (may be
 * NULL) overrules, but not where there is no trace of that loader and one of another.
 */
int bootloader_choose(const struct host *h, const struct facts *f, const char *name,
		      const struct bootloader **ret, struct boot_probe *ret_probe,
		      struct error *e);

/*
 * The generic proof, after load(): for every normal entry: which of edit's results are
 * missing (an added parameter not there exactly once, a removed one still there). Appends
 * one line per shortfall to ret ("entry X lacks iommu=pt"); none: proven.
 */
void boot_config_verify(const struct boot_config *c, const struct edit *ed,
			struct strv *ret);

/*
 * A character that only looks like a plain one (text/lookalike.h) in what is configured
 * or in an entry that plan() is answerable for: -EINVAL with its file and line, and what
 * to write. 0: there is none.
 */
int boot_config_find_lookalike(const struct boot_config *c, struct error *e);
/* The same for one text, which begins in that line of the file (0: not known). */
int boot_refuse_lookalike(const char *text, const char *path, unsigned line,
			  struct error *e);

/* Parameters without what a loader or kernel-install adds by itself: initrd=,
 * BOOT_IMAGE=, systemd.machine_id=, and what the trial boot's entry has. Appends copies.
 */
void boot_filter(const struct strv *params, struct strv *ret);

/* ---- for the backends
 * ---------------------------------------------------------------------- */

/* Is it one that plan() is answerable for: neither recovery, foreign nor
 * kept? */
bool boot_entry_is_normal(const struct boot_entry *entry);
/* Do these options hold the configured parameters as one run, whatever stands around
 * them? Quotes don't count: GRUB takes them away and puts its own. */
bool boot_options_carry(const char *options, const struct strv *configured);
/* Does one of the parameters ask for a rescue system (single, emergency,
 * systemd.unit=rescue.target, init=, rd.break ...)? Returns it, pointing into params,
 * NULL if none. */
const char *boot_rescue_param(const struct strv *params);
/* "intel_iommu=off becomes intel_iommu=on, adds iommu=pt": owned by the caller. */
char *boot_edit_describe(const struct edit *ed);
/* The kernel release in a file name ("vmlinuz-6.1.0-18-amd64"), if it is one: owned by
 * the caller, NULL else. */
char *boot_kernel_version(const struct host *h, const struct facts *f,
			  const char *kernel);
/* Is there such a file or directory below /lib/modules or /usr/lib/modules? */
bool boot_kernel_is_installed(const struct host *h, const struct facts *f,
			      const char *version);

#endif
