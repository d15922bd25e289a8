/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grub.cfg on the ESP: does it lead to the menu that update-grub writes? */
#include "boot_tree.h"

#include "grub_program.h"
#include "text/grubstub.h"

#define HERE "7f0c1a52-53a8-4b8b-8a2e-0b7a4e5d9c31"
#define OTHER "0d9e3b70-1111-4222-8333-944455556666"
#define ESP_UUID "5C2A-91F4"
#define STUB "/boot/efi/EFI/debian/grub.cfg"
#define PROGRAM "/boot/efi/EFI/debian/grubx64.efi"
#define LEADS(uuid, prefix)                                                              \
	"search.fs_uuid " uuid " root hd0,gpt2 \nset prefix=($root)'" prefix             \
	"'\nconfigfile $prefix/grub.cfg\n"
#define ENTRY                                                                            \
	"menuentry 'Debian GNU/Linux' {\n\tlinux /boot/vmlinuz root=/dev/sda1 ro\n}\n"

struct form {
	const char *name, *text;
	const char *mountinfo; /* of "/"; NULL: ext4, whole */
	const char *says; /* NULL: nothing is wrong, or nothing is known */
};

static const struct form forms[] = {
	{ "Debian's", LEADS(HERE, "/boot/grub"), NULL, NULL },
	{ "upper case", LEADS("7F0C1A52-53A8-4B8B-8A2E-0B7A4E5D9C31", "/boot/grub"), NULL,
	  NULL },
	{ "Ubuntu's installer's",
	  "search --no-floppy --fs-uuid --set=root " HERE "\n"
	  "set prefix=($root)/boot/grub\nconfigfile ${prefix}/grub.cfg\n",
	  NULL, NULL },
	{ "Fedora's form", /* rhboot/grub2, grub2.spec */
	  "search --no-floppy --root-dev-only --fs-uuid --set=dev " HERE "\n"
	  "set prefix=($dev)/boot/grub\nexport $prefix\nconfigfile $prefix/grub.cfg\n",
	  NULL, NULL },
	{ "an unlocked disk",
	  "cryptomount -u 0123456789abcdef\n" LEADS(HERE, "/boot/grub"), NULL, NULL },
	/* A second install, a cloned disk: puppet-grub2 and elementary reports. */
	{ "another filesystem", LEADS(OTHER, "/boot/grub"), NULL,
	  "looks for filesystem " OTHER },
	{ "the prefix on the ESP", LEADS(ESP_UUID, "/EFI/debian"), NULL,
	  "looks for filesystem " ESP_UUID },
	{ "no search: it stays on the ESP",
	  "set prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n", NULL,
	  "stays on filesystem " ESP_UUID },
	{ "another directory of it", LEADS(HERE, "/grub"), NULL,
	  "leads to /grub/grub.cfg" },
	{ "the file itself, elsewhere",
	  "search.fs_uuid " HERE " root\nconfigfile ($root)/boot/grub2/grub.cfg\n", NULL,
	  "leads to /boot/grub2/grub.cfg" },
	{ "a subvolume", LEADS(HERE, "/@/boot/grub"), "0:30 /@ / rw - btrfs", NULL },
	{ "another subvolume", LEADS(HERE, "/@old/boot/grub"), "0:30 /@ / rw - btrfs",
	  "leads to /@old/boot/grub/grub.cfg" },
	{ "a whole menu", "set timeout=5\n" ENTRY, NULL, "a whole menu of its own" },
	{ "grub-mkconfig's whole menu",
	  "if [ -s $prefix/grubenv ]; then\n  load_env\nfi\n" ENTRY
	  "if [ -f ${config_directory}/custom.cfg ]; then\n"
	  "  source ${config_directory}/custom.cfg\nfi\n",
	  NULL, "a whole menu of its own" },
	{ "a menu that chainloads others when chosen",
	  ENTRY "menuentry 'other' {\n\tconfigfile /boot/grub/grub.cfg\n}\n", NULL,
	  "a whole menu of its own" },
	/* What can't be followed proves nothing. */
	{ "by label", "search --label --set=root boot\nconfigfile ($root)/x/grub.cfg\n",
	  NULL, NULL },
	{ "by file", "search.file /grub.cfg root\nconfigfile ($root)/grub.cfg\n", NULL,
	  NULL },
	{ "a condition",
	  "if [ -e (hd0,gpt2)/x ]; then set root=hd0,gpt2; fi\n"
	  "configfile /boot/grub2/grub.cfg\n",
	  NULL, NULL },
	{ "a device by name", "set root=(hd0,gpt2)\nconfigfile /boot/grub/grub.cfg\n",
	  NULL, NULL },
	{ "ours first, then a menu", ENTRY LEADS(HERE, "/boot/grub"), NULL, NULL },
	{ "another filesystem under a condition",
	  "search.fs_uuid " HERE " root\nif [ ! -e ($root)/boot/grub/grub.cfg ]; then\n"
	  "search.fs_uuid " OTHER " root\nfi\nset prefix=($root)/boot/grub\n"
	  "configfile $prefix/grub.cfg\n",
	  NULL, NULL },
	{ "another filesystem for something else",
	  "search.fs_uuid " HERE " root\nsearch --fs-uuid --set=data " OTHER "\n"
	  "set prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n",
	  NULL, NULL },
	{ "a menu of its own where there is no other",
	  "search --file /x --set=root\nif [ -e ($root)/boot/grub/grub.cfg ]; then\n"
	  "normal ($root)/boot/grub/grub.cfg\nfi\nmenuentry 'Firmware' {\n\tfwsetup\n}\n",
	  NULL, NULL },
	{ "nothing", "", NULL, NULL },
};

