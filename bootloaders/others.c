/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources for what tells each of them, and for its commands: kernelstub(1), the
 * proxmox-boot-tool script, update-bootloader and sdbootutil of openSUSE, grubby(8), the
 * CONFIG.md of Limine, rEFInd's refind_linux.conf, u-boot-update(8), update-extlinux(1)
 * of Alpine, zbm-kcl(8), clr-boot-manager(1), systemd's BOOT_LOADER_INTERFACE.
 */
#include "bootloaders/others.h"

#include <strings.h>

/* ESPs are mounted in one of these places, whatever the distribution. */
static char *find_below_boot(const struct host *h, const char *const *names, size_t n)
{
	static const char *const places[] = { "/boot", "/efi", "/boot/efi" };

	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		for (size_t i = 0; i < n; i++) {
			char *path = xasprintf("%s/%s", places[p], names[i]);

			if (host_exists(h, path))
				return path;
			free(path);
		}
	}
	return NULL;
}

/* The first file of the list that contains text; NULL if none. */
static const char *find_text(const struct host *h, const char *const *paths, size_t n,
			     const char *text)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(str_done) struct str s = { 0 };

		if (host_read(h, paths[i], HOST_MAX_CONFIG, &s, NULL) == 0 &&
		    memmem(str_c(&s), s.len, text, strlen(text)))
			return paths[i];
	}
	return NULL;
}

/* An empty list of ESPs means that the tool is installed but not in use. */
static void probe_proxmox(const struct host *h, const struct facts *f,
			  struct boot_probe *ret)
{
	static const char path[] = "/etc/kernel/proxmox-boot-uuids";
	CLEANUP(str_done) struct str uuids = { 0 };

	(void)f;
	if (host_read(h, path, HOST_MAX_CONFIG, &uuids, NULL) < 0)
		return;
	str_rtrim(&uuids);
	if (uuids.len)
		boot_probe_add(ret, BOOT_INSTALLED, "%s lists ESPs", path);
}

static void probe_sdbootutil(const struct host *h, const struct facts *f,
			     struct boot_probe *ret)
{
	static const char *const path[] = { "/etc/sysconfig/bootloader" };
	static const char *const types[] = { "LOADER_TYPE=\"systemd-boot\"",
					     "LOADER_TYPE=\"grub2-bls\"" };
	CLEANUP(free_char) char *program = host_find_program(h, "sdbootutil");

	(void)f;
	for (size_t i = 0; program && i < ARRAY_SIZE(types); i++)
		if (find_text(h, path, 1, types[i]))
			boot_probe_add(ret, BOOT_INSTALLED, "%s: %s", path[0], types[i]);
}

/* openSUSE's GRUB: its own tool edits and generates. */
static void probe_update_bootloader(const struct host *h, const struct facts *f,
				    struct boot_probe *ret)
{
	CLEANUP(free_char) char *program = host_find_program(h, "update-bootloader");

	if (!program || !host_exists(h, "/boot/grub2/grub.cfg"))
		return;
	boot_probe_add(ret, BOOT_INSTALLED, "%s and /boot/grub2/grub.cfg", program);
	grub_booted(f, ret);
}

/* Fedora, RHEL and their kin: grub.cfg holds no entries but reads /boot/loader/entries.
 */
static void probe_grubby(const struct host *h, const struct facts *f,
			 struct boot_probe *ret)
{
	static const char *const configs[] = { "/boot/grub2/grub.cfg",
					       "/boot/grub/grub.cfg" };
	CLEANUP(free_char) char *suse = host_find_program(h, "update-bootloader");
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(configs) && !found; i++)
		if (grub_reads_bls(h, configs[i]))
			found = configs[i];
	if (!found && !suse && host_exists(h, configs[0]))
		found = configs[0];
	if (!found)
		return;
	boot_probe_add(ret, BOOT_INSTALLED, "%s", found);
	grub_booted(f, ret);
}

