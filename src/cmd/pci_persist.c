/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pci_persist.h"

#include <errno.h>

#include "cmd/old_view.h"
#include "devices/take_over.h"

void lasting_done(struct lasting *l)
{
	persisted_done(&l->list);
	free(l->others);
	*l = (struct lasting){ 0 };
}

/* What a start script would run where there is no systemd. Only --driver=original gives
 * devices drivers that differ and that nobody chose. */
static char *command_of(const struct bind_request *r)
{
	struct str text = { 0 };
	bool differ = false;

	str_add(&text, "slicer pci bind");
	for (size_t i = 0; i < r->n; i++)
		str_addf(&text, " %s", r->v[i].d->address);
	for (size_t i = 1; i < r->n; i++)
		differ |= !driver_same(r->v[i].driver, r->v[0].driver);
	if (!r->v[0].is_chosen)
		driver_option(differ ? "original" : r->v[0].driver, &text);
	if (r->force)
		str_add(&text, " --force");
	return str_take(&text);
}

int lasting_prepare(const struct context *c, const struct pci_devices *all,
		    struct lasting *l, struct bind_request *r, struct error *e)
{
	CLEANUP(free_char) char *command = command_of(r);
	int err = persist_check_unit(c->host, command, e);

	if (err >= 0)
		err = persist_load(c->host, &l->list, e);
	if (err < 0)
		return err;
	persist_match(c->host, all, &l->list);
	l->others = xcalloc(l->list.n, sizeof(struct pci_device *));
	r->every_boot = true;
	r->others = l->others;
	r->n_others = persist_given_away(&l->list, l->others);
	return 0;
}

/* Does the plan change the file that this line of persisted_list.broken is about? */
static bool is_mended(const struct plan *p, const char *line)
{
	for (size_t i = 0; i < p->n; i++) {
		const char *path = p->v[i].path;

		if (path && str_starts(line, path) && line[strlen(path)] == ':')
			return true;
	}
	return false;
}

static void warn_of_broken(const struct lasting *l, struct move *m)
{
	for (size_t i = 0; i < l->list.broken.n; i++)
		if (!is_mended(&m->files, l->list.broken.v[i]))
			plan_warn(&m->drivers, "%s", l->list.broken.v[i]);
}

/* --take-over does not go with a driver that was named. */
static void warn_of(const struct old_statement *s, const struct bind_target *t,
		    struct move *m)
{
	CLEANUP(free_char) char *text = old_statement_tell(s);
	bool can_take = s->can_edit && t->is_chosen &&
			(s->source == OLD_IN_CMDLINE || take_over_is_ours(s->path));

	plan_warn(&m->drivers, "%s: %s, too%s", t->d->address, text,
		  can_take ? "; --take-over leaves it to slicer alone" : "");
}

/* Two that bind one device at boot may give it different drivers. */
static void warn_of_old(const struct context *c, const struct pci_devices *all,
			struct move *m)
{
	CLEANUP(old_view_done) struct old_view old = { 0 };

	old_view_load(c, all, NULL, &old);
	for (size_t i = 0; i < m->request.n; i++)
		for (size_t k = 0; k < old.setup.n; k++) {
			const struct old_statement *s = &old.setup.v[k];

			if (old_statement_takes(s, m->request.v[i].d) && !s->why_idle &&
			    s->kind != OLD_SOFTDEP && s->kind != OLD_BLACKLIST)
				warn_of(s, &m->request.v[i], m);
		}
}

/* --force is noted only where it overrules something that a boot looks at: not what ends
 * by itself until then. */
static bool needs_force(const struct context *c, const struct pci_devices *all,
			const struct bind_request *r)
{
	CLEANUP(mounts_done) struct mounts mounts = { 0 };
	CLEANUP(strv_done) struct strv warnings = { 0 };
	struct bind_request without = *r;

	if (!r->force)
		return false;
	without.force = false;
	without.later = true;
	mounts_load(c->host, &mounts, NULL);
	return bind_check(c->host, &mounts, all, &without, &warnings, NULL) < 0;
}

int lasting_plan(const struct context *c, const struct pci_devices *all,
		 const struct lasting *l, struct move *m, struct error *e)
{
	int err = persist_plan(c->host, all, &l->list, &m->request, m->request.early,
			       needs_force(c, all, &m->request), &m->files, e);

	warn_of_broken(l, m);
	if (!m->take_over)
		warn_of_old(c, all, m);
	return err;
}

/* ---- unbind ------------------------------------------------------------------------ */

