/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-boot, in parts: systemd_boot.c asks whether it is here, systemd_boot_load.c
 * reads the entries, systemd_boot_order.c finds the default one, systemd_boot_cmdline.c
 * reads what kernel-install gives to new ones, systemd_boot_plan.c makes the steps,
 * systemd_boot_kind.c tells what an entry starts, systemd_boot_esp.c asks whether it is
 * all on the right partition, systemd_boot_trial.c deals with the entry for one trial
 * boot.
 *
 * An entry is either written by a person, and then edited where it stands, or made by
 * kernel-install(8), which writes it again from /etc/kernel/cmdline at every change of
 * the kernel or its initramfs: then that file is edited, and kernel-install run. One host
 * can have both.
 */
#ifndef SLICER_BOOTLOADERS_SYSTEMD_BOOT_H
#define SLICER_BOOTLOADERS_SYSTEMD_BOOT_H

#include "bootloaders/bootloader.h"
#include "text/bls.h"

#define SDBOOT_CMDLINE "/etc/kernel/cmdline"
#define SDBOOT_USR_CMDLINE "/usr/lib/kernel/cmdline"

/* A type #1 entry; boot_config.v[i] is made from sdboot.v[i]. */
struct sdboot_entry {
	char *path; /* "/boot/efi/loader/entries/arch.conf" */
	char *id; /* "arch.conf" */
	struct bls bls;
	bool is_counted; /* the name has a boot counter: "+3-1" */
	bool is_bad; /* its counter is used up: started only when nothing else is left */
	/* Made by kernel-install: argv that makes it again. Empty: written by hand */
	struct strv regenerate;
	char *trouble; /* why regenerating it would break it; NULL: it won't */
};

/* Where the parameters of entries to be made come from. */
enum sdboot_source {
	SDBOOT_NONE,
	SDBOOT_ETC, /* SDBOOT_CMDLINE */
	SDBOOT_USR, /* SDBOOT_USR_CMDLINE */
	SDBOOT_RUNNING, /* the running kernel's command line, filtered */
	SDBOOT_ENTRY, /* nothing runs (a mounted disk): the default entry's options */
};

struct sdboot {
	struct sdboot_entry *v;
	size_t n, cap;
	bool has_managed; /* an entry of kernel-install's */
	size_t reference; /* one of those: the default entry if it is; n without */
	enum sdboot_source source; /* SDBOOT_NONE without has_managed */
	struct str text; /* SDBOOT_ETC, SDBOOT_USR: the file */
	struct strv params; /* what kernel-install gives to entries now */
	char *conf; /* the ESP's loader.conf; NULL without an ESP */
	bool conf_exists;
	struct str conf_text;
	char *default_variable; /* LoaderEntryDefault, which loader.conf can't overrule */
	char *preferred; /* LoaderEntryPreferred, or loader.conf's; NULL: none */
	char *next; /* LoaderEntryOneShot, where it is none of a trial; NULL: none */
	struct error refusal; /* why nothing must be changed; code NONE: it may */
	struct strv patterns; /* of the default entry, the first that matches counts */
	bool has_images; /* unified kernel images stand in the menu, too */
	size_t chosen; /* the default entry; n unknown */
	/* Entries of the menu that start no kernel with a command line of theirs: other
	 * programs, images. None of v */
	struct sdboot_entry *others;
	size_t n_others, others_cap;
	/* Entries that slicer made for a trial boot, none of v */
	struct sdboot_entry *trials;
	size_t n_trials, trials_cap;
	/* The one-shot names the beginning of a trial's entry only: a program that failed
	 * wrote it, and the loader starts nothing by it. */
	bool one_shot_is_cut;
	struct error trial_refusal; /* why there can be no trial; code NONE: there can */
};
void sdboot_entry_done(struct sdboot_entry *entry);

/* systemd_boot_load.c */
int sdboot_load(const struct host *h, const struct facts *f, struct boot_config *ret,
		struct error *e);

/* systemd_boot_order.c: what decides on the default entry. */
void sdboot_load_patterns(const struct facts *f, struct sdboot *s);
/* The entry that is started next (a trial aside: it is that once). n if it can't be told.
 */
size_t sdboot_default(const struct sdboot *s);
/* Sets a refusal if it is an image. */
void sdboot_check_default(struct sdboot *s);
/* Marks the default entry; one of another system gives a note instead: which of this
 * system's is started is not known then. */
void sdboot_mark_default(const struct sdboot *s, struct boot_config *c);
/* Notes why there is no default entry, where it is one of the others. */
void sdboot_note_default(const struct sdboot *s, struct boot_config *c);

/* systemd_boot_kind.c: the kernel that the entry starts, NULL if it is none of Linux with
 * a command line in the file. Points into bls. */
const char *sdboot_kernel(const struct bls *bls);
/* The unified kernel image that it starts, NULL if none. */
const char *sdboot_image(const struct bls *bls);
/* Does the loader show it on this machine? */
bool sdboot_is_of_this_arch(const struct bls *bls);
/* What is known of where this host's root is, as root= would say it, appended to ret.
 * Nothing where no entry of the menu would start it. */
void sdboot_host_roots(const struct host *h, const struct facts *f, struct strv *ret);
/* Is root=spec certainly none of these? */
bool sdboot_is_other_root(const struct strv *roots, const char *spec);
/* Sets a refusal where another program writes this entry. */
void sdboot_check_owner(struct sdboot *s, const struct sdboot_entry *entry);
/* Marks fallback entries as recovery ones: the same kernel as a normal one with another
 * initramfs, not the default. They are the way back, and stay as they are. */
void sdboot_keep_fallbacks(struct sdboot *s, struct boot_config *c);

/* systemd_boot_esp.c: is the ESP that is mounted the one that the loader was started
 * from, and (managed) the one that kernel-install writes to? If not: elsewhere, and a
 * note. */
void sdboot_check_esp(const struct facts *f, bool managed, struct boot_config *ret);

/* systemd_boot_cmdline.c: fills source, text and params. preferred: the default entry's
 * index, n if unknown. */
void sdboot_load_cmdline(const struct host *h, const struct facts *f, struct sdboot *s,
			 struct boot_config *c, size_t preferred);
/* The parameters of a kernel/cmdline file: comment lines left out, as kernel-install of
 * systemd 253 and later does. */
void sdboot_cmdline_params(const struct str *text, struct strv *ret);

/* systemd_boot_shelter.c: an entry of slicer's own is no entry of the menu. */
#define SDBOOT_SHELTER "slicer-shelter.conf"
/* What is to be read for sdboot_shelter(). */
void sdboot_load_shelter(const struct host *h, const struct facts *f, struct sdboot *s);
/* Fills *ret for a plan whose programs rewrite entries or what they start. Error: there
 * is no entry to copy. */
int sdboot_shelter(const struct boot_config *c, struct shelter *ret, struct error *e);

/* systemd_boot_trial.c: is this the id, and the file, of a trial's entry? */
bool sdboot_is_trial(const char *id);
void sdboot_add_trial(const struct host *h, const char *dir, const char *file,
		      struct sdboot *s);
/* What was read of it, and whether there can be one. Comes last of load. */
void sdboot_load_trial(const struct host *h, const struct facts *f,
		       struct boot_config *ret);
int sdboot_plan_trial(const struct boot_config *c, const struct edit *ed, const char *id,
		      struct plan *ret, struct error *e);
int sdboot_plan_trial_end(const struct boot_config *c, struct plan *ret, struct error *e);

/* systemd_boot_plan.c */
int sdboot_plan(const struct boot_config *c, const struct edit *ed, struct plan *ret,
		struct error *e);

#endif
