/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci restore: binds what /etc/slicer/devices.d lists. slicer-bind.service runs it at
 * boot: one device that can't be bound does not keep the others back. */
#include <errno.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "cmd/pci_restore.h"
#include "cmd/values.h"

/* One a second. */
#define ATTEMPTS 3

enum { RESTORE_DRY_RUN = 1, RESTORE_TIMEOUT };

static const struct option_spec options[] = {
	{ "dry-run", 0, NULL, "show what would be bound, change nothing", RESTORE_DRY_RUN,
	  NULL },
	{ "timeout", 0, "S", "how many seconds a driver may take (30)", RESTORE_TIMEOUT,
	  NULL },
	{ 0 },
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct restore_options *o = data;

	if (id == RESTORE_TIMEOUT)
		return option_seconds(value, &o->timeout_s, e);
	o->dry_run = true;
	return 0;
}

/* Ready for another attempt: what was bound is remembered. */
static void forget(struct restore *r)
{
	pci_devices_done(&r->all);
	persisted_done(&r->list);
	free(r->others);
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].driver);
	free(r->v);
	strv_done(&r->warnings);
	*r = (struct restore){ .c = r->c, .o = r->o, .moved = r->moved };
}

static void restore_done(struct restore *r)
{
	forget(r);
	strv_done(&r->moved);
}

/* ---- binding ----------------------------------------------------------------------- */

static int load(struct restore *r, struct error *e)
{
	CLEANUP(free_char)
	char *kernel = host_attr(r->c->host, "/proc/sys/kernel/osrelease");
	int err = persist_load(r->c->host, &r->list, e);

	if (err < 0 || !r->list.n)
		return err;
	err = pci_load(r->c->host, PCI_NAMES | PCI_DETAILS | PCI_MODULES | PCI_REGIONS,
		       kernel, &r->all, e);
	if (err < 0)
		return err;
	persist_match(r->c->host, &r->all, &r->list);
	r->others = xcalloc(r->list.n, sizeof(struct pci_device *));
	return 0;
}

static bool is_named(const struct persisted *p, const char *text)
{
	struct pci_address at;

	return pci_address_parse(text, &at, NULL) == 0 &&
	       (pci_address_compare(p->file.address, at) == 0 ||
		(p->device && pci_address_compare(p->device->at, at) == 0));
}

/* The file of that name may be there, and be of no use. */
static int refuse_unmeant(const struct restore *r, const char *text, struct error *e)
{
	char address[PCI_ADDRESS_MAX] = "";
	CLEANUP(free_char) char *start = NULL;
	struct pci_address at;

	if (pci_address_parse(text, &at, NULL) == 0)
		pci_address_format(at, address);
	start = xasprintf(PERSIST_DIR "/%s.conf:", address);
	error_set(e, ENOENT, "no file in " PERSIST_DIR " is about %s", address);
	error_hint(e, "sudo slicer pci bind %s --persist makes one", address);
	for (size_t i = 0; i < r->list.broken.n; i++) {
		if (!str_starts(r->list.broken.v[i], start))
			continue;
		error_set(e, EINVAL, "%s", r->list.broken.v[i]);
		error_hint(e, "sudo slicer pci bind %s --persist writes the file again",
			   address);
	}
	return -ENOENT;
}

/* Those that were named, or all. */
static int choose(struct restore *r, const struct strv *addresses, struct error *e)
{
	r->v = xcalloc(r->list.n, sizeof(*r->v));
	for (size_t i = 0; i < r->list.n; i++) {
		bool wanted = addresses->n == 0;

		for (size_t k = 0; k < addresses->n; k++)
			wanted |= is_named(&r->list.v[i], addresses->v[k]);
		if (wanted)
			r->v[r->n++] = (struct restored){ .p = &r->list.v[i] };
	}
	for (size_t k = 0; k < addresses->n; k++) {
		bool found = false;

		for (size_t i = 0; i < r->n; i++)
			found |= is_named(r->v[i].p, addresses->v[k]);
		if (found)
			continue;
		return refuse_unmeant(r, addresses->v[k], e);
	}
	return 0;
}

/* It has the driver already, and would be refused: what is done is told as it is. */
static int warn_of_bound(struct restore *r, struct restored *one)
{
	CLEANUP(free_char)
	char *text = xasprintf("it is bound all the same: %s", one->why.what);

	strv_add_unique(&r->warnings, text);
	one->why = (struct error){ 0 };
	return 0;
}

static int bind_one(struct restore *r, const struct bind_world *w, struct restored *one)
{
	CLEANUP(plan_done) struct plan plan = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	const struct pci_device *d = one->p->device;
	CLEANUP(bind_request_done)
	struct bind_request request = { .force = persist_is_forced(one->p),
					.every_boot = true,
					.others = r->others,
					.timeout_s = r->o->timeout_s };
	int err;

	persist_request(one->p, r->c->host, w->modules, &request);
	free(one->driver);
	one->driver = xstrdup(request.v[0].driver);
	request.n_others = persist_given_away(&r->list, r->others);
	err = bind_check_in(w, &request, &warnings, &one->why);
	/* Several devices may have one cause. */
	for (size_t i = 0; i < warnings.n; i++)
		strv_add_unique(&r->warnings, warnings.v[i]);
	if (err < 0 && persist_is_bound(one->p))
		return warn_of_bound(r, one);
	if (err < 0)
		persist_hint_force(one->p, &one->why);
	if (err >= 0)
		err = bind_plan(r->c->host, &request, &plan, &one->why);
	if (err < 0 || plan_is_empty(&plan))
		return err;
	if (!r->o->dry_run)
		err = bind_apply(r->c->host, &request, &plan, &one->why);
	if (err < 0)
		return err;
	one->changed = true;
	restore_tell_moved(r, d, one->driver);
	return 0;
}

