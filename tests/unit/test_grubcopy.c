/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of entries that grub-mkconfig wrote: all bytes but those that are meant to
 * differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/grubcopy.h"

#define UUID "8b1b2a0e-5d2f-4c7e-9b57-0f6a2f5f7f11"

/* The entry's lines with three of them put in the place of others. */
static char *expect(const struct str *text, const struct grub_entry *from,
		    const char *head, const char *options)
{
	const char *line, *body = text->s + from->start;
	size_t pos = 0, len, n = from->end + 1 - from->start;
	struct str s = { 0 };

	str_addf(&s, "%s\n", head);
	next_line(body, n, &pos, &line, &len);
	while (next_line(body, n, &pos, &line, &len)) {
		size_t blanks = strspn(line, "\t ");
		const char *word = line + blanks;

		if (str_starts(word, "linux\t"))
			str_addf(&s, "%.*s%s\n", (int)(strstr(word, " ") - line), line,
				 options);
		else if (str_starts(word, "savedefault"))
			str_addf(&s, "%.*strue\n", (int)blanks, line);
		else if (*word == '}')
			str_addf(&s, "%.*s}\n", (int)blanks, line);
		else
			str_addf(&s, "%.*s\n", (int)len, line);
	}
	return str_take(&s);
}

static void make_edit(struct edit *ed)
{
	edit_push(ed, EDIT_REMOVE, "splash", NULL);
	edit_push(ed, EDIT_REPLACE, "intel_iommu=on", "intel_iommu=off");
	edit_push(ed, EDIT_ADD, "iommu=pt", NULL);
	edit_push(ed, EDIT_ADD, "slicer.trial=1", NULL);
}

static void test_real_entries(void **state)
{
	static const struct {
		const char *file, *title, *head, *options;
		size_t entry;
	} cases[] = {
		{ "debian12.cfg", "Debian GNU/Linux (slicer trial)",
		  "menuentry 'Debian GNU/Linux (slicer trial)' --class debian --class "
		  "gnu-linux --class gnu --class os --id 'slicer-trial' {",
		  " root=UUID=" UUID " ro  quiet intel_iommu=off iommu=pt slicer.trial=1",
		  0 },
		/* In a submenu */
		{ "debian12.cfg", "it's", NULL,
		  " root=UUID=" UUID " ro  quiet intel_iommu=off iommu=pt slicer.trial=1",
		  1 },
		{ "debian12-saved.cfg", "B\n",
		  "menuentry 'B ' --class bob_s --class gnu-linux --class gnu --class os "
		  "--id 'slicer-trial' {",
		  " root=UUID=" UUID
		  " ro console=ttyS0,115200n8 dyndbg=\"file a.c +p\" quiet "
		  "intel_iommu=off iommu=pt slicer.trial=1",
		  0 },
		{ "debian12-handoff.cfg", "T",
		  "menuentry 'T' --class ubuntu --class gnu-linux --class gnu --class os "
		  "--id 'slicer-trial' {",
		  " root=UUID=" UUID
		  " ro  quiet $vt_handoff intel_iommu=off iommu=pt slicer.trial=1",
		  0 },
	};
	CLEANUP(edit_done) struct edit ed = { 0 };

	(void)state;
	make_edit(&ed);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(free_char) char *path = xasprintf("grubcfg/%s", cases[i].file);
		CLEANUP(str_done) struct str text = fixture_read(path), copy = { 0 };
		CLEANUP(free_char) char *want = NULL;
		struct error e = { 0 };
		struct grub_cfg cfg;

		assert_int_equal(grub_cfg_parse(text.s, text.len, &cfg, NULL), 0);
		if (grub_entry_copy(text.s, &cfg.v[cases[i].entry], "slicer-trial",
				    cases[i].title, &ed, &copy, &e) < 0)
			fail_msg("%s", e.what);
		want = expect(&text, &cfg.v[cases[i].entry],
			      cases[i].head ? cases[i].head
					    : "menuentry 'it'\\''s' --class debian "
					      "--class gnu-linux --class gnu --class os "
					      "--id 'slicer-trial' {",
			      cases[i].options);
		/* The closing brace stands alone. */
		if (cases[i].entry)
			assert_string_equal(copy.s + copy.len - 2, "}\n");
		assert_string_equal(copy.s, want);
		grub_cfg_done(&cfg);
	}
}