static void write_program(const struct tree *t, const char *path, const char *config,
			  const char *prefix)
{
	CLEANUP(str_done) struct str bytes = grub_program(config, prefix);

	tree_write(t, path, "");
	assert_int_equal(host_replace(t->host, path, bytes.s, bytes.len, 0644, NULL), 0);
}

static void write_host(const struct tree *t, const struct form *form, struct facts *f)
{
	CLEANUP(free_char)
	char *info = xasprintf("22 1 %s /dev/sda2 rw\n30 22 8:1 / /boot/efi rw - vfat "
			       "/dev/sda1 rw\n",
			       form->mountinfo ? form->mountinfo : "8:2 / / rw - ext4");

	tree_write(t, "/boot/grub/grub.cfg", "### BEGIN /etc/grub.d/10_linux ###\n");
	tree_write(t, "/proc/self/mountinfo", info);
	tree_write(t, "/etc/fstab",
		   "UUID=" HERE " / ext4 defaults 0 1\nUUID=" ESP_UUID
		   " /boot/efi vfat umask=0077 0 1\n");
	tree_write(t, STUB, form->text);
	write_program(t, PROGRAM, NULL, "/EFI/debian");
	assert_int_equal(mounts_load(t->host, &f->mounts, NULL), 0);
	set_fact(&f->platform.os_id, "debian");
	set_fact(&f->boot_partitions.esp, "/boot/efi");
	f->platform.efi = true;
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct facts f = { 0 };
		struct boot_config c;
		struct tree *t;
		void *made = NULL;

		print_message("# %s\n", forms[i].name);
		assert_int_equal(tree_setup(&made), 0);
		t = made;
		write_host(t, &forms[i], &f);
		load_config(t, &bootloader_grub, &f, &c);
		if (!forms[i].says && c.elsewhere.code != ERROR_NONE)
			fail_msg("%s", c.elsewhere.what);
		if (forms[i].says && !strstr(c.elsewhere.what, forms[i].says))
			fail_msg("'%s'", c.elsewhere.what);
		if (forms[i].says)
			assert_non_null(strstr(c.elsewhere.hint, "sudo grub-install"));
		boot_config_done(&c);
		facts_done(&f);
		tree_teardown(&made);
	}
}

/* A machine that a BIOS started reads no ESP, whatever lies on it. */
static void test_bios(void **state)
{
	struct tree *t = *state;
	struct facts f = { 0 };
	struct boot_config c;

	write_host(t, &(struct form){ .text = LEADS(OTHER, "/boot/grub") }, &f);
	tree_write(t, "/sys/firmware/acpi/tables/DSDT", "x");
	f.platform.efi = false;
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	facts_done(&f);
}

