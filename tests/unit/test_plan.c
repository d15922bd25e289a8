/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans, the journal, applying under a foreign root, taking back. Programs and proofs
 * only run on a live host: tests/cli and tests/vm cover them. */
#include "unit/tree.h"

#include <errno.h>

#include "plan/apply.h"
#include "plan/undo.h"
#include "steps/template.h"

static struct str text_of(const char *s)
{
	struct str t = { 0 };

	str_add(&t, s);
	return t;
}

static void replace(struct plan *p, const char *path, const char *before,
		    const char *after)
{
	struct str b = text_of(before ? before : ""), a = text_of(after);

	plan_replace(p, path, before != NULL, &b, &a, 0640, "because");
	str_done(&b);
	str_done(&a);
}

static void test_plan_is_data(void **state)
{
	static const char *const one[] = { "update-grub", NULL };
	static const char *const two[] = { "update-initramfs", "-u", NULL };
	static const char *const three[] = { "env", "set", NULL };
	static const char *const unset[] = { "env", "unset", NULL };
	struct plan p = { 0 };

	(void)state;
	replace(&p, "/same", "x", "x");
	assert_true(plan_is_empty(&p));
	plan_run(&p, one, 0, "menu");
	plan_run(&p, two, 5, "image");
	plan_run(&p, one, 0, "menu");
	plan_run_with_undo(&p, three, unset, 0, "once");
	plan_run_with_undo(&p, three, unset, 0, "once");
	replace(&p, "/a", "x", "y");
	replace(&p, "/a", "y", "z");
	plan_warn(&p, "careful %d", 1);
	plan_warn(&p, "careful 1");
	assert_int_equal(p.n, 4);
	assert_int_equal(p.v[0].undo.n, 0);
	assert_int_equal(p.v[2].undo.n, 2);
	assert_string_equal(p.v[2].undo.v[1], "unset");
	assert_int_equal(p.warnings.n, 1);
	plan_order(&p);
	assert_int_equal(p.v[0].kind, STEP_REPLACE);
	assert_string_equal(str_c(&p.v[0].before), "x");
	assert_string_equal(str_c(&p.v[0].after), "z");
	assert_string_equal(p.v[1].argv.v[0], "update-grub");
	assert_int_equal(p.v[1].timeout_s, 1800);
	assert_int_equal(p.v[2].timeout_s, 5);
	/* What is set goes to the front, the rest stays in its order. */
	plan_set_first(&p, 0);
	assert_string_equal(p.v[0].argv.v[0], "env");
	assert_int_equal(p.v[1].kind, STEP_REPLACE);
	assert_string_equal(p.v[2].argv.v[0], "update-grub");
	assert_int_equal(p.v[3].timeout_s, 5);
	plan_done(&p);
}

static int apply(struct tree *t, const struct plan *p, const struct edit *ed,
		 struct apply *a, struct error *e)
{
	static const struct edit none;

	*a = (struct apply){
		.host = t->host, .plan = p, .edit = ed ? ed : &none, .bootloader = "grub"
	};
	return apply_plan(a, e);
}

static void apply_free(struct apply *a)
{
	free(a->run_id);
	free(a->log_path);
}

static void test_apply_and_undo_exact(void **state)
{
	struct tree *t = *state;
	struct plan p = { 0 }, back = { 0 };
	struct edit ed = { 0 }, inverse = { 0 };
	struct records rs = { 0 };
	struct strv own = { 0 };
	struct error e = { 0 };
	struct apply a;
	char *need = NULL;
	bool used;

	plan_run_with_undo(&p, (const char *const[]){ "set", NULL },
			   (const char *const[]){ "unset", "it", NULL }, 0, "once");
	tree_write(t, "/etc/default/grub", "A=1\n");
	edit_push(&ed, EDIT_ADD, "iommu=pt", NULL);
	replace(&p, "/etc/default/grub", "A=1\n", "A=2\n");
	replace(&p, "/etc/modprobe.d/new.conf", NULL, "softdep\n");
	assert_int_equal(apply(t, &p, &ed, &a, &e), 0);
	assert_true(a.changed);
	tree_is(t, "/etc/default/grub", "A=2\n");
	tree_is(t, "/etc/modprobe.d/new.conf", "softdep\n");
	apply_free(&a);

	assert_int_equal(journal_list(t->host, &rs, &e), 0);
	assert_int_equal(rs.n, 1);
	assert_int_equal(rs.v[0].state, RUN_APPLIED);
	/* The root is foreign: the program was not run. */
	assert_false(rs.v[0].steps[0].done);
	assert_int_equal(rs.v[0].steps[0].undo.n, 2);
	assert_string_equal(rs.v[0].steps[0].undo.v[1], "it");
	assert_true(rs.v[0].steps[1].done);
	records_choose(&rs, record_counts);
	undo_edit(&rs, &inverse);
	assert_int_equal(inverse.n, 1);
	assert_int_equal(inverse.v[0].op, EDIT_REMOVE);
	records_choose(&rs, record_counts);
	assert_int_equal(
		undo_files(t->host, &rs, NULL, &own, NULL, &back, &need, &used, &e), 0);
	assert_null(need);
	assert_int_equal(back.n, 2);
	assert_int_equal(apply(t, &back, NULL, &a, &e), 0);
	tree_is(t, "/etc/default/grub", "A=1\n");
	assert_false(host_exists(t->host, "/etc/modprobe.d/new.conf"));
	assert_int_equal(undo_finish(t->host, &rs, &e), 0);
	apply_free(&a);
	records_done(&rs);
	assert_int_equal(journal_list(t->host, &rs, &e), 0);
	assert_int_equal(rs.v[0].state, RUN_UNDONE);
	records_done(&rs);
	edit_done(&ed);
	edit_done(&inverse);
	plan_done(&p);
	plan_done(&back);
}

