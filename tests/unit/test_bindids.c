/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How vfio-pci's ids and xen-pciback's hide are read: as the kernel's sscanf reads them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/bindids.h"

static const struct bind_device card = { 0x10de, 0x2204, 0x10de, 0x147d, 0x030000 };
static const struct bind_device sound = { 0x10de, 0x1aef, 0x10de, 0x147d, 0x040300 };

/* Does some id of the list match? */
static bool takes(const char *list, const struct bind_device *d)
{
	CLEANUP(bind_ids_done) struct bind_ids ids = { 0 };
	bool found = false;

	bind_ids_parse(list, strlen(list), &ids);
	for (size_t i = 0; i < ids.n; i++)
		found |= bind_id_matches(&ids.v[i], d);
	return found;
}

static void test_forms(void **state)
{
	(void)state;
	assert_true(takes("10de:2204", &card));
	assert_false(takes("10de:2204", &sound));
	assert_true(takes("10de:1aef,10de:2204", &card));
	assert_true(takes(",,10DE:2204", &card));
	assert_true(takes("0x10de:0X2204", &card));
	assert_true(takes("000010de:2204", &card));
	/* Read as hexadecimal, whatever it was meant as. */
	assert_false(takes("4318:8708", &card));
	/* The subsystem. */
	assert_true(takes("10de:2204:10de:147d", &card));
	assert_true(takes("10de:2204:10de", &card));
	assert_false(takes("10de:2204:1458:147d", &card));
	assert_true(takes("10de:2204:ffffffff:ffffffff", &card));
	assert_false(takes("10de:2204:ffff:ffff", &card));
	/* Any device of a class. */
	assert_true(takes("ffffffff:ffffffff:ffffffff:ffffffff:030000:ff0000", &card));
	assert_false(takes("ffffffff:ffffffff:ffffffff:ffffffff:030000:ff0000", &sound));
	/* Without its mask the class says nothing. */
	assert_true(takes("10de:2204:ffffffff:ffffffff:040300", &card));
	assert_false(takes("10de:2204:ffffffff:ffffffff:040300:ffffff", &card));
}

static void test_junk(void **state)
{
	(void)state;
	assert_false(takes("", &card));
	assert_false(takes("10de", &card));
	assert_false(takes("10de:", &card));
	assert_false(takes(":2204", &card));
	assert_false(takes("10de-2204", &card));
	assert_false(takes("-10de:2204", &card));
	assert_false(takes("10de :2204", &card));
	assert_false(takes("g:h", &card));
	/* sscanf stops at what it can't read, and is content. */
	assert_true(takes("10de:2204:", &card));
	assert_true(takes("10de:2204#mine", &card));
	assert_true(takes("10de: 2204", &card));
	assert_true(takes("10de:2204;10de:1aef", &card));
	assert_false(takes("10de:2204;10de:1aef", &sound));
	/* The lowest 32 bits count, and vendors have 16. */
	assert_true(takes("100000010de:2204", &card));
	assert_false(takes("110de:2204", &card));
	/* "0x" alone is 0. */
	assert_false(takes("0x:0x", &card));
}

static void test_places(void **state)
{
	static const char text[] = "10de:2204,,junk,8086:1533:";
	CLEANUP(bind_ids_done) struct bind_ids ids = { 0 };

	(void)state;
	bind_ids_parse(text, strlen(text), &ids);
	assert_int_equal(ids.n, 4);
	assert_int_equal(ids.v[1].start, 10);
	assert_int_equal(ids.v[1].end, 10);
	assert_false(ids.v[1].is_usable);
	assert_false(ids.v[2].is_usable);
	assert_true(ids.v[3].is_usable);
	assert_int_equal(ids.v[3].start, 16);
	assert_int_equal(ids.v[3].end, strlen(text));
}

static bool hides(const char *text, size_t n)
{
	CLEANUP(hide_slots_done) struct hide_slots s = { 0 };

	return hide_slots_parse(text, strlen(text), &s) && s.n == n;
}

static void test_hide(void **state)
{
	CLEANUP(hide_slots_done) struct hide_slots s = { 0 };
	static const char text[] = "(01:00.0)(0001:02:1f.7) (03:00.*)(04:*.*)";

	(void)state;
	assert_true(hide_slots_parse(text, strlen(text), &s));
	assert_int_equal(s.n, 4);
	assert_int_equal(s.v[0].bus, 1);
	assert_int_equal(s.v[0].domain, 0);
	assert_int_equal(s.v[1].domain, 1);
	assert_int_equal(s.v[1].device, 0x1f);
	assert_int_equal(s.v[2].function, -1);
	assert_int_equal(s.v[3].device, -1);
	assert_true(hides("", 0));
	assert_false(hides("01:00.0", 0));
	assert_false(hides("(01:00.0", 0));
	assert_false(hides("(01:00)", 0));
	assert_false(hides("(01:*.0)", 0));
	assert_false(hides("(01:00.0),(02:00.0)", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_hide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
