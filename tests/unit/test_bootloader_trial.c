/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries for one trial boot: GRUB's in custom.cfg, systemd-boot's beside the default
 * one. */
#include "boot_tree.h"

#include "bootloaders/grub.h"
#include "bootloaders/systemd_boot.h"
#include "tests/unit/fixture.h"

#define WANT "+intel_iommu=on +iommu=pt"
#define ENV "grub-editenv " GRUB_ENV " "

/* ---- GRUB
 * -------------------------------------------------------------------------------- */

static void write_fixture(const struct tree *t, const char *path, const char *name)
{
	CLEANUP(str_done) struct str text = fixture_read(name);

	tree_write(t, path, str_c(&text));
}

static void mount_root(const struct tree *t, struct facts *f, const char *devno,
		       const char *fstype, const char *place)
{
	CLEANUP(free_char)
	char *line = xasprintf("24 1 %s / / rw - %s /dev/x rw\n", devno, fstype);
	CLEANUP(free_char) char *link = xasprintf("/sys/dev/block/%s", devno);

	tree_write(t, "/proc/self/mountinfo", line);
	tree_mkdir(t, place);
	if (!host_exists(t->host, link))
		tree_link(t, place, link);
	mounts_done(&f->mounts);
	assert_int_equal(mounts_load(t->host, &f->mounts, NULL), 0);
}

static void grub_host(const struct tree *t, struct facts *f, const char *menu)
{
	*f = (struct facts){ 0 };
	f->cpu.vendor = CPU_INTEL;
	set_fact(&f->platform.os_id, "debian");
	tree_write(t, GRUB_MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	write_fixture(t, GRUB_CFG, menu);
	write_fixture(t, GRUB_ENV, "grubenv/created");
	mount_root(t, f, "8:2", "ext4", "/sys/devices/pci0000:00/ata1/block/sda/sda2");
}

static int trial(const struct tree *t, const struct bootloader *loader,
		 const struct facts *f, const char *edit, struct plan *p, struct error *e)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	struct boot_config c;
	int r;

	load_config(t, loader, f, &c);
	r = loader->trial(&c, &ed, "t1", p, e);
	boot_config_done(&c);
	return r;
}

static void must_trial(const struct tree *t, const struct bootloader *loader,
		       const struct facts *f, const char *edit, struct plan *p)
{
	struct error e = { 0 };

	if (trial(t, loader, f, edit, p, &e) < 0)
		fail_msg("%s:%u %s", e.path, e.line, e.what);
}

static void end(const struct tree *t, const struct bootloader *loader,
		const struct facts *f, struct plan *p)
{
	struct error e = { 0 };
	struct boot_config c;

	load_config(t, loader, f, &c);
	if (loader->trial_end(&c, p, &e) < 0)
		fail_msg("%s:%u %s", e.path, e.line, e.what);
	boot_config_done(&c);
}

static void assert_runs(const struct plan *p, const char *want)
{
	CLEANUP(free_char) char *runs = runs_of(p);

	assert_string_equal(runs, want);
}

