/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/apply.h"
#include "plan/files.h"
#include "plan/program.h"
#include "plan/roll_back.h"
#include "plan/shelter.h"

#include <errno.h>

#include "host/signals.h"

/* The shell gets this long to read a configuration file. */
#define PROOF_TIMEOUT_S 20

/* ---- before the first change
 * ------------------------------------------------------------- */

/* The last line of what a program wrote, as a person may see it, as far as a message has
 * room. */
static void last_line(const struct str *output, struct str *ret)
{
	size_t end = output->len, start;

	while (end && output->s[end - 1] == '\n')
		end--;
	start = end;
	while (start && output->s[start - 1] != '\n')
		start--;
	str_add_printable(ret, str_c(output) + start,
			  end - start > 200 ? 200 : end - start);
}

/*
 * The one exception to "never through a shell": the new text is evaluated by the sh that
 * grub-mkconfig would use, before it is installed. A dry run does not come here.
 */
static int prove(const struct host *h, const struct proof *p, struct error *e)
{
	CLEANUP(str_done) struct str output = { 0 }, last = { 0 };
	struct run r = {
		.argv = (const char *const *)p->argv.v,
		.input = str_c(&p->script),
		.input_len = p->script.len,
		.timeout_s = PROOF_TIMEOUT_S,
		.output = &output,
		.log_fd = -1,
	};
	int err = host_run(h, &r, e);

	if (err < 0) {
		error_prefix(e, "%s rejects the new text", p->argv.v[0]);
		error_at(e, p->path, 0);
		error_hint(e, "%s", p->hint);
		return err;
	}
	if (output.len >= p->expect.len && memcmp(output.s + output.len - p->expect.len,
						  str_c(&p->expect), p->expect.len) == 0)
		return 0;
	last_line(&output, &last);
	error_set(e, EINVAL,
		  "the shell does not see what slicer sees: expected %s, got: %s",
		  p->what, str_c(&last));
	error_at(e, p->path, 0);
	error_hint(e, "%s",
		   p->otherwise
			   ? p->otherwise
			   : "the file does something that slicer does not understand: "
			     "edit it by hand, run the generator, and look at 'slicer "
			     "doctor'");
	return -EINVAL;
}

int apply_prove(const struct host *h, const struct plan *p, struct error *e)
{
	int err = 0;

	for (size_t i = 0; host_is_live(h) && i < p->n_proofs && err >= 0; i++)
		err = prove(h, &p->proofs[i], e);
	return err;
}

/* A file that somebody changed since the plan was made is not overwritten. */
static int check_unchanged(const struct host *h, const struct step *s, struct error *e)
{
	CLEANUP(str_done) struct str now = { 0 };
	const char *path = step_file(s);
	bool exists;
	int err = path ? read_now(h, path, &exists, &now, e) : 0;

	if (err < 0 || !path || has_text(s, false, exists, &now))
		return err;
	error_set(e, ESTALE, "was changed by somebody else since the plan was made");
	error_at(e, path, 0);
	error_hint(e, "run the same command again: it reads the file again");
	return -ESTALE;
}

static int check_before(const struct apply *a, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < a->plan->n && err >= 0; i++)
		err = check_unchanged(a->host, &a->plan->v[i], e);
	if (!host_is_live(a->host))
		return err;
	if (err >= 0 && a->plan->shelter.dir)
		err = shelter_check(a->host, &a->plan->shelter, e);
	return err < 0 ? err : apply_prove(a->host, a->plan, e);
}

/* ---- one step
 * ----------------------------------------------------------------------------- */

/* The program's file is written beside the one that counts, and takes its place in one
 * go: a power cut leaves the old one or the new one. */
static int do_make(const struct apply *a, struct record *rec, size_t i, int log_fd,
		   struct error *e)
{
	const struct step *s = &a->plan->v[i];
	CLEANUP(free_char) char *aside = xasprintf("%s" SLICER_ASIDE, s->makes);
	CLEANUP(str_done) struct str text = { 0 };
	bool exists;
	int err;

	remove_aside(a->host, s->makes);
	err = apply_program(a, s, &s->argv_aside, log_fd, e);
	if (err >= 0)
		err = read_now(a->host, aside, &exists, &text, e);
	if (err >= 0 && !text.len) {
		err = error_set(e, EPROTO, "%s ended well, but wrote nothing",
				s->argv.v[0]);
		error_at(e, aside, 0);
	}
	if (err >= 0)
		err = journal_made(a->host, rec, i, &text, e);
	if (err >= 0)
		err = host_replace(a->host, s->makes, str_c(&text), text.len, 0600, e);
	remove_aside(a->host, s->makes);
	return err;
}

/* ---- the whole
 * ------------------------------------------------------------------------------- */

static void defer(struct apply *a, const struct step *s)
{
	a->deferred++;
	apply_tell(a, s, APPLY_DEFERRED, 0, NULL);
}

