/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Advice about a host below --root, whatever the root is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/advice.h"

static void assert_advice(const char *root, const char *text, const char *want)
{
	CLEANUP(str_done) struct str got = { 0 };
	struct advice a = { .root = root };

	advice_add(&a, text, &got);
	assert_string_equal(str_c(&got), want);
}

/* Each root stands somewhere in the command, and none of them means a place there. */
static void test_short_root(void **state)
{
	(void)state;
	assert_advice("/m", "sudo sh -c 'echo >/etc/modules'",
		      "sudo chroot /m sh -c 'echo >/etc/modules'");
	assert_advice("/b", "sudo grub-mkconfig -o /boot/grub/grub.cfg",
		      "sudo chroot /b grub-mkconfig -o /boot/grub/grub.cfg");
	assert_advice("/boot", "sudo grub-mkconfig -o /boot/grub/grub.cfg",
		      "sudo chroot /boot grub-mkconfig -o /boot/grub/grub.cfg");
	assert_advice("a", "sudo update-grub", "sudo chroot a update-grub");
	assert_advice(".", "sudo grub-install /dev/sda (grub.cfg)",
		      "sudo chroot . grub-install /dev/sda (grub.cfg)");
	assert_advice("/m", "'slicer doctor' says more; sudo /mnt",
		      "'slicer --root /m doctor' says more; sudo /mnt");
}

/* The file is below the root already: host_root() is in it as a shell word. */
static void test_edited_file(void **state)
{
	(void)state;
	assert_advice("/m", "sudo sed -i 's/a//' /m/etc/default/grub",
		      "sudo sed -i 's/a//' /m/etc/default/grub");
	assert_advice("/m//", "all go with sudo sed -i 's/a//' /m/etc/default/grub",
		      "all go with sudo sed -i 's/a//' /m/etc/default/grub");
	assert_advice("/it's", "sudo sed -i 's/a//' '/it'\\''s/etc/default/grub'",
		      "sudo sed -i 's/a//' '/it'\\''s/etc/default/grub'");
}

static void test_spelling(void **state)
{
	(void)state;
	assert_advice("/m/", "slicer doctor", "slicer --root /m doctor");
	assert_advice("/m//", "sudo update-grub", "sudo chroot /m update-grub");
	assert_advice("/", "sudo update-grub", "sudo update-grub");
	assert_advice("//", "sudo reboot", "sudo reboot");
	assert_advice(NULL, "slicer doctor", "slicer doctor");
}

/* Root types no sudo, who has none is told once, and another program may have the name.
 */
static void test_reader(void **state)
{
	struct advice a = { 0 };
	CLEANUP(str_done) struct str got = { 0 };

	(void)state;
	advice_set_reader(CALLER_IS_ROOT, "slicer-iommu");
	assert_advice(NULL, "sudo modprobe vfio-pci", "modprobe vfio-pci");
	assert_advice(NULL, "echo 1 | sudo tee /sys/x", "echo 1 | tee /sys/x");
	assert_advice(NULL, "# no sudo. pseudo slicer: see slicer pci list\n",
		      "# no sudo. pseudo slicer: see slicer-iommu pci list\n");
	assert_advice("/m", "sudo slicer pci bind 01:00.0 --persist",
		      "slicer-iommu --root /m pci bind 01:00.0 --persist");
	assert_advice("/m", "sudo update-grub", "chroot /m update-grub");
	advice_set_reader(CALLER_WITHOUT_SUDO, "slicer");
	advice_add(&a, "sudo reboot", &got);
	str_addc(&got, '\n');
	advice_add(&a, "sudo slicer doctor", &got);
	assert_string_equal(str_c(&got), "# as root:\nreboot\nslicer doctor");
	advice_set_reader(CALLER_SUDO, "slicer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_root),
		cmocka_unit_test(test_edited_file),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