/* There, and back to the byte, whatever a person's own custom.cfg is. */
static void test_grub_there_and_back(void **state)
{
	static const char *const customs[] = {
		NULL,
		"",
		"menuentry 'Mine' {\n\tlinux /k\n}\n",
		"# no newline",
	};
	struct tree *t = *state;
	struct facts f;

	for (size_t i = 0; i < ARRAY_SIZE(customs); i++) {
		CLEANUP(plan_done) struct plan p = { 0 }, again = { 0 }, back = { 0 };
		struct boot_config c;

		grub_host(t, &f, "grubcfg/debian12-handoff.cfg");
		if (customs[i])
			tree_write(t, GRUB_CUSTOM, customs[i]);
		must_trial(t, &bootloader_grub, &f, WANT, &p);
		assert_int_equal(p.v[0].kind, STEP_REPLACE);
		assert_string_equal(p.v[0].path, GRUB_CUSTOM);
		assert_runs(&p, ENV "set next_entry=slicer-trial\n");
		assert_string_equal(p.v[1].undo.v[2], "unset");
		assert_int_equal(do_files(t, &p), 1);
		/* Set up, but not yet for the next boot: that is done again, the file is
		 * as it should be. */
		must_trial(t, &bootloader_grub, &f, WANT, &again);
		assert_int_equal(again.n, 1);
		write_fixture(t, GRUB_ENV, "grubenv/next");
		plan_done(&again);
		must_trial(t, &bootloader_grub, &f, WANT, &again);
		assert_int_equal(again.n, 0);

		load_config(t, &bootloader_grub, &f, &c);
		assert_true(c.trial && c.trial_pending);
		assert_string_equal(c.trial->id, "slicer-trial");
		assert_non_null(strstr(c.trial->options, "splash $vt_handoff "
							 "intel_iommu=on iommu=pt "
							 "slicer.trial=t1"));
		assert_false(boot_entry_is_normal(c.trial));
		/* The menu is what it was, its default entry too. */
		for (size_t k = 0; k < c.n; k++)
			assert_null(strstr(c.v[k].options, "slicer"));
		assert_ptr_equal(boot_config_default(&c), &c.v[0]);
		boot_config_done(&c);

		end(t, &bootloader_grub, &f, &back);
		assert_int_equal(back.n, 2);
		/* What would start it goes first. */
		assert_int_equal(back.v[0].kind, STEP_RUN);
		assert_runs(&back, ENV "unset next_entry\n");
		do_files(t, &back);
		if (customs[i])
			tree_is(t, GRUB_CUSTOM, customs[i]);
		else
			assert_false(host_exists(t->host, GRUB_CUSTOM));
		write_fixture(t, GRUB_ENV, "grubenv/booted");
		plan_done(&back);
		end(t, &bootloader_grub, &f, &back);
		assert_true(plan_is_empty(&back));
		if (customs[i])
			assert_int_equal(host_remove(t->host, GRUB_CUSTOM, NULL), 0);
		facts_done(&f);
	}
}

/* A second trial takes the first one's place; one that only is pending is forgotten. */
static void test_grub_again(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, again = { 0 }, back = { 0 };
	CLEANUP(str_done) struct str text = { 0 };
	struct facts f;

	grub_host(t, &f, "grubcfg/debian12.cfg");
	write_fixture(t, GRUB_ENV, "grubenv/next");
	end(t, &bootloader_grub, &f, &back);
	assert_int_equal(back.n, 1);
	assert_runs(&back, ENV "unset next_entry\n");
	must_trial(t, &bootloader_grub, &f, "+a", &p);
	do_files(t, &p);
	/* Added later by a person: the file is theirs then, too. */
	assert_int_equal(host_read(t->host, GRUB_CUSTOM, HOST_MAX_CONFIG, &text, NULL),
			 0);
	str_add(&text, "menuentry 'Mine' {\n}\n");
	tree_write(t, GRUB_CUSTOM, str_c(&text));
	must_trial(t, &bootloader_grub, &f, "+b", &again);
	do_files(t, &again);
	plan_done(&back);
	end(t, &bootloader_grub, &f, &back);
	assert_int_equal(do_files(t, &back), 1);
	tree_is(t, GRUB_CUSTOM, "menuentry 'Mine' {\n}\n");
	facts_done(&f);
}

/* 1,024 bytes with that line (grub-core/lib/envblk.c). */
static void write_env(const struct tree *t, const char *line)
{
	CLEANUP(str_done) struct str text = { 0 };

	str_addf(&text, "# GRUB Environment Block\n%s\n", line);
	while (text.len < 1024)
		str_addc(&text, '#');
	tree_write(t, GRUB_ENV, str_c(&text));
}

/* Replaces one text in the menu. */
static void change_menu(const struct tree *t, const char *from, const char *to)
{
	CLEANUP(str_done) struct str text = { 0 }, changed = { 0 };
	const char *at;

	assert_int_equal(host_read(t->host, GRUB_CFG, GRUB_CFG_MAX, &text, NULL), 0);
	at = strstr(text.s, from);
	assert_non_null(at);
	str_addn(&changed, text.s, (size_t)(at - text.s));
	str_add(&changed, to);
	str_add(&changed, at + strlen(from));
	tree_write(t, GRUB_CFG, str_c(&changed));
}

