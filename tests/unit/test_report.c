/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports: JSON that parses whatever is in it, text that can't steer a terminal. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/report.h"
#include "tests/unit/diagnosis.h"

/* An output that writes into memory. */
struct memory {
	struct output o;
	char *out, *err;
	size_t out_len, err_len;
};

static void memory_open(struct memory *m)
{
	*m = (struct memory){ 0 };
	m->o.out = open_memstream(&m->out, &m->out_len);
	m->o.err = open_memstream(&m->err, &m->err_len);
}

static void memory_flush(struct memory *m)
{
	fflush(m->o.out);
	fflush(m->o.err);
}

static void memory_done(struct memory *m)
{
	fclose(m->o.out);
	fclose(m->o.err);
	free(m->out);
	free(m->err);
}

static void assert_json_text(const char *in, const char *out)
{
	json_t *j = json_text(in);

	assert_string_equal(json_string_value(j), out);
	json_decref(j);
}

static void test_json_text(void **state)
{
	json_t *j = json_text(NULL);

	(void)state;
	assert_true(json_is_null(j));
	assert_json_text("", "");
	assert_json_text("a\tb\nc", "a\tb\nc");
	assert_json_text("gr\xc3\xb6\xc3\x9f", "gr\xc3\xb6\xc3\x9f");
	assert_json_text("a\xff\nb\xc3", "a\\xff\nb\\xc3");
	assert_json_text("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void test_json_tri(void **state)
{
	json_t *yes = json_tri(TRI_YES), *no = json_tri(TRI_NO),
	       *unknown = json_tri(TRI_UNKNOWN);

	(void)state;
	assert_true(json_is_true(yes));
	assert_true(json_is_false(no));
	assert_true(json_is_null(unknown));
}

static void test_json_error(void **state)
{
	CLEANUP(memory_done) struct memory m;
	struct error e = { 0 };
	json_t *doc = json_document("slicer.test/1"), *back, *error;

	(void)state;
	memory_open(&m);
	error_usage(&e, "there is no \"verb\"");
	error_at(&e, "/etc/x", 7);
	json_object_set_new(doc, "error", json_error(NULL, &e));
	assert_int_equal(json_print(&m.o, doc, NULL), 0);
	memory_flush(&m);
	assert_int_equal(m.out[m.out_len - 1], '\n');
	back = json_loads(m.out, 0, NULL);
	assert_non_null(back);
	assert_string_equal(json_string_value(json_object_get(back, "schema")),
			    "slicer.test/1");
	error = json_object_get(back, "error");
	assert_string_equal(json_string_value(json_object_get(error, "code")), "usage");
	assert_string_equal(json_string_value(json_object_get(error, "path")), "/etc/x");
	assert_int_equal(json_integer_value(json_object_get(error, "line")), 7);
	assert_true(json_is_null(json_object_get(error, "hint")));
	json_decref(back);
}

static void test_json_full(void **state)
{
	struct output o = { .out = fopen("/dev/full", "we") };
	struct error e = { 0 };

	(void)state;
	assert_non_null(o.out);
	assert_int_equal(json_print(&o, json_document("x"), &e), -EIO);
	assert_int_equal(e.code, ERROR_REFUSED);
	fclose(o.out);
}

static void make_plan(struct plan *p)
{
	const char *const argv[] = { "update-grub", "a b", NULL };
	CLEANUP(str_done) struct str before = { 0 };
	CLEANUP(str_done) struct str after = { 0 };

	str_add(&before, "A=1\nB=\"quiet\"\n");
	str_add(&after, "A=1\nB=\"quiet\033[31m intel_iommu=on\"\n");
	plan_replace(p, "/etc/default/grub", true, &before, &after, 0644, "say it");
	plan_replace(p, "/etc/new", false, NULL, &after, 0644, "a new one");
	plan_run(p, argv, 0, "write the menu");
	plan_warn(p, "weakens isolation");
}

static void test_plan_text(void **state)
{
	CLEANUP(memory_done) struct memory m;
	CLEANUP(plan_done) struct plan p = { 0 };

	(void)state;
	memory_open(&m);
	make_plan(&p);
	report_plan_text(&m.o, NULL, &p);
	memory_flush(&m);
	assert_non_null(strstr(m.out, "warning: weakens isolation\n"));
	assert_non_null(strstr(m.out, "change /etc/default/grub: say it\n"));
	assert_non_null(strstr(m.out, "create /etc/new: a new one\n"));
	assert_non_null(strstr(m.out, "\n-B=\"quiet\"\n"));
	assert_non_null(strstr(m.out, "\n+B=\"quiet\\x1b[31m intel_iommu=on\"\n"));
	assert_non_null(strstr(m.out, "run update-grub 'a b': write the menu\n"));
	assert_null(strchr(m.out, '\033'));
}

static void test_plan_colour(void **state)
{
	CLEANUP(memory_done) struct memory m;
	CLEANUP(plan_done) struct plan p = { 0 };

	(void)state;
	memory_open(&m);
	m.o.color_out = true;
	make_plan(&p);
	report_plan_text(&m.o, NULL, &p);
	memory_flush(&m);
	assert_non_null(strstr(m.out, "\033[31m-B=\"quiet\"\033[0m\n"));
	assert_non_null(strstr(m.out, "\\x1b[31m intel"));
}

static void test_plan_steps(void **state)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	json_t *steps, *run;

	(void)state;
	make_plan(&p);
	steps = report_plan_steps(&p);
	assert_int_equal(json_array_size(steps), 3);
	run = json_array_get(steps, 2);
	assert_string_equal(json_string_value(json_object_get(run, "kind")), "run");
	assert_true(json_is_null(json_object_get(run, "path")));
	assert_true(json_is_null(json_object_get(run, "diff")));
	assert_int_equal(json_array_size(json_object_get(run, "argv")), 2);
	assert_true(json_is_null(json_object_get(run, "value")));
	json_decref(steps);
}

/* A write to sysfs is no file to compare: what is written is told as it is. */
static void test_plan_sysfs(void **state)
{
	CLEANUP(plan_done) struct plan p = { 0 };
	json_t *steps, *write;

	(void)state;
	plan_sysfs(&p, "/sys/bus/pci/devices/0000:0b:00.0/driver_override", NULL,
		   "vfio-pci\n", "only vfio-pci may have it");
	steps = report_plan_steps(&p);
	write = json_array_get(steps, 0);
	assert_string_equal(json_string_value(json_object_get(write, "kind")), "sysfs");
	assert_string_equal(json_string_value(json_object_get(write, "value")),
			    "vfio-pci\n");
	json_decref(steps);
}

static void test_progress(void **state)
{
	CLEANUP(memory_done) struct memory m;
	struct progress p;

	(void)state;
	memory_open(&m);
	progress_start(&p, &m.o, "update-grub");
	progress_tick(&p, 1.5);
	progress_end(&p, true, 3.21);
	memory_flush(&m);
	assert_string_equal(m.err, "running update-grub ...\ndone update-grub (3.2 s)\n");
}

static void test_progress_terminal(void **state)
{
	CLEANUP(memory_done) struct memory m;
	struct progress p;

	(void)state;
	memory_open(&m);
	m.o.err_terminal = true;
	progress_start(&p, &m.o, "update-grub");
	progress_tick(&p, 7);
	progress_end(&p, false, 8);
	memory_flush(&m);
	assert_string_equal(m.err, "\r\033[Krunning update-grub ... 0 s"
				   "\r\033[Krunning update-grub ... 7 s"
				   "\r\033[Kfailed update-grub (8.0 s)\n");
}

static void test_progress_quiet(void **state)
{
	CLEANUP(memory_done) struct memory m;
	struct progress p;

	(void)state;
	memory_open(&m);
	m.o.quiet = true;
	progress_start(&p, &m.o, "update-grub");
	progress_tick(&p, 1);
	progress_end(&p, true, 1);
	memory_flush(&m);
	assert_int_equal(m.err_len, 0);
}

/* ---- doctor ------------------------------------------------------------------------ */

struct doctored {
	struct scene s;
	struct checks checks;
	struct strv next;
	struct doctor_report r;
};

static void doctored_make(struct doctored *x)
{
	x->r = (struct doctor_report){ .d = &x->s.d,
				       .checks = &x->checks,
				       .next = &x->next };
	checks_make(&x->s.d, &x->checks);
	x->r.verdict = verdict_of(&x->s.d, &x->next);
}

static void doctored_done(struct doctored *x)
{
	checks_done(&x->checks);
	strv_done(&x->next);
	scene_done(&x->s);
}

static void test_doctor_text(void **state)
{
	static const char end[] =
		"verdict: generate-needed - configured, but the boot menu was not "
		"regenerated\nnext:    sudo update-grub\n         sudo reboot\n"
		"         sudo slicer doctor\n";
	CLEANUP(doctored_done) struct doctored x = { 0 };
	CLEANUP(memory_done) struct memory m;

	(void)state;
	memory_open(&m);
	scene_init(&x.s);
	scene_lines(&x.s, ON, OFF, OFF);
	x.s.facts.cpu.model = lit("Intel\033]0;title\a");
	doctored_make(&x);
	report_doctor_text(&m.o, &x.r);
	memory_flush(&m);
	assert_true(m.out_len > sizeof(end));
	assert_string_equal(m.out + m.out_len - strlen(end), end);
	assert_non_null(strstr(m.out, "platform     pass  a physical machine, "));
	assert_non_null(strstr(m.out, "fix: sudo update-grub\n"));
	assert_non_null(strstr(m.out, "             also  the running command line"));
	assert_null(strstr(m.out, "architecture"));
}

static void test_doctor_verbose(void **state)
{
	CLEANUP(doctored_done) struct doctored x = { 0 };
	CLEANUP(memory_done) struct memory m;

	(void)state;
	memory_open(&m);
	m.o.verbose = true;
	scene_init(&x.s);
	scene_lines(&x.s, ON, OFF, OFF);
	x.s.facts.cpu.model = lit("Intel\033]0;title\a");
	doctored_make(&x);
	report_doctor_text(&m.o, &x.r);
	memory_flush(&m);
	assert_non_null(strstr(m.out, "platform     pass  architecture  x86_64\n"));
	assert_non_null(strstr(m.out, "             FAIL  the running command line"));
	assert_non_null(strstr(m.out, "Intel\\x1b]0;title\\x07"));
	assert_null(strchr(m.out, '\033'));
}

/* No row is longer than the terminal but for a word that is, and nothing of a command
 * line is lost. */
static void test_doctor_width(void **state)
{
	CLEANUP(doctored_done) struct doctored x = { 0 };
	CLEANUP(memory_done) struct memory m;
	size_t pos = 0, len;
	const char *line;

	(void)state;
	memory_open(&m);
	m.o.width = 60;
	m.o.verbose = true;
	scene_init(&x.s);
	doctored_make(&x);
	report_doctor_text(&m.o, &x.r);
	memory_flush(&m);
	while (next_line(m.out, m.out_len, &pos, &line, &len))
		if (len > 60 && memchr(line + 19, ' ', len - 19))
			fail_msg("too long: %.*s", (int)len, line);
	assert_null(strstr(m.out, "..."));
}

static void test_doctor_quiet(void **state)
{
	CLEANUP(doctored_done) struct doctored x = { 0 };
	CLEANUP(memory_done) struct memory m;

	(void)state;
	memory_open(&m);
	m.o.quiet = true;
	scene_init(&x.s);
	doctored_make(&x);
	report_doctor_text(&m.o, &x.r);
	memory_flush(&m);
	assert_true(str_starts(m.out, "verdict: ready"));
}

static const char *text_at(json_t *j, const char *a, const char *b)
{
	return json_string_value(json_object_get(json_object_get(j, a), b));
}

static void test_doctor_json(void **state)
{
	CLEANUP(doctored_done) struct doctored x = { 0 };
	json_t *j, *entry;

	(void)state;
	scene_init(&x.s);
	scene_lines(&x.s, ON, OFF, OFF);
	doctored_make(&x);
	j = report_doctor_json(&x.r);
	assert_string_equal(json_string_value(json_object_get(j, "verdict")),
			    "generate-needed");
	assert_true(json_is_false(json_object_get(j, "ready")));
	assert_string_equal(text_at(j, "host", "cpu_vendor"), "intel");
	assert_string_equal(text_at(j, "host", "firmware"), "efi");
	assert_string_equal(text_at(j, "iommu", "table"), "DMAR");
	assert_string_equal(text_at(j, "bootloader", "match"), "booted");
	assert_string_equal(text_at(j, "cmdline", "running"), OFF);
	entry = json_array_get(
		json_object_get(json_object_get(j, "cmdline"), "next_boot"), 0);
	assert_true(json_is_true(json_object_get(entry, "default")));
	assert_int_equal(json_array_size(json_object_get(entry, "missing")), 2);
	assert_true(json_array_size(json_object_get(j, "checks")) > 15);
	json_decref(j);
}

static void test_doctor_json_empty(void **state)
{
	CLEANUP(doctored_done) struct doctored x = { 0 };
	json_t *j;

	(void)state;
	x.s.d.facts = &x.s.facts;
	doctored_make(&x);
	j = report_doctor_json(&x.r);
	assert_true(json_is_null(json_object_get(j, "bootloader")));
	assert_null(text_at(j, "iommu", "table"));
	assert_string_equal(text_at(j, "host", "cpu_vendor"), "other");
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_json_tri),
		cmocka_unit_test(test_json_error),
		cmocka_unit_test(test_json_full),
		cmocka_unit_test(test_plan_text),
		cmocka_unit_test(test_plan_colour),
		cmocka_unit_test(test_plan_steps),
		cmocka_unit_test(test_plan_sysfs),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_progress_terminal),
		cmocka_unit_test(test_progress_quiet),
		cmocka_unit_test(test_doctor_text),
		cmocka_unit_test(test_doctor_verbose),
		cmocka_unit_test(test_doctor_width),
		cmocka_unit_test(test_doctor_quiet),
		cmocka_unit_test(test_doctor_json),
		cmocka_unit_test(test_doctor_json_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