static void test_undo_walks_through_runs(void **state)
{
	struct tree *t = *state;
	struct plan one = { 0 }, two = { 0 }, back = { 0 };
	struct records rs = { 0 };
	struct strv own = { 0 };
	struct error e = { 0 };
	struct apply a;
	char *need = NULL;
	bool used;

	tree_write(t, "/f", "1");
	replace(&one, "/f", "1", "2");
	replace(&two, "/f", "2", "3");
	assert_int_equal(apply(t, &one, NULL, &a, &e), 0);
	apply_free(&a);
	assert_int_equal(apply(t, &two, NULL, &a, &e), 0);
	apply_free(&a);
	assert_int_equal(journal_list(t->host, &rs, &e), 0);
	records_choose(&rs, record_counts);
	assert_int_equal(
		undo_files(t->host, &rs, NULL, &own, NULL, &back, &need, &used, &e), 0);
	assert_int_equal(back.n, 1);
	assert_string_equal(str_c(&back.v[0].after), "1");
	plan_done(&back);

	/* somebody changed it since: without tokens there is no way back for this file */
	tree_write(t, "/f", "3 and mine");
	records_choose(&rs, record_counts);
	assert_int_equal(
		undo_files(t->host, &rs, NULL, &own, NULL, &back, &need, &used, &e), 0);
	assert_string_equal(need, "/f");
	assert_true(plan_is_empty(&back));
	free(need);

	/* a file of slicer's own that somebody wrote in stays */
	strv_add(&own, "/f");
	records_choose(&rs, record_counts);
	assert_int_equal(
		undo_files(t->host, &rs, NULL, &own, NULL, &back, &need, &used, &e), 0);
	assert_null(need);
	assert_int_equal(back.warnings.n, 1);
	strv_done(&own);
	records_done(&rs);
	plan_done(&one);
	plan_done(&two);
	plan_done(&back);
}

