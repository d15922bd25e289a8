/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For any configuration of the supported forms: what the shell sees behind the edit is
 * what it saw before with exactly the edit applied, other variables and other lines stay,
 * and a second run changes nothing.
 */
#include "boot_tree.h"

#define ROUNDS 250
#define MAIN "/etc/default/grub"
#define DROPINS "/etc/default/grub.d/"

static uint32_t seed = 20240611;

/* The same numbers everywhere: xorshift32. */
static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static const char *const words[] = { "quiet",	   "splash",	   "intel_iommu=off",
				     "iommu=soft", "console=tty0", "a=b,c",
				     "quiet",	   "iommu=pt",	   "x.y_z=1" };
static const char *const names[] = { "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT",
				     "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_TIMEOUT",
				     "OTHER" };

static void add_words(struct str *s, const char *blank)
{
	for (unsigned n = pick(4), i = 0; i < n; i++) {
		if (i)
			str_add(s, blank);
		str_add(s, words[pick(ARRAY_SIZE(words))]);
	}
}

static void add_assignment(struct str *s)
{
	const char *name = names[pick(ARRAY_SIZE(names))];

	str_addf(s, "%s%s%s=", pick(6) ? "" : "  ", pick(8) ? "" : "export ", name);
	switch (pick(7)) {
	case 0:
		str_addc(s, '\'');
		add_words(s, " ");
		str_addc(s, '\'');
		break;
	case 1:
		str_add(s, words[pick(ARRAY_SIZE(words))]);
		break;
	case 2:
		str_addf(s, "\"$%s ", name);
		add_words(s, " ");
		str_addc(s, '"');
		break;
	case 3:
		str_addc(s, '"');
		add_words(s, " ");
		str_addf(s, " ${%s}\"", name);
		break;
	case 4:
		str_add(s, "\"pre\"' mid ' ");
		s->len--;
		break;
	default:
		str_addc(s, '"');
		add_words(s, pick(5) ? "  " : " \\\n");
		str_addc(s, '"');
	}
	str_add(s, pick(5) ? "\n" : " # a comment's \"text\"\n");
}

static void make_file(struct str *s)
{
	static const char *const others[] = { "\n",
					      "# GRUB_CMDLINE_LINUX_DEFAULT=\"no\"\n",
					      "GRUB_DISTRIBUTOR=`echo Debian`\n",
					      "  \t\n", "GRUB_DEFAULT=0\n" };

	for (unsigned n = 1 + pick(5), i = 0; i < n; i++) {
		if (pick(3) == 0)
			str_add(s, others[pick(ARRAY_SIZE(others))]);
		add_assignment(s);
	}
	if (pick(4) == 0)
		s->s[--s->len] = '\0';
}

/* The variables as the shell has them after the tree's files. */
struct seen {
	struct strv params; /* of both variables that count */
	char *rest;
};

static void seen_done(struct seen *s)
{
	strv_done(&s->params);
	free(s->rest);
}

static void look(const struct tree *t, struct seen *ret)
{
	CLEANUP(free_char)
	char *command = xasprintf(
		"cd %s/etc/default && /bin/sh -ec '. ./grub; for x in grub.d/*.cfg; do "
		"[ ! -e $x ] || . ./$x; done; printf \"%%s %%s|%%s|%%s\" "
		"\"$GRUB_CMDLINE_LINUX\" \"$GRUB_CMDLINE_LINUX_DEFAULT\" "
		"\"$GRUB_TIMEOUT\" "
		"\"$OTHER\"'",
		t->dir);
	char output[8192], *bar;
	FILE *pipe = popen(command, "r");
	size_t n;

	assert_non_null(pipe);
	n = fread(output, 1, sizeof(output) - 1, pipe);
	output[n] = '\0';
	assert_int_equal(pclose(pipe), 0);
	bar = strchr(output, '|');
	assert_non_null(bar);
	cmdline_split(output, (size_t)(bar - output), &ret->params);
	ret->rest = xstrdup(bar);
}

/* Lines that are no assignment of a variable that counts. */
static void other_lines(const struct str *text, struct strv *ret)
{
	const char *line;
	size_t pos = 0, n;

	while (next_line(str_c(text), text->len, &pos, &line, &n))
		if (!memmem(line, n, "GRUB_CMDLINE_LINUX", 18))
			strv_take(ret, xstrndup(line, n));
}

static bool same(const struct strv *a, const struct strv *b)
{
	bool is_same = a->n == b->n;

	for (size_t i = 0; is_same && i < a->n; i++)
		is_same = strcmp(a->v[i], b->v[i]) == 0;
	return is_same;
}

