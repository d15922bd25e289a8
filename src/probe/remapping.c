/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/remapping.h"

#include "probe/boot_time.h"
#include "text/cmdline.h"
#include "text/interrupts.h"
#include "text/modprobe.h"

#define INTERRUPTS "/proc/interrupts"
#define INTERRUPTS_MAX                                                                   \
	(64u << 20) /* a column for each processor, a line each interrupt */
#define CONF_MAX (1u << 20)

/* modprobe.d(5): of files with the same name only that of the first directory is read,
 * and the names are sorted over all directories. */
static const char *const modprobe_dirs[] = {
	"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

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

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void list_files(const struct host *h, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modprobe_dirs); i++) {
		CLEANUP(strv_done) struct strv names = { 0 };

		if (host_list(h, modprobe_dirs[i], &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++)
			if (str_ends(names.v[k], ".conf"))
				strv_add_unique(ret, names.v[k]);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_names);
}

/* The path of the file that counts; false if none can be read. */
static bool read_conf(const struct host *h, const char *name, char **path,
		      struct str *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modprobe_dirs); i++) {
		free(*path);
		*path = xasprintf("%s/%s", modprobe_dirs[i], name);
		str_clear(ret);
		if (host_read(h, *path, CONF_MAX, ret, NULL) == 0)
			return true;
	}
	return false;
}

/* The file whose word is the last one for that module, if it allows it. */
static char *find_modprobe(const struct host *h, const struct strv *names,
			   const char *module)
{
	char *found = NULL;

	for (size_t i = 0; i < names->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(free_char) char *path = NULL;
		CLEANUP(free_char) char *value = NULL;

		if (!read_conf(h, names->v[i], &path, &text))
			continue;
		value = modprobe_option(str_c(&text), text.len, module, PARAMETER);
		if (!value)
			continue;
		free(found);
		found = !*value || param_bool(value) == 1 ? xstrdup(path) : NULL;
	}
	return found;
}

void remapping_read(const struct host *h, struct iommu_facts *ret)
{
	/* No modprobe.d is on FAT, which is what the mounts would be asked for. */
	static const struct mounts unknown;
	CLEANUP(strv_done) struct strv names = { 0 };

	read_names(h, ret);
	list_files(h, &names);
	ret->unsafe_type1 = read_parameter(h, TYPE1);
	ret->unsafe_modprobe = find_modprobe(h, &names, TYPE1);
	if (ret->unsafe_modprobe)
		ret->unsafe_is_older =
			written_before_boot(h, &unknown, ret->unsafe_modprobe);
	ret->unsafe_iommufd = read_parameter(h, IOMMUFD);
	ret->unsafe_iommufd_modprobe = find_modprobe(h, &names, IOMMUFD);
}
