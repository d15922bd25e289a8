/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot on host trees: entries written by hand, kernel-install's, both, refusals.
 */
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

static void base_host(const struct tree *t, struct facts *f, const char *cmdline)
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

static void write_program(const struct tree *t, const char *path)
{
	CLEANUP(free_char) char *p = tree_path(t, path);

	tree_write(t, path, "#!/bin/sh\n");
	assert_int_equal(chmod(p, 0755), 0);
}

/* An entry as 90-loaderentry.install writes it. */
static void write_managed(const struct tree *t, const char *path, const char *version,
			  const char *options)
{
	CLEANUP(free_char)
	char *text = xasprintf(
		"title      Debian GNU/Linux 12 (bookworm)\nversion    %s\nmachine-id " ID
		"\nsort-key   debian\noptions    %s systemd.machine_id=" ID
		"\nlinux      /" ID "/%s/linux\ninitrd     /" ID "/%s/initrd.img-%s\n",
		version, options, version, version, version);

	tree_write(t, path, text);
}

static void write_kernel(const struct tree *t, const char *version)
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
static void managed_host(const struct tree *t, struct facts *f, const char *cmdline_file)
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
static int make_plan(const struct tree *t, const struct facts *f, const char *edit,
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

static void must_plan(const struct tree *t, const struct facts *f, const char *edit,
		      struct plan *p)
{
	struct error e = { 0 };

	if (make_plan(t, f, edit, p, &e) < 0)
		fail_msg("%s: %s", e.path, e.what);
}

static void check_done(const struct tree *t, const struct facts *f, const char *edit)
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

/* ---- written by hand
 * ------------------------------------------------------------------- */

#define ARCH                                                                             \
	"title\tArch Linux\n# mine\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n"

static void arch_host(const struct tree *t, struct facts *f)
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

static void test_by_hand(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, back = { 0 };
	const struct boot_entry *entry;
	struct boot_config c;
	struct facts f;

	arch_host(t, &f);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 4);
	entry = boot_config_default(&c);
	assert_string_equal(entry->id, "arch.conf");
	assert_string_equal(entry->kernel, "/boot/vmlinuz-linux");
	assert_string_equal(entry->initrds.v[0], "/boot/initramfs-linux.img");
	assert_string_equal(entry->options, "root=/dev/a rw quiet");
	assert_int_equal(entry->line, 5);
	assert_string_equal(c.configured, entry->options);
	assert_false(c.has_generator);
	assert_null(c.generate_command);
	boot_config_done(&c);

	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	assert_int_equal(count_runs(&p), 0);
	tree_is(t, "/boot/loader/entries/arch.conf",
		ARCH "options root=/dev/a rw amd_iommu=on iommu=pt\noptions quiet\n");
	tree_is(t, "/boot/loader/entries/arch-lts.conf",
		"title Arch LTS\nlinux /vmlinuz-linux-lts\n"
		"options root=/dev/a rw iommu=pt amd_iommu=on");
	check_done(t, &f, WANT);

	must_plan(t, &f, "-amd_iommu=on", &back);
	assert_int_equal(do_files(t, &back), 2);
	tree_is(t, "/boot/loader/entries/arch-lts.conf",
		"title Arch LTS\nlinux /vmlinuz-linux-lts\noptions root=/dev/a rw "
		"iommu=pt");
	facts_done(&f);
}

static void test_by_hand_replace(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, back = { 0 };
	static const char text[] = ARCH "options root=/dev/a iommu=off rw\n";
	struct facts f;

	arch_host(t, &f);
	tree_write(t, "/boot/loader/entries/arch.conf", text);
	tree_write(t, "/boot/loader/entries/arch-lts.conf", text);
	must_plan(t, &f, "iommu=off>iommu=pt", &p);
	assert_int_equal(do_files(t, &p), 2);
	tree_is(t, "/boot/loader/entries/arch.conf",
		ARCH "options root=/dev/a iommu=pt rw\n");
	check_done(t, &f, "iommu=off>iommu=pt");
	must_plan(t, &f, "iommu=pt>iommu=off", &back);
	assert_int_equal(do_files(t, &back), 2);
	tree_is(t, "/boot/loader/entries/arch.conf", text);
	facts_done(&f);
}

