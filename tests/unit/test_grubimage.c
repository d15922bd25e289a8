/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB programs: which of them read a grub.cfg on the ESP? */
#include "tree.h"

#include <errno.h>

#include "grub_program.h"
#include "text/grubimage.h"

static const struct image {
	const char *name, *config, *prefix;
	bool reads_stub;
} images[] = {
	/* The first three: read from Debian 12's grub-efi-amd64-signed and from programs
	 * that its grub-mkimage made. */
	{ "Debian's signed", "normal (memdisk)/grub.cfg\n", "/EFI/debian", true },
	{ "grub-install's",
	  "search.fs_uuid 0d9e3b70 root hd0,gpt2 \nset prefix=($root)'/boot/grub'\n",
	  "/boot/grub", false },
	{ "by a device", NULL, "(,gpt2)/boot/grub", false },
	{ "no commands", NULL, "/EFI/fedora", true },
	{ "capitals", NULL, "/efi/ubuntu", true },
	{ "a search beats the prefix",
	  "search --file /x --set=root\nset prefix=($root)/grub\n", "/EFI/debian",
	  false },
	{ "a prefix of the filesystem's", NULL, "/boot/grub", false },
	{ "none", NULL, NULL, false },
};

static void test_images(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		CLEANUP(str_done)
		struct str bytes = grub_program(images[i].config, images[i].prefix);
		CLEANUP(grub_image_done) struct grub_image image = { 0 };

		print_message("# %s\n", images[i].name);
		assert_int_equal(grub_image_parse(bytes.s, bytes.len, &image, NULL), 0);
		assert_true(str_eq(image.prefix, images[i].prefix) ||
			    (!image.prefix && !images[i].prefix));
		assert_true(str_eq(image.config, images[i].config) ||
			    (!image.config && !images[i].config));
		assert_int_equal(grub_image_reads_stub(&image), images[i].reads_stub);
	}
}

/* However much of it is missing, nothing is read from beyond its end. */
static void test_cut(void **state)
{
	CLEANUP(str_done) struct str bytes = grub_program("x", "/EFI/debian");

	(void)state;
	for (size_t len = 0; len < bytes.len; len++) {
		CLEANUP(free_char) char *part = xcalloc(1, len + 1);
		struct grub_image image;
		struct error e = { 0 };

		memcpy(part, bytes.s, len);
		assert_int_equal(grub_image_parse(part, len, &image, &e), -EINVAL);
		assert_null(image.prefix);
		assert_null(image.config);
		assert_true(e.what[0]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
