/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: one directory per run below /var/lib/slicer/runs, written before the first
 * change and after each step, so that what was done can be taken back from any point. A
 * directory holds manifest.json and, for step N, N.before and N.after: the whole
 * contents.
 */
#ifndef SLICER_PLAN_JOURNAL_H
#define SLICER_PLAN_JOURNAL_H

#include "host/host.h"
#include "steps/steps.h"
#include "text/cmdline.h"

#define JOURNAL_DIR "/var/lib/slicer/runs"

enum run_kind {
	RUN_SETUP,
	RUN_UNDO, /* took others back */
	RUN_TRIAL, /* an entry for one boot beside the others */
	RUN_END, /* took that away */
	RUN_BIND, /* devices that the initramfs binds; --undo leaves them */
	RUN_TAKE_OVER, /* devices taken out of what else bound them, and bound instead */
};

enum run_state {
	RUN_STARTED, /* changes may have begun: if nobody holds the lock, it was
			interrupted */
	RUN_APPLIED, /* done and verified (or deferred programs remain, under --root) */
	RUN_ROLLED_BACK, /* failed or interrupted, and everything is as before */
	RUN_FAILED, /* failed, and something is not as before */
	RUN_UNDONE, /* taken back by a later --undo */
};

struct record_step {
	enum step_kind kind;
	char *path; /* the file it changes, or that its program makes; NULL else */
	struct strv argv, argv_aside, undo;
	char *kernel; /* whose need its program makes; NULL: of no certain one */
	bool of_trial; /* of a trial boot: none that is taken back */
	bool makes_one_shot; /* asked for afresh, never just run again */
	bool existed; /* the file was there before, with this mode; else the mode is the
			 new one's */
	mode_t mode;
	bool done; /* in an applied run, false means deferred: to be run inside the root
		    */
	bool has_edit; /* edit is what was done to this file's own command line */
	struct edit edit;
	bool has_after; /* false: the program did not get that far */
	struct str before, after; /* contents, loaded by journal_list */
	struct str
		for_programs; /* what it holds while programs take back; empty: as before
			       */
};

struct record {
	char *id; /* directory name: UTC time and a counter, sorts by age */
	enum run_state state;
	enum run_kind kind;
	bool chosen; /* not kept: one of those that are to be taken back */
	char *bootloader;
	struct strv dirs; /* directories that it makes, outermost first */
	struct edit edit; /* what it did to the command line: only what was not there
			     before */
	struct record_step *steps;
	size_t n;
	struct shelter shelter; /* dir NULL: it had none */
	struct strv stuck; /* programs that could not be ended, for host_is_stuck() */
};

struct records {
	struct record *v; /* oldest first */
	size_t n, cap;
	struct strv
		broken; /* directories whose manifest can't be read, with the reason */
};

void record_done(struct record *r);
void records_done(struct records *r);

/*
 * Makes the run's directory and writes everything the plan would change, fsynced, with
 * state RUN_STARTED. Error: nothing was written that matters.
 */
int journal_begin(const struct host *h, const struct plan *p, const struct edit *ed,
		  const char *bootloader, enum run_kind kind, struct record *ret,
		  struct error *e);
/* What the program of step i made is known now, and about to take its place. */
int journal_made(const struct host *h, struct record *r, size_t i, const struct str *text,
		 struct error *e);
/* Writes the manifest anew with what r says now. */
int journal_save(const struct host *h, const struct record *r, struct error *e);
/* A log in the run's directory, for the output of programs: fd or negative errno. */
int journal_open_log(const struct host *h, const struct record *r, struct error *e);
/* All runs, with contents. No journal at all is an empty list. */
int journal_list(const struct host *h, struct records *ret, struct error *e);
/* Removes what killed runs left under temporary names, and runs that never began. The
 * caller holds the lock. */
void journal_sweep(const struct host *h);
/* The same without what files held: what doctor and --status need. */
int journal_scan(const struct host *h, struct records *ret, struct error *e);
/* Has this run left something on the machine that --undo would take back? */
bool record_counts(const struct record *r);
/* It has begun, and neither come to its end nor been taken back whole. (Does anybody hold
 * the lock? Then it still runs.) */
bool record_is_unfinished(const struct record *r);
/* Was the run that was interrupted first one of pci bind or pci unbind (RUN_BIND,
 * RUN_TAKE_OVER)? Later unfinished runs can only be attempts to take it back. */
bool records_interrupted_a_bind(const struct records *rs);
/* Refuses while a program that an unfinished run could not end still runs: it may write
 * what is going to be written. */
int records_check_stuck(const struct host *h, const struct records *rs, struct error *e);
/* Sets chosen where which() says so. Returns how many. */
size_t records_choose(struct records *rs, bool (*which)(const struct record *r));
const char *run_state_name(enum run_state s);
const char *run_kind_name(enum run_kind k);

#endif
