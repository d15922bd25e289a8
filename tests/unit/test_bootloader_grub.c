/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB on host trees: which file is edited and how, what is refused, and the way back. */
#include "boot_tree.h"

#include "bootloaders/grub.h"

#include "text/shell.h"

#define MAIN "/etc/default/grub"
#define OWN "/etc/default/grub.d/zz-slicer-iommu.cfg"
#define WANT "+intel_iommu=on +iommu=pt"
#define LATE "GRUB_CMDLINE_LINUX_DEFAULT=\"y\"\n"

/* Entries as 10_linux writes them, with options behind the root of each. */
static void write_menu(const struct tree *t, const char *options)
{
	CLEANUP(str_done) struct str s = { 0 };

	str_add(&s, "### BEGIN /etc/grub.d/00_header ###\n"
		    "set default=\"0\"\n"
		    "### END /etc/grub.d/00_header ###\n"
		    "### BEGIN /etc/grub.d/10_linux ###\n");
	str_addf(&s,
		 "menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option "
		 "'gnulinux-simple-u' {\n"
		 "\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=u ro  %s\n"
		 "\tinitrd\t/boot/initrd.img-6.1.0-18-amd64\n}\n"
		 "submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-u' "
		 "{\n"
		 "\tmenuentry 'Debian, with Linux 6.1.0-18-amd64' $menuentry_id_option "
		 "'gnulinux-6.1.0-18-amd64-advanced-u' {\n"
		 "\t\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=u ro  %s\n\t}\n"
		 "\tmenuentry 'Debian, with Linux 6.1.0-18-amd64 (recovery mode)' "
		 "$menuentry_id_option 'gnulinux-6.1.0-18-amd64-recovery-u' {\n"
		 "\t\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=u ro single\n\t}\n}\n"
		 "### END /etc/grub.d/10_linux ###\n",
		 options, options);
	tree_write(t, "/boot/grub/grub.cfg", str_c(&s));
}

/* A Debian tree. files: path, text, ..., NULL. The menu carries what the files say. */
static void write_host(const struct tree *t, struct facts *f, const char *const *files)
{
	struct boot_config c;

	*f = (struct facts){ 0 };
	set_fact(&f->platform.os_id, "debian");
	f->cpu.vendor = CPU_INTEL;
	tree_write(t, "/boot/vmlinuz-6.1.0-18-amd64", "k");
	tree_write(t, "/boot/initrd.img-6.1.0-18-amd64", "i");
	for (; *files; files += 2)
		tree_write(t, files[0], files[1]);
	load_config(t, &bootloader_grub, f, &c);
	write_menu(t, c.configured ? c.configured : "");
	boot_config_done(&c);
}

/* What update-grub would do. */
static void generate(const struct tree *t, const struct facts *f)
{
	struct boot_config c;

	load_config(t, &bootloader_grub, f, &c);
	assert_non_null(c.configured);
	write_menu(t, c.configured);
	boot_config_done(&c);
}

/* Plans, applies and generates. Returns the number of file steps. */
static size_t run_edit(const struct tree *t, const struct facts *f, const char *edit)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct error e = { 0 };
	size_t n;

	load_config(t, &bootloader_grub, f, &c);
	if (bootloader_grub.plan(&c, &ed, &p, &e) < 0)
		fail_msg("%s:%u: %s", e.path, e.line, e.what);
	n = do_files(t, &p);
	assert_int_equal(p.n_proofs, n ? 1 : 0);
	if (count_runs(&p))
		generate(t, f);
	boot_config_done(&c);
	return n;
}

static char *configured_of(const struct tree *t, const struct facts *f)
{
	struct boot_config c;
	char *s;

	load_config(t, &bootloader_grub, f, &c);
	s = xstrdup_null(c.configured);
	boot_config_done(&c);
	return s;
}

/* After the edit: the expected files, the proof of each entry, and nothing left to do. */
static void check_done(const struct tree *t, const struct facts *f, const char *edit)
{
	CLEANUP(edit_done) struct edit ed = make_edit(edit);
	CLEANUP(strv_done) struct strv shortfalls = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 };
	struct boot_config c;
	struct error e = { 0 };

	load_config(t, &bootloader_grub, f, &c);
	boot_config_verify(&c, &ed, &shortfalls);
	if (shortfalls.n)
		fail_msg("%s", shortfalls.v[0]);
	assert_int_equal(bootloader_grub.plan(&c, &ed, &p, &e), 0);
	assert_true(plan_is_empty(&p));
	boot_config_done(&c);
}