static void refused(const struct tree *t, const struct bootloader *loader,
		    const struct facts *f, const char *path, const char *what)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };

	assert_true(trial(t, loader, f, WANT, &p, &e) < 0);
	if (strcmp(e.path, path) || !strstr(e.what, what) || !*e.hint)
		fail_msg("%s:%u %s (%s)", e.path, e.line, e.what, e.hint);
	assert_true(plan_is_empty(&p));
}

static void test_grub_filesystems(void **state)
{
	static const struct {
		const char *devno, *fstype, *place, *what;
	} cases[] = {
		{ "0:35", "btrfs", "/sys/devices/none", "on btrfs" },
		{ "0:36", "zfs", "/sys/devices/none", "on zfs" },
		{ "253:0", "ext4", "/sys/devices/virtual/block/dm-0", "no plain disk" },
		{ "9:127", "ext4", "/sys/devices/virtual/block/md127", "no plain disk" },
		{ "252:1", "vfat", "/sys/devices/pci0000:00/virtio1/block/vda/vda1",
		  NULL },
		{ "259:1", "xfs",
		  "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1",
		  NULL },
	};
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct facts f;

	grub_host(t, &f, "grubcfg/debian12.cfg");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		mount_root(t, &f, cases[i].devno, cases[i].fstype, cases[i].place);
		if (cases[i].what)
			refused(t, &bootloader_grub, &f, GRUB_ENV, cases[i].what);
		else
			must_trial(t, &bootloader_grub, &f, WANT, &p);
	}
	/* Nothing known of the device; no mount table at all. */
	tree_write(t, "/proc/self/mountinfo", "24 1 8:77 / / rw - ext4 /dev/x rw\n");
	mounts_done(&f.mounts);
	assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
	refused(t, &bootloader_grub, &f, GRUB_ENV, "not known to the kernel");
	mounts_done(&f.mounts);
	refused(t, &bootloader_grub, &f, GRUB_ENV, "can't be told");
	facts_done(&f);
}

static void test_grub_refusals(void **state)
{
	static const struct {
		const char *from, *to, *what;
	} menus[] = {
		{ "   save_env next_entry\n", "", "started once" },
		{ "   set next_entry=\n", "", "started once" },
		{ "  source ${config_directory}/custom.cfg\n", "  true\n", NULL },
		{ "  source $prefix/custom.cfg\n", "  true\n", "custom.cfg" },
		{ "set default=\"0\"", "set default=\"$x\"", "by default" },
		{ "set default=\"$x\"", "set default=\"1>1\"", "normal boots" },
		{ "### END /etc/grub.d/41_custom ###\n", "", "to its end" },
	};
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	struct facts f;

	grub_host(t, &f, "grubcfg/debian12.cfg");
	for (size_t i = 0; i < ARRAY_SIZE(menus); i++) {
		bool is_first = i < 4;

		if (is_first && i != 3)
			write_fixture(t, GRUB_CFG, "grubcfg/debian12.cfg");
		change_menu(t, menus[i].from, menus[i].to);
		if (menus[i].what)
			refused(t, &bootloader_grub, &f, GRUB_CFG, menus[i].what);
		else
			must_trial(t, &bootloader_grub, &f, WANT, &p);
		if (i == 3)
			write_fixture(t, GRUB_CFG, "grubcfg/debian12.cfg");
	}
	write_fixture(t, GRUB_CFG, "grubcfg/debian12.cfg");
	tree_write(t, GRUB_CFG ".sig", "s");
	refused(t, &bootloader_grub, &f, GRUB_CFG ".sig", "signed");
	assert_int_equal(host_remove(t->host, GRUB_CFG ".sig", NULL), 0);

	tree_write(t, GRUB_ENV, "# GRUB Environment Block\n");
	refused(t, &bootloader_grub, &f, GRUB_ENV, "bytes");
	/* GRUB 2.14, where it can't write files */
	write_env(t, "env_block=512+1");
	refused(t, &bootloader_grub, &f, GRUB_ENV, "env_block");
	write_env(t, "env_block=");
	must_trial(t, &bootloader_grub, &f, WANT, &p);
	plan_done(&p);
	write_fixture(t, GRUB_ENV, "grubenv/next");
	assert_int_equal(host_remove(t->host, GRUB_ENV, NULL), 0);
	tree_link(t, "/elsewhere", GRUB_ENV);
	refused(t, &bootloader_grub, &f, GRUB_ENV, "a link");
	assert_int_equal(host_remove(t->host, GRUB_ENV, NULL), 0);
	/* grub-editenv makes one. */
	plan_done(&p);
	must_trial(t, &bootloader_grub, &f, WANT, &p);

	tree_write(t, GRUB_CUSTOM, "menuentry x --id slicer-trial {\n}\n");
	refused(t, &bootloader_grub, &f, GRUB_CUSTOM, "slicer-trial");
	assert_int_equal(host_remove(t->host, GRUB_CUSTOM, NULL), 0);
	tree_link(t, "/boot/grub/other", GRUB_CUSTOM);
	refused(t, &bootloader_grub, &f, GRUB_CUSTOM, "a link");
	facts_done(&f);
}

