/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/roll_back.h"

#include <errno.h>

#include "host/signals.h"
#include "plan/files.h"
#include "plan/program.h"
#include "plan/shelter.h"

/* Of the error's text, before what was undone and what not. */
#define ROOM_FOR_CAUSE 600

/* A signal stops the program that runs when it arrives. What arrived earlier has had its
 * effect: this one must not stop for it. */
static int run_back(const struct apply *a, const struct step *s, const struct strv *argv,
		    int log_fd, struct error *e)
{
	signals_drop();
	return apply_program(a, s, argv, log_fd, e);
}

/* A program that names what takes it back. Returns false where it can't be ended. */
static bool run_undo(const struct apply *a, const struct step *s, int log_fd,
		     struct str *left)
{
	struct step back = *s;
	struct error why = { 0 };
	int err = 0;

	back.argv = s->undo;
	if (host_is_live(a->host))
		err = run_back(a, &back, &back.argv, log_fd, &why);
	if (err < 0)
		str_addf(left, "what %s set is not as before (%s)\n", s->argv.v[0],
			 why.what);
	return err != -EINPROGRESS;
}

/* Set before programs that run again, so that nothing but the shelter starts meanwhile:
 * it is set again after them. */
static bool is_undone_after_programs(const struct apply *a, size_t i, size_t begun)
{
	if (!a->plan->v[i].undo.n)
		return false;
	while (++i < begun)
		if (step_runs_again(&a->plan->v[i]))
			return true;
	return false;
}

/* As it was before the run; if programs are run again afterwards, as they must find it. A
 * file that no longer exists gets the mode that the journal noted: the step's own mode is
 * only of new files. */
static int put_back(const struct apply *a, size_t i, struct record *rec, struct error *e)
{
	const struct step *s = &a->plan->v[i];
	mode_t mode = rec->steps[i].mode;

	if (!s->for_programs.len || !host_is_live(a->host))
		return do_file(a->host, s, false, mode, &rec->dirs, e);
	return host_replace(a->host, s->path, str_c(&s->for_programs),
			    s->for_programs.len, mode ? mode : 0644, e);
}

/* Puts back every file that was touched, and what programs set, newest first. Notes in
 * *left what could not be. Returns false where it had to stop, beside a program that
 * can't be ended and may still write. */
static bool restore(const struct apply *a, size_t begun, struct record *rec, int log_fd,
		    struct str *left)
{
	for (size_t i = begun; i-- > 0;) {
		const struct step *s = &a->plan->v[i];
		CLEANUP(str_done) struct str now = { 0 };
		const char *path = step_file(s);
		struct error why = { 0 };
		bool exists;

		if (s->undo.n && !is_undone_after_programs(a, i, begun) &&
		    !run_undo(a, s, log_fd, left))
			return false;
		if (!path)
			continue;
		if (read_now(a->host, path, &exists, &now, &why) >= 0 &&
		    has_text(s, false, exists, &now))
			continue;
		if (put_back(a, i, rec, &why) < 0)
			str_addf(left, "%s is not as before (%s)\n", path, why.what);
	}
	return true;
}

/* What had to stay until the programs were through. Returns as restore() does. */
static bool restore_rest(const struct apply *a, size_t begun, struct record *rec,
			 int log_fd, struct str *left)
{
	for (size_t i = begun; i-- > 0;) {
		const struct step *s = &a->plan->v[i];
		struct error why = { 0 };

		if (s->for_programs.len &&
		    do_file(a->host, s, false, rec->steps[i].mode, &rec->dirs, &why) < 0)
			str_addf(left, "%s is not as before (%s)\n", s->path, why.what);
	}
	/* What is not whole must not be started by it. */
	for (size_t i = begun; i-- > 0;)
		if (is_undone_after_programs(a, i, begun) && left->len)
			str_addf(left, "what %s set is not set again\n",
				 a->plan->v[i].argv.v[0]);
		else if (is_undone_after_programs(a, i, begun) &&
			 !run_undo(a, &a->plan->v[i], log_fd, left))
			return false;
	for (size_t i = rec->dirs.n; i-- > 0;) {
		struct error why = { 0 };

		if (host_rmdir(a->host, rec->dirs.v[i], &why) < 0)
			str_addf(left, "%s is left (%s)\n", rec->dirs.v[i], why.what);
	}
	return true;
}

/* Generators make their output from the files: run on the restored ones, they restore it.
 * A file that one makes was put back itself. Returns as restore() does. */
static bool regenerate(const struct apply *a, size_t begun, int log_fd, struct str *left)
{
	for (size_t i = 0; i < begun; i++) {
		const struct step *s = &a->plan->v[i];
		struct error why = { 0 };
		int err = step_runs_again(s) ? run_back(a, s, &s->argv, log_fd, &why) : 0;

		if (err >= 0)
			continue;
		/* One that can't work at all may have done nothing the first time,
		 * either. */
		if (err == -EINPROGRESS || !a->products ||
		    !products_are_same(a->host, a->products, s->kernel))
			str_addf(left, "what %s makes is not as before (%s)\n",
				 s->argv.v[0], why.what);
		if (err == -EINPROGRESS)
			return false;
	}
	return true;
}

