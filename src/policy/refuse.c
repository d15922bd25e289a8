/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/guest.h"
#include "policy/policy.h"

#include <errno.h>

static int refuse_platform(const struct platform_facts *p, struct error *e)
{
	if (p->arch && strcmp(p->arch, "x86_64") != 0) {
		error_set(e, ENOTSUP,
			  "this is %s: VFIO passthrough is set up on x86_64 only",
			  p->arch);
		return -ENOTSUP;
	}
	if (p->container) {
		error_set(e, ENOTSUP,
			  "this is a container (%s): it has no kernel of its own",
			  p->container);
		error_hint(e, "run slicer on the host");
		return -ENOTSUP;
	}
	if (p->hypervisor_dom0) {
		error_set(e, ENOTSUP,
			  "this system runs under the hypervisor that owns the IOMMU: %s",
			  p->hypervisor_dom0);
		error_hint(
			e,
			"set the hypervisor's own command line (Xen: GRUB_CMDLINE_XEN) "
			"and use its tools to pass devices through");
		return -ENOTSUP;
	}
	if (p->live_medium) {
		error_set(e, ENOTSUP, "this is a live system: %s", p->live_medium);
		error_hint(e,
			   "changes would be gone at the next boot: start the installed "
			   "system, or mount its disk and use --root");
		return -ENOTSUP;
	}
	if (p->immutable) {
		error_set(e, ENOTSUP, "%s manages its own boot entries", p->immutable);
		error_hint(e, "%s",
			   p->immutable_advice
				   ? p->immutable_advice
				   : "use its own way to set kernel arguments");
		return -ENOTSUP;
	}
	return 0;
}

/* A root that is put together at every boot, or that can't be written at all. */
static int refuse_root(const struct mounts *m, struct error *e)
{
	static const char *const types[] = { "tmpfs",	"ramfs",  "rootfs",
					     "overlay", "aufs",	  "squashfs",
					     "erofs",	"cramfs", "iso9660" };
	const struct mount *root = mounts_of(m, "/");

	for (size_t i = 0; root && i < ARRAY_SIZE(types); i++) {
		if (strcmp(root->fstype, types[i]) != 0)
			continue;
		error_set(
			e, ENOTSUP,
			"the root filesystem is of type %s: this is a live system or an "
			"image, and what is written here may be gone at the next boot",
			root->fstype);
		error_hint(e, "set the parameters in this system's own way, or start the "
			      "installed system, or mount its disk and use --root; "
			      "--force changes this one all the same");
		return -ENOTSUP;
	}
	return 0;
}

int refuse_host(const struct facts *f, bool force, struct error *e)
{
	int err = refuse_platform(&f->platform, e);

	if (err < 0 || force)
		return err;
	err = refuse_root(&f->mounts, e);
	if (err < 0)
		return err;
	if (f->platform.virtualized == TRI_YES && !f->iommu.active &&
	    f->firmware.state == FIRMWARE_ABSENT) {
		error_set(e, ENOTSUP,
			  "this is a virtual machine without a virtual IOMMU: there is "
			  "nothing to set up here");
		error_hint(e, "%s\n--force sets the parameters all the same",
			   guest_iommu_advice(&f->platform, f->cpu.vendor));
		return -ENOTSUP;
	}
	return 0;
}

int refuse_length(const char *result, size_t added, struct error *e)
{
	size_t len = strlen(result) + added;
	CLEANUP(free_char) char *with = NULL;

	if (len <= CMDLINE_MAX_BYTES)
		return 0;
	if (added)
		with = xasprintf(" (%zu of them from the boot loader and the generator)",
				 added);
	error_set(e, E2BIG,
		  "the command line would be %zu bytes long%s: the kernel cuts it off "
		  "after %d",
		  len, with ? with : "", CMDLINE_MAX_BYTES);
	error_hint(e, "take parameters away that are not needed any more");
	return -E2BIG;
}
