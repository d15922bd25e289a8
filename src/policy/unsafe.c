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

/* What lets that module do without: owned by the caller, NULL if nothing does. A loaded
 * module's own parameter says what it does; of one that is not loaded yet the command
 * line and modprobe.d do. */
static char *allower(const struct strv *tokens, const char *module, enum tri loaded,
		     const char *modprobe)
{
	CLEANUP(free_char) char *name = xasprintf("%s." ALLOW, module);

	if (loaded == TRI_YES)
		return xasprintf("/sys/module/%s/parameters/" ALLOW " is Y", module);
	if (loaded == TRI_NO)
		return NULL;
	if (cmdline_is_on(tokens, name))
		return xasprintf("/proc/cmdline: %s", name);
	return modprobe ? xasprintf("%s: %s " ALLOW, modprobe, module) : NULL;
}

/* Without vfio_iommu_type1 everything goes through iommufd, /dev/vfio/vfio too (linux
 * drivers/iommu/iommufd/Kconfig, IOMMUFD_VFIO_CONTAINER). */
static bool has_iommufd_only(const struct facts *f)
{
	for (size_t i = 0; i < f->kernels.n; i++)
		if (f->kernels.v[i].running)
			return f->kernels.v[i].vfio_type1_state == MODULE_MISSING;
	return false;
}

void remapping_judge_allowed(const struct facts *f, struct remapping *r)
{
	const struct iommu_facts *i = &f->iommu;
	CLEANUP(strv_done) struct strv tokens = { 0 };
	char *iommufd;

	if (f->cmdline)
		cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	r->allowed_by = allower(&tokens, TYPE1, i->unsafe_type1, i->unsafe_modprobe);
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

void remapping_advise_allowing(const struct diagnosis *d, const struct remapping *r,
			       struct strv *ret)
{
	if (r->iommufd_by)
		strv_addf(ret,
			  "iommufd alone may do without (%s): only a virtual "
			  "machine that is told to use iommufd gets a device (QEMU: "
			  "-object iommufd,id=iommufd0 -device vfio-pci,...,iommufd="
			  "iommufd0)",
			  r->iommufd_by);
	if (r->allowed || r->cause == REMAPPING_PARAMETER)
		return;
	advice_param(d, TYPE1 "." ALLOW "=1",
		     "only for guests that are trusted: with it a guest can send the "
		     "host any interrupt",
		     ret);
	if (d->facts->iommu.unsafe_iommufd != TRI_UNKNOWN && !r->iommufd_by)
		advice_param(d, IOMMUFD "." ALLOW "=1",
			     "where virtual machines use iommufd, with the same risk",
			     ret);
}
