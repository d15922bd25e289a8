/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executing a bind. drivers_probe succeeds also when no driver took the device
 * (drivers/base/bus.c drivers_probe_store()), so the driver link is what counts. Every
 * write has a deadline: a driver's unbind may never come back, and then holds the
 * device's lock, on which writes to driver_override wait too.
 */
#include "devices/bind.h"
#include "devices/original.h"

#include <errno.h>

#include "host/signals.h"

#define BUS "/sys/bus/pci"
#define OVERRIDE_TIMEOUT_MS 5000

static unsigned timeout_ms(const struct bind_request *r)
{
	return (r->timeout_s ? r->timeout_s : 30) * 1000;
}

/* The device that a step is about: its address is in the path or is what gets written. */
static size_t device_of(const struct bind_request *r, const struct step *s)
{
	for (size_t i = 0; i < r->n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf(BUS "/devices/%s/", r->v[i].d->address);

		if (str_starts(s->path, dir) ||
		    strcmp(str_c(&s->after), r->v[i].d->address) == 0)
			return i;
	}
	return r->n;
}

static bool is_probe(const struct step *s)
{
	return str_ends(s->path, "/drivers_probe") || str_ends(s->path, "/bind");
}

static int not_bound(const struct bind_target *t, const char *now, struct error *e)
{
	const char *address = t->d->address;

	if (now)
		error_set(e, EBUSY, "%s went to %s, not to %s", address, now, t->driver);
	else
		error_set(e, ENODEV, "%s did not take %s", t->driver, address);
	error_hint(e, "the kernel log says why: sudo dmesg | tail%s",
		   bind_is_variant(t)
			   ? "\nwith --driver=vfio-pci it goes to the driver for all "
			     "devices"
			   : "");
	return now ? -EBUSY : -ENODEV;
}

/* Loading the module may have bound the device already: then there is nothing left to
 * probe, and the driver's bind file would refuse. */
static int probe(const struct bind_io *io, const struct bind_request *r,
		 const struct bind_target *t, const struct step *s, struct error *e)
{
	CLEANUP(free_char) char *before = io->driver(io->data, t->d->address);
	CLEANUP(free_char) char *now = NULL;
	int err;

	if (driver_same(before, t->driver))
		return 0;
	err = io->write(io->data, s->path, str_c(&s->after), timeout_ms(r), e);
	if (err < 0) {
		error_prefix(e, "%s did not take %s", t->driver, t->d->address);
		if (err == -ENODEV)
			error_hint(e,
				   "is %s a driver for this device? \"slicer pci list "
				   "--json\" names the modules that know it",
				   t->driver);
		return err;
	}
	now = io->driver(io->data, t->d->address);
	return driver_same(now, t->driver) ? 0 : not_bound(t, now, e);
}

static int do_step(const struct bind_io *io, const struct bind_request *r,
		   const struct bind_target *t, const struct step *s, struct error *e)
{
	bool is_override = str_ends(s->path, "/driver_override");
	int err;

	if (is_probe(s))
		return probe(io, r, t, s, e);
	err = io->write(io->data, s->path, str_c(&s->after),
			is_override ? OVERRIDE_TIMEOUT_MS : timeout_ms(r), e);
	if (err < 0)
		error_prefix(e, "%s of %s",
			     is_override ? "setting the driver_override" : "the unbind",
			     t->d->address);
	return err;
}

/* What is asked for is what is there, for every device, after the last step. */
static int verify(const struct bind_io *io, const struct bind_request *r, struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];
		const char *address = t->d->address;
		CLEANUP(free_char) char *now = io->driver(io->data, address);
		CLEANUP(free_char) char *override = NULL;

		if (!driver_same(now, t->driver))
			return t->driver
				       ? not_bound(t, now, e)
				       : error_set(e, EBUSY, "%s still has the driver %s",
						   address, now);
		override = t->driver ? NULL : io->override(io->data, address);
		if (override)
			return error_set(e, EBUSY,
					 "the driver_override of %s is still %s", address,
					 override);
	}
	return 0;
}

/* Gives a device its former override and driver. Returns true if the kernel says it has.
 */
static bool restore(const struct bind_io *io, const struct bind_request *r,
		    const struct pci_device *d)
{
	CLEANUP(free_char) char *now = io->driver(io->data, d->address);
	CLEANUP(free_char) char *then = NULL;
	CLEANUP(free_char) char *override = NULL;
	char path[256];

	snprintf(path, sizeof(path), BUS "/devices/%s/driver_override", d->address);
	/* A hung driver holds the device's lock: then nothing below can work either. */
	if (io->write(io->data, path, d->driver_override ? d->driver_override : "\n",
		      OVERRIDE_TIMEOUT_MS, NULL) == -ETIMEDOUT)
		return false;
	if (now && !driver_same(now, d->driver)) {
		snprintf(path, sizeof(path), BUS "/drivers/%s/unbind", now);
		if (io->write(io->data, path, d->address, timeout_ms(r), NULL) ==
		    -ETIMEDOUT)
			return false;
	}
	if (d->driver && !driver_same(now, d->driver)) {
		snprintf(path, sizeof(path), BUS "/drivers/%s/bind", d->driver);
		io->write(io->data, path, d->address, timeout_ms(r), NULL);
	}
	then = io->driver(io->data, d->address);
	override = io->override(io->data, d->address);
	return driver_same(then, d->driver) && driver_same(override, d->driver_override);
}

static void add_text(struct error *e, const char *text)
{
	size_t n = strlen(e->what);

	snprintf(e->what + n, sizeof(e->what) - n, "%s", text);
}