/* LoaderInfo beside it only says who started the image: the command line is inside. */
static void probe_uki(const struct host *h, const struct facts *f, struct boot_probe *ret)
{
	(void)h;
	if (f->efi.stub_info)
		boot_probe_add(ret, BOOT_BOOTED, "StubInfo: %s", f->efi.stub_info);
}

/* The firmware started the kernel itself: only then is its file named so. */
static void probe_efistub(const struct host *h, const struct facts *f,
			  struct boot_probe *ret)
{
	(void)h;
	if (!f->efi.loader_info && !f->efi.stub_info && f->efi.boot_file &&
	    strcasestr(f->efi.boot_file, "vmlinuz"))
		boot_probe_add(ret, BOOT_BOOTED, "BootCurrent: %s", f->efi.boot_file);
}

static void probe_zfsbootmenu(const struct host *h, const struct facts *f,
			      struct boot_probe *ret)
{
	static const char *const names[] = { "EFI/zbm", "EFI/ZBM", "EFI/zfsbootmenu" };
	CLEANUP(free_char) char *dir = find_below_boot(h, names, ARRAY_SIZE(names));
	const struct mount *root = mounts_of(&f->mounts, "/");

	if (dir && root && str_eq(root->fstype, "zfs"))
		boot_probe_add(ret, BOOT_INSTALLED, "%s, and / is on ZFS", dir);
}

static void probe_limine(const struct host *h, const struct facts *f,
			 struct boot_probe *ret)
{
	static const char *const names[] = { "limine.conf", "limine/limine.conf",
					     "EFI/limine/limine.conf",
					     "EFI/BOOT/limine.conf", "limine.cfg" };
	CLEANUP(free_char) char *path = find_below_boot(h, names, ARRAY_SIZE(names));

	(void)f;
	if (path)
		boot_probe_add(ret, BOOT_INSTALLED, "%s", path);
}

static void probe_refind(const struct host *h, const struct facts *f,
			 struct boot_probe *ret)
{
	static const char *const names[] = { "refind_linux.conf",
					     "EFI/refind/refind.conf" };
	CLEANUP(free_char) char *path = find_below_boot(h, names, ARRAY_SIZE(names));

	(void)f;
	if (path)
		boot_probe_add(ret, BOOT_INSTALLED, "%s", path);
}

/* SYSLINUX adds BOOT_IMAGE= as GRUB does, and passes its own "initrd=/..." along. */
static void probe_extlinux(const struct host *h, const struct facts *f,
			   struct boot_probe *ret)
{
	static const char *const configs[] = {
		"/boot/extlinux/extlinux.conf", "/boot/extlinux.conf",
		"/boot/syslinux/syslinux.cfg",	"/boot/syslinux.cfg",
		"/boot/syslinux/extlinux.conf",
	};
	bool is_here = false;

	for (size_t i = 0; i < ARRAY_SIZE(configs) && !is_here; i++) {
		is_here = host_exists(h, configs[i]);
		if (is_here)
			boot_probe_add(ret, BOOT_INSTALLED, "%s", configs[i]);
	}
	if (is_here && f->cmdline && strstr(f->cmdline, "BOOT_IMAGE=") &&
	    strstr(f->cmdline, "initrd=") && !strstr(f->cmdline, "initrd=\\"))
		boot_probe_add(ret, BOOT_BOOTED,
			       "/proc/cmdline: BOOT_IMAGE= with initrd=");
}

