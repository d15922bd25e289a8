/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IOMMU at work, by sysfs. A unit is registered in /sys/class/iommu only when its
 * driver drives DMA remapping (iommu_device_sysfs_add() in drivers/iommu/{intel,amd}),
 * which no log line proves as well.
 */
#include <errno.h>

#include "probe/facts.h"
#include "probe/remapping.h"

#define UNITS "/sys/class/iommu"
#define GROUPS "/sys/kernel/iommu_groups"

/*
 * The types that the kernel chooses by itself (drivers/iommu/iommu.c,
 * iommu_group_show_type()). "blocked" and "unmanaged" are of groups that VFIO or another
 * owner has taken.
 */
static const struct {
	const char *type;
	const char *name;
} domain_types[] = {
	{ "identity", "identity" },
	{ "DMA", "dma" },
	{ "DMA-FQ", "dma-fq" },
};

static bool is_group(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

/* Counts the groups; their most frequent type. */
static void read_groups(const struct host *h, const struct strv *names,
			struct iommu_facts *ret)
{
	size_t count[ARRAY_SIZE(domain_types)] = { 0 };
	size_t best = 0;

	for (size_t i = 0; i < names->n; i++) {
		CLEANUP(free_char) char *path = NULL;
		CLEANUP(free_char) char *type = NULL;

		if (!is_group(names->v[i]))
			continue;
		ret->groups++;
		path = xasprintf(GROUPS "/%s/type", names->v[i]);
		type = host_attr(h, path);
		for (size_t k = 0; type && k < ARRAY_SIZE(domain_types); k++)
			count[k] += strcmp(type, domain_types[k].type) == 0;
	}
	for (size_t k = 1; k < ARRAY_SIZE(domain_types); k++)
		if (count[k] > count[best])
			best = k;
	if (count[best])
		ret->default_domain = xstrdup(domain_types[best].name);
}

static bool read_register(const struct host *h, const char *unit, const char *name,
			  uint64_t *ret)
{
	CLEANUP(free_char) char *path = xasprintf(UNITS "/%s/intel-iommu/%s", unit, name);
	CLEANUP(free_char) char *text = host_attr(h, path);
	char *end;

	if (!text || !*text)
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 16);
	return !errno && !*end;
}

/* The capabilities of Intel's units (drivers/iommu/intel/iommu.c shows both registers):
 * VT-d specification 11.4.2, MGAW in bits 21:16, and 11.4.3, IR in bit 3. */
static void read_units(const struct host *h, const struct strv *units,
		       struct iommu_facts *ret)
{
	uint64_t value;

	for (size_t i = 0; i < units->n; i++) {
		if (read_register(h, units->v[i], "cap", &value)) {
			unsigned bits = (unsigned)(value >> 16 & 0x3f) + 1;

			if (!ret->address_bits || bits < ret->address_bits)
				ret->address_bits = bits;
		}
		if (!ret->no_remapping_unit &&
		    read_register(h, units->v[i], "ecap", &value) && !(value & 8))
			ret->no_remapping_unit = xstrdup(units->v[i]);
	}
}

static char *say_what(const struct iommu_facts *f, const struct strv *units)
{
	CLEANUP(free_char) char *list = strv_join(units, ", ");

	return xasprintf("%u unit%s in " UNITS "%s%s%s, %u group%s in " GROUPS, f->units,
			 f->units == 1 ? "" : "s", f->units ? " (" : "", list,
			 f->units ? ")" : "", f->groups, f->groups == 1 ? "" : "s");
}

int iommu_probe(const struct host *h, struct iommu_facts *ret, struct error *e)
{
	CLEANUP(strv_done) struct strv units = { 0 };
	CLEANUP(strv_done) struct strv groups = { 0 };
	int r;

	(void)e;
	*ret = (struct iommu_facts){ 0 };
	ret->vfio_pci_registered = host_is_dir(h, "/sys/bus/pci/drivers/vfio-pci");
	remapping_read(h, ret);
	/* Kernels without any IOMMU driver have neither directory. */
	r = host_list(h, UNITS, &units, NULL);
	if (r < 0 && !(r == -ENOENT && host_is_dir(h, "/sys/class")))
		return 0;
	ret->known = true;
	ret->units = (unsigned)units.n;
	if (host_list(h, GROUPS, &groups, NULL) == 0)
		read_groups(h, &groups, ret);
	ret->active = ret->units > 0 && ret->groups > 0;
	read_units(h, &units, ret);
	ret->evidence = say_what(ret, &units);
	return 0;
}

void iommu_done(struct iommu_facts *f)
{
	free(f->irq_name);
	free(f->no_remapping_unit);
	free(f->unsafe_modprobe);
	free(f->unsafe_iommufd_modprobe);
	free(f->vfio_ids);
	free(f->vfio_ids_modprobe);
	free(f->default_domain);
	free(f->evidence);
	*f = (struct iommu_facts){ 0 };
}
