/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions about a diagnosis that the verdict and the checks share. Inside src/policy
 * only. */
#ifndef SLICER_POLICY_JUDGE_H
#define SLICER_POLICY_JUDGE_H

#include "policy/policy.h"

/* The running kernel and that of the default entry; NULL where nothing is known. */
const struct kernel_facts *judge_running_kernel(const struct diagnosis *d);
const struct kernel_facts *judge_next_kernel(const struct diagnosis *d);
/* The default entry, NULL if it can't be told. */
const struct boot_entry *judge_default(const struct diagnosis *d);
/* A registered driver, built in, or a module that resolves for the running kernel. */
enum tri judge_vfio_at_hand(const struct diagnosis *d);
/* What this kernel was built without, in words; NULL: nothing that is known. */
char *judge_kernel_lacks(const struct diagnosis *d, const struct kernel_facts *k);
/* Does a command line lack what is wanted? iommu=pt alone doesn't count. d->wanted is
 * known. */
bool judge_lacks(const struct diagnosis *d, const char *options);
/* The parameter of a command line (may be NULL) that switches the IOMMU off, or interrupt
 * remapping without VFIO being told to do without: owned by the caller, NULL if none. */
char *judge_blocks(const struct diagnosis *d, const char *options);
/* Does one of the three command lines switch the IOMMU itself off? */
bool judge_blocks_iommu(const struct diagnosis *d);
/* There is a configured command line, but what it comes to can't be known: then the boot
 * menu decides. */
bool judge_is_unproven(const struct diagnosis *d);
/* The command line that a person edits: the configured one, or the default entry's where
 * entries are edited themselves. NULL: not known. */
const char *judge_configured(const struct diagnosis *d);
/* Do the entries of the next boot carry what is wanted? By the default one, or by all
 * normal ones if the default can't be told. */
enum tri judge_next_boot(const struct diagnosis *d);
/* Why there is no default entry, in words: owned by the caller. */
char *judge_no_entry(const struct diagnosis *d);
/* A machine that nothing can be set up on. */
bool judge_is_unsupported(const struct diagnosis *d);
/* A virtual machine whose host gives it no IOMMU. */
bool judge_is_bare_vm(const struct diagnosis *d);

/* Is the device in the hands of vfio-pci or one of its variants (mlx5_vfio_pci,
 * xe-vfio-pci ...)? */
bool judge_on_vfio(const struct pci_device *dev);
/* Does a command line (may be NULL) let the host's own devices around the IOMMU? */
bool judge_has_pt(const char *options);
/* The names under which firmware set-ups list the switch, by vendor. */
const char *judge_firmware_setting(enum cpu_vendor vendor);
/* The command that makes the boot menu anew: owned by the caller. */
char *judge_generate_command(const struct diagnosis *d);
/* The steps for a person whose kernel lacks something. */
void judge_kernel_advice(const struct diagnosis *d, const struct kernel_facts *k,
			 struct strv *ret);
/* The steps of the verdict "unknown": what decides and could not be read, and what would
 * let it. Appended. (verdict_unknown.c) */
void verdict_next_unknown(const struct diagnosis *d, struct strv *next);
/* The first line of the log that says what went wrong, NULL if none. */
const struct log_line *judge_log_error(const struct diagnosis *d);
/* The first line of a record, which may have several: owned by the caller. /dev/kmsg
 * writes a newline inside a record as \x0a. */
char *judge_log_text(const struct log_line *line);

#endif
