/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB as Debian and Ubuntu have it, in parts: grub.c asks whether it is here,
 * grub_load.c reads its configuration, grub_menu.c its menu, grub_edit.c changes
 * assignments, grub_own.c deals with slicer's own last assignment, grub_proof.c has the
 * shell agree, grub_plan.c makes the steps, grub_trial.c deals with the entry for one
 * trial boot.
 *
 * grub-mkconfig is a shell script that sources /etc/default/grub and, with Debian's
 * patch, then /etc/default/grub.d/(*).cfg; 10_linux gives normal entries
 * "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT" and recovery ones the first alone
 * (util/grub-mkconfig.in, util/grub.d/10_linux.in of GRUB 2.06 to 2.14).
 */
#ifndef SLICER_BOOTLOADERS_GRUB_H
#define SLICER_BOOTLOADERS_GRUB_H

#include "bootloaders/bootloader.h"
#include "text/grubcfg.h"
#include "text/shell.h"

#define GRUB_MAIN "/etc/default/grub"
#define GRUB_DROPINS "/etc/default/grub.d"
/* slicer's own drop-in: this after as many "z" as make it the last one that counts. */
#define GRUB_OWN_NAME "-slicer-iommu.cfg"
#define GRUB_CFG "/boot/grub/grub.cfg"
#define GRUB_ENV "/boot/grub/grubenv"
#define GRUB_CUSTOM "/boot/grub/custom.cfg"
#define GRUB_TRIAL "slicer-trial" /* the trial entry's id */
#define GRUB_CFG_MAX (16 * HOST_MAX_CONFIG) /* many kernels, os-prober */

/* The one line of Debian's update-grub that counts. */
#define GRUB_HANDS_ON "exec grub-mkconfig -o " GRUB_CFG " \"$@\""

#define GRUB_LINUX "GRUB_CMDLINE_LINUX"
#define GRUB_DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT"

/* A file that grub-mkconfig sources. */
struct grub_file {
	char *path;
	bool exists;
	bool is_unread; /* it is there, but it, or one before it, can't be understood */
	struct shell_doc doc; /* its text too; empty if it doesn't exist */
};

/* All of them, in the order of sourcing. */
struct grub_files {
	struct grub_file *v;
	size_t n, cap;
	/* v[own] is slicer's own drop-in, which need not exist; SIZE_MAX where
	 * grub-mkconfig reads no drop-ins. */
	size_t own;
	/* What they read in: struct grub's list, which outlives this and its copies */
	const struct shell_includes *includes;
};
void grub_files_done(struct grub_files *files);
/* A copy, to be edited. What they read in is not copied. */
int grub_files_copy(const struct grub_files *files, struct grub_files *ret,
		    struct error *e);

/* What trial() and trial_end() know of it. */
struct grub_trial {
	struct str custom; /* GRUB_CUSTOM */
	bool has_custom, is_link;
	size_t begin, end; /* slicer's lines in it; the same: none */
	bool is_emptied; /* GRUB_ENV is there, and nothing is in it */
	struct error refusal; /* why there can be no trial; code NONE: there can */
	struct error trouble; /* why slicer's lines can't be told from others */
};

/* What plan() knows of a host. */
struct grub {
	struct grub_files files; /* [0] is GRUB_MAIN */
	struct shell_includes includes; /* what files read in */
	struct strv generator; /* argv */
	struct strv generator_aside; /* the same, writing beside GRUB_CFG; empty: it
					can't */
	bool menu_exists, menu_incomplete; /* grub.cfg; it was cut off */
	struct str menu; /* its text */
	struct grub_cfg cfg; /* what it says */
	size_t chosen; /* the default entry in cfg, SIZE_MAX unknown */
	struct grub_trial trial;
	struct error refusal; /* why the generator must not run now; code NONE: it may */
};

/* grub_menu.c: entries of GRUB_CFG. A file that can't be read becomes a note. The trial's
 * entry is not looked at as the next one: it is that once. */
int grub_load_menu(const struct host *h, const struct facts *f, struct boot_config *ret);
/* grub_stub.c: does the grub.cfg that GRUB's program reads on the ESP lead to GRUB_CFG?
 * If it certainly does not: elsewhere, and a note; a note alone where it can't be told
 * whether the program reads it. */
void grub_check_stub(const struct host *h, const struct facts *f,
		     struct boot_config *ret);

