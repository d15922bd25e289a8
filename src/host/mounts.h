/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts and partitions, by libmount and libblkid. For a foreign root the mount table is
 * its own /proc/self/mountinfo, if it has one (a captured host), and devices are not
 * probed.
 */
#ifndef SLICER_HOST_MOUNTS_H
#define SLICER_HOST_MOUNTS_H

#include "host/host.h"

struct mount {
	char *target; /* "/boot/efi" */
	char *source; /* "/dev/sda1", may be "" */
	char *fstype; /* "vfat" */
	char *devno; /* "8:1" */
	char *root; /* the part of the filesystem that is mounted here: "/" or "/@" */
	char *options; /* the filesystem's own: "rw,logdev=/dev/sdb1"; NULL: none */
	bool read_only;
	/* Only in fstab: the boot waits for it, and fails without it: neither noauto nor
	 * nofail (systemd.mount(5)). */
	bool boot_waits;
};
struct mounts {
	struct mount *v;
	size_t n, cap;
	bool known; /* false: the table could not be read */
	/* fstab's targets that are not mounted though they should be (not noauto) or are
	 * noauto: the /boot that was never mounted. */
	struct strv fstab_unmounted;
	/* fstab's filesystems and swap areas (target "swap"), also where the mount table
	 * is not known; of these only target, source (as written: "UUID=...",
	 * "/dev/sda1"), fstype and boot_waits are set. */
	struct mount *fstab;
	size_t n_fstab, fstab_cap;
};
void mounts_done(struct mounts *m);
int mounts_load(const struct host *h, struct mounts *ret, struct error *e);
/* The mount table of another process ("/proc/812/mountinfo"), without fstab. 0 or a
 * negative errno. */
int mounts_load_table(const struct host *h, const char *path, struct mounts *ret);
/* The value of an option of the filesystem itself: owned by the caller, NULL if it is not
 * there. */
char *mount_option(const struct mount *m, const char *name);
/* The mount that path lies on (longest target, last wins), NULL if unknown. Links are not
 * resolved: pass host_realpath(). */
const struct mount *mounts_of(const struct mounts *m, const char *path);

/*
 * The UUID of the filesystem that fstab mounts where path lies: owned by the caller, NULL
 * where fstab names it in another way ("/dev/sda1", LABEL=, a partition's UUID) or not at
 * all, as where something else mounted it. For a root whose devices can't be probed.
 */
char *mounts_fstab_uuid(const struct mounts *m, const char *path);

/* A filesystem or partition as libblkid sees its device node. */
struct partition {
	char type[37]; /* GPT type UUID, lower case; "0xef" on MBR; "" unknown */
	char uuid[37]; /* GPT partition UUID, lower case */
	char fs_type[32]; /* "vfat" */
	char fs_uuid[64];
	char label[128];
};
#define PARTITION_TYPE_ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define PARTITION_TYPE_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"
/* Probes a device node of the live machine. -EOPNOTSUPP for a foreign root, -EACCES when
 * not root. */
int partition_probe(const struct host *h, const char *device, struct partition *ret,
		    struct error *e);

/* Where the ESP and XBOOTLDR are mounted: found by GPT type among the mounted vfat
 * filesystems, the one that the machine was started from before others; under a foreign
 * root, or where devices can't be probed, by mount point
 * (/efi /boot /boot/efi) and content (EFI/ directory). evidence says how. NULL strings if
 * none. */
struct boot_partitions {
	char *esp, *esp_evidence, *esp_part_uuid;
	char *xbootldr, *xbootldr_evidence;
	/* An ESP that exists (GPT type) but is not mounted: device node, NULL if none */
	char *esp_unmounted;
	char *esp_ahead; /* where another ESP is mounted that systemd's programs
			    (kernel-install) take before esp; NULL: none */
};
void boot_partitions_done(struct boot_partitions *b);
/* booted: partition UUID, lower case, that the loader says it was started from
 * (LoaderDevicePartUUID); NULL: not known. */
int boot_partitions_find(const struct host *h, const struct mounts *m, const char *booted,
			 struct boot_partitions *ret, struct error *e);
/* For it: what libblkid says (p) of the device under one mount. */
void boot_partitions_take(struct boot_partitions *b, const struct mount *m,
			  const struct partition *p, const char *booted);

#endif