static void default_is(const struct tree *t, const struct facts *f, const char *id)
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

static void test_default(void **state)
{
	struct tree *t = *state;
	struct facts f;

	arch_host(t, &f);
	tree_write(t, "/boot/loader/loader.conf", "default arch-*\n");
	default_is(t, &f, "arch-lts.conf");
	set_fact(&f.efi.entry_default, "gone.conf");
	default_is(t, &f, "arch-lts.conf");
	set_fact(&f.efi.entry_default, "@saved");
	set_fact(&f.efi.entry_selected, "rescue.conf");
	default_is(t, &f, "rescue.conf");
	set_fact(&f.efi.entry_oneshot, "arch.conf");
	default_is(t, &f, "arch.conf");
	set_fact(&f.efi.entry_oneshot, NULL);
	set_fact(&f.efi.entry_default, NULL);
	/* By order: with a sort-key first, then the newest; used-up counters last. */
	tree_write(t, "/boot/loader/loader.conf", "timeout 3\n");
	tree_write(t, "/boot/loader/entries/a-1.conf",
		   "sort-key x\nversion 6.9\nlinux /a\noptions root=/dev/a\n");
	tree_write(t, "/boot/loader/entries/a-2.conf",
		   "sort-key x\nversion 6.10\nlinux /a\noptions root=/dev/a\n");
	tree_write(t, "/boot/loader/entries/a-3+0-3.conf",
		   "sort-key x\nversion 6.11\nlinux /a\noptions root=/dev/a\n");
	default_is(t, &f, "a-2.conf");
	/* Images stand in the same order, by what is in them. */
	tree_write(t, "/boot/EFI/Linux/x.efi", "MZ");
	default_is(t, &f, NULL);
	facts_done(&f);
}

static void refused(const struct tree *t, const struct facts *f, const char *edit,
		    const char *what)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };

	assert_true(make_plan(t, f, edit, &p, &e) < 0);
	print_message("# %s: %s (%s)\n", e.path, e.what, e.hint);
	assert_non_null(strstr(e.what, what));
	assert_true(e.hint[0] != '\0');
}

static const struct boot_entry *entry_of(const struct boot_config *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].id, id) == 0)
			return &c->v[i];
	fail_msg("there is no entry %s", id);
	return NULL;
}

#define REST "/initramfs-linux.img\noptions root=UUID=a rw\n"

/* Arch's installers write the kernel as an EFI program, with its initramfs in a line of
 * its own or among the options. */