static void test_failure_takes_back(void **state)
{
	struct tree *t = *state;
	struct plan p = { 0 };
	struct records rs = { 0 };
	struct error e = { 0 };
	struct str hook = text_of("#!/bin/sh");
	char *hook_file = tree_path(t, "/hook");
	struct stat st;
	struct apply a;

	tree_write(t, "/a", "old");
	tree_write(t, "/blocked", "a file where a directory must be");
	replace(&p, "/a", "old", "new");
	replace(&p, "/new", NULL, "made");
	replace(&p, "/blocked/b", NULL, "x");
	/* known before anything is written: refused */
	assert_true(apply(t, &p, NULL, &a, &e) < 0);
	assert_int_equal(e.code, ERROR_REFUSED);
	tree_is(t, "/a", "old");
	assert_false(host_exists(t->host, "/new"));
	apply_free(&a);
	plan_done(&p);

	/* a directory where a file must be written shows only when it is tried */
	p = (struct plan){ 0 };
	tree_write(t, "/hook", "#!/bin/sh");
	assert_int_equal(chmod(hook_file, 0750), 0);
	replace(&p, "/a", "old", "new");
	replace(&p, "/new", NULL, "made");
	plan_remove(&p, "/hook", &hook, "no longer");
	plan_sysfs(&p, "/sys/x", NULL, "1", "does not belong here");
	assert_true(apply(t, &p, NULL, &a, &e) < 0);
	assert_int_equal(e.code, ERROR_FAILED);
	assert_true(e.rolled_back);
	tree_is(t, "/a", "old");
	tree_is(t, "/hook", "#!/bin/sh");
	assert_int_equal(host_stat(t->host, "/hook", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_false(host_exists(t->host, "/new"));
	assert_int_equal(journal_list(t->host, &rs, &e), 0);
	assert_int_equal(rs.v[rs.n - 1].state, RUN_ROLLED_BACK);
	assert_false(record_counts(&rs.v[rs.n - 1]));
	records_done(&rs);
	apply_free(&a);
	str_done(&hook);
	free(hook_file);
	plan_done(&p);
}

static void test_changed_file_is_not_overwritten(void **state)
{
	struct tree *t = *state;
	struct plan p = { 0 };
	struct error e = { 0 };
	struct apply a;

	tree_write(t, "/a", "somebody's");
	replace(&p, "/a", "old", "new");
	assert_int_equal(apply(t, &p, NULL, &a, &e), -ESTALE);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(e.path, "/a");
	tree_is(t, "/a", "somebody's");
	plan_done(&p);
	p = (struct plan){ 0 };
	replace(&p, "/a", NULL, "new");
	assert_int_equal(apply(t, &p, NULL, &a, &e), -ESTALE);
	plan_done(&p);
	apply_free(&a);
}

static void test_journal_survives_rubbish(void **state)
{
	struct tree *t = *state;
	struct records rs = { 0 };
	struct error e = { 0 };

	tree_mkdir(t, JOURNAL_DIR "/20260101T000000Z-000");
	tree_write(t, JOURNAL_DIR "/20260102T000000Z-000/manifest.json",
		   "{ \"schema\": 1");
	tree_write(t, JOURNAL_DIR "/20260103T000000Z-000/manifest.json",
		   "{ \"schema\": \"slicer.journal/1\", \"state\": \"applied\", "
		   "\"kind\": \"setup\", "
		   "\"bootloader\": "
		   "\"grub\", \"steps\": [ { \"kind\": \"replace\" } ] }");
	tree_write(
		t, JOURNAL_DIR "/20260104T000000Z-000/manifest.json",
		"{ \"schema\": \"slicer.journal/1\", \"state\": \"applied\", "
		"\"kind\": \"setup\", "
		"\"bootloader\": "
		"\"grub\", \"steps\": [ { \"kind\": \"replace\", \"path\": \"/f\" } ] }");
	assert_int_equal(journal_list(t->host, &rs, &e), 0);
	assert_int_equal(rs.n, 0);
	/* The first never began; the fourth lost its contents. */
	assert_int_equal(rs.broken.n, 3);
	records_done(&rs);
}

/* Each kernel's files count for its programs, shared ones and what lies beside them for
 * all. */
static void test_products(void **state)
{
	static const struct {
		const char *path, *text;
		bool one, two;
	} cases[] = {
		{ "/boot/initrd.img-1", "changed", false, true },
		{ "/boot/initrd.img-2", "changed", true, false },
		{ "/boot/ucode.img", "changed", false, false },
		{ "/boot/initrd.img-1.new", "", false, false },
		{ "/boot/late", "came", false, false },
		{ "/elsewhere", "changed", true, true },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(products_done) struct products p = { 0 };

		assert_false(products_are_same(t->host, &p, NULL));
		tree_write(t, "/boot/initrd.img-1", "one");
		tree_write(t, "/boot/initrd.img-2", "two");
		tree_write(t, "/boot/ucode.img", "both");
		products_add(&p, "1", "/boot/initrd.img-1");
		products_add(&p, "1", "/boot/ucode.img");
		products_add(&p, "2", "/boot/initrd.img-2");
		products_add(&p, "2", "/boot/ucode.img");
		products_add(&p, "2", "/boot/late");
		products_add(&p, "2", NULL);
		products_note(t->host, &p);
		assert_true(products_are_same(t->host, &p, NULL));
		tree_write(t, cases[i].path, cases[i].text);
		assert_int_equal(products_are_same(t->host, &p, "1"), cases[i].one);
		assert_int_equal(products_are_same(t->host, &p, "2"), cases[i].two);
		assert_int_equal(products_are_same(t->host, &p, NULL),
				 cases[i].one && cases[i].two);
		host_remove(t->host, cases[i].path, NULL);
	}
}

static void test_template(void **state)
{
	struct str text = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_null(template_text("no-such-template"));
	assert_non_null(template_text("next-steps.txt"));
	/* a hole without a value is a bug that must not reach a person's terminal */
	assert_true(template_fill("next-steps.txt", NULL, 0, &text, &e) < 0);
	str_done(&text);
}

int main(void)
{
#define TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_is_data),
		TREE(test_apply_and_undo_exact),
		TREE(test_undo_walks_through_runs),
		TREE(test_failure_takes_back),
		TREE(test_changed_file_is_not_overwritten),
		TREE(test_journal_survives_rubbish),
		TREE(test_products),
		cmocka_unit_test(test_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
