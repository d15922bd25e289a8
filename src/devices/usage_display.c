/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What shows the console: the frame buffer that fbcon sits on, VGA text mode, or a serial
 * port. Sources: linux Documentation/fb/fbcon.rst, Documentation/driver-api/console.rst,
 * drivers/tty/vt/vt.c (/sys/class/vtconsole: "(M) frame buffer device", "(S) VGA+") and
 * Documentation/ABI/testing/sysfs-tty (/sys/class/tty/console/active).
 */
#include "devices/usage.h"

/* Is a console driver with that word in its name bound? */
static bool console_bound(const struct host *h, const struct strv *consoles,
			  const char *word)
{
	for (size_t i = 0; i < consoles->n; i++) {
		CLEANUP(free_char)
		char *bind = xasprintf("/sys/class/vtconsole/%s/bind", consoles->v[i]);
		CLEANUP(free_char)
		char *path = xasprintf("/sys/class/vtconsole/%s/name", consoles->v[i]);
		CLEANUP(free_char) char *name = host_attr(h, path);

		if (name && strstr(name, word) && host_attr_number(h, bind, 0) == 1)
			return true;
	}
	return false;
}

/* fb0 is where fbcon puts the console unless it is told otherwise (fbcon=map:). */
static void load_buffer(const struct host *h, struct display *s)
{
	CLEANUP(free_char) char *name = host_attr(h, "/sys/class/graphics/fb0/name");
	CLEANUP(free_char) char *title = NULL;

	s->buffer_place = host_realpath(h, "/sys/class/graphics/fb0");
	if (!s->buffer_place)
		return;
	title = printable(name ? name : "?");
	s->buffer_name = xasprintf("fb0 (%s)", title);
	/* efifb, vesafb, simplefb and simpledrm are platform devices on the firmware's
	 * own frame buffer, which is the boot display's (drivers/firmware/sysfb.c) */
	s->firmware_buffer =
		strstr(s->buffer_place, "/platform/") && !strstr(s->buffer_place, "/pci");
}

/* Those of PCI cards, and of Intel's AMT (serial over LAN). */
static void load_serial(const struct host *h, struct display *s)
{
	CLEANUP(free_char) char *active = host_attr(h, "/sys/class/tty/console/active");
	CLEANUP(strv_done) struct strv names = { 0 };

	if (active)
		strv_split(&names, active, " ");
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(free_char)
		char *link = xasprintf("/sys/class/tty/%s", names.v[i]);
		char *place = host_realpath(h, link);

		if (!place)
			continue;
		strv_take(&s->serial, printable(names.v[i]));
		strv_take(&s->serial_places, place);
	}
}

void display_load(const struct host *h, struct display *ret, struct strv *unknown)
{
	CLEANUP(strv_done) struct strv consoles = { 0 };

	host_list(h, "/sys/class/vtconsole", &consoles, NULL);
	ret->text_console = console_bound(h, &consoles, "VGA");
	if (console_bound(h, &consoles, "frame buffer"))
		load_buffer(h, ret);
	load_serial(h, ret);
	if (!host_is_dir(h, "/sys/class"))
		strv_add(unknown, "the console's display (no /sys/class)");
}

void display_done(struct display *s)
{
	free(s->buffer_place);
	free(s->buffer_name);
	strv_done(&s->serial);
	strv_done(&s->serial_places);
	*s = (struct display){ 0 };
}

void display_uses(const struct display *s, const struct pci_device *d, struct uses *ret)
{
	for (size_t i = 0; i < s->serial.n; i++) {
		CLEANUP(free_char) char *advice = NULL;

		if (!place_is_below(s->serial_places.v[i], d->address))
			continue;
		advice = xasprintf("take console=%s out of the kernel command line, and "
				   "reboot",
				   s->serial.v[i]);
		uses_add(ret, USE_DISPLAY, "the kernel's console is on its %s",
			 s->serial.v[i]);
		uses_advise(ret, advice);
	}
	if (!pci_is_display(d))
		return;
	if (s->buffer_place && place_is_below(s->buffer_place, d->address))
		uses_add(ret, USE_DISPLAY, "it shows the console: %s", s->buffer_name);
	if (!d->boot_vga || driver_is_vfio(d->driver))
		return;
	if (s->buffer_place && s->firmware_buffer)
		uses_add(ret, USE_DISPLAY,
			 "it is the boot display, and %s shows the console on it",
			 s->buffer_name);
	else if (s->text_console)
		uses_add(ret, USE_DISPLAY,
			 "it is the boot display, in text mode with the console");
	else if (d->driver && !s->buffer_place)
		uses_add(ret, USE_DISPLAY, "it is the boot display");
}
