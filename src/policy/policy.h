/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deciding: facts and a wish in, a wanted command line, findings, a verdict and refusals
 * out. Pure functions: no host, no I/O.
 */
#ifndef SLICER_POLICY_POLICY_H
#define SLICER_POLICY_POLICY_H

#include "bootloaders/bootloader.h"
#include "initramfs/generator.h"
#include "policy/trial.h"
#include "probe/facts.h"
#include "probe/old_setup.h"
#include "probe/pci.h"
#include "probe/vm_conflicts.h"
#include "text/cmdline.h"

/* ---- what is wanted (wanted.c)
 * ----------------------------------------------------------- */

struct wish {
	enum cpu_vendor vendor;
	bool no_pt;
	struct strv params; /* --param, as given */
	struct strv remove_params; /* --remove-param */
	struct pci_id *ids; /* --ids */
	size_t n_ids;
	char *acs_override; /* "downstream,multifunction"; NULL: none */
	/* modprobe.d lets VFIO do without interrupt remapping: what switches that off
	 * may stay. */
	bool unsafe_interrupts;
};
void wish_done(struct wish *w);

/* A parameter that says the opposite of what is wanted. */
struct contradiction {
	char *param; /* as it stands: "intel_iommu=off" */
	char *to; /* what it becomes; NULL: it goes away */
	char *why; /* "turns VT-d off" */
	/* All that it contradicts is iommu=pt, which --no-pt leaves out. */
	bool is_about_pt;
};
struct wanted {
	struct strv params; /* the parameters the host needs: "intel_iommu=on",
			       "iommu=pt", ... */
	struct edit edit; /* what makes tokens carry them, contradictions included */
	struct contradiction *conflicts;
	size_t n_conflicts, conflicts_cap;
};
void wanted_done(struct wanted *w);
/*
 * The wanted parameters for a wish, and the edit that turns the parameter list "tokens"
 * (the configured command line; the sum of what stands in all configured places) into one
 * that satisfies them. Satisfied already counts as such: intel_iommu=on,sm_on for
 * intel_iommu=on; iommu.passthrough=1 for iommu=pt. Values in lists are merged
 * (intel_iommu=sm_on gives intel_iommu=on,sm_on; vfio-pci.ids= gains ids). Contradictions
 * by the last-one-wins rule: intel_iommu=off, amd_iommu=off, iommu=off, iommu=soft,
 * iommu=nopt, iommu.passthrough=0 (the last two only when pt is wanted), intremap=off,
 * nointremap, noapic (unless VFIO may do without interrupt remapping), each as an
 * EDIT_REPLACE or EDIT_REMOVE in edit where it stands. Error: usage for what can't be put
 * on a command line.
 */
int wanted_make(const struct wish *w, const struct strv *tokens, struct wanted *ret,
		struct error *e);
/* Which of want->params does this command line lack? Appended. */
void wanted_missing(const struct wanted *want, const char *options, struct strv *ret);
/* What a parameter was meant to be that no kernel knows by this name: "vfio-pci.ids=..."
 * for vfio-pci-ids=..., "iommu=pt" for iommu_pt. Owned by the caller, NULL: it resembles
 * none of those that slicer knows, or is one of them. */
char *param_meant(const char *token);
/* The first word of the IOMMU's parameters for this vendor that no kernel knows: the
 * token it stands in, pointing into tokens; NULL if none. ret_word (may be NULL) is owned
 * by the caller. */
const char *cmdline_unknown_word(const struct strv *tokens, enum cpu_vendor vendor,
				 char **ret_word);
/* Does the effective command line switch the IOMMU off? The token that does, pointing
 * into tokens, or NULL. */
const char *cmdline_blocks(const struct strv *tokens, enum cpu_vendor vendor);
/* Likewise for the one that switches interrupt remapping off: intremap=off, nointremap,
 * noapic. */
const char *cmdline_stops_remapping(const struct strv *tokens);
/*
 * Marks the entries of boot that stay as they are: written by hand, not the default, and
 * with a word that switches off what is wanted. Such an entry is a person's way back.
 * None where the default entry can't be told or is not one that slicer edits. Appends a
 * sentence about each to notes (may be NULL).
 */
void keep_entries(struct boot_config *boot, const struct facts *f, enum cpu_vendor vendor,
		  struct strv *notes);
