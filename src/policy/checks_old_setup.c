/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "devices": what gives devices to VFIO at boot beside "pci bind --persist". */
#include "policy/checks.h"

#define DEVICES "devices"
#define ID DEVICES ".old-setup"

static char *addresses_of(const struct old_statement *s)
{
	CLEANUP(strv_done) struct strv list = { 0 };

	for (size_t i = 0; i < s->n; i++)
		strv_add(&list, s->devices[i]->address);
	return list.n ? strv_join(&list, ", ") : xstrdup("no device of this host");
}

/* "/etc/modprobe.d/vfio.conf:3: options vfio-pci ids=...: 0000:0b:00.0, ..." */
static char *evidence_of(const struct old_statement *s)
{
	CLEANUP(free_char) char *place = old_statement_place(s);
	CLEANUP(free_char) char *list = addresses_of(s);

	return xasprintf("%s: %s: %s%s%s%s", place, s->text, list,
			 s->is_slicers ? " (slicer set it up)" : "",
			 s->why_idle ? "; no effect: " : "",
			 s->why_idle ? s->why_idle : "");
}

static struct check *add(struct checks *ret, size_t *n, enum check_status status,
			 const char *title, const char *evidence, const char *more)
{
	CLEANUP(free_char) char *id = xasprintf(ID ".%zu", ++*n);

	return check_add(ret, id, DEVICES, status, title, "%s%s%s", evidence,
			 more ? "; " : "", more ? more : "");
}

/* Devices of one model that an id takes together, of which the host has one. */
static char *twin_of(const struct old_statement *s)
{
	for (size_t i = 0; s->kind == OLD_IDS && i < s->n; i++)
		for (size_t k = 0; k < s->n; k++) {
			const struct pci_device *a = s->devices[i], *b = s->devices[k];

			if (a != b && a->vendor == b->vendor && a->device == b->device &&
			    b->driver && !driver_is_vfio(b->driver))
				return xasprintf("%s has the same id as %s, and has the "
						 "driver %s now",
						 b->address, a->address, b->driver);
		}
	return NULL;
}

/* What else gives the device away. NULL: nothing, or an earlier one has told it. */
static char *second_of(const struct diagnosis *d, size_t which)
{
	const struct old_statement *s = d->old[which].statement;

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = which + 1; k < d->n_old; k++) {
			const struct old_statement *other = d->old[k].statement;
			CLEANUP(free_char) char *place = old_statement_place(other);

			if (old_statement_gives(other) &&
			    old_statement_takes(other, s->devices[i]))
				return xasprintf("%s is named by %s, too",
						 s->devices[i]->address, place);
		}
		for (size_t k = 0; k < d->n_at_boot; k++)
			if (strcmp(d->at_boot[k].address, s->devices[i]->address) == 0)
				return xasprintf("%s is named by %s, too",
						 s->devices[i]->address,
						 d->at_boot[k].path);
	}
	return NULL;
}

/* Words that are no ids, though their start may read as one: "01:00.0", "[10de:1c03]". */
static bool has_no_ids(const struct strv *idle)
{
	for (size_t i = 0; i < idle->n; i++)
		if (idle->v[i][strspn(idle->v[i], "0123456789abcdefxABCDEFX: ")])
			return true;
	return false;
}

static void check_given(const struct diagnosis *d, size_t i, const char *evidence,
			struct checks *ret, size_t *n)
{
	const struct old_view_entry *v = &d->old[i];
	const struct old_statement *s = v->statement;
	CLEANUP(free_char) char *needed = strv_join(&v->needed, "; ");
	CLEANUP(free_char) char *twin = twin_of(s), *second = second_of(d, i);
	CLEANUP(free_char) char *idle = strv_join(&s->idle, ", ");
	CLEANUP(free_char) char *unknown = NULL;
	struct check *c;

	if (s->idle.n)
		unknown = xasprintf("no device here: %s", idle);
	if (v->needed.n)
		c = add(ret, n, CHECK_WARN,
			"at boot, VFIO is given a device that the host needs", evidence,
			needed);
	else if (twin)
		c = add(ret, n, CHECK_WARN,
			"at boot, VFIO is given all devices of a model", evidence, twin);
	else if (s->is_unloaded)
		c = add(ret, n, CHECK_WARN,
			"ids are given to vfio-pci, but nothing was found that loads it "
			"at boot",
			evidence, NULL);
	else if (second)
		c = add(ret, n, CHECK_WARN, "a device is bound at boot by two set-ups",
			evidence, second);
	else if (s->kind == OLD_IDS && has_no_ids(&s->idle))
		c = add(ret, n, CHECK_WARN,
			"an older set-up gives vfio-pci words that are no ids: an id is "
			"VENDOR:DEVICE, as in these columns of slicer pci list",
			evidence, s->n ? unknown : NULL);
	else if (s->idle.n)
		c = add(ret, n, CHECK_WARN,
			"an older set-up names devices that are not there: was a card "
			"exchanged?",
			evidence, s->n ? unknown : NULL);
	else if (!s->n)
		c = add(ret, n, CHECK_PASS, "an older set-up names no devices", evidence,
			NULL);
	else
		c = add(ret, n, CHECK_PASS,
			"an older set-up gives devices to VFIO at boot (pci bind "
			"--take-over moves "
			"it)",
			evidence, NULL);
	strv_copy(&c->fix, &v->next);
}

/* By another line that works, or by slicer itself. */
static bool is_given_by_another(const struct diagnosis *d, const struct pci_device *dev)
{
	for (size_t i = 0; i < d->n_old; i++) {
		const struct old_statement *s = d->old[i].statement;

		if (old_statement_gives(s) && !s->is_unloaded &&
		    old_statement_takes(s, dev))
			return true;
	}
	for (size_t i = 0; i < d->n_at_boot; i++)
		if (!strcmp(d->at_boot[i].address, dev->address))
			return true;
	return false;
}

/* Where something else gives all the devices away, a line that does nothing is no harm:
 * many a guide has one, and says the same in three files. */
static void check_idle(const struct diagnosis *d, size_t i, const char *evidence,
		       struct checks *ret, size_t *n)
{
	const struct old_statement *s = d->old[i].statement;
	bool is_harmless = s->n > 0;
	struct check *c;

	for (size_t k = 0; k < s->n; k++)
		is_harmless &= is_given_by_another(d, s->devices[k]);
	if (is_harmless) {
		add(ret, n, CHECK_PASS,
		    "a line that names devices for VFIO has no effect; something else "
		    "gives them to VFIO at boot",
		    evidence, NULL);
		return;
	}
	c = add(ret, n, CHECK_WARN, "what names devices for VFIO has no effect at boot",
		evidence, NULL);
	strv_copy(&c->fix, &d->old[i].next);
}

/* What the module does not read is kernel.vfio-ids, and what is only in this boot's
 * command line is gone with it. */
void checks_old_setup(const struct diagnosis *d, struct checks *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_old; i++) {
		const struct old_statement *s = d->old[i].statement;
		CLEANUP(free_char) char *evidence = evidence_of(s);

		if (old_statement_gives(s))
			check_given(d, i, evidence, ret, &n);
		else if (s->kind == OLD_PROGRAM)
			add(ret, &n, CHECK_PASS, "a program may bind devices at boot",
			    evidence, NULL);
		else if (s->why_idle && !s->is_unread && s->source != OLD_IN_RUNNING)
			check_idle(d, i, evidence, ret, &n);
	}
	if (!n && d->old_known)
		check_add(ret, ID, DEVICES, CHECK_PASS,
			  "no older set-up binds devices at boot", NULL)
			->minor = true;
}