/* The next boot is somebody else's. */
static void test_grub_other_one_shot(void **state)
{
	struct tree *t = *state;
	CLEANUP(str_done) struct str env = fixture_read("grubenv/next");
	CLEANUP(plan_done) struct plan p = { 0 };
	char *at = strstr(env.s, "slicer-trial");
	struct facts f;

	memcpy(at, "other", 5);
	grub_host(t, &f, "grubcfg/debian12.cfg");
	tree_write(t, GRUB_ENV, env.s);
	refused(t, &bootloader_grub, &f, GRUB_ENV, "other");
	end(t, &bootloader_grub, &f, &p);
	assert_true(plan_is_empty(&p));
	facts_done(&f);
}

/* Lines of slicer's that somebody has cut up are not guessed about. */
static void test_grub_cut_up(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(str_done) struct str text = { 0 }, twice = { 0 };
	struct boot_config c;
	struct error e = { 0 };
	struct facts f;
	char *last;

	grub_host(t, &f, "grubcfg/debian12.cfg");
	must_trial(t, &bootloader_grub, &f, WANT, &p);
	str_set(&text, str_c(&p.v[0].after), p.v[0].after.len);
	str_add(&twice, text.s);
	str_add(&twice, text.s);
	tree_write(t, GRUB_CUSTOM, twice.s);
	refused(t, &bootloader_grub, &f, GRUB_CUSTOM, "as slicer wrote");
	last = strstr(text.s, "# <<<");
	tree_write(t, GRUB_CUSTOM, last);
	refused(t, &bootloader_grub, &f, GRUB_CUSTOM, "as slicer wrote");
	*last = '\0';
	tree_write(t, GRUB_CUSTOM, text.s);
	refused(t, &bootloader_grub, &f, GRUB_CUSTOM, "no end");
	load_config(t, &bootloader_grub, &f, &c);
	plan_done(&p);
	assert_true(bootloader_grub.trial_end(&c, &p, &e) < 0);
	assert_string_equal(e.path, GRUB_CUSTOM);
	boot_config_done(&c);
	facts_done(&f);
}

/* ---- systemd-boot
 * ------------------------------------------------------------------------------ */

#define ENTRIES "/boot/loader/entries/"
#define ENTRY(title, rest)                                                               \
	"title " title "\nlinux /vmlinuz-linux\ninitrd /initramfs.img\n" rest

static void sdboot_host(const struct tree *t, struct facts *f)
{
	*f = (struct facts){ 0 };
	f->cpu.vendor = CPU_INTEL;
	set_fact(&f->boot_partitions.esp, "/boot");
	set_fact(&f->efi.loader_info, "systemd-boot 257.9-1");
	f->efi.readable = true;
	f->efi.loader_features = 0x1f;
	tree_write(t, ENTRIES "arch.conf",
		   ENTRY("Arch", "options root=UUID=u rw quiet\n# end"));
	tree_write(t, ENTRIES "arch-lts.conf",
		   ENTRY("Arch LTS", "options root=UUID=u rw\n"));
}