static void test_efi(void **state)
{
	struct tree *t = *state;
	struct facts f;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a rw");
	tree_write(t, ESP "/loader/loader.conf", "default arch.conf\n");
	tree_write(t, ENTRIES "arch.conf",
		   "title Arch\nefi /vmlinuz-linux\ninitrd " REST);
	tree_write(t, ENTRIES "lts.conf",
		   "efi /vmlinuz-linux-lts\noptions initrd=\\initramfs-lts.img\n"
		   "options root=PARTUUID=b rw\n");
	tree_write(t, ENTRIES "shell.conf", "title Shell\nefi /shellx64.efi\n");
	tree_write(t, ENTRIES "pi.conf", "architecture aa64\nlinux /vmlinuz\n");
	tree_write(t, ENTRIES "none.conf", "title nothing\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 2);
	assert_true(entry_of(&c, "arch.conf")->is_default);
	assert_string_equal(entry_of(&c, "arch.conf")->kernel, ESP "/vmlinuz-linux");
	assert_string_equal(entry_of(&c, "lts.conf")->initrds.v[0],
			    ESP "/initramfs-lts.img");
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	check_done(t, &f, WANT);
	facts_done(&f);
}

/* The default is something else than Linux: no other one is called so. */
static void test_other_default(void **state)
{
	struct tree *t = *state;
	static const struct {
		const char *conf, *note;
		bool refused;
	} cases[] = {
		{ "default shell.conf\n", "shell.conf, which starts another program",
		  false },
		{ "default s*\n", "shell.conf", false },
		{ "default auto-windows\n", "auto-windows", false },
		{ "default image.conf\n", "unified kernel image", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts f;
		CLEANUP(plan_done) struct plan p = { 0 };
		CLEANUP(free_char) char *notes = NULL;
		struct error e = { 0 };
		struct boot_config c;

		base_host(t, &f, "root=UUID=a rw");
		tree_write(t, ESP "/loader/loader.conf", cases[i].conf);
		tree_write(t, ENTRIES "arch.conf", "linux /vmlinuz-linux\ninitrd " REST);
		tree_write(t, ENTRIES "shell.conf", "efi /shellx64.efi\n");
		tree_write(t, ENTRIES "image.conf", "uki /EFI/arch.efi\nprofile 1\n");
		load_config(t, &bootloader_systemd_boot, &f, &c);
		notes = strv_join(&c.notes, "|");
		print_message("# %s: %s\n", cases[i].conf, notes);
		assert_null(boot_config_default(&c));
		assert_non_null(strstr(notes, cases[i].note));
		boot_config_done(&c);
		assert_int_equal(make_plan(t, &f, WANT, &p, &e) < 0, cases[i].refused);
		facts_done(&f);
	}
}

/* Another Linux on the same ESP, told by its root=; what proves nothing stays ours. */
static void test_other_root(void **state)
{
	struct tree *t = *state;
	static const struct {
		const char *running, *fstab, *root;
		bool foreign;
	} cases[] = {
		{ "root=UUID=a", "", "root=UUID=b", true },
		{ "root=UUID=a", "", "root=UUID=A rootflags=subvol=@snap/1", false },
		{ "root=UUID=a", "", "root=PARTUUID=b", false },
		{ "root=UUID=a", "", "root=/dev/sda3", false },
		{ "root=UUID=a", "", "root=LABEL=arch", false },
		{ "root=/dev/sda2", "", "root=/dev/sdb2", false },
		{ "root=ZFS=p/a", "", "root=ZFS=p/b", false },
		{ "root=/dev/mapper/a", "", "root=/dev/mapper/b", false },
		{ "root=/dev/sda2", "UUID=a / ext4 defaults 0 1\n", "root=UUID=b", true },
		{ "root=UUID=a", "UUID=b / ext4 defaults 0 1\n", "root=UUID=b", false },
		{ "root=UUID=a", "# UUID=b / ext4\nUUID=b /home ext4\n", "root=UUID=b",
		  true },
		{ "root=PARTUUID=1", "", "root=PARTUUID=2", true },
		{ "root=LABEL=a", "", "root=LABEL=b", true },
		{ "quiet", "", "root=UUID=b", false },
		/* libmount takes the quotes away. */
		{ "root=/dev/sda2", "UUID=\"a\" / ext4 defaults 0 1\n", "root=UUID=a",
		  false },
		{ "root=/dev/sda2", "UUID=\"a\" / ext4 defaults 0 1\n", "root=UUID=b",
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts f;
		CLEANUP(free_char) char *text = NULL, *own = NULL;
		struct boot_config c;

		print_message("# %s, %s\n", cases[i].running, cases[i].root);
		base_host(t, &f, cases[i].running);
		text = xasprintf("linux /vmlinuz\noptions %s\n", cases[i].root);
		own = xasprintf("linux /vmlinuz\noptions %s\n", cases[i].running);
		tree_write(t, ENTRIES "x.conf", text);
		tree_write(t, ENTRIES "own.conf", own);
		tree_write(t, "/etc/fstab", cases[i].fstab);
		assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_string_equal(c.v[1].id, "x.conf");
		assert_int_equal(c.v[1].is_foreign, cases[i].foreign);
		assert_false(c.v[0].is_foreign);
		boot_config_done(&c);
		facts_done(&f);
	}
}

/* An old fstab, and no running kernel that says better: no entry is another system's. */
static void test_old_fstab(void **state)
{
	struct tree *t = *state;
	struct facts f;
	struct boot_config c;

	base_host(t, &f, "quiet");
	free(f.cmdline);
	f.cmdline = NULL;
	tree_write(t, ENTRIES "x.conf", "linux /vmlinuz\noptions root=UUID=b\n");
	tree_write(t, "/etc/fstab", "UUID=a / ext4 defaults 0 1\n");
	assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(c.v[0].is_foreign);
	boot_config_done(&c);
	facts_done(&f);
}

/* The default starts another system: of this one's entries none is called the default. */
static void test_other_system_is_default(void **state)
{
	struct tree *t = *state;
	struct facts f;
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ENTRIES "own.conf", "linux /vmlinuz\noptions root=UUID=a\n");
	tree_write(t, ENTRIES "x.conf",
		   "title Other\nlinux /vmlinuz\noptions root=UUID=b\n");
	tree_write(t, "/boot/loader/loader.conf", "default x.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_null(boot_config_default(&c));
	assert_string_equal(c.configured, "root=UUID=a");
	assert_non_null(strstr(c.notes.v[0], "\"Other\" starts another system"));
	boot_config_done(&c);
	facts_done(&f);
}

/* A fallback entry is the way back, unless it is the default or the only one. */
static void test_fallback(void **state)
{
	static const char *const normal = "linux /vmlinuz\ninitrd /initramfs.img\n"
					  "options root=UUID=a\n";
	static const char *const fallback = "linux /vmlinuz\n"
					    "initrd /initramfs-fallback.img\n"
					    "options root=UUID=a\n";
	struct tree *t = *state;
	struct facts f;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ESP "/loader/loader.conf", "default a.conf\n");
	tree_write(t, ENTRIES "a.conf", normal);
	tree_write(t, ENTRIES "b.conf", fallback);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 1);
	check_done(t, &f, WANT);
	tree_write(t, ESP "/loader/loader.conf", "default b.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(entry_of(&c, "b.conf")->is_recovery);
	boot_config_done(&c);
	facts_done(&f);
}

/* A kept entry is neither edited nor asked for the parameters. */
static void test_kept(void **state)
{
	struct tree *t = *state;
	struct facts f;
	CLEANUP(strv_done) struct strv notes = { 0 }, lacks = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(edit_done) struct edit ed = { 0 };
	struct error e = { 0 };
	struct boot_config c;

	base_host(t, &f, "root=UUID=a");
	tree_write(t, ESP "/loader/loader.conf", "default a.conf\n");
	tree_write(t, ENTRIES "a.conf", "linux /vmlinuz\noptions root=UUID=a\n");
	tree_write(t, ENTRIES "b.conf",
		   "linux /vmlinuz\noptions root=UUID=a iommu=off\n");
	tree_write(t, ENTRIES "c.conf",
		   "linux /vmlinuz\noptions root=UUID=a intremap=off\n");
	tree_write(t, ENTRIES "d.conf",
		   "linux /vmlinuz\noptions root=UUID=a amd_iommu=off\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, &notes);
	assert_false(entry_of(&c, "a.conf")->is_kept);
	assert_true(entry_of(&c, "b.conf")->is_kept);
	assert_true(entry_of(&c, "c.conf")->is_kept);
	assert_false(entry_of(&c, "d.conf")->is_kept);
	assert_int_equal(notes.n, 2);
	assert_non_null(strstr(notes.v[0], "\"b.conf\" says iommu=off"));
	edit_push(&ed, EDIT_ADD, "intel_iommu=on", NULL);
	assert_int_equal(bootloader_systemd_boot.plan(&c, &ed, &p, &e), 0);
	assert_int_equal(do_files(t, &p), 2);
	boot_config_done(&c);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, NULL);
	boot_config_verify(&c, &ed, &lacks);
	assert_int_equal(lacks.n, 0);
	assert_null(strstr(entry_of(&c, "b.conf")->options, "intel_iommu"));
	boot_config_done(&c);
	/* The default entry is never kept, nor is any where it can't be edited. */
	tree_write(t, ESP "/loader/loader.conf", "default b.conf\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	keep_entries(&c, &f, CPU_INTEL, NULL);
	assert_false(entry_of(&c, "b.conf")->is_kept);
	boot_config_done(&c);
	facts_done(&f);
}

static void test_refusals(void **state)
{
	struct tree *t = *state;
	struct facts f;

	arch_host(t, &f);
	refused(t, &f, "+a;b", ";");
	set_fact(&f.efi.entry_default, "arch-6.efi");
	tree_write(t, "/boot/EFI/Linux/arch-6.efi", "MZ");
	refused(t, &f, WANT, "unified kernel image");
	set_fact(&f.efi.entry_default, NULL);
	tree_write(t, "/boot/loader/entries/Pop_OS-current.conf",
		   "title Pop\nlinux /a\noptions root=/dev/a\n");
	refused(t, &f, WANT, "kernelstub");
	set_fact(&f.boot_partitions.esp, NULL);
	set_fact(&f.boot_partitions.esp_unmounted, "/dev/sda1");
	refused(t, &f, WANT, "not mounted");
	facts_done(&f);
}

/* ---- made by kernel-install
 * -------------------------------------------------------------- */

/* What kernel-install would do. */
static void regenerate(const struct tree *t, const struct facts *f)
{
	struct boot_config c;

	load_config(t, &bootloader_systemd_boot, f, &c);
	assert_non_null(c.configured);
	write_managed(t, ENTRY(V1), V1, c.configured);
	write_managed(t, ENTRY(V2), V2, c.configured);
	boot_config_done(&c);
}

struct file_form {
	const char *before, *edit, *after;
	size_t warnings;
};

static void test_managed(void **state)
{
	static const struct file_form forms[] = {
		{ OPTIONS "\n", WANT, OPTIONS " amd_iommu=on iommu=pt\n", 0 },
		{ OPTIONS, WANT, OPTIONS " amd_iommu=on iommu=pt", 0 },
		{ OPTIONS " amd_iommu=off\n", "amd_iommu=off>amd_iommu=on",
		  OPTIONS " amd_iommu=on\n", 0 },
		{ "# my options\nroot=UUID=u ro\n  quiet\n", WANT,
		  OPTIONS " amd_iommu=on iommu=pt\n", 1 },
		{ NULL, WANT, OPTIONS " amd_iommu=on iommu=pt\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP(plan_done) struct plan p = { 0 };
		CLEANUP(free_char) char *runs = NULL;
		void *own = NULL;
		struct facts f;

		tree_setup(&own);
		managed_host(own, &f, forms[i].before);
		must_plan(own, &f, forms[i].edit, &p);
		assert_int_equal(p.warnings.n, forms[i].warnings);
		assert_int_equal(do_files(own, &p), 1);
		tree_is(own, SDBOOT_CMDLINE, forms[i].after);
		runs = runs_of(&p);
		assert_string_equal(runs, ADD(V1) ADD(V2));
		regenerate(own, &f);
		check_done(own, &f, forms[i].edit);
		facts_done(&f);
		tree_teardown(&own);
	}
}

static void test_managed_load(void **state)
{
	struct tree *t = *state;
	CLEANUP(strv_done) struct strv versions = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, NULL);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, OPTIONS);
	assert_string_equal(c.configured_sources.v[0], "/proc/cmdline");
	assert_true(c.has_generator && c.copies_kernels);
	assert_int_equal(boot_config_default(&c)->added,
			 strlen("initrd=\\" ID "\\" V2 "\\initrd.img-" V2 " "));
	assert_string_equal(c.generate_command,
			    "kernel-install add " V2 " /boot/vmlinuz-" V2
			    " /boot/initrd.img-" V2);
	boot_config_versions(&c, &versions);
	assert_int_equal(versions.n, 2);
	assert_string_equal(boot_config_default(&c)->version, V2);
	boot_config_done(&c);
	/* A mounted disk: nothing runs. */
	set_fact(&f.cmdline, NULL);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, OPTIONS);
	boot_config_done(&c);
	/* The vendor's file decides before what runs. */
	tree_write(t, SDBOOT_USR_CMDLINE, "root=/dev/usr\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(c.configured, "root=/dev/usr");
	boot_config_done(&c);
	facts_done(&f);
}

/* Configured by hand, but the entries were not made anew. */
static void test_managed_stale(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct facts f;

	managed_host(t, &f, OPTIONS " amd_iommu=on iommu=pt\n");
	write_managed(t, ENTRY(V2), V2, OPTIONS " amd_iommu=on iommu=pt");
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 0);
	runs = runs_of(&p);
	assert_string_equal(runs, ADD(V1));
	facts_done(&f);
}

/* A boot counter in the name, and an entry of a person's beside them. */
static void test_managed_mixed(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, OPTIONS "\n");
	tree_write(t, ENTRIES "mine.conf", "title Mine\nlinux /k\noptions root=/dev/a\n");
	write_managed(t, ENTRIES ID "-" V1 "+2-1.conf", V1, OPTIONS);
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 4);
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 3);
	assert_int_equal(count_runs(&p), 2);
	tree_is(t, ENTRIES "mine.conf",
		"title Mine\nlinux /k\noptions root=/dev/a amd_iommu=on iommu=pt\n");
	regenerate(t, &f);
	check_done(t, &f, WANT);
	facts_done(&f);
}

