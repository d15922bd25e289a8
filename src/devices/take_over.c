/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices/take_over_text.h"

#include <errno.h>

#include "probe/modules.h"
#include "text/cmdline.h"

bool take_over_is_ours(const char *path)
{
	static const char *const places[] = { "/etc/modprobe.d/", "/etc/driverctl.d/",
					      "/etc/udev/rules.d/", "/etc/modules",
					      "/etc/initramfs-tools/modules" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (str_ends(places[i], "/") ? str_starts(path, places[i])
					     : strcmp(path, places[i]) == 0)
			return true;
	return false;
}

static bool takes_any(const struct old_statement *st, const struct bind_request *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (old_statement_takes(st, r->v[i].d))
			return true;
	return false;
}

/* Removes text[start, end). */
static void cut(struct str *text, size_t start, size_t end)
{
	CLEANUP(str_done) struct str kept = { 0 };

	str_addn(&kept, str_c(text), start);
	str_addn(&kept, str_c(text) + end, text->len - end);
	str_set(text, str_c(&kept), kept.len);
}

/* ---- one statement ----------------------------------------------------------------- */

static bool find_line(const struct old_statement *st, const struct str *text,
		      struct joined_line *l)
{
	size_t pos = 0;

	while (joined_next(str_c(text), text->len,
			   st->source == OLD_IN_MODPROBE ? JOINED_COMMENTS
							 : DROPPED_COMMENTS,
			   &pos, l))
		if (l->start == st->start)
			return true;
	return false;
}

static void edit_ids(const struct bind_request *r, const struct old_statement *st,
		     struct str *text)
{
	CLEANUP(joined_line_done) struct joined_line l = { 0 };
	size_t start, end;
	bool *gone;

	if (!find_line(st, text, &l))
		return;
	gone = xcalloc(l.text.len + 1, sizeof(*gone));
	if (take_ids_out_of_line(r, st, &l, gone)) {
		cut(text, l.start, l.end);
	} else {
		/* From the end on, so that the places before stay what they are. */
		for (size_t i = l.text.len, from; i > 0; i = from) {
			from = i - 1;
			if (!gone[from])
				continue;
			while (from > 0 && gone[from - 1])
				from--;
			joined_place(&l, from, i, &start, &end);
			cut(text, start, end);
		}
	}
	free(gone);
}

/* The driver of no device that others still give away, and one of r's or of none here. */
static bool is_needless(const struct old_setup *s, const struct old_statement *softdep,
			const struct bind_request *r)
{
	if (softdep->n && !takes_any(softdep, r))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const struct old_statement *st = &s->v[i];

		if (st->kind != OLD_IDS || !old_statement_gives(st) || !st->n)
			continue;
		if (!softdep->n)
			return false;
		for (size_t k = 0; k < softdep->n; k++)
			if (old_statement_takes(st, softdep->devices[k]))
				return false;
	}
	return true;
}

static bool is_left_alone(const struct old_statement *st)
{
	bool in_cmdline = st->source == OLD_IN_CMDLINE || st->source == OLD_IN_RUNNING;

	return !st->can_edit || (!in_cmdline && !take_over_is_ours(st->path));
}

static void warn_left(const struct old_statement *st, const struct bind_request *r,
		      struct plan *told)
{
	CLEANUP(free_char) char *what = old_statement_tell(st);

	for (size_t i = 0; i < r->n; i++)
		if (old_statement_takes(st, r->v[i].d)) {
			plan_warn(told, "%s: %s, and that stays: look at it yourself",
				  r->v[i].d->address, what);
			return;
		}
}

/* ---- the files --------------------------------------------------------------------- */

/* Changes the texts in s; the statements are those of before. From the last statement on,
 * so that the lines before it stay where they are. */
static void edit_all(struct old_setup *s, const struct bind_request *r, struct plan *told)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct old_statement *st = &s->v[i];
		struct str *text = &s->files[st->file].text;

		if (!takes_any(st, r) || st->kind == OLD_SOFTDEP ||
		    st->source == OLD_IN_RUNNING)
			continue;
		if (is_left_alone(st))
			warn_left(st, r, told);
		else if (st->source == OLD_IN_CMDLINE)
			continue;
		else if (st->kind == OLD_IDS)
			edit_ids(r, st, text);
		else if (st->kind == OLD_DRIVERCTL)
			str_clear(text);
		else
			cut(text, st->start, st->end);
	}
}

static void edit_cmdline(struct old_setup *s, const struct bind_request *r)
{
	for (size_t i = 0; i < s->n_files; i++) {
		struct old_file *f = &s->files[i];
		CLEANUP(strv_done) struct strv tokens = { 0 }, kept = { 0 };
		CLEANUP(free_char) char *line = NULL;

		if (f->source != OLD_IN_CMDLINE)
			continue;
		cmdline_split(str_c(&f->text), f->text.len, &tokens);
		for (size_t k = 0; k < tokens.n; k++) {
			CLEANUP(free_char)
			char *then = take_over_param(r, tokens.v[k]);

			if (!then || *then)
				strv_add(&kept, then ? then : tokens.v[k]);
		}
		line = strv_join(&kept, " ");
		str_set(&f->text, line, strlen(line));
	}
}

static void edit_softdeps(const struct old_query *q, struct old_setup *s,
			  const struct bind_request *r, struct plan *told)
{
	for (size_t i = s->n; i-- > 0;) {
		const struct old_statement *st = &s->v[i];

		if (st->kind != OLD_SOFTDEP || st->is_slicers || !is_needless(s, st, r))
			continue;
		/* Of the changed text: its line is another one in the file. */
		if (!st->can_edit && st->n)
			plan_warn(told, "%s: \"%s\" stays: look at it yourself", st->path,
				  st->text);
		if (!is_left_alone(st))
			cut(&s->files[st->file].text, st->start, st->end);
	}
	old_setup_find(q, s);
}

