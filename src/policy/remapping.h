/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt remapping: is it on, and if not, why, and what can be done? VFIO refuses
 * devices without it (linux drivers/vfio/vfio_iommu_type1.c
 * vfio_iommu_type1_attach_group(), drivers/iommu/iommufd/device.c), unless it is told to
 * do without.
 */
#ifndef SLICER_POLICY_REMAPPING_H
#define SLICER_POLICY_REMAPPING_H

#include "policy/policy.h"

enum remapping_cause {
	REMAPPING_NO_CAUSE, /* it is not off, or nothing says why */
	REMAPPING_PARAMETER, /* the running command line */
	REMAPPING_FIRMWARE, /* the firmware's tables */
	REMAPPING_KERNEL, /* built without it */
	REMAPPING_HARDWARE, /* a unit can't, or an erratum */
};
struct remapping {
	enum tri on;
	char *evidence; /* what says so, quoted; NULL if unknown */
	enum remapping_cause cause; /* on == TRI_NO */
	char *why; /* the cause in words, NULL if nothing says it */
	/* VFIO's type1, which VMMs use unless told to use iommufd, may do without */
	bool allowed;
	char *allowed_by; /* what allows it */
	char *iommufd_by; /* what lets iommufd alone do without; NULL: nothing */
	/* The setting (file or command line) that would allow it, though the module was
	 * loaded without it; NULL: none */
	char *stale;
};
/*
 * In the order of how much they prove: the controllers' names in /proc/interrupts, the
 * kernel's own words in the log, the running command line, how the kernel was built, the
 * capabilities of Intel's units, the firmware's tables, and that a log which is whole
 * from its first line does not say "enabled".
 */
void remapping_judge(const struct facts *f, struct remapping *ret);
void remapping_done(struct remapping *r);

/* Does VFIO refuse every device, because remapping is off and it may not do without? */
bool remapping_refuses(const struct facts *f);
/* That, on a host whose IOMMU works, and it is (not) the firmware's fault: a verdict. Not
 * the firmware's where VFIO is told to do without. */
bool remapping_is_firmware(const struct diagnosis *d);
bool remapping_is_refused(const struct diagnosis *d);
/* That, and the default entry of the next boot lets VFIO do without, which the running
 * command line does not; or only the configured command line does, and the boot menu was
 * not made anew. */
bool remapping_waits_for_reboot(const struct diagnosis *d);
bool remapping_waits_for_generator(const struct diagnosis *d);
/* The steps of a verdict that is about it. Appended. */
void remapping_next(const struct diagnosis *d, struct strv *next);
/* What a verdict that is about remapping, and not about the whole IOMMU, says; NULL for
 * any other. */
const char *remapping_sentence(const struct diagnosis *d, enum verdict v);
/* What a person can do about remapping that is off. Appended. */
void remapping_advice(const struct diagnosis *d, const struct remapping *r,
		      struct strv *ret);

/* ---- unsafe.c --------------------------------------------------------------------- */

/* The file of modprobe.d that lets vfio_iommu_type1 do without; NULL: none, or the
 * running kernel has that module built in, and no such file is read for it. */
const char *remapping_modprobe(const struct facts *f);
/* Does this command line (may be NULL) let VFIO do without? By iommufd's parameter where
 * the kernel has nothing else. */
bool remapping_is_allowed_by(const struct facts *f, const char *options);

/* ---- unsafe.c, for remapping.c only ------------------------------------------------ */

/* Fills in who may do without; and what a person can do about that. Appended. */
void remapping_judge_allowed(const struct facts *f, struct remapping *r);
void remapping_advise_allowing(const struct diagnosis *d, const struct remapping *r,
			       struct strv *ret);

#endif