struct form {
	const char *name;
	const char *main, *dropin; /* NULL: no such file */
	const char *edit;
	const char *new_main, *new_dropin, *new_own; /* NULL: as before, or none */
	const char *configured;
	const char *back; /* NULL: the inverse of edit gives the old bytes */
};

#define CLOUD "/etc/default/grub.d/50-cloudimg-settings.cfg"
#define OWN_HEAD                                                                         \
	"# Written by slicer setup-iommu: the kernel parameters that passing PCI "       \
	"devices\n"                                                                      \
	"# to virtual machines needs. \"slicer setup-iommu --undo\" takes them away "    \
	"again.\n"

static const struct form forms[] = {
	{ .name = "double quotes",
	  .main = "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\" # mine\n"
		  "GRUB_CMDLINE_LINUX=\"\"\n",
	  .edit = WANT,
	  .new_main = "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash "
		      "intel_iommu=on iommu=pt\" # mine\nGRUB_CMDLINE_LINUX=\"\"\n",
	  .configured = "quiet splash intel_iommu=on iommu=pt" },
	{ .name = "single quotes, no final newline",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT='quiet'",
	  .edit = WANT,
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT='quiet intel_iommu=on iommu=pt'",
	  .configured = "quiet intel_iommu=on iommu=pt" },
	{ .name = "the last assignment counts",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"b\"\n",
	  .edit = WANT,
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"b intel_iommu=on iommu=pt\"\n",
	  .configured = "b intel_iommu=on iommu=pt" },
	{ .name = "a commented line is none",
	  .main = "#GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\nexport GRUB_CMDLINE_LINUX=\"c\"\n",
	  .edit = WANT,
	  .new_main =
		  "#GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\nexport GRUB_CMDLINE_LINUX=\"c\"\n"
		  "# Added by slicer setup-iommu\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"intel_iommu=on iommu=pt\"\n",
	  .configured = "c intel_iommu=on iommu=pt" },
	{ .name = "a contradiction where it stands, in the other variable",
	  .main = "GRUB_CMDLINE_LINUX=\"a intel_iommu=off b\"\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  .edit = "intel_iommu=off>intel_iommu=on +iommu=pt",
	  .new_main = "GRUB_CMDLINE_LINUX=\"a intel_iommu=on b\"\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\"\n",
	  .configured = "a intel_iommu=on b quiet iommu=pt" },
	{ .name = "a contradiction twice",
	  .main = "GRUB_CMDLINE_LINUX=\"intel_iommu=off\"\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=off\"\n",
	  .edit = "intel_iommu=off>intel_iommu=on",
	  .new_main = "GRUB_CMDLINE_LINUX=\"intel_iommu=on\"\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  .configured = "intel_iommu=on quiet",
	  .back = "GRUB_CMDLINE_LINUX=\"intel_iommu=off\"\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n" },
	{ .name = "its own value inside",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=soft\"\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT} x\"\n",
	  .edit = "iommu=soft>iommu=pt +intel_iommu=on",
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\"\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT} x "
		      "intel_iommu=on\"\n",
	  .configured = "quiet iommu=pt x intel_iommu=on" },
	{ .name = "a drop-in that appends",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  .dropin = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
		    "crashkernel=1G\"\n",
	  .edit = WANT,
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n",
	  .configured = "quiet intel_iommu=on iommu=pt crashkernel=1G" },
	{ .name = "a drop-in that wins (Ubuntu's cloud images)",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n",
	  .dropin = "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n",
	  .edit = WANT,
	  .new_own = OWN_HEAD "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
			      "intel_iommu=on iommu=pt\"\n",
	  .configured = "console=tty1 console=ttyS0 intel_iommu=on iommu=pt" },
	{ .name = "a drop-in that wins and contradicts",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  .dropin = "GRUB_CMDLINE_LINUX_DEFAULT='console=tty1 iommu=off'\n",
	  .edit = "-iommu=off +intel_iommu=on",
	  .new_dropin = "GRUB_CMDLINE_LINUX_DEFAULT='console=tty1'\n",
	  .new_own = OWN_HEAD "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
			      "intel_iommu=on\"\n",
	  .configured = "console=tty1 intel_iommu=on",
	  .back = "" },
	{ .name = "one variable takes the other's value",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
		  "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX_DEFAULT\"\n",
	  .edit = "+intel_iommu=on",
	  .new_own = OWN_HEAD "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
			      "intel_iommu=on\"\n",
	  .configured = "quiet quiet intel_iommu=on" },
	{ .name = "a drop-in's later value of the same name would win",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  .dropin = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
		    "console=tty0\"\n",
	  .edit = "+console=ttyS1",
	  .new_own = OWN_HEAD "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "
			      "console=ttyS1\"\n",
	  .configured = "quiet console=tty0 console=ttyS1" },
	{ .name = "Debian's own file",
	  .main = "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\n"
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n",
	  .edit = WANT,
	  .new_main = "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n"
		      "GRUB_CMDLINE_LINUX=\"\"\n",
	  .configured = "quiet intel_iommu=on iommu=pt" },
	{ .name = "an escaped variable for GRUB stays",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\$vt_handoff\"\n",
	  .edit = WANT,
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\$vt_handoff intel_iommu=on "
		      "iommu=pt\"\n",
	  .configured = "quiet $vt_handoff intel_iommu=on iommu=pt" },
	{ .name = "no file at all",
	  .edit = WANT,
	  .new_main = "# Added by slicer setup-iommu\n"
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"intel_iommu=on iommu=pt\"\n",
	  .configured = "intel_iommu=on iommu=pt",
	  .back = "" },
	{ .name = "parameters with quotes",
	  .main = "GRUB_CMDLINE_LINUX_DEFAULT='dyndbg=\"file a.c +p\" quiet'\n",
	  .edit = WANT,
	  .new_main = "GRUB_CMDLINE_LINUX_DEFAULT='dyndbg=\"file a.c +p\" quiet "
		      "intel_iommu=on iommu=pt'\n",
	  .configured = "dyndbg=\"file a.c +p\" quiet intel_iommu=on iommu=pt" },
};