/* ---- what it comes to -------------------------------------------------------------- */

static bool is_given(const struct old_setup *s, const struct pci_device *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (old_statement_gives(&s->v[i]) && old_statement_takes(&s->v[i], d))
			return true;
	return false;
}

/* Notes of each device whether something gives it away. */
static bool *note_given(const struct old_query *q, const struct old_setup *s)
{
	bool *given = xcalloc(q->all->n + 1, sizeof(*given));

	for (size_t i = 0; i < q->all->n; i++)
		given[i] = is_given(s, &q->all->v[i]);
	return given;
}

/* Would pci bind --persist take the others, too? */
static bool can_take_all(const struct old_query *q, const struct bind_request *r,
			 const struct strv *back)
{
	CLEANUP(bind_request_done)
	struct bind_request all = { .every_boot = true,
				    .early = r->early,
				    .later = r->later,
				    .others = r->others,
				    .n_others = r->n_others };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };

	for (size_t i = 0; i < r->n; i++)
		bind_request_add(&all, r->v[i].d, r->v[i].driver);
	for (size_t i = 0; i < q->all->n; i++)
		if (strv_has(back, q->all->v[i].address))
			bind_request_add(&all, &q->all->v[i], "vfio-pci");
	mounts_load(q->host, &mounts, NULL);
	return bind_check(q->host, &mounts, q->all, &all, &warnings, NULL) >= 0;
}

static int refuse(const struct old_query *q, const struct bind_request *r,
		  const struct strv *back, const struct strv *gone, struct error *e)
{
	CLEANUP(free_char) char *back_list = strv_join(back, ", ");
	CLEANUP(free_char) char *gone_list = strv_join(gone, ", ");
	CLEANUP(str_done) struct str named = { 0 };

	for (size_t i = 0; i < r->n; i++)
		str_addf(&named, " %s", r->v[i].d->address);
	for (size_t i = 0; i < back->n; i++)
		str_addf(&named, " %s", back->v[i]);
	if (gone->n)
		error_set(e, EBUSY,
			  "a statement that had no effect would come into force, and "
			  "give %s away",
			  gone_list);
	else
		error_set(e, EBUSY,
			  "what names these devices takes others, too, which would be "
			  "the host's again: %s",
			  back_list);
	if (gone->n)
		error_hint(e, "slicer doctor names it: take it out, or --force");
	else if (!can_take_all(q, r, back))
		error_hint(e,
			   "--force gives them back to the host; slicer pci show tells "
			   "why they can't be taken over, too");
	else
		error_hint(e,
			   "take all of them over: sudo slicer pci bind%s --persist%s "
			   "--take-over; --force gives them back to the host",
			   str_c(&named), r->early ? "=initramfs" : "");
	return -EBUSY;
}

/* Devices that nobody named must be as before. */
static int check_others(const struct old_query *q, const bool *before,
			const struct old_setup *after, const struct bind_request *r,
			struct plan *told, struct error *e)
{
	CLEANUP(strv_done) struct strv back = { 0 }, gone = { 0 };

	for (size_t i = 0; i < q->all->n; i++) {
		const struct pci_device *d = &q->all->v[i];
		bool is_given_now = is_given(after, d);

		if (bind_request_has(r, d) || before[i] == is_given_now)
			continue;
		strv_add(before[i] ? &back : &gone, d->address);
	}
	if (!back.n && !gone.n)
		return 0;
	if (!r->force)
		return refuse(q, r, &back, &gone, e);
	for (size_t i = 0; i < back.n; i++)
		plan_warn(told, "--force: %s is the host's again at the next boot",
			  back.v[i]);
	for (size_t i = 0; i < gone.n; i++)
		plan_warn(told, "--force: %s is given away from the next boot on",
			  gone.v[i]);
	return 0;
}

static void add_step(const struct old_file *f, const struct str *before,
		     struct plan *files)
{
	if (f->source == OLD_IN_CMDLINE || f->source == OLD_IN_RUNNING || !f->path ||
	    str_same(before, &f->text))
		return;
	if (!str_c(&f->text)[strspn(str_c(&f->text), " \t\r\n")])
		plan_remove(files, f->path, before,
			    "nothing is left in it: slicer binds the device");
	else
		plan_replace(files, f->path, true, before, &f->text, 0644,
			     "slicer binds the device");
}

int take_over_plan(const struct old_query *q, struct old_setup *s,
		   const struct bind_request *r, struct plan *files, struct plan *told,
		   struct error *e)
{
	struct str *before = xcalloc(s->n_files + 1, sizeof(*before));
	bool *given = note_given(q, s), changed = false;
	int err = 0;

	for (size_t i = 0; i < s->n_files; i++)
		str_set(&before[i], str_c(&s->files[i].text), s->files[i].text.len);
	edit_all(s, r, told);
	edit_cmdline(s, r);
	for (size_t i = 0; i < s->n_files; i++)
		changed |= !str_same(&before[i], &s->files[i].text);
	old_setup_find(q, s);
	if (changed)
		edit_softdeps(q, s, r, told);
	err = check_others(q, given, s, r, told, e);
	for (size_t i = 0; i < s->n_files; i++) {
		if (err >= 0)
			add_step(&s->files[i], &before[i], files);
		str_done(&before[i]);
	}
	free(before);
	free(given);
	return err;
}
