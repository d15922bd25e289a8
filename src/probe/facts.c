/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/facts.h"

static char *read_cmdline(const struct host *h)
{
	CLEANUP(str_done) struct str text = { 0 };

	if (host_read(h, "/proc/cmdline", HOST_MAX_CONFIG, &text, NULL) < 0)
		return NULL;
	if (text.len && text.s[text.len - 1] == '\n')
		text.s[--text.len] = '\0';
	return str_take(&text);
}

static int probe_all(const struct host *h, struct facts *f, struct error *e)
{
	int r;

	r = cpu_probe(h, &f->cpu, e);
	if (r == 0)
		r = platform_probe(h, &f->cpu, &f->platform, e);
	if (r == 0)
		r = efi_probe(h, &f->efi, e);
	if (r == 0)
		r = firmware_probe(h, &f->firmware, e);
	if (r == 0)
		r = kernels_probe(h, f->platform.kernel, &f->kernels, e);
	if (r == 0)
		r = iommu_probe(h, &f->iommu, e);
	if (r == 0)
		r = log_probe(h, &f->log, e);
	if (r == 0)
		r = mounts_load(h, &f->mounts, e);
	if (r == 0)
		r = boot_partitions_find(h, &f->mounts, f->efi.loader_part_uuid,
					 &f->boot_partitions, e);
	if (r == 0)
		r = limits_probe(h, &f->limits, e);
	if (r == 0)
		r = hypervisors_probe(h, &f->hypervisors, e);
	if (r == 0)
		r = seals_probe(h, &f->seals, e);
	return r;
}

int facts_probe(const struct host *h, struct facts *ret, struct error *e)
{
	CLEANUP(facts_done) struct facts f = { 0 };
	int r = probe_all(h, &f, e);

	if (r < 0)
		return r;
	f.cmdline = read_cmdline(h);
	f.boot_id = host_attr(h, "/proc/sys/kernel/random/boot_id");
	*ret = f;
	f = (struct facts){ 0 };
	return 0;
}

void facts_done(struct facts *f)
{
	cpu_done(&f->cpu);
	platform_done(&f->platform);
	efi_done(&f->efi);
	firmware_done(&f->firmware);
	kernels_done(&f->kernels);
	iommu_done(&f->iommu);
	log_done(&f->log);
	mounts_done(&f->mounts);
	boot_partitions_done(&f->boot_partitions);
	seals_done(&f->seals);
	free(f->cmdline);
	free(f->boot_id);
	*f = (struct facts){ 0 };
}