/* The fallback program, and another ESP than the one that was started from. */
static void test_not_this_stub(void **state)
{
	struct tree *t = *state;
	struct facts f = { 0 };
	struct boot_config c;

	write_host(t, &(struct form){ .text = LEADS(OTHER, "/boot/grub") }, &f);
	tree_write(t, "/boot/efi/EFI/BOOT/grub.cfg", LEADS(OTHER, "/boot/grub"));
	set_fact(&f.efi.boot_file, "\\EFI\\BOOT\\BOOTX64.EFI");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	set_fact(&f.efi.boot_file, "\\EFI\\debian\\grubx64.efi");
	strcpy(f.efi.boot_part_uuid, "11111111-0000-4000-8000-000000000000");
	set_fact(&f.boot_partitions.esp_part_uuid,
		 "22222222-0000-4000-8000-000000000000");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	strcpy(f.efi.boot_part_uuid, f.boot_partitions.esp_part_uuid);
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_not_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	facts_done(&f);
}

#define OWN(name, uuid) "/boot/efi/EFI/" name "/grub.cfg", LEADS(uuid, "/boot/grub")

/* Below another root nobody says which directory the firmware starts from. */
static const struct place {
	const char *name, *id, *like;
	const char *files[6]; /* path and text, in pairs */
	const char *says; /* the file that is named; NULL: nothing is claimed */
} places[] = {
	{ "its own", "debian", NULL, { OWN("debian", OTHER) }, "EFI/debian/grub.cfg" },
	{ "its own before its parent's",
	  "linuxmint",
	  "ubuntu debian",
	  { OWN("linuxmint", HERE), OWN("ubuntu", OTHER) },
	  NULL },
	{ "Linux Mint",
	  "linuxmint",
	  "ubuntu debian",
	  { OWN("ubuntu", OTHER) },
	  "EFI/ubuntu/grub.cfg" },
	{ "the nearest parent first",
	  "zorin",
	  "ubuntu debian",
	  { OWN("debian", OTHER), OWN("ubuntu", HERE) },
	  NULL },
	{ "the farther parent",
	  "pop",
	  "ubuntu debian",
	  { OWN("debian", OTHER) },
	  "EFI/debian/grub.cfg" },
	{ "the only one", "arch", NULL, { OWN("vendor", OTHER) }, "EFI/vendor/grub.cfg" },
	{ "EFI/BOOT doesn't count",
	  "arch",
	  NULL,
	  { OWN("vendor", OTHER), OWN("Boot", HERE) },
	  "EFI/vendor/grub.cfg" },
	{ "EFI/BOOT alone", "arch", NULL, { OWN("BOOT", OTHER) }, NULL },
	{ "two strangers", "arch", NULL, { OWN("one", OTHER), OWN("two", OTHER) }, NULL },
	/* Arch's grub-install writes no such file: a neighbour's is not its. */
	{ "a GRUB without one",
	  "arch",
	  NULL,
	  { OWN("fedora", OTHER), "/boot/efi/EFI/GRUB/grubx64.efi", "MZ" },
	  NULL },
	{ "no os-release", NULL, NULL, { OWN("debian", OTHER) }, "EFI/debian/grub.cfg" },
};

/* A signed GRUB beside each file. */
static void write_place(const struct tree *t, const char *file, const char *text)
{
	CLEANUP(free_char) char *dir = xstrndup(file, (size_t)(path_base(file) - file));
	CLEANUP(free_char) char *program = xasprintf("%sgrubx64.efi", dir);
	CLEANUP(free_char)
	char *prefix =
		xstrndup(dir + strlen("/boot/efi"), strlen(dir) - strlen("/boot/efi/"));

	tree_write(t, file, text);
	if (str_ends(file, "/grub.cfg"))
		write_program(t, program, NULL, prefix);
}

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		struct facts f = { 0 };
		struct boot_config c;
		struct tree *t;
		void *made = NULL;

		print_message("# %s\n", p->name);
		assert_int_equal(tree_setup(&made), 0);
		t = made;
		write_host(t, &(struct form){ .text = "" }, &f);
		assert_int_equal(host_remove(t->host, STUB, NULL), 0);
		assert_int_equal(host_remove(t->host, PROGRAM, NULL), 0);
		set_fact(&f.platform.os_id, p->id);
		strv_split(&f.platform.os_like, p->like ? p->like : "", " ");
		for (size_t k = 0; k + 1 < ARRAY_SIZE(p->files) && p->files[k]; k += 2)
			write_place(t, p->files[k], p->files[k + 1]);
		load_config(t, &bootloader_grub, &f, &c);
		if (!p->says && c.elsewhere.code != ERROR_NONE)
			fail_msg("%s", c.elsewhere.what);
		if (p->says && !strstr(c.elsewhere.what, p->says))
			fail_msg("'%s'", c.elsewhere.what);
		boot_config_done(&c);
		facts_done(&f);
		tree_teardown(&made);
	}
}

