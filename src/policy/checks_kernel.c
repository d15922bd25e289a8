/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Group "kernel": what the running one and the next one were built with. */
#include "policy/advice.h"
#include "policy/checks.h"
#include "text/cmdline.h"

#define KERNEL "kernel"

static void add_option(struct str *s, const char *name, char value)
{
	if (!value)
		return;
	if (s->len)
		str_add(s, ", ");
	if (value == 'n')
		str_addf(s, "%s is not set", name);
	else
		str_addf(s, "%s=%c", name, value);
}

static void describe_config(const struct diagnosis *d, const struct kernel_facts *k,
			    struct str *ret)
{
	if (diagnosis_vendor(d) != CPU_AMD) {
		add_option(ret, "CONFIG_INTEL_IOMMU", k->intel_iommu);
		if (k->intel_default_on == 'y')
			add_option(ret, "CONFIG_INTEL_IOMMU_DEFAULT_ON",
				   k->intel_default_on);
	}
	if (diagnosis_vendor(d) != CPU_INTEL)
		add_option(ret, "CONFIG_AMD_IOMMU", k->amd_iommu);
	add_option(ret, "CONFIG_VFIO", k->vfio);
	add_option(ret, "CONFIG_VFIO_PCI", k->vfio_pci);
}

static bool is_built_without(const struct diagnosis *d, const struct kernel_facts *k)
{
	enum cpu_vendor vendor = diagnosis_vendor(d);

	return (vendor == CPU_INTEL && k->intel_iommu == 'n') ||
	       (vendor == CPU_AMD && k->amd_iommu == 'n') || k->vfio == 'n' ||
	       k->vfio_pci == 'n';
}

static void check_config(const struct diagnosis *d, const struct kernel_facts *k,
			 struct checks *ret)
{
	CLEANUP(str_done) struct str text = { 0 };
	struct check *c;

	if (!k || !k->config_path) {
		c = check_add(ret, "kernel.config", KERNEL, CHECK_SKIP,
			      "the running kernel's configuration is not known", "%s",
			      k ? "no /boot/config-* or /proc/config.gz for it"
				: "no kernel is running here");
		if (!k)
			check_fix_start(c);
		return;
	}
	describe_config(d, k, &text);
	if (!is_built_without(d, k)) {
		check_add(ret, "kernel.config", KERNEL, CHECK_PASS,
			  "built with IOMMU and VFIO", "%s", str_c(&text));
		return;
	}
	c = check_add(ret, "kernel.config", KERNEL, CHECK_FAIL,
		      "the kernel was built without what is needed", "%s: %s",
		      k->config_path, str_c(&text));
	judge_kernel_advice(d, k, &c->fix);
}

static const char *vfio_evidence(const struct kernel_facts *k, bool registered)
{
	if (registered)
		return "/sys/bus/pci/drivers/vfio-pci";
	return k->vfio_pci_state == MODULE_BUILTIN ? "built in" : "a module that loads";
}

static void check_vfio(const struct diagnosis *d, const struct kernel_facts *k,
		       struct checks *ret)
{
	bool registered = d->facts->iommu.vfio_pci_registered;
	enum tri at_hand = judge_vfio_at_hand(d);
	struct check *c;

	if (at_hand == TRI_UNKNOWN) {
		c = check_add(ret, "kernel.vfio", KERNEL, CHECK_SKIP,
			      "whether vfio-pci can be loaded is not known", "%s%s",
			      k ? "no modules are installed for the running kernel "
				: "no kernel is running here",
			      k ? k->version : "");
		/* An update took them away: the kernel that it brought has its own. */
		if (k)
			strv_add(&c->fix, "sudo reboot");
		else
			check_fix_start(c);
	} else if (at_hand == TRI_NO) {
		c = check_add(ret, "kernel.vfio", KERNEL, CHECK_FAIL,
			      "vfio-pci is not there", "no module of that name for %s",
			      k->version);
		judge_kernel_advice(d, k, &c->fix);
	} else if (k && k->vfio_type1_state == MODULE_MISSING) {
		c = check_add(ret, "kernel.vfio", KERNEL, CHECK_WARN,
			      "vfio_iommu_type1 is not there: only iommufd can be used",
			      "no module of that name for %s", k->version);
		judge_kernel_advice(d, k, &c->fix);
	} else {
		check_add(ret, "kernel.vfio", KERNEL, CHECK_PASS, "vfio-pci is available",
			  "%s", vfio_evidence(k, registered));
	}
}

