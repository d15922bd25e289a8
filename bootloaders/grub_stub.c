/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which menu does GRUB read? On EFI, the grub.cfg beside its program on the ESP decides:
 * a stub that leads to the real menu, or, after a change of distribution, of disk or of
 * the way of booting, to another one. A program that grub-install made for this machine
 * has the menu's place built in and reads no such file; nor does GRUB on BIOS. Neither is
 * judged.
 */
#include "bootloaders/grub.h"

#include <errno.h>
#include <strings.h>

#include "text/grubimage.h"
#include "text/grubstub.h"

#define PROGRAM_MAX (32u << 20) /* Debian's signed one has 4 MiB */

/* EFI/NAME/grub.cfg on the ESP: owned by the caller, NULL if there is none. */
static char *stub_in(const struct host *h, const char *esp, const char *name)
{
	CLEANUP(free_char) char *path = xasprintf("%s/EFI/%s/grub.cfg", esp, name);

	return host_exists(h, path) ? xstrdup(path) : NULL;
}

/* Has a GRUB been installed in this directory of the ESP? The program's names:
 * util/grub-install.c; the distributions' signed images have the same. */
static bool has_grub(const struct host *h, const char *esp, const char *name)
{
	static const char *const files[] = { "grub.cfg", "grubx64.efi", "grubia32.efi" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(free_char)
		char *path = xasprintf("%s/EFI/%s/%s", esp, name, files[i]);

		if (host_exists(h, path))
			return true;
	}
	return false;
}

/* The only GRUB's on the ESP. Another GRUB, be it one without such a file, may be the one
 * that the firmware starts: then NULL. EFI/BOOT is a copy for firmware that has lost its
 * entries, and is not counted. */