static void test_managed_refusals(void **state)
{
	struct tree *t = *state;
	CLEANUP(free_char) char *initrd = tree_path(t, "/boot/initrd.img-" V1);
	struct facts f;

	managed_host(t, &f, NULL);
	set_fact(&f.cmdline, OPTIONS " single");
	refused(t, &f, WANT, "not normal (single)");
	set_fact(&f.cmdline, OPTIONS " init=/bin/sh");
	refused(t, &f, WANT, "init=/bin/sh");
	set_fact(&f.cmdline, "ro quiet");
	refused(t, &f, WANT, "no root=");
	set_fact(&f.cmdline, "root=/dev/other ro quiet");
	refused(t, &f, WANT, "only here: \"root=/dev/other\"");
	/* Typed once at the menu: it must not become permanent unseen. */
	set_fact(&f.cmdline, OPTIONS " nomodeset");
	refused(t, &f, WANT, "nomodeset");
	tree_write(t, SDBOOT_CMDLINE, "ro quiet\n");
	refused(t, &f, WANT, "lose its root=");
	tree_write(t, SDBOOT_CMDLINE, OPTIONS "\n");
	unlink(initrd);
	refused(t, &f, WANT, "initramfs");
	facts_done(&f);
}

/* Without kernel-install, or where it makes images, the same names are a person's. */
static void test_not_managed(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct facts f;

	managed_host(t, &f, OPTIONS "\n");
	tree_write(t, "/etc/kernel/install.conf", "layout=other\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_false(c.has_generator);
	boot_config_done(&c);
	must_plan(t, &f, WANT, &p);
	assert_int_equal(do_files(t, &p), 2);
	assert_int_equal(count_runs(&p), 0);
	facts_done(&f);
}

/* Kernels on XBOOTLDR, the loader's configuration on the ESP. */
static void test_xbootldr(void **state)
{
	struct tree *t = *state;
	struct boot_config c;
	struct facts f;

	base_host(t, &f, NULL);
	set_fact(&f.boot_partitions.esp, "/efi");
	set_fact(&f.boot_partitions.xbootldr, "/boot");
	tree_write(t, "/efi/loader/loader.conf", "default b\n");
	tree_write(t, "/boot/loader/entries/a.conf", "linux /k\noptions root=/dev/a\n");
	tree_write(t, "/efi/loader/entries/b.conf", "linux \\k\noptions root=/dev/b\n");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.v[0].kernel, "/boot/k");
	assert_string_equal(c.v[1].kernel, "/efi/k");
	assert_true(c.v[1].is_default);
	boot_config_done(&c);
	facts_done(&f);
}

