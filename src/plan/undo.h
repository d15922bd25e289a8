/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Undo is a plan built from the journal, of the runs that are chosen (records_choose()).
 * A file that is byte for byte as slicer left it gets its former contents back; one that
 * others changed since loses just the parameters that slicer added. Steps of a trial boot
 * are left out (but see undo_trial_files()): what is there of one is found by looking.
 */
#ifndef SLICER_PLAN_UNDO_H
#define SLICER_PLAN_UNDO_H

#include "plan/journal.h"

/* The edit that takes back every chosen run, newest first. */
void undo_edit(const struct records *rs, struct edit *ret);
/* The same for one file whose own command line they changed. false: they did not, and the
 * edit of all is right for it. */
bool undo_edit_of(const struct records *rs, const char *path, struct edit *ret);
/* Every file that those runs wrote or removed, each once. */
void undo_paths(const struct records *rs, struct strv *ret);

/* The kernels for which those runs' programs made something, each once. */
void undo_kernels(const struct records *rs, struct strv *ret);

/*
 * Builds the file steps. tokens: the plan that takes the parameters out of the files as
 * they are now (made by the boot loader for undo_edit(); NULL if it could not be made).
 * own: files that belong to slicer alone (a changed one is left with a warning). keep
 * (may be NULL): a file that slicer made and that must stay, without slicer's parameters,
 * because its absence means something else by now.
 * *ret_need_tokens: the first file that needed tokens when there was none; owned by the
 * caller, else NULL. *ret_used_tokens: a file was changed by others since.
 */
int undo_files(const struct host *h, const struct records *rs, const struct plan *tokens,
	       const struct strv *own, const char *keep, struct plan *ret,
	       char **ret_need_tokens, bool *ret_used_tokens, struct error *e);

/*
 * Files of a trial boot that interrupted runs took away, when what the trial had tried
 * was made permanent or when it was over: they come back, so that the same can be asked
 * for again. Only for going on after an interruption; an undo wants them gone.
 */
int undo_trial_files(const struct host *h, const struct records *rs, struct plan *ret,
		     struct error *e);

/* Is the file that a program makes as it was before, or as the program made it? Then it
 * is put back. *ret_exact false: it has to be made anew, because nobody knows, or because
 * it was empty or absent before and started nothing. */
int undo_made(const struct host *h, const struct records *rs, const char *path,
	      struct plan *ret, bool *ret_exact, struct error *e);

/*
 * The programs that interrupted runs had begun, to be run again on the restored files. A
 * file that one of them made is put back as it was, unless somebody else made it anew
 * since or tokens says that what it is made from is not what it was. Without recover, an
 * unfinished undo goes on: the programs that it had not run yet are run, and those that
 * set something are run even if they are noted as done. What was for a kernel that is
 * gone is left out.
 */
int undo_programs(const struct host *h, const struct records *rs, bool tokens,
		  bool recover, struct plan *ret, struct error *e);

/* All programs that those runs had, to be run again on the restored files: for where the
 * boot loader can't make a plan any more. */
int undo_run_again(const struct host *h, const struct records *rs, struct plan *ret,
		   struct error *e);

/* Has one of the interrupted runs begun a program that changes what the loader starts
 * once, kept in a file that was there before? If that is gone now, the program took it.
 */
bool undo_lost_one_shot(const struct records *rs);

/* In a foreign root programs only run later: until then, what an interrupted run copied
 * is all that is known to boot, and the run stays unfinished. */
bool undo_needs_shelter(const struct host *h, const struct record *r);

/* Removes what killed ones among the chosen runs left behind, and marks the runs as
 * undone, unfinished ones as rolled back. */
int undo_finish(const struct host *h, struct records *rs, struct error *e);

#endif