/* Does it let VFIO do without interrupt remapping? By vfio_iommu_type1's parameter:
 * iommufd's does nothing for what doesn't use iommufd (unsafe.c). */
bool cmdline_allows_unsafe(const struct strv *tokens);

/* ---- doctor (verdict.c, checks*.c)
 * --------------------------------------------------------- */

enum check_status { CHECK_PASS, CHECK_WARN, CHECK_FAIL, CHECK_SKIP };
struct check {
	char *id; /* stable: "firmware.table"; copied */
	const char *group; /* "platform" "firmware" "kernel" "cmdline" "bootloader"
			      "initramfs" "iommu" "devices" "limits"
			      "hypervisors" */
	enum check_status status;
	char *title;
	char *evidence; /* quoted from the machine; NULL for none */
	struct strv fix;
	bool minor; /* nothing to mend: only --verbose tells a person */
	const char *follows; /* the id of the failed check that brings this failure
				about; NULL where none is known */
};
struct checks {
	struct check *v;
	size_t n, cap;
};
void checks_done(struct checks *c);
/* Returns the new check for its fix lines. evidence is a printf format, may be NULL. */
struct check *check_add(struct checks *c, const char *id, const char *group,
			enum check_status status, const char *title, const char *evidence,
			...) PRINTF(6, 7);

enum verdict {
	VERDICT_READY,
	VERDICT_UNSUPPORTED,
	VERDICT_KERNEL,
	VERDICT_BLOCKED,
	VERDICT_FIRMWARE,
	VERDICT_SETUP_NEEDED,
	VERDICT_ELSEWHERE,
	VERDICT_GENERATE_NEEDED,
	VERDICT_REBOOT_NEEDED,
	VERDICT_REFUSED,
	VERDICT_UNKNOWN,
};
const char *verdict_name(enum verdict v); /* "setup-needed" */

/* What doctor knows of devices beside struct pci_device (made by src/cmd from
 * src/devices). */
struct device_view {
	const struct pci_device *dev;
	struct strv in_use; /* who uses it, in words; empty: nobody found */
	struct strv
		companions; /* addresses in the same group that must be bound with it */
	struct strv below; /* addresses that hang below it and go along with it */
	bool asked; /* named on doctor's command line */
	/* The answer of device_answer(), where answered: may it go to a VM? */
	bool answered, usable, bound;
	bool waits; /* only the IOMMU is missing: what helps is the host's next step */
	struct strv reasons; /* what speaks against it, or is not done yet */
	struct strv next; /* commands, or what to do about the reasons */
};

/* A device that the log names in an access that the IOMMU stopped (made by src/cmd). */
struct fault_view {
	const struct pci_device *dev;
	const struct log_line *line; /* the first such line */
	size_t n; /* how many there are */
	struct strv in_use; /* who uses it, in words */
};

/* A file of /etc/slicer/devices.d (made by src/cmd): a device that is to be bound at
 * every boot. */
struct at_boot_view {
	const char *path; /* the file */
	char *address; /* where the device is, or else was */
	const char *driver; /* that it is to have */
	char *moved; /* it has moved: from where, in words; NULL: it has not */
	char *why; /* it is not bound: why; NULL: it is */
	struct strv next; /* commands, or what to do about why */
};

/* A statement of an older set-up (made by src/cmd): what gives devices to VFIO at boot
 * beside files of /etc/slicer/devices.d. */
struct old_view_entry {
	const struct old_statement *statement;
	struct strv needed; /* devices that it takes and the host needs, in words */
	struct strv next; /* commands */
};

/* What a bind left behind (made by src/devices/leftovers.c). */
enum leftover_kind {
	LEFTOVER_OVERRIDE, /* a driver_override that is not obeyed */
	LEFTOVER_DRIVERLESS, /* no driver, though one that knows the device is loaded */
	LEFTOVER_NOTE, /* of the driver that the device had, and has again */
};
struct leftover {
	enum leftover_kind kind;
	const struct pci_device *dev;
	char *what; /* evidence */
	struct strv next; /* commands, or what to do first */
};