static void check_lines(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		CLEANUP(strv_done) struct strv before = { 0 }, after = { 0 };
		const struct step *s = &p->v[i];

		/* A value over several lines may lose some of them. */
		if (s->kind != STEP_REPLACE || !s->existed ||
		    memmem(str_c(&s->before), s->before.len, "\\\n", 2))
			continue;
		other_lines(&s->before, &before);
		other_lines(&s->after, &after);
		if (after.n &&
		    strcmp(after.v[after.n - 1], "# Added by slicer setup-iommu") == 0)
			free(after.v[--after.n]);
		assert_true(same(&before, &after));
	}
}

static void without(struct strv *params, const struct edit *ed)
{
	for (size_t i = 0; i < ed->n; i++) {
		CLEANUP(edit_done) struct edit drop = { 0 };

		edit_push(&drop, EDIT_REMOVE,
			  ed->v[i].op == EDIT_REPLACE ? ed->v[i].to : ed->v[i].param,
			  NULL);
		edit_apply_params(&drop, params);
	}
}

/* Exactly the edit: the rest in its order, what was added as often as it should be. */
static void check_seen(const struct seen *before, const struct seen *after,
		       const struct edit *ed)
{
	CLEANUP(strv_done) struct strv want = { 0 }, have = { 0 };

	assert_string_equal(before->rest, after->rest);
	strv_copy(&want, &before->params);
	strv_copy(&have, &after->params);
	edit_apply_params(ed, &want);
	for (size_t i = 0; i < ed->n; i++) {
		const char *param =
			ed->v[i].op == EDIT_REPLACE ? ed->v[i].to : ed->v[i].param;

		assert_int_equal(cmdline_count(&have, param),
				 cmdline_count(&want, param));
	}
	without(&want, ed);
	without(&have, ed);
	assert_true(same(&want, &have));
}

static bool plan_tree(const struct tree *t, const struct facts *f, const struct edit *ed,
		      struct plan *p)
{
	struct boot_config c;
	int r;

	load_config(t, &bootloader_grub, f, &c);
	r = bootloader_grub.plan(&c, ed, p, NULL);
	boot_config_done(&c);
	return r == 0;
}

/* Returns whether it could be planned. */
static bool round_trip(const struct tree *t, const struct facts *f)
{
	static const char *const edits[] = {
		"+intel_iommu=on +iommu=pt",
		"intel_iommu=off>intel_iommu=on +iommu=pt -iommu=soft",
		"-quiet +vfio-pci.ids=10de:2204,10de:1aef",
		"+console=ttyS0 -a=b,c",
	};
	CLEANUP(edit_done) struct edit ed = make_edit(edits[pick(ARRAY_SIZE(edits))]);
	CLEANUP(seen_done) struct seen before = { 0 }, after = { 0 };
	CLEANUP(plan_done) struct plan p = { 0 }, again = { 0 };

	look(t, &before);
	if (!plan_tree(t, f, &ed, &p))
		return false;
	check_lines(&p);
	do_files(t, &p);
	look(t, &after);
	check_seen(&before, &after, &ed);
	assert_true(plan_tree(t, f, &ed, &again));
	assert_int_equal(again.n, count_runs(&again));
	return true;
}

static void test_random(void **state)
{
	static const char *const dropins[] = { "10-a.cfg", "zz-slicer-iommu.cfg",
					       "zzz.cfg", "a.disabled" };
	struct facts f = { 0 };
	size_t planned = 0;

	(void)state;
	set_fact(&f.platform.os_id, "debian");
	for (size_t i = 0; i < ROUNDS; i++) {
		CLEANUP(str_done) struct str text = { 0 };
		void *own = NULL;

		tree_setup(&own);
		make_file(&text);
		tree_write(own, MAIN, str_c(&text));
		for (unsigned k = 0; k < ARRAY_SIZE(dropins); k++) {
			CLEANUP(free_char)
			char *path = xasprintf(DROPINS "%s", dropins[k]);
			CLEANUP(str_done) struct str more = { 0 };

			/* One that is read after slicer's and assigns is refused. */
			if (pick(k == 2 ? 12 : 3))
				continue;
			make_file(&more);
			tree_write(own, path, str_c(&more));
		}
		planned += round_trip(own, &f);
		tree_teardown(&own);
	}
	print_message("# %zu of %d planned\n", planned, ROUNDS);
	assert_true(planned > ROUNDS * 9 / 10);
	facts_done(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
