/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/setup_guard.h"

#include <errno.h>

#include "cmd/setup_room.h"
#include "host/locks.h"
#include "policy/judge.h"
#include "policy/next_boot.h"
#include "policy/seals.h"
#include "probe/package_lock.h"

/* What --force overrules is said as a warning instead. */
static int overrule(struct setup *s, int err, const struct error *why, struct error *e)
{
	if (err >= 0)
		return 0;
	if (s->o->force) {
		plan_warn(&s->plan, "--force: %s", why->what);
		return 0;
	}
	if (e)
		*e = *why;
	return err;
}

/*
 * A boot partition that is not the one the loader reads; as doctor judges, by what the
 * running kernel shows. Taking back is right wherever the files are: that is only warned
 * about.
 */
static int check_elsewhere(struct setup *s, struct error *e)
{
	/* What any set-up wants, without this one's --param. */
	const struct wish w = { .vendor = s->wish.vendor };
	const struct strv none = { 0 };
	CLEANUP(wanted_done) struct wanted usual = { 0 };
	struct diagnosis d = { .facts = &s->facts, .boot = &s->boot };

	if (wanted_make(&w, &none, &usual, NULL) == 0)
		d.wanted = &usual;
	if (!next_boot_is_elsewhere(&d))
		return 0;
	if (s->kind == RUN_UNDO || s->kind == RUN_END) {
		plan_warn(&s->plan, "%s", s->boot.elsewhere.what);
		return 0;
	}
	*e = s->boot.elsewhere;
	return -ENOTSUP;
}

/* Nothing to change, and yet the next boot will be without it: not left unsaid. */
static void note_elsewhere(struct setup *s)
{
	struct error why = { 0 };
	CLEANUP(strv_done) struct strv lines = { 0 };
	CLEANUP(str_done) struct str hint = { 0 };

	if (s->kind != RUN_SETUP || check_elsewhere(s, &why) == 0)
		return;
	plan_next(&s->plan, "%s", why.what);
	/* Nothing is to be changed that --force would change. */
	strv_split(&lines, why.hint, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (!str_starts(lines.v[i], "--force"))
			str_addf(&hint, "%s%s", hint.len ? "\n" : "", lines.v[i]);
	plan_next(&s->plan, "%s", str_c(&hint));
}

static void name_holder(const struct package_lock *lock, struct str *ret)
{
	if (lock->name)
		str_addf(ret, "%s, process %d", lock->name, (int)lock->pid);
	else if (lock->pid)
		str_addf(ret, "process %d", (int)lock->pid);
	else
		str_add(ret, lock->manager);
}

/* Not even --force: its hooks would write the same files at the same time. */
static int refuse_package_manager(const struct package_lock *lock, struct error *e)
{
	CLEANUP(str_done) struct str who = { 0 };

	name_holder(lock, &who);
	error_set(e, EBUSY, "%s is at work here (%s): its hooks write the boot menu, too",
		  lock->manager, str_c(&who));
	error_at(e, lock->path, 0);
	if (lock->is_file)
		error_hint(
			e,
			"wait until it has finished; if %s is not running, it left the "
			"file behind: remove it",
			lock->manager);
	else
		error_hint(e, "wait until it has finished, then try again");
	return -EBUSY;
}

static int check_package_manager(const struct setup *s, struct error *e)
{
	CLEANUP(package_lock_done) struct package_lock lock = { 0 };

	package_lock_find(s->c->host, &lock);
	return lock.manager ? refuse_package_manager(&lock, e) : 0;
}

/*
 * Only dpkg's lock for front ends is held: what a plan runs does not ask for it, while
 * rpm's would lock out the plugins of kernel-install that query packages, and pacman's is
 * a file that would stay behind if slicer were killed.
 */
int setup_hold(const struct setup *s, int *ret_fd, struct error *e)
{
	int err = check_package_manager(s, e);
	int fd;

	if (err < 0)
		return err;
	fd = host_take_lock(s->c->host, DPKG_FRONTEND_LOCK);
	if (fd == -EAGAIN) {
		const struct package_lock lock = { .manager = "dpkg",
						   .path = DPKG_FRONTEND_LOCK };

		return refuse_package_manager(&lock, e);
	}
	if (fd >= 0)
		*ret_fd = fd;
	return 0;
}

/* A reboot that asks for a passphrase where nobody sits is an outage. */
static void warn_seals(struct setup *s)
{
	const struct seal_facts *f = &s->facts.seals;

	for (size_t i = 0; i < f->n; i++) {
		CLEANUP(free_char) char *text = seal_describe(&f->v[i]);
		CLEANUP(free_char) char *remedy = seal_remedy(&f->v[i]);

		if (seal_is_at_risk(&f->v[i].seal))
			plan_warn(&s->plan, "%s", text);
		else
			plan_next(&s->plan, "%s", text);
		/* After a trial boot the old command line comes back, and its key with
		 * it. */
		if (remedy && s->kind != RUN_TRIAL)
			plan_next(&s->plan, "after the reboot, seal %s again: %s",
				  f->v[i].name, remedy);
	}
	for (size_t i = 0; i < f->unread.n; i++)
		plan_warn(&s->plan,
			  "it can't be told whether the TPM unlocks the disk %s",
			  f->unread.v[i]);
}

/* The parameters alone will not do: said before anybody says yes, and at the end. */
static void warn_firmware(struct setup *s)
{
	const char *setting = judge_firmware_setting(s->wish.vendor);

	if (s->facts.firmware.state != FIRMWARE_ABSENT || s->facts.iommu.active ||
	    s->facts.platform.virtualized == TRI_YES)
		return;
	plan_warn(
		&s->plan,
		"the firmware offers no IOMMU (there is no DMAR or IVRS table): without "
		"it the parameters have no effect; enable %s in the firmware set-up",
		setting);
	plan_next(&s->plan, "at the reboot, enable %s in the firmware set-up", setting);
}

int setup_guard(struct setup *s, struct error *e)
{
	struct error why = { 0 };
	int err;

	if (plan_is_empty(&s->plan)) {
		note_elsewhere(s);
		return 0;
	}
	if (s->kind != RUN_END)
		warn_seals(s);
	if (s->kind == RUN_SETUP || s->kind == RUN_TRIAL)
		warn_firmware(s);
	err = check_package_manager(s, e);
	if (err >= 0)
		err = overrule(s, check_elsewhere(s, &why), &why, e);
	if (err >= 0)
		err = overrule(s, setup_room(s, &why), &why, e);
	return err;
}