static bool has_ids(const char *cmdline)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (!cmdline)
		return false;
	cmdline_split(cmdline, strlen(cmdline), &tokens);
	for (size_t i = 0; i < tokens.n; i++)
		if (param_name_same(tokens.v[i], "vfio-pci.ids"))
			return true;
	return false;
}

/* Documentation/admin-guide/kernel-parameters.rst: "Parameters for modules which are
 * built into the kernel need to be specified on the kernel command line." Ubuntu 20.04
 * and 22.04 have vfio-pci built in, and guides for other systems don't know that. */
static void check_ids(const struct diagnosis *d, const struct kernel_facts *k,
		      struct checks *ret)
{
	const char *ids = d->facts->iommu.vfio_ids;
	struct check *c;

	if (!k || k->vfio_pci_state != MODULE_BUILTIN || !ids ||
	    has_ids(d->facts->cmdline) || has_ids(judge_configured(d)))
		return;
	c = check_add(ret, "kernel.vfio-ids", KERNEL, CHECK_WARN,
		      "vfio-pci is built into the kernel and does not read modprobe.d",
		      "%s: options vfio-pci ids=%s does nothing",
		      d->facts->iommu.vfio_ids_modprobe, ids);
	if (advice_can_set_up(d) && d->can_take_ids)
		strv_addf(&c->fix, "sudo slicer setup-iommu --ids %s", ids);
	else
		strv_addf(&c->fix,
			  "# vfio-pci.ids=%s belongs on the kernel command line; or bind "
			  "the devices by their addresses:\n"
			  "sudo slicer pci bind ADDR --persist",
			  ids);
}

static void skip_next(const struct diagnosis *d, struct checks *ret)
{
	const struct boot_entry *entry = judge_default(d);
	CLEANUP(free_char) char *no_entry = judge_no_entry(d);
	struct check *c;

	c = check_add(ret, "kernel.next", KERNEL, CHECK_SKIP,
		      "the kernel of the next boot is not known", "%s",
		      !entry	       ? no_entry
		      : entry->version ? entry->version
				       : "the default entry's file name has no version");
	if (!entry)
		check_fix_entry(d, c);
	else if (entry->version)
		strv_addf(&c->fix, "install the modules of Linux %s", entry->version);
	else if (entry->kernel)
		strv_addf(&c->fix, "# its version:\nsudo file -L %s", entry->kernel);
}

/* The kernel that the next boot starts is often another one: just upgraded. */
static void check_next(const struct diagnosis *d, const struct kernel_facts *running,
		       struct checks *ret)
{
	const struct kernel_facts *k = judge_next_kernel(d);
	CLEANUP(free_char) char *lacks = NULL;
	struct check *c;

	if (!k) {
		skip_next(d, ret);
		return;
	}
	lacks = judge_kernel_lacks(d, k);
	if (lacks) {
		c = check_add(ret, "kernel.next", KERNEL, CHECK_FAIL,
			      "the kernel of the next boot lacks what is needed",
			      "%s: %s", k->version, lacks);
		judge_kernel_advice(d, k, &c->fix);
		return;
	}
	c = check_add(ret, "kernel.next", KERNEL, CHECK_PASS,
		      !running	     ? "the kernel of the next boot has what is needed"
		      : k == running ? "the next boot starts the same kernel"
				     : "the next boot starts another kernel",
		      "%s", k->version);
	c->minor = k == running;
}

void checks_kernel(const struct diagnosis *d, struct checks *ret)
{
	const struct kernel_facts *k = judge_running_kernel(d);

	check_config(d, k, ret);
	check_vfio(d, k, ret);
	check_ids(d, k, ret);
	check_next(d, k, ret);
}
