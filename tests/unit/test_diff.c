/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/fixture.h"
#include "text/diff.h"

static void assert_diff(const char *path, const char *before, const char *after,
			const char *want)
{
	struct str b = { 0 }, a = { 0 }, got = { 0 };

	if (before)
		str_add(&b, before);
	if (after)
		str_add(&a, after);
	diff_unified(path, before ? &b : NULL, after ? &a : NULL, &got);
	assert_string_equal(str_c(&got), want);
	str_done(&b);
	str_done(&a);
	str_done(&got);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_diff("/x", "", "", "");
	assert_diff("/x", "a\n", "a\n", "");
	assert_diff("/x", NULL, NULL, "");
}

static void test_simple(void **state)
{
	(void)state;
	assert_diff("/etc/default/grub", "a\nGRUB=\"quiet\"\nc\n",
		    "a\nGRUB=\"quiet x\"\nc\n",
		    "--- a/etc/default/grub\n+++ b/etc/default/grub\n@@ -1,3 +1,3 @@\n"
		    " a\n-GRUB=\"quiet\"\n+GRUB=\"quiet x\"\n c\n");
	assert_diff("/x", "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
		    "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
		    "--- a/x\n+++ b/x\n@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+10\n");
}

static void test_create_and_remove(void **state)
{
	(void)state;
	assert_diff("/x", NULL, "a\nb\n",
		    "--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	assert_diff("/x", "a\n", NULL, "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
	assert_diff("/x", NULL, "", "--- /dev/null\n+++ b/x\n");
	assert_diff("/x", "", "a\n", "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
}

static void test_no_newline(void **state)
{
	(void)state;
	assert_diff(
		"/x", "a", "a\n",
		"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
	assert_diff("/x", "a\nb", "c\nb",
		    "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+c\n b\n"
		    "\\ No newline at end of file\n");
}

static void test_binary(void **state)
{
	struct str b = { 0 }, a = { 0 }, got = { 0 };

	(void)state;
	str_addn(&b, "\0x", 2);
	str_add(&a, "x");
	diff_unified("/boot/initrd", &b, &a, &got);
	assert_string_equal(got.s,
			    "Binary files a/boot/initrd and b/boot/initrd differ\n");
	str_clear(&got);
	diff_unified("/boot/initrd", NULL, &b, &got);
	assert_string_equal(got.s, "Binary files /dev/null and b/boot/initrd differ\n");
	str_done(&b);
	str_done(&a);
	str_done(&got);
}

static void test_names(void **state)
{
	(void)state;
	assert_diff("/a b", "1\n", "2\n",
		    "--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-1\n+2\n");
	assert_diff("/a\n\"b\033", "1\n", "2\n",
		    "--- \"a/a\\012\\\"b\\033\"\n+++ \"b/a\\012\\\"b\\033\"\n"
		    "@@ -1 +1 @@\n-1\n+2\n");
}

/* Two hunks only when more than six lines lie between the changes, as diff(1) does. */
static void test_hunks(void **state)
{
	(void)state;
	assert_diff(
		"/x", "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
		"--- a/x\n+++ b/x\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n"
		"+B\n");
	assert_diff("/x", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
		    "--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
		    "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static uint32_t seed;

static unsigned dice(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Few different lines, so that texts have much and ambiguously in common. */
static void random_text(struct str *s, unsigned max_lines)
{
	unsigned n = dice(max_lines + 1);

	for (unsigned i = 0; i < n; i++)
		str_addf(s, "%.*s\n", (int)dice(4), &"abc"[dice(3)]);
	if (s->len && dice(3) == 0)
		s->s[--s->len] = '\0';
}

static void mutate(struct str *s, const struct str *from)
{
	size_t pos = 0, len;
	const char *line;

	while (next_line(str_c(from), from->len, &pos, &line, &len)) {
		unsigned what = dice(12);

		if (what == 0)
			str_addf(s, "new%u\n", dice(3));
		if (what != 1)
			str_addf(s, "%.*s\n", (int)len, line);
	}
	if (s->len && dice(4) == 0)
		s->s[--s->len] = '\0';
}

/* A shortest edit script by the textbook's quadratic table. */
static size_t shortest(const struct str *a, const struct str *b)
{
	static unsigned short table[130][130];
	const char *la[130], *lb[130];
	size_t na[130], nb[130], n = 0, m = 0, pos = 0;

	/* A line that lacks its newline is another line. */
	for (; next_line(str_c(a), a->len, &pos, &la[n], &na[n]); n++)
		na[n] = (size_t)(a->s + pos - la[n]);
	pos = 0;
	for (; next_line(str_c(b), b->len, &pos, &lb[m], &nb[m]); m++)
		nb[m] = (size_t)(b->s + pos - lb[m]);
	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			unsigned short *t = &table[i][k];

			if (i == 0 || k == 0)
				*t = (unsigned short)(i + k);
			else if (na[i - 1] == nb[k - 1] &&
				 memcmp(la[i - 1], lb[k - 1], na[i - 1]) == 0)
				*t = table[i - 1][k - 1];
			else
				*t = (unsigned short)(1 +
						      (table[i - 1][k] < table[i][k - 1]
							       ? table[i - 1][k]
							       : table[i][k - 1]));
		}
	return table[n][m];
}

static size_t count_changes(const struct str *diff)
{
	size_t pos = 0, len, n = 0, number = 0;
	const char *line;

	while (next_line(str_c(diff), diff->len, &pos, &line, &len))
		if (number++ >= 2 && len && (line[0] == '+' || line[0] == '-'))
			n++;
	return n;
}

static void test_is_shortest(void **state)
{
	(void)state;
	seed = 1;
	for (int round = 0; round < 3000; round++) {
		struct str a = { 0 }, b = { 0 }, diff = { 0 };

		random_text(&a, 60);
		if (round % 2)
			random_text(&b, 60);
		else
			mutate(&b, &a);
		diff_unified("/x", &a, &b, &diff);
		assert_int_equal(count_changes(&diff), shortest(&a, &b));
		str_done(&a);
		str_done(&b);
		str_done(&diff);
	}
}

static void write_file(const char *path, const struct str *s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, str_c(s), s->len), (ssize_t)s->len);
	close(fd);
}

static bool file_is(const char *path, const struct str *want)
{
	CLEANUP(close_file) FILE *f = fopen(path, "re");
	CLEANUP(free_char) char *buf = xmalloc(want->len + 2);

	return f && fread(buf, 1, want->len + 1, f) == want->len &&
	       memcmp(buf, str_c(want), want->len) == 0;
}

/* What patch(1) makes of before and the diff is after. */
static void assert_patch(const char *dir, const struct str *before,
			 const struct str *after)
{
	CLEANUP(free_char) char *file = xasprintf("%s/x", dir);
	CLEANUP(free_char) char *patch = xasprintf("%s/diff", dir);
	CLEANUP(free_char)
	char *command = xasprintf("cd '%s' && patch -s -p1 <diff >log 2>&1", dir);
	struct str diff = { 0 };

	if (before)
		write_file(file, before);
	else
		unlink(file);
	diff_unified("/x", before, after, &diff);
	write_file(patch, &diff);
	if (diff.len && system(command) != 0)
		fail_msg("patch refuses:\n%s", diff.s);
	if (after) {
		if (!file_is(file, after))
			fail_msg("patch made another text with:\n%s", diff.s);
	} else {
		assert_int_not_equal(access(file, F_OK), 0);
	}
	str_done(&diff);
}

static void test_patch_applies(void **state)
{
	char dir[] = "/tmp/slicer-diff-XXXXXX";
	CLEANUP(free_char) char *command = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	seed = 2;
	for (int round = 0; round < 150; round++) {
		struct str a = { 0 }, b = { 0 };

		random_text(&a, 100);
		if (round % 3 == 0)
			random_text(&b, 100);
		else
			mutate(&b, &a);
		/* An empty file that comes is nothing that a patch can say. */
		if (round % 10 == 0 && b.len)
			assert_patch(dir, NULL, &b);
		else if (round % 10 == 1 && a.len)
			assert_patch(dir, &a, NULL);
		else if (b.len)
			assert_patch(dir, &a, &b);
		str_done(&a);
		str_done(&b);
	}
	command = xasprintf("rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

/* Nothing in common: bounded time, and still a diff of all lines. */
static void test_huge(void **state)
{
	struct str a = { 0 }, b = { 0 }, diff = { 0 };

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		str_addf(&a, "a%u\n", i);
		str_addf(&b, "b%u\n", i);
	}
	diff_unified("/x", &a, &b, &diff);
	assert_int_equal(count_changes(&diff), 100000);
	str_done(&a);
	str_done(&b);
	str_done(&diff);
}

/* Of two real files of one generator only the lines that differ are shown. */
static void test_real_files(void **state)
{
	struct str a = fixture_read("grubcfg/debian12.cfg");
	struct str b = fixture_read("grubcfg/debian12-saved.cfg"), diff = { 0 };
	char dir[] = "/tmp/slicer-diff-XXXXXX";
	CLEANUP(free_char) char *command = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	diff_unified("/boot/grub/grub.cfg", &a, &b, &diff);
	assert_non_null(strstr(diff.s, "\n-   set default=\"0\"\n+   set default="
				       "\"${saved_entry}\"\n"));
	assert_patch(dir, &a, &b);
	assert_patch(dir, &b, &a);
	command = xasprintf("rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
	str_done(&a);
	str_done(&b);
	str_done(&diff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_create_and_remove),
		cmocka_unit_test(test_no_newline),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hunks),
		cmocka_unit_test(test_is_shortest),
		cmocka_unit_test(test_patch_applies),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_real_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
