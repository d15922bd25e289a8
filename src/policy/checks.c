/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/checks.h"

#include <stdarg.h>

void checks_done(struct checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].id);
		free(c->v[i].title);
		free(c->v[i].evidence);
		strv_done(&c->v[i].fix);
	}
	free(c->v);
	*c = (struct checks){ 0 };
}

struct check *check_add(struct checks *c, const char *id, const char *group,
			enum check_status status, const char *title, const char *evidence,
			...)
{
	struct check *check;
	va_list ap;

	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	check = &c->v[c->n++];
	*check = (struct check){
		.id = xstrdup(id),
		.group = group,
		.status = status,
		.title = xstrdup(title),
	};
	if (!evidence)
		return check;
	va_start(ap, evidence);
	check->evidence = xvasprintf(evidence, ap);
	va_end(ap);
	return check;
}

void check_fix_root(const struct diagnosis *d, struct check *c)
{
	if (d->unprivileged)
		strv_add(&c->fix, "sudo slicer doctor");
}

void check_fix_start(struct check *c)
{
	strv_add(&c->fix, "run slicer doctor on the machine itself");
}

void check_fix_entry(const struct diagnosis *d, struct check *c)
{
	const struct error *e = d->boot ? &d->boot->menu_error : d->boot_error;

	if (e && e->code != ERROR_NONE && d->unprivileged)
		check_fix_root(d, c);
	else if (e && e->hint[0])
		strv_add(&c->fix, e->hint);
	else if (d->boot && !d->boot->n && d->boot->has_generator)
		strv_take(&c->fix, judge_generate_command(d));
}

/* What brings about what: a failure of the second is a consequence of the first's. The
 * IOMMU is what the running command line made of it, not one that is configured since. */
static const struct {
	const char *cause, *consequence;
} chains[] = {
	{ "cmdline.configured", "cmdline.next-boot" },
	{ "cmdline.elsewhere", "cmdline.next-boot" },
	{ "cmdline.next-boot", "cmdline.running" },
	{ "cmdline.configured", "cmdline.running" },
	{ "cmdline.elsewhere", "cmdline.running" },
	{ "platform.virtualized", "iommu.active" },
	{ "platform.container", "iommu.active" },
	{ "firmware.table", "iommu.active" },
	{ "kernel.config", "iommu.active" },
	{ "cmdline.running", "iommu.active" },
};

static const struct check *find_failure(const struct checks *checks, const char *id)
{
	for (size_t i = 0; i < checks->n; i++)
		if (checks->v[i].status == CHECK_FAIL && strcmp(checks->v[i].id, id) == 0)
			return &checks->v[i];
	return NULL;
}

static void note_consequences(struct checks *checks)
{
	for (size_t i = 0; i < checks->n; i++) {
		struct check *c = &checks->v[i];
		const struct check *cause = NULL;

		for (size_t k = 0; k < ARRAY_SIZE(chains) && !cause; k++)
			if (c->status == CHECK_FAIL &&
			    strcmp(c->id, chains[k].consequence) == 0)
				cause = find_failure(checks, chains[k].cause);
		if (cause)
			c->follows = cause->id;
	}
}

void checks_make(const struct diagnosis *d, struct checks *ret)
{
	checks_platform(d, ret);
	checks_firmware(d, ret);
	checks_kernel(d, ret);
	checks_cmdline(d, ret);
	checks_bootloader(d, ret);
	checks_seals(d, ret);
	checks_initramfs(d, ret);
	checks_iommu(d, ret);
	checks_devices(d, ret);
	checks_at_boot(d, ret);
	checks_old_setup(d, ret);
	checks_leftovers(d, ret);
	checks_vms(d, ret);
	checks_limits(d, ret);
	checks_nodes(d, ret);
	checks_hypervisors(d, ret);
	note_consequences(ret);
}