/* A stub that an earlier, signed GRUB has left behind decides nothing. */
static const struct program {
	const char *name, *config, *prefix; /* no prefix: no such program */
	const char *file; /* that the firmware started; NULL: not known */
	const char *says; /* NULL: nothing is claimed */
} programs[] = {
	{ "signed, by shim", "normal (memdisk)/grub.cfg\n", "/EFI/debian",
	  "\\EFI\\debian\\shimx64.efi", "EFI/debian/grub.cfg looks for" },
	{ "signed", NULL, "/EFI/debian", "\\EFI\\debian\\grubx64.efi",
	  "EFI/debian/grub.cfg looks for" },
	{ "made for this machine",
	  "search.fs_uuid " HERE " root hd0,gpt2 \nset prefix=($root)'/boot/grub'\n",
	  "/boot/grub", "\\EFI\\debian\\grubx64.efi", NULL },
	{ "made for this disk", NULL, "(,gpt2)/boot/grub", NULL, NULL },
	{ "a relative's: its directory counts", NULL, "/EFI/ubuntu",
	  "\\EFI\\debian\\shimx64.efi", "EFI/ubuntu/grub.cfg leads to /x/grub.cfg" },
	{ "not to be read", NULL, NULL, NULL, NULL },
};

static bool has_note(const struct boot_config *c, const char *part)
{
	for (size_t i = 0; i < c->notes.n; i++)
		if (strstr(c->notes.v[i], part))
			return true;
	return false;
}

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const struct program *p = &programs[i];
		struct facts f = { 0 };
		struct boot_config c;
		struct tree *t;
		void *made = NULL;

		print_message("# %s\n", p->name);
		assert_int_equal(tree_setup(&made), 0);
		t = made;
		write_host(t, &(struct form){ .text = LEADS(OTHER, "/boot/grub") }, &f);
		tree_write(t, "/boot/efi/EFI/ubuntu/grub.cfg", LEADS(HERE, "/x"));
		write_program(t, PROGRAM, p->config, p->prefix);
		if (!p->prefix)
			tree_write(t, PROGRAM, "MZ");
		set_fact(&f.efi.boot_file, p->file);
		load_config(t, &bootloader_grub, &f, &c);
		assert_int_equal(c.elsewhere.code != ERROR_NONE, p->says != NULL);
		if (p->says && !strstr(c.elsewhere.what, p->says))
			fail_msg("'%s'", c.elsewhere.what);
		assert_int_equal(has_note(&c, "if GRUB's program"), !p->prefix);
		boot_config_done(&c);
		facts_done(&f);
		tree_teardown(&made);
	}
}

/* What is mounted on /boot has no line in fstab: that of "/" says nothing of it. */
static void test_no_fstab_line(void **state)
{
	struct tree *t = *state;
	struct facts f = { 0 };
	struct boot_config c;

	write_host(t, &(struct form){ .text = LEADS(OTHER, "/grub") }, &f);
	mounts_done(&f.mounts);
	tree_write(t, "/proc/self/mountinfo",
		   "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n23 22 8:3 / /boot rw - ext4 "
		   "/dev/sda3 rw\n30 22 8:1 / /boot/efi rw - vfat /dev/sda1 rw\n");
	assert_int_equal(mounts_load(t->host, &f.mounts, NULL), 0);
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	facts_done(&f);
}

/* The menu is on the ESP, and /boot/grub leads there. */
static void test_link(void **state)
{
	struct tree *t = *state;
	struct facts f = { 0 };
	struct boot_config c;

	write_host(t, &(struct form){ .text = ENTRY }, &f);
	assert_int_equal(host_remove(t->host, "/boot/grub/grub.cfg", NULL), 0);
	tree_link(t, "/boot/efi/EFI/debian/grub.cfg", "/boot/grub/grub.cfg");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.elsewhere.code, ERROR_NONE);
	boot_config_done(&c);
	facts_done(&f);
}

static void test_binary(void **state)
{
	struct grub_stub stub;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(grub_stub_parse("set\0x", 5, &stub, &e), -EINVAL);
	grub_stub_done(&stub);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_programs),
		cmocka_unit_test_setup_teardown(test_bios, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_not_this_stub, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_no_fstab_line, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_link, tree_setup, tree_teardown),
		cmocka_unit_test(test_binary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
