/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/kernel/cmdline while something is taken back. */
#include "cmd/setup_kernel_cmdline.h"

#include <errno.h>

#include "bootloaders/systemd_boot.h"

/* A command line without what a loader or kernel-install puts there by itself. */
static void split_plain(const char *line, struct strv *ret)
{
	CLEANUP(strv_done) struct strv all = { 0 };

	cmdline_split(line, strlen(line), &all);
	boot_filter(&all, ret);
}

static bool has_all(const struct strv *params, const struct strv *of)
{
	for (size_t i = 0; i < of->n; i++)
		if (!cmdline_has(params, of->v[i]))
			return false;
	return true;
}

/* Does the kernel run with these parameters, as far as entries have them? */
static bool runs_with(const struct setup *s, const struct strv *params)
{
	CLEANUP(strv_done) struct strv running = { 0 };

	split_plain(s->facts.cmdline, &running);
	return has_all(&running, params) && has_all(params, &running);
}

/*
 * Without /etc/kernel/cmdline, kernel-install takes the running kernel's command line
 * (90-loaderentry.install). Where that is not what the file says without slicer's
 * parameters (it has them still, or was typed into the menu for one boot: a rescue
 * system), or can't be read, a file that slicer made has to stay.
 */
const char *kernel_cmdline_to_keep(const struct setup *s, const struct undo *u)
{
	CLEANUP(strv_done) struct strv all = { 0 }, then = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	int err;

	/* The file itself: without an entry of kernel-install's the loader takes it for
	 * nothing. */
	err = host_read(s->c->host, KERNEL_CMDLINE, HOST_MAX_CONFIG, &text, NULL);
	if (err == -ENOENT)
		return NULL;
	if (err < 0 || !s->facts.cmdline)
		return KERNEL_CMDLINE;
	sdboot_cmdline_params(&text, &all);
	boot_filter(&all, &then);
	edit_apply_params(&u->edit, &then);
	return runs_with(s, &then) ? NULL : KERNEL_CMDLINE;
}

/* What the runs had in the file while programs made what was before; NULL: nothing. */
static const struct str *plain_cmdline(const struct records *rs)
{
	for (size_t i = rs->n; i-- > 0;)
		for (size_t k = 0; rs->v[i].chosen && k < rs->v[i].n; k++)
			if (str_eq(rs->v[i].steps[k].path, KERNEL_CMDLINE) &&
			    rs->v[i].steps[k].for_programs.len)
				return &rs->v[i].steps[k].for_programs;
	return NULL;
}

/*
 * The file that slicer made is gone already, and programs are to run: they, and hooks
 * that they call, would take the running command line, and in a trial boot that is the
 * trial's. So the file comes back without slicer's parameters, and stays.
 */
void kernel_cmdline_add(struct setup *s, const struct undo *u)
{
	const struct str *plain = plain_cmdline(&u->records), none = { 0 };
	CLEANUP(strv_done) struct strv all = { 0 }, params = { 0 };

	if (!plain || !plan_runs_again(&s->plan) ||
	    host_exists(s->c->host, KERNEL_CMDLINE))
		return;
	sdboot_cmdline_params(plain, &all);
	boot_filter(&all, &params);
	if (s->facts.cmdline && runs_with(s, &params))
		return;
	plan_replace(&s->plan, KERNEL_CMDLINE, false, &none, plain, 0644,
		     "kernel-install would take the running command line in its place");
	plan_warn(&s->plan, "after a boot with what " KERNEL_CMDLINE
			    " says, slicer setup-iommu --undo removes it");
	plan_order(&s->plan);
}

/* Follows what the runs did to a file that slicer made: ours while each one found what
 * the one before it left. */
struct made_file {
	const struct str *left; /* what the last of them left; NULL: none of ours */
	bool by_undo;
};

static void follow(struct made_file *m, const struct record *r,
		   const struct record_step *step)
{
	bool ours = !step->existed || (m->left && str_same(m->left, &step->before));

	m->left = step->kind == STEP_REPLACE && ours ? &step->after : NULL;
	m->by_undo = r->kind == RUN_UNDO;
}

/* Did slicer make the file, and an undo only take the parameters out of it? Returns what
 * it left there; NULL: no. Runs that did nothing to the file, or took back what they did,
 * don't matter, whenever they were. */
static const struct str *kept_by_undo(const struct records *rs, const char *path)
{
	struct made_file m = { 0 };

	for (size_t i = 0; i < rs->n; i++)
		for (size_t k = 0; rs->v[i].state != RUN_ROLLED_BACK && k < rs->v[i].n;
		     k++)
			if (str_eq(rs->v[i].steps[k].path, path))
				follow(&m, &rs->v[i], &rs->v[i].steps[k]);
	return m.by_undo ? m.left : NULL;
}

/* A file that had to stay goes once the running command line is what it says: then
 * kernel-install takes the same without it. One that was changed since is somebody's. */
void kernel_cmdline_plan_kept(struct setup *s, const struct undo *u)
{
	const struct str *left = kept_by_undo(&u->records, KERNEL_CMDLINE);
	CLEANUP(str_done) struct str now = { 0 };

	if (!left || kernel_cmdline_to_keep(s, u) ||
	    host_read(s->c->host, KERNEL_CMDLINE, HOST_MAX_CONFIG, &now, NULL) < 0 ||
	    !str_same(&now, left))
		return;
	plan_remove(&s->plan, KERNEL_CMDLINE, &now,
		    "slicer made it, and the running command line is what it says");
}