/* What to do about a file that means no device. Its address may be that of a device which
 * another file means: that one would be unbound. */
static void hint_removal(struct restore *r, struct restored *one)
{
	const struct pci_device *there = pci_find(&r->all, one->p->file.address);
	CLEANUP(str_done) struct str path = { 0 };
	char address[PCI_ADDRESS_MAX];

	str_add_printable(&path, one->p->path, strlen(one->p->path));
	if (there && persist_of(&r->list, there))
		error_hint(&one->why,
			   "slicer pci list shows the devices; remove %s if it has no "
			   "use any more",
			   str_c(&path));
	else
		error_hint(&one->why,
			   "slicer pci list shows the devices; sudo slicer pci unbind "
			   "%s --persist removes the file",
			   pci_address_format(one->p->file.address, address));
}

static void bind_all(struct restore *r)
{
	CLEANUP(bind_world_done) struct bind_world w = { 0 };
	CLEANUP(mounts_done) struct mounts mounts = { 0 };

	mounts_load(r->c->host, &mounts, NULL);
	bind_world_load(r->c->host, &mounts, &r->all, &w);
	for (size_t i = 0; i < r->n && !r->o->dry_run; i++) {
		struct error why = { 0 };

		if (persist_note_twins(r->c->host, &r->all, r->v[i].p, &why) < 0)
			strv_addf(&r->warnings, "%s: %s", r->v[i].p->path, why.what);
	}
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char) char *why = NULL;

		if (r->v[i].p->device) {
			r->v[i].err = bind_one(r, &w, &r->v[i]);
			continue;
		}
		why = persist_match_text(&r->all, r->v[i].p);
		r->v[i].err = error_set(&r->v[i].why, ENODEV, "%s", why);
		hint_removal(r, &r->v[i]);
	}
}

/* ---- the verb ---------------------------------------------------------------------- */

/* At boot another slicer may be at work for a moment. */
static int wait_for_lock(const struct host *h, struct error *e)
{
	int lock = host_lock(h, e);

	for (int i = 0; lock == -EWOULDBLOCK && i < 30; i++) {
		sleep(1);
		lock = host_lock(h, e);
	}
	if (lock >= 0 && e)
		*e = (struct error){ 0 };
	return lock;
}

/* At boot programs come and go: udev's workers, alsactl, a driver that is just loaded. */
static bool is_worth_a_retry(const struct restore *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].err == -EBUSY)
			return true;
	return false;
}

static int attempt(struct restore *r, const struct strv *addresses, struct error *e)
{
	int err = load(r, e);

	if (err >= 0)
		err = choose(r, addresses, e);
	if (err >= 0 && r->n)
		bind_all(r);
	return err;
}

/* Returns the exit status. */
static int restore(struct restore *r, const struct strv *addresses, struct error *e)
{
	CLEANUP(close_fd) int lock = -1;

	if (!r->o->dry_run) {
		lock = wait_for_lock(r->c->host, e);
		if (lock < 0)
			return exit_of(e);
	}
	for (int i = 0;; i++) {
		if (attempt(r, addresses, e) < 0)
			return exit_of(e);
		if (i == ATTEMPTS - 1 || r->o->dry_run || !is_worth_a_retry(r))
			break;
		forget(r);
		sleep(1);
	}
	return restore_tell(r, e);
}

static int run(const struct command *cmd, struct context *c, int argc, char **argv,
	       struct error *e)
{
	CLEANUP(strv_done) struct strv addresses = { 0 };
	CLEANUP(restore_done) struct restore r = { 0 };
	struct restore_options o = { 0 };

	if (options_parse(cmd, argc, argv, take_option, &o, &addresses, e) < 0 ||
	    (addresses.n && addresses_check(cmd, &addresses, e) < 0))
		return exit_of(e);
	if (!o.dry_run && pci_check_may(c, cmd, false, e) < 0)
		return exit_of(e);
	r.c = c;
	r.o = &o;
	return restore(&r, &addresses, e);
}

static int run_restore(struct context *c, int argc, char **argv, struct error *e)
{
	return run(&command_pci_restore, c, argc, argv, e);
}

const struct command command_pci_restore = {
	.verb = "pci restore",
	.arguments = "[ADDR...]",
	.summary = "bind the devices that --persist binds at every boot",
	.description = "Binds the devices of \"pci bind --persist\" "
		       "(/etc/slicer/devices.d), or only those that are named. "
		       "slicer-bind.service runs this at every boot.\n\n"
		       "If a device cannot be bound, the others still are, and the "
		       "exit status is 4.",
	.options = options,
	.operands = &values_endpoint,
	.run = run_restore,
	.schema = "slicer.restore/1",
};
