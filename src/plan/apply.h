/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executing a plan: the only code that changes a machine's files. The journal is on disk
 * before the first change; a failure undoes everything and says whether that worked.
 */
#ifndef SLICER_PLAN_APPLY_H
#define SLICER_PLAN_APPLY_H

#include "plan/journal.h"
#include "plan/products.h"

enum apply_event {
	APPLY_START,
	APPLY_TICK,
	APPLY_OK,
	APPLY_FAILED,
	APPLY_DEFERRED,
	APPLY_TAKE_BACK, /* of no step: what follows takes back what was done */
};

struct apply {
	const struct host *host;
	const struct plan *plan;
	const struct edit *edit;
	const char *bootloader;
	enum run_kind kind;
	/* Progress; may be NULL. output is what a program wrote, at APPLY_OK and
	 * APPLY_FAILED. */
	void (*event)(void *data, const struct step *s, enum apply_event ev,
		      double seconds, const struct str *output);
	/*
	 * Looks at the machine again after the last step: 0 if what the plan promised is
	 * there. With rolled_back: 0 if it is as it was before. Not called while programs
	 * are deferred.
	 */
	int (*verify)(void *data, bool rolled_back, struct error *e);
	void *data;
	/* What the plan's programs may make; may be NULL */
	struct products *products;
	/* out */
	size_t deferred; /* programs that were not run, because the root is foreign */
	bool changed; /* something was written or run */
	bool shelter_is_down; /* what failed was taking the shelter down */
	struct strv *stuck; /* the record's, for the programs that are run */
	char *run_id; /* the journal's; owned by the caller */
	char *log_path; /* the programs' output; owned by the caller, NULL if no program
			   ran */
};

/*
 * The caller holds host_lock(). Proves, journals, executes, verifies. 0: done and
 * checked. An error with code ERROR_REFUSED: nothing was changed. ERROR_FAILED: changes
 * had begun; e->rolled_back says whether everything is as before, and the message names
 * what is not.
 */
int apply_plan(struct apply *a, struct error *e);
/* The plan's proofs alone, for one without steps. Nothing on a foreign root, where no
 * program is run. Refused where the shell does not agree. */
int apply_prove(const struct host *h, const struct plan *p, struct error *e);

#endif
