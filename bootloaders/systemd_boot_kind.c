/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an entry file of systemd-boot starts, and whether that is this system. Sources:
 * UAPI group, Boot Loader Specification; systemd src/boot/boot.c boot_entry_add_type1()
 * (an entry for another architecture is left out of the menu, "efi" and "linux" start the
 * same way, "uki" and "uki-url" from 258 on).
 */
#include "bootloaders/systemd_boot.h"

#include <errno.h>
#include <strings.h>

static bool has_options(const struct bls *bls)
{
	CLEANUP(free_char) char *options = bls_options(bls);
	CLEANUP(strv_done) struct strv params = { 0 };

	cmdline_split(options, strlen(options), &params);
	return cmdline_last(&params, "root") || cmdline_last(&params, "initrd");
}

/* A kernel with its EFI stub is a program, too: what gives it an initramfs or a root
 * means Linux. Installers for Arch write "efi /vmlinuz-linux". */
const char *sdboot_kernel(const struct bls *bls)
{
	const char *kernel = bls_get(bls, "linux"), *efi = bls_get(bls, "efi");

	if (kernel || !efi)
		return kernel;
	return bls_get(bls, "initrd") || has_options(bls) ? efi : NULL;
}

const char *sdboot_image(const struct bls *bls)
{
	const char *image = bls_get(bls, "uki");

	return image ? image : bls_get(bls, "uki-url");
}

/* A 64 bit kernel may be started by 32 bit firmware. */
bool sdboot_is_of_this_arch(const struct bls *bls)
{
	const char *arch = bls_get(bls, "architecture");

	return !arch || strcasecmp(arch, "x64") == 0 || strcasecmp(arch, "ia32") == 0;
}

/* Names that a filesystem or partition has one of: /dev/sda2 is another disk at the next
 * boot, a mapping is called as the command line says. */
static const char *const tags[] = { "UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=" };

static const char *tag_value(const char *spec, const char *tag)
{
	size_t len = strlen(tag);

	return strncasecmp(spec, tag, len) == 0 ? spec + len : NULL;
}

/*
 * The same tag with another value, and no equal one, is proof. Another way to name the
 * root is none: UUID=, PARTUUID= and /dev/sda2 may be the same. A snapshot is told by
 * rootflags= and has the host's root=.
 */
bool sdboot_is_other_root(const struct strv *roots, const char *spec)
{
	for (size_t t = 0; t < ARRAY_SIZE(tags); t++) {
		const char *value = tag_value(spec, tags[t]);
		bool differs = false;

		if (!value)
			continue;
		for (size_t i = 0; i < roots->n; i++) {
			const char *own = tag_value(roots->v[i], tags[t]);

			if (own && strcasecmp(own, value) == 0)
				return false;
			differs |= own != NULL;
		}
		return differs;
	}
	return false;
}

/* Has one of the entries there a root= that is none of another system? */
static bool has_own_root(const struct host *h, const char *partition,
			 const struct strv *roots)
{
	CLEANUP(free_char) char *dir = xasprintf("%s/loader/entries", partition);
	CLEANUP(strv_done) struct strv names = { 0 };
	bool found = false;

	host_list(h, dir, &names, NULL);
	for (size_t i = 0; i < names.n && !found; i++) {
		CLEANUP(free_char) char *path = xasprintf("%s/%s", dir, names.v[i]);
		CLEANUP(str_done) struct str text = { 0 };
		CLEANUP(free_char) char *options = NULL;
		CLEANUP(strv_done) struct strv params = { 0 };
		struct bls bls = { 0 };
		const char *root;

		if (!bls_is_entry_name(names.v[i]) ||
		    host_read(h, path, HOST_MAX_CONFIG, &text, NULL) < 0 ||
		    bls_parse(str_c(&text), text.len, &bls, NULL) < 0)
			continue;
		options = bls_options(&bls);
		cmdline_split(options, strlen(options), &params);
		root = cmdline_last(&params, "root");
		found = root && !sdboot_is_other_root(roots, root);
		bls_done(&bls);
	}
	return found;
}