static int execute(struct apply *a, struct record *rec, int log_fd, size_t *begun,
		   struct error *e)
{
	for (size_t i = 0; i < a->plan->n; i++) {
		const struct step *s = &a->plan->v[i];
		int err;

		if (s->kind == STEP_RUN && !host_is_live(a->host)) {
			defer(a, s);
			continue;
		}
		*begun = i + 1;
		if (is_file_step(s)) {
			err = check_unchanged(a->host, s, e);
			if (err < 0)
				*begun = i; /* somebody else's contents: not ours to
					       restore */
			else
				err = do_file(a->host, s, true, s->mode, &rec->dirs, e);
			apply_tell(a, s, err < 0 ? APPLY_FAILED : APPLY_OK, 0, NULL);
		} else if (s->kind == STEP_RUN) {
			err = s->argv_aside.n ? do_make(a, rec, i, log_fd, e)
					      : apply_program(a, s, &s->argv, log_fd, e);
		} else {
			err = error_set(e, EINVAL,
					"a sysfs step does not belong in a plan "
					"for the boot chain");
		}
		if (err < 0)
			return err;
		a->changed = true;
		rec->steps[i].done = true;
		err = journal_save(a->host, rec, e);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Nothing has changed before it stands, and nothing if it can't. */
static int put_up(const struct apply *a, struct record *rec, struct error *e)
{
	struct error why = { 0 }, not_saved = { 0 };
	int err;

	if (!rec->shelter.dir)
		return 0;
	err = shelter_up(a->host, &rec->shelter, &rec->stuck, e);
	if (err >= 0 || err == -EINPROGRESS)
		return err;
	if (shelter_down(a->host, &rec->shelter, &rec->stuck, &why) < 0) {
		if (journal_save(a->host, rec, &not_saved) < 0)
			error_prefix(e, "the journal does not have what hangs (%s)",
				     not_saved.what);
		e->code = ERROR_FAILED;
		error_hint(e, "%s; slicer setup-iommu --undo tries that again", why.what);
		return -EIO;
	}
	rec->state = RUN_ROLLED_BACK;
	journal_save(a->host, rec, NULL);
	return -EIO;
}

/* Only where a program may have to run again; reading images takes a moment. */
static void note_products(const struct apply *a)
{
	if (a->products && plan_runs_again(a->plan) && host_is_live(a->host))
		products_note(a->host, a->products);
}

/* Taking back beside a program that may still write would be a race: the run stays
 * unfinished in the journal, and the next one takes it back. */
static int leave_unfinished(const struct apply *a, const struct record *rec,
			    struct error *e)
{
	struct error why = { 0 };
	size_t n;

	if (journal_save(a->host, rec, &why) < 0)
		error_prefix(e, "the journal does not have what hangs (%s)", why.what);
	n = strlen(e->what);
	snprintf(e->what + n, sizeof(e->what) - n,
		 "\nNothing was undone, because it may still write. The journal has "
		 "what there was before.");
	e->code = ERROR_FAILED;
	e->rolled_back = false;
	error_hint(e,
		   "the kernel log (dmesg) says what it waits for; when it is gone, or "
		   "after a reboot: sudo slicer setup-iommu --undo");
	return -EINPROGRESS;
}

static int apply_journaled(struct apply *a, struct record *rec, struct error *e)
{
	CLEANUP(close_fd) int log_fd = -1;
	size_t begun = 0;
	int err = 0;

	if (host_is_live(a->host) && plan_has_programs(a->plan)) {
		log_fd = journal_open_log(a->host, rec, e);
		if (log_fd < 0)
			return log_fd;
		a->log_path = xasprintf(JOURNAL_DIR "/%s/log", rec->id);
	}
	err = put_up(a, rec, e);
	if (err == -EINPROGRESS)
		return leave_unfinished(a, rec, e);
	if (err < 0)
		return err;
	note_products(a);
	err = execute(a, rec, log_fd, &begun, e);
	for (size_t i = 0; err >= 0 && i < a->plan->dirs.n; i++)
		err = host_rmdir(a->host, a->plan->dirs.v[i], e);
	/* Programs rarely care whether the disk has what they wrote. */
	if (err >= 0 && log_fd >= 0)
		err = host_sync(a->host, rec->shelter.dir, e);
	if (err >= 0 && !a->deferred && a->verify)
		err = a->verify(a->data, false, e);
	if (err >= 0 && rec->shelter.dir) {
		err = shelter_down(a->host, &rec->shelter, &rec->stuck, e);
		a->shelter_is_down = err < 0;
	}
	if (err == -EINPROGRESS)
		return leave_unfinished(a, rec, e);
	if (err < 0) {
		roll_back(a, rec, begun, log_fd, e);
		return err;
	}
	rec->state = RUN_APPLIED;
	err = journal_save(a->host, rec, e);
	if (err < 0) {
		error_prefix(e, "everything is done and checked, but the journal is not "
				"up to date");
		e->code = ERROR_FAILED;
	}
	return err;
}

/* A set-up of another root that has only programs left for the person changes nothing
 * there: the run that left them has its record already. */
static bool is_left_to_person(const struct apply *a)
{
	if (host_is_live(a->host) || a->kind != RUN_SETUP || a->plan->dirs.n)
		return false;
	for (size_t i = 0; i < a->plan->n; i++)
		if (a->plan->v[i].kind != STEP_RUN)
			return false;
	return true;
}

static int apply_held(struct apply *a, struct error *e)
{
	struct record rec = { 0 };
	int err = check_before(a, e);

	if (err >= 0 && is_left_to_person(a)) {
		for (size_t i = 0; i < a->plan->n; i++)
			defer(a, &a->plan->v[i]);
		return 0;
	}
	if (err >= 0)
		err = journal_begin(a->host, a->plan, a->edit, a->bootloader, a->kind,
				    &rec, e);
	if (err < 0)
		return err;
	a->run_id = xstrdup(rec.id);
	a->stuck = &rec.stuck;
	err = apply_journaled(a, &rec, e);
	a->stuck = NULL;
	record_done(&rec);
	return err;
}

/* From the first change to the last check, nothing ends slicer half way: SIGINT and
 * SIGTERM stop the program that runs, which is a failure like others; also while taking
 * back. */
int apply_plan(struct apply *a, struct error *e)
{
	struct signal_hold hold;
	int err;

	signals_hold(&hold);
	err = apply_held(a, e);
	signals_release(&hold);
	return err;
}
