/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/remapping.h"

#include "probe/boot_time.h"
#include "probe/modprobe_files.h"
#include "text/cmdline.h"
#include "text/interrupts.h"
#include "text/modprobe.h"

#define INTERRUPTS "/proc/interrupts"
#define INTERRUPTS_MAX                                                                   \
	(64u << 20) /* a column for each processor, a line each interrupt */

#define TYPE1 "vfio_iommu_type1"
#define IOMMUFD "iommufd"
#define PARAMETER "allow_unsafe_interrupts"

static void read_names(const struct host *h, struct iommu_facts *ret)
{
	CLEANUP(str_done) struct str text = { 0 }, name = { 0 };

	if (host_read(h, INTERRUPTS, INTERRUPTS_MAX, &text, NULL) < 0)
		return;
	switch (interrupts_names(str_c(&text), text.len, &name)) {
	case IRQ_NAMES_REMAPPED:
		ret->interrupt_remapping = TRI_YES;
		break;
	case IRQ_NAMES_PLAIN:
		ret->interrupt_remapping = TRI_NO;
		break;
	default:
		return;
	}
	ret->irq_name = str_take(&name);
}

/* What a loaded module has; unknown if it is not loaded. */
static enum tri read_parameter(const struct host *h, const char *module)
{
	CLEANUP(free_char)
	char *path = xasprintf("/sys/module/%s/parameters/" PARAMETER, module);
	CLEANUP(free_char) char *value = host_attr(h, path);

	if (!value)
		return TRI_UNKNOWN;
	return param_bool(value) == 1 ? TRI_YES : TRI_NO;
}

/* The last ids that a file has for vfio-pci. */
static void find_ids(const struct host *h, const struct strv *paths,
		     struct iommu_facts *ret)
{
	for (size_t i = 0; i < paths->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		char *value;

		if (host_read(h, paths->v[i], MODPROBE_MAX, &text, NULL) < 0)
			continue;
		value = modprobe_option(str_c(&text), text.len, "vfio_pci", "ids");
		if (!value)
			continue;
		free(ret->vfio_ids);
		free(ret->vfio_ids_modprobe);
		ret->vfio_ids = value;
		ret->vfio_ids_modprobe = xstrdup(paths->v[i]);
	}
}

void remapping_read(const struct host *h, struct iommu_facts *ret)
{
	/* The mounts only tell FAT's imprecise times, and modprobe.d is never on FAT. */
	static const struct mounts unknown;
	CLEANUP(strv_done) struct strv paths = { 0 };

	read_names(h, ret);
	modprobe_files(h, &paths);
	ret->unsafe_type1 = read_parameter(h, TYPE1);
	ret->unsafe_modprobe = modprobe_allows(h, &paths, TYPE1, PARAMETER);
	if (ret->unsafe_modprobe)
		ret->unsafe_is_older =
			written_before_boot(h, &unknown, ret->unsafe_modprobe);
	ret->unsafe_iommufd = read_parameter(h, IOMMUFD);
	ret->unsafe_iommufd_modprobe = modprobe_allows(h, &paths, IOMMUFD, PARAMETER);
	find_ids(h, &paths, ret);
}
