/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/driverctl.h"

#include "text/bindfile.h"

#define OVERRIDE_MAX 4096

/* driverctl's load-override takes the whole file without the line ends after it. */
char *driverctl_text(const struct host *h, const char *address)
{
	CLEANUP(free_char) char *path = xasprintf(DRIVERCTL_DIR "/pci-%s", address);
	CLEANUP(free_char) char *driver = NULL;
	CLEANUP(str_done) struct str text = { 0 };
	size_t len;

	if (host_read(h, path, OVERRIDE_MAX, &text, NULL) < 0 ||
	    strlen(str_c(&text)) != text.len)
		return NULL;
	driver = xstrdup(str_c(&text));
	for (len = strlen(driver); len && driver[len - 1] == '\n'; len--)
		driver[len - 1] = '\0';
	if (!bindfile_is_driver(driver))
		return NULL;
	/* "none" is driverctl's word for a device that no driver is to have. */
	return xasprintf("driverctl is told to bind it to %s (%s)",
			 strcmp(driver, "none") == 0 ? "no driver" : driver, path);
}
