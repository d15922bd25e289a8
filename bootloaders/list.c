/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of boot loaders, and which of them this host has, by evidence. */
#include "bootloaders/bootloader.h"

#include <errno.h>

#include "bootloaders/others.h"

const struct bootloader *const bootloaders[] = {
	&bootloader_systemd_boot,
	&bootloader_grub,
	NULL,
};

const struct bootloader *bootloader_find(const char *name)
{
	for (size_t i = 0; bootloaders[i]; i++)
		if (strcmp(bootloaders[i]->name, name) == 0)
			return bootloaders[i];
	return NULL;
}

/* One that was recognised: a supported loader, or one of the others. */
struct candidate {
	const struct bootloader *loader;
	const struct other_loader *other;
	struct boot_probe probe;
};

struct candidates {
	struct candidate *v;
	size_t n, cap;
};

static void candidates_done(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		boot_probe_done(&c->v[i].probe);
	free(c->v);
	*c = (struct candidates){ 0 };
}

/* Takes the probe's evidence over. */
static void candidates_add(struct candidates *c, const struct bootloader *loader,
			   const struct other_loader *other, struct boot_probe *probe)
{
	if (probe->match == BOOT_NO) {
		boot_probe_done(probe);
		return;
	}
	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n++] = (struct candidate){ loader, other, *probe };
	*probe = (struct boot_probe){ 0 };
}

static int refuse_other(const struct other_loader *o, const struct boot_probe *probe,
			const struct facts *f, struct error *e)
{
	CLEANUP(free_char) char *evidence = strv_join(&probe->evidence, "; ");
	CLEANUP(free_char) char *advice = other_loader_advice(o, f);

	error_set(e, EOPNOTSUPP, "slicer can't edit the boot menu of %s yet%s%s%s",
		  o->title, *evidence ? " (" : "", evidence, *evidence ? ")" : "");
	error_hint(e, "%s", advice);
	return -EOPNOTSUPP;
}

/* The tools that write the menu of another loader decide before anything else does. */
static int refuse_owners(const struct host *h, const struct facts *f, struct error *e)
{
	for (const struct other_loader *o = other_loaders; o->name; o++) {
		CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };

		if (!o->is_owner)
			continue;
		other_loader_probe(o, h, f, &probe);
		if (probe.match != BOOT_NO)
			return refuse_other(o, &probe, f, e);
	}
	return 0;
}

static int collect(const struct host *h, const struct facts *f, struct candidates *ret,
		   struct error *e)
{
	for (size_t i = 0; bootloaders[i]; i++) {
		CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };
		int r = bootloaders[i]->probe(h, f, &probe, e);

		if (r < 0)
			return r;
		candidates_add(ret, bootloaders[i], NULL, &probe);
	}
	for (const struct other_loader *o = other_loaders; o->name; o++) {
		CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };

		if (o->is_owner)
			continue;
		other_loader_probe(o, h, f, &probe);
		candidates_add(ret, NULL, o, &probe);
	}
	return 0;
}

static const char *candidate_name(const struct candidate *c)
{
	return c->loader ? c->loader->name : c->other->name;
}

/* Two names for one thing (limine-update writes Limine's configuration) are no ambiguity:
 * the first of the table, the more specific one, speaks for both. */
static bool is_same_family(const struct candidate *a, const struct candidate *b)
{
	const char *x = candidate_name(a), *y = candidate_name(b);

	return (str_starts(x, "limine") && str_starts(y, "limine")) ||
	       (strstr(x, "extlinux") && strstr(y, "extlinux"));
}

static int refuse_ambiguous(const struct candidates *c, enum boot_match match,
			    struct error *e)
{
	CLEANUP(strv_done) struct strv who = { 0 }, ways = { 0 };
	CLEANUP(free_char) char *names = NULL, *options = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct candidate *x = &c->v[i];
		CLEANUP(free_char) char *evidence = strv_join(&x->probe.evidence, ", ");

		if (x->probe.match != match)
			continue;
		strv_addf(&who, "%s (%s)", x->loader ? x->loader->title : x->other->title,
			  evidence);
		if (x->loader)
			strv_addf(&ways, "--bootloader %s", x->loader->name);
	}
	names = strv_join(&who, ", ");
	options = strv_join(&ways, " or ");
	error_set(e, EEXIST, "several boot loaders look %s: %s",
		  match == BOOT_BOOTED ? "active" : "installed", names);
	if (ways.n)
		error_hint(e, "say which one boots this host: %s", options);
	else
		error_hint(e, "none of them is one that slicer can edit yet");
	return -EEXIST;
}

