/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VFIO's drivers for device families: which one a device gets. */
#include "devices/devices.h"
#include "modules_tree.h"
#include "probe/pci_variant.h"

#define REST "sv00008086sd00001100bc03sc00i00"
#define BMG "pci:v00008086d0000E20B" REST /* Arc B580 */
#define OTHER_INTEL "pci:v00008086d000056A0" REST
#define MLX5_VF "pci:v000015B3d0000101Esv000015B3sd00000083bc02sc00i00"
#define RTX3090 "pci:v000010DEd00002204sv000010DEsd0000147Dbc03sc00i00"

static struct module_index *open_index(const struct tree *t)
{
	struct module_index *m = NULL;

	modules_add(t, "variant", "6.19.0");
	assert_int_equal(module_index_open(t->host, "6.19.0", &m, NULL), 0);
	return m;
}

static void assert_variant(struct module_index *m, const char *modalias, const char *want)
{
	CLEANUP(free_char) char *got = pci_variant(m, modalias);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

/* The fixture has a module for all of Intel's display controllers, which depmod lists
 * after xe's and before mlx5's. */
static void test_most_specific(void **state)
{
	const struct tree *t = *state;
	CLEANUP(module_index_close) struct module_index *m = open_index(t);

	assert_variant(m, BMG, "xe_vfio_pci");
	assert_variant(m, OTHER_INTEL, "intel_vfio_pci");
	assert_variant(m, MLX5_VF, "mlx5_vfio_pci");
	assert_variant(m, RTX3090, NULL);
	/* what is no PCI device's, or not known */
	assert_variant(m, "usb:v1D6Bp0002d0606dc09dsc00dp01ic09isc00ip00in00", NULL);
	assert_variant(m, "pci:", NULL);
	assert_variant(m, NULL, NULL);
	assert_variant(NULL, BMG, NULL);
}

/* The order of the lines does not count, nor do lines that are none. */
static void test_lines(void **state)
{
	static const char list[] =
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		"alias vfio_pci:v00008086d*sv*sd*bc03sc*i* intel_vfio_pci\n"
		"alias vfio_pci:v00008086d0000E20Bsv*sd*bc*sc*i*\n"
		"alias vfio_pci:\n"
		"alias vfio_pci:v00008086d0000E20Bsv*sd*bc*sc*i* xe_vfio_pci more\n"
		"aliases vfio_pci:v00008086d0000E20Bsv*sd*bc*sc*i* no_vfio_pci\n"
		"alias pci:v00008086d0000E20Bsv*sd*bc*sc*i* xe\n"
		"alias vfio_pci:v00008086d0000E20Bsv*sd*bc03sc*i* xe_vfio_pci";
	const struct tree *t = *state;
	CLEANUP(module_index_close) struct module_index *m = open_index(t);

	tree_write(t, "/lib/modules/6.19.0/modules.alias", list);
	assert_variant(m, BMG, "xe_vfio_pci");
	/* without the list one of the two is taken, and not vfio-pci */
	tree_write(t, "/lib/modules/6.19.0/modules.alias", "");
	assert_variant(m, OTHER_INTEL, "intel_vfio_pci");
}

static void test_wildcards(void **state)
{
	static const struct {
		const char *pattern, *alias;
		int n;
	} cases[] = {
		{ "pci:v00008086d*sv*sd*bc03sc*i*", BMG, 5 },
		{ "pci:v*d*sv*sd*bc*sc*i*", BMG, 7 },
		{ BMG, BMG, 0 },
		{ "pci:v*d*sv*sd*bc02sc*i*", BMG, -1 },
		{ "pci:v*d*sv*sd*bc*sc*i", BMG, -1 },
		{ "pci:v*d*sv*sd*bc*sc*i*x", BMG, -1 },
		{ "", BMG, -1 },
		{ "********************************", BMG, -1 },
		{ "*", "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(pci_alias_wildcards(cases[i].pattern, cases[i].alias),
				 cases[i].n);
}

/* A driver's name is not always its module's: xe-vfio-pci (linux
 * drivers/vfio/pci/xe/main.c); a report: kubernetes-sigs/dra-driver-nvidia-gpu 1268. */
static void test_driver(void **state)
{
	static char bmg[] = BMG, mlx5[] = MLX5_VF, nvidia[] = RTX3090;
	const struct tree *t = *state;
	CLEANUP(module_index_close) struct module_index *m = open_index(t);
	CLEANUP(bind_request_done) struct bind_request r = { 0 };
	struct pci_device d[] = { { .modalias = bmg },
				  { .modalias = mlx5 },
				  { .modalias = nvidia },
				  { .vendor = 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(d); i++)
		bind_request_add_chosen(&r, t->host, m, &d[i]);
	assert_string_equal(r.v[0].driver, "xe-vfio-pci");
	assert_string_equal(r.v[1].driver, "mlx5_vfio_pci");
	assert_string_equal(r.v[2].driver, "vfio-pci");
	assert_string_equal(r.v[3].driver, "vfio-pci");
	assert_true(bind_is_variant(&r.v[0]) && bind_is_variant(&r.v[1]));
	assert_false(bind_is_variant(&r.v[2]) || bind_is_variant(&r.v[3]));
	/* one that is there decides how it is written */
	tree_mkdir(t, "/sys/bus/pci/drivers/mlx5-vfio-pci");
	bind_request_add_chosen(&r, t->host, m, &d[1]);
	assert_string_equal(r.v[4].driver, "mlx5-vfio-pci");
	/* a named one is no choice */
	bind_request_add(&r, &d[1], "mlx5_vfio_pci");
	assert_false(bind_is_variant(&r.v[5]));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = { TEST(test_most_specific), TEST(test_lines),
					    TEST(test_wildcards), TEST(test_driver) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
