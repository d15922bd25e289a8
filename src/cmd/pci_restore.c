/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci restore: binds what /etc/slicer/devices.d lists. slicer-bind.service runs it at
 * boot: one device that can't be bound does not keep the others back. */
#include <errno.h>
#include <unistd.h>

#include "cmd/devices.h"
#include "cmd/pci_persist.h"
#include "report/advice.h"

/* One a second. */
#define ATTEMPTS 3

enum { RESTORE_DRY_RUN = 1, RESTORE_TIMEOUT };

static const struct option_spec options[] = {
	{ "dry-run", 0, NULL, "show what would be bound, change nothing",
	  RESTORE_DRY_RUN },
	{ "timeout", 0, "S", "seconds that a driver has to answer (30)",
	  RESTORE_TIMEOUT },
	{ 0 },
};

struct restore_options {
	bool dry_run;
	unsigned timeout_s;
};

static int take_option(void *data, int id, const char *value, struct error *e)
{
	struct restore_options *o = data;

	if (id == RESTORE_TIMEOUT)
		return pci_timeout(value, &o->timeout_s, e);
	o->dry_run = true;
	return 0;
}

/* What became of one file. */
struct restored {
	const struct persisted *p;
	bool changed; /* it has been bound now, or would be */
	int err; /* negative errno: it could not be bound */
	struct error why; /* of err */
};
struct restore {
	const struct context *c;
	const struct restore_options *o;
	struct pci_devices all;
	struct persisted_list list;
	const struct pci_device **others; /* for struct bind_request */
	struct restored *v;
	size_t n;
	struct strv warnings;
	struct strv moved; /* addresses of what has been bound, in any attempt */
};

/* Ready for another attempt: what was bound is remembered. */
static void forget(struct restore *r)
{
	pci_devices_done(&r->all);
	persisted_done(&r->list);
	free(r->others);
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
		error_set(e, ENOENT, "no file in " PERSIST_DIR " is about %s",
			  addresses->v[k]);
		error_hint(e, "sudo slicer pci bind %s --persist makes one",
			   addresses->v[k]);
		return -ENOENT;
	}
	return 0;
}

/* Told at once: the next device may take a while. */
static void tell_moved(struct restore *r, const struct pci_device *d, const char *driver)
{
	if (!r->o->dry_run)
		strv_add(&r->moved, d->address);
	if (r->c->out.json || r->c->out.quiet)
		return;
	fprintf(r->c->out.out, "%s: %s%s -> %s\n", d->address,
		r->o->dry_run ? "would be bound, " : "",
		d->driver ? d->driver : "no driver", driver);
	fflush(r->c->out.out);
}

