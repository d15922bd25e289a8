/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan is data: what will be written, removed, run, and why. Making one never touches
 * the machine; src/plan executes it. Boot loaders, initramfs generators and devices make
 * them.
 */
#ifndef SLICER_STEPS_STEPS_H
#define SLICER_STEPS_STEPS_H

#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"
#include "text/cmdline.h"

enum step_kind { STEP_REPLACE, STEP_REMOVE, STEP_RUN, STEP_SYSFS };

struct step {
	enum step_kind kind;
	char *why; /* one line for the person */
	char *path; /* file or attribute; NULL for a program */
	/* STEP_REPLACE, STEP_REMOVE: whole contents */
	bool existed;
	struct str before, after;
	mode_t mode; /* of the file if it has to be created; 0: 0644. One that exists
			keeps its own */
	/* STEP_REPLACE of a file with a command line of its own: what the edit came to
	 * there, for taking back just that */
	bool has_edit;
	struct edit edit;
	/* STEP_REPLACE of a file that was not there: what it holds while programs make
	 * their files anew in taking back, where its absence would tell them something
	 * else. Empty: it goes first */
	struct str for_programs;
	/* STEP_SYSFS: after is what is written; before what it was, for taking it back */
	/* STEP_RUN: a generator, whose result depends on the files alone: going back
	 * means running it again on the restored files. With undo it is a program that
	 * sets something: going back means running undo, in the reverse order of the
	 * steps. */
	struct strv argv, undo;
	unsigned timeout_s;
	char *kernel; /* of a program that makes what one kernel needs: its release */
	/* The one file that it makes, with existed and before as for a replacement: going
	 * back means putting that back. NULL: it makes others, or many. */
	char *makes;
	/* How it writes to "makes" SLICER_ASIDE instead, so that the file is replaced in
	 * one go. Empty: it can't be told to, and writes where it always does. */
	struct strv argv_aside;
	/* Of what is there for a while (a trial boot): a later --undo does not bring it
	 * back, it looks whether it is there */
	bool of_trial;
	/* It makes the file anew in which the loader keeps what it starts once: whoever
	 * goes on or goes back looks whether that is gone still */
	bool makes_one_shot;
};

/* Appended to the name of a file that a program makes. */
#define SLICER_ASIDE ".slicer-new"

/* A text that the shell must agree with before anything is written: script is fed to
 * argv's stdin and its output must end with expect. */
struct proof {
	struct strv argv;
	struct str script, expect;
	char *what; /* "/etc/default/grub gives GRUB_CMDLINE_LINUX_DEFAULT=..." */
	char *path; /* the file it is about */
	char *hint; /* what to do where the program fails */
	char *otherwise; /* and where its output is another one; NULL: a general hint */
};

/*
 * A way to boot that no program touches while the plan's programs write: copies of what
 * the default entry starts, an entry for them, and that one made the default. Put up
 * before the first step, taken down after the last check; a power cut in between boots
 * it.
 */
struct shelter {
	char *dir; /* made for the copies; NULL: the plan needs no shelter */
	struct strv from, to; /* files, copied in this order */
	char *entry; /* the entry's path */
	struct str entry_text;
	char *conf; /* the file that says which entry is the default; NULL: not by file */
	bool conf_existed;
	struct str conf_before, conf_after;
	struct str conf_found; /* conf_before, with what an earlier one may have left: not
				  kept in the journal */
	/* Programs that do it where no file can; empty: none */
	struct strv argv_up, argv_down;
};
void shelter_done(struct shelter *s);
void shelter_copy(struct shelter *dst, const struct shelter *src);

struct plan {
	struct step *v;
	size_t n, cap;
	struct shelter shelter;
	struct strv dirs; /* to be removed after the last step if they are empty then,
			     innermost first */
	struct proof *proofs;
	size_t n_proofs, proofs_cap;
	struct strv warnings; /* said with the plan */
	struct strv next; /* advice for afterwards, also where nothing changes */
};

void plan_done(struct plan *p);
bool plan_is_empty(const struct plan *p);
bool plan_has_programs(const struct plan *p);
/* All copy what they are given. A replacement that changes nothing is not added; a second
 * one of the same path is merged into the first. */
void plan_replace(struct plan *p, const char *path, bool existed,
		  const struct str *before, const struct str *after, mode_t mode,
		  const char *why);
/* What the edit came to in the file of the last plan_replace(). Copies ed. */
void plan_edit_was(struct plan *p, const char *path, const struct edit *ed);
/* What that file holds while programs take back. Copies text. */
void plan_meanwhile(struct plan *p, const char *path, const struct str *text);
/* What p does to that file becomes what from does, which may be nothing. */
void plan_take_file(struct plan *p, const struct plan *from, const char *path);
void plan_remove(struct plan *p, const char *path, const struct str *before,
		 const char *why);
/* argv ends with NULL. The same argv is added once. timeout_s 0: 1800. */
void plan_run(struct plan *p, const char *const *argv, unsigned timeout_s,
	      const char *why);
/* As plan_run, for a program that makes what this kernel needs: it has no use once that
 * is gone. kernel may be NULL. */
void plan_run_for(struct plan *p, const char *kernel, const char *const *argv,
		  unsigned timeout_s, const char *why);
/* A program that sets something (a one-shot boot entry): undo takes it back, and does no
 * harm where the program failed or never ran. */
void plan_run_with_undo(struct plan *p, const char *const *argv, const char *const *undo,
			unsigned timeout_s, const char *why);
/* As plan_run, for a program that makes one file: what that held is known, and argv_aside
 * (NULL: none) ends with NULL too. */
void plan_make(struct plan *p, const char *const *argv, const char *const *argv_aside,
	       const char *makes, bool existed, const struct str *before,
	       const char *why);
/* Adds from's programs, warnings and advice to p. */
void plan_add_programs(struct plan *p, const struct plan *from);
/* The file that it changes or makes, NULL for a program that makes others. */
const char *step_file(const struct step *s);
/* Does going back mean running it again on the restored files? */
bool step_runs_again(const struct step *s);
/* Is there such a step? */
bool plan_runs_again(const struct plan *p);
void plan_sysfs(struct plan *p, const char *path, const char *before, const char *after,
		const char *why);
/* A proof, which apply runs before the first step on a live host; all is copied. path is
 * the file that an error names, what is what the output stands for. hint is for a program
 * that fails, otherwise (NULL: a general one) for another output. */
void plan_prove(struct plan *p, const char *const *argv, const struct str *script,
		const struct str *expect, const char *path, const char *what,
		const char *hint, const char *otherwise);
void plan_warn(struct plan *p, const char *fmt, ...) PRINTF(2, 3);
void plan_next(struct plan *p, const char *fmt, ...) PRINTF(2, 3);
/* Moves the programs after all files: each generator runs once, after everything it
 * reads. */
void plan_order(struct plan *p);
/* Moves the programs that undo takes back (plan_run_with_undo()), from step n on, to the
 * front. */
void plan_set_first(struct plan *p, size_t n);
const char *step_kind_name(enum step_kind kind);

#endif
