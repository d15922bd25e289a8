/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs generator is the same three questions as a boot loader, none of which
 * writes. */
#ifndef SLICER_INITRAMFS_GENERATOR_H
#define SLICER_INITRAMFS_GENERATOR_H

#include "probe/facts.h"
#include "steps/steps.h"
#include "text/pciaddr.h"

struct initramfs_generator;

/* A file that slicer writes for the generator. */
struct initramfs_own_file {
	char *path;
	const char *in_image; /* its name in every image; NULL: it is in none */
	bool binds; /* of binds in the initramfs, not of setup-iommu */
	bool exists;
	struct str text;
};

struct initramfs_config {
	const struct initramfs_generator *generator; /* NULL: none found */
	struct strv evidence;
	/* Its own configuration switches rebuilding off: what says so
	 * ("update_initramfs=no in /etc/initramfs-tools/update-initramfs.conf"); NULL: it
	 * is on */
	char *switched_off;
	/* Images of the kernels that were asked for: parallel vectors */
	struct strv versions, images;
	struct strv missing; /* those that have no image */
	/* Those of versions whose image is gone although slicer had it rebuilt:
	 * initramfs_expect() */
	struct strv lost;
	/* Own files as they are now (before), for lossless plans */
	struct initramfs_own_file *own;
	size_t n_own;
	char *rebuild_command; /* for advice: what a person would run */
};
void initramfs_config_done(struct initramfs_config *c);
/* For the generators: reads path as it is now into c->own; one that is not there counts
 * as empty. Sorts versions into those with an image (both vectors) and missing ones. */
int initramfs_add_own(const struct host *h, const char *path, const char *in_image,
		      bool binds, struct initramfs_config *c, struct error *e);
void initramfs_find_images(const struct host *h, const struct strv *versions,
			   struct initramfs_config *c);

/* A kernel of rebuilt that is among the missing ones had an image when slicer rebuilt it:
 * it is made again. Moves it to versions and images, and to lost. Only for a generator
 * that slicer runs itself. */
void initramfs_expect(struct initramfs_config *c, const struct strv *rebuilt);

/* What the image has to do. */
struct initramfs_wish {
	bool rebuild; /* of every kernel in versions, even if no file changes */
	struct strv drivers; /* native driver modules that vfio-pci must come before;
				empty: no early bind */
	bool early_bind; /* vfio-pci in the image, loaded before drivers */
	struct strv bind_drivers; /* those that plan_bind() puts into the image */
	bool remove; /* take the own files away again */
};

/* A device that the initramfs binds, before a native driver is loaded. */
struct initramfs_bind {
	char *address; /* "0000:0b:00.0" */
	struct pci_id id, subsystem;
	char *ports, *serial; /* as device_ports() and device_serial() give them; NULL:
				 not known */
	char *driver;
	bool force; /* also where no other network controller is left */
};

struct initramfs_generator {
	const char *name; /* "initramfs-tools" "dracut" "mkinitcpio" "booster"
			     "tiny-initramfs" */
	bool supported; /* false: recognised only; plan() gives advice in next, no steps
			 */
	/* What the path of an image has before its kernel's release; NULL: not known */
	const char *image_prefix;
	/* true if it is the one that makes this host's images; evidence says why */
	bool (*probe)(const struct host *h, const struct facts *f, struct strv *evidence);
	int (*load)(const struct host *h, const struct facts *f,
		    const struct strv *versions, struct initramfs_config *ret,
		    struct error *e);
	int (*plan)(const struct initramfs_config *c, const struct initramfs_wish *w,
		    struct plan *ret, struct error *e);
	/* Appends the steps after which every image binds these devices, and no others;
	 * none where that is so. NULL: slicer can't do that with this generator. */
	int (*plan_bind)(const struct initramfs_config *c, const struct initramfs_bind *v,
			 size_t n, struct plan *ret, struct error *e);
	/* A file of the image in which first has to stand before then, if both are to
	 * happen in that order: the binds before udev. */
	struct initramfs_order {
		const char *file, *first, *then;
	} bind_order;
};
/* Appends the addresses of the devices that the next images bind, as a file on disk says
 * it, which a person may have left behind. */
void initramfs_bound(const struct host *h, struct strv *ret);
extern const struct initramfs_generator initramfs_tools, initramfs_dracut,
	initramfs_mkinitcpio, initramfs_booster, initramfs_tiny;
/* NULL-terminated, most specific first. */
extern const struct initramfs_generator *const initramfs_generators[];

/* Is there a generator of that name? Else a usage error that names those there are. */
int initramfs_check_name(const char *name, struct error *e);

/* versions: kernels, in general those that the boot menu can start. name (may be NULL)
 * overrules. None found is no error: ret->generator is NULL. */
int initramfs_choose(const struct host *h, const struct facts *f, const char *name,
		     const struct strv *versions, struct initramfs_config *ret,
		     struct error *e);

#endif