/* In reverse order. The error says what each device has now that is not as before. */
static void give_back(const struct bind_io *io, const struct bind_request *r,
		      const bool *touched, struct error *e)
{
	CLEANUP(str_done) struct str left = { 0 };
	CLEANUP(str_done) struct str hint = { 0 };

	for (size_t i = r->n; i-- > 0;) {
		const struct pci_device *d = r->v[i].d;
		CLEANUP(free_char) char *now = NULL;
		CLEANUP(free_char) char *command = NULL;

		if (!touched[i] || restore(io, r, d))
			continue;
		now = io->driver(io->data, d->address);
		str_addf(&left, "%s%s has %s%s now, before it had %s",
			 left.len ? ", " : "; not as before: ", d->address,
			 now ? "the driver " : "no driver", now ? now : "",
			 d->driver ? d->driver : "none");
		if (!d->driver)
			continue;
		command = driver_command(d, d->driver);
		str_addf(&hint, "%s%s", hint.len ? "; " : "", command);
	}
	if (!e)
		return;
	e->code = ERROR_FAILED;
	e->rolled_back = !left.len;
	add_text(e, left.len ? str_c(&left) : "; every device is as it was before");
	if (left.len)
		error_hint(e, "%s%sor reboot: that gives every device its own driver",
			   str_c(&hint), hint.len ? "; " : "");
}

/* Before anything is unbound: modprobe ends well also when the module that it loaded has
 * no driver of that name. */
static int check_loaded(const struct bind_io *io, const struct bind_request *r,
			struct error *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bind_target *t = &r->v[i];

		if (!t->driver || driver_same(t->d->driver, t->driver) ||
		    io->is_registered(io->data, t->driver))
			continue;
		error_set(e, ENOENT,
			  "the running kernel has no driver %s, also after loading what "
			  "could hold it",
			  t->driver);
		error_hint(e, "ls " BUS "/drivers shows the drivers there are");
		return -ENOENT;
	}
	return 0;
}

static int do_steps(const struct bind_io *io, const struct bind_request *r,
		    const struct plan *p, bool *touched, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < p->n && err == 0; i++) {
		const struct step *s = &p->v[i];
		bool last_program = i + 1 == p->n || p->v[i + 1].kind != STEP_RUN;
		size_t k;

		if (s->kind == STEP_RUN) {
			err = io->run(io->data, s, e);
			if (err == 0 && last_program)
				err = check_loaded(io, r, e);
			continue;
		}
		k = s->kind == STEP_SYSFS ? device_of(r, s) : r->n;
		if (k == r->n)
			return error_set(e, EINVAL,
					 "a step about no device of the plan: %s",
					 s->path);
		if (signals_pending())
			return error_set(e, EINTR, "interrupted");
		touched[k] = true;
		err = do_step(io, r, &r->v[k], s, e);
	}
	return err < 0 ? err : verify(io, r, e);
}

int bind_execute(const struct bind_io *io, const struct bind_request *r,
		 const struct plan *p, struct error *e)
{
	bool *touched = xcalloc(r->n, sizeof(*touched)), any = false;
	struct signal_hold hold;
	int err;

	/* Ctrl-C and a lost connection must not leave a device without a driver. */
	signals_hold(&hold);
	err = do_steps(io, r, p, touched, e);
	signals_drop();

	for (size_t i = 0; i < r->n; i++)
		any |= touched[i];
	/* A module that could not be loaded changed no device: that is a refusal. */
	if (err < 0 && any)
		give_back(io, r, touched, e);
	signals_release(&hold);
	free(touched);
	return err;
}

struct live {
	const struct host *h;
};

static int host_write(void *data, const char *path, const char *text, unsigned timeout,
		      struct error *e)
{
	const struct live *live = data;

	return host_sysfs_write(live->h, path, text, strlen(text), timeout, e);
}

static int host_run_step(void *data, const struct step *s, struct error *e)
{
	const struct live *live = data;
	struct run run = { .argv = (const char *const *)s->argv.v,
			   .timeout_s = s->timeout_s,
			   .log_fd = -1 };

	return host_run(live->h, &run, e);
}

static bool host_is_registered(void *data, const char *driver)
{
	const struct live *live = data;

	return driver_is_registered(live->h, driver);
}

static char *host_driver(void *data, const char *address)
{
	const struct live *live = data;
	CLEANUP(free_char) char *path = xasprintf(BUS "/devices/%s/driver", address);

	return host_link_base(live->h, path);
}

static char *host_override(void *data, const char *address)
{
	const struct live *live = data;
	CLEANUP(free_char)
	char *path = xasprintf(BUS "/devices/%s/driver_override", address);
	char *text = host_attr(live->h, path);

	if (text && (!*text || strcmp(text, "(null)") == 0)) {
		free(text);
		return NULL;
	}
	return text;
}

int bind_apply(const struct host *h, const struct bind_request *r, const struct plan *p,
	       struct error *e)
{
	struct live live = { h };
	struct bind_io io = { .data = &live,
			      .write = host_write,
			      .run = host_run_step,
			      .is_registered = host_is_registered,
			      .driver = host_driver,
			      .override = host_override };
	int err;

	original_remember(h, r);
	err = bind_execute(&io, r, p, e);
	/* One that is left without its driver has to be given back by its note. */
	if (err >= 0 || !e || e->code != ERROR_FAILED || e->rolled_back)
		original_forget(h, r, err >= 0);
	return err;
}