/* Of two ESPs, the one that the loader was started from is the one it reads. */
static void test_other_esp(void **state)
{
	static const char here[] = "8c0d9a6f-7c1e-4f0b-9e59-0d6b2a1f5c33";
	static const struct {
		const char *booted, *loader;
		bool elsewhere;
	} cases[] = {
		{ here, "systemd-boot 252", false },
		{ "8C0D9A6F-7C1E-4F0B-9E59-0D6B2A1F5C33", "systemd-boot 252", false },
		{ "11111111-7c1e-4f0b-9e59-0d6b2a1f5c33", "systemd-boot 252", true },
		{ "11111111-7c1e-4f0b-9e59-0d6b2a1f5c33", "GRUB 2.12", false },
		{ NULL, "systemd-boot 252", false },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct boot_config c;
		struct facts f;

		base_host(t, &f, NULL);
		set_fact(&f.boot_partitions.esp_part_uuid, here);
		set_fact(&f.efi.loader_part_uuid, cases[i].booted);
		set_fact(&f.efi.loader_info, cases[i].loader);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_int_equal(c.elsewhere.code != ERROR_NONE, cases[i].elsewhere);
		if (cases[i].elsewhere) {
			assert_string_equal(c.elsewhere.path, ESP);
			assert_non_null(strstr(c.elsewhere.what, here));
			assert_non_null(strstr(c.elsewhere.hint, cases[i].booted));
			assert_int_equal(c.notes.n, 1);
		}
		boot_config_done(&c);
		facts_done(&f);
	}
}