static const struct persisted *by_address(const struct persisted_list *l,
					  struct pci_address at)
{
	for (size_t i = 0; i < l->n; i++)
		if (pci_address_compare(l->v[i].file.address, at) == 0)
			return &l->v[i];
	return NULL;
}

/* What is to be done about one address. */
struct choice {
	struct strv files; /* to be removed */
	struct strv devices; /* addresses of what is to be unbound */
};

static void choice_done(struct choice *ch)
{
	strv_done(&ch->files);
	strv_done(&ch->devices);
}

/* No file means the device at the address. One that has the address goes by itself: what
 * is there now is another device. Returns whether there is one. */
static bool choose_file(const struct context *c, const struct pci_devices *all,
			struct pci_address at, const struct lasting *l, struct choice *ch,
			struct plan *told)
{
	const struct persisted *p = by_address(&l->list, at);
	char address[PCI_ADDRESS_MAX];
	CLEANUP(free_char)
	char *path = xasprintf(PERSIST_DIR "/%s.conf", pci_address_format(at, address));
	CLEANUP(free_char) char *why = NULL;

	if (!p && !host_exists(c->host, path))
		return false;
	why = p ? persist_match_text(all, p) : xstrdup("it can't be used");
	plan_warn(told, "%s: only the file is removed: %s", p ? p->path : path, why);
	strv_add_unique(&ch->files, p ? p->path : path);
	return true;
}

static int choose_by(const struct context *c, const struct pci_devices *all,
		     const char *text, const struct lasting *l, struct choice *ch,
		     struct plan *told, struct error *e)
{
	const struct persisted *p = NULL;
	const struct pci_device *d;
	struct pci_address at;
	int err = pci_address_parse(text, &at, e);

	if (err < 0)
		return err;
	d = pci_find(all, at);
	if (d)
		p = persist_of(&l->list, d);
	if (p)
		strv_add_unique(&ch->files, p->path);
	else if (choose_file(c, all, at, l, ch, told))
		return 0;
	else
		plan_warn(told,
			  "%s is not bound at boot: no file in " PERSIST_DIR " means it",
			  text);
	/* One that is not there is told by whoever looks for it. */
	if (host_is_live(c->host))
		strv_add(&ch->devices, d ? d->address : text);
	return 0;
}

/* Each once, in the form that slicer prints. */
static void canonical(const struct strv *addresses, struct strv *ret)
{
	char address[PCI_ADDRESS_MAX];
	struct pci_address at;

	for (size_t i = 0; i < addresses->n; i++)
		if (pci_address_parse(addresses->v[i], &at, NULL) == 0)
			strv_add_unique(ret, pci_address_format(at, address));
}

/* The whole group of each address that has a device. */
static void add_groups(const struct pci_devices *all, struct strv *addresses)
{
	for (size_t i = 0, named = addresses->n; i < named; i++) {
		const struct pci_device **v = NULL;
		const struct pci_device *d;
		struct pci_address at;
		size_t n = 0;

		if (pci_address_parse(addresses->v[i], &at, NULL) < 0)
			continue;
		d = pci_find(all, at);
		if (d)
			n = group_endpoints(all, d, &v);
		for (size_t k = 0; k < n; k++)
			if (v[k] != d)
				strv_add_unique(addresses, v[k]->address);
		free(v);
	}
}

int lasting_choose(const struct context *c, const struct strv *addresses, bool group,
		   struct named_devices *devices, struct lasting *l, struct move *m,
		   struct error *e)
{
	CLEANUP(strv_done) struct strv named = { 0 }, none = { 0 };
	CLEANUP(choice_done) struct choice ch = { 0 };
	struct error no_bus = { 0 };
	int err = persist_load(c->host, &l->list, e);
	/* A disk that is not running has no devices, and files all the same. */
	int pci = err < 0 ? err : named_devices_load(c, &none, false, devices, &no_bus);

	if (err < 0)
		return err;
	if (pci < 0 && host_is_live(c->host)) {
		*e = no_bus;
		return pci;
	}
	persist_match(c->host, &devices->all, &l->list);
	canonical(addresses, &named);
	if (group)
		add_groups(&devices->all, &named);
	for (size_t i = 0; i < named.n && err >= 0; i++)
		err = choose_by(c, &devices->all, named.v[i], l, &ch, &m->drivers, e);
	if (err >= 0 && ch.files.n)
		err = persist_plan_removal(c->host, &ch.files, &m->files, e);
	/* One that has the address, too, would have it at the next boot. */
	warn_of_broken(l, m);
	return err < 0 ? err : named_devices_add(&ch.devices, false, devices, e);
}