static void is_file(const struct tree *t, const char *path, const char *text)
{
	if (text)
		tree_is(t, path, text);
	else
		assert_false(host_exists(t->host, path));
}

static void check_form(const struct tree *t, const struct form *form)
{
	const char *files[5] = { 0 };
	size_t n = 0;
	CLEANUP(edit_done) struct edit ed = make_edit(form->edit);
	CLEANUP(free_char) char *configured = NULL;
	CLEANUP(str_done) struct str back = { 0 };
	CLEANUP(edit_done) struct edit inverse = { 0 };
	struct facts f;

	if (form->main) {
		files[n++] = MAIN;
		files[n++] = form->main;
	}
	if (form->dropin) {
		files[n++] = CLOUD;
		files[n++] = form->dropin;
	}
	tree_mkdir(t, "/etc/default");
	write_host(t, &f, files);
	assert_true(run_edit(t, &f, form->edit) > 0);
	is_file(t, MAIN, form->new_main ? form->new_main : form->main);
	is_file(t, CLOUD, form->new_dropin ? form->new_dropin : form->dropin);
	is_file(t, OWN, form->new_own);
	configured = configured_of(t, &f);
	assert_string_equal(configured, form->configured);
	check_done(t, &f, form->edit);

	edit_inverse(&ed, &inverse);
	for (size_t i = 0; i < inverse.n; i++)
		str_addf(&back, "%s%s%s%s ",
			 inverse.v[i].op == EDIT_ADD	  ? "+"
			 : inverse.v[i].op == EDIT_REMOVE ? "-"
							  : "",
			 inverse.v[i].param, inverse.v[i].op == EDIT_REPLACE ? ">" : "",
			 inverse.v[i].op == EDIT_REPLACE ? inverse.v[i].to : "");
	assert_true(run_edit(t, &f, str_c(&back)) > 0);
	if (!form->back) {
		is_file(t, MAIN, form->main);
		is_file(t, CLOUD, form->dropin);
		is_file(t, OWN, NULL);
	} else if (*form->back) {
		is_file(t, MAIN, form->back);
	}
	facts_done(&f);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		void *own = NULL;

		tree_setup(&own);
		print_message("# %s\n", forms[i].name);
		check_form(own, &forms[i]);
		tree_teardown(&own);
	}
}

