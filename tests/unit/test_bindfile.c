/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of persistent binds: what is read, what is refused, and that what is written
 * is read again. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text/bindfile.h"

/* The three lines that have to be there. */
#define NEEDED "address=0000:0b:00.0\nid=10de:2204\nsubsystem=1043:87d1\n"

static void test_whole_file(void **state)
{
	static const char text[] = NEEDED
		"ports=0000:00/01.1/00.0\nserial=00-02-c9-03-00-4f-68-7e\ntwins=yes\n"
		"driver=vfio-pci\noriginal=nvidia\nearly=yes\nforce=yes\n";
	CLEANUP(bindfile_done) struct bindfile b = { 0 };
	CLEANUP(str_done) struct str again = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(bindfile_parse(text, strlen(text), &b, &e), 0);
	assert_int_equal(b.address.domain, 0);
	assert_int_equal(b.address.bus, 0x0b);
	assert_int_equal(b.address.device, 0);
	assert_int_equal(b.address.function, 0);
	assert_int_equal(b.id.vendor, 0x10de);
	assert_int_equal(b.id.device, 0x2204);
	assert_int_equal(b.subsystem.vendor, 0x1043);
	assert_int_equal(b.subsystem.device, 0x87d1);
	assert_string_equal(b.ports, "0000:00/01.1/00.0");
	assert_string_equal(b.serial, "00-02-c9-03-00-4f-68-7e");
	assert_string_equal(b.driver, "vfio-pci");
	assert_string_equal(b.original, "nvidia");
	assert_true(b.has_twins && b.early && b.force);
	bindfile_print(&b, &again);
	assert_string_equal(str_c(&again), text);
}

/* What is left out has the value that the header says, and is not printed. */
static void test_needed_alone(void **state)
{
	static const char text[] = "address=10000:01:00.7\nid=8086:0a54\n"
				   "subsystem=0000:0000\n";
	CLEANUP(bindfile_done) struct bindfile b = { 0 };
	CLEANUP(str_done) struct str again = { 0 };

	(void)state;
	assert_int_equal(bindfile_parse(text, strlen(text), &b, NULL), 0);
	assert_int_equal(b.address.domain, 0x10000);
	assert_null(b.ports);
	assert_null(b.serial);
	assert_null(b.driver);
	assert_null(b.original);
	assert_false(b.has_twins || b.early || b.force);
	bindfile_print(&b, &again);
	assert_string_equal(str_c(&again), text);
}

/* As a person writes it: comments, blank lines, indents, carriage returns, a short
 * address, another order, no newline at the end. */
static void test_by_hand(void **state)
{
	static const char text[] = "# the card for the guest\r\n\n \t \n"
				   "  id=10DE:2204 \r\n\t# address=0000:01:00.0\n"
				   "force=no\nsubsystem=1043:87d1\t\naddress=0B:00.1";
	CLEANUP(bindfile_done) struct bindfile b = { 0 };
	CLEANUP(str_done) struct str again = { 0 };

	(void)state;
	assert_int_equal(bindfile_parse(text, strlen(text), &b, NULL), 0);
	assert_false(b.force);
	bindfile_print(&b, &again);
	assert_string_equal(str_c(&again), "address=0000:0b:00.1\nid=10de:2204\n"
					   "subsystem=1043:87d1\n");
}

/* Nothing behind the end is read, where there is no NUL: the next page is out of bounds.
 */
static void test_end_of_text(void **state)
{
	static const char needed[] = NEEDED "  ";
	CLEANUP(bindfile_done) struct bindfile b = { 0 };
	size_t n = strlen(needed), page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *text = pages + page - n;

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	memcpy(text, needed, n);
	assert_int_equal(bindfile_parse(text, n, &b, NULL), 0);
	munmap(pages, 2 * page);
}

static const char *const broken[][3] = {
	/* the text behind the needed lines, the message, a part of the hint */
	{ "colour=red\n", "there is no such key: \"colour\"", "pci bind ADDRESS" },
	{ "Driver=vfio-pci\n", "there is no such key: \"Driver\"", "pci bind" },
	{ "driver =vfio-pci\n", "there is no such key: \"driver \"", "pci bind" },
	{ "=x\n", "there is no such key: \"\"", "pci bind" },
	{ "vfio-pci\n", "the line is not KEY=VALUE: \"vfio-pci\"", "pci bind" },
	{ "id=10de:2204\n", "the key stands twice: \"id\"", "pci bind" },
	{ "driver=\n", "the value can't be used: \"driver=\"", "like vfio-pci" },
	{ "driver=-r\n", "the value can't be used: \"driver=-r\"", "like vfio-pci" },
	{ "driver=../x\n", "the value can't be used: \"driver=../x\"", "vfio-pci" },
	{ "driver= vfio-pci\n", "the value can't be used: \"driver= vfio-pci\"",
	  "like vfio-pci" },
	{ "original=a/b\n", "the value can't be used: \"original=a/b\"", "nvidia" },
	{ "early=true\n", "the value can't be used: \"early=true\"", "yes or no" },
	{ "twins=\n", "the value can't be used: \"twins=\"", "yes or no" },
	{ "force=YES\n", "the value can't be used: \"force=YES\"", "yes or no" },
	{ "ports=\n", "the value can't be used: \"ports=\"", "0000:00/01.1" },
	{ "ports=0000:00/01.1/x\n", "the value can't be used: \"ports=0000:00/01.1/x\"",
	  "0000:00/01.1/00.0" },
	{ "serial=a b\n", "the value can't be used: \"serial=a b\"", "00-02-c9" },
	{ "serial=\x1b[2J\n", "the value can't be used: \"serial=\\x1b[2J\"", "00-02" },
	{ "x\xff=\n", "there is no such key: \"x\\xff\"", "pci bind" },
};

