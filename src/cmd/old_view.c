/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/old_view.h"

#include "plan/journal.h"
#include "probe/facts.h"

void old_view_done(struct old_view *v)
{
	old_setup_done(&v->setup);
	strv_done(&v->slicers);
	strv_done(&v->sources);
	free(v->next_boot);
	free(v->running);
	*v = (struct old_view){ 0 };
}

/* The parameters that runs of setup-iommu added, as they were added: into what somebody
 * had written before, slicer only put more. */
static void read_journal(const struct context *c, struct strv *ret)
{
	CLEANUP(records_done) struct records rs = { 0 };

	journal_scan(c->host, &rs, NULL);
	for (size_t i = 0; i < rs.n; i++)
		for (size_t k = 0; record_counts(&rs.v[i]) && k < rs.v[i].edit.n; k++)
			if (rs.v[i].edit.v[k].op == EDIT_ADD)
				strv_add_unique(ret, rs.v[i].edit.v[k].param);
}

static void read_boot(const struct boot_config *boot, struct old_view *v)
{
	const struct boot_entry *entry = boot_config_default(boot);

	v->next_boot = xstrdup_null(boot->configured || !entry ? boot->configured
							       : entry->options);
	strv_copy(&v->sources, &boot->configured_sources);
	if (entry && entry->source)
		strv_add(&v->sources, entry->source);
}

/* libkmod's lists are only asked where it matters. */
static enum module_state state_of_vfio(const struct context *c, const struct old_setup *s)
{
	CLEANUP(free_char) char *kernel = NULL;
	bool matters = false;

	for (size_t i = 0; i < s->n; i++)
		matters |= s->v[i].kind == OLD_IDS;
	if (!matters)
		return MODULE_UNKNOWN;
	kernel = host_attr(c->host, "/proc/sys/kernel/osrelease");
	return kernel ? module_state_of(c->host, kernel, "vfio-pci") : MODULE_UNKNOWN;
}

void old_view_load(const struct context *c, const struct pci_devices *all,
		   const struct boot_config *boot, struct old_view *v)
{
	enum module_state state;

	if (boot)
		read_boot(boot, v);
	read_journal(c, &v->slicers);
	v->running = host_attr(c->host, "/proc/cmdline");
	v->query = (struct old_query){
		.host = c->host,
		.all = all,
		.next_boot = v->next_boot,
		.sources = &v->sources,
		.running = v->running,
		.slicers = &v->slicers,
	};
	old_setup_load(&v->query, &v->setup);
	state = state_of_vfio(c, &v->setup);
	v->query.is_builtin = state == MODULE_BUILTIN;
	v->query.is_module = state == MODULE_LOADABLE;
	if (v->query.is_builtin || v->query.is_module)
		old_setup_find(&v->query, &v->setup);
}