/* The drop-in that is read last, and the name that slicer's own gets. */
static void test_own_name(void **state)
{
	static const char *const names[][2] = {
		{ NULL, "zz" },
		{ "50-cloud.cfg", "zz" },
		{ "z.cfg", "zz" },
		{ "zz.cfg", "zzz" },
		{ "zz-a.cfg", "zz" },
		{ "zz-slicer.cfg", "zzz" },
		{ "zz-slicer-j.cfg", "zzz" },
		{ "zzlocal.cfg", "zzz" },
		{ "zzz-mine.cfg", "zzzz" },
		{ "zzzzz9.cfg", "zzzzzz" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *last = names[i][0];
		CLEANUP(free_char)
		char *path = last ? xasprintf("/etc/default/grub.d/%s", last) : NULL;
		CLEANUP(free_char) char *own = grub_own_path(path);
		CLEANUP(free_char)
		char *want =
			xasprintf("/etc/default/grub.d/%s-slicer-iommu.cfg", names[i][1]);

		assert_string_equal(own, want);
		assert_true(grub_is_own(own));
		if (path)
			assert_true(strcmp(own, path) > 0 && !grub_is_own(path));
	}
	assert_false(grub_is_own("/etc/default/grub.d/z-slicer-iommu.cfg"));
	assert_false(grub_is_own("/etc/default/zz-slicer-iommu.cfg"));
	assert_false(grub_is_own("/etc/default/grub.d/zz-slicer-iommu.cfg.cfg"));
}

/* Where nothing can be read last, slicer's own file is still there once. */
static void test_own_before_others(void **state)
{
	struct tree *t = *state;
	const char *const files[] = { MAIN,
				      "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\n",
				      OWN,
				      "GRUB_CMDLINE_LINUX_DEFAULT="
				      "\"$GRUB_CMDLINE_LINUX_DEFAULT x=1\"\n",
				      "/etc/default/grub.d/~.cfg",
				      LATE,
				      NULL };
	const struct grub *g;
	struct boot_config c;
	struct facts f;
	size_t own = 0;

	write_host(t, &f, files);
	load_config(t, &bootloader_grub, &f, &c);
	g = c.priv;
	for (size_t i = 0; i < g->files.n; i++)
		own += grub_is_own(g->files.v[i].path);
	assert_int_equal(own, 1);
	assert_string_equal(g->files.v[g->files.own].path, OWN);
	boot_config_done(&c);
	facts_done(&f);
}

struct refusal {
	const char *name, *main, *dropin, *edit;
	const char *path; /* "" none */
	unsigned line;
	const char *what; /* a part of it */
};

static const struct refusal refusals[] = {
	{ "a conditional",
	  "A=1\nif [ -e /x ]; then\n\tGRUB_CMDLINE_LINUX_DEFAULT=\"x\"\nfi\n", NULL, WANT,
	  MAIN, 3, "" },
	{ "a command substitution", "\nGRUB_CMDLINE_LINUX_DEFAULT=\"$(cat /x)\"\n", NULL,
	  WANT, MAIN, 2, "command substitution" },
	{ "a drop-in's", "GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n",
	  "\n\nGRUB_CMDLINE_LINUX=\"`cat /x`\"\n", WANT, CLOUD, 3,
	  "command substitution" },
	{ "an appending assignment",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n"
	  "GRUB_CMDLINE_LINUX_DEFAULT+=\" y\"\n",
	  NULL, WANT, MAIN, 2, "" },
	{ "another file that is sourced", "GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n. /etc/y\n",
	  NULL, WANT, MAIN, 2, "" },
	{ "carriage returns", "GRUB_TIMEOUT=5\r\nGRUB_CMDLINE_LINUX_DEFAULT=\"x\"\r\n",
	  NULL, WANT, MAIN, 1, "carriage return" },
	{ "an open quote", "GRUB_CMDLINE_LINUX_DEFAULT=\"x\n", NULL, WANT, MAIN, 1,
	  "quote" },
	{ "GRUB's own characters in what is there",
	  "GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet a=b;c\"\n", NULL, WANT,
	  MAIN, 2, "takes the parameter \"a=b;c\" in GRUB_CMDLINE_LINUX_DEFAULT apart" },
	{ "GRUB's own characters in what comes", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
	  NULL, "+a=b;c", MAIN, 1, ";" },
	{ "two lines", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\nsplash\"\n", NULL, WANT, MAIN,
	  1, "line break" },
	{ "a drop-in that is read after slicer's", "GRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n",
	  NULL, WANT, "/etc/default/grub.d/~.cfg", 1, "can't be made" },
	{ "a parameter in another variable",
	  "ARGS=\"quiet iommu=off\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"$ARGS\"\n", NULL,
	  "-iommu=off", MAIN, 2, "can't be made" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		const char *late = strstr(r->path, "~") ? r->path : NULL;
		const char *text = late ? LATE : r->dropin;
		const char *files[] = { MAIN, r->main, text ? late ? late : CLOUD : NULL,
					text, NULL };
		CLEANUP(edit_done) struct edit ed = make_edit(r->edit);
		CLEANUP(plan_done) struct plan p = { 0 };
		struct error e = { 0 };
		struct boot_config c;
		struct facts f;
		void *own = NULL;
		struct tree *t;

		tree_setup(&own);
		t = own;
		print_message("# %s\n", r->name);
		write_host(t, &f, files);
		load_config(t, &bootloader_grub, &f, &c);
		assert_true(bootloader_grub.plan(&c, &ed, &p, &e) < 0);
		print_message("# %s:%u: %s\n", e.path, e.line, e.what);
		assert_string_equal(e.path, r->path);
		assert_int_equal(e.line, r->line);
		assert_non_null(strstr(e.what, r->what));
		assert_true(plan_is_empty(&p));
		boot_config_done(&c);
		facts_done(&f);
		tree_teardown(&own);
	}
}

static const char *const plain[] = {
	MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n", NULL
};

/* Configured, but update-grub was skipped: the generator alone. */
static void test_generate_only(void **state)
{
	struct tree *t = *state;
	CLEANUP(edit_done) struct edit ed = make_edit(WANT), none = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 }, q = { 0 }, r = { 0 };
	CLEANUP(free_char) char *runs = NULL;
	struct boot_config c;
	struct facts f;

	write_host(t, &f, plain);
	write_menu(t, "quiet");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(bootloader_grub.plan(&c, &ed, &p, NULL), 0);
	runs = runs_of(&p);
	assert_string_equal(runs, "update-grub\n");
	assert_int_equal(p.n, 1);
	assert_int_equal(bootloader_grub.plan(&c, &none, &q, NULL), 0);
	assert_int_equal(q.n, 1);
	boot_config_done(&c);
	/* What was taken out of the file is still in the menu. */
	write_menu(t, "quiet iommu=soft intel_iommu=on iommu=pt");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(bootloader_grub.plan(&c, &none, &r, NULL), 0);
	assert_int_equal(r.n, 1);
	boot_config_done(&c);
	facts_done(&f);
}