/* The only candidate with that match: its index; c->n if there is none, SIZE_MAX if there
 * are several. */
static size_t only_one(const struct candidates *c, enum boot_match match)
{
	size_t found = c->n;

	for (size_t i = 0; i < c->n; i++) {
		if (c->v[i].probe.match != match)
			continue;
		if (found == c->n)
			found = i;
		else if (!is_same_family(&c->v[found], &c->v[i]))
			return SIZE_MAX;
	}
	return found;
}

static int refuse_none(const struct facts *f, struct error *e)
{
	error_set(e, ENOENT, "no boot loader was recognised");
	if (f->boot_partitions.esp_unmounted)
		error_hint(
			e,
			"an EFI system partition (%s) is not mounted: mount it, or say "
			"--bootloader NAME",
			f->boot_partitions.esp_unmounted);
	else
		error_hint(e,
			   "slicer edits GRUB and systemd-boot: --bootloader NAME says "
			   "which one it is");
	return -ENOENT;
}

/* No trace of the loader that was named, but one of another: writing files that nothing
 * reads would help nobody. */
static int refuse_absent(const struct host *h, const struct facts *f,
			 const struct bootloader *named, struct error *e)
{
	CLEANUP(candidates_done) struct candidates found = { 0 };
	CLEANUP(free_char) char *evidence = NULL;
	const struct candidate *c;
	int r = collect(h, f, &found, e);

	if (r < 0 || !found.n)
		return r;
	c = &found.v[0];
	for (size_t i = 1; i < found.n; i++)
		if (found.v[i].probe.match > c->probe.match)
			c = &found.v[i];
	evidence = strv_join(&c->probe.evidence, "; ");
	error_set(e, ENOENT, "there is no %s on this host; detected was %s (%s)",
		  named->title, c->loader ? c->loader->title : c->other->title, evidence);
	error_hint(e, "leave out --bootloader, or name the one that boots this host");
	return -ENOENT;
}

static int choose_named(const struct host *h, const struct facts *f, const char *name,
			const struct bootloader **ret, struct boot_probe *ret_probe,
			struct error *e)
{
	const struct bootloader *loader = bootloader_find(name);
	CLEANUP(boot_probe_done) struct boot_probe probe = { 0 };
	CLEANUP(strv_done) struct strv names = { 0 };
	CLEANUP(free_char) char *known = NULL;
	int r;

	for (const struct other_loader *o = other_loaders; !loader && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return refuse_other(o, &probe, f, e);
	if (!loader) {
		for (size_t i = 0; bootloaders[i]; i++)
			strv_add(&names, bootloaders[i]->name);
		known = strv_join(&names, ", ");
		error_usage(e, "unknown boot loader \"%s\"", name);
		error_hint(e, "known are: %s", known);
		return -EINVAL;
	}
	r = loader->probe(h, f, &probe, e);
	if (r == 0 && probe.match == BOOT_NO)
		r = refuse_absent(h, f, loader, e);
	if (r < 0)
		return r;
	*ret = loader;
	*ret_probe = probe;
	probe = (struct boot_probe){ 0 };
	boot_probe_add(ret_probe, ret_probe->match, "--bootloader %s", name);
	return 0;
}

static int take_candidate(struct candidate *c, const struct facts *f,
			  const struct bootloader **ret, struct boot_probe *ret_probe,
			  struct error *e)
{
	if (c->other)
		return refuse_other(c->other, &c->probe, f, e);
	*ret = c->loader;
	*ret_probe = c->probe;
	c->probe = (struct boot_probe){ 0 };
	return 0;
}

int bootloader_choose(const struct host *h, const struct facts *f, const char *name,
		      const struct bootloader **ret, struct boot_probe *ret_probe,
		      struct error *e)
{
	static const enum boot_match matches[] = { BOOT_BOOTED, BOOT_INSTALLED };
	CLEANUP(candidates_done) struct candidates found = { 0 };
	int r;

	if (name)
		return choose_named(h, f, name, ret, ret_probe, e);
	r = refuse_owners(h, f, e);
	if (r == 0)
		r = collect(h, f, &found, e);
	if (r < 0)
		return r;
	for (size_t m = 0; m < ARRAY_SIZE(matches); m++) {
		size_t i = only_one(&found, matches[m]);

		if (i == SIZE_MAX)
			return refuse_ambiguous(&found, matches[m], e);
		if (found.v && i < found.n)
			return take_candidate(&found.v[i], f, ret, ret_probe, e);
	}
	return refuse_none(f, e);
}