static int bind_one(struct restore *r, const struct bind_world *w, struct restored *one)
{
	CLEANUP(plan_done) struct plan plan = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	const struct pci_device *d = one->p->device;
	struct bind_request request = { .v = &d,
					.n = 1,
					.driver = persist_driver(one->p),
					.force = one->p->file.force,
					.every_boot = true,
					.others = r->others,
					.timeout_s = r->o->timeout_s };
	int err;

	request.n_others = persist_given_away(&r->list, r->others);
	err = bind_check_in(w, &request, &warnings, &one->why);
	/* Several devices may have one cause. */
	for (size_t i = 0; i < warnings.n; i++)
		strv_add_unique(&r->warnings, warnings.v[i]);
	if (err >= 0)
		err = bind_plan(r->c->host, &request, &plan, &one->why);
	if (err < 0 || plan_is_empty(&plan))
		return err;
	if (!r->o->dry_run)
		err = bind_apply(r->c->host, &request, &plan, &one->why);
	if (err < 0)
		return err;
	one->changed = true;
	tell_moved(r, d, request.driver);
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

/* ---- telling ----------------------------------------------------------------------- */

static const char *address_of(const struct restored *one, char buf[PCI_ADDRESS_MAX])
{
	return pci_address_format(one->p->device ? one->p->device->at
						 : one->p->file.address,
				  buf);
}

static void print_one(const struct restore *r, const struct restored *one)
{
	const struct output *o = &r->c->out;
	CLEANUP(str_done) struct str what = { 0 };
	char address[PCI_ADDRESS_MAX], before[PCI_ADDRESS_MAX];

	address_of(one, address);
	if (one->err < 0) {
		str_add_printable(&what, one->why.what, strlen(one->why.what));
		fprintf(o->err, "%s%s:%s not bound: %s\n",
			paint_on(o->color_err, PAINT_BAD), address,
			paint_off(o->color_err), str_c(&what));
		return;
	}
	if (o->quiet)
		return;
	if (one->p->match == PERSIST_MOVED)
		fprintf(o->out, "%s: moved here from %s\n", address,
			pci_address_format(one->p->file.address, before));
	if (!one->changed && !strv_has(&r->moved, address))
		fprintf(o->out, "%s: has %s already, nothing to do\n", address,
			persist_driver(one->p));
}

static json_t *json_one(const struct restore *r, const struct restored *one)
{
	static const char *const names[] = {
		[PERSIST_HERE] = "here",       [PERSIST_MOVED] = "moved",
		[PERSIST_GONE] = "gone",       [PERSIST_OTHER] = "other",
		[PERSIST_UNCLEAR] = "unclear",
	};
	char address[PCI_ADDRESS_MAX];
	json_t *j = json_object();
	bool is_bound = one->err >= 0 && !(r->o->dry_run && one->changed);

	json_object_set_new(j, "file", json_text(one->p->path));
	json_object_set_new(j, "address", json_text(address_of(one, address)));
	json_object_set_new(j, "match", json_text(names[one->p->match]));
	json_object_set_new(j, "driver", json_text(persist_driver(one->p)));
	json_object_set_new(j, "bound", json_boolean(is_bound));
	json_object_set_new(j, "changed",
			    json_boolean(one->changed || strv_has(&r->moved, address)));
	json_object_set_new(j, "error",
			    one->err < 0 ? json_error(r->c->root, &one->why)
					 : json_null());
	return j;
}

static int print_json(const struct restore *r, const struct error *failed,
		      struct error *e)
{
	json_t *doc = json_document("slicer.restore/1"), *a = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(a, json_one(r, &r->v[i]));
	json_object_set_new(doc, "devices", a);
	json_object_set_new(doc, "broken", json_texts(&r->list.broken));
	json_object_set_new(doc, "warnings", json_advice(r->c->root, &r->warnings));
	if (failed->code)
		json_object_set_new(doc, "error", json_error(r->c->root, failed));
	return json_print(&r->c->out, doc, e);
}

static void print_text(const struct restore *r)
{
	const struct output *o = &r->c->out;

	for (size_t i = 0; i < r->warnings.n; i++) {
		CLEANUP(str_done) struct str safe = { 0 };

		str_add_printable(&safe, r->warnings.v[i], strlen(r->warnings.v[i]));
		fprintf(o->err, "%swarning:%s %s\n", paint_on(o->color_err, PAINT_WARN),
			paint_off(o->color_err), str_c(&safe));
	}
	for (size_t i = 0; i < r->list.broken.n; i++)
		fprintf(o->err, "%snot usable:%s %s\n", paint_on(o->color_err, PAINT_BAD),
			paint_off(o->color_err), r->list.broken.v[i]);
	for (size_t i = 0; i < r->n; i++)
		print_one(r, &r->v[i]);
	if (!r->n && !r->list.broken.n && !o->quiet)
		fprintf(o->out, "no device is bound at boot (" PERSIST_DIR ")\n");
}

/* What could not be done, in one error; its hint is that of the first. */
static void sum_up(const struct restore *r, struct error *ret)
{
	const struct restored *first = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].err >= 0)
			continue;
		first = first ? first : &r->v[i];
		failed++;
	}
	if (!failed && !r->list.broken.n)
		return;
	error_set(ret, EIO, "%zu of %zu devices bound, %zu not, %zu files not usable",
		  r->n - failed, r->n, failed, r->list.broken.n);
	if (first && first->why.hint[0])
		error_hint(ret, "%s", first->why.hint);
	else
		error_hint(ret, "what is said above; \"slicer pci bind ADDR --persist\" "
				"writes a file anew");
	ret->code = ERROR_FAILED;
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

static int tell(const struct restore *r, struct error *e)
{
	struct error failed = { 0 };

	sum_up(r, &failed);
	if (r->c->out.json)
		return print_json(r, &failed, e) < 0 ? exit_of(e) : (int)failed.code;
	print_text(r);
	*e = failed;
	return (int)failed.code;
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
	return tell(r, e);
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
	.summary = "bind what is to be bound at every boot",
	.description =
		"Binds the devices of /etc/slicer/devices.d, or those of them that are "
		"named.\n"
		"slicer-bind.service runs this at boot. A device that can't be bound "
		"doesn't keep\n"
		"the others back; the exit status is then 4.",
	.options = options,
	.run = run_restore,
	.schema = "slicer.restore/1",
};