/* Upstream's grub-mkconfig knows no drop-ins. */
static void test_without_dropins(void **state)
{
	struct tree *t = *state;
	CLEANUP(plan_done) struct plan p = { 0 };
	CLEANUP(edit_done) struct edit ed = make_edit(WANT);
	CLEANUP(free_char) char *runs = NULL;
	const char *files[] = { MAIN,
				"GRUB_CMDLINE_LINUX_DEFAULT=\"loglevel=3\"\n",
				CLOUD,
				"GRUB_CMDLINE_LINUX_DEFAULT=\"not read\"\n",
				"/usr/bin/grub-mkconfig",
				"#!/bin/sh\n. /etc/default/grub\n",
				NULL };
	CLEANUP(free_char) char *program = tree_path(t, "/usr/bin/grub-mkconfig");
	struct boot_config c;
	struct facts f;

	write_host(t, &f, files);
	assert_int_equal(chmod(program, 0755), 0);
	set_fact(&f.platform.os_id, "arch");
	load_config(t, &bootloader_grub, &f, &c);
	assert_string_equal(c.configured, "loglevel=3");
	assert_string_equal(c.generate_command, "grub-mkconfig -o /boot/grub/grub.cfg");
	assert_int_equal(bootloader_grub.plan(&c, &ed, &p, NULL), 0);
	runs = runs_of(&p);
	assert_string_equal(runs, "grub-mkconfig -o /boot/grub/grub.cfg\n");
	boot_config_done(&c);
	facts_done(&f);
}

static const struct boot_entry *entry_of(const struct boot_config *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->v[i].id, id))
			return &c->v[i];
	fail_msg("no entry %s", id);
	return NULL;
}