const struct other_loader other_loaders[] = {
	{ .name = "uki",
	  .title = "a unified kernel image",
	  .is_owner = true,
	  .probe = probe_uki,
	  .advice = "add {} to /etc/kernel/cmdline and regenerate the image: "
		    "mkinitcpio -P (Arch), kernel-install add-all (Fedora), or dracut "
		    "--force --regenerate-all --uefi" },
	{ .name = "proxmox-boot-tool",
	  .title = "proxmox-boot-tool",
	  .is_owner = true,
	  .probe = probe_proxmox,
	  .advice = "add {} to the line in /etc/kernel/cmdline and to "
		    "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then run: "
		    "proxmox-boot-tool refresh" },
	{ .name = "kernelstub",
	  .title = "kernelstub (Pop!_OS)",
	  .is_owner = true,
	  .files = { "/etc/kernelstub/configuration" },
	  .program = "kernelstub",
	  .advice = "run: kernelstub %(-d \"{-}\" %)-a \"{}\"" },
	{ .name = "sdbootutil",
	  .title = "sdbootutil (openSUSE)",
	  .is_owner = true,
	  .probe = probe_sdbootutil,
	  .advice = "add {} to /etc/kernel/cmdline, then run: sdbootutil "
		    "update-all-entries" },
	{ .name = "clr-boot-manager",
	  .title = "clr-boot-manager",
	  .is_owner = true,
	  .program = "clr-boot-manager",
	  .advice = "run: mkdir -p /etc/kernel/cmdline.d && echo \"{}\" "
		    ">/etc/kernel/cmdline.d/slicer.conf && clr-boot-manager update" },
	{ .name = "zfsbootmenu",
	  .title = "ZFSBootMenu",
	  .is_owner = true,
	  .probe = probe_zfsbootmenu,
	  .advice = "run: zbm-kcl -a \"{}\" on the boot environment (it sets "
		    "org.zfsbootmenu:commandline)" },
	{ .name = "update-bootloader",
	  .title = "GRUB of openSUSE",
	  .probe = probe_update_bootloader,
	  .advice = "run: for p in {}; do update-bootloader --add-option \"$p\"; done; "
		    "update-bootloader --config" },
	{ .name = "grubby",
	  .title = "GRUB with boot loader specification entries (Fedora, RHEL)",
	  .probe = probe_grubby,
	  .advice = "run: grubby --update-kernel=ALL %(--remove-args=\"{-}\" "
		    "%)--args=\"{}\"" },
	{ .name = "limine-update",
	  .title = "Limine with limine-update",
	  .files = { "/etc/default/limine", "/etc/limine-entry-tool.d" },
	  .program = "limine-update",
	  .loader_info = "Limine ",
	  .advice = "add {} to KERNEL_CMDLINE[default] in /etc/default/limine, then run: "
		    "limine-update" },
	{ .name = "limine",
	  .title = "Limine",
	  .loader_info = "Limine ",
	  .boot_file = "limine",
	  .probe = probe_limine,
	  .advice = "add {} to every \"cmdline:\" line of limine.conf (with an enrolled "
		    "configuration checksum, enroll it again)" },
	{ .name = "refind",
	  .title = "rEFInd",
	  .loader_info = "rEFInd ",
	  .boot_file = "refind",
	  .probe = probe_refind,
	  .advice = "add {} inside the second quotes of every line of "
		    "/boot/refind_linux.conf" },
	{ .name = "u-boot-update",
	  .title = "u-boot-menu",
	  .files = { "/etc/default/u-boot" },
	  .program = "u-boot-update",
	  .advice = "add {} to U_BOOT_PARAMETERS in /etc/default/u-boot, then run: "
		    "u-boot-update" },
	{ .name = "update-extlinux",
	  .title = "extlinux of Alpine",
	  .files = { "/etc/update-extlinux.conf" },
	  .program = "update-extlinux",
	  .probe = probe_extlinux,
	  .advice = "add {} to default_kernel_opts in /etc/update-extlinux.conf, then "
		    "run: update-extlinux" },
	{ .name = "extlinux",
	  .title = "SYSLINUX/EXTLINUX",
	  .probe = probe_extlinux,
	  .advice = "add {} to every APPEND line of its configuration" },
	{ .name = "efistub",
	  .title = "the firmware itself (EFI stub)",
	  .probe = probe_efistub,
	  .advice = "make a new boot entry with efibootmgr --create --loader FILE "
		    "--unicode \"<the whole command line> {}\" and delete the old one "
		    "when it works" },
	{ .name = NULL },
};

