/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "text/efi.h"

#define BYTES(s) ((const uint8_t *)(s)), (sizeof(s) - 1)

static void assert_utf8(const uint8_t *p, size_t len, const char *want)
{
	CLEANUP(free_char) char *got = utf16_to_utf8(p, len);

	assert_string_equal(got, want);
}

static void test_utf16(void **state)
{
	(void)state;
	assert_utf8(BYTES("a\0b\0"), "ab");
	assert_utf8(BYTES("a\0\0\0b\0"), "a");
	assert_utf8(BYTES("a\0b"), "a");
	assert_utf8(BYTES(""), "");
	assert_utf8(NULL, 0, "");
	assert_utf8(BYTES("\xe9\0\xac\x20\x3d\xd8\x00\xde"), "é€😀");
	assert_utf8(BYTES("\x3d\xd8"), "\xef\xbf\xbd");
	assert_utf8(BYTES("\x00\xdex\0"), "\xef\xbf\xbdx");
	assert_utf8(BYTES("\x3d\xd8x\0"), "\xef\xbf\xbdx");
	assert_utf8(BYTES("\x3d\xd8\x3d\xd8\x00\xde"), "\xef\xbf\xbd😀");
}

static void assert_utf16(const char *in, const char *want, size_t want_len)
{
	size_t len;
	uint8_t *got = utf8_to_utf16(in, &len);

	assert_int_equal(len, want_len);
	assert_memory_equal(got, want, len);
	free(got);
}

static void test_utf8(void **state)
{
	(void)state;
	assert_utf16("", "\0", 2);
	assert_utf16("aé€😀", "a\0\xe9\0\xac\x20\x3d\xd8\x00\xde\0", 12);
	/* Not UTF-8: a lone byte, an overlong form, a surrogate, too big, cut off. */
	assert_utf16("\xff", "\xfd\xff\0", 4);
	assert_utf16("\xc0\x80", "\xfd\xff\xfd\xff\0", 6);
	assert_utf16("\xed\xa0\x80", "\xfd\xff\xfd\xff\xfd\xff\0", 8);
	assert_utf16("\xf4\x90\x80\x80", "\xfd\xff\xfd\xff\xfd\xff\xfd\xff\0", 10);
	assert_utf16("\xe2\x82", "\xfd\xff\xfd\xff\0", 6);
	assert_utf16("\xe2\x82z", "\xfd\xff\xfd\xffz\0\0", 8);
}

static void test_variables(void **state)
{
	CLEANUP(free_char) char *s = NULL;
	uint64_t n = 7;

	(void)state;
	s = efivar_string(BYTES("\6\0\0\0G\0R\0U\0B\0\0\0"));
	assert_string_equal(s, "GRUB");
	assert_null(efivar_string(BYTES("\6\0\0")));
	free(s);
	s = efivar_string(BYTES("\6\0\0\0"));
	assert_string_equal(s, "");
	assert_true(efivar_number(BYTES("\6\0\0\0\1"), &n));
	assert_int_equal(n, 1);
	assert_true(efivar_number(BYTES("\6\0\0\0\2\1"), &n));
	assert_int_equal(n, 0x102);
	assert_true(efivar_number(BYTES("\6\0\0\0\x78\x56\x34\x12"), &n));
	assert_int_equal(n, 0x12345678);
	assert_true(efivar_number(BYTES("\6\0\0\0\1\0\0\0\0\0\0\xff"), &n));
	assert_true(n == 0xff00000000000001);
	assert_false(efivar_number(BYTES("\6\0\0\0"), &n));
	assert_false(efivar_number(BYTES("\6\0\0\0abc"), &n));
	assert_false(efivar_number(BYTES("\6\0"), &n));
}

/* Written by OVMF for itself and for a disk: neither names a file or a partition. */
static void test_ovmf(void **state)
{
	struct str s = fixture_read("efi/Boot0001");
	struct efi_load_option o;

	(void)state;
	assert_int_equal(efi_load_option_parse(fixture_bytes(&s), s.len, &o, NULL), 0);
	assert_string_equal(o.description, "UEFI QEMU HARDDISK QM00011 ");
	assert_null(o.file);
	assert_string_equal(o.part_uuid, "");
	assert_true(o.active);
	efi_load_option_done(&o);
	str_done(&s);
	s = fixture_read("efi/Boot0000");
	assert_int_equal(efi_load_option_parse(fixture_bytes(&s), s.len, &o, NULL), 0);
	assert_string_equal(o.description, "UiApp");
	efi_load_option_done(&o);
	str_done(&s);
}