static void test_menu(void **state)
{
	struct tree *t = *state;
	CLEANUP(strv_done) struct strv versions = { 0 };
	const struct boot_entry *entry;
	struct boot_config c;
	struct facts f;

	write_host(t, &f, plain);
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.n, 3);
	entry = entry_of(&c, "gnulinux-simple-u");
	assert_ptr_equal(boot_config_default(&c), entry);
	assert_string_equal(entry->kernel, "/boot/vmlinuz-6.1.0-18-amd64");
	assert_string_equal(entry->version, "6.1.0-18-amd64");
	assert_string_equal(entry->initrds.v[0], "/boot/initrd.img-6.1.0-18-amd64");
	assert_string_equal(entry->options,
			    "root=UUID=u ro quiet intel_iommu=on iommu=pt");
	assert_false(entry->is_recovery || entry->is_foreign);
	assert_true(entry_of(&c, "gnulinux-6.1.0-18-amd64-recovery-u")->is_recovery);
	boot_config_versions(&c, &versions);
	assert_int_equal(versions.n, 1);
	boot_config_done(&c);
	facts_done(&f);
}

/* /boot on its own filesystem, a btrfs subvolume, two linux lines, other systems'
 * entries, and what a person wrote. */
static void test_menu_forms(void **state)
{
	struct tree *t = *state;
	const struct boot_entry *entry;
	struct boot_config c;
	struct facts f;

	write_host(t, &f, plain);
	tree_write(t, "/boot/vmlinuz-linux", "k");
	tree_write(
		t, "/boot/grub/grub.cfg",
		"set default=\"${saved_entry}\"\n"
		"### BEGIN /etc/grub.d/10_linux ###\n"
		"menuentry 'A' $menuentry_id_option 'gnulinux-simple-a' {\n"
		"\tif [ x = x ]; then\n"
		"\tlinux /vmlinuz-6.1.0-18-amd64 root=PARTUUID=p ro quiet panic=-1\n"
		"\telse\n"
		"\tlinux /vmlinuz-6.1.0-18-amd64 root=UUID=u ro quiet\n"
		"\tinitrd /initrd.img-6.1.0-18-amd64\n"
		"\tfi\n}\n"
		"menuentry 'B' $menuentry_id_option 'gnulinux-b' {\n"
		"\tlinux /@/boot/vmlinuz-linux root=UUID=u rw rootflags=subvol=@ "
		"quiet\n}\n"
		"### END /etc/grub.d/10_linux ###\n"
		"### BEGIN /etc/grub.d/20_memtest86+ ###\n"
		"menuentry 'Memory test' {\n\tlinux16 /boot/memtest86+.bin\n}\n"
		"### END /etc/grub.d/20_memtest86+ ###\n"
		"### BEGIN /etc/grub.d/30_os-prober ###\n"
		"menuentry 'Other' $menuentry_id_option 'osprober-gnulinux-x' {\n"
		"\tlinux /boot/vmlinuz-5 root=/dev/sdb1\n}\n"
		"### END /etc/grub.d/30_os-prober ###\n"
		"### BEGIN /etc/grub.d/30_uefi-firmware ###\n"
		"menuentry 'UEFI' $menuentry_id_option 'uefi-firmware' {\n\tfwsetup\n}\n"
		"### END /etc/grub.d/30_uefi-firmware ###\n"
		"### BEGIN /etc/grub.d/40_custom ###\n"
		"menuentry 'Mine' --id mine {\n"
		"\tlinux /boot/vmlinuz-6.1.0-18-amd64 root=UUID=u ro\n}\n"
		"### END /etc/grub.d/40_custom ###\n");
	tree_write(t, "/boot/grub/grubenv",
		   "# GRUB Environment Block\nsaved_entry=mine\n###");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(c.n, 4);
	assert_string_equal(c.v[0].options, "root=PARTUUID=p ro quiet panic=-1");
	assert_string_equal(c.v[1].kernel, "/boot/vmlinuz-6.1.0-18-amd64");
	entry = entry_of(&c, "gnulinux-b");
	assert_string_equal(entry->kernel, "/boot/vmlinuz-linux");
	assert_null(entry->version);
	entry = entry_of(&c, "mine");
	assert_true(entry->is_foreign && entry->is_default);
	boot_config_done(&c);
	facts_done(&f);
}

