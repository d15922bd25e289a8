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

	return strcmp(path_base(*x), path_base(*y));
}

static bool has_name(const struct strv *paths, const char *name)
{
	for (size_t i = 0; i < paths->n; i++)
		if (strcmp(path_base(paths->v[i]), name) == 0)
			return true;
	return false;
}

/* The names alone decide: a link to /dev/null, or to nothing, hides the file of that name
 * in a later directory. A directory does not, and a name with a dot in front is none
 * (kmod libkmod/libkmod-config.c conf_files_filter_out(), conf_files_insert_sorted()). */
static void list_files(const struct host *h, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(modprobe_dirs); i++) {
		CLEANUP(strv_done) struct strv names = { 0 };

		if (host_list(h, modprobe_dirs[i], &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++) {
			const char *name = names.v[k];
			char *path;

			if (*name == '.' || !str_ends(name, ".conf") ||
			    has_name(ret, name))
				continue;
			path = xasprintf("%s/%s", modprobe_dirs[i], name);
			if (host_is_dir(h, path))
				free(path);
			else
				strv_take(ret, path);
		}
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_names);
}

/* The file whose word is the last one for that module, if it allows it. */
static char *find_modprobe(const struct host *h, const struct strv *paths,
			   const char *module)
{
	char *found = NULL;

	for (size_t i = 0; i < paths->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(free_char) char *value = NULL;

		/* /dev/null is no file that host_read() takes: nothing is said. */
		if (host_read(h, paths->v[i], CONF_MAX, &text, NULL) < 0)
			continue;
		value = modprobe_option(str_c(&text), text.len, module, PARAMETER);
		if (!value)
			continue;
		free(found);
		found = !*value || param_bool(value) == 1 ? xstrdup(paths->v[i]) : NULL;
	}
	return found;
}

/* The last ids that a file has for vfio-pci. */
static void find_ids(const struct host *h, const struct strv *paths,
		     struct iommu_facts *ret)
{
	for (size_t i = 0; i < paths->n; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		char *value;

		if (host_read(h, paths->v[i], CONF_MAX, &text, NULL) < 0)
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
	list_files(h, &paths);
	ret->unsafe_type1 = read_parameter(h, TYPE1);
	ret->unsafe_modprobe = find_modprobe(h, &paths, TYPE1);
	if (ret->unsafe_modprobe)
		ret->unsafe_is_older =
			written_before_boot(h, &unknown, ret->unsafe_modprobe);
	ret->unsafe_iommufd = read_parameter(h, IOMMUFD);
	ret->unsafe_iommufd_modprobe = find_modprobe(h, &paths, IOMMUFD);
	find_ids(h, &paths, ret);
}