void sdboot_host_roots(const struct host *h, const struct facts *f, struct strv *ret)
{
	CLEANUP(strv_done) struct strv params = { 0 };
	const char *root;

	for (size_t i = 0; i < f->mounts.n_fstab; i++)
		if (strcmp(f->mounts.fstab[i].target, "/") == 0)
			strv_add(ret, f->mounts.fstab[i].source);
	if (f->cmdline) {
		cmdline_split(f->cmdline, strlen(f->cmdline), &params);
		root = cmdline_last(&params, "root");
		if (root)
			strv_add(ret, root);
	}
	/* An old fstab would make all entries those of others: then it says nothing. */
	if (!(f->boot_partitions.esp && has_own_root(h, f->boot_partitions.esp, ret)) &&
	    !(f->boot_partitions.xbootldr &&
	      has_own_root(h, f->boot_partitions.xbootldr, ret))) {
		strv_done(ret);
		*ret = (struct strv){ 0 };
	}
}

/* Programs that write entries from a configuration of their own. */
static const struct {
	const char *prefix, *title, *advice;
} owners[] = {
	{ "pop_os-", "kernelstub", "run: kernelstub -a \"PARAMETERS\"" },
	{ "proxmox-", "proxmox-boot-tool",
	  "edit /etc/kernel/cmdline, then run: proxmox-boot-tool refresh" },
	{ "nixos-", "NixOS",
	  "set boot.kernelParams in configuration.nix, then run: nixos-rebuild boot" },
	{ "ostree-", "ostree", "run: rpm-ostree kargs --append-if-missing=PARAMETER" },
	{ "snapper-", "sdbootutil",
	  "edit /etc/kernel/cmdline, then run: sdbootutil update-all-entries" },
	{ "opensuse-", "sdbootutil",
	  "edit /etc/kernel/cmdline, then run: sdbootutil update-all-entries" },
};

void sdboot_check_owner(struct sdboot *s, const struct sdboot_entry *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		if (!str_starts(entry->id, owners[i].prefix) ||
		    s->refusal.code != ERROR_NONE)
			continue;
		error_set(&s->refusal, EOPNOTSUPP,
			  "this entry is written by %s, which slicer can't steer yet",
			  owners[i].title);
		error_at(&s->refusal, entry->path, 0);
		error_hint(&s->refusal, "%s", owners[i].advice);
	}
}

static bool has_same_initrds(const struct boot_entry *a, const struct boot_entry *b)
{
	bool same = a->initrds.n == b->initrds.n;

	for (size_t i = 0; same && i < a->initrds.n; i++)
		same = str_eq(a->initrds.v[i], b->initrds.v[i]);
	return same;
}

/* mkinitcpio's second image is called initramfs-linux-fallback.img, and so are entries.
 */
static bool is_called_fallback(const struct boot_entry *entry)
{
	for (size_t i = 0; i < entry->initrds.n; i++)
		if (strcasestr(path_base(entry->initrds.v[i]), "fallback"))
			return true;
	return strcasestr(entry->id, "fallback") || strcasestr(entry->title, "fallback");
}

void sdboot_keep_fallbacks(struct sdboot *s, struct boot_config *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct boot_entry *entry = &c->v[i];
		bool has_normal = false;

		if (i == s->chosen || s->v[i].regenerate.n || !entry->initrds.n ||
		    !boot_entry_is_normal(entry) || !is_called_fallback(entry))
			continue;
		for (size_t k = 0; k < c->n; k++)
			has_normal |= k != i && boot_entry_is_normal(&c->v[k]) &&
				      str_eq(c->v[k].kernel, entry->kernel) &&
				      !has_same_initrds(&c->v[k], entry) &&
				      !is_called_fallback(&c->v[k]);
		entry->is_recovery = has_normal;
	}
}