/* The default entry is not one that update-grub makes. */
static void test_default_by_hand(void **state)
{
	struct tree *t = *state;
	CLEANUP(edit_done) struct edit ed = make_edit("+intel_iommu=on");
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };
	struct boot_config c;
	struct facts f;

	write_host(t, &f, plain);
	tree_write(t, "/boot/grub/grub.cfg",
		   "set default=\"mine\"\n### BEGIN /etc/grub.d/40_custom ###\n"
		   "menuentry 'Mine' --id mine {\n"
		   "\tlinux /boot/vmlinuz-6.1.0-18-amd64 root=UUID=u ro\n}\n"
		   "### END /etc/grub.d/40_custom ###\n");
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(bootloader_grub.plan(&c, &ed, &p, &e), -ENOTSUP);
	assert_int_equal(e.line, 4);
	assert_non_null(strstr(e.hint, "intel_iommu=on"));
	boot_config_done(&c);
	facts_done(&f);
}

static void check_boot_refusal(const struct tree *t, const struct facts *f)
{
	CLEANUP(edit_done) struct edit ed = make_edit("+x");
	CLEANUP(plan_done) struct plan p = { 0 };
	struct error e = { 0 };
	struct boot_config c;

	load_config(t, &bootloader_grub, f, &c);
	assert_true(bootloader_grub.plan(&c, &ed, &p, &e) < 0);
	assert_string_equal(e.path, "/boot");
	assert_non_null(strstr(e.what, "not mounted"));
	assert_true(plan_is_empty(&p));
	boot_config_done(&c);
}

static void test_boot_unmounted(void **state)
{
	struct tree *t = *state;
	struct facts f;

	write_host(t, &f, plain);
	strv_add(&f.mounts.fstab_unmounted, "/boot");
	check_boot_refusal(t, &f);
	facts_done(&f);
}

static void test_broken_menu(void **state)
{
	static const char *const menus[] = { NULL, "",
					     "menuentry 'A' {\n\tlinux /x root=u",
					     "\x01\x02" };
	struct tree *t = *state;
	CLEANUP(free_char) char *path = tree_path(t, "/boot/grub/grub.cfg");
	struct facts f;

	write_host(t, &f, plain);
	for (size_t i = 0; i < ARRAY_SIZE(menus); i++) {
		CLEANUP(edit_done) struct edit ed = make_edit(WANT);
		CLEANUP(plan_done) struct plan p = { 0 };
		struct boot_config c;

		unlink(path);
		if (menus[i])
			tree_write(t, "/boot/grub/grub.cfg", menus[i]);
		load_config(t, &bootloader_grub, &f, &c);
		assert_true(c.notes.n > 0);
		assert_int_equal(bootloader_grub.plan(&c, &ed, &p, NULL), 0);
		assert_int_equal(count_runs(&p), 1);
		boot_config_done(&c);
	}
	facts_done(&f);
}

/* The proof's script, run by the shell that it is for, says what is expected. */
static void test_proof(void **state)
{
	struct tree *t = *state;
	CLEANUP(edit_done) struct edit ed = make_edit(WANT);
	CLEANUP(plan_done) struct plan p = { 0 };
	const char *files[] = {
		MAIN, "GRUB_CMDLINE_LINUX_DEFAULT='a \"b c\" '\"d\"\\ e\necho noise",
		CLOUD, "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX x\"", NULL
	};
	CLEANUP(free_char) char *script = tree_path(t, "/script"), *command = NULL;
	char output[4096];
	struct boot_config c;
	struct facts f;
	size_t n;
	FILE *pipe;

	write_host(t, &f, files);
	load_config(t, &bootloader_grub, &f, &c);
	assert_int_equal(bootloader_grub.plan(&c, &ed, &p, NULL), 0);
	assert_int_equal(p.n_proofs, 1);
	assert_string_equal(p.proofs[0].argv.v[0], "/bin/sh");
	tree_write(t, "/script", str_c(&p.proofs[0].script));
	command = xasprintf("/bin/sh <%s", script);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_true(str_ends(output, str_c(&p.proofs[0].expect)));
	boot_config_done(&c);
	facts_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_own_name),
		cmocka_unit_test_setup_teardown(test_own_before_others, tree_setup,
						tree_teardown),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test_setup_teardown(test_generate_only, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_without_dropins, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_menu, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_menu_forms, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_default_by_hand, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_boot_unmounted, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_broken_menu, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_proof, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