#define HEAD                                                                             \
	"# slicer: an entry for one trial boot, taken away by 'slicer setup-iommu "      \
	"--confirm' or '--undo'\n"

static void test_sdboot_there_and_back(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 }, back = { 0 };
	struct boot_config c;
	struct facts f;

	sdboot_host(t, &f);
	tree_write(t, "/boot/loader/loader.conf", "default arch.conf\n");
	must_trial(t, &bootloader_systemd_boot, &f, WANT " -quiet", &p);
	assert_int_equal(p.n, 2);
	assert_runs(&p, "bootctl set-oneshot slicer-trial.conf\n");
	assert_string_equal(p.v[1].undo.v[2], "");
	assert_int_equal(do_files(t, &p), 1);
	tree_is(t, ENTRIES "slicer-trial.conf",
		HEAD "title Arch (slicer trial)\nlinux /vmlinuz-linux\n"
		     "initrd /initramfs.img\n"
		     "options root=UUID=u rw intel_iommu=on iommu=pt slicer.trial=t1\n"
		     "# end");
	set_fact(&f.efi.entry_oneshot, "slicer-trial.conf");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_int_equal(c.n, 2);
	assert_true(c.trial && c.trial_pending);
	assert_string_equal(c.trial->title, "Arch (slicer trial)");
	assert_false(boot_entry_is_normal(c.trial));
	assert_string_equal(boot_config_default(&c)->id, "arch.conf");
	boot_config_done(&c);
	/* As the trial itself sees it. */
	set_fact(&f.efi.entry_oneshot, NULL);
	set_fact(&f.efi.entry_selected, "slicer-trial.conf");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_true(c.trial && !c.trial_pending);
	assert_string_equal(boot_config_default(&c)->id, "arch.conf");
	boot_config_done(&c);
	end(t, &bootloader_systemd_boot, &f, &back);
	assert_int_equal(back.n, 1);
	plan_done(&back);
	set_fact(&f.efi.entry_oneshot, "slicer-trial.conf");
	end(t, &bootloader_systemd_boot, &f, &back);
	assert_int_equal(back.n, 2);
	assert_int_equal(back.v[0].kind, STEP_RUN);
	assert_string_equal(back.v[0].argv.v[2], "");
	assert_string_equal(back.v[0].undo.v[2], "slicer-trial.conf");
	do_files(t, &back);
	set_fact(&f.efi.entry_oneshot, NULL);
	plan_done(&back);
	end(t, &bootloader_systemd_boot, &f, &back);
	assert_true(plan_is_empty(&back));
	facts_done(&f);
}

/* It must not become the default by where it stands in the menu. */
static void test_sdboot_order(void **state)
{
	static const struct {
		const char *loader_conf, *keys, *name;
	} cases[] = {
		{ "default arch.conf\n", "", "slicer-trial.conf" },
		/* By names: the newest is the default. */
		{ "timeout 3\n", "", "aa-slicer-trial.conf" },
		{ "timeout 3\n", "sort-key arch\nversion 1\n", "slicer-trial.conf" },
		{ "default *\n", "sort-key arch\n", "slicer-trial.conf" },
		{ "default *\n", "", "aa-slicer-trial.conf" },
		{ "default *-trial.conf\n", "sort-key arch\n", NULL },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(plan_done) struct plan p = { 0 };
		CLEANUP(free_char)
		char *text = xasprintf(ENTRY("Arch", "options a\n%s"), cases[i].keys);
		struct facts f;

		sdboot_host(t, &f);
		tree_write(t, "/boot/loader/loader.conf", cases[i].loader_conf);
		tree_write(t, ENTRIES "arch.conf", text);
		if (cases[i].name) {
			must_trial(t, &bootloader_systemd_boot, &f, WANT, &p);
			assert_string_equal(path_base(p.v[0].path), cases[i].name);
			assert_null(strstr(p.v[0].after.s, "sort-key"));
		} else {
			refused(t, &bootloader_systemd_boot, &f, "", "default");
		}
		facts_done(&f);
	}
}

