/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of setup-iommu share. */
#ifndef SLICER_CMD_SETUP_H
#define SLICER_CMD_SETUP_H

#include "bootloaders/bootloader.h"
#include "cmd/cmd.h"
#include "initramfs/generator.h"
#include "plan/apply.h"
#include "plan/undo.h"
#include "policy/policy.h"

#define NEXT_STEPS_PATH "/var/lib/slicer/next-steps.txt"

struct setup_options {
	bool dry_run, check, yes, force, no_pt, no_initramfs, undo, status;
	bool trial, auto_confirm, confirm;
	const char *bootloader, *initramfs, *ids, *acs_override;
	enum cpu_vendor vendor;
	struct strv devices, params, remove_params;
};

/* Taking back: the runs, and the edit that takes their parameters away. */
struct undo {
	struct records records; /* chosen: those that are meant */
	struct edit edit;
};
struct move;
struct setup {
	const struct context *c;
	const struct setup_options *o;
	int lock; /* host_lock(); -1: nothing is going to be changed */
	struct strv recovered; /* interrupted runs that were taken back first */
	struct facts facts;
	const struct bootloader *loader;
	struct boot_probe probe;
	struct boot_config boot;
	struct pci_devices devices;
	bool has_devices; /* there is a PCI bus to look at */
	const struct pci_device **chosen; /* that the printed commands are about */
	size_t n_chosen;
	struct wish wish;
	struct wanted wanted;
	struct initramfs_config initramfs;
	struct initramfs_wish initramfs_wish;
	bool rebuilds; /* the plan rebuilds initramfs images */
	enum run_kind kind; /* of plan */
	char *trial_id; /* RUN_TRIAL: the new one's */
	bool in_trial; /* this boot is the trial that is made permanent */
	const struct move *move; /* RUN_BIND: the devices that the plan is about */
	struct plan plan;
	/* while applying */
	struct progress progress;
	const char *loader_name;
	const struct edit *edit; /* to be verified */
	struct undo *undo; /* something is taken back */
};
void setup_done(struct setup *s);

/* Reads the host: facts, boot loader, devices. Refuses hosts that slicer must not touch.
 */
int setup_look(struct setup *s, struct error *e);
/* The devices that --ids and --device mean; refuses what the host needs. */
int setup_devices(struct setup *s, struct error *e);
/* Fills wanted: by the wish, against what is configured. */
int setup_want(struct setup *s, struct error *e);
/* Fills plan with what makes wanted permanent. */
int setup_make(struct setup *s, struct error *e);
/* What --acs-override has to say. */
void setup_warn_acs(struct setup *s);
/* What s->plan needs for the time while its programs run. */
int setup_choose_shelter(struct setup *s, struct error *e);
/* Whose images are to be looked at, and what they must hold. */
int setup_choose_initramfs(struct setup *s, const struct strv *versions, struct error *e);
/*
 * Shows s->plan, asks, applies and verifies. *ret_status is the exit status. after (may
 * be NULL) runs when all is done and checked.
 */
int setup_carry_out(struct setup *s, int (*after)(struct setup *s, struct error *e),
		    int *ret_status, struct error *e);
int setup_undo(struct setup *s, int *ret_status, struct error *e);
#define STATUS_SCHEMA "slicer.status/1"
/* --status: lists the runs. *ret_status becomes 1 if one was interrupted, or can't be
 * read, so that nobody knows. */
int setup_status(struct setup *s, int *ret_status, struct error *e);
/*
 * Takes back what interrupted runs left, so that this one begins where they did. 0: there
 * were none. 1: done, and the host has to be looked at anew; or, if nothing is to be
 * changed, s->plan is what would be done first.
 */
int setup_recover(struct setup *s, struct error *e);
/*
 * For pci bind and pci unbind: takes back an interrupted run of theirs, and an
 * interrupted attempt to take it back. Shows the plan, but does not ask: to take it back
 * is the only way on. Does nothing if the run was setup-iommu's: only setup-iommu deals
 * with that, and the person has been warned. force: go on although another run of the
 * journal can't be read. The caller holds the lock, and looks at the host afterwards.
 * Appends the names of the runs to ret. Returns 0 or a negative errno.
 */
int setup_recover_binds(const struct context *c, bool force, struct strv *ret,
			struct error *e);
/* warn_interrupted() with a journal that has been read, for who holds the lock.
 * (interrupted.c) */
void warn_of_unfinished(const struct context *c, const struct records *rs);
/* After a refusal: says that something was changed before it, if it was. */
void setup_tell_recovered(const struct strv *recovered, struct error *e);
/* Refuses while a program of an earlier run hangs; and, without --force, where a run of
 * the journal can't be read: it may be an interrupted one. */
int setup_check_journal(struct setup *s, const struct records *rs, struct error *e);
/* setup_undo.c: s->plan takes back the chosen runs. With recover, only what interrupted
 * ones have begun is made anew. */
int setup_plan_undo(struct setup *s, struct undo *u, bool recover, struct error *e);
/* What came of it. */
struct outcome {
	bool changed, applied, rolled_back, reboot;
	int verified; /* 1, 0, -1: null */
	size_t deferred;
};
/* setup_report.c */
bool setup_shows_text(const struct setup *s);
/* Does a person have to reboot? acts: the plan is, or would be, carried out. */
bool setup_needs_reboot(const struct setup *s, bool acts);
/* The programs of s->plan, which are to be run inside the root. */
void setup_print_deferred(const struct setup *s);
int setup_report_done(struct setup *s, const struct outcome *o, struct error *e);
int setup_report_dry(struct setup *s, int *ret_status, struct error *e);
/* Looks whether s->plan may be carried out, shows it, and refuses. */
int setup_present(struct setup *s, struct error *e);
/* Asks, and applies s->plan. */
int setup_execute(struct setup *s, struct outcome *ret, struct error *e);
/* struct apply's verify: data is the struct setup. */
int setup_verify(void *data, bool rolled_back, struct error *e);
/* Everything that the machine boots with, and that programs make. */
void setup_products(const struct setup *s, struct products *ret);
/* Is the boot menu what it was when it was looked at? */
int setup_verify_unchanged(struct setup *s, struct error *e);
/* Of each image that the plan had rebuilt: it is a complete archive, and if contents, it
 * holds slicer's files, and those of modprobe.d that the plan changed, as they are on
 * disk, and the modules that they need. Does nothing where none was rebuilt. Error:
 * -EPROTO, at the image's path. (setup_verify_images.c) */
int setup_verify_images(struct setup *s, bool contents, struct error *e);
/* Prints the commands for after the reboot and keeps them in NEXT_STEPS_PATH. */
int setup_next_steps(struct setup *s, struct str *ret, struct error *e);

#endif
