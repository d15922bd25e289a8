/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/cpio.h"

/* Lists the members of an archive the way the image reader does. */
static void list(const struct str *s, struct strv *names, bool *ret_crc)
{
	const uint8_t *p = fixture_bytes(s);
	struct cpio_header h;

	for (size_t at = 0; at + CPIO_HEADER_SIZE <= s->len;) {
		assert_true(cpio_header_parse(p + at, &h));
		assert_int_equal((CPIO_HEADER_SIZE + h.name_padded) % 4, 0);
		assert_true(h.name_padded >= h.name_size);
		strv_addf(names, "%.*s %o %u", (int)h.name_size,
			  s->s + at + CPIO_HEADER_SIZE, h.mode, h.file_size);
		at += CPIO_HEADER_SIZE + h.name_padded + h.data_padded;
		*ret_crc = h.crc;
		if (str_starts(names->v[names->n - 1], "TRAILER!!!"))
			return;
	}
	fail_msg("no trailer");
}

static void assert_members(const char *file, bool is_crc)
{
	static const char *const want[] = {
		"kernel 40755 0",
		"kernel/x86 40755 0",
		"kernel/x86/microcode 40755 0",
		"kernel/x86/microcode/GenuineIntel.bin 100644 4",
		"lib 40755 0",
		"lib/modules 40755 0",
		"lib/modules/a 100644 12",
		"lib/modules/link 120777 1",
		"TRAILER!!! 0 0",
	};
	struct str s = fixture_read(file);
	struct strv names = { 0 };
	bool crc = !is_crc;

	list(&s, &names, &crc);
	assert_int_equal(crc, is_crc);
	assert_int_equal(names.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < names.n; i++)
		assert_string_equal(names.v[i], want[i]);
	assert_string_equal(initramfs_magic(fixture_bytes(&s), s.len), "cpio");
	strv_done(&names);
	str_done(&s);
}

static void test_real_archives(void **state)
{
	(void)state;
	assert_members("cpio/newc.cpio", false);
	assert_members("cpio/crc.cpio", true);
}

static void test_other_format(void **state)
{
	struct str s = fixture_read("cpio/odc.cpio");
	struct cpio_header h;

	(void)state;
	assert_false(cpio_header_parse(fixture_bytes(&s), &h));
	assert_null(initramfs_magic(fixture_bytes(&s), s.len));
	str_done(&s);
}

/* A header with the given sizes, all other fields 0. */
static void make_header(char *buf, unsigned file_size, unsigned name_size)
{
	snprintf(buf, CPIO_HEADER_SIZE + 1,
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0U, 0U, 0U,
		 0U, 0U, 0U, file_size, 0U, 0U, 0U, 0U, name_size, 0U);
}

static void test_limits(void **state)
{
	char buf[CPIO_HEADER_SIZE + 1];
	const uint8_t *p = (const uint8_t *)buf;
	struct cpio_header h;

	(void)state;
	make_header(buf, 5, 2);
	assert_true(cpio_header_parse(p, &h));
	assert_int_equal(h.name_padded, 2);
	assert_int_equal(h.data_padded, 8);
	make_header(buf, 0, 3);
	assert_true(cpio_header_parse(p, &h));
	assert_int_equal(h.name_padded, 6);
	make_header(buf, 0, 0);
	assert_false(cpio_header_parse(p, &h));
	make_header(buf, 0, CPIO_NAME_MAX);
	assert_true(cpio_header_parse(p, &h));
	make_header(buf, 0, CPIO_NAME_MAX + 1);
	assert_false(cpio_header_parse(p, &h));
	make_header(buf, 0xfffffffc, 2);
	assert_true(cpio_header_parse(p, &h));
	assert_int_equal(h.data_padded, 0xfffffffc);
	make_header(buf, 0xfffffffd, 2);
	assert_false(cpio_header_parse(p, &h));
	make_header(buf, 1, 2);
	memcpy(buf + 54, "0000000A", 8);
	assert_true(cpio_header_parse(p, &h));
	assert_int_equal(h.file_size, 10);
	/* Every byte of a header counts: none may be anything but a hex digit. */
	for (size_t i = 0; i < CPIO_HEADER_SIZE; i++) {
		static const char wrong[] = { 'g', ' ', '\0', '-', '\xff', '@', '`' };

		for (size_t k = 0; k < sizeof(wrong); k++) {
			make_header(buf, 1, 2);
			buf[i] = wrong[k];
			assert_false(cpio_header_parse(p, &h));
		}
	}
}

static void test_magic(void **state)
{
	static const struct {
		const char bytes[7];
		const char *name;
	} cases[] = {
		{ "\x1f\x8b\x08\0\0\0", "gzip" },
		{ "\x1f\x9e\0\0\0\0", "gzip" },
		{ "BZh91A", "bzip2" },
		{ "\x5d\0\0\x80\0\xff", "lzma" },
		{ "\xfd"
		  "7zXZ",
		  "xz" },
		{ "\x89LZO\0\r", "lzo" },
		{ "\x02\x21\x4c\x18\0\0", "lz4" },
		{ "\x28\xb5\x2f\xfd\0\0", "zstd" },
		{ "070701", "cpio" },
		{ "070702", "cpio" },
		{ "070703", NULL },
		{ "\0\0\0\0\0\0", NULL },
		{ "MZ\0\0\0\0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const uint8_t *p = (const uint8_t *)cases[i].bytes;
		const char *name = initramfs_magic(p, 6);

		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
		else
			assert_null(name);
		assert_null(initramfs_magic(p, 5));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_archives),
		cmocka_unit_test(test_other_format),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_magic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