/* kernel-install's entry with a boot counter, on XBOOTLDR. */
static void test_sdboot_managed(void **state)
{
	struct tree *t = *state;
	CLEANUP(str_done)
	struct str text =
		fixture_read("bls/0123456789abcdef0123456789abcdef-6.1.0-37-amd64+3"
			     ".conf");
	CLEANUP(plan_done) struct plan p = { 0 };
	struct facts f;

	*(&f) = (struct facts){ 0 };
	set_fact(&f.boot_partitions.esp, "/boot/efi");
	set_fact(&f.boot_partitions.xbootldr, "/boot");
	set_fact(&f.efi.loader_info, "systemd-boot 252.38-1~deb12u1");
	f.efi.readable = true;
	f.efi.loader_features = 1 << 3;
	tree_mkdir(t, "/boot/efi/loader");
	tree_write(t, ENTRIES "0123456789abcdef0123456789abcdef-6.1.0-37-amd64+3.conf",
		   text.s);
	must_trial(t, &bootloader_systemd_boot, &f, WANT, &p);
	assert_string_equal(p.v[0].path, ENTRIES "slicer-trial.conf");
	assert_non_null(strstr(p.v[0].after.s, "slicer.trial=t1"));
	facts_done(&f);
}

static void test_sdboot_refusals(void **state)
{
	struct tree *t = *state;
	struct facts f;

	sdboot_host(t, &f);
	tree_write(t, "/boot/loader/loader.conf", "default arch.conf\n");
	f.efi.loader_features = 0x17;
	refused(t, &bootloader_systemd_boot, &f, "", "LoaderFeatures");
	f.efi.loader_features = 0x1f;
	set_fact(&f.efi.entry_oneshot, "other.conf");
	refused(t, &bootloader_systemd_boot, &f, "", "other.conf");
	set_fact(&f.efi.entry_oneshot, NULL);
	set_fact(&f.efi.entry_selected, "arch");
	refused(t, &bootloader_systemd_boot, &f, "", "too old");
	set_fact(&f.efi.entry_selected, NULL);
	set_fact(&f.efi.loader_info, "GRUB 2.12");
	refused(t, &bootloader_systemd_boot, &f, "", "did not start");
	set_fact(&f.efi.loader_info, "systemd-boot 257");
	f.efi.readable = false;
	refused(t, &bootloader_systemd_boot, &f, "", "can't be read");
	f.efi.readable = true;
	tree_write(t, "/boot/loader/loader.conf", "default rescue*\n");
	tree_write(t, ENTRIES "rescue.conf", ENTRY("Rescue", "options single\n"));
	refused(t, &bootloader_systemd_boot, &f, ENTRIES "rescue.conf", "normal boots");
	facts_done(&f);
}

/* "@saved" is the entry of the last boot that was no trial. */
static void test_sdboot_saved(void **state)
{
	struct tree *t = *state;
	struct boot_config c;
	struct facts f;

	sdboot_host(t, &f);
	tree_write(t, "/boot/loader/loader.conf", "default @saved\n");
	set_fact(&f.efi.entry_selected, "slicer-trial.conf");
	set_fact(&f.efi.entry_saved, "arch-lts.conf");
	load_config(t, &bootloader_systemd_boot, &f, &c);
	assert_string_equal(boot_config_default(&c)->id, "arch-lts.conf");
	boot_config_done(&c);
	facts_done(&f);
}

static void test_trial_id(void **state)
{
	CLEANUP(free_char) char *id = boot_trial_id("a slicer.trial=7 b");

	(void)state;
	assert_string_equal(id, "7");
	assert_null(boot_trial_id("a xslicer.trial=7 slicer.trial slicer.trial="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
		T(test_grub_there_and_back),   T(test_grub_again),
		T(test_grub_filesystems),      T(test_grub_refusals),
		T(test_grub_other_one_shot),   T(test_grub_cut_up),
		T(test_sdboot_there_and_back), T(test_sdboot_order),
		T(test_sdboot_managed),	       T(test_sdboot_refusals),
		T(test_sdboot_saved),	       cmocka_unit_test(test_trial_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