static char *only_stub(const struct host *h, const char *esp)
{
	CLEANUP(free_char) char *dir = xasprintf("%s/EFI", esp);
	CLEANUP(strv_done) struct strv names = { 0 };
	const char *only = NULL;

	if (host_list(h, dir, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		if (strcasecmp(names.v[i], "BOOT") == 0 || !has_grub(h, esp, names.v[i]))
			continue;
		if (only)
			return NULL;
		only = names.v[i];
	}
	return only ? stub_in(h, esp, only) : NULL;
}

/*
 * Which directory the firmware starts from is not known (a mounted disk). A
 * distribution's directory has its ID; a derivative that takes over the signed GRUB of
 * another has that one's, because the image has the directory's name in it (Debian's
 * build-efi-images, "-p /EFI/..."): Linux Mint's is EFI/ubuntu.
 */
static char *likely_stub(const struct host *h, const char *esp,
			 const struct platform_facts *p)
{
	char *ret = p->os_id ? stub_in(h, esp, p->os_id) : NULL;

	for (size_t i = 0; !ret && i < p->os_like.n; i++)
		ret = stub_in(h, esp, p->os_like.v[i]);
	return ret ? ret : only_stub(h, esp);
}

/* The file beside the program that the firmware started, or else the likely one. NULL:
 * there is none, or none that can be told. Owned by the caller. */
static char *stub_path(const struct host *h, const struct facts *f)
{
	const char *esp = f->boot_partitions.esp, *file = f->efi.boot_file;
	struct str path = { 0 };

	/* The ESP that is mounted may be another one than the firmware started from. */
	if (!esp ||
	    (f->efi.boot_part_uuid[0] && f->boot_partitions.esp_part_uuid &&
	     strcasecmp(f->efi.boot_part_uuid, f->boot_partitions.esp_part_uuid) != 0))
		return NULL;
	/* Started from the fallback place, a distribution's signed GRUB reads the file in
	 * its own directory, another one that beside it: which, is not known. */
	if (file && strncasecmp(file, "\\EFI\\BOOT\\", strlen("\\EFI\\BOOT\\")) == 0)
		return NULL;
	if (!file)
		return likely_stub(h, esp, &f->platform);
	str_add(&path, esp);
	for (const char *p = file; *p; p++)
		str_addc(&path, *p == '\\' ? '/' : *p);
	while (path.len && path.s[path.len - 1] != '/')
		path.s[--path.len] = '\0';
	str_add(&path, "grub.cfg");
	if (host_exists(h, str_c(&path)))
		return str_take(&path);
	str_done(&path);
	return NULL;
}

/* GRUB beside the file: the program that the firmware started, or the one that shim
 * starts there (DEFAULT_LOADER of its Makefile: grubx64.efi). Owned by the caller. */
static char *program_beside(const struct facts *f, const char *stub)
{
	const char *file = f->efi.boot_file;
	const char *name = file && strrchr(file, '\\') ? strrchr(file, '\\') + 1 : NULL;

	if (!name || strncasecmp(name, "shim", strlen("shim")) == 0)
		name = "grubx64.efi";
	return xasprintf("%.*s%s", (int)(path_base(stub) - stub), stub, name);
}

/*
 * What the program reads, by what grub-mkimage has put into it. TRI_YES: *stub, which is
 * put right where the program has another directory's name in it. TRI_NO: it looks for
 * the menu itself, and *stub is left over from a signed GRUB that was here before.
 */
static enum tri reads_stub(const struct host *h, const struct facts *f, char **stub)
{
	CLEANUP(free_char) char *path = program_beside(f, *stub);
	CLEANUP(str_done) struct str bytes = { 0 };
	CLEANUP(grub_image_done) struct grub_image image = { 0 };
	char *own;

	if (host_read(h, path, PROGRAM_MAX, &bytes, NULL) < 0 ||
	    grub_image_parse(str_c(&bytes), bytes.len, &image, NULL) < 0)
		return TRI_UNKNOWN;
	if (!grub_image_reads_stub(&image))
		return TRI_NO;
	own = xasprintf("%s%s/grub.cfg", f->boot_partitions.esp, image.prefix);
	if (strcasecmp(own, *stub) == 0) { /* FAT knows no case */
		free(own);
		return TRI_YES;
	}
	free(*stub);
	*stub = own;
	return TRI_YES;
}

/* The UUID of the filesystem that path is on: from the device, or from fstab where no
 * device can be probed. Owned by the caller, NULL: not known. */
static char *filesystem_of(const struct host *h, const struct facts *f, const char *path)
{
	const struct mount *mount = mounts_of(&f->mounts, path);
	struct partition partition = { 0 };

	if (host_is_live(h) && mount &&
	    partition_probe(h, mount->source, &partition, NULL) == 0 &&
	    partition.fs_uuid[0])
		return xstrdup(partition.fs_uuid);
	return mounts_fstab_uuid(&f->mounts, path);
}

/* Where path stands in its filesystem: below the part of it that is mounted ("/@" of
 * btrfs). Owned by the caller, NULL: not known. */
static char *place_of(const struct facts *f, const char *path)
{
	const struct mount *mount = mounts_of(&f->mounts, path);
	const char *rest;

	/* GRUB writes a dataset's path as "/POOL@/...": no path of the mount table. */
	if (!mount || str_eq(mount->fstype, "zfs"))
		return NULL;
	rest = strcmp(mount->target, "/") == 0 ? path : path + strlen(mount->target);
	return xasprintf("%s%s", strcmp(mount->root, "/") == 0 ? "" : mount->root, rest);
}

/* What was found in stub, told: as proven only if it is sure that GRUB reads it. */
static void say_elsewhere(struct boot_config *ret, const char *stub, bool is_sure)
{
	if (ret->elsewhere.code == ERROR_NONE)
		return;
	if (!is_sure) {
		strv_take(&ret->notes,
			  xasprintf("if GRUB's program is one that reads %s: %s", stub,
				    ret->elsewhere.what));
		ret->elsewhere = (struct error){ 0 };
		return;
	}
	error_at(&ret->elsewhere, stub, 0);
	error_hint(&ret->elsewhere,
		   "have GRUB read %s: this writes %s again (where /boot is another "
		   "filesystem than it should be, mount the right one first):\n"
		   "sudo grub-install\n"
		   "--force changes %s all the same",
		   GRUB_CFG, stub, GRUB_CFG);
	strv_add(&ret->notes, ret->elsewhere.what);
}

/* The stub leads to a filesystem and a path: are these GRUB_CFG's? */
static void check_target(const struct host *h, const struct facts *f,
			 const struct grub_stub *stub, const char *path, const char *real,
			 struct boot_config *ret)
{
	CLEANUP(free_char) char *here = filesystem_of(h, f, real);
	CLEANUP(free_char)
	char *there = stub->uuid ? xstrdup(stub->uuid) : filesystem_of(h, f, path);
	CLEANUP(free_char) char *place = place_of(f, real);

	if (here && there && strcasecmp(here, there) != 0)
		error_set(&ret->elsewhere, ENOTSUP,
			  "GRUB reads another grub.cfg: %s %s filesystem %s, but %s is "
			  "on %s",
			  path, stub->uuid ? "looks for" : "stays on", there, GRUB_CFG,
			  here);
	else if (here && there && place && stub->path && strcmp(place, stub->path) != 0)
		error_set(&ret->elsewhere, ENOTSUP,
			  "GRUB reads another grub.cfg: %s leads to %s, but %s is %s in "
			  "that filesystem",
			  path, stub->path, GRUB_CFG, place);
}

/* The file that GRUB reads first: what does it come to? */
static void check_stub(const struct host *h, const struct facts *f, const char *path,
		       struct boot_config *ret)
{
	CLEANUP(free_char) char *real = host_realpath(h, GRUB_CFG);
	CLEANUP(free_char) char *stub_real = host_realpath(h, path);
	CLEANUP(grub_stub_done) struct grub_stub stub = { 0 };
	CLEANUP(str_done) struct str text = { 0 };

	/* The menu itself may be on the ESP, with a link in /boot/grub. */
	if (!real || str_eq(real, stub_real) ||
	    host_read(h, path, GRUB_CFG_MAX, &text, NULL) < 0 ||
	    grub_stub_parse(str_c(&text), text.len, &stub, NULL) < 0)
		return;
	if (stub.is_menu)
		error_set(
			&ret->elsewhere, ENOTSUP,
			"GRUB reads another grub.cfg: %s is a whole menu of its own and "
			"does not lead to %s",
			path, GRUB_CFG);
	else if (stub.uuid || stub.path)
		check_target(h, f, &stub, path, real, ret);
}

void grub_check_stub(const struct host *h, const struct facts *f, struct boot_config *ret)
{
	CLEANUP(free_char) char *path = NULL;
	enum tri is_read;

	/* Started by a BIOS, GRUB looks at no ESP. */
	if (!f->platform.efi && host_is_dir(h, "/sys/firmware"))
		return;
	path = stub_path(h, f);
	is_read = path ? reads_stub(h, f, &path) : TRI_NO;
	if (is_read == TRI_NO)
		return;
	check_stub(h, f, path, ret);
	say_elsewhere(ret, path, is_read == TRI_YES);
}
