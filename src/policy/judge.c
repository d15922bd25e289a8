/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/judge.h"

#include "policy/params.h"
#include "policy/remapping.h"

enum cpu_vendor diagnosis_vendor(const struct diagnosis *d)
{
	if (d->wanted)
		return cmdline_has(&d->wanted->params, "amd_iommu=on") ? CPU_AMD
								       : CPU_INTEL;
	return d->facts->cpu.vendor;
}

const struct kernel_facts *judge_running_kernel(const struct diagnosis *d)
{
	const struct kernels *k = &d->facts->kernels;

	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].running)
			return &k->v[i];
	return NULL;
}

const struct boot_entry *judge_default(const struct diagnosis *d)
{
	return d->boot ? boot_config_default(d->boot) : NULL;
}

const struct kernel_facts *judge_next_kernel(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	if (!entry || !entry->version)
		return NULL;
	return kernels_find(&d->facts->kernels, entry->version);
}

enum tri judge_vfio_at_hand(const struct diagnosis *d)
{
	const struct kernel_facts *k = judge_running_kernel(d);

	if (d->facts->iommu.vfio_pci_registered)
		return TRI_YES;
	if (!k || k->vfio_pci_state == MODULE_UNKNOWN)
		return TRI_UNKNOWN;
	return k->vfio_pci_state == MODULE_MISSING ? TRI_NO : TRI_YES;
}

char *judge_kernel_lacks(const struct diagnosis *d, const struct kernel_facts *k)
{
	enum cpu_vendor vendor = diagnosis_vendor(d);
	bool registered = k->running && d->facts->iommu.vfio_pci_registered;

	if (vendor == CPU_INTEL && k->intel_iommu == 'n')
		return xstrdup("CONFIG_INTEL_IOMMU is not set");
	if (vendor == CPU_AMD && k->amd_iommu == 'n')
		return xstrdup("CONFIG_AMD_IOMMU is not set");
	if (registered || k->vfio_pci_state == MODULE_LOADABLE ||
	    k->vfio_pci_state == MODULE_BUILTIN)
		return NULL;
	if (k->vfio == 'n')
		return xstrdup("CONFIG_VFIO is not set");
	if (k->vfio_pci == 'n')
		return xstrdup("CONFIG_VFIO_PCI is not set");
	if (k->vfio_pci_state != MODULE_MISSING)
		return NULL;
	if (k->vfio_pci == 'm')
		return xstrdup(
			"CONFIG_VFIO_PCI=m, but the module vfio-pci is not installed");
	return xstrdup("there is no module vfio-pci");
}

static bool has_pt_only(const struct strv *missing)
{
	for (size_t i = 0; i < missing->n; i++)
		if (!param_same(missing->v[i], "iommu=pt"))
			return false;
	return true;
}

bool judge_lacks(const struct diagnosis *d, const char *options)
{
	CLEANUP(strv_done) struct strv missing = { 0 };

	wanted_missing(d->wanted, options, &missing);
	return !has_pt_only(&missing);
}

char *judge_blocks(const struct diagnosis *d, const char *options)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	const char *found;

	if (!options)
		return NULL;
	cmdline_split(options, strlen(options), &tokens);
	found = cmdline_blocks(&tokens, diagnosis_vendor(d));
	if (!found && !remapping_modprobe(d->facts) && !cmdline_allows_unsafe(&tokens))
		found = cmdline_stops_remapping(&tokens);
	return xstrdup_null(found);
}

static bool switches_iommu_off(const struct diagnosis *d, const char *options)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (options)
		cmdline_split(options, strlen(options), &tokens);
	return cmdline_blocks(&tokens, diagnosis_vendor(d)) != NULL;
}

bool judge_blocks_iommu(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	return switches_iommu_off(d, d->boot ? d->boot->configured : NULL) ||
	       switches_iommu_off(d, entry ? entry->options : NULL) ||
	       switches_iommu_off(d, d->facts->cmdline);
}

bool judge_is_unproven(const struct diagnosis *d)
{
	return d->boot && !d->boot->configured &&
	       d->boot->configured_error.code != ERROR_NONE;
}

const char *judge_configured(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);

	if (!d->boot)
		return NULL;
	if (d->boot->configured)
		return d->boot->configured;
	/* Not to be proven is not the same as not there. */
	if (judge_is_unproven(d))
		return NULL;
	return entry ? entry->options : NULL;
}

