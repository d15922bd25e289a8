/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels and modules, with the indexes that depmod made of real kernels. */
#include <errno.h>

#include "fixture.h"
#include "modules_tree.h"
#include "probe/modules.h"

#define V61 "6.1.0-40-amd64"
#define V612 "6.12.43+deb13-amd64"
#define RTX3090 "pci:v000010DEd00002204sv00001458sd0000403Bbc03sc00i00"

/* The lists name the files; they count only while they are there. */
static void add_vfio_files(const struct tree *t, const char *version, const char *suffix)
{
	static const char *const files[] = { "vfio.ko", "vfio_iommu_type1.ko",
					     "pci/vfio-pci.ko", "pci/vfio-pci-core.ko" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *path = xasprintf("/lib/modules/%s/kernel/drivers/vfio/%s%s",
				       version, files[i], suffix);

		tree_write(t, path, "");
		free(path);
	}
}

static void write_bytes(const struct tree *t, const char *path, const void *p, size_t n)
{
	char *outer = tree_path(t, path);
	FILE *f;

	tree_write(t, path, "");
	f = fopen(outer, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
	free(outer);
}

static void test_states(void **state)
{
	const struct tree *t = *state;

	modules_add(t, "debian-6.1", V61);
	modules_add(t, "debian-6.12", V612);
	modules_add(t, "vfio-builtin", "5.15.0-91-generic");
	add_vfio_files(t, V61, "");
	add_vfio_files(t, V612, ".xz");
	assert_int_equal(module_state_of(t->host, V61, "vfio-pci"), MODULE_LOADABLE);
	assert_int_equal(module_state_of(t->host, V61, "vfio_pci"), MODULE_LOADABLE);
	assert_int_equal(module_state_of(t->host, V612, "vfio_pci"), MODULE_LOADABLE);
	assert_int_equal(module_state_of(t->host, V61, "vfio_virqfd"), MODULE_MISSING);
	assert_int_equal(module_state_of(t->host, V61, "vfio_pc"), MODULE_MISSING);
	assert_int_equal(module_state_of(t->host, V61, "fio-pci"), MODULE_MISSING);
	assert_int_equal(module_state_of(t->host, "5.15.0-91-generic", "vfio-pci"),
			 MODULE_BUILTIN);
	assert_int_equal(module_state_of(t->host, "9.9.9", "vfio-pci"), MODULE_UNKNOWN);
	assert_int_equal(module_state_of(t->host, "../" V61, "vfio-pci"), MODULE_UNKNOWN);
	assert_int_equal(module_state_of(t->host, "", "vfio-pci"), MODULE_UNKNOWN);
}

/* /lib is a link to usr/lib on every merged system, an absolute one in some images. */
static void test_merged_usr(void **state)
{
	const struct tree *t = *state;
	struct strv found = { 0 };
	char *from = tree_path(t, "/lib"), *to = tree_path(t, "/usr/lib");

	modules_add(t, "debian-6.1", V61);
	add_vfio_files(t, V61, "");
	tree_mkdir(t, "/usr");
	assert_int_equal(rename(from, to), 0);
	tree_link(t, "/usr/lib", "/lib");
	assert_int_equal(module_state_of(t->host, V61, "vfio-pci"), MODULE_LOADABLE);
	assert_int_equal(modules_for_alias(t->host, V61, RTX3090, &found, NULL), 0);
	assert_int_equal(found.n, 1);
	assert_string_equal(found.v[0], "nouveau");
	strv_done(&found);
	free(from);
	free(to);
}

static void test_aliases(void **state)
{
	const struct tree *t = *state;
	struct strv found = { 0 };
	struct error e = { 0 };

	modules_add(t, "debian-6.1", V61);
	assert_int_equal(modules_for_alias(t->host, V61, RTX3090, &found, &e), 0);
	assert_int_equal(modules_for_alias(t->host, V61, RTX3090, &found, &e), 0);
	assert_int_equal(found.n, 1); /* each once */
	assert_int_equal(modules_for_alias(t->host, V61, "pci:v00001234", &found, &e), 0);
	assert_int_equal(modules_for_alias(t->host, V61, "[[", &found, &e), 0);
	assert_int_equal(modules_for_alias(t->host, V61, "", &found, &e), 0);
	assert_int_equal(found.n, 1);
	assert_int_equal(modules_for_alias(t->host, "9.9.9", RTX3090, &found, &e),
			 -ENOENT);
	assert_string_equal(e.path, "/lib/modules/9.9.9");
	/* an index that is none */
	tree_write(t, "/lib/modules/" V61 "/modules.alias.bin", "no index at all");
	assert_int_equal(modules_for_alias(t->host, V61, RTX3090, &found, &e), 0);
	assert_int_equal(found.n, 1);
	strv_done(&found);
}

static void test_kernels(void **state)
{
	const struct tree *t = *state;
	struct str config = fixture_read("kconfig/debian-6.1.config");
	const struct kernel_facts *k;
	struct kernels all;

	modules_add(t, "debian-6.1", V61);
	modules_add(t, "debian-6.12", V612);
	add_vfio_files(t, V612, ".xz");
	tree_mkdir(t, "/lib/modules/6.0.0-1-amd64/updates/dkms"); /* left behind */
	tree_write(t, "/boot/config-" V61, config.s);
	tree_write(t, "/lib/modules/" V612 "/config",
		   "CONFIG_VFIO=m\n# CONFIG_AMD_IOMMU is not "
		   "set\nCONFIG_VFIO_PCI=y\n");
	kernels_probe(t->host, V61, &all, NULL);
	assert_int_equal(all.n, 2);
	assert_string_equal(all.v[0].version, V61);
	assert_string_equal(all.v[1].version, V612);
	k = kernels_find(&all, V61);
	assert_true(k->running);
	assert_string_equal(k->config_path, "/boot/config-" V61);
	assert_int_equal(k->intel_iommu, 'y');
	assert_int_equal(k->intel_default_intgpu_off, 'y');
	assert_int_equal(k->intel_default_on, 'n');
	assert_int_equal(k->vfio_pci, 'm');
	assert_int_equal(k->vfio_pci_state, MODULE_MISSING); /* its file is not there */
	k = kernels_find(&all, V612);
	assert_false(k->running);
	assert_string_equal(k->config_path, "/lib/modules/" V612 "/config");
	assert_int_equal(k->amd_iommu, 'n');
	assert_int_equal(k->intel_iommu, 0);
	assert_int_equal(k->vfio_pci_state, MODULE_LOADABLE);
	assert_null(kernels_find(&all, "6.0.0-1-amd64"));
	kernels_done(&all);
	str_done(&config);
}

/* A kernel without modules, known by its configuration only; CONFIG_IKCONFIG_PROC first.
 */
static void test_running_without_modules(void **state)
{
	/* printf 'CONFIG_VFIO=y\nCONFIG_VFIO_PCI=y\n# CONFIG_VFIO_IOMMU_TYPE1 is not
	 * set\n' | gzip -9n, gzip 1.12 */
	static const unsigned char gz[] = {
		0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x73, 0xf6,
		0xf7, 0x73, 0xf3, 0x74, 0x8f, 0x0f, 0x73, 0xf3, 0xf4, 0xb7, 0xad, 0xe4,
		0x72, 0x46, 0xf0, 0xe2, 0x03, 0x9c, 0x3d, 0x81, 0x22, 0xca, 0x0a, 0xc8,
		0x62, 0x9e, 0xfe, 0xbe, 0xbe, 0xa1, 0xf1, 0x21, 0x91, 0x01, 0xae, 0x86,
		0x0a, 0x99, 0xc5, 0x0a, 0x79, 0xf9, 0x25, 0x0a, 0xc5, 0xa9, 0x25, 0x5c,
		0x00, 0xbe, 0x0c, 0xb7, 0xa0, 0x45, 0x00, 0x00, 0x00,
	};
	const struct tree *t = *state;
	struct kernels all;

	tree_write(t, "/boot/config-6.18.0", "CONFIG_VFIO=m\n");
	write_bytes(t, "/proc/config.gz", gz, sizeof(gz));
	kernels_probe(t->host, "6.18.0", &all, NULL);
	assert_int_equal(all.n, 1);
	assert_true(all.v[0].running);
	assert_string_equal(all.v[0].config_path, "/proc/config.gz");
	assert_int_equal(all.v[0].vfio_pci_state, MODULE_BUILTIN);
	assert_int_equal(all.v[0].vfio_type1_state, MODULE_MISSING);
	kernels_done(&all);
	/* cut off: not believed */
	write_bytes(t, "/proc/config.gz", gz, sizeof(gz) - 20);
	kernels_probe(t->host, "6.18.0", &all, NULL);
	assert_string_equal(all.v[0].config_path, "/boot/config-6.18.0");
	assert_int_equal(all.v[0].vfio, 'm');
	assert_int_equal(all.v[0].vfio_pci_state, MODULE_UNKNOWN);
	kernels_done(&all);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_states),
		TEST(test_merged_usr),
		TEST(test_aliases),
		TEST(test_kernels),
		TEST(test_running_without_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
