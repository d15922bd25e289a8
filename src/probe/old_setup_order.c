/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All statements, which of them count, and words for them. */
#include "probe/modules.h"
#include "probe/old_setup.h"
#include "text/bindfile.h"

#define SLICERS_MODPROBE "/etc/modprobe.d/slicer-vfio.conf"

/* ---- driverctl --------------------------------------------------------------------- */

/* driverctl's load-override takes the whole file without the line ends after it. */
static void find_in_driverctl(const struct old_query *q, struct old_setup *s, size_t file)
{
	const struct old_file *f = &s->files[file];
	CLEANUP(free_char) char *driver = xstrdup(str_c(&f->text));
	struct old_statement *st;
	struct pci_address at;

	if (strlen(driver) != f->text.len)
		return;
	for (size_t n = strlen(driver); n && driver[n - 1] == '\n'; n--)
		driver[n - 1] = '\0';
	if (!bindfile_is_driver(driver) || strchr(driver, ' ') ||
	    pci_address_parse(path_base(f->path) + strlen("pci-"), &at, NULL) < 0)
		return;
	st = old_setup_add(s, OLD_DRIVERCTL, file, driver, strlen(driver));
	st->driver = take(driver);
	st->end = f->text.len;
	st->can_edit = true;
	if (pci_find(q->all, at))
		old_statement_take(st, pci_find(q->all, at));
	else
		strv_add(&st->idle, path_base(f->path) + strlen("pci-"));
}

/* ---- which of several counts ------------------------------------------------------- */

static bool same_module(const struct old_statement *a, const struct old_statement *b)
{
	return a->kind == b->kind && str_eq(a->driver, b->driver);
}

/* Of the values that a module gets for one parameter the last one counts. Those in lists
 * of modules go to a modprobe of their own. */
static void find_last_words(const struct old_query *q, struct old_setup *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct old_statement *st = &s->v[i];
		const struct old_statement *last = NULL;

		if ((st->kind != OLD_IDS && st->kind != OLD_HIDE) || st->why_idle ||
		    (st->source != OLD_IN_MODPROBE && st->source != OLD_IN_CMDLINE))
			continue;
		if (st->source == OLD_IN_MODPROBE && q->is_builtin &&
		    strcmp(st->driver, "vfio-pci") == 0) {
			st->is_unread = true;
			st->why_idle = xstrdup("vfio-pci is built into the kernel and "
					       "does not read modprobe.d");
			continue;
		}
		for (size_t k = i + 1; k < s->n; k++)
			if (same_module(st, &s->v[k]) &&
			    (s->v[k].source == OLD_IN_MODPROBE ||
			     s->v[k].source == OLD_IN_CMDLINE))
				last = &s->v[k];
		if (last) {
			CLEANUP(free_char) char *place = old_statement_place(last);

			st->why_idle = xasprintf("%s has the last word", place);
		}
	}
}

static bool is_given(const struct old_setup *s, const struct pci_device *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (old_statement_gives(&s->v[i]) && old_statement_takes(&s->v[i], d))
			return true;
	return false;
}

/* People have drivers blacklisted for many reasons: it is told only where it goes with
 * something that takes a device of the driver's. */
static void drop_others_blacklists(struct old_setup *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool keeps = s->v[i].kind != OLD_BLACKLIST;

		for (size_t k = 0; k < s->v[i].n && !keeps; k++)
			keeps = is_given(s, s->v[i].devices[k]);
		if (keeps)
			s->v[kept++] = s->v[i];
		else
			old_statement_done(&s->v[i]);
	}
	s->n = kept;
}

static void find_in_file(const struct old_query *q, struct old_setup *s, size_t file)
{
	switch (s->files[file].source) {
	case OLD_IN_MODPROBE:
		old_find_modprobe(q, s, file);
		break;
	case OLD_IN_MODULES:
		old_find_modules(q, s, file);
		break;
	case OLD_IN_UNREAD:
		old_find_unread(q, s, file);
		break;
	case OLD_IN_CMDLINE:
	case OLD_IN_RUNNING:
		old_find_cmdline(q, s, file);
		break;
	case OLD_IN_DRIVERCTL:
		find_in_driverctl(q, s, file);
		break;
	case OLD_IN_RULES:
		old_find_rules(q, s, file);
		break;
	case OLD_IN_PROGRAM:
		old_find_program(q, s, file);
		break;
	case OLD_IN_GENERATOR:
		break;
	}
}

void old_setup_find(const struct old_query *q, struct old_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		old_statement_done(&s->v[i]);
	s->n = 0;
	for (size_t i = 0; i < s->n_files; i++)
		find_in_file(q, s, i);
	for (size_t i = 0; i < s->n; i++)
		s->v[i].is_slicers |= str_eq(s->v[i].path, SLICERS_MODPROBE);
	find_last_words(q, s);
	old_find_unloaded(q, s);
	drop_others_blacklists(s);
}

void old_setup_load(const struct old_query *q, struct old_setup *ret)
{
	old_setup_read(q, ret);
	old_setup_find(q, ret);
}

/* ---- telling ----------------------------------------------------------------------- */

/* "none" is driverctl's word for a device that no driver is to have. */
bool old_statement_gives(const struct old_statement *s)
{
	if (s->why_idle)
		return false;
	switch (s->kind) {
	case OLD_IDS:
	case OLD_HIDE:
		return true;
	case OLD_DRIVERCTL:
	case OLD_UDEV:
		return driver_is_vfio(s->driver) || strcmp(s->driver, "none") == 0 ||
		       module_same_name(s->driver, "pci-stub") ||
		       module_same_name(s->driver, "xen-pciback");
	default:
		return false;
	}
}

char *old_statement_place(const struct old_statement *s)
{
	return s->line ? xasprintf("%s:%u", s->path, s->line) : xstrdup(s->path);
}

static char *tell(const struct old_statement *s)
{
	switch (s->kind) {
	case OLD_IDS:
	case OLD_HIDE:
		return xasprintf("%s gives it to %s",
				 s->source == OLD_IN_MODPROBE ? "modprobe.d"
				 : s->source == OLD_IN_MODULES
					 ? "a list of modules"
					 : "the kernel command line",
				 s->driver);
	case OLD_DRIVERCTL:
		return xasprintf("driverctl is told to bind it to %s",
				 strcmp(s->driver, "none") == 0 ? "no driver"
								: s->driver);
	case OLD_UDEV:
		return xasprintf("udev is told to bind it to %s", s->driver);
	case OLD_ALIAS:
		return xstrdup("modprobe.d has vfio-pci loaded for it");
	case OLD_SOFTDEP:
		return xasprintf("modprobe.d has vfio-pci loaded before %s", s->driver);
	case OLD_BLACKLIST:
		return xasprintf("modprobe.d keeps %s from being loaded for any device",
				 s->driver);
	case OLD_STRAY:
		return xstrdup("its ids stand where they do nothing");
	case OLD_PROGRAM:
		break;
	}
	return xstrdup("a command may bind it");
}

char *old_statement_tell(const struct old_statement *s)
{
	CLEANUP(free_char) char *place = old_statement_place(s);
	CLEANUP(free_char) char *what = tell(s);
	CLEANUP(free_char) char *why = NULL;

	if (s->why_idle)
		why = xasprintf("; no effect: %s", s->why_idle);
	else if (s->is_unloaded)
		why = xstrdup("; nothing was found that loads vfio-pci at boot");
	return xasprintf("%s (%s%s)%s", what, place, why ? why : "",
			 s->is_slicers ? ", by slicer" : "");
}