/* What from, with one of its kernels, means on this host. */
void grub_fill_entry(const struct host *h, const struct facts *f,
		     const struct grub_entry *from, const struct grub_linux *kernel,
		     struct boot_entry *ret);

/* grub_trial.c: the entry of a trial, and whether there can be one. Comes last of load.
 */
void grub_load_trial(const struct host *h, const struct facts *f,
		     struct boot_config *ret);
void grub_trial_done(struct grub_trial *t);
int grub_plan_trial(const struct boot_config *c, const struct edit *ed, const char *id,
		    struct plan *ret, struct error *e);
int grub_plan_trial_end(const struct boot_config *c, struct plan *ret, struct error *e);
/* Makes the environment block anew, and says what that means. */
void grub_plan_env(struct plan *ret);

/* grub_default.c: where the menu that is made from files gets another default entry than
 * the present one, whatever the edit is, that is a warning of the plan. */
void grub_warn_default(const struct grub *g, const struct grub_files *files,
		       struct plan *ret);

/* grub_edit.c: variables after all files were sourced. */
void grub_eval(const struct grub_files *files, struct shell_vars *ret);
/* The parameters that normal entries get, appended. Error: path and line of what can't be
 * proven. */
int grub_params(const struct grub_files *files, struct strv *ret, struct error *e);
/* Where added parameters go. */
enum grub_target { GRUB_TO_MAIN, GRUB_TO_OWN };
enum grub_target grub_target_of(const struct grub_files *files);
/* Applies ed to files in place; what is added goes to the target. */
int grub_edit(struct grub_files *files, const struct edit *ed, enum grub_target target,
	      struct error *e);
/* Marks the line that slicer adds to GRUB_MAIN, so that it can go again. */
extern const char grub_mark[];
/* The comment at the head of slicer's own drop-in. */
extern const char grub_own_header[];
/* Gives a file another text. */
int grub_set_text(struct grub_file *file, const struct str *text, struct error *e);
/* The statement of GRUB_MAIN that slicer added, SIZE_MAX if there is none. */
size_t grub_marked(const struct grub_file *file);

/* grub_own.c: is it the path of a drop-in that slicer writes? */
bool grub_is_own(const char *path);
/* Is this a file of ours that assigns nothing any more? */
bool grub_own_is_idle(const struct grub_file *file);
/* The name of slicer's own drop-in that sorts after last (NULL: after nothing), owned
 * by the caller. */
char *grub_own_path(const char *last);
/* What slicer's own assignments add at present, appended. Refused where somebody wrote
 * something else there. */
int grub_own_params(const struct grub_files *files, struct strv *ret, struct error *e);
/* What an edit comes to where the variables' values can't be known. */
struct grub_appended {
	struct strv own; /* what slicer's own last assignment adds */
	struct strv presumed; /* what was asked for and every normal entry has: the rest
				 of the files has to give it */
	struct strv gone; /* what was taken out of other assignments */
};
void grub_appended_done(struct grub_appended *a);
/*
 * Applies ed there (c->can_append): what is added goes to slicer's own last assignment,
 * VAR="$VAR parameter ..."; what is removed goes from that, or from where it stands
 * literally. Refuses, naming the place, what would have to be taken out of the rest.
 * *ret is a copy of the files with the result.
 */
int grub_append(const struct boot_config *c, const struct edit *ed,
		struct grub_files *ret, struct grub_appended *ret_what, struct error *e);
/* grub_proof.c: the shell reads the files to their end, and agrees on what they come to.
 */
void grub_prove(const struct boot_config *c, const struct grub_files *files,
		struct plan *ret);
/* The shell agrees that the files come to what they came to before with a's own after
 * it, which were not in it, that the presumed ones are, and that what is gone is. */
void grub_prove_append(const struct boot_config *c, const struct grub_files *files,
		       const struct grub_appended *a, struct plan *ret);
/* Takes param out of every assignment of the two variables in which it stands literally;
 * the first becomes to, if that is not NULL. Returns how many it changed. */
int grub_edit_literal(struct grub_files *files, const char *param, const char *to,
		      struct error *e);

int grub_load(const struct host *h, const struct facts *f, struct boot_config *ret,
	      struct error *e);
int grub_plan(const struct boot_config *c, const struct edit *ed, struct plan *ret,
	      struct error *e);

#endif