/* A node by which a VM gets devices that VFIO has (made by src/cmd). */
struct node_view {
	char *path; /* "/dev/vfio/28" */
	int err; /* of host_can_open(): 0: this user can open it */
	bool has_owner; /* false: the three below are not known */
	unsigned uid, gid, mode;
	struct strv devices; /* addresses */
};

struct initramfs_view {
	char *version, *path;
	bool scanned; /* false: why */
	char *why;
	bool complete;
	bool has_vfio_pci;
	char *early; /* contents of slicer's modprobe file in it; NULL: none */
};

/* What slicer's own journal says (made by src/cmd from src/plan). */
struct journal_view {
	const char *why; /* it can't be read: why; NULL: it can, or there is none */
	const char *interrupted; /* the runs that did not come to an end; NULL: none */
	bool running; /* the last of them still runs */
	bool of_a_bind; /* what was interrupted is pci bind or pci unbind */
};

/* A trial boot (made by src/cmd). */
struct trial_view {
	enum trial_state state;
	const struct strv *log; /* last lines of a trial that died; NULL: none known */
	const char *log_source; /* where they are from */
};

/* All that the verdict rests on. Pointers are borrowed; NULL where it could not be had.
 */
struct diagnosis {
	const struct facts *facts;
	const struct boot_config *boot; /* NULL: none chosen; boot_error says why */
	const struct error *boot_error;
	const struct strv *boot_evidence;
	enum boot_match boot_match;
	const struct wanted *wanted; /* NULL: CPU vendor unknown */
	const struct initramfs_config *initramfs;
	const struct initramfs_view *images;
	size_t n_images;
	const struct device_view *devices;
	size_t n_devices, n_devices_left_out;
	const struct at_boot_view *at_boot;
	size_t n_at_boot;
	const struct strv *at_boot_broken; /* files that can't be used; NULL: not read */
	const struct strv
		*at_boot_leftover; /* addresses that the initramfs binds by a
				      script, and no file says so; may be NULL */
	bool at_boot_disabled; /* there are files, and no unit that binds at boot */
	const struct old_view_entry *old;
	size_t n_old;
	bool old_known; /* it was looked for */
	bool can_take_ids; /* "setup-iommu --ids" would accept iommu.vfio_ids, those of
			      modprobe.d; false also if there are none */
	const struct leftover *leftovers;
	size_t n_leftovers;
	const struct node_view *nodes;
	size_t n_nodes;
	const struct vm_definitions *vms; /* NULL: not looked at; then so are: */
	const struct vm_conflicts *vm_conflicts;
	/* In words: devices that the host needs and VMs would take, and that are not
	 * there */
	const struct strv *vm_needed, *vm_gone;
	const struct fault_view *faults;
	size_t n_faults;
	const struct pci_device *suggested; /* devices_suggest(): NULL: none */
	bool pci_known;
	const struct error *pci_error; /* pci_known == false: why; may be NULL */
	const char *images_why; /* n_images == 0: why, in words; may be NULL */
	/* The default entry's file was last written before this boot: the loader had to
	 * read it. */
	enum tri default_is_older;
	bool unprivileged; /* on the running machine and not root */
	struct journal_view journal;
	struct trial_view trial;
};
/* The vendor that d->wanted was made for, else the processor's own. */
enum cpu_vendor diagnosis_vendor(const struct diagnosis *d);
/* The first that applies, by the table in slicer-doctor(8). next gets the person's next
 * step(s). */
enum verdict verdict_of(const struct diagnosis *d, struct strv *next);
/* All checks, in the order of their groups. */
void checks_make(const struct diagnosis *d, struct checks *ret);

/* ---- refusals of setup-iommu (refuse.c)
 * ---------------------------------------------------- */

/*
 * Hosts that setup-iommu must not touch (not x86_64, a container, a live medium, an
 * immutable system, a hypervisor's dom0): refused with the way that its person has. 0 if
 * it may go on. force overrules none of these but "virtual machine without a virtual
 * IOMMU" (nothing to set up there) and a root filesystem that is none of a disk (tmpfs,
 * overlay, squashfs ...).
 */
int refuse_host(const struct facts *f, bool force, struct error *e);
/*
 * A resulting command line over 2,047 bytes: result, and what comes in front of it from
 * elsewhere (the loader's BOOT_IMAGE= or initrd=, the generator's root=).
 */
int refuse_length(const char *result, size_t added, struct error *e);

#endif
