/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mediated devices, which VMs use in a device's place, and keyboards. Sources: linux
 * Documentation/driver-api/vfio-mediated-device.rst and
 * Documentation/ABI/stable/sysfs-devices (input: Documentation/input/event-codes.rst).
 */
#include "devices/usage.h"

void mediated_load(const struct host *h, struct strv *ret)
{
	CLEANUP(strv_done) struct strv names = { 0 };

	host_list(h, "/sys/bus/mdev/devices", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *link = xasprintf("/sys/bus/mdev/devices/%s", names.v[i]);
		char *place = host_realpath(h, link);

		if (place)
			strv_take(ret, place);
	}
}

void mediated_uses(const struct strv *places, const char *address, struct uses *ret)
{
	for (size_t i = 0; i < places->n; i++) {
		CLEANUP(free_char) char *name = printable(path_base(places->v[i]));
		CLEANUP(free_char) char *advice = NULL;

		if (!place_is_below(places->v[i], address))
			continue;
		advice = xasprintf("shut its VM down, then remove it: echo 1 | sudo tee "
				   "/sys/bus/mdev/devices/%s/remove",
				   name);
		uses_add(ret, USE_SRIOV, "the mediated device %s is a part of it", name);
		uses_advise(ret, advice);
	}
}

/* As udev tells keyboards (systemd src/udev/udev-builtin-input_id.c): the keys 1 to 31,
 * from Escape to S. The kernel writes the lowest word last. */
static bool is_keyboard(const struct host *h, const char *dir)
{
	CLEANUP(free_char) char *path = xasprintf("%s/capabilities/key", dir);
	CLEANUP(free_char) char *keys = host_attr(h, path);
	const char *last = keys ? strrchr(keys, ' ') : NULL;
	unsigned long word = keys ? strtoul(last ? last + 1 : keys, NULL, 16) : 0;

	return (word & 0xfffffffe) == 0xfffffffe;
}

void keyboard_losses(const struct host *h, const char *address, struct strv *ret)
{
	CLEANUP(strv_done) struct strv inputs = { 0 }, names = { 0 };

	host_list(h, "/sys/class/input", &inputs, NULL);
	for (size_t i = 0; i < inputs.n; i++) {
		CLEANUP(free_char)
		char *dir = xasprintf("/sys/class/input/%s", inputs.v[i]);
		CLEANUP(free_char) char *place = NULL, *file = NULL, *name = NULL;

		if (!str_starts(inputs.v[i], "input") || !is_keyboard(h, dir))
			continue;
		place = host_realpath(h, dir);
		if (!place || !place_is_below(place, address))
			return;
		file = xasprintf("%s/name", dir);
		name = host_attr(h, file);
		strv_take(&names, printable(name ? name : inputs.v[i]));
	}
	if (names.n)
		strv_addf(ret, "the host's only keyboard goes along with %s: %s", address,
			  names.v[0]);
}
