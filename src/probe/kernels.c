/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed kernels, what they were built with, and whether VFIO is at hand for each.
 */
#include <errno.h>
#include <fcntl.h>

#include "probe/decompress.h"
#include "probe/modules.h"
#include "text/bls.h"
#include "text/kconfig.h"

#define CONFIG_MAX (4u << 20) /* about 0.3 MiB */
#define MODULES "/lib/modules"
#define PROC_CONFIG "/proc/config.gz"

/* Where distributions keep a kernel's configuration; the first that is there counts. */
static const char *const config_places[][2] = {
	{ "/boot/config-",
	  "" }, /* Debian, Ubuntu, SUSE, and all that use installkernel */
	{ MODULES "/", "/config" }, /* Fedora, RHEL */
	{ "/usr/lib/kernel/config-", "" }, /* Clear Linux */
	{ MODULES "/",
	  "/build/.config" }, /* Arch and others, with the headers installed */
};

static bool read_config_file(const struct host *h, const char *path, struct str *ret)
{
	return host_read(h, path, CONFIG_MAX, ret, NULL) == 0 &&
	       kconfig_is(str_c(ret), ret->len);
}

/* CONFIG_IKCONFIG_PROC: the running kernel's own. */
static bool read_proc_config(const struct host *h, struct str *ret)
{
	CLEANUP(close_fd) int fd = host_openat(h, PROC_CONFIG, O_RDONLY | O_NONBLOCK);
	CLEANUP(decompress_close) struct decompressor *d = NULL;
	const uint8_t *block;
	struct stat st;
	size_t len;
	int r = -ENOENT;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	str_clear(ret);
	if (decompress_open(fd, 0, CONFIG_MAX, "gzip", &d, NULL) < 0)
		return false;
	while (ret->len < CONFIG_MAX && (r = decompress_next(d, &block, &len, NULL)) > 0)
		str_addn(ret, (const char *)block, len);
	return r == 0 && kconfig_is(str_c(ret), ret->len);
}

static bool find_config(const struct host *h, struct kernel_facts *k, struct str *ret)
{
	if (k->running && read_proc_config(h, ret)) {
		k->config_path = xstrdup(PROC_CONFIG);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(config_places); i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s%s%s", config_places[i][0], k->version,
				       config_places[i][1]);

		if (read_config_file(h, path, ret)) {
			k->config_path = take(path);
			return true;
		}
	}
	return false;
}

static void read_config(const struct host *h, struct kernel_facts *k)
{
	CLEANUP(str_done) struct str text = { 0 };
	const struct {
		const char *name;
		char *value;
	} options[] = {
		{ "CONFIG_INTEL_IOMMU", &k->intel_iommu },
		{ "CONFIG_IRQ_REMAP", &k->irq_remap },
		{ "CONFIG_AMD_IOMMU", &k->amd_iommu },
		{ "CONFIG_INTEL_IOMMU_DEFAULT_ON", &k->intel_default_on },
		{ "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF",
		  &k->intel_default_intgpu_off },
		{ "CONFIG_VFIO", &k->vfio },
		{ "CONFIG_VFIO_PCI", &k->vfio_pci },
		{ "CONFIG_VFIO_IOMMU_TYPE1", &k->vfio_type1 },
		{ "CONFIG_IOMMU_DEFAULT_PASSTHROUGH", &k->iommu_passthrough },
		{ "CONFIG_MODULES", &k->modules },
	};

	if (!find_config(h, k, &text))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		*options[i].value = kconfig_get(str_c(&text), text.len, options[i].name);
}

/* What depmod's lists say; the configuration decides only where they are missing. */
static enum module_state state_of(struct module_index *m, const char *module,
				  char configured)
{
	enum module_state state = m ? module_index_state(m, module) : MODULE_UNKNOWN;

	if (state == MODULE_BUILTIN || state == MODULE_LOADABLE)
		return state;
	if (configured == 'y')
		return MODULE_BUILTIN;
	if (configured == 'n')
		return MODULE_MISSING;
	return state;
}

static void probe_kernel(const struct host *h, struct kernel_facts *k)
{
	CLEANUP(module_index_close) struct module_index *m = NULL;

	read_config(h, k);
	module_index_open(h, k->version, &m, NULL);
	k->vfio_pci_state = state_of(m, "vfio_pci", k->vfio_pci);
	k->vfio_type1_state = state_of(m, "vfio_iommu_type1", k->vfio_type1);
}

/* A directory that a removed kernel left behind (out-of-tree modules, build) is none. */
bool kernel_is_installed(const struct host *h, const char *version)
{
	static const char *const marks[][2] = {
		{ MODULES "/", "/modules.dep" },
		{ MODULES "/", "/modules.builtin" },
		{ MODULES "/", "/vmlinuz" },
		{ "/boot/vmlinuz-", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s%s%s", marks[i][0], version, marks[i][1]);

		if (host_exists(h, path))
			return true;
	}
	return false;
}

static int compare_kernels(const void *a, const void *b)
{
	const struct kernel_facts *x = a, *y = b;
	int r = bls_version_compare(x->version, y->version);

	return r ? r : strcmp(x->version, y->version);
}

static void add_kernel(const struct host *h, const char *version, const char *running,
		       struct kernels *ret)
{
	struct kernel_facts *k;

	ret->v = xgrow(ret->v, ret->n, &ret->cap, sizeof(*ret->v));
	k = &ret->v[ret->n++];
	*k = (struct kernel_facts){ .version = xstrdup(version),
				    .running = str_eq(version, running) };
	probe_kernel(h, k);
}

int kernels_probe(const struct host *h, const char *running, struct kernels *ret,
		  struct error *e)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	(void)e;
	*ret = (struct kernels){ 0 };
	host_list(h, MODULES, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (!str_eq(names.v[i], running) && kernel_is_installed(h, names.v[i]))
			add_kernel(h, names.v[i], running, ret);
	if (running)
		add_kernel(h, running, running, ret);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_kernels);
	return 0;
}

void kernels_done(struct kernels *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->v[i].version);
		free(k->v[i].config_path);
	}
	free(k->v);
	*k = (struct kernels){ 0 };
}

const struct kernel_facts *kernels_find(const struct kernels *k, const char *version)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->v[i].version, version))
			return &k->v[i];
	return NULL;
}