static bool has_files(const struct other_loader *o, const struct host *h,
		      struct strv *ret)
{
	bool found = !o->files[0];

	for (size_t i = 0; i < ARRAY_SIZE(o->files) && o->files[i]; i++) {
		if (!host_exists(h, o->files[i]))
			continue;
		strv_add(ret, o->files[i]);
		found = true;
	}
	return found;
}

void other_loader_probe(const struct other_loader *o, const struct host *h,
			const struct facts *f, struct boot_probe *ret)
{
	CLEANUP(strv_done) struct strv found = { 0 };
	CLEANUP(free_char) char *program = NULL;
	bool has_table = o->files[0] || o->program;

	if (o->program)
		program = host_find_program(h, o->program);
	if (has_table) {
		if (!has_files(o, h, &found) || (o->program && !program))
			return;
		if (program)
			strv_add(&found, program);
		for (size_t i = 0; i < found.n; i++)
			boot_probe_add(ret, BOOT_INSTALLED, "%s", found.v[i]);
	}
	if (o->probe)
		o->probe(h, f, ret);
	if (o->loader_info && f->efi.loader_info &&
	    str_starts(f->efi.loader_info, o->loader_info))
		boot_probe_add(ret, BOOT_BOOTED, "LoaderInfo: %s", f->efi.loader_info);
	if (o->boot_file && !f->efi.loader_info && f->efi.boot_file &&
	    strcasestr(f->efi.boot_file, o->boot_file))
		boot_probe_add(ret, BOOT_BOOTED, "BootCurrent: %s", f->efi.boot_file);
}

/* Parameters that a person wrote against what is wanted, as they stand in the running
 * command line: linux drivers/iommu/{intel/iommu,amd/init,irq_remapping}.c,
 * arch/x86/kernel/pci-dma.c. */
static void find_against(const struct facts *f, struct strv *ret)
{
	static const char *const against[] = {
		"intel_iommu=off", "amd_iommu=off",	  "iommu=off",	  "iommu=soft",
		"iommu=nopt",	   "iommu.passthrough=0", "intremap=off", "nointremap",
	};
	CLEANUP(strv_done) struct strv tokens = { 0 };

	if (f->cmdline)
		cmdline_split(f->cmdline, strlen(f->cmdline), &tokens);
	for (size_t i = 0; i < tokens.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(against); k++)
			if (param_same(tokens.v[i], against[k]))
				strv_add_unique(ret, tokens.v[i]);
}

/* "{}" is what is added, "{-}" what goes; "%( ... %)" is left out where nothing goes. */
static void fill_advice(const char *text, const char *params, const char *off,
			struct str *ret)
{
	bool left_out = false;

	for (const char *p = text; *p; p++) {
		if (str_starts(p, "%(") || str_starts(p, "%)")) {
			left_out = p[1] == '(' && !*off;
			p++;
		} else if (left_out) {
			continue;
		} else if (str_starts(p, "{}")) {
			str_add(ret, params);
			p++;
		} else if (str_starts(p, "{-}")) {
			str_add(ret, off);
			p += 2;
		} else {
			str_addc(ret, *p);
		}
	}
}

char *other_loader_advice(const struct other_loader *o, const struct facts *f)
{
	const char *params = f->cpu.vendor == CPU_AMD	  ? "amd_iommu=on iommu=pt"
			     : f->cpu.vendor == CPU_INTEL ? "intel_iommu=on iommu=pt"
							  : "iommu=pt";
	CLEANUP(strv_done) struct strv against = { 0 };
	CLEANUP(free_char) char *off = NULL;
	struct str advice = { 0 };

	find_against(f, &against);
	off = strv_join(&against, " ");
	/* Where no command takes it away: the same place, by hand, and before the rest.
	 */
	if (*off && !strstr(o->advice, "{-}"))
		str_addf(&advice, "take %s out, and ", off);
	fill_advice(o->advice, params, off, &advice);
	return str_take(&advice);
}