enum tri judge_next_boot(const struct diagnosis *d)
{
	const struct boot_entry *entry = judge_default(d);
	size_t normal = 0, lacking = 0;

	if (!d->boot || !d->wanted)
		return TRI_UNKNOWN;
	if (entry)
		return !entry->options			? TRI_UNKNOWN
		       : judge_lacks(d, entry->options) ? TRI_NO
							: TRI_YES;
	for (size_t i = 0; i < d->boot->n; i++) {
		const struct boot_entry *e = &d->boot->v[i];

		if (!boot_entry_is_normal(e) || !e->options)
			continue;
		normal++;
		lacking += judge_lacks(d, e->options);
	}
	if (!normal && d->boot->menu_error.code != ERROR_NONE)
		return TRI_UNKNOWN;
	if (lacking == normal)
		return TRI_NO;
	return lacking == 0 ? TRI_YES : TRI_UNKNOWN;
}

bool judge_is_bare_vm(const struct diagnosis *d)
{
	return d->facts->platform.virtualized == TRI_YES && !d->facts->iommu.active &&
	       d->facts->firmware.state == FIRMWARE_ABSENT;
}

char *judge_no_entry(const struct diagnosis *d)
{
	if (!d->boot)
		return xstrdup("the boot menu could not be read");
	if (d->boot->menu_error.code != ERROR_NONE)
		return xasprintf("%s: %s", d->boot->menu_error.path,
				 d->boot->menu_error.what);
	return xstrdup(d->boot->n ? "the default entry can't be told"
				  : "the boot menu is empty");
}

bool judge_is_unsupported(const struct diagnosis *d)
{
	const struct platform_facts *p = &d->facts->platform;

	return (p->arch && strcmp(p->arch, "x86_64") != 0) || p->container ||
	       p->hypervisor_dom0 || judge_is_bare_vm(d);
}

const char *judge_firmware_setting(enum cpu_vendor vendor)
{
	if (vendor == CPU_INTEL)
		return "\"Intel Virtualization Technology for Directed I/O\" (VT-d), and "
		       "\"Intel Virtualization Technology\" (VT-x)";
	if (vendor == CPU_AMD)
		return "\"IOMMU\" (AMD-Vi; under AMD CBS or North Bridge: \"Enabled\", "
		       "not "
		       "\"Auto\"), and \"SVM Mode\"";
	return "\"VT-d\" (Intel) or \"IOMMU\" (AMD-Vi)";
}

char *judge_generate_command(const struct diagnosis *d)
{
	const char *command = d->boot ? d->boot->generate_command : NULL;

	if (!command)
		return xstrdup("sudo slicer setup-iommu");
	return str_starts(command, "sudo ") ? xstrdup(command)
					    : xasprintf("sudo %s", command);
}

void judge_kernel_advice(const struct diagnosis *d, const struct kernel_facts *k,
			 struct strv *ret)
{
	const char *os = d->facts->platform.os_id;

	if (str_eq(os, "ubuntu") && k->vfio_pci != 'n')
		strv_addf(ret, "sudo apt-get install linux-modules-extra-%s", k->version);
	else if (str_eq(os, "debian") && strstr(k->version, "cloud"))
		strv_add(ret, "sudo apt-get install linux-image-amd64");
	else
		strv_add(ret, "install a kernel with CONFIG_INTEL_IOMMU or "
			      "CONFIG_AMD_IOMMU, CONFIG_VFIO and CONFIG_VFIO_PCI");
}

const struct log_line *judge_log_error(const struct diagnosis *d)
{
	const struct log_line *line = log_find(&d->facts->log, KMSG_ERROR);

	return line ? line : log_find(&d->facts->log, KMSG_WARNING);
}

char *judge_log_text(const struct log_line *line)
{
	const char *end = strstr(line->text, "\\x0a");

	return end ? xstrndup(line->text, (size_t)(end - line->text))
		   : xstrdup(line->text);
}

bool judge_on_vfio(const struct pci_device *dev)
{
	return dev->driver &&
	       (str_ends(dev->driver, "vfio-pci") || str_ends(dev->driver, "vfio_pci"));
}

bool judge_has_pt(const char *options)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };
	CLEANUP(slots_done) struct slots s = { 0 };

	if (options)
		cmdline_split(options, strlen(options), &tokens);
	slots_parse(&tokens, &s);
	return slots_satisfy(&s, "iommu=pt");
}