/* kernel-install takes the first one that is mounted. */
static void test_esp_ahead(void **state)
{
	struct tree *t = *state;

	for (size_t i = 0; i < 3; i++) {
		bool by_hand = i == 0, xbootldr = i == 2;
		struct boot_config c;
		struct facts f;

		if (by_hand) {
			base_host(t, &f, NULL);
			tree_write(t, ENTRIES "a.conf", "linux /k\noptions quiet\n");
		} else {
			managed_host(t, &f, OPTIONS "\n");
		}
		set_fact(&f.boot_partitions.esp_ahead, "/efi");
		set_fact(&f.boot_partitions.xbootldr, xbootldr ? "/boot" : NULL);
		load_config(t, &bootloader_systemd_boot, &f, &c);
		assert_int_equal(c.elsewhere.code != ERROR_NONE, i == 1);
		if (i == 1)
			assert_string_equal(c.elsewhere.path, "/efi");
		boot_config_done(&c);
		facts_done(&f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_esp_ahead, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_by_hand, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_by_hand_replace, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_default, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_refusals, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_efi, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_default, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_root, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_old_fstab, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_system_is_default, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_fallback, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_kept, tree_setup, tree_teardown),
		cmocka_unit_test(test_managed),
		cmocka_unit_test_setup_teardown(test_managed_load, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_stale, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_mixed, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_managed_refusals, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_not_managed, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_xbootldr, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_other_esp, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