/* By the bytes of UEFI 2.10, 3.1.3, 10.3.5.1 and 10.3.5.4: "debian" on GPT partition 1.
 */
#define HARD_DRIVE                                                                       \
	"\4\1\x2a\0\1\0\0\0\0\x08\0\0\0\0\0\0\0\x08\0\0\0\0\0\0"                         \
	"\xb2\x4c\x0f\x5f\x22\x11\x44\x33\x55\x66\x77\x88\x99\xaa\xbb\xcc\2\2"
#define FILE_NODE                                                                        \
	"\4\4\x0c\0"                                                                     \
	"\\\0E\0\\\0"                                                                    \
	"\0\0"
#define END_NODE "\x7f\xff\4\0"
#define HEAD(active, len) "\7\0\0\0" active "\0\0\0" len "\0d\0e\0b\0\0\0"

static void test_load_option(void **state)
{
	static const char var[] =
		HEAD("\1", "\x3a") HARD_DRIVE FILE_NODE END_NODE "optional data";
	struct efi_load_option o;

	(void)state;
	assert_int_equal(efi_load_option_parse(BYTES(var), &o, NULL), 0);
	assert_string_equal(o.description, "deb");
	assert_string_equal(o.file, "\\E\\");
	assert_string_equal(o.part_uuid, "5f0f4cb2-1122-3344-5566-778899aabbcc");
	assert_true(o.active);
	efi_load_option_done(&o);
	/* Cut off anywhere it is refused, and nothing behind it is read. */
	for (size_t n = 0;
	     n < sizeof(HEAD("\1", "\x3a") HARD_DRIVE FILE_NODE END_NODE) - 1; n++) {
		uint8_t *copy = xmalloc(n);
		struct error e = { 0 };

		memcpy(copy, var, n);
		assert_int_equal(efi_load_option_parse(copy, n, &o, &e), -EINVAL);
		assert_int_equal(e.code, ERROR_REFUSED);
		free(copy);
	}
}

static void test_odd_paths(void **state)
{
	struct efi_load_option o;

	(void)state;
	/* Two file nodes are one path. */
	assert_int_equal(efi_load_option_parse(
				 BYTES(HEAD("\0", "\x1c") FILE_NODE FILE_NODE END_NODE),
				 &o, NULL),
			 0);
	assert_string_equal(o.file, "\\E\\E\\");
	assert_false(o.active);
	efi_load_option_done(&o);
	/* A node of length 0 must not loop; one longer than the path is cut off. */
	assert_int_equal(efi_load_option_parse(BYTES(HEAD("\1", "\4") "\4\4\0\0"), &o,
					       NULL),
			 -EINVAL);
	assert_int_equal(efi_load_option_parse(BYTES(HEAD("\1", "\4") "\4\4\5\0"), &o,
					       NULL),
			 -EINVAL);
	/* No path, and one without its end node. */
	assert_int_equal(efi_load_option_parse(BYTES(HEAD("\1", "\0")), &o, NULL), 0);
	assert_null(o.file);
	efi_load_option_done(&o);
	assert_int_equal(
		efi_load_option_parse(BYTES(HEAD("\1", "\x0c") FILE_NODE), &o, NULL), 0);
	assert_string_equal(o.file, "\\E\\");
	efi_load_option_done(&o);
	/* An MBR disk's signature is no partition UUID. */
	assert_int_equal(
		efi_load_option_parse(
			BYTES(HEAD("\1",
				   "\x2a") "\4\1\x2a\0\1\0\0\0\0\x08\0\0\0\0\0\0\0\x08"
					   "\0\0\0\0\0\0\xb2\x4c\x0f\x5f\0\0\0\0\0\0\0"
					   "\0\0\0\0\0\1\1"),
			&o, NULL),
		0);
	assert_string_equal(o.part_uuid, "");
	efi_load_option_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf16),	    cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_variables),   cmocka_unit_test(test_ovmf),
		cmocka_unit_test(test_load_option), cmocka_unit_test(test_odd_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