/* Taking it down may have been what failed, behind all the programs. Returns as restore()
 * does. */
static bool shelter_again(const struct apply *a, struct record *rec, struct str *left)
{
	struct error why = { 0 };
	int err = a->shelter_is_down
			  ? shelter_up(a->host, &rec->shelter, &rec->stuck, &why)
			  : 0;

	if (err < 0)
		str_addf(left, "%s\n", why.what);
	return err != -EINPROGRESS;
}

/* That all was taken back, or what could not be, each on its line: in the error as far as
 * it has room, in the log whole. */
static void tell_left(const struct str *left, int log_fd, struct error *e)
{
	size_t n, room;

	/* The sentence that counts must fit. */
	if (strlen(e->what) > ROOM_FOR_CAUSE)
		snprintf(e->what + ROOM_FOR_CAUSE, sizeof(e->what) - ROOM_FOR_CAUSE,
			 " ...");
	n = strlen(e->what);
	if (e->rolled_back) {
		snprintf(e->what + n, sizeof(e->what) - n,
			 "\nEverything was undone: the host is as it was before.");
		return;
	}
	if (log_fd >= 0)
		dprintf(log_fd, "not as before:\n%s", str_c(left));
	n += (size_t)snprintf(e->what + n, sizeof(e->what) - n,
			      "\nNOT everything could be undone:\n");
	room = sizeof(e->what) - n;
	if (left->len < room)
		snprintf(e->what + n, room, "%s", str_c(left));
	else
		snprintf(e->what + n, room, "%.*s\n... and more%s", (int)room - 60,
			 str_c(left), log_fd >= 0 ? ": all of it is in the log" : "");
}

/* Not even the first step has done more than fail to replace a file. */
static bool is_untouched(const struct apply *a, size_t begun)
{
	return !a->changed && (!begun || (begun == 1 && is_file_step(&a->plan->v[0])));
}

/* All of it, in order, up to a program that can't be ended. Returns false if there was
 * one. */
static bool take_back(const struct apply *a, struct record *rec, size_t begun, int log_fd,
		      struct str *left)
{
	bool runs = host_is_live(a->host) && !is_untouched(a, begun);
	struct error why = { 0 };

	if (!restore(a, begun, rec, log_fd, left) ||
	    (runs && !shelter_again(a, rec, left)) ||
	    (runs && !regenerate(a, begun, log_fd, left)) ||
	    !restore_rest(a, begun, rec, log_fd, left))
		return false;
	if (runs && (host_sync(a->host, rec->shelter.dir, &why) < 0 ||
		     (!left->len && a->verify && a->verify(a->data, true, &why) < 0)))
		str_addf(left, "%s\n", why.what);
	return true;
}

static void hint_failed(const struct record *rec, bool hangs, struct error *e)
{
	if (hangs)
		error_hint(e,
			   "the kernel log (dmesg) says what it waits for; when it is "
			   "gone, or after a reboot: sudo slicer setup-iommu --undo; the "
			   "originals are in " JOURNAL_DIR "/%s",
			   rec->id);
	else
		error_hint(e,
			   "put right what is named above before the next reboot, and "
			   "let 'slicer setup-iommu --undo' undo the rest; the "
			   "originals are in " JOURNAL_DIR "/%s",
			   rec->id);
}

void roll_back(struct apply *a, struct record *rec, size_t begun, int log_fd,
	       struct error *e)
{
	CLEANUP(str_done) struct str left = { 0 };
	struct error why = { 0 };
	bool hangs;
	int err = 0;

	if (!is_untouched(a, begun))
		apply_tell(a, NULL, APPLY_TAKE_BACK, 0, NULL);
	hangs = !take_back(a, rec, begun, log_fd, &left);
	if (hangs)
		str_add(&left, "it may still write: undoing has stopped there\n");
	/* What is not as before had better not be what boots. */
	if (rec->shelter.dir && left.len && shelter_is_up(a->host, &rec->shelter))
		str_addf(&left, "%s starts what was there before, until that is mended\n",
			 rec->shelter.entry);
	else if (rec->shelter.dir && !left.len &&
		 (err = shelter_down(a->host, &rec->shelter, &rec->stuck, &why)) < 0)
		str_addf(&left, "%s\n", why.what);
	hangs |= err == -EINPROGRESS;
	if (!left.len && is_untouched(a, begun)) {
		/* The first write failed and left nothing: that is no failed change. */
		rec->state = RUN_ROLLED_BACK;
		journal_save(a->host, rec, NULL);
		return;
	}
	e->code = ERROR_FAILED;
	e->rolled_back = left.len == 0;
	rec->state = e->rolled_back ? RUN_ROLLED_BACK : RUN_FAILED;
	if (journal_save(a->host, rec, &why) < 0)
		str_addf(&left, "the journal could not be brought up to date (%s)\n",
			 why.what);
	tell_left(&left, log_fd, e);
	if (e->rolled_back)
		return;
	hint_failed(rec, hangs, e);
}
