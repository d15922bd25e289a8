/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums of what exists at the same time, and the refusal. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>

#include "policy/room.h"

#define K ((uint64_t)1024)
#define M (K * K)

/* Files are all there at once; outputs come one after the other, with a margin once. */
static void test_sums(void **state)
{
	CLEANUP(needs_done) struct needs n = { 0 };
	const struct need *largest;

	(void)state;
	needs_add(&n, NEED_FILE, 1, "/etc/default/grub", 1);
	needs_add(&n, NEED_FILE, 1, "/var/lib/slicer/runs", 4097);
	assert_int_equal(needs_on(&n, 1, &largest), 4 * K + 8 * K);
	assert_string_equal(largest->path, "/var/lib/slicer/runs");
	needs_add(&n, NEED_OUTPUT, 1, "/boot/initrd.img-1", 50 * M);
	needs_add(&n, NEED_OUTPUT, 1, "/boot/initrd.img-2", 60 * M);
	needs_add(&n, NEED_OUTPUT, 1, "/boot/grub/grub.cfg", 9 * K);
	needs_add(&n, NEED_FILE, 2, "/elsewhere", 70 * M);
	assert_int_equal(needs_on(&n, 1, &largest), 12 * K + 60 * M + 6 * M + 4 * M);
	assert_string_equal(largest->path, "/boot/initrd.img-2");
	assert_int_equal(needs_on(&n, 2, &largest), 70 * M);
	assert_int_equal(needs_on(&n, 3, &largest), 0);
	assert_null(largest);
}

static void test_refusal(void **state)
{
	CLEANUP(needs_done) struct needs n = { 0 };
	const struct need *largest;
	struct error e = { 0 };

	(void)state;
	needs_add(&n, NEED_OUTPUT, 1, "/boot/initrd.img-2", 60 * M);
	needs_on(&n, 1, &largest);
	assert_int_equal(refuse_room("/boot", 70 * M, 70 * M, largest, &e), 0);
	assert_int_equal(refuse_room("/boot", 70 * M, 70 * M - 1, largest, &e), -ENOSPC);
	assert_int_equal(e.code, ERROR_REFUSED);
	assert_string_equal(e.path, "/boot");
	/* Never "70 MiB are free, 70 MiB are needed". */
	assert_non_null(strstr(e.what, "69 MiB are free, 70 MiB are needed"));
	assert_non_null(strstr(e.what, "/boot/initrd.img-2 (60 MiB)"));
	assert_non_null(strstr(e.hint, "autoremove"));
	n.v[0].kind = NEED_FILE;
	refuse_room("/var", 300 * K, 12, &n.v[0], &e);
	assert_non_null(strstr(e.what, "0 KiB are free, 300 KiB are needed"));
	assert_null(strstr(e.hint, "autoremove"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