static void test_broken_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		CLEANUP(free_char) char *text = xasprintf(NEEDED "%s", broken[i][0]);
		struct bindfile b = { .force = true };
		struct error e = { 0 };

		assert_int_equal(bindfile_parse(text, strlen(text), &b, &e), -EINVAL);
		assert_string_equal(e.what, broken[i][1]);
		assert_int_equal(e.line, 4);
		assert_int_equal(e.code, ERROR_USAGE);
		assert_non_null(strstr(e.hint, broken[i][2]));
		/* set only on success */
		assert_true(b.force && !b.driver && !b.id.vendor);
	}
}

/* The keys that have to be there: each value that can't be used, and each one missing. */
static void test_needed_keys(void **state)
{
	static const char *const bad[] = {
		"address=0b:00\n", "address=0000:0b:00.8\n",  "address=\n",
		"id=10de\n",	   "id=10de:2204,10de:1\n",   "id=10de:2204,10de:1aef\n",
		"id=10de:22040\n", "subsystem=1043:87d1:0\n", "subsystem=none\n",
	};
	static const char *const lines[] = { "address=0000:0b:00.0\n", "id=10de:2204\n",
					     "subsystem=1043:87d1\n" };
	static const char *const missing[] = { "a key is missing: \"address\"",
					       "a key is missing: \"id\"",
					       "a key is missing: \"subsystem\"" };
	struct bindfile b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error e = { 0 };

		assert_int_equal(bindfile_parse(bad[i], strlen(bad[i]), &b, &e), -EINVAL);
		assert_int_equal(e.line, 1);
		assert_non_null(strstr(e.what, "the value can't be used"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP(free_char)
		char *text = xasprintf("%s%sdriver=nvme\n", lines[(i + 1) % 3],
				       lines[(i + 2) % 3]);
		struct error e = { 0 };

		assert_int_equal(bindfile_parse(text, strlen(text), &b, &e), -EINVAL);
		assert_int_equal(e.line, 0);
		assert_string_equal(e.what, missing[i]);
	}
	assert_int_equal(bindfile_parse("", 0, &b, NULL), -EINVAL);
}

static void test_nul_bytes(void **state)
{
	static const char text[] = NEEDED "driver=vfio-pci\0x\n";
	struct bindfile b = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(bindfile_parse(text, sizeof(text) - 1, &b, &e), -EINVAL);
	assert_string_equal(e.what, "this is not a text file");
}

/* Of a long line the beginning is told, of a value 255 bytes are taken, of a driver 63.
 */
static void test_long_values(void **state)
{
	static const struct {
		const char *key;
		unsigned longest;
	} keys[] = {
		{ "serial", 255 }, { "ports", 255 }, { "driver", 63 }, { "original", 63 }
	};
	char quoted[128], digits[1001];

	(void)state;
	memset(digits, '0', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (unsigned more = 0; more < 2; more++) {
			CLEANUP(free_char)
			char *text = xasprintf(NEEDED "%s=%.*s\n", keys[i].key,
					       (int)(keys[i].longest + more), digits);
			CLEANUP(bindfile_done) struct bindfile b = { 0 };

			assert_int_equal(bindfile_parse(text, strlen(text), &b, NULL),
					 more ? -EINVAL : 0);
		}
	for (unsigned is_value = 0; is_value < 2; is_value++) {
		const char *key = is_value ? "driver=" : "";
		CLEANUP(free_char) char *text = xasprintf(NEEDED "%s%s\n", key, digits);
		struct bindfile b = { 0 };
		struct error e = { 0 };

		assert_int_equal(bindfile_parse(text, strlen(text), &b, &e), -EINVAL);
		snprintf(quoted, sizeof(quoted), ": \"%s%.*s\"", key,
			 (int)(80 - strlen(key)), digits);
		assert_true(str_ends(e.what, quoted));
	}
}

static void test_drivers(void **state)
{
	static const char *const good[] = {
		"vfio-pci", "mlx5_vfio_pci", "i801_smbus",
		"3w-9xxx",  "a.b+c",	     "budget_ci dvb"
	};
	static const char *const bad[] = { "",	 "-r", ".",   "..",   "a/b",
					   " a", "a ", "a;b", "a\nb", "a\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(bindfile_is_driver(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(bindfile_is_driver(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_file),   cmocka_unit_test(test_needed_alone),
		cmocka_unit_test(test_by_hand),	     cmocka_unit_test(test_end_of_text),
		cmocka_unit_test(test_broken_lines), cmocka_unit_test(test_needed_keys),
		cmocka_unit_test(test_nul_bytes),    cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_drivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