static int copy_of(const char *text, const char *edit_op, struct str *ret,
		   struct error *e)
{
	CLEANUP(grub_cfg_done) struct grub_cfg cfg = { 0 };
	CLEANUP(edit_done) struct edit ed = { 0 };

	assert_int_equal(grub_cfg_parse(text, strlen(text), &cfg, NULL), 0);
	edit_push(&ed, *edit_op == '+' ? EDIT_ADD : EDIT_REMOVE, edit_op + 1, NULL);
	return grub_entry_copy(text, &cfg.v[0], "i", "t", &ed, ret, e);
}

static void test_forms(void **state)
{
	static const struct {
		const char *text, *edit, *want;
	} cases[] = {
		{ "menuentry A { linux /k }", "+a",
		  "menuentry 't' --id 'i' { linux /k a }\n" },
		{ "menuentry --unrestricted \"A B\" x --users 'r' --hotkey=a --id=b {\n"
		  "linux /k a;initrd /i\n}\n",
		  "-a",
		  "menuentry 't' --unrestricted x --users 'r' --id 'i' {\nlinux /k ;"
		  "initrd /i\n}\n" },
		{ "menuentry A --hotkey b --class c --source s {\nlinuxefi /k q # a\n}",
		  "+a",
		  "menuentry 't' --class c --source s --id 'i' {\nlinuxefi /k q a # "
		  "a\n}\n" },
		{ "if x; then menuentry A {\nif y; then linux /k 1; else linux /k 2; "
		  "fi\n}; fi",
		  "+a",
		  "menuentry 't' --id 'i' {\nif y; then linux /k 1 a; else linux /k 2 a; "
		  "fi\n}\n" },
		{ "menuentry A {\nif y; then savedefault; fi; linux /k \\\n 1\n}", "+a",
		  "menuentry 't' --id 'i' {\nif y; then true; fi; linux /k \\\n 1 "
		  "a\n}\n" },
		{ "menuentry A {\nlinux /k x='a' $y\n}", "-b",
		  "menuentry 't' --id 'i' {\nlinux /k x='a' $y\n}\n" },
		{ "menuentry A {\nlinux\t/k\troot=1\n}", "-root=1",
		  "menuentry 't' --id 'i' {\nlinux\t/k\t\n}\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_done) struct str copy = { 0 };
		struct error e = { 0 };

		if (copy_of(cases[i].text, cases[i].edit, &copy, &e) < 0)
			fail_msg("%zu: %s", i, e.what);
		assert_string_equal(copy.s, cases[i].want);
	}
}

/* What would not come out right, or can't be known to. */
static void test_refusals(void **state)
{
	static const struct {
		const char *text, *edit;
		unsigned line;
	} cases[] = {
		{ "menuentry A {\nlinux /k a", "+b", 1 },
		{ "menuentry A {\nchainloader /x\n}", "+b", 1 },
		/* The word is "a" for the kernel, but does not stand there as one. */
		{ "menuentry A {\n\nlinux /k 'a' b\n}", "-a", 3 },
		{ "menuentry A {\nlinux /k \\a b\n}", "-a", 2 },
		{ "menuentry A {\nlinux /k a\n}", "+b=$c", 0 },
		{ "menuentry A {\nlinux /k a\n}", "+b;c", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(str_done) struct str copy = { 0 };
		struct error e = { 0 };

		assert_true(copy_of(cases[i].text, cases[i].edit, &copy, &e) < 0);
		assert_int_equal(e.line, cases[i].line);
		assert_int_equal(copy.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_entries),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
