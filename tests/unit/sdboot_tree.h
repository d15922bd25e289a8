/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts with systemd-boot, and what to expect of them, for tests. */
#ifndef SLICER_TESTS_UNIT_SDBOOT_TREE_H
#define SLICER_TESTS_UNIT_SDBOOT_TREE_H

#include "boot_tree.h"

#include "bootloaders/systemd_boot.h"
#include "policy/policy.h"

#define ID "0123456789abcdef0123456789abcdef"
#define ESP "/boot/efi"
#define ENTRIES ESP "/loader/entries/"
#define WANT "+amd_iommu=on +iommu=pt"
#define V1 "6.1.0-18-amd64"
#define V2 "6.1.0-21-amd64"
#define ENTRY(version) ENTRIES ID "-" version ".conf"

static inline void base_host(const struct tree *t, struct facts *f, const char *cmdline)
{
	*f = (struct facts){ 0 };
	f->cpu.vendor = CPU_AMD;
	set_fact(&f->platform.os_id, "debian");
	set_fact(&f->boot_partitions.esp, ESP);
	set_fact(&f->efi.loader_info, "systemd-boot 252.38-1~deb12u1");
	set_fact(&f->cmdline, cmdline);
	tree_write(t, "/etc/machine-id", ID "\n");
	tree_mkdir(t, ENTRIES);
	tree_mkdir(t, "/etc/kernel");
}

static inline void write_program(const struct tree *t, const char *path)
{
	CLEANUP(free_char) char *p = tree_path(t, path);

	tree_write(t, path, "#!/bin/sh\n");
	assert_int_equal(chmod(p, 0755), 0);
}

/* An entry as 90-loaderentry.install writes it. */
static inline void write_managed(const struct tree *t, const char *path,
				 const char *version, const char *options)
{
	CLEANUP(free_char)
	char *text = xasprintf(
		"title      Debian GNU/Linux 12 (bookworm)\nversion    %s\nmachine-id " ID
		"\nsort-key   debian\noptions    %s systemd.machine_id=" ID
		"\nlinux      /" ID "/%s/linux\ninitrd     /" ID "/%s/initrd.img-%s\n",
		version, options, version, version, version);

	tree_write(t, path, text);
}

static inline void write_kernel(const struct tree *t, const char *version)
{
	CLEANUP(free_char) char *modules = xasprintf("/lib/modules/%s", version);
	CLEANUP(free_char) char *image = xasprintf("/boot/vmlinuz-%s", version);
	CLEANUP(free_char) char *initrd = xasprintf("/boot/initrd.img-%s", version);

	tree_mkdir(t, modules);
	tree_write(t, image, "k");
	tree_write(t, initrd, "i");
}

#define OPTIONS "root=UUID=u ro quiet"

/* Debian with two kernels; cmdline_file NULL: there is none. */
static inline void managed_host(const struct tree *t, struct facts *f,
				const char *cmdline_file)
{
	base_host(t, f,
		  "initrd=\\" ID "\\" V2 "\\initrd.img-" V2 " " OPTIONS
		  " systemd.machine_id=" ID);
	write_program(t, "/usr/bin/kernel-install");
	write_kernel(t, V1);
	write_kernel(t, V2);
	write_managed(t, ENTRY(V1), V1, OPTIONS);
	write_managed(t, ENTRY(V2), V2, OPTIONS);
	if (cmdline_file)
		tree_write(t, SDBOOT_CMDLINE, cmdline_file);
}

#define ADD(version)                                                                     \
	"kernel-install add " version " /boot/vmlinuz-" version                          \
	" /boot/initrd.img-" version "\n"

/* Plans; the result's error goes to e. */
static inline int make_plan(const struct tree *t, const struct facts *f, const char *edit,
			    struct plan *p, struct error *e)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	struct boot_config c;
	int r;

	load_config(t, &bootloader_systemd_boot, f, &c);
	r = bootloader_systemd_boot.plan(&c, &ed, p, e);
	boot_config_done(&c);
	return r;
}

static inline void must_plan(const struct tree *t, const struct facts *f,
			     const char *edit, struct plan *p)
{
	struct error e = { 0 };

	if (make_plan(t, f, edit, p, &e) < 0)
		fail_msg("%s: %s", e.path, e.what);
}

static inline void check_done(const struct tree *t, const struct facts *f,
			      const char *edit)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	CLEANUP(strv_done) struct strv shortfalls = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;

	load_config(t, &bootloader_systemd_boot, f, &c);
	boot_config_verify(&c, &ed, &shortfalls);
	if (shortfalls.n)
		fail_msg("%s", shortfalls.v[0]);
	boot_config_done(&c);
	must_plan(t, f, edit, &p);
	assert_true(plan_is_empty(&p));
}

#define ARCH                                                                             \
	"title\tArch Linux\n# mine\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n"

static inline void arch_host(const struct tree *t, struct facts *f)
{
	base_host(t, f, "initrd=\\initramfs-linux.img root=/dev/a rw quiet");
	set_fact(&f->platform.os_id, "arch");
	set_fact(&f->boot_partitions.esp, "/boot");
	tree_write(t, "/boot/loader/loader.conf", "timeout 3\ndefault arch.conf\n");
	tree_write(t, "/boot/loader/entries/arch.conf",
		   ARCH "options root=/dev/a rw\noptions quiet\n");
	tree_write(t, "/boot/loader/entries/arch-lts.conf",
		   "title Arch LTS\nlinux /vmlinuz-linux-lts\noptions root=/dev/a rw "
		   "iommu=pt");
	tree_write(t, "/boot/loader/entries/rescue.conf",
		   "title Rescue\nlinux /vmlinuz-linux\noptions root=/dev/a single\n");
	tree_write(t, "/boot/loader/entries/memtest.conf",
		   "title Memtest\nefi /memtest.efi\n");
	tree_write(t, "/boot/loader/entries/other.conf",
		   "title Other\nmachine-id ffffffffffffffffffffffffffffffff\n"
		   "linux /other\noptions root=/dev/b\n");
	tree_write(t, "/boot/vmlinuz-linux", "k");
}

static inline void default_is(const struct tree *t, const struct facts *f, const char *id)
{
	const struct boot_entry *entry;
	struct boot_config c;

	load_config(t, &bootloader_systemd_boot, f, &c);
	entry = boot_config_default(&c);
	if (id && entry)
		assert_string_equal(entry->id, id);
	assert_int_equal(entry != NULL, id != NULL);
	boot_config_done(&c);
}

static inline void refused(const struct tree *t, const struct facts *f, const char *edit,
			   const char *what)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };

	assert_true(make_plan(t, f, edit, &p, &e) < 0);
	print_message("# %s: %s (%s)\n", e.path, e.what, e.hint);
	assert_non_null(strstr(e.what, what));
	assert_true(e.hint[0] != '\0');
}

static inline const struct boot_entry *entry_of(const struct boot_config *c,
						const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].id, id) == 0)
			return &c->v[i];
	fail_msg("there is no entry %s", id);
	return NULL;
}

#endif
