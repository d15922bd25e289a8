/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May VFIO do without interrupt remapping? There are two parameters called
 * allow_unsafe_interrupts, and each is asked by its own module only: vfio_iommu_type1's
 * for what opens /dev/vfio/vfio (linux drivers/vfio/vfio_iommu_type1.c
 * vfio_iommu_type1_attach_group()), iommufd's for what opens /dev/iommu
 * (drivers/iommu/iommufd/device.c iommufd_device_bind()). QEMU, libvirt and Cloud
 * Hypervisor use the first unless they are told otherwise.
 */
#include "policy/advice.h"
#include "policy/remapping.h"

#define ALLOW "allow_unsafe_interrupts"
#define TYPE1 "vfio_iommu_type1"
#define IOMMUFD "iommufd"
#define RISK                                                                             \
	"only for guests that are trusted: with it a guest can send the host any "       \
	"interrupt"

/* What lets that module do without: owned by the caller, NULL if nothing does. value is
 * the loaded module's parameter, TRI_UNKNOWN if it is not loaded: it says what it does;
 * of one that is not loaded yet the command line and modprobe.d do. */
static char *allower(const struct strv *tokens, const char *module, enum tri value,
		     const char *modprobe)
{
	CLEANUP(free_char) char *name = xasprintf("%s." ALLOW, module);

	if (value == TRI_YES)
		return xasprintf("/sys/module/%s/parameters/" ALLOW " is Y", module);
	if (value == TRI_NO)
		return NULL;
	if (cmdline_is_on(tokens, name))
		return xasprintf("/proc/cmdline: %s", name);
	return modprobe ? xasprintf("%s: %s " ALLOW, modprobe, module) : NULL;
}

static enum module_state type1_state(const struct facts *f)
{
	for (size_t i = 0; i < f->kernels.n; i++)
		if (f->kernels.v[i].running)
			return f->kernels.v[i].vfio_type1_state;
	return MODULE_UNKNOWN;
}

/* Without vfio_iommu_type1 everything goes through iommufd, /dev/vfio/vfio too (linux
 * drivers/iommu/iommufd/Kconfig, IOMMUFD_VFIO_CONTAINER). */
static bool has_iommufd_only(const struct facts *f)
{
	return type1_state(f) == MODULE_MISSING;
}

const char *remapping_modprobe(const struct facts *f)
{
	return type1_state(f) == MODULE_BUILTIN ? NULL : f->iommu.unsafe_modprobe;
}

bool remapping_is_allowed_by(const struct facts *f, const char *options)
{
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (options)
		cmdline_split(options, strlen(options), &tokens);
	return cmdline_allows_unsafe(&tokens) ||
	       (has_iommufd_only(f) && cmdline_is_on(&tokens, IOMMUFD "." ALLOW));
}

void remapping_judge_allowed(const struct facts *f, struct remapping *r)
{
	const struct iommu_facts *i = &f->iommu;
	CLEANUP(strv_done) struct strv tokens = { 0 };
	char *iommufd;

	if (f->cmdline)
		cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	r->allowed_by = allower(&tokens, TYPE1, i->unsafe_type1, remapping_modprobe(f));
	if (i->unsafe_type1 == TRI_NO)
		r->stale = allower(&tokens, TYPE1, TRI_UNKNOWN, remapping_modprobe(f));
	iommufd =
		allower(&tokens, IOMMUFD, i->unsafe_iommufd, i->unsafe_iommufd_modprobe);
	if (!r->allowed_by && has_iommufd_only(f)) {
		r->allowed_by = iommufd;
		iommufd = NULL;
	}
	r->allowed = r->allowed_by != NULL;
	if (!r->allowed)
		r->iommufd_by = iommufd;
	else
		free(iommufd);
}

static void advise_image(const struct diagnosis *d, struct strv *ret)
{
	const char *command = d->initramfs ? d->initramfs->rebuild_command : NULL;

	strv_addf(ret, "# %s%s\n%s%s", d->facts->iommu.unsafe_modprobe,
		  d->facts->iommu.unsafe_is_older == TRI_YES
			  ? " is older than this boot, so the initramfs may have loaded "
			    "the module without it: a reboot alone changes nothing"
			  : ": the next boot's initramfs may load the module without it",
		  command ? "sudo " : "# ",
		  command ? command : "regenerate the initramfs with your generator");
}

/* The module is loaded, and not as it is told to be. A reboot is no answer to that: it
 * may load it in the same way again. What is loaded anew reads modprobe.d and the command
 * line (modprobe(8)). A built-in one had its parameter changed since the boot; it can be
 * written (module_param_named() in vfio_iommu_type1.c: S_IRUGO | S_IWUSR). */
static void advise_stale(const struct diagnosis *d, const struct remapping *r,
			 struct strv *ret)
{
	strv_addf(ret, "" TYPE1 " was loaded without what is set by %s", r->stale);
	if (type1_state(d->facts) == MODULE_BUILTIN) {
		strv_add(ret,
			 "echo Y | sudo tee /sys/module/" TYPE1 "/parameters/" ALLOW);
		return;
	}
	strv_add(ret, "# while no virtual machine uses it:\nsudo modprobe -r " TYPE1);
	strv_add(ret, "sudo modprobe " TYPE1);
	if (d->facts->iommu.unsafe_modprobe)
		advise_image(d, ret);
}

static void advise_params(const struct diagnosis *d, const struct remapping *r,
			  struct strv *ret)
{
	bool iommufd = d->facts->iommu.unsafe_iommufd != TRI_UNKNOWN && !r->iommufd_by;

	/* Documentation/admin-guide/kernel-parameters.rst: "Parameters for modules which
	 * are built into the kernel need to be specified on the kernel command line." */
	if (d->facts->iommu.unsafe_modprobe && !remapping_modprobe(d->facts))
		strv_addf(ret,
			  "%s does nothing: " TYPE1 " is built into the kernel, which "
			  "reads its parameters on the command line",
			  d->facts->iommu.unsafe_modprobe);
	if (!has_iommufd_only(d->facts))
		advice_param(d, TYPE1 "." ALLOW "=1", RISK, ret);
	if (iommufd || has_iommufd_only(d->facts))
		advice_param(
			d, IOMMUFD "." ALLOW "=1",
			has_iommufd_only(d->facts)
				? RISK
				: "where virtual machines use iommufd, with the same "
				  "risk",
			ret);
}

void remapping_advise_allowing(const struct diagnosis *d, const struct remapping *r,
			       struct strv *ret)
{
	if (r->iommufd_by)
		strv_addf(
			ret,
			"iommufd alone may do without (%s): only a virtual machine that "
			"is told to use iommufd gets a device (QEMU: -object iommufd,"
			"id=iommufd0 -device vfio-pci,...,iommufd=iommufd0)",
			r->iommufd_by);
	if (r->stale)
		advise_stale(d, r, ret);
	else if (!r->allowed && r->cause != REMAPPING_PARAMETER)
		advise_params(d, r, ret);
}
